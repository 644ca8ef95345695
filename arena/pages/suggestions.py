"""Suggestions: the prompts that a page offers to begin with, in its own language."""

from typing import Final

from arena.evaluation import presets, probes
from arena.evaluation.presets import Preset as Suggestion

# The questions of probes are among them: where one is asked, two texts of ours may answer.
ALL: Final = [*presets.ALL, *(Suggestion("knowledge", one.language, one.prompt) for one in probes.ALL)]


def offered(language: str) -> list[Suggestion]:
    """All suggestions in this language, several of every category; the English ones where we have none in it."""
    return [one for one in ALL if one.language == language] or [one for one in ALL if one.language == "en"]
