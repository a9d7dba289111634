"""What the report is made from, small and by hand, and the tables of a page as it is parsed."""

import json
from collections.abc import Mapping, Sequence
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd

from introghost.findings import Finding
from introghost.provenance import sha256


def write_tsv(path: Path, **columns: list[object]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pd.DataFrame(columns).to_csv(path, sep="\t", index=False)


def write_bin_status(folder: Path, lengths_bp: Mapping[str, int], bin_bp: int = 10_000) -> None:
    """Bins of contigs that begin at 0, all called."""
    starts = [(name, start) for name, length_bp in lengths_bp.items() for start in range(0, length_bp, bin_bp)]
    write_tsv(folder / "bin_status.tsv", contig=[name for name, _ in starts], start=[start for _, start in starts],
              end=[start + bin_bp for _, start in starts], callable_bp=[bin_bp] * len(starts),
              num_sites=[20] * len(starts), status=["called"] * len(starts))  # fmt: skip


def write_calls(
    folder: Path,
    *,
    target: str = "GBR",
    outgroup: str = "YRI",
    vcf: str = "a1",
    model: tuple[str, str] = ("human", "b2"),
    choice: dict[str, object] | None = None,
    proportion: tuple[float, float, float] | None = (0.0214, 0.0087, 0.0496),
    called_bp: int = 50_000,
    findings: Sequence[Finding] = (),
) -> Path:
    """A folder as `apply` writes it, of one individual with 2 Mb callable in each of its haplotypes."""
    write_tsv(folder / "segments.tsv", contig=["1"], start=[0], end=[called_bp], sample=["A"], haplotype=[0],
              mean_posterior=[0.8], num_private_alleles=[3])  # fmt: skip
    write_bin_status(folder, {"1": 2_000_000})
    write_tsv(folder / "per_sample.tsv", sample=["A", "A"], haplotype=[0, 1], called_bp=[called_bp, 0],
              callable_bp=[2_000_000] * 2, fraction=[called_bp / 2e6, 0.0])  # fmt: skip
    if proportion is not None:
        median, lower, upper = proportion
        write_tsv(folder / "parameter_posterior.tsv", parameter=["pulse_time", "ghost_proportion"],
                  median=[1500.0, median], lower_90=[900.0, lower], upper_90=[2500.0, upper],
                  lower_95=[800.0, lower / 2], upper_95=[3000.0, upper * 2], prior_median=[1600.0, 0.03],
                  prior_lower_95=[700.0, 0.003], prior_upper_95=[3500.0, 0.18], contraction=[0.05, 0.7])  # fmt: skip
    if choice is not None:
        (folder / "model_choice.json").write_text(json.dumps(choice))
    inputs = {"model": {"name": model[0], "sha256": model[1]}}
    inputs |= {role: {"name": role, "sha256": digest} for role, digest in (("vcf", vcf), ("populations", "c3"))}
    options = {"outgroup": outgroup, "target": target, "region": None, "ancestral": "outgroup-major"}
    record = {"inputs": inputs, "options": options, "findings": [finding.to_json() for finding in findings]}
    (folder / "provenance.json").write_text(json.dumps(record))
    return folder


def write_evaluation_of_calls(folder: Path, calls: Path, precision: float | None, recall: float | None) -> Path:
    """A folder as `evaluate --calls` writes it."""
    write_tsv(
        folder / "summary.tsv",
        metric=["average_precision", "precision_at_threshold", "recall_at_threshold"],
        value=[0.9, precision, recall],
    )
    of_calls = {"calls": {"sha256": sha256(calls / "provenance.json")}}
    (folder / "provenance.json").write_text(json.dumps({"verb": "evaluate", "inputs": of_calls}))
    return folder


class _Tables(HTMLParser):
    """Collects the cells of every table of a page, under the heading that stands before it."""

    def __init__(self) -> None:
        super().__init__()
        self.tables: dict[str, list[list[str]]] = {}
        self.heading, self.text, self.links = "", "", list[str]()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("h2", "h3", "summary", "th", "td"):
            self.text = ""
        if tag == "tr":
            self.tables.setdefault(self.heading, []).append([])
        if tag == "a":
            self.links += [value or "" for name, value in attrs if name == "href"]

    def handle_endtag(self, tag: str) -> None:
        if tag in ("h2", "h3", "summary"):
            self.heading = self.text.strip()
        if tag in ("th", "td"):
            self.tables[self.heading][-1].append(self.text.strip())

    def handle_data(self, data: str) -> None:
        self.text += data


def tables_of(page: Path) -> dict[str, list[list[str]]]:
    """Rows of the tables of a page, heading row first, by the heading before them."""
    return _parsed(page).tables


def links_of(page: Path) -> list[str]:
    """Addresses of the links of a page."""
    return _parsed(page).links


def words_of(page: Path) -> str:
    """Text of a page without tags, every gap one space."""
    words = list[str]()
    parser = HTMLParser()
    parser.handle_data = words.append  # type: ignore[method-assign]
    parser.feed(page.read_text(encoding="utf-8"))
    return " ".join(" ".join(words).split())


def _parsed(page: Path) -> _Tables:
    parser = _Tables()
    parser.feed(page.read_text(encoding="utf-8"))
    return parser
