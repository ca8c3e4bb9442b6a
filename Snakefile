# From a config file to an HTML comparison; docs/reference/config.md lists the keys, commands.md the commands.
from snakemake.utils import min_version

min_version("9.0")


include: "workflow/rules/common.smk"
include: "workflow/rules/data.smk"
include: "workflow/rules/train.smk"
include: "workflow/rules/report.smk"


rule all:
    default_target: True
    input:
        "reports/index.html",
        "results/data/pinned.json",
        # Named here too: else a run that was deleted would not be missed while the report is there.
        METRICS,
        "results/ended",
