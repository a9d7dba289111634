import numpy as np

from introghost.inference import inputs


def test_context_is_the_mean_over_haplotypes_and_its_moving_average():
    statistics = np.random.default_rng(1).random((5, 30, 3)).astype(np.float32)
    result = inputs.context(statistics, 10)
    pooled = statistics.mean(axis=0)
    for b in range(30):
        near = pooled[max(b - 5, 0) : b + 6]
        np.testing.assert_allclose(result[b], np.concatenate([pooled[b], near.mean(axis=0)]), rtol=1e-5)


def test_pooling_is_symmetric_in_regions_and_haplotypes():
    rng = np.random.default_rng(2)
    haplotype, population = rng.random((4, 6, 10, 3), np.float32), rng.random((4, 5), np.float32)
    order, hap_order = rng.permutation(4), rng.permutation(6)
    expected = inputs.pool(haplotype, population)
    np.testing.assert_allclose(inputs.pool(haplotype[order][:, hap_order], population[order]), expected, rtol=1e-5)
