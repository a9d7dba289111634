"""Time of ``introghost apply`` against that of ``bcftools view -Ou`` on the same file: the cost above decoding it.

``python benchmarks/speed_apply.py MODEL VCF POPULATIONS OUTGROUP TARGET`` writes
benchmarks/speed_apply.tsv. bcftools has to be on the PATH.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pandas as pd

from introghost.atomic import write_text

HERE = Path(__file__).parent
REPEATS = 3
OPERANDS = ("model", "vcf", "populations", "outgroup", "target")


def seconds(command: list[str]) -> float:
    """The shortest of several runs of a command."""
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        times.append(time.perf_counter() - start)
    return min(times)


def main() -> None:
    """Measure start-up, decoding and application."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in OPERANDS:
        parser.add_argument(name, help=f"as `introghost apply --{name}` takes it")
    parser.add_argument("--output", type=Path, default=HERE / "speed_apply.tsv", help="the table")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        options = [part for name in OPERANDS for part in (f"--{name}", getattr(arguments, name))]
        options += ["--ancestral", "outgroup-major", "--output", folder]
        row = {
            "vcf": Path(arguments.vcf).name,
            "bcftools_s": seconds(["bcftools", "view", "-Ou", arguments.vcf]),
            "import_s": seconds([sys.executable, "-c", "import introghost.model"]),
            "apply_s": seconds([sys.executable, "-m", "introghost", "apply", *options]),
        }
    table = pd.DataFrame([{**row, "ratio": row["apply_s"] / row["bcftools_s"]}])
    write_text(arguments.output, table.to_csv(sep="\t", index=False, float_format="%.3f", lineterminator="\n"))
    print(table.to_string(index=False))


if __name__ == "__main__":
    main()
