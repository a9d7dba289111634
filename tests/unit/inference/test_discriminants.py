"""Discriminants and predictors: those of scikit-learn, and cross-fitted."""

import numpy as np
from sklearn.covariance import ShrunkCovariance
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from introghost.inference import discriminants
from introghost.inference.discriminants import Discriminants, Predictors


def test_discriminants_are_those_of_scikit_learn() -> None:
    rng = np.random.default_rng(1)
    classes = np.repeat([0, 1, 2], 40)
    standard = (rng.normal(size=(120, 5)) + rng.normal(size=(3, 5))[classes]).astype(np.float32)
    slopes, intercepts = discriminants.discriminant(standard, classes, np.ones(120), 0.3)
    other = LinearDiscriminantAnalysis(
        solver="eigen", covariance_estimator=ShrunkCovariance(shrinkage=0.3), priors=np.full(3, 1 / 3)
    ).fit(standard, classes)
    decisions, expected = standard @ slopes.T + intercepts, other.decision_function(standard)
    np.testing.assert_allclose(decisions, expected - expected.mean(axis=1, keepdims=True), rtol=1e-4, atol=1e-4)
    twice = np.concatenate([np.arange(120), np.flatnonzero(classes == 1)])
    again = discriminants.discriminant(standard[twice], classes[twice], np.ones(160), 0.3)
    weighed = discriminants.discriminant(standard, classes, np.where(classes == 1, 2.0, 1.0), 0.3)
    for one, two, three in zip(again, weighed, (slopes, intercepts), strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-6, atol=1e-9)
        np.testing.assert_allclose(
            two, three, rtol=1e-6, atol=1e-9, err_msg="scenarios weigh the same, whatever their genomes"
        )


def test_a_genome_is_judged_without_its_own_fold() -> None:
    """Of noise alone many statistics could learn by heart which genome is of which scenario."""
    rng = np.random.default_rng(2)
    standard, classes = rng.normal(size=(80, 60)).astype(np.float32), np.arange(80) % 2
    held_out = np.arange(80) < 8
    made = Discriminants.fit(standard, classes, np.ones((80, 1), np.float32), held_out, np.arange(80))
    slopes, intercepts, fold = made.slopes.numpy()[:, 0], made.intercepts.numpy()[:, 0], made.fold.numpy()
    apart = np.einsum("bc,bsc->bs", standard, slopes[fold]) + intercepts[fold]
    learnt = standard @ slopes[-1].T + intercepts[-1]
    right = [np.mean((logits.argmax(axis=1) == classes)[~held_out]) for logits in (apart, learnt)]
    assert right[0] < 0.7
    assert right[1] > 0.85


def test_a_genome_is_predicted_without_its_own_fold() -> None:
    """Noise that hundreds of statistics could learn by heart predicts nothing of a genome that was left out."""
    rng = np.random.default_rng(1)
    standard, values = rng.normal(size=(80, 60)).astype(np.float32), rng.normal(size=(80, 1)).astype(np.float32)
    values += 2 * standard[:, :1]
    held_out = np.arange(80) < 8
    predictors = Predictors.fit(standard, values, held_out, np.arange(80))
    assert predictors.fold[held_out].tolist() == [discriminants.FOLDS] * 8
    assert sorted(set(predictors.fold[~held_out].tolist())) == list(range(discriminants.FOLDS))
    slopes, intercepts = predictors.slopes.numpy(), predictors.intercepts.numpy()
    fold = predictors.fold.numpy()
    apart = np.einsum("bc,bpc->bp", standard, slopes[fold]) + intercepts[fold]
    learnt = standard @ slopes[-1].T + intercepts[-1]
    errors = [np.square(predicted - values)[~held_out].mean() for predicted in (apart, learnt)]
    assert errors[0] > 1.5 * errors[1]
    unseen = np.square(learnt - values)[held_out].mean()
    assert 0.4 < unseen / errors[0] < 2.5
