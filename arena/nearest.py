"""The nearest name: what somebody may have meant who wrote a name that there isn't."""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Final

# Half of what is written must be in a name for it to be meant; below that any name would do.
CUTOFF: Final = 0.5
# The work grows with each name and with its length.
MOST_WORDS: Final = 5000
MOST_CHARACTERS: Final = 100


def nearest(word: str, words: Iterable[str]) -> str | None:
    """The one of these words that is most like it, or None where none is like it at all.

    Capitals, spaces and signs count for nothing. A word that begins with what was written comes before all others, the
    shortest of them first.
    """
    known: dict[str, str] = {}
    for name, _ in zip(words, range(MOST_WORDS), strict=False):
        known.setdefault(_plain(name), name)
    wanted = _plain(word)
    if not wanted:
        return None
    longer = [name for name in known if name.startswith(wanted)]
    near = [min(longer, key=len)] if longer else get_close_matches(wanted, known, n=1, cutoff=CUTOFF)
    return known[near[0]] if near else None


def _plain(text: str) -> str:
    return "".join(letter for letter in text[:MOST_CHARACTERS].casefold() if letter.isalnum())
