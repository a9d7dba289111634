rule statistics:
    input:
        trees="results/simulations/{scenario}/{batch}.trees",
        parameters="results/simulations/{scenario}/{batch}.parameters.parquet",
        tracts="results/simulations/{scenario}/{batch}.tracts.parquet",
    output:
        "results/statistics/{scenario}/{batch}.zarr.zip",
    log:
        "logs/statistics/{scenario}/{batch}.log",
    benchmark:
        "results/benchmarks/statistics/{scenario}/{batch}.tsv"
    conda:
        "../envs/introghost.yaml"
    params:
        version=VERSION,
        bin_bp=config["bin_bp"],
        ancestral=TREES_ANCESTRAL,
        minimum_allele_count=config["minimum_allele_count"],
        seed=config["seed"],
    shell:
        "introghost statistics --trees {input.trees} --bin-bp {params.bin_bp} --ancestral {params.ancestral}"
        " --minimum-allele-count {params.minimum_allele_count} --seed {params.seed} --output {output} 2> {log}"
