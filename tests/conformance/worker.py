"""Put VCF files through the command line, one line of JSON for each; a hang or a crash ends this process.

    python worker.py FOLDER < paths

The parent (`conformance.run_files`) sees the file at which a worker died. FOLDER is for outputs.
"""

import contextlib
import faulthandler
import io
import json
import sys
import time
import traceback
from pathlib import Path
from typing import Any

from introghost.cli import main
from introghost.statistics.table import Statistics

LIMIT_SECONDS = 10


def run(*arguments: str) -> dict[str, Any]:
    """Exit code, standard output, error and seconds of one command; a traceback has exit code 1."""
    output, error = io.StringIO(), io.StringIO()
    faulthandler.dump_traceback_later(LIMIT_SECONDS, exit=True)
    start = time.monotonic()
    code = 1
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(error):
        try:
            main(list(arguments))
        except SystemExit as end:
            code = int(end.code or 0)
        except BaseException:
            error.write(traceback.format_exc())
    faulthandler.cancel_dump_traceback_later()
    seconds = time.monotonic() - start
    return {"code": code, "output": output.getvalue(), "error": error.getvalue(), "seconds": seconds}


def samples_of(text: str) -> list[str]:
    """Names in the columns after FORMAT."""
    columns = next((line.split("\t") for line in text.split("\n") if line.startswith("#CHROM\t")), [])
    return [name.rstrip("\r") for name in columns[9:]]


def examine(vcf: Path, folder: Path) -> dict[str, Any]:
    """All commands on one file."""
    text = vcf.read_bytes().decode(errors="replace")
    result: dict[str, Any] = {"path": str(vcf), "check": run("vcf", "check", "--vcf", str(vcf))}
    result["lines"] = sum(bool(line.strip()) and not line.startswith("#") for line in text.split("\n"))
    samples = samples_of(text)
    if len(samples) < 2:
        return result
    populations, output = folder / "populations.tsv", folder / "out.zarr.zip"
    rows = [f"{name}\t{'O' if i < len(samples) // 2 else 'T'}\n" for i, name in enumerate(samples)]
    populations.write_text("sample\tpopulation\n" + "".join(rows))
    data = ["--vcf", str(vcf), "--populations", str(populations), "--outgroup", "O", "--target", "T"]
    data += ["--ancestral", "outgroup-major"]
    result["check with roles"] = run("vcf", "check", *data)
    result["statistics"] = run("statistics", *data, "--output", str(output))
    if output.exists():
        counts = json.loads(Statistics.read(output).dataset.attrs["provenance"])["dropped_records"]
        result["statistics"]["output"] += "".join(f"reader\t{item}\t{number}\n" for item, number in counts.items())
    output.unlink(missing_ok=True)
    result["left behind"] = sorted(path.name for path in folder.iterdir() if path != populations)
    return result


if __name__ == "__main__":
    for name in sys.stdin.read().splitlines():
        print(json.dumps(examine(Path(name), Path(sys.argv[1]))), flush=True)
