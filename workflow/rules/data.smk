# The raw files in data/ are no output of this rule: Snakemake deletes outputs before it makes them
# again, and a download is not to be lost. The marker stands for them.
rule fetch:
    input:
        again=lambda wc: pending(f"fetch/{wc.dataset}"),
    output:
        "results/data/{dataset}.json",
    log:
        "logs/fetch/{dataset}.log",
    params:
        attempt=lambda wc: attempt_of(f"fetch/{wc.dataset}"),
        pin=lambda wc: pin_of(wc.dataset),
        settings=lambda wc: settings_json(wc.dataset, PLAN.grid.datasets),
    shell:
        JOB + "fetch {wildcards.dataset} --settings {params.settings:q}"


rule prepare:
    input:
        raw=lambda wc: f"results/data/{find(PREPARED, wc.data)}.json",
        again=lambda wc: pending(f"prepare/{wc.data}"),
    output:
        images="results/prepared/{data}/images.npy",
        index="results/prepared/{data}/index.parquet",
        card="results/prepared/{data}/card.json",
    log:
        "logs/prepare/{data}.log",
    threads: 64  # as many as there are
    params:
        attempt=lambda wc: attempt_of(f"prepare/{wc.data}"),
        code=lambda wc: code_of_prepared(find(PREPARED, wc.data), PLAN.grid),
        dataset=lambda wc: find(PREPARED, wc.data),
        size=PLAN.grid.image_size,
        resize=PLAN.grid.resize,
        settings=lambda wc: settings_json(find(PREPARED, wc.data), PLAN.grid.datasets),
        out=subpath(output.card, parent=True),
    shell:
        JOB + "prepare --dataset {params.dataset} --settings {params.settings:q}"
        " --image-size {params.size} --resize {params.resize} --workers {threads}"
        " --out {params.out}"


# What is to be known of a dataset beside its numbers. No run waits for it: an audit that looks at one
# thing more must not train anything again. What must stop a grid, prepare refuses.
rule audit:
    input:
        card="results/prepared/{data}/card.json",
        images="results/prepared/{data}/images.npy",
        index="results/prepared/{data}/index.parquet",
    output:
        "results/audit/{data}.json",
    log:
        "logs/audit/{data}.log",
    priority: 10
    params:
        attempt=lambda wc: attempt_of(f"audit/{wc.data}"),
        code=code_of(["convbench.jobs.audit"]),
        prepared=subpath(input.card, parent=True),
    shell:
        JOB + "audit --prepared {params.prepared} --out {output}"


# Puts the bytes where dvc status, push and pull look for them. One job for all: DVC locks its
# repository, and jobs that wait give up.
rule pin:
    input:
        expand("results/data/{dataset}.json", dataset=PLAN.grid.dataset_names()),
    output:
        "results/data/pinned.json",
    log:
        "logs/pin.log",
    params:
        attempt=lambda wc: attempt_of("pin"),
        datasets=PLAN.grid.dataset_names(),
    shell:
        JOB + "pin {params.datasets}"
