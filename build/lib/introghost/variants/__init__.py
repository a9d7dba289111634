"""Real data: a strict VCF/BCF reader, the annotations of its sites, and the writer for simulated genomes."""
