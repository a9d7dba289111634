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
        simulated=lambda wildcards, input: repeated("--simulated", input.simulated),
    shell:
        "introghost predictive {params.simulated} --observed {input.observed:q}"
        " --output {output.table:q} 2> {log:q}"
