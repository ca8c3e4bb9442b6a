from convbench.config.spec import canonical_json, folder_of
from convbench.jobs.fetch import pin_of
from convbench.jobs.workflow import any_of, begin, end, find, ready
from convbench.planning.code import code_of, code_of_pages
from convbench.planning.datasets import settings_json
from convbench.planning.keys import code_of_architecture, code_of_prepared
from convbench.report.pages.names import PAGES
from convbench.results.attempts import attempt_of, pending, token_of
from convbench.results.expected import expected_numbers
from convbench.results.origin import store_address

PLAN = ready(config, workflow.overwrite_configfiles)
# A job runs as a child process, and leaves a result however it ends: a grid always comes to its report.
JOB = "python -m convbench job --log {log} --attempt {params.attempt} -- "

# What a part of a path stands for: the folder of a result ends in a digest of what it depends on.
RUNS = {
    str(PLAN.run_folder(run).relative_to("results/runs")): spec
    for run, spec in PLAN.runs.items()
}
EXPLAINED = {
    str(PLAN.run_folder(run.id).relative_to("results/runs"))
    for runs in PLAN.explained.values()
    for run in runs
}
PRETRAININGS = {
    f"{name}/{PLAN.weights[name]}": spec for name, spec in PLAN.pretrainings.items()
}
IMPORTS = {f"{name}/{PLAN.weights[name]}": spec for name, spec in PLAN.imports.items()}
RANGE_TESTS = {
    f"{name}/{PLAN.rates[name]}": spec for name, spec in PLAN.range_tests.items()
}
VIEWS = {
    str(PLAN.view_folder(view).relative_to("results/explain")): runs
    for view, runs in PLAN.explained.items()
}
PREPARED = {
    str(PLAN.prepared(name).relative_to("results/prepared")): name
    for name in PLAN.grid.dataset_names()
}
SPEEDS = {
    str(PLAN.speed_file(name).relative_to("results/speed").with_suffix("")): name
    for name in PLAN.grid.architectures
}
METRICS = [f"results/runs/{run}/metrics.json" for run in RUNS]
RESULTS = ("metrics.json", "key.json", "journal.jsonl", "predictions.parquet")


# Patterns and no lists of names where there may be thousands: Snakemake tries each name in turn.
wildcard_constraints:
    dataset="|".join(PLAN.grid.dataset_names()),
    data=".+/[0-9]+px/[0-9a-f]{8}",
    run=".+/[0-9a-f]{8}",
    pretraining=any_of(PRETRAININGS),
    imported=any_of(IMPORTS),
    configuration=".+/[0-9a-f]{8}",
    view=".+/[0-9a-f]{8}",
    architecture=".+/[0-9a-f]{8}",


onstart:
    begin(PLAN)


onsuccess:
    end(PLAN, workflow.overwrite_configfiles, done=True)


onerror:
    end(PLAN, workflow.overwrite_configfiles, done=False)


# What the command line and the config files came to: one file, for the jobs that need all of it.
rule grid:
    output:
        "results/grid.json",
    log:
        "logs/grid.log",
    params:
        grid=PLAN.grid.model_dump_json(),
    shell:
        "python -m convbench resolve --grid {params.grid:q} --out {output} 2>&1 | tee {log}"
