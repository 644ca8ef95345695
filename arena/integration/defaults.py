"""Defaults: the boards that the arena makes by itself, once there are votes enough for each."""

from datetime import datetime
from typing import Final

from msgspec import structs

from arena.db import Db, Pool
from arena.evaluation import benches, categories, selections, style
from arena.evaluation.languages import Language
from arena.evaluation.selections import Turns
from arena.integration import boards
from arena.integration.boards import OFTEN, BoardExists, New
from arena.integration.questions import Cluster, Question, Source
from rating import Ties

# With fewer votes a board of its own would say nothing that the overall one does not.
ENOUGH: Final = 200
REASON: Final = "There are 200 votes that it asks for."
SORTED: Final = "Sorted by rules that look for words and understand nothing."

# Fewer battles that both people and a judge have looked at tell little of how far the judge agrees.
ENOUGH_JUDGED: Final = 200
REASON_JUDGED: Final = "Judges have looked at 200 battles that people voted on."
_JUDGES: Final = {
    Source.JUDGE: (
        "Judge",
        "What judges, which are models, said of battles. Nobody voted on this board.",
        Question(cluster=Cluster.PROMPT),
    ),
    Source.COMBINED: (
        "Combined",
        "People's votes, and verdicts of judges beside them as far as these agree with people.",
        Question(ties=Ties.HALF),
    ),
}

_LANGUAGES: Final[dict[Language, str]] = {"en": "English", "zh": "Chinese", "other": "Other languages"}
_VIEWS: Final = {
    "style-controlled": (
        "Style control",
        "Rated as if all answers were equally long and equally formatted.",
        Question(ties=Ties.HALF, style=style.FEATURES),
    ),
    "no-refusals": ("No refusals", f"Battles in which neither answer declined. {SORTED}", Question(refusals=False)),
    "multi-turn": ("Multi-turn", "Battles of two prompts or more.", Question(turns=Turns.SEVERAL)),
}

ALL_VOTES: Final = New(
    slug="all-votes",
    name="All votes",
    description="As the overall board, with every vote that was excluded counted as if it had not been.",
    cron=OFTEN,
    question=Question(exclusions=False),
)


def every() -> list[New]:
    """Every board that the arena would make."""
    told = [(slug, *view) for slug, view in _VIEWS.items()]
    told += [
        (f"category-{code}", code.capitalize(), f"Prompts of this category. {SORTED}", Question(category=code))
        for code in categories.CATEGORIES
    ]
    told += [
        (f"language-{code}", name, f"Prompts in this language. {SORTED}", Question(language=code))
        for code, name in _LANGUAGES.items()
    ]
    return [
        New(slug=slug, name=name, description=description, cron=OFTEN, question=question)
        for slug, name, description, question in told
    ] + [
        New(slug=source.value, name=name, description=description, cron=OFTEN, question=question, source=source)
        for source, (name, description, question) in _JUDGES.items()
    ]


async def make(db: Pool) -> list[str]:
    """Make the boards that have votes enough and are not there yet, as acts of the arena; their slugs."""
    made = []
    for new in await lacking(db):
        if not await _enough(db, new):
            continue
        try:
            reason = REASON if new.source.released else REASON_JUDGED
            await boards.make(db, new, reason=reason, account_id=None)
        except BoardExists:  # Another worker was quicker.
            continue
        made.append(new.slug)
    return made


async def lacking(db: Db) -> list[New]:
    """The boards of these that are not there, whether they have votes enough or not."""
    there = {board.slug for board in await boards.listed(db)}
    return [new for new in every() if new.slug not in there]


async def overdue(db: Db, before: datetime) -> list[New]:
    """The boards that are not there although people had cast the votes for them before that moment."""
    return [
        new
        for new in await lacking(db)
        if new.source.released
        and await selections.count(db, structs.replace(new.question, until=before), most=ENOUGH) >= ENOUGH
    ]


async def _enough(db: Pool, new: New) -> bool:
    if not new.source.released:
        return (await benches.count(db, new.question)).labelled >= ENOUGH_JUDGED
    return await selections.count(db, new.question, most=ENOUGH) >= ENOUGH


async def make_all_votes(db: Pool) -> bool:
    """Make the board of all votes, beside which exclusions show what they changed; false if it is there."""
    try:
        await boards.make(db, ALL_VOTES, reason="Votes were excluded by the audit.", account_id=None)
    except BoardExists:
        return False
    return True
