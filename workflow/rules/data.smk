# The raw files in data/ are no output of this rule: Snakemake deletes outputs before it makes them
# again, and a download is not to be lost. The marker stands for them.
rule fetch:
    output:
        "results/data/{dataset}.json",
    log:
        "logs/fetch/{dataset}.log",
    params:
        pin=lambda wc: pin_of(wc.dataset),
    shell:
        "python -m convbench fetch {wildcards.dataset} 2>&1 | tee {log}"


rule prepare:
    input:
        raw=rules.fetch.output,
        code=lambda wc: code_of_prepared(wc.dataset),
    output:
        images="results/prepared/{dataset}/images.npy",
        index="results/prepared/{dataset}/index.parquet",
        card="results/prepared/{dataset}/card.json",
    log:
        "logs/prepare/{dataset}.log",
    benchmark:
        "logs/prepare/{dataset}.tsv"
    params:
        size=PLAN.grid.image_size,
        out=subpath(output.card, parent=True),
    shell:
        "python -m convbench prepare --dataset {wildcards.dataset} --image-size {params.size}"
        " --out {params.out} 2>&1 | tee {log}"


# Puts the bytes where dvc status, push and pull look for them, just after they were checked: dvc add
# would pin whatever it finds. One job for all: DVC locks its repository, and jobs that wait give up.
rule pin:
    input:
        expand("results/data/{dataset}.json", dataset=PLAN.grid.datasets()),
    output:
        touch("results/data/pinned"),
    log:
        "logs/pin.log",
    params:
        datasets=PLAN.grid.datasets(),
        folders=expand("data/{dataset}", dataset=PLAN.grid.datasets()),
    shell:
        "(python -m convbench verify {params.datasets} && dvc add --quiet {params.folders})"
        " 2>&1 | tee {log}"
