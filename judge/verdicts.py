"""Verdicts: what a judge's replies come to, and why some come to nothing."""

from enum import IntEnum, StrEnum

from msgspec import Struct

from rating import Outcome


class Level(IntEnum):
    """How much better the first of two answers is; the numbers turn their sign when the answers turn round."""

    SECOND_BY_FAR = -2
    SECOND = -1
    EVEN = 0
    FIRST = 1
    FIRST_BY_FAR = 2

    @property
    def swapped(self) -> "Level":
        """The same, told with the two answers turned round."""
        return Level(-self)

    @property
    def share(self) -> float:
        """What the first answer gets of the one point at stake: 0, 1/4, 1/2, 3/4 or 1."""
        return (self + 2) / 4

    @property
    def outcome(self) -> Outcome:
        """Which side that is for, by however much."""
        return Outcome.TIE if self == 0 else Outcome.A if self > 0 else Outcome.B


class Unscored(StrEnum):
    """Why a reply says nothing; no reply is ever read as something by default."""

    FAILED = "failed"  # The judge didn't answer; `failure` has the code of that.
    EMPTY = "empty"
    CUT = "cut"  # It ended for its length, so nobody knows what would have come.
    TOO_LONG = "too_long"
    NO_VERDICT = "no_verdict"
    UNKNOWN_LABEL = "unknown_label"
    GOES_ON = "goes_on"  # There is a verdict, and then it goes on.
    NOT_THE_SCHEMA = "not_the_schema"


class Reply(Struct, frozen=True, kw_only=True):
    """What a judge answered to one question.

    `structured` is text that the endpoint has held to the question's schema; `cut`, text that ended for its length.
    A `failure` is the code of a call that came to nothing. Tokens, `seconds` and `cost` are None where nobody told.
    """

    text: str = ""
    structured: bool = False
    cut: bool = False
    failure: str | None = None
    prompt_tokens: int | None = None
    answer_tokens: int | None = None
    seconds: float | None = None
    cost: float | None = None


class Reading(Struct, frozen=True, kw_only=True):
    """A reply as it was read: the level it gives, in the order shown, or why it gives none."""

    reply: Reply
    level: Level | None = None
    confidence: float | None = None
    explanation: str = ""
    unscored: Unscored | None = None

    @property
    def swapped(self) -> "Reading":
        """The same reading in the other order of the answers."""
        return Reading(
            reply=self.reply,
            level=None if self.level is None else self.level.swapped,
            confidence=self.confidence,
            explanation=self.explanation,
            unscored=self.unscored,
        )


class Verdict(Struct, frozen=True, kw_only=True):
    """What a judge said of a pair in both orders, told in the pair's own order.

    Without an outcome it is unscored: kept, counted and shown, and not a tie. `share` is what the first side gets of
    the one point at stake, both orders taken together; `consistent` says whether both orders are for the same side.
    """

    outcome: Outcome | None
    share: float | None
    consistent: bool | None
    readings: tuple[Reading, ...]

    @property
    def unscored(self) -> Unscored | None:
        """Why there is no outcome, as the first reading without a level says."""
        return next((reading.unscored for reading in self.readings if reading.unscored), None)


def of(first: Reading, second: Reading) -> Verdict:
    """One verdict out of two readings, both in the pair's own order; a judge that turns with the order says tie."""
    if first.level is None or second.level is None:
        return Verdict(outcome=None, share=None, consistent=None, readings=(first, second))
    consistent = first.level.outcome == second.level.outcome
    return Verdict(
        outcome=first.level.outcome if consistent else Outcome.TIE,
        share=(first.level.share + second.level.share) / 2,
        consistent=consistent,
        readings=(first, second),
    )
