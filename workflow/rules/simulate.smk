rule simulate:
    input:
        scenario=lambda wildcards: files_of(CONFIG.scenarios[wildcards.scenario]),
        observation=lambda wildcards: simulation(wildcards).observation_files(),
        # Tree sequences of genomes are large and thrown away after use: they wait for the network that is to see them.
        segments=branch(
            lambda wildcards: wildcards.kind == Kind.GENOMES,
            then="<results>/model/segments/MANIFEST.sha256",
        ),
    output:
        trees=temp("<results>/simulations/{kind}/{scenario}/{batch}.trees"),
        parameters="<results>/simulations/{kind}/{scenario}/{batch}.parameters.parquet",
        tracts="<results>/simulations/{kind}/{scenario}/{batch}.tracts.parquet",
    log:
        "<logs>/simulate/{kind}/{scenario}/{batch}.log",
    benchmark:
        "<benchmarks>/simulate/{kind}/{scenario}/{batch}.tsv"
    conda:
        "../envs/introghost.yaml"
    params:
        version=VERSION,
        folder=lambda wildcards: folder_option(CONFIG.scenarios[wildcards.scenario]),
        first=lambda wildcards: batch(wildcards).first,
        genomes=lambda wildcards: batch(wildcards).number,
        regions=lambda wildcards: simulation(wildcards).regions,
        region_length_bp=CONFIG.region_length_bp,
        observation=lambda wildcards: simulation(wildcards).observation_json(),
        seed=seed,
    shell:
        "introghost simulate --scenario {params.folder:q} --genomes {params.genomes} --first {params.first}"
        " --regions {params.regions} --region-length-bp {params.region_length_bp}"
        " --observation {params.observation:q} --seed {params.seed} --output {output.trees:q} 2> {log:q}"


if SIMULATED:

    rule simulate_data:
        input:
            scenario=files_of(SIMULATED.folder),
        output:
            trees="<results>/demo/demo.trees",
            parameters="<results>/demo/demo.parameters.parquet",
            tracts="<results>/demo/demo.tracts.parquet",
        log:
            "<logs>/simulate_data.log",
        benchmark:
            "<benchmarks>/simulate_data.tsv"
        priority: 100
        conda:
            "../envs/introghost.yaml"
        params:
            version=VERSION,
            folder=lambda wildcards: folder_option(SIMULATED.folder),
            regions=SIMULATED.regions,
            region_length_bp=SIMULATED.region_length_bp,
            outgroup_diploids=CONFIG.most_diploids("outgroup"),
            target_diploids=CONFIG.most_diploids("target"),
            seed=CONFIG.seed,
        shell:
            "introghost simulate --scenario {params.folder:q} --genomes 1"
            " --regions {params.regions} --region-length-bp {params.region_length_bp}"
            " --outgroup-diploids {params.outgroup_diploids} --target-diploids {params.target_diploids}"
            " --seed {params.seed} --output {output.trees:q} 2> {log:q}"

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
        priority: 100
        conda:
            "../envs/introghost.yaml"
        params:
            version=VERSION,
        shell:
            "introghost vcf write --trees {input.trees:q} --output {output.vcf:q}"
            " --populations-output {output.populations:q} 2> {log:q}"
