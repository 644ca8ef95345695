"""Shields: an answer that is judged can't speak for the judge."""

import re
from typing import Final

# It stands between two characters of a mark, is not drawn, and makes another string of it.
JOINER: Final = "\u2060"
# What a model or our own questions take for a boundary: tokens of chat templates, headings of roles, verdicts.
MARKS: Final = re.compile(
    r"<\|[^|<>\n]{1,40}\|>"
    r"|</?(?:s|bos|eos|start_of_turn|end_of_turn|system|assistant|user|think)>"
    r"|\[/?(?:INST|SYS|END|SYSTEM|ASSISTANT|USER)\]"
    r"|<</?SYS>>"
    r"|\[\[[^\[\]\n]{1,20}\]\]"
    r"|(?<![^\n])[ \t>*_`#-]*(?:verdict|score|system|assistant|user|human|instruction)s?\b[^\n:]{0,40}:",
    re.IGNORECASE,
)
# A mark that opens or closes one of our own parts, with whatever code.
FENCES: Final = re.compile(r"<{2,}|>{2,}")


def neutral(text: str) -> str:
    """The text, in which nothing is a mark any more; what a reader sees is the same."""
    return FENCES.sub(_broken, MARKS.sub(_broken, text))


def _broken(found: re.Match[str]) -> str:
    mark = found[0]
    return mark[:1] + JOINER + mark[1:-1] + JOINER + mark[-1:] if len(mark) > 2 else JOINER.join(mark)


def fenced(name: str, code: str, text: str) -> str:
    """The text between marks that carry the code, so that no text can end itself."""
    return f"<<<{name} {code}>>>\n{neutral(text)}\n<<<end of {name} {code}>>>"
