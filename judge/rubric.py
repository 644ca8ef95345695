"""Rubrics: the versioned words a judge is given, and the labels it may answer with."""

import hashlib
import re
from importlib import resources
from typing import Any, Final

from msgspec import Struct

from judge import reading, shields
from judge.errors import UnknownRubric
from judge.verdicts import Level, Reading, Reply

LABELS: Final = {
    "A>>B": Level.FIRST_BY_FAR,
    "A>B": Level.FIRST,
    "A=B": Level.EVEN,
    "B>A": Level.SECOND,
    "B>>A": Level.SECOND_BY_FAR,
}
PART: Final = re.compile(r"\A# system\n(?P<system>.*?)\n# task\n(?P<task>.*)\Z", re.DOTALL)
NAME: Final = re.compile(r"[a-z_]+_v[0-9]+")
WORD: Final = "Verdict"


class Question(Struct, frozen=True, kw_only=True):
    """What a judge is asked; `schema` is the reply's for an endpoint that can hold a reply to one."""

    system: str
    user: str
    schema: dict[str, Any]


class Rubric(Struct, frozen=True, kw_only=True):
    """A rubric by the name of its file; `digest` is the SHA-256 of its words, as a name alone could hide a change."""

    name: str
    digest: str
    system: str
    task: str

    def question(self, turns: list[tuple[str, tuple[str, str]]], reference: str | None, code: str) -> Question:
        """The question about two answers in the order given; `code` marks its parts and its verdict."""
        shown = []
        for number, (prompt, answers) in enumerate(turns, 1):
            turn = f" {number}" if len(turns) > 1 else ""
            shown.append(shields.fenced(f"prompt{turn}", code, prompt))
            shown += [
                shields.fenced(f"answer {letter}{turn}", code, answer)
                for letter, answer in zip("AB", answers, strict=True)
            ]
        if reference is not None:
            shown.append(shields.fenced("reference", code, reference))
        user = self.task.replace("{code}", code).replace("{shown}", "\n\n".join(shown))
        return Question(system=self.system.replace("{code}", code), user=user, schema=reading.schema(tuple(LABELS)))

    def read(self, reply: Reply, code: str) -> Reading:
        """What the reply says of the answers, in the order they were shown in."""
        told = reading.read(reply, tuple(LABELS), code, word=WORD)
        return Reading(
            reply=reply,
            level=None if told.label is None else LABELS[told.label],
            confidence=told.confidence,
            explanation=told.explanation,
            unscored=told.unscored,
        )


def names() -> list[str]:
    """The rubrics there are; a new wording is a new file."""
    folder = resources.files("judge") / "rubrics"
    return sorted(entry.name.removesuffix(".md") for entry in folder.iterdir() if entry.name.endswith(".md"))


def words(name: str) -> tuple[str, str, str]:
    """A rubric's digest, what its system message says and what its task says; UnknownRubric where there is none."""
    if not NAME.fullmatch(name) or name not in names():
        raise UnknownRubric(f"There is no rubric called “{name[:60]}”. There are {', '.join(names())}.")
    text = (resources.files("judge") / "rubrics" / f"{name}.md").read_text(encoding="utf-8")
    parts = PART.match(text)
    assert parts is not None  # A test reads every rubric.
    return hashlib.sha256(text.encode()).hexdigest(), parts["system"].strip(), parts["task"].strip()


def load(name: str) -> Rubric:
    """The rubric of this name, for pairs."""
    digest, system, task = words(name)
    return Rubric(name=name, digest=digest, system=system, task=task)
