"""Prompts to begin with: real ones that others have asked (llmonitor.com, CC BY 4.0)."""

from importlib import resources
from typing import Final, Literal

import msgspec
from msgspec import Struct


class Suggestion(Struct, frozen=True):
    """A prompt and what kind of question it is."""

    kind: Literal["knowledge", "code", "creative", "reasoning", "instructions"]
    text: str


ALL: Final = msgspec.json.decode(
    (resources.files("arena.pages") / "suggestions.json").read_bytes(), type=list[Suggestion]
)
