rule aggregate:
    input:
        grid="results/grid.json",
        runs=expand("results/runs/{run}/metrics.json", run=PLAN.runs),
        speeds=[str(speed_file(name)) for name in PLAN.grid.architectures],
        code=code_of_stage("aggregate"),
    output:
        runs="results/tables/runs.parquet",
        runs_csv="results/tables/runs.csv",
        epochs="results/tables/epochs.parquet",
        epochs_csv="results/tables/epochs.csv",
        labels="results/tables/labels.parquet",
        labels_csv="results/tables/labels.csv",
        gradients="results/tables/gradients.parquet",
        gradients_csv="results/tables/gradients.csv",
        speed="results/tables/speed.parquet",
        speed_csv="results/tables/speed.csv",
    log:
        "logs/aggregate.log",
    params:
        out=subpath(output.runs, parent=True),
    shell:
        "python -m convbench aggregate {input.grid} --out {params.out}"
        " 2>&1 | tee {log}"


rule compare:
    input:
        runs="results/tables/runs.parquet",
        epochs="results/tables/epochs.parquet",
        code=code_of_stage("compare"),
    output:
        comparisons="results/tables/comparisons.parquet",
        comparisons_csv="results/tables/comparisons.csv",
        effects="results/tables/effects.parquet",
        effects_csv="results/tables/effects.csv",
        variance="results/tables/variance.parquet",
        variance_csv="results/tables/variance.csv",
        convergence="results/tables/convergence.parquet",
        convergence_csv="results/tables/convergence.csv",
        guidelines="results/tables/guidelines.parquet",
        guidelines_csv="results/tables/guidelines.csv",
    log:
        "logs/compare.log",
    params:
        tables=subpath(output.comparisons, parent=True),
    shell:
        "python -m convbench compare --tables {params.tables} 2>&1 | tee {log}"


rule explain:
    input:
        models=lambda wc: [str(model_file(run)) for run in PLAN.explained[wc.view]],
        weights=lambda wc: [
            file for run in PLAN.explained[wc.view] for file in weights_of(run)
        ],
        card=lambda wc: f"results/prepared/{PLAN.explained[wc.view][0].dataset}/card.json",
        code=lambda wc: code_of_architecture(
            PLAN.explained[wc.view][0].architecture, "explain"
        ),
    output:
        pictures="results/explain/{view}/pictures.npz",
        about="results/explain/{view}/about.json",
    log:
        "logs/explain/{view}.log",
    threads: PLAN.grid.threads
    params:
        attempt=lambda wc: attempt_of(f"explain/{wc.view}"),
        specs=lambda wc: [
            f"--spec={canonical_json(run)}" for run in PLAN.explained[wc.view]
        ],
        prepared=subpath(input.card, parent=True),
        out=subpath(output.about, parent=True),
    shell:
        JOB
        + "explain {params.specs:q} --prepared {params.prepared} --out {params.out}"
        ""


rule report:
    input:
        grid="results/grid.json",
        runs="results/tables/runs.parquet",
        epochs="results/tables/epochs.parquet",
        comparisons="results/tables/comparisons.parquet",
        audits=expand("results/audit/{dataset}.json", dataset=PLAN.grid.dataset_names()),
        views=expand("results/explain/{view}/about.json", view=PLAN.explained),
        expected=expected_numbers(PLAN.grid.name),
        tracked="results/tracking/runs.json",
        code=code_of_stage("report"),
    output:
        # The items of snakemake --report too, in the order of the pages.
        [
            report(
                f"reports/{page}",
                caption=f"../report/{Path(page).stem}.rst",
                category=f"{place} {name}",
            )
            for place, (page, name) in enumerate(PAGES.items(), start=1)
        ],
        runs=directory("reports/runs"),
    log:
        "logs/report.log",
    params:
        tables=subpath(input.runs, parent=True),
    shell:
        "python -m convbench report {input.grid} --tables {params.tables} --out {output[0]}"
        " 2>&1 | tee {log}"
