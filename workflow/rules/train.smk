# MLflow creates its tables on first use, and two processes that do so at once break each other: one
# job does it, before all others, which also tells at once of a store that is away. No run and no page
# waits for the store. The database is no output: Snakemake deletes outputs before it makes them again.
rule tracking_store:
    output:
        "results/tracking/store.json",
    log:
        "logs/tracking_store.log",
    priority: 100
    params:
        attempt=lambda wc: attempt_of("tracking_store"),
        uri=store_address(PLAN.grid.tracking_uri),
    shell:
        JOB + "open-store --uri {params.uri:q} --out {output}"


rule pretrain:
    input:
        card=lambda wc: f"results/prepared/{PLAN.pretrainings[wc.pretraining].dataset}/card.json",
        code=lambda wc: code_of(PLAN.pretrainings[wc.pretraining]),
    output:
        weights="results/weights/{pretraining}.safetensors",
        metrics="results/weights/{pretraining}/metrics.json",
    log:
        "logs/pretrain/{pretraining}.log",
    priority: 1
    threads: PLAN.grid.threads
    params:
        attempt=lambda wc: attempt_of(f"pretrain/{wc.pretraining}"),
        spec=lambda wc: canonical_json(PLAN.pretrainings[wc.pretraining]),
        prepared=subpath(input.card, parent=True),
    shell:
        JOB + "train --spec {params.spec:q} --prepared {params.prepared} --out {output}"


rule import_weights:
    input:
        code=lambda wc: code_of_import(PLAN.imports[wc.imported]),
    output:
        "results/weights/{imported}.safetensors",
    log:
        "logs/import_weights/{imported}.log",
    priority: 1
    params:
        attempt=lambda wc: attempt_of(f"import_weights/{wc.imported}"),
        spec=lambda wc: canonical_json(PLAN.imports[wc.imported]),
    shell:
        JOB + "import-weights --spec {params.spec:q} --out {output}"


# A job of its own: nothing of it but the rate reaches the trainings that follow.
rule find_rate:
    input:
        card=lambda wc: f"results/prepared/{PLAN.range_tests[wc.cell].dataset}/card.json",
        weights=lambda wc: weights_of(PLAN.range_tests[wc.cell]),
        code=lambda wc: code_of(PLAN.range_tests[wc.cell], "range_test"),
    output:
        "results/rates/{cell}.json",
    log:
        "logs/rates/{cell}.log",
    threads: PLAN.grid.threads
    params:
        attempt=lambda wc: attempt_of(f"rates/{wc.cell}"),
        spec=lambda wc: canonical_json(PLAN.range_tests[wc.cell]),
        prepared=subpath(input.card, parent=True),
    shell:
        JOB + "find-rate --spec {params.spec:q} --prepared {params.prepared}"
        " --weights {input.weights} --out {output}"


# That a run keeps its weights shows in its outputs alone, not in its command: no number changes by it.
rule train:
    input:
        card=lambda wc: f"results/prepared/{PLAN.runs[wc.run].dataset}/card.json",
        weights=lambda wc: weights_of(PLAN.runs[wc.run]),
        rates=lambda wc: rates_of(PLAN.runs[wc.run]),
        code=lambda wc: code_of(PLAN.runs[wc.run]),
    output:
        metrics="results/runs/{run}/metrics.json",
        predictions="results/runs/{run}/predictions.parquet",
    log:
        "logs/train/{run}.log",
    wildcard_constraints:
        run=any_of(set(PLAN.runs) - EXPLAINED),
    threads: PLAN.grid.threads
    params:
        attempt=lambda wc: attempt_of(f"train/{wc.run}"),
        spec=lambda wc: canonical_json(PLAN.runs[wc.run]),
        prepared=subpath(input.card, parent=True),
    shell:
        JOB + "train --spec {params.spec:q} --prepared {params.prepared}"
        " --weights {input.weights} --rates {input.rates} --out {output}"


# The runs whose networks the report opens keep their weights.
use rule train as train_explained with:
    output:
        metrics="results/runs/{run}/metrics.json",
        predictions="results/runs/{run}/predictions.parquet",
        model="results/runs/{run}/model.safetensors",
    wildcard_constraints:
        run=any_of(EXPLAINED),


# Runs again in each call while runs failed or were killed: a call that has nothing else to do says so too.
rule ended:
    input:
        expand("results/runs/{run}/metrics.json", run=PLAN.runs),
    output:
        "results/ended",
    log:
        "logs/ended.log",
    params:
        token=token_of(f"train/{run}" for run in PLAN.runs),
    shell:
        "touch {output} 2> {log}"


# Alone on the machine, whatever its number of cores: what runs beside it would be measured too.
rule speed:
    input:
        code=lambda wc: code_of_architecture(ARCHITECTURES[wc.architecture], "speed"),
    output:
        "results/speed/{architecture}.json",
    log:
        "logs/speed/{architecture}.log",
    threads: 64
    params:
        attempt=lambda wc: attempt_of(f"speed/{wc.architecture}"),
        name=lambda wc: ARCHITECTURES[wc.architecture],
        size=PLAN.grid.image_size,
        channels=PLAN.grid.channels,
        threads=PLAN.grid.threads,
        device=PLAN.grid.device,
        portable="--portable" if PLAN.grid.portable else "",
    shell:
        JOB + "speed {params.name} --input {params.size} --channels {params.channels}"
        " --threads {params.threads} --device {params.device} {params.portable} --out {output}"


rule track:
    input:
        grid="results/grid.json",
        runs=expand("results/runs/{run}/metrics.json", run=PLAN.runs),
        store=rules.tracking_store.output,
        code=code_of_stage("track"),
    output:
        "results/tracking/runs.json",
    log:
        "logs/track.log",
    params:
        attempt=lambda wc: attempt_of("track"),
    shell:
        JOB + "track {input.grid} --out {output}"
