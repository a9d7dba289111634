rule report:
    input:
        calls="<results>/calls/provenance.json",
        model=expand("<results>/model/{task}/MANIFEST.sha256", task=TASKS),
        predictive="<results>/predictive/predictive.tsv",
        evaluation=["<results>/evaluation/provenance.json"]
        + (["<results>/evaluation/demo/provenance.json"] if SIMULATED else []),
    output:
        report(
            "<results>/report.html",
            caption="../report/report.rst",
            category="Ghost introgression",
        ),
    log:
        "<logs>/report.log",
    benchmark:
        "<benchmarks>/report.tsv"
    conda:
        "../envs/introghost.yaml"
    params:
        version=VERSION,
        scenarios=repeated(
            "--scenario",
            [folder_option(CONFIG.scenarios[name].folder) for name in SCENARIOS],
        ),
        calls=subpath(input.calls, parent=True),
        evaluation=lambda wildcards, input: Path(input.evaluation[0]).parent,
        model=lambda wildcards, input: Path(input.model[0]).parents[1],
        truth=repeated(
            "--calls-evaluation",
            [f"{CONFIG.results}/evaluation/demo"] if SIMULATED else [],
        ),
    shell:
        "introghost report --calls {params.calls:q} --evaluation {params.evaluation:q} --model {params.model:q}"
        " --predictive {input.predictive:q} {params.truth} {params.scenarios} --output {output:q} 2> {log:q}"
