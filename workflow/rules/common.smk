from convbench.config.spec import canonical_json
from convbench.stages.fetch import check_changed
from convbench.stages.plan import code_of, code_of_prepared, plan, weights_of

PLAN = plan(config, ", ".join(map(str, workflow.configfiles)))
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
