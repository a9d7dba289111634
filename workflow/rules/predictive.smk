rule predictive:
    input:
        simulated=statistics_of(lambda batch: True),
        observed="<results>/statistics/data.zarr.zip",
    output:
        "<results>/predictive/predictive.tsv",
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
        " --output {output} 2> {log}"
