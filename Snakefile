# Snakemake finds this file first; the workflow itself is workflow/Snakefile.
include: "workflow/Snakefile"


# Rules of an included file are never the default target, so the root has one of its own.
rule introghost:
    default_target: True
    input:
        rules.all.input,
