rule evaluate:
    input:
        model=expand("results/model/{task}/MANIFEST.sha256", task=TASKS),
        statistics=statistics_of(lambda batch: batch == "test"),
    output:
        "results/evaluation/summary.tsv",
    log:
        "logs/evaluate.log",
    benchmark:
        "results/benchmarks/evaluate.tsv"
    conda:
        "../envs/introghost.yaml"
    params:
        version=VERSION,
    shell:
        "introghost evaluate --model results/model $(printf -- '--statistics %s ' {input.statistics})"
        " --output results/evaluation 2> {log}"


if IS_SIMULATED:

    rule evaluate_data:
        input:
            bins="results/calls/bins.tsv.gz",
            tracts="results/demo/demo.tracts.parquet",
        output:
            "results/evaluation/demo/summary.tsv",
        log:
            "logs/evaluate_data.log",
        benchmark:
            "results/benchmarks/evaluate_data.tsv"
        conda:
            "../envs/introghost.yaml"
        params:
            version=VERSION,
        shell:
            "introghost evaluate --calls results/calls --tracts {input.tracts} --output results/evaluation/demo 2> {log}"
