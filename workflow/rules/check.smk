rule check:
    input:
        **DATA_FILES,
        **MAP_FILES,
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
        options=data_options(*MAP_FILES),
        bin_bp=config["bin_bp"],
    shell:
        "introghost vcf check --vcf {input.vcf} --populations {input.populations} {params.options}"
        " --bin-bp {params.bin_bp} --output {output} > {log} 2>&1"
        " || {{ code=$?; echo 'the VCF is refused; what was found in it: {log}' >&2; exit $code; }}"
