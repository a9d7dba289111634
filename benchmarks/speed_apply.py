"""Time of ``introghost apply`` against that of ``bcftools view -Ou`` on the same file: the cost above decoding it.

``python benchmarks/speed_apply.py MODEL VCF POPULATIONS OUTGROUP TARGET`` writes
benchmarks/speed_apply.tsv. bcftools has to be on the PATH.
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pandas as pd

from introghost.atomic import write_text

HERE = Path(__file__).parent
REPEATS = 3


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
    model, vcf, populations, outgroup, target = sys.argv[1:]
    introghost = [sys.executable, "-m", "introghost"]
    with tempfile.TemporaryDirectory() as folder:
        apply = ["apply", "--model", model, "--vcf", vcf, "--populations", populations, "--outgroup", outgroup]
        apply += ["--target", target, "--ancestral", "outgroup-major", "--output", folder]
        row = {
            "vcf": Path(vcf).name,
            "bcftools_s": seconds(["bcftools", "view", "-Ou", vcf]),
            "import_s": seconds([sys.executable, "-c", "import introghost.inference.application"]),
            "apply_s": seconds([*introghost, *apply]),
        }
    table = pd.DataFrame([{**row, "ratio": row["apply_s"] / row["bcftools_s"]}])
    write_text(HERE / "speed_apply.tsv", table.to_csv(sep="\t", index=False, float_format="%.3f", lineterminator="\n"))
    print(table.to_string(index=False))


if __name__ == "__main__":
    main()
