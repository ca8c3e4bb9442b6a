# From a config file to an HTML comparison; config/README.md lists the keys, README.md the commands.
from snakemake.utils import min_version

min_version("9.0")


# Snakemake merges config files key by key, so a default that is always loaded would leak into others.
if not workflow.overwrite_configfiles:

    configfile: "config/config.yaml"


include: "workflow/rules/common.smk"
include: "workflow/rules/data.smk"
include: "workflow/rules/train.smk"
include: "workflow/rules/report.smk"


rule all:
    default_target: True
    input:
        "reports/index.html",
        "results/data/pinned",
        # Named here too: else a run that was deleted would not be missed while the report is there.
        expand("results/runs/{run}/metrics.json", run=PLAN.runs),
