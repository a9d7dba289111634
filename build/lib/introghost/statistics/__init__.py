"""Summary statistics of phased haplotypes: one code path for simulated and real data."""
