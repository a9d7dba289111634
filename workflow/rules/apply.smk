if DATA:

    rule apply:
        input:
            **DATA_FILES,
            check="<results>/check/vcf.tsv",
            model=BUNDLES,
        output:
            bed="<results>/calls/{target}/segments.bed",
            seg="<results>/calls/{target}/segments.seg",
            segments="<results>/calls/{target}/segments.tsv",
            bins="<results>/calls/{target}/bins.tsv.gz",
            bin_status="<results>/calls/{target}/bin_status.tsv",
            bedgraph="<results>/calls/{target}/posterior.bedgraph",
            per_sample="<results>/calls/{target}/per_sample.tsv",
            model_choice="<results>/calls/{target}/model_choice.json",
            provenance="<results>/calls/{target}/provenance.json",
        log:
            "<logs>/apply/{target}.log",
        benchmark:
            "<benchmarks>/apply/{target}.tsv"
        conda:
            "../envs/introghost.yaml"
        params:
            version=VERSION,
            vcf=lambda wildcards, input: repeated("--vcf", input.vcf),
            model=lambda wildcards, input: model_of(input.model),
            folder=subpath(output.segments, parent=True),
            options=lambda wildcards: data_options(TARGETS[wildcards.target]),
            decision=f"{CONFIG.cost_options()} {CONFIG.prior_options()}",
        shell:
            "introghost apply --model {params.model:q} {params.vcf} --populations {input.populations:q}"
            " {params.options} {params.decision} --output {params.folder:q} 2> {log:q}"


if DATA and CONFIG.start:

    # What the model that is adapted says by itself, to stand beside.
    use rule apply as apply_start with:
        input:
            **DATA_FILES,
            check="<results>/check/vcf.tsv",
            model=start_of("segments"),
        output:
            segments="<results>/calls_of_start/{target}/segments.tsv",
            bins="<results>/calls_of_start/{target}/bins.tsv.gz",
            model_choice="<results>/calls_of_start/{target}/model_choice.json",
            provenance="<results>/calls_of_start/{target}/provenance.json",
        log:
            "<logs>/apply_start/{target}.log",
        benchmark:
            "<benchmarks>/apply_start/{target}.tsv"
        params:
            version=VERSION,
            vcf=lambda wildcards, input: repeated("--vcf", input.vcf),
            model=CONFIG.start,
            folder=subpath(output.segments, parent=True),
            options=lambda wildcards: data_options(TARGETS[wildcards.target]),
            decision=CONFIG.cost_options(),
