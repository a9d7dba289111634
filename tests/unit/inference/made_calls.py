"""Bins and calls that were made by hand, and what findings are asked with."""

import numpy as np
from random_source import plan
from untrained import choice_bundle, parameters_bundle, segments_bundle

from introghost.findings import Finding
from introghost.inference.calling import ContigCalls
from introghost.inference.decisions import Doubts
from introghost.inference.fields import Range
from introghost.inference.reading import Bins, BinStatus

BUNDLES = [segments_bundle(), choice_bundle(), parameters_bundle()]
WHOLE = plan(target_diploids=Range(5, 5), most_diploids=(10, 5))
DOUBTS = Doubts(0.4, {"ghost": 0.9, "no_ghost": 0.01}, 0.9, 0.97, 0.01)


def codes(findings: list[Finding]) -> list[str]:
    return [str(finding.code) for finding in findings]


def bins_of(callable_bp: list[float], contig: str = "1", status: BinStatus = BinStatus.CALLED) -> Bins:
    number = len(callable_bp)
    starts = np.arange(number, dtype=np.int64) * 10_000
    sites = np.full(number, int(status is not BinStatus.CONTIG_WITHOUT_SITES))
    bp = np.array(callable_bp, dtype=np.float32)
    return Bins(contig, 10_000, starts, starts + 10_000, bp, sites, np.full(number, status).astype(np.str_))


def calls_of(posterior: np.ndarray, bins: Bins) -> ContigCalls:
    labels = [f"s.{row}" for row in range(len(posterior))]
    return ContigCalls(bins, labels, posterior.astype(np.float32), np.zeros(posterior.shape, np.int64))
