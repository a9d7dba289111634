rule report:
    input:
        calls="<results>/calls/provenance.json",
        model=expand("<results>/model/{task}/MANIFEST.sha256", task=TASKS),
        predictive="<results>/predictive/predictive.tsv",
        evaluation=["<results>/evaluation/provenance.json"]
        + (["<results>/evaluation/demo/provenance.json"] if IS_SIMULATED else []),
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
        scenarios=" ".join(
            f"--scenario {config['scenarios'][name]['folder']}" for name in SCENARIOS
        ),
        calls=subpath(input.calls, parent=True),
        evaluation=lambda wildcards, input: Path(input.evaluation[0]).parent,
        model=lambda wildcards, input: Path(input.model[0]).parents[1],
        truth=(f"--calls-evaluation {RESULTS}/evaluation/demo" if IS_SIMULATED else ""),
    shell:
        "introghost report --calls {params.calls} --evaluation {params.evaluation} --model {params.model}"
        " --predictive {input.predictive} {params.truth} {params.scenarios} --output {output} 2> {log}"
