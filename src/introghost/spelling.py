"""What may have been meant by a word that is not known."""

import difflib
import re
from collections.abc import Iterable, Sequence

_MOST = 3  # words that are offered
_NEAR = 0.5  # of `difflib`, from which on a word may be the other one misspelt


def suggestion(word: str, valid: Iterable[str]) -> str:
    """The nearest valid word as a question, or all of them.

    Parameters
    ----------
    word : str
        As the user wrote it.
    valid : iterable of str
        Words that could have been meant.

    Examples
    --------
    >>> suggestion("segmnets", ["segments", "parameters"]), suggestion("x", ["segments", "parameters"])
    ("did you mean 'segments'?", 'valid: parameters, segments')
    """
    names = sorted(valid)
    return did_you_mean(word, names) or f"valid: {', '.join(names) or 'none'}"


def did_you_mean(word: str, valid: Iterable[str]) -> str:
    """What a word is short for, or else the nearest valid one, as a question; empty where none is near.

    A word is short for a name if it is the beginnings of all words of the name, one after the other, such as initials.
    Upper and lower case, and dashes before a name, make no difference.

    Parameters
    ----------
    word : str
        As the user wrote it.
    valid : iterable of str
        Words that could have been meant.

    Examples
    --------
    >>> did_you_mean("--fdr", ["--false-discovery-rate", "--force"]), did_you_mean("yri", ["CEU", "YRI"])
    ("did you mean '--false-discovery-rate'?", "did you mean 'YRI'?")
    >>> did_you_mean("--out", ["--outgroup", "--output"]), did_you_mean("x", ["CEU"])
    ("did you mean '--outgroup' or '--output'?", '')
    """
    names = {_plain(name): name for name in sorted(valid)}
    letters = "".join(_words(word))
    meant = [plain for plain in names if _is_short_for(letters, _words(plain))]
    meant = meant or difflib.get_close_matches(_plain(word), names, n=1, cutoff=_NEAR)
    return f"did you mean {' or '.join(repr(names[plain]) for plain in meant[:_MOST])}?" if meant else ""


def _plain(name: str) -> str:
    return name.casefold().lstrip("-")


def _words(name: str) -> list[str]:
    return [word for word in re.split(r"[\W_]+", _plain(name)) if word]


def _is_short_for(letters: str, words: Sequence[str]) -> bool:
    """Whether letters are beginnings of all words, one after the other."""
    if not words:
        return not letters
    beginnings = (number for number in range(1, len(words[0]) + 1) if letters[:number] == words[0][:number])
    return any(_is_short_for(letters[number:], words[1:]) for number in beginnings)
