rule train:
    input:
        statistics=statistics_of(lambda batch: batch != "test"),
        # Not needed to train, but to be seen before hours are spent on it.
        predictive=ancient("<results>/predictive/predictive.tsv"),
        scenario=lambda wildcards: scenario_of_task(wildcards.task),
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
        epochs=lambda wildcards: CONFIG.train[wildcards.task].epochs,
        seed=CONFIG.seed,
        scenario=lambda wildcards, input: repeated(
            "--scenario",
            [folder_option(Path(path).parent) for path in input.scenario[:1]],
        ),
        statistics=lambda wildcards, input: repeated("--statistics", input.statistics),
    shell:
        "introghost train --task {wildcards.task} {params.scenario} {params.statistics}"
        " --epochs {params.epochs} --seed {params.seed} --output {params.folder:q} 2> {log:q}"
