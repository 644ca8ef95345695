"""Toxicity in texts: a small lexicon of slurs and patterns of threats, in English and Chinese.

It finds the plainest cases and nothing else: no irony, no hint, no word that also has a harmless sense. The slurs are
kept encoded, so that nobody comes upon them who does not look for them.
"""

import base64
import re
from importlib import resources
from typing import Final

import msgspec
from msgspec import Struct

Spans = list[tuple[int, int]]


class _Lexicon(Struct, forbid_unknown_fields=True):
    """Words of languages that part them by spaces, and strings of those that don't."""

    words: list[str]
    strings: list[str]


_ENCODED: Final = (resources.files("arena.evaluation") / "toxic.json.b64").read_bytes()
_LEXICON: Final = msgspec.json.decode(base64.b64decode(_ENCODED), type=_Lexicon)
_WORDS: Final = frozenset(_LEXICON.words)
_STRINGS: Final = re.compile("|".join(map(re.escape, _LEXICON.strings)))
_WORD: Final = re.compile(r"[\w@$!]{3,30}")
# Letters as they are written to get past lists.
_PLAIN: Final = str.maketrans("013457@$!", "oieastasi")

_THREAT: Final = re.compile(
    r"\b(?:i(?:['’]?ll| will| am going to|['’]?m going to|['’]?m gonna| gonna)|we(?:['’]?ll| will| are going to))"
    r" (?:find (?:you|your family) and )?(?:kill|murder|rape|shoot|stab|behead|burn|hang) (?:you"
    r"|your (?:family|kids|children|mother|wife))\b"
    r"(?! (?:in (?:chess|the game)|with (?:kindness|love)|laughing|softly))"
    r"|\b(?:go (?:kill|hang) yourself|kill yourself,? you|you (?:should|deserve to) (?:die|be (?:killed|shot"
    r"|raped|gassed)))\b"
    r"|(?:我|老子|我们)(?:一定|迟早|今晚|明天)?(?:会|要|就)?(?:弄死|杀了|打死|砍死"
    r"|捅死)你(?:全家)?(?![们的][心爱])|你(?:怎么还不|赶紧|快)去死|你全家(?:都)?(?:去)?死",
    re.IGNORECASE,
)

# One of these is in every threat that the pattern knows, so that most texts need not be held against it.
_VIOLENT: Final = (
    *("kill", "murder", "rape", "shoot", "stab", "behead", "burn", "hang", "to die", "be shot", "be gassed"),
    "死",
)


def slurs(text: str) -> Spans:
    """Words that are nothing but an insult of a group of people; in Chinese curses, too."""
    words = [match.span() for match in _WORD.finditer(text) if _is_slur(match[0])] if _may_have_slurs(text) else []
    return words + [match.span() for match in _STRINGS.finditer(text)]


def threats(text: str) -> Spans:
    """Threats of violence against whoever is spoken to."""
    plain = text.casefold()
    if not any(word in plain for word in _VIOLENT):
        return []
    return [match.span() for match in _THREAT.finditer(text)]


def _may_have_slurs(text: str) -> bool:
    """False for nearly every text: all its words are looked up at once, as they stand and in plain letters."""
    lowered = text.lower()
    if len(lowered) != len(text):  # A few letters grow when they become small, and part words in other places.
        return True
    plain = lowered.translate(_PLAIN)
    return not (_WORDS.isdisjoint(_WORD.findall(lowered)) and _WORDS.isdisjoint(_WORD.findall(plain)))


def _is_slur(word: str) -> bool:
    lowered = word.lower()
    return lowered in _WORDS or lowered.translate(_PLAIN) in _WORDS
