from datetime import UTC, datetime

import pytest

from arena.errors import Refused, filled
from arena.pages.languages import CHINESE
from arena.publishing import announcements
from arena.publishing.notes import Change, Move, Named, Notes, Retired

MOVE = Move(
    contender="anna", name="Anna", former=994.4, former_lower=950.0, former_upper=1040.0,
    rating=1021.5, lower=990.0, upper=None,
)  # fmt: skip
NOTES = Notes(
    previous="0" * 64,
    previous_at=datetime(2026, 11, 13, 15, tzinfo=UTC),
    votes=8931,
    former_votes=7062,
    contenders=59,
    entered=[Named(f"new-{number}", f"New {number}") for number in range(7)],
    retired=[Retired("old", "Old")],
    gone=[Named("gone", "Gone")],
    moves=[MOVE],
    methodology=[Change("prior", 1.0, None)],
)


def test_what_is_new_is_said_from_the_data() -> None:
    assert announcements.words(NOTES, filled) == [
        "Votes counted: 8,931, 1,869 more than before.",
        "New: New 0, New 1, New 2, New 3, New 4 and 2 more.",
        "Retired, with its rows kept: Old.",
        "Without votes that count, and not in the table any more: Gone.",
        "Anna rose by 28, from 994 (950 to 1,040) to 1,022 (990 to ∞).",
        "The method is another one: prior was 1.0 and is –.",
    ]


def test_it_is_said_in_the_readers_language() -> None:
    said = announcements.words(NOTES, CHINESE.say)
    assert said[0] == "计入 8,931 票，比之前多 1,869 票。"
    assert said[1] == "新加入：New 0、New 1、New 2、New 3、New 4 等，另有 2 个。"


def test_a_first_release_and_one_without_notes_say_so() -> None:
    assert announcements.words(Notes(votes=12, contenders=2), filled) == [
        "The first release of this board: votes counted 12, contenders 2."
    ]
    assert announcements.words(None, filled) == ["This release is from before notes were written."]


@pytest.mark.parametrize("text", ["", "  \n ", "a\0b", "a\x1b[0m"])
def test_a_text_that_cannot_be_shown_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        announcements.checked(text)
