"""Leaks: answers that say whose they are. Text in, what was found out; nothing is asked of anybody.

A claim is an answer that says to be a model, of a family or of a maker ("I am …", "as an AI developed by …", "我是…"),
true or not: whoever reads it believes to know. A naming is an answer that names models where the voter had not spoken
of any. Both go by the text alone, never by whose it is: that an answer is remarked on tells no more than it says.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import islice
from typing import Final, NamedTuple

from msgspec import Struct

from arena.evaluation import claims, families

VERSION: Final = "leaks-1"
# Keeps the work small for a text that repeats one name without end and never says to be it.
MOST_OF_ONE: Final = 100

WORD: Final = re.compile("[a-z]+")
PIECE: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+|[^\W\d_a-zA-Z]+")
SIZE: Final = re.compile(r"[a-z]?[0-9][\w.]*", re.IGNORECASE)
BETWEEN: Final = re.compile(r"[\s/_():,-]+")
# What stands in the names of many models and names none of them.
SAYS_NOTHING: Final = re.compile(
    "ai|alpha|api|base|beta|bot|chat|code|coder|contender|control|experimental|extended|fast|flash|free|house|instruct|"
    "inc|instant|labs?|language|large|latest|light|lite|local|max|mega|mid|mini|models?|nano|nightly|preview|pro|python|"
    "sft|small|supreme|team|test|thinking|tiny|turbo|ultra|vision|xl",
    re.IGNORECASE,
)


class Name(Struct, frozen=True):
    """A name to look for: every text that holds it has one of its keys among its words.

    `common` ones are also words of the language or firms many speak of.
    """

    text: str
    pattern: re.Pattern[str]
    keys: frozenset[str]
    common: bool


class Leak(Struct, frozen=True):
    """What an answer says of whose it is: the name, how it was said, where in the text, and who found it."""

    name: str
    how: str
    span: tuple[int, int]
    version: str = VERSION


class Called(NamedTuple):
    """What the card and the provider of a contender call it."""

    name: str
    version: str
    organisation: str
    model: str


@lru_cache(maxsize=4)
def known(contenders: tuple[Called, ...]) -> tuple[Name, ...]:
    """The names to look for: those of the field's families and of these contenders."""
    names = [name for called in contenders for name in _names_of(called)]
    return tuple({name.text.casefold(): name for name in [*names, *FIELD]}.values())


@lru_cache(maxsize=4096)
def _names_of(called: Called) -> tuple[Name, ...]:
    said = [called.name, f"{called.name} {called.version}".strip(), *called.model.split("/")]
    # An organisation may be a university that texts speak of for other reasons.
    return *_names_in(called.organisation, common=True), *(name for text in said for name in _names_in(text))


def find(text: str, names: Sequence[Name], prompts: Sequence[str] = ()) -> Leak | None:
    """The first thing in an answer that says whose it is.

    A claim counts whatever was asked: also one that the voter asked for tells, or misleads. A mere name counts where
    the voter asked who is there, or did not speak of models at all.
    """
    present = list(_present(text, names))
    for name, start, end in present:
        if how := claims.before(text, start) or claims.after(text, end):
            return Leak(name.text, how, (start, end))
    asked = _lower("\n".join(prompts))
    if not claims.WHO.search(asked):
        present = [found for found in present if not found[0].common]
        if claims.OF_MODELS.search(asked) or (present and any(_present(asked, names, spelt=False))):
            return None
    return next((Leak(name.text, "named", (start, end)) for name, start, end in present), None)


def _present(text: str, names: Sequence[Name], *, spelt: bool = True) -> Iterator[tuple[Name, int, int]]:
    """Where names of the field or of the contender stand; a common word counts where it is spelt like a name."""
    lower = _lower(text)
    words = set(WORD.findall(lower))
    for name in names:
        if name.keys.isdisjoint(words) if name.keys else name.text not in lower:
            continue
        for found in islice(name.pattern.finditer(lower), MOST_OF_ONE):
            if not (spelt and name.common) or not text[found.start()].islower():
                yield name, found.start(), found.end()


def _lower(text: str) -> str:
    """In small letters, each where it was: a few grow when they become small, and stay as they are."""
    lower = text.lower()
    if len(lower) == len(text):
        return lower
    return "".join(small if len(small := letter.lower()) == 1 else letter for letter in text)


def _names_in(said: str, *, common: bool = False) -> list[Name]:
    """The whole of it, and what is left of it without sizes, versions and words that many names have."""
    words = [word for word in BETWEEN.split(said) if word]
    telling = [word for word in words if not SIZE.fullmatch(word) and not SAYS_NOTHING.fullmatch(word)]
    if not telling:
        return []
    stem = words[: next((at for at, word in enumerate(words) if word not in telling), len(words))]
    forms = {" ".join(words): words, " ".join(stem): stem}
    return [_name(form, common=common or _is_common(parts)) for form, parts in forms.items() if form]


def _is_common(words: list[str]) -> bool:
    """Whether it may be an ordinary word: short, or a single one without a digit or a capital inside."""
    text = "".join(words)
    like_a_word = text[1:] == text[1:].lower() or text.isupper()
    alone = len(words) == 1 and like_a_word and text.isalpha() and text.lower() != text.upper()
    return alone or len(text) < (4 if text.isascii() else 2)


def _name(text: str, *, common: bool) -> Name:
    pieces = [piece.lower() for piece in PIECE.findall(text)] or [text.lower()]
    joined = r"[\s._:/-]{0,2}".join(re.escape(piece) for piece in pieces)
    ascii_ends = pieces[0].isascii(), pieces[-1].isascii()
    first = r"(?<![0-9a-z\u00c0-\u024f])" if ascii_ends[0] else ""
    last = r"(?![a-z\u00c0-\u024f])" if ascii_ends[1] else ""
    last += "(?![0-9])" if pieces[-1].isdigit() else r"(?!-[a-z]{2})" if common and last else ""
    keys, run = set(), ""
    for piece in pieces:
        run = run + piece if piece.isascii() and piece.isalpha() else ""
        keys |= {run} - {""}
    return Name(
        text.lower() if not text.isascii() else text, re.compile(first + joined + last), frozenset(keys), common
    )


FIELD: Final = [
    _name(text, common=text in family.common) for family in families.FAMILIES for text in family.plain + family.common
]
