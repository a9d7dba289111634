rule statistics:
    input:
        trees="<results>/simulations/{scenario}/{batch}.trees",
        tracts="<results>/simulations/{scenario}/{batch}.tracts.parquet",
        observation=OBSERVATION_FILES,
    output:
        "<results>/statistics/{scenario}/{batch}.zarr.zip",
    log:
        "<logs>/statistics/{scenario}/{batch}.log",
    benchmark:
        "<benchmarks>/statistics/{scenario}/{batch}.tsv"
    conda:
        "../envs/introghost.yaml"
    params:
        version=VERSION,
        bin_bp=CONFIG.bin_bp,
        ancestral=TREES_ANCESTRAL,
        observation=lambda wildcards: OBSERVATION,
        seed=CONFIG.seed,
    shell:
        "introghost statistics --trees {input.trees:q} --bin-bp {params.bin_bp} --ancestral {params.ancestral}"
        " --observation {params.observation:q} --seed {params.seed} --output {output:q} 2> {log:q}"


rule statistics_data:
    input:
        **DATA_FILES,
        check="<results>/check/vcf.tsv",
    output:
        "<results>/statistics/data.zarr.zip",
    log:
        "<logs>/statistics_data.log",
    benchmark:
        "<benchmarks>/statistics_data.tsv"
    conda:
        "../envs/introghost.yaml"
    params:
        version=VERSION,
        options=lambda wildcards: DATA_OPTIONS,
        bin_bp=CONFIG.bin_bp,
        region_length_bp=CONFIG.region_length_bp,
    shell:
        "introghost statistics --vcf {input.vcf:q} --populations {input.populations:q} {params.options}"
        " --bin-bp {params.bin_bp} --region-length-bp {params.region_length_bp} --output {output:q} 2> {log:q}"
