rule aggregate:
    input:
        grid="results/grid.json",
        runs=METRICS,
        cards=[f"results/prepared/{data}/card.json" for data in PREPARED],
        speeds=[f"results/speed/{architecture}.json" for architecture in SPEEDS],
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
        code=code_of_pages(["convbench.jobs.aggregate"]),
        out=subpath(output.runs, parent=True),
    shell:
        "python -m convbench aggregate {input.grid} --out {params.out}"
        " 2>&1 | tee {log}"


rule compare:
    input:
        runs="results/tables/runs.parquet",
        epochs="results/tables/epochs.parquet",
    output:
        configurations="results/tables/configurations.parquet",
        configurations_csv="results/tables/configurations.csv",
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
        code=code_of_pages(["convbench.jobs.compare"]),
        tables=subpath(output.configurations, parent=True),
    shell:
        "python -m convbench compare --tables {params.tables} 2>&1 | tee {log}"


rule explain:
    input:
        models=lambda wc: [
            str(PLAN.run_folder(run.id) / "model.safetensors")
            for run in VIEWS[wc.view]
        ],
        metrics=lambda wc: [
            str(PLAN.run_folder(run.id) / "metrics.json") for run in VIEWS[wc.view]
        ],
        predictions=lambda wc: [
            str(PLAN.run_folder(run.id) / "predictions.parquet")
            for run in VIEWS[wc.view]
        ],
        weights=lambda wc: [
            file for run in VIEWS[wc.view] for file in PLAN.weights_of(run)
        ],
        card=lambda wc: f"{PLAN.prepared(VIEWS[wc.view][0].dataset)}/card.json",
        again=lambda wc: pending(f"explain/{wc.view}"),
    output:
        pictures="results/explain/{view}/pictures.npz",
        about="results/explain/{view}/about.json",
    log:
        "logs/explain/{view}.log",
    threads: PLAN.grid.threads
    params:
        attempt=lambda wc: attempt_of(f"explain/{wc.view}"),
        code=lambda wc: code_of_architecture(VIEWS[wc.view][0].architecture, "explain"),
        specs=lambda wc: [f"--spec={canonical_json(run)}" for run in VIEWS[wc.view]],
        folders=lambda wc: [
            f"--run={PLAN.run_folder(run.id)}" for run in VIEWS[wc.view]
        ],
        starts=lambda wc: [
            f"--weights={run.weights}={file}"
            for run in VIEWS[wc.view]
            for file in PLAN.weights_of(run)
        ],
        prepared=subpath(input.card, parent=True),
        out=subpath(output.about, parent=True),
    shell:
        JOB
        + "explain {params.specs:q} {params.folders:q} {params.starts:q} --prepared {params.prepared}"
        " --out {params.out}"


rule report:
    input:
        grid="results/grid.json",
        runs="results/tables/runs.parquet",
        epochs="results/tables/epochs.parquet",
        configurations="results/tables/configurations.parquet",
        audits=[f"results/audit/{data}.json" for data in PREPARED],
        views=[f"results/explain/{view}/about.json" for view in VIEWS],
        expected=expected_numbers(PLAN.grid.name),
        tracked="results/tracking/runs.json",
    output:
        # The items of snakemake --report too, in the order of the pages.
        [
            report(
                f"reports/{file}",
                caption=f"../report/{Path(file).stem}.rst",
                category=f"{place} {page.title}",
            )
            for place, (file, page) in enumerate(PAGES.items(), start=1)
        ],
        runs=directory("reports/runs"),
    log:
        "logs/report.log",
    params:
        code=code_of_pages(
            ["convbench.report.write", *(page.path for page in PAGES.values())]
        ),
        tables=subpath(input.runs, parent=True),
    shell:
        "python -m convbench report {input.grid} --tables {params.tables} --out {output[0]}"
        " 2>&1 | tee {log}"
