rule apply:
    input:
        **DATA_FILES,
        check="<results>/check/vcf.tsv",
        model=expand("<results>/model/{task}/MANIFEST.sha256", task=TASKS),
    output:
        bed="<results>/calls/segments.bed",
        segments="<results>/calls/segments.tsv",
        bins="<results>/calls/bins.tsv.gz",
        bin_status="<results>/calls/bin_status.tsv",
        bedgraph="<results>/calls/posterior.bedgraph",
        per_sample="<results>/calls/per_sample.tsv",
        model_choice="<results>/calls/model_choice.json",
        provenance="<results>/calls/provenance.json",
    log:
        "<logs>/apply.log",
    benchmark:
        "<benchmarks>/apply.tsv"
    conda:
        "../envs/introghost.yaml"
    threads: 64
    params:
        version=VERSION,
        model=lambda wildcards, input: Path(input.model[0]).parents[1],
        folder=subpath(output.segments, parent=True),
        options=lambda wildcards: DATA_OPTIONS,
        decision=lambda wildcards: CONFIG.decision_options(),
    shell:
        "introghost apply --model {params.model:q} --vcf {input.vcf:q} --populations {input.populations:q} {params.options}"
        " {params.decision} --output {params.folder:q} 2> {log:q}"
