# The raw files in data/ are no output of this rule: Snakemake deletes outputs before it makes them
# again, and a download is not to be lost. The marker stands for them.
rule fetch:
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
        raw=rules.fetch.output,
        code=lambda wc: code_of_prepared(wc.dataset, PLAN.grid),
    output:
        images="results/prepared/{dataset}/images.npy",
        index="results/prepared/{dataset}/index.parquet",
        card="results/prepared/{dataset}/card.json",
    log:
        "logs/prepare/{dataset}.log",
    benchmark:
        "logs/prepare/{dataset}.tsv"
    threads: 64
    params:
        attempt=lambda wc: attempt_of(f"prepare/{wc.dataset}"),
        size=PLAN.grid.image_size,
        resize=PLAN.grid.resize,
        settings=lambda wc: settings_json(wc.dataset, PLAN.grid.datasets),
        out=subpath(output.card, parent=True),
    shell:
        JOB + "prepare --dataset {wildcards.dataset} --settings {params.settings:q}"
        " --image-size {params.size} --resize {params.resize} --workers {threads}"
        " --out {params.out}"


# What is to be known of a dataset beside its numbers. No run waits for it: an audit that looks at one
# thing more must not train anything again. What must stop a grid, prepare refuses.
rule audit:
    input:
        card="results/prepared/{dataset}/card.json",
        code=code_of_stage("audit"),
    output:
        "results/audit/{dataset}.json",
    log:
        "logs/audit/{dataset}.log",
    priority: 10
    params:
        attempt=lambda wc: attempt_of(f"audit/{wc.dataset}"),
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
