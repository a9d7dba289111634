"""The numbers by which statistics are defined: the registry quotes them, the code computes with them.

A trained network rests on them. Whoever changes one trains anew.
"""

# Statistics of a haplotype in a bin.
WINDOW_BINS = 5
WIDE_BINS = 15  # an odd multiple of WINDOW_BINS: windows side by side make a wide one
PANEL_HAPLOTYPES = 200  # of either role, to which distances are measured
MINIMUM_CALLABLE_FRACTION = 0.1
BLANK_BINS = 5
SHARED_CLASSES = (0.05, 0.2)  # target frequencies between which private alleles are rare, intermediate, common
RARE_IN_OUTGROUP = 0.05
ENRICHED_RATIO = 0.25
NEARLY_PRIVATE = 0.02  # outgroup frequency that recent gene flow out of the target leaves
OUTGROUP_QUANTILE = 0.05

# Those pooled over a region.
POOLED_DIPLOIDS = 10
POOLED_QUANTILES = (0.05, 0.5, 0.95, 0.99)

# Population statistics. Classes are (lower, upper].
SFS_EDGES = (0.0, 0.05, 0.1, 0.2, 0.5, 1.0)
JOINT_EDGES = (0.0, 0.1, 0.5, 1.0)
PRIVATE_EDGES = (0.0, 0.02, 0.05, 0.1, 0.2, 1.0)
LD_EDGES_BP = (0, 5_000, 20_000, 100_000)
LD_MINIMUM_FREQUENCY = 0.1
LD_SITES = 400
HAPLOTYPE_WINDOW_SITES = 50
HAPLOTYPE_WINDOW_STEP_SITES = 200
RUN_GAP_BP = 10_000
PRIVATE_LD_BP = 50_000
