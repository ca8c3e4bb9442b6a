from convbench.config.spec import canonical_json
from convbench.stages.fetch import check_changed
from convbench.stages.grid import plan_of
from convbench.stages.plan import code_of, code_of_prepared, weights_of
from convbench.stages.runs import check_folders

# Before any work: the config is right, the folders can be written, the data is what it was.
PLAN = plan_of(config, workflow.overwrite_configfiles)
check_folders()
check_changed(PLAN.grid.datasets())


wildcard_constraints:
    dataset="|".join(PLAN.grid.datasets()),
    run="|".join(PLAN.runs),
    pretraining="|".join(PLAN.pretrainings) or "none",


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
