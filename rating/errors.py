"""The errors of the core: each is a sentence that its reader can act on."""


class RatingError(Exception):
    """The numbers asked for can't be computed."""


class VotesWrong(RatingError):
    """A vote can't be counted as it stands."""


class NoMaximum(RatingError):
    """No finite strengths fit these outcomes best."""


class DidNotConverge(RatingError):
    """The fit did not settle within its steps."""
