"""Presets: prompts that the arena offers to begin with. Sixteen are real ones (llmonitor.com, CC BY 4.0)."""

from importlib import resources
from typing import Final, Literal

import msgspec
from msgspec import Struct

from arena.evaluation import fingerprints, probes


class Preset(Struct, frozen=True):
    """A prompt, its category, and the language of whoever is offered it."""

    kind: str
    language: Literal["en", "zh"]
    text: str


ALL: Final = msgspec.json.decode((resources.files("arena.evaluation") / "presets.json").read_bytes(), type=list[Preset])
_DIGESTS: Final = frozenset([*(fingerprints.of(preset.text).digest for preset in ALL), *probes.DIGESTS])


def holds(digest: bytes) -> bool:
    """Whether the prompt of this digest is one of ours, unchanged."""
    return digest in _DIGESTS
