"""The page of calls in a browser: nothing is requested, figures are seen, segments tell of themselves, phones read it.

Skipped where no Chromium is installed (Debian: ``apt install chromium``).
"""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from introghost import presets
from introghost.evaluation.power import CLASSES, POWER, class_name
from introghost.provenance import sha256
from introghost.report.page import Sources, write_report

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")

EXECUTABLE = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(EXECUTABLE is None, reason="no Chromium is installed")

PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 900}
SHORT_NAMES = [f"S{number}" for number in range(20)]


@pytest.fixture(scope="module")
def calls(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three contigs, a peak on the first, a masked end, a verdict and parameters."""
    folder, rng = tmp_path_factory.mktemp("page") / "calls", np.random.default_rng(1)
    folder.mkdir()
    starts = np.arange(0, 2_000_000, 5_000)
    status = [
        pd.DataFrame({"contig": name, "start": starts, "end": starts + 5_000, "callable_bp": 5_000, "num_sites": 20,
                      "status": np.where(starts < 1_800_000, "called", "too little callable sequence")})
        for name in ("1", "2", "chrUn_KI270742v1")
    ]  # fmt: skip
    write(folder, "bin_status", pd.concat(status))
    first = pd.DataFrame({"contig": "1", "start": 400_000 + 5_000 * rng.integers(0, 10, 12), "end": 520_000})
    second = pd.DataFrame({"contig": "2", "start": [100_000], "end": [160_000]})
    segments = pd.concat([first, second], ignore_index=True)
    segments["sample"], segments["haplotype"] = SHORT_NAMES[: len(segments)], 0
    segments["mean_posterior"] = np.linspace(0.5, 0.99, len(segments)).round(2)
    segments["num_private_alleles"] = np.arange(len(segments))
    write(folder, "segments", segments)
    haplotypes = [(name, haplotype) for name in SHORT_NAMES for haplotype in (0, 1)]
    per_sample = pd.DataFrame(haplotypes, columns=["sample", "haplotype"])
    per_sample["called_bp"], per_sample["callable_bp"] = np.arange(40) * 1_000, 5_400_000
    write(folder, "per_sample", per_sample.assign(fraction=per_sample["called_bp"] / 5_400_000))
    draws = pd.DataFrame({"ghost_proportion": rng.beta(2, 60, 500), "pulse_time": rng.uniform(900, 2_500, 500)})
    write(folder, "parameter_draws", draws)
    posterior = [(name, *draws[name].quantile([0.5, 0.025, 0.975]), *prior, 0.5)
                 for name, prior in (("ghost_proportion", (0.003, 0.18)), ("pulse_time", (800, 3_500)))]  # fmt: skip
    columns = ["parameter", "median", "lower_95", "upper_95", "prior_lower_95", "prior_upper_95", "contraction"]
    table = pd.DataFrame(posterior, columns=columns)
    write(folder, "parameter_posterior", table.assign(lower_90=table["lower_95"], upper_90=table["upper_95"]))
    ghosts = {"ghost": True, "no_ghost": False}
    choice = {"decision": "ghost", "p_ghost": 0.97, "probabilities": {"ghost": 0.97, "no_ghost": 0.03}}
    choice |= {"ghost_of_target": ghosts, "prior": dict.fromkeys(ghosts, 0.5)}
    (folder / "model_choice.json").write_text(json.dumps(choice))
    findings = [{"code": "data", "severity": severity, "text": "a fact"} for severity in ("warning", "remark")]
    options = {"threshold": 0.46, "false_discovery_rate": 0.15, "outgroup": "YRI", "target": "CEU"}
    record = {"verb": "apply", "version": "0", "findings": findings, "options": options}
    (folder / "provenance.json").write_text(json.dumps(record))
    return folder


def write(folder: Path, name: str, table: pd.DataFrame) -> None:
    table.to_csv(folder / f"{name}.tsv", sep="\t", index=False)


def write_evaluation(folder: Path, model: Path) -> None:
    """Tables of every figure of trust."""
    rng = np.random.default_rng(2)
    edges = np.linspace(0, 1, 11)
    middle = (edges[1:] + edges[:-1]) / 2
    reliability = pd.DataFrame({"lowest": edges[:-1], "highest": edges[1:], "mean_probability": middle,
                                "observed_frequency": middle, "lower": middle - 0.04, "upper": middle + 0.04,
                                "count": 10 ** np.arange(10, 0, -1)})  # fmt: skip
    write(folder, "reliability", reliability)
    write(folder, "summary", pd.DataFrame({"metric": ["average_precision"], "value": [0.9]}))
    curve = {"recall": [0.4, 1.0], "precision": [1.0, 0.5]}
    write(folder, "precision_recall", pd.DataFrame(curve))
    names = list(presets.scenarios())[:9]
    pairs = [(first, second, 9 if first == second else 1, 0.5) for first in names for second in names]
    write(folder, "model_choice_confusion", pd.DataFrame(pairs, columns=["truth", "assigned", "count", "mean_p_ghost"]))
    genomes = ["ghost", *(class_name("ghost", *ends) for ends in CLASSES)]
    power = [("all", name, POWER, 0.5, 0.3, 0.7) for name in genomes]
    write(folder, "power", pd.DataFrame(power, columns=["against", "genomes_of", "metric", "value", "lower", "upper"]))
    coverage = [(name, level, level) for name in ("pulse_time", "ghost_size") for level in (0.5, 0.9)]
    write(folder, "posterior_coverage", pd.DataFrame(coverage, columns=["parameter", "level", "coverage"]))
    write(folder, "posterior_ranks", pd.DataFrame(rng.random((40, 5)), columns=[f"parameter_{i}" for i in range(5)]))
    of_model = {"model": {"sha256": sha256(model)}}
    (folder / "provenance.json").write_text(json.dumps({"verb": "evaluate", "inputs": of_model}))


@pytest.fixture(scope="module")
def page_file(calls: Path) -> Path:
    """The page with everything that it can have."""
    folder = calls.parent
    for name in ("model/segments", "evaluation", "predictive"):
        (folder / name).mkdir(parents=True)
    curve = {"epoch": [1, 2], "training_loss": [0.5, 0.3], "validation_loss": [0.5, 0.4]}
    write(folder / "model" / "segments", "learning_curve", pd.DataFrame(curve))
    write_evaluation(folder / "evaluation", folder / "model")
    predictive = {
        "statistic": ["all statistics together", "pi"], "summary": ["distance", "mean"], "observed": [9.0, 1.0],
        "median": [5.0, 2.0], "lower": [4.0, 1.5], "upper": [7.0, 3.0], "deviation": [4.0, -9.0],
        "tail_probability": [0.01, 0.01], "verdict": ["outside", "outside"], "covered_by": ["", ""],
    }  # fmt: skip
    write(folder / "predictive", "predictive", pd.DataFrame(predictive))
    (folder / "genes.gtf").write_text('1\tx\tgene\t450001\t500000\t.\t+\t.\tgene_name "DPYD";\n')
    record = json.loads((calls / "provenance.json").read_text())
    record["inputs"] = {"model": {"name": "mine", "sha256": sha256(folder / "model")}}
    (calls / "provenance.json").write_text(json.dumps(record))
    sources = Sources(
        calls,
        evaluation=folder / "evaluation",
        model=folder / "model",
        predictive=folder / "predictive" / "predictive.tsv",
        scenarios=(presets.scenarios()["ghost"],),
        genes=folder / "genes.gtf",
    )
    write_report(sources, folder / "report.html")
    return folder / "report.html"


@pytest.fixture(scope="module")
def browser() -> Iterator["sync_api.Browser"]:
    with sync_api.sync_playwright() as playwright:
        one = playwright.chromium.launch(executable_path=EXECUTABLE, args=["--no-sandbox"])
        yield one
        one.close()


def opened(browser: "sync_api.Browser", file: Path, size: dict[str, int], scheme: str = "light") -> "sync_api.Page":
    page = browser.new_page(viewport=size, color_scheme=scheme)
    page.goto(file.as_uri())
    page.set_default_timeout(5_000)
    page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true; })")
    return page


def test_nothing_is_requested_and_nothing_goes_wrong(browser: "sync_api.Browser", page_file: Path) -> None:
    requests, errors = list[str](), list[str]()
    page = browser.new_page(viewport=DESK)
    page.on("request", lambda request: requests.append(request.url))
    page.on("console", lambda message: errors.append(message.text))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(page_file.as_uri())
    page.mouse.move(300, 300)
    page.mouse.wheel(0, 2_000)
    page.wait_for_timeout(100)
    assert requests == [page_file.as_uri()]
    assert errors == []


def test_every_figure_is_seen(browser: "sync_api.Browser", page_file: Path) -> None:
    page = opened(browser, page_file, DESK)
    boxes = [drawing.bounding_box() for drawing in page.locator("svg").all()]
    assert len(boxes) == 15, (
        "karyogram, a peak, lengths, individuals, densities, the pair; precision, calibration, power, confusion, "
        "coverage, ranks, the data among simulations; a scenario, a learning curve"
    )
    assert all(box is not None and box["width"] > 200 and box["height"] > 20 for box in boxes)


def test_a_segment_tells_of_itself_under_the_pointer(browser: "sync_api.Browser", page_file: Path) -> None:
    page = opened(browser, page_file, DESK)
    assert page.locator("#tip").is_hidden()
    page.locator("#peak-1 rect.p7").last.hover()
    said = page.locator("#tip").inner_text()
    assert said.startswith("S11.0 · 1:4")
    assert said.endswith("–520,000 · posterior 0.95 · 11 private alleles")
    page.locator("h1").hover()
    assert page.locator("#tip").is_hidden()


def test_figures_zoom_and_come_back(browser: "sync_api.Browser", page_file: Path) -> None:
    page = opened(browser, page_file, DESK)
    figure = page.locator("figure.zoom").first

    def view() -> list[float]:
        return [float(number) for number in (figure.locator("svg").get_attribute("viewBox") or "").split()]

    def size() -> tuple[float, ...]:
        box = figure.locator("svg").bounding_box() or {}
        return tuple(box[name] for name in ("width", "height"))

    before, before_size = view(), size()
    figure.get_by_label("zoom in").click()
    assert view() == [before[2] / 4, 0, before[2] / 2, before[3]]
    assert size() == before_size
    figure.get_by_label("to the left").click()
    assert view()[0] == pytest.approx(before[2] / 4 - before[2] / 6)
    figure.get_by_label("show all").click()
    assert view() == before


def test_tables_sort_by_numbers_and_are_filtered(browser: "sync_api.Browser", page_file: Path) -> None:
    page = opened(browser, page_file, DESK)
    table = page.locator("table.sortable").filter(has_text="called bp")
    column = table.locator("tbody tr:visible td:nth-child(3)")
    heading = table.get_by_role("button", name="called bp")
    heading.click()
    assert column.first.inner_text() == "0"
    heading.click()
    assert [cell.inner_text() for cell in column.all()[:2]] == ["39,000", "38,000"]
    page.get_by_label("Show rows with").first.fill("S19")
    assert column.count() == 2


def test_places_sort_along_the_genome_and_what_is_missing_comes_last(
    browser: "sync_api.Browser", page_file: Path
) -> None:
    page = opened(browser, page_file, DESK)
    rows = ["1:12,000–20", "1:2,000–3", "10:5–6", "–", "2:1–9", "< 0.01 %", "3.5 %", "1KG_5"]
    sort = """rows => {
      const table = document.querySelector("table.sortable");
      table.tBodies[0].replaceChildren(...rows.map(row => {
        const one = document.createElement("tr");
        one.innerHTML = `<td>${row}</td>`;
        return one;
      }));
      table.tHead.querySelector("button").click();
      return [...table.tBodies[0].rows].map(row => row.textContent);
    }"""
    numbers, texts = ["< 0.01 %", "3.5 %"], ["–", "1:2,000–3", "1:12,000–20", "1KG_5", "2:1–9", "10:5–6"]
    assert page.evaluate(sort, rows) == numbers + texts


def test_a_phone_shows_it_without_scrolling_sideways_and_words_can_be_read(
    browser: "sync_api.Browser", page_file: Path
) -> None:
    page = opened(browser, page_file, PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert page.evaluate("document.querySelectorAll('svg text').length") > 100
    heights = page.evaluate(
        "[...document.querySelectorAll('svg text')].map(e =>"
        " parseFloat(getComputedStyle(e).fontSize) * Math.hypot(e.getScreenCTM().c, e.getScreenCTM().d))"
    )
    assert len(heights) > 30
    assert min(heights) >= 9


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESK, PHONE])
def test_axe_finds_nothing(browser: "sync_api.Browser", page_file: Path, scheme: str, size: dict[str, int]) -> None:
    results = axe.Axe().run(opened(browser, page_file, size, scheme))
    heavy = [each for each in results.response["violations"] if each["impact"] in ("moderate", "serious", "critical")]
    assert heavy == [], results.generate_report()


def test_figures_are_dark_where_the_page_is(browser: "sync_api.Browser", page_file: Path) -> None:
    script = "getComputedStyle(document.querySelector('#peak-1 rect.p7')).fill"
    colours = [opened(browser, page_file, DESK, scheme).evaluate(script) for scheme in ("light", "dark")]
    assert colours == ["rgb(13, 8, 135)", "rgb(240, 249, 33)"]
