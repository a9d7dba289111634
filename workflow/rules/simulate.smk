rule simulate:
    input:
        scenario=scenario_files,
        observation=OBSERVATION_FILES,
        check=CHECKED_FIRST,
    output:
        trees=temp("<results>/simulations/{scenario}/{batch}.trees"),
        parameters="<results>/simulations/{scenario}/{batch}.parameters.parquet",
        tracts="<results>/simulations/{scenario}/{batch}.tracts.parquet",
    log:
        "<logs>/simulate/{scenario}/{batch}.log",
    benchmark:
        "<benchmarks>/simulate/{scenario}/{batch}.tsv"
    conda:
        "../envs/introghost.yaml"
    params:
        version=VERSION,
        folder=lambda wildcards: config["scenarios"][wildcards.scenario]["folder"],
        first=lambda wildcards: batches(config, wildcards.scenario)[wildcards.batch][0],
        genomes=lambda wildcards: batches(config, wildcards.scenario)[wildcards.batch][
            1
        ],
        regions=config["regions_per_genome"],
        region_length_bp=config["region_length_bp"],
        observation=lambda wildcards: OBSERVATION,
        seed=config["seed"],
    shell:
        "introghost simulate --scenario {params.folder} --genomes {params.genomes} --first {params.first}"
        " --regions {params.regions} --region-length-bp {params.region_length_bp}"
        " --observation {params.observation:q} --seed {params.seed} --output {output.trees} 2> {log}"


if IS_SIMULATED:

    rule simulate_data:
        input:
            scenario=[
                f"{config['data']['simulated']['folder']}/model.demes.yaml",
                f"{config['data']['simulated']['folder']}/priors.yaml",
            ],
        output:
            trees="<results>/demo/demo.trees",
            parameters="<results>/demo/demo.parameters.parquet",
            tracts="<results>/demo/demo.tracts.parquet",
        log:
            "<logs>/simulate_data.log",
        benchmark:
            "<benchmarks>/simulate_data.tsv"
        conda:
            "../envs/introghost.yaml"
        params:
            version=VERSION,
            folder=lambda wildcards: config["data"]["simulated"]["folder"],
            regions=config["data"]["simulated"]["regions"],
            region_length_bp=config["data"]["simulated"]["region_length_bp"],
            outgroup_diploids=most_diploids(config, "outgroup"),
            target_diploids=most_diploids(config, "target"),
            seed=config["seed"],
        shell:
            "introghost simulate --scenario {params.folder} --genomes 1"
            " --regions {params.regions} --region-length-bp {params.region_length_bp}"
            " --outgroup-diploids {params.outgroup_diploids} --target-diploids {params.target_diploids}"
            " --seed {params.seed} --output {output.trees} 2> {log}"

    rule write_data:
        input:
            trees="<results>/demo/demo.trees",
        output:
            vcf="<results>/demo/demo.vcf.gz",
            populations="<results>/demo/populations.tsv",
        log:
            "<logs>/write_data.log",
        benchmark:
            "<benchmarks>/write_data.tsv"
        conda:
            "../envs/introghost.yaml"
        params:
            version=VERSION,
        shell:
            "introghost vcf write --trees {input.trees} --output {output.vcf}"
            " --populations-output {output.populations} 2> {log}"
