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
        options=lambda wildcards: f"{DATA_OPTIONS} {CONFIG.map_options()}",
        bin_bp=CONFIG.bin_bp,
    shell:
        "introghost vcf check --vcf {input.vcf:q} --populations {input.populations:q} {params.options}"
        " --bin-bp {params.bin_bp} --output {output:q} > {log:q} 2>&1"
        " || {{ code=$?; echo 'the VCF is refused; what was found in it:' {log:q} >&2; exit $code; }}"
