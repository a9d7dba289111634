if DATA:

    rule check:
        input:
            **DATA_FILES,
            genetic_map=MAP_FILES,
        output:
            "<results>/check/vcf.tsv",
        log:
            "<logs>/check.log",
        benchmark:
            "<benchmarks>/check.tsv"
        # Data that can't be read end the workflow before hours are spent on simulations.
        priority: 100
        conda:
            "../envs/introghost.yaml"
        params:
            version=VERSION,
            vcf=lambda wildcards, input: repeated("--vcf", input.vcf),
            options=data_options(
                list(
                    dict.fromkeys(name for names in TARGETS.values() for name in names)
                )
            ),
            genetic_map=repeated("--genetic-map", MAP_FILES),
            bin_bp=CONFIG.bin_bp,
        shell:
            "introghost vcf check {params.vcf} --populations {input.populations:q} {params.options} {params.genetic_map}"
            " --bin-bp {params.bin_bp} --output {output:q} > {log:q} 2>&1"
            " || {{ code=$?; echo 'the VCF is refused; what was found in it:' {log:q} >&2; exit $code; }}"
