rule statistics_segments:
    input:
        trees="<results>/simulations/segments/{scenario}/{batch}.trees",
        tracts="<results>/simulations/segments/{scenario}/{batch}.tracts.parquet",
        observation=CONFIG.simulations[Kind.SEGMENTS].observation_files(),
    output:
        "<results>/statistics/segments/{scenario}/{batch}.zarr.zip",
    log:
        "<logs>/statistics/segments/{scenario}/{batch}.log",
    benchmark:
        "<benchmarks>/statistics/segments/{scenario}/{batch}.tsv"
    # Before further genomes are simulated, so that tree sequences do not pile up.
    priority: 10
    conda:
        "../envs/introghost.yaml"
    params:
        version=VERSION,
        bin_bp=CONFIG.bin_bp,
        ancestral=TREES_ANCESTRAL,
        observation=CONFIG.simulations[Kind.SEGMENTS].observation_json(),
        observations=lambda wildcards: observations(Kind.SEGMENTS, wildcards),
        haplotypes=CONFIG.simulations[Kind.SEGMENTS].haplotypes,
        seed=CONFIG.seed_of(Kind.SEGMENTS),
    shell:
        "introghost statistics --trees {input.trees:q} --bin-bp {params.bin_bp} --ancestral {params.ancestral}"
        " --observation {params.observation:q} --observations {params.observations} --haplotypes {params.haplotypes}"
        " --seed {params.seed} --output {output:q} 2> {log:q}"


if Kind.GENOMES in CONFIG.simulations:

    rule statistics_genomes:
        input:
            trees="<results>/simulations/genomes/{scenario}/{batch}.trees",
            tracts="<results>/simulations/genomes/{scenario}/{batch}.tracts.parquet",
            observation=CONFIG.simulations[Kind.GENOMES].observation_files(),
            segments="<results>/model/segments/MANIFEST.sha256",
        output:
            "<results>/statistics/genomes/{scenario}/{batch}.zarr.zip",
        log:
            "<logs>/statistics/genomes/{scenario}/{batch}.log",
        benchmark:
            "<benchmarks>/statistics/genomes/{scenario}/{batch}.tsv"
        priority: 10
        conda:
            "../envs/introghost.yaml"
        params:
            version=VERSION,
            bin_bp=CONFIG.bin_bp,
            ancestral=TREES_ANCESTRAL,
            observation=CONFIG.simulations[Kind.GENOMES].observation_json(),
            observations=lambda wildcards: observations(Kind.GENOMES, wildcards),
            model=lambda wildcards, input: model_of([input.segments]),
            seed=CONFIG.seed_of(Kind.GENOMES),
        shell:
            "introghost statistics --trees {input.trees:q} --bin-bp {params.bin_bp} --ancestral {params.ancestral}"
            " --observation {params.observation:q} --observations {params.observations} --regions-only"
            " --segment-model {params.model:q} --seed {params.seed} --output {output:q} 2> {log:q}"


if DATA:

    rule statistics_data:
        input:
            **DATA_FILES,
            check="<results>/check/vcf.tsv",
        output:
            "<results>/statistics/data/{target}.zarr.zip",
        log:
            "<logs>/statistics_data/{target}.log",
        benchmark:
            "<benchmarks>/statistics_data/{target}.tsv"
        conda:
            "../envs/introghost.yaml"
        params:
            version=VERSION,
            vcf=lambda wildcards, input: repeated("--vcf", input.vcf),
            options=lambda wildcards: data_options(TARGETS[wildcards.target]),
            bin_bp=CONFIG.bin_bp,
            region_length_bp=CONFIG.region_length_bp,
        shell:
            "introghost statistics {params.vcf} --populations {input.populations:q} {params.options}"
            " --bin-bp {params.bin_bp} --region-length-bp {params.region_length_bp} --output {output:q} 2> {log:q}"
