rule apply:
    input:
        **DATA_FILES,
        model=expand("results/model/{task}/MANIFEST.sha256", task=TASKS),
    output:
        bed="results/calls/segments.bed",
        segments="results/calls/segments.tsv",
        bins="results/calls/bins.tsv.gz",
        bedgraph="results/calls/posterior.bedgraph",
        per_sample="results/calls/per_sample.tsv",
        model_choice="results/calls/model_choice.json",
        provenance="results/calls/provenance.json",
    log:
        "logs/apply.log",
    benchmark:
        "results/benchmarks/apply.tsv"
    conda:
        "../envs/introghost.yaml"
    threads: 64
    params:
        version=VERSION,
        outgroup=DATA["outgroup"],
        target=DATA["target"],
        ancestral=config["ancestral"],
        options=data_options(),
    shell:
        "introghost apply --model results/model --vcf {input.vcf} --populations {input.populations}"
        " --outgroup {params.outgroup:q} --target {params.target:q} --ancestral {params.ancestral:q} {params.options}"
        " --output results/calls 2> {log}"
