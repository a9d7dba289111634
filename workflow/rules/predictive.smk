if DATA:

    rule predictive:
        input:
            simulated=statistics_of(Kind.SEGMENTS, is_test=False)
            + statistics_of(Kind.SEGMENTS, is_test=True),
            observed="<results>/statistics/data/{target}.zarr.zip",
        output:
            table=report(
                "<results>/predictive/{target}/predictive.tsv",
                caption="../report/predictive.rst",
                category="2. Do the simulations look like the data?",
                labels={"target": "{target}", "content": "statistics"},
            ),
            provenance="<results>/predictive/{target}/predictive.provenance.json",
        log:
            "<logs>/predictive/{target}.log",
        benchmark:
            "<benchmarks>/predictive/{target}.tsv"
        # To be seen before hours are spent on training.
        priority: 50
        conda:
            "../envs/introghost.yaml"
        params:
            version=VERSION,
            simulated=lambda wildcards, input: repeated("--simulated", input.simulated),
        shell:
            "introghost predictive {params.simulated} --observed {input.observed:q}"
            " --output {output.table:q} 2> {log:q}"
