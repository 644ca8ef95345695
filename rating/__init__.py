"""The rating core: from a tally of outcomes to ratings, intervals and rank ranges; numbers only.

`rate` is the whole board of a `Tally` and `fit` its strengths alone. What stands beside these is in modules, such as
`rating.style` and `rating.categories`, each loaded when it is first named.
"""

from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

from rating.bradley_terry import Fit, fit
from rating.counts import Counts
from rating.errors import DidNotConverge, NoMaximum, RatingError, VotesWrong
from rating.graph import Standing
from rating.likelihood import Ties
from rating.outcomes import Outcome
from rating.scale import Scale
from rating.standings import Standings, Styled, rate
from rating.tally import Tally, Vote

if TYPE_CHECKING:
    from rating import (
        acceptability,
        allocation,
        categories,
        covariance,
        covariates,
        elo,
        goodness,
        intervals,
        proportions,
        ranks,
        replicates,
        resampled,
        sequential,
        simulate,
        style,
        votefile,
        weights,
    )

__all__ = [
    "Counts",
    "DidNotConverge",
    "Fit",
    "NoMaximum",
    "Outcome",
    "RatingError",
    "Scale",
    "Standing",
    "Standings",
    "Styled",
    "Tally",
    "Ties",
    "Vote",
    "VotesWrong",
    "acceptability",
    "allocation",
    "categories",
    "covariance",
    "covariates",
    "elo",
    "fit",
    "goodness",
    "intervals",
    "proportions",
    "ranks",
    "rate",
    "replicates",
    "resampled",
    "sequential",
    "simulate",
    "style",
    "votefile",
    "weights",
]


def __getattr__(name: str) -> ModuleType:
    """A module that `__all__` names, so that who needs only a board does not load the rest."""
    if name in __all__:
        return import_module(f"rating.{name}")
    raise AttributeError(f"module 'rating' has no attribute {name!r}")
