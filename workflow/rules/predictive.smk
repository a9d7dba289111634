rule predictive:
    input:
        simulated=statistics_of(lambda batch: True),
        observed="<results>/statistics/data.zarr.zip",
    output:
        table="<results>/predictive/predictive.tsv",
        provenance="<results>/predictive/predictive.provenance.json",
    log:
        "<logs>/predictive.log",
    benchmark:
        "<benchmarks>/predictive.tsv"
    conda:
        "../envs/introghost.yaml"
    params:
        version=VERSION,
    shell:
        "introghost predictive $(printf -- '--simulated %s ' {input.simulated}) --observed {input.observed}"
        " --output {output.table} 2> {log}"
