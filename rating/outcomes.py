"""What can be said of two sides."""

from enum import StrEnum


class Outcome(StrEnum):
    """A voter's outcome, by position; the order of the members is that of the codes 0 to 3."""

    A = "a"
    B = "b"
    TIE = "tie"
    BOTH_BAD = "both_bad"

    @property
    def code(self) -> int:
        """The outcome's number in a tally."""
        return CODES[self]

    @property
    def swapped(self) -> "Outcome":
        """The same outcome, told with the two sides turned round."""
        return OUTCOMES[SWAPPED[self.code]]


OUTCOMES = tuple(Outcome)
CODES = {outcome: code for code, outcome in enumerate(OUTCOMES)}
SWAPPED = (1, 0, 2, 3)
# What the side shown first gets of the one point at stake; halves keep every later sum exact.
POINTS = (1.0, 0.0, 0.5, 0.5)
# The words a tally understands: ours, and those of the field's vote files.
WORDS: dict[str, Outcome] = {
    **{outcome.value: outcome for outcome in OUTCOMES},
    "model_a": Outcome.A,
    "model_b": Outcome.B,
    "tie (bothbad)": Outcome.BOTH_BAD,
}
