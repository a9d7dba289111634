rule report:
    input:
        calls="results/calls/segments.tsv",
        evaluation=["results/evaluation/summary.tsv"]
        + (["results/evaluation/demo/summary.tsv"] if IS_SIMULATED else []),
    output:
        report(
            "results/report.html",
            caption="../report/report.rst",
            category="Ghost introgression",
        ),
    log:
        "logs/report.log",
    benchmark:
        "results/benchmarks/report.tsv"
    conda:
        "../envs/introghost.yaml"
    params:
        version=VERSION,
        scenarios=" ".join(
            f"--scenario {config['scenarios'][name]['folder']}" for name in SCENARIOS
        ),
        truth="--calls-evaluation results/evaluation/demo" if IS_SIMULATED else "",
    shell:
        "introghost report --calls results/calls --evaluation results/evaluation --model results/model"
        " {params.truth} {params.scenarios} --output {output} 2> {log}"
