"""How fast the segment network is trained, and how much of the time is not arithmetic, on each device of the machine.

``python benchmarks/training.py --statistics S …`` writes benchmarks/training.tsv: a row for the CPU and, where there
is one, for the GPU. An epoch is trained as `introghost train` trains it; then as many steps are done of one batch that
lies on the device already. What the epoch takes beyond these steps is spent on putting batches together, on moving
them, on the training loop and on the validation of one region. Files are statistics of simulated segments, as the
workflow makes them.
"""

import argparse
import os
import platform
import statistics as medians
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch.utils.data import DataLoader

from introghost import atomic
from introghost.inference.segment_batches import SegmentBatches, SegmentRegions, halve
from introghost.inference.segment_training import matrix_precision, segment_loss
from introghost.inference.training import WEIGHT_DECAY, fit
from introghost.model import load_model
from introghost.networks.segments import SegmentNetwork
from introghost.statistics.table import Statistics

OUTPUT = Path(__file__).with_suffix(".tsv")
BATCH_SIZE, REPEATS = 32, 5
CPU, GPU = "cpu", "cuda"


def device_name(device: str) -> str:
    """The kind of a device in words."""
    return (
        torch.cuda.get_device_name()
        if device == GPU
        else f"CPU {platform.machine()}, {torch.get_num_threads()} threads"
    )


def new_network(data: SegmentRegions) -> SegmentNetwork:
    """A network of the shipped size that was not trained yet."""
    torch.manual_seed(1)
    shipped = load_model("human").segments.architecture
    sizes = {name: shipped[name] for name in ("width", "members")}
    return SegmentNetwork(len(data.channel_names), int(data.of_population.sum()), **sizes)


def epoch_s(data: SegmentRegions) -> tuple[float, int]:
    """Seconds of one epoch over all regions but one, which validates; and how many steps it has."""
    regions = np.arange(len(data.usable))
    train, validation = (
        DataLoader(SegmentBatches(data, rows, BATCH_SIZE, seed), batch_size=None)
        for rows, seed in ((regions[1:], 1), (regions[:1], None))
    )
    network = new_network(data)
    start = time.perf_counter()
    fit(
        network,
        segment_loss,
        train,
        validation,
        epochs=1,
        learning_rate=1e-3,
        patience=1,
        seed=1,
        precision=matrix_precision(),
    )
    return time.perf_counter() - start, len(train)


def arithmetic_s(data: SegmentRegions, device: str, steps: int) -> float:
    """Seconds of so many training steps of one batch that lies on the device."""
    network = new_network(data).to(device).train()
    batch = tuple(
        part.to(device) for part in next(iter(SegmentBatches(data, np.arange(len(data.usable)), BATCH_SIZE, 1)))
    )
    optimiser = torch.optim.AdamW(network.parameters(), lr=1e-3, weight_decay=WEIGHT_DECAY)
    is_mixed = matrix_precision() == "bf16-mixed"
    start = 0.0
    # The first steps only warm up; what a GPU still has to do counts.
    for step in range(-3, steps):
        if step == 0:
            _finish(device)
            start = time.perf_counter()
        optimiser.zero_grad()
        with torch.autocast(device, torch.bfloat16, enabled=is_mixed):
            loss = segment_loss(network, batch)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
    _finish(device)
    return time.perf_counter() - start


def _finish(device: str) -> None:
    if device == GPU:
        torch.cuda.synchronize()


def row(paths: Sequence[Path], device: str) -> dict[str, object]:
    """What is measured on one device, the median of some repeats; in a process of its own, which sees no other."""
    if device == CPU:
        os.environ["CUDA_VISIBLE_DEVICES"] = ""
    data = SegmentRegions(Statistics.concatenate([halve(Statistics.read(path)) for path in paths]))
    shares, rates = [], []
    for _ in range(REPEATS):
        whole_s, steps = epoch_s(data)
        shares.append(1 - arithmetic_s(data, device, steps) / whole_s)
        rates.append(steps * BATCH_SIZE / whole_s)
    return {
        "device": device_name(device),
        "precision": matrix_precision(),
        "haplotypes_per_s": medians.median(rates),
        "share_not_arithmetic": medians.median(shares),
    }


def main() -> None:
    """Measure each device, and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--statistics", type=Path, nargs="+", required=True, help="of simulated segments")
    parser.add_argument("--output", type=Path, default=OUTPUT, help="the table")
    arguments = parser.parse_args()
    rows = []
    for device in (CPU, GPU) if torch.cuda.is_available() else (CPU,):
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
            rows.append(process.submit(row, arguments.statistics, device).result())
    table = pd.DataFrame(rows)
    table["ratio_to_cpu"] = table["haplotypes_per_s"] / table["haplotypes_per_s"][0]
    atomic.write_text(arguments.output, table.to_csv(sep="\t", float_format="%.4g", lineterminator="\n", index=False))
    print(table.to_string(index=False))


if __name__ == "__main__":
    main()
