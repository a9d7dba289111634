"""How long the sentences of the documents are.

``python benchmarks/prose.py`` prints the mean and the longest sentence, in words, of README.md and of docs/*.md. Code,
tables, headings and list markers do not count.
"""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
MEAN_WORDS, MOST_WORDS = 25, 45
_ABBREVIATION = re.compile(r"\b(e\.g|i\.e|et al|vs|Fig|approx|cf)\.$")


@dataclass(frozen=True)
class Prose:
    """The sentences of a page.

    Attributes
    ----------
    page : str
    sentences : tuple of str
    """

    page: str
    sentences: tuple[str, ...]

    @property
    def lengths(self) -> list[int]:
        """Words of each sentence."""
        return [len(sentence.split()) for sentence in self.sentences]

    @property
    def mean(self) -> float:
        """Words of a sentence on average; 0 without any."""
        return sum(self.lengths) / len(self.lengths) if self.lengths else 0.0

    @property
    def longest(self) -> str:
        """The sentence with the most words; empty without any."""
        return max(self.sentences, key=lambda sentence: len(sentence.split()), default="")


def pages() -> list[Path]:
    """README.md and the pages of docs/, in the order of their names."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def read(path: Path) -> Prose:
    """The sentences of a Markdown page.

    Parameters
    ----------
    path : Path
    """
    text = re.sub(r"^```.*?^```$", "\n\n", path.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    paragraphs, lines = list[str](), list[str]()
    for line in [*text.splitlines(), ""]:
        stripped = line.strip().removeprefix("> ").strip()
        begins = re.match(r"([*-]|\d+\.) ", stripped)
        if not stripped or begins or stripped.startswith(("#", "|", "![", ">")):
            paragraphs.append(" ".join(lines))
            lines = []
        if stripped and not stripped.startswith(("#", "|", "![", ">")):
            lines.append(stripped[begins.end() :] if begins else stripped)
    return Prose(path.name, tuple(each for paragraph in paragraphs for each in _sentences(paragraph)))


def _sentences(paragraph: str) -> list[str]:
    """Sentences of a paragraph; links are their words, and code is one word."""
    plain = re.sub(r"`[^`]*`", "code", re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", paragraph))
    plain = re.sub(r"[*_]{1,2}(\S[^*_]*)[*_]{1,2}", r"\1", plain)
    result = [""]
    for part in re.split(r"(?<=[.?!])\s+(?=[A-Z(\"“])", plain):
        if _ABBREVIATION.search(result[-1]):
            result[-1] = f"{result[-1]} {part}"
        else:
            result.append(part)
    return [sentence for sentence in result if re.search(r"\w", sentence)]


def main() -> None:
    """Print a line for each page."""
    print("page\tsentences\tmean words\tmost words\tlongest sentence")
    for path in pages():
        prose = read(path)
        most = max(prose.lengths, default=0)
        print(f"{prose.page}\t{len(prose.sentences)}\t{prose.mean:.1f}\t{most}\t{prose.longest[:100]}")


if __name__ == "__main__":
    main()
