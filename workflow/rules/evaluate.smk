rule evaluate:
    input:
        model=expand("<results>/model/{task}/MANIFEST.sha256", task=TASKS),
        statistics=statistics_of(lambda batch: batch == "test"),
    output:
        "<results>/evaluation/summary.tsv",
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
        model=lambda wildcards, input: Path(input.model[0]).parents[1],
        folder=subpath(output[0], parent=True),
    shell:
        "introghost evaluate --model {params.model:q} {params.statistics}"
        " --output {params.folder:q} 2> {log:q}"


if SIMULATED:

    rule evaluate_data:
        input:
            bins="<results>/calls/bins.tsv.gz",
            made_by="<results>/calls/provenance.json",
            tracts="<results>/demo/demo.tracts.parquet",
        output:
            "<results>/evaluation/demo/summary.tsv",
            "<results>/evaluation/demo/provenance.json",
        log:
            "<logs>/evaluate_data.log",
        benchmark:
            "<benchmarks>/evaluate_data.tsv"
        conda:
            "../envs/introghost.yaml"
        params:
            version=VERSION,
            calls=subpath(input.bins, parent=True),
            folder=subpath(output[0], parent=True),
        shell:
            "introghost evaluate --calls {params.calls:q} --tracts {input.tracts:q} --output {params.folder:q} 2> {log:q}"
