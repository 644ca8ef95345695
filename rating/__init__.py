"""The rating core: from a tally of outcomes to ratings, intervals and rank ranges; numbers only."""

from rating.bradley_terry import Fit, fit
from rating.counts import Counts
from rating.errors import DidNotConverge, NoMaximum, RatingError, VotesWrong
from rating.graph import Standing
from rating.likelihood import Ties
from rating.outcomes import Outcome
from rating.scale import Scale
from rating.standings import Standings, rate
from rating.tally import Tally, Vote

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
    "Tally",
    "Ties",
    "Vote",
    "VotesWrong",
    "fit",
    "rate",
]
