rule train:
    input:
        statistics=lambda wildcards: statistics_of(
            kind_of(wildcards.task), is_test=False
        ),
        scenario=lambda wildcards: scenario_of(wildcards.task),
        start=lambda wildcards: start_of(wildcards.task),
    output:
        weights="<results>/model/{task}/weights.safetensors",
        description="<results>/model/{task}/model.json",
        manifest="<results>/model/{task}/MANIFEST.sha256",
        learning_curve="<results>/model/{task}/learning_curve.tsv",
    log:
        "<logs>/train/{task}.log",
    benchmark:
        "<benchmarks>/train/{task}.tsv"
    conda:
        "../envs/introghost.yaml"
    threads: 64
    params:
        version=VERSION,
        folder=subpath(output.description, parent=True),
        options=lambda wildcards: CONFIG.train[wildcards.task].options(),
        seed=CONFIG.seed,
        scenario=lambda wildcards, input: repeated(
            "--scenario",
            [folder_option(Path(path).parent) for path in input.scenario[:1]],
        ),
        statistics=lambda wildcards, input: repeated("--statistics", input.statistics),
    shell:
        "introghost train --task {wildcards.task} {params.scenario} {params.statistics} {params.options}"
        " --seed {params.seed} --output {params.folder:q} 2> {log:q}"
