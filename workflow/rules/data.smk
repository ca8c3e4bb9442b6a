# The raw files in data/ are no output of this rule: Snakemake deletes outputs before it makes them
# again, and a download is not to be lost. The marker stands for them.
rule fetch:
    output:
        "results/data/{dataset}.json",
    log:
        "logs/fetch/{dataset}.log",
    params:
        pin=lambda wc: pin_of(wc.dataset),
        settings=lambda wc: settings_json(wc.dataset, PLAN.grid.datasets),
    shell:
        "python -m convbench fetch {wildcards.dataset} --settings {params.settings:q} 2>&1 | tee {log}"


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
        size=PLAN.grid.image_size,
        resize=PLAN.grid.resize,
        settings=lambda wc: settings_json(wc.dataset, PLAN.grid.datasets),
        out=subpath(output.card, parent=True),
    shell:
        "python -m convbench prepare --dataset {wildcards.dataset} --settings {params.settings:q}"
        " --image-size {params.size} --resize {params.resize} --workers {threads}"
        " --out {params.out} 2>&1 | tee {log}"


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
        prepared=subpath(input.card, parent=True),
    shell:
        "python -m convbench audit --prepared {params.prepared} --out {output} 2>&1 | tee {log}"


# Puts the bytes where dvc status, push and pull look for them, just after they were checked: dvc add
# would pin whatever it finds. One job for all: DVC locks its repository, and jobs that wait give up.
rule pin:
    input:
        expand("results/data/{dataset}.json", dataset=PLAN.grid.dataset_names()),
    output:
        touch("results/data/pinned"),
    log:
        "logs/pin.log",
    params:
        datasets=PLAN.grid.dataset_names(),
        folders=expand("data/{dataset}", dataset=PLAN.grid.dataset_names()),
    shell:
        "(python -m convbench verify {params.datasets} && dvc add --quiet {params.folders})"
        " 2>&1 | tee {log}"
