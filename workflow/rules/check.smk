rule check:
    input:
        **DATA_FILES,
    output:
        "<results>/check/vcf.tsv",
    log:
        "<logs>/check.log",
    benchmark:
        "<benchmarks>/check.tsv"
    conda:
        "../envs/introghost.yaml"
    params:
        version=VERSION,
        options=data_options(),
    shell:
        "introghost vcf check --vcf {input.vcf} --populations {input.populations} {params.options}"
        " > {output} 2> {log}"
