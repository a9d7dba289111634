if DATA:

    rule report:
        input:
            calls="<results>/calls/{target}/provenance.json",
            model=BUNDLES,
            segments_statistics=statistics_of(Kind.SEGMENTS, is_test=False),
            genomes_statistics=statistics_of(Kind.GENOMES, is_test=False),
            predictive="<results>/predictive/{target}/predictive.tsv",
            evaluation="<results>/evaluation/provenance.json",
            genes=CONFIG.report.files(),
            truth=(
                ["<results>/evaluation/calls/{target}/provenance.json"]
                if SIMULATED
                else []
            ),
            start=(
                ["<results>/calls_of_start/{target}/provenance.json"]
                if CONFIG.start
                else []
            ),
            start_truth=(
                ["<results>/evaluation/calls_of_start/{target}/provenance.json"]
                if SIMULATED and CONFIG.start
                else []
            ),
        output:
            page=report(
                "<results>/report/{target}.html",
                caption="../report/report.rst",
                category="1. The answer",
                labels={"target": "{target}", "content": "page"},
            ),
            summary="<results>/report/{target}.txt",
            figures=directory("<results>/report/{target}"),
        log:
            "<logs>/report/{target}.log",
        benchmark:
            "<benchmarks>/report/{target}.tsv"
        conda:
            "../envs/introghost.yaml"
        params:
            version=VERSION,
            scenarios=repeated(
                "--scenario",
                [folder_option(folder) for folder in CONFIG.scenarios.values()],
            ),
            options=CONFIG.report.options(),
            calls=subpath(input.calls, parent=True),
            evaluation=subpath(input.evaluation, parent=True),
            model=lambda wildcards, input: model_of(input.model),
            statistics=lambda wildcards, input: " ".join(
                [
                    repeated("--segments-statistics", input.segments_statistics),
                    repeated("--genomes-statistics", input.genomes_statistics),
                ]
            ),
            others=lambda wildcards, input: " ".join(
                repeated(option, [Path(path).parent for path in paths])
                for option, paths in {
                    "--calls-evaluation": input.truth,
                    "--beside": input.start,
                    "--beside-evaluation": input.start_truth,
                }.items()
            ),
        shell:
            "introghost report --calls {params.calls:q} --evaluation {params.evaluation:q} --model {params.model:q}"
            " {params.options} --predictive {input.predictive:q} {params.others} {params.statistics} {params.scenarios}"
            " --summary {output.summary:q} --figures {output.figures:q} --output {output.page:q} 2> {log:q}"


if len(TARGETS) > 1:

    rule compare:
        input:
            calls=expand("<results>/calls/{target}/provenance.json", target=TARGETS),
            pages=expand("<results>/report/{target}.html", target=TARGETS),
        output:
            page=report(
                "<results>/comparison.html",
                caption="../report/comparison.rst",
                category="1. The answer",
                labels={"target": "all", "content": "comparison"},
            ),
            figures=directory("<results>/figures/comparison"),
        log:
            "<logs>/compare.log",
        benchmark:
            "<benchmarks>/compare.tsv"
        conda:
            "../envs/introghost.yaml"
        params:
            version=VERSION,
            calls=lambda wildcards, input: repeated(
                "--calls", [Path(path).parent for path in input.calls]
            ),
            links=lambda wildcards, input: repeated("--link", input.pages),
        shell:
            "introghost report {params.calls} {params.links} --figures {output.figures:q} --output {output.page:q}"
            " 2> {log:q}"


rule report_model:
    input:
        model=BUNDLES,
        evaluation="<results>/evaluation/provenance.json",
        segments_statistics=statistics_of(Kind.SEGMENTS, is_test=False),
        genomes_statistics=statistics_of(Kind.GENOMES, is_test=False),
    output:
        page=report(
            "<results>/model.html",
            caption="../report/model.rst",
            category="3. How far to trust the networks",
            labels={"content": "page of the model"},
        ),
        figures=directory("<results>/figures/model"),
    log:
        "<logs>/report_model.log",
    benchmark:
        "<benchmarks>/report_model.tsv"
    conda:
        "../envs/introghost.yaml"
    params:
        version=VERSION,
        evaluation=subpath(input.evaluation, parent=True),
        model=lambda wildcards, input: model_of(input.model),
        statistics=lambda wildcards, input: " ".join(
            [
                repeated("--segments-statistics", input.segments_statistics),
                repeated("--genomes-statistics", input.genomes_statistics),
            ]
        ),
        costs=repeated("--costs", cost_files()),
        scenarios=repeated(
            "--scenario",
            [folder_option(folder) for folder in CONFIG.scenarios.values()],
        ),
    shell:
        "introghost report --model {params.model:q} --evaluation {params.evaluation:q} {params.statistics}"
        " {params.costs} {params.scenarios} --figures {output.figures:q} --output {output.page:q} 2> {log:q}"
