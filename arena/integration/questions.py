"""Questions: what a board asks of the votes, which of them count, how they are fitted and which lines are shown."""

from datetime import UTC
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta, Struct, structs

from arena.errors import ArenaError
from arena.evaluation import categories
from arena.evaluation.selections import Selection
from arena.evaluation.style import Feature
from rating import Ties


class QuestionRefused(ArenaError):
    """This question can't be put to the votes."""

    status = 400


class Source(StrEnum):
    """Where a board's votes come from; `judge` has verdicts and no votes, `combined` has both."""

    BATTLES = "battles"
    IMPORTED = "imported"
    JUDGE = "judge"
    COMBINED = "combined"

    @property
    def released(self) -> bool:
        """Whether such a board has releases; one that judges have a part in has snapshots alone."""
        return self not in (Source.JUDGE, Source.COMBINED)


class Cluster(StrEnum):
    """Whose votes belong together: a voter's (both ways where prompts repeat), a prompt's, or nobody's."""

    VOTER = "voter"
    PROMPT = "prompt"
    NONE = "none"


class Anchor(Struct, frozen=True, forbid_unknown_fields=True):
    """The contender, by its slug, that is shown at this rating wherever it stands."""

    contender: str
    rating: Annotated[float, Meta(ge=-100_000, le=100_000)] = 1000.0


class Question(Selection, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """What a board asks: the votes of a selection, how they are fitted, where the scale lies, and who is shown.

    `style` are the features at equal measure of which contenders are rated, `voter_cap` how many votes the votes of one
    voter weigh at most, and with `even_pairs` every pair weighs as if it had been as likely to meet as any. A contender
    with fewer than `minimum_votes`, or not established where that is asked, takes part and is not shown.
    """

    ties: Ties = Ties.DAVIDSON
    style: tuple[Feature, ...] = ()
    voter_cap: Annotated[int, Meta(ge=1)] | None = None
    even_pairs: bool = False
    cluster: Cluster = Cluster.VOTER
    anchor: Anchor | None = None
    minimum_votes: Annotated[int, Meta(ge=0, le=10**9)] = 0
    established_only: bool = False

    @property
    def styled(self) -> bool:
        """Whether only votes are asked for whose answers' style features are known."""
        return bool(self.style)

    @property
    def canonical(self) -> str:
        """The question in words that are equal for equal questions."""
        return msgspec.json.encode(self, order="sorted").decode()


def asked_of(source: Source, question: Question) -> Question:
    """The question as it is put to what comes from there; QuestionRefused where it can't be."""
    if source is Source.IMPORTED:
        return of_imported(question)
    return of_battles(question) if source is Source.BATTLES else of_judged(source, question)


def of_judged(source: Source, question: Question) -> Question:
    """The question as it is put to verdicts, or to votes with verdicts beside them."""
    if question.since or question.until:
        raise QuestionRefused("A verdict may be given long after its battle: leave out since and until.")
    if question.style or question.even_pairs or question.voter_cap is not None:
        raise QuestionRefused("A board of verdicts has no style, no even pairs and no cap on voters: leave these out.")
    if source is Source.JUDGE and question.cluster is not Cluster.PROMPT:
        raise QuestionRefused("Verdicts on one prompt belong together: set cluster to “prompt”.")
    if source is Source.COMBINED and question.ties is not Ties.HALF:
        raise QuestionRefused("Beside verdicts a tie is half a win to each: set ties to “half”.")
    return of_battles(question)


def of_battles(question: Question) -> Question:
    """The question as it is put to the votes of battles, with its times in UTC; QuestionRefused where it can't be."""
    if question.category is not None and question.category not in categories.CATEGORIES:
        raise QuestionRefused(
            "There is no category “{name}”; there are {known}.",
            name=question.category[:100],
            known=", ".join(categories.CATEGORIES),
        )
    since, until = question.since, question.until
    if any(moment is not None and moment.tzinfo is None for moment in (since, until)):
        raise QuestionRefused("Give the times with their zone, such as 2026-01-31T00:00:00Z.")
    if since and until and since >= until:
        raise QuestionRefused("There is no time between “since” and “until”: the first must be before the second.")
    if question.even_pairs and question.voter_cap:
        raise QuestionRefused("Choose one: even pairs or a cap on voters. Together each would undo the other.")
    _check_style(question)
    return structs.replace(
        question,
        since=since and since.astimezone(UTC),
        until=until and until.astimezone(UTC),
    )


def of_imported(question: Question) -> Question:
    """The question as it is put to imported votes, of which only contenders, outcome, voter and prompt are known."""
    if not question.whole:
        raise QuestionRefused(
            "Imported votes have no category, language, turns, time, refusals, exclusions or style: leave these out."
        )
    if question.even_pairs:
        raise QuestionRefused("It is not known how the pairs of imported votes were drawn: leave out even_pairs.")
    return question


def _check_style(question: Question) -> None:
    if len(set(question.style)) < len(question.style):
        raise QuestionRefused("A style feature is named twice.")
    if question.style and question.ties is not Ties.HALF:
        raise QuestionRefused("At equal style a tie is half a win to each: set ties to “half”.")
