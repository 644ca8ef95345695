"""What can be wrong with a vote file: a sentence, and the place it is about."""

from rating.errors import RatingError


class VoteFileWrong(RatingError):
    """A vote file can't be read; `line` counts from 1, `column` is a column's name or a character's place from 1.

    A Parquet file has no lines: `line` is the row there, and the sentence says so.
    """

    def __init__(self, fault: str, *, line: int, column: str | int, unit: str = "Line") -> None:
        place = f"column “{column}”" if isinstance(column, str) else f"character {column}"
        super().__init__(f"{unit} {line}, {place}: {fault}")
        self.line = line
        self.column = column


class VoteFileUnknown(RatingError):
    """The file's name says no format that is read here."""


class Doubtful(Exception):
    """Something in a batch may be wrong; whoever reads vote by vote can say what and where."""
