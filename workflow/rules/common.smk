from convbench.config.spec import canonical_json, folder_of
from convbench.report.pages import PAGES
from convbench.stages.attempts import attempt_of, token_of
from convbench.stages.datasets import settings_json
from convbench.stages.fetch import pin_of
from convbench.stages.plan import (
    code_of,
    code_of_architecture,
    code_of_import,
    code_of_prepared,
    code_of_stage,
    rates_of,
    weights_of,
)
from convbench.stages.reproduction import expected_numbers
from convbench.stages.runs import model_file, speed_file, store_address
from convbench.stages.workflow import any_of, begin, end, ready

PLAN = ready(config, workflow.overwrite_configfiles)
# A job runs as a child process, and leaves a result however it ends: a grid always comes to its report.
JOB = "python -m convbench job --log {log} --attempt {params.attempt} -- "
ARCHITECTURES = {folder_of(name): name for name in PLAN.grid.architectures}
EXPLAINED = {run.id for runs in PLAN.explained.values() for run in runs}


wildcard_constraints:
    dataset="|".join(PLAN.grid.dataset_names()),
    run=any_of(PLAN.runs),
    pretraining=any_of(PLAN.pretrainings),
    imported=any_of(PLAN.imports),
    cell=any_of(PLAN.range_tests),
    view=any_of(PLAN.explained),
    architecture=any_of(ARCHITECTURES),


onstart:
    begin(PLAN)


onsuccess:
    end(PLAN, workflow.overwrite_configfiles, done=True)


onerror:
    end(PLAN, workflow.overwrite_configfiles, done=False)


# What the command line and the config files came to: one file, for the stages that need all of it.
rule grid:
    output:
        "results/grid.json",
    log:
        "logs/grid.log",
    params:
        grid=PLAN.grid.model_dump_json(),
    shell:
        "python -m convbench resolve --grid {params.grid:q} --out {output} 2>&1 | tee {log}"
