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
        card=lambda wc: f"{PLAN.prepared(PRETRAININGS[wc.pretraining].dataset)}/card.json",
        again=lambda wc: pending(f"pretrain/{wc.pretraining}"),
    output:
        weights="results/weights/{pretraining}/weights.safetensors",
        metrics="results/weights/{pretraining}/metrics.json",
    log:
        "logs/pretrain/{pretraining}.log",
    priority: 1
    threads: PLAN.grid.threads
    params:
        attempt=lambda wc: attempt_of(f"pretrain/{wc.pretraining}"),
        spec=lambda wc: canonical_json(PRETRAININGS[wc.pretraining]),
        key=lambda wc: PLAN.pretraining_keys[
            wc.pretraining.rpartition("/")[0]
        ].without_spec(),
        prepared=subpath(input.card, parent=True),
    shell:
        JOB
        + "train --spec {params.spec:q} --key {params.key:q} --prepared {params.prepared}"
        " --out {output}"


rule import_weights:
    input:
        again=lambda wc: pending(f"import_weights/{wc.imported}"),
    output:
        "results/weights/{imported}/weights.safetensors",
    log:
        "logs/import_weights/{imported}.log",
    priority: 1
    params:
        attempt=lambda wc: attempt_of(f"import_weights/{wc.imported}"),
        spec=lambda wc: canonical_json(IMPORTS[wc.imported]),
    shell:
        JOB + "import-weights --spec {params.spec:q} --out {output}"


# A job of its own: nothing of it but the rate reaches the trainings that follow.
rule find_lr:
    input:
        card=lambda wc: f"{PLAN.prepared(find(RANGE_TESTS, wc.configuration).dataset)}/card.json",
        weights=lambda wc: PLAN.weights_of(find(RANGE_TESTS, wc.configuration)),
        again=lambda wc: pending(f"rates/{wc.configuration}"),
    output:
        "results/rates/{configuration}.json",
    log:
        "logs/rates/{configuration}.log",
    threads: PLAN.grid.threads
    params:
        attempt=lambda wc: attempt_of(f"rates/{wc.configuration}"),
        spec=lambda wc: canonical_json(find(RANGE_TESTS, wc.configuration)),
        prepared=subpath(input.card, parent=True),
    shell:
        JOB + "find-lr --spec {params.spec:q} --prepared {params.prepared}"
        " --weights {input.weights} --out {output}"


# A run depends on its spec, its weights and its code through its path, and on its data through the card.
rule train:
    input:
        card=lambda wc: f"{PLAN.prepared(find(RUNS, wc.run).dataset)}/card.json",
        weights=lambda wc: PLAN.weights_of(find(RUNS, wc.run)),
        rates=lambda wc: PLAN.rates_of(find(RUNS, wc.run)),
        again=lambda wc: pending(f"train/{wc.run}"),
    output:
        [f"results/runs/{{run}}/{name}" for name in RESULTS],
    log:
        "logs/train/{run}.log",
    wildcard_constraints:
        run=f"(?!(?:{any_of(EXPLAINED)})/[^/]+$).+/[0-9a-f]{{8}}",
    threads: PLAN.grid.threads
    params:
        attempt=lambda wc: attempt_of(f"train/{wc.run}"),
        spec=lambda wc: canonical_json(find(RUNS, wc.run)),
        key=lambda wc: PLAN.keys[find(RUNS, wc.run).id].without_spec(),
        prepared=subpath(input.card, parent=True),
    shell:
        JOB
        + "train --spec {params.spec:q} --key {params.key:q} --prepared {params.prepared}"
        " --weights {input.weights} --range-test {input.rates} --out {output}"


# The runs whose networks the report explains keep their weights.
use rule train as train_explained with:
    output:
        [f"results/runs/{{run}}/{name}" for name in (*RESULTS, "model.safetensors")],
    wildcard_constraints:
        run=any_of(EXPLAINED),


# Runs again in each call while runs failed or were killed: a call that has nothing else to do says so too.
rule ended:
    input:
        METRICS,
    output:
        "results/ended",
    log:
        "logs/ended.log",
    params:
        token=token_of(f"train/{run}" for run in RUNS),
    shell:
        "touch {output} 2> {log}"


# Alone on the machine, whatever its number of cores: what runs beside it would be measured too.
rule speed:
    input:
        again=lambda wc: pending(f"speed/{wc.architecture}"),
    output:
        "results/speed/{architecture}.json",
    log:
        "logs/speed/{architecture}.log",
    resources:
        machine=1000,
    params:
        attempt=lambda wc: attempt_of(f"speed/{wc.architecture}"),
        code=lambda wc: code_of_architecture(find(SPEEDS, wc.architecture), "speed"),
        name=lambda wc: find(SPEEDS, wc.architecture),
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
        runs=METRICS,
        pretrainings=[f"results/weights/{name}/metrics.json" for name in PRETRAININGS],
        # By its path: where a rule names another rule, Snakemake hashes all of METRICS once for each of it.
        store="results/tracking/store.json",
    output:
        "results/tracking/runs.json",
    log:
        "logs/track.log",
    params:
        attempt=lambda wc: attempt_of("track"),
        code=code_of_pages(["convbench.jobs.track"]),
    shell:
        JOB + "track {input.grid} --out {output}"
