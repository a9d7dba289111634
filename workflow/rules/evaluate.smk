rule evaluate:
    input:
        model=BUNDLES,
        statistics=[
            path
            for kind in CONFIG.simulations
            for path in statistics_of(kind, is_test=True)
        ],
    output:
        report(
            "<results>/evaluation/summary.tsv",
            caption="../report/evaluation.rst",
            category="3. How far to trust the networks",
            labels={"content": "accuracy of segments"},
        ),
        "<results>/evaluation/provenance.json",
    log:
        "<logs>/evaluate.log",
    benchmark:
        "<benchmarks>/evaluate.tsv"
    conda:
        "../envs/introghost.yaml"
    params:
        version=VERSION,
        statistics=lambda wildcards, input: repeated("--statistics", input.statistics),
        model=lambda wildcards, input: model_of(input.model),
        folder=subpath(output[0], parent=True),
    shell:
        "introghost evaluate --model {params.model:q} {params.statistics}"
        " --output {params.folder:q} 2> {log:q}"


if SIMULATED:

    rule evaluate_calls:
        input:
            bins="<results>/{calls}/{target}/bins.tsv.gz",
            made_by="<results>/{calls}/{target}/provenance.json",
            tracts="<results>/demo/demo.tracts.parquet",
        output:
            "<results>/evaluation/{calls}/{target}/summary.tsv",
            "<results>/evaluation/{calls}/{target}/provenance.json",
        log:
            "<logs>/evaluate_calls/{calls}/{target}.log",
        benchmark:
            "<benchmarks>/evaluate_calls/{calls}/{target}.tsv"
        wildcard_constraints:
            calls="calls|calls_of_start",
        conda:
            "../envs/introghost.yaml"
        params:
            version=VERSION,
            calls=subpath(input.bins, parent=True),
            folder=subpath(output[0], parent=True),
        shell:
            "introghost evaluate --calls {params.calls:q} --tracts {input.tracts:q} --output {params.folder:q} 2> {log:q}"
