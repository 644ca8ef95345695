"""Questions: what a board asks of the votes, which of them count, how they are fitted and which lines are shown."""

from datetime import UTC
from enum import StrEnum
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta, Struct, structs

from arena.errors import ArenaError
from arena.evaluation import categories
from arena.evaluation.selections import Selection
from rating import Ties

FEATURES: Final = ("characters", "headings", "lists", "bold")

Feature = Literal["characters", "headings", "lists", "bold"]


class QuestionRefused(ArenaError):
    """This question can't be put to the votes."""

    status = 400


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
