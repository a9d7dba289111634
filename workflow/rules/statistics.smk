rule statistics:
    input:
        trees="<results>/simulations/{scenario}/{batch}.trees",
        parameters="<results>/simulations/{scenario}/{batch}.parameters.parquet",
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
        bin_bp=config["bin_bp"],
        ancestral=TREES_ANCESTRAL,
        observation=lambda wildcards: OBSERVATION,
        seed=config["seed"],
    shell:
        "introghost statistics --trees {input.trees} --bin-bp {params.bin_bp} --ancestral {params.ancestral}"
        " --observation {params.observation:q} --seed {params.seed} --output {output} 2> {log}"


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
        options=data_options(),
        bin_bp=config["bin_bp"],
        region_length_bp=config["region_length_bp"],
    shell:
        "introghost statistics --vcf {input.vcf} --populations {input.populations} {params.options}"
        " --bin-bp {params.bin_bp} --region-length-bp {params.region_length_bp} --output {output} 2> {log}"
