"""Who was fooled less is read from the votes that ask it, and with too few of anything nothing is said of a board."""

from collections.abc import Sequence
from uuid import UUID

import pytest

from arena.evaluation.probes import Correctness, Voted
from arena.integration import probed, remarks
from arena.integration.diagnoses import Diagnosis, Finding
from arena.integration.probed import Fooled, Worth
from arena.integration.rows import Row
from rating import Outcome
from rating.diagnosis import Kind
from rating.effects import Verdict

PEOPLE = [UUID(int=place) for place in range(1, 61)]


def _asked(
    wrong: Sequence[bool], *, question: str = "wall", assertive: Correctness = "wrong", people: Sequence[UUID] = PEOPLE
) -> list[Voted]:
    """One vote of each on a probe whose answer A is wrong."""
    return [
        Voted(voter, question, Outcome.A if own else Outcome.B, 0, assertive)
        for voter, own in zip(people, wrong, strict=False)
    ]


def _rows(votes: int, people: Sequence[UUID]) -> list[Row]:
    return [
        Row(
            vote=f"{place:032x}",
            model_a="ash",
            model_b="birch",
            winner="model_a",
            voter=people[place % len(people)].hex,
        )
        for place in range(votes)
    ]


@pytest.mark.parametrize(
    ("asked", "fooled", "people", "votes", "enough"),
    [
        (30, 10, 60, 400, True),
        (29, 9, 60, 400, False),  # 29 votes on probes
        (30, 11, 60, 400, False),  # 19 voters fooled less
        (40, 10, 19, 400, False),  # 19 of them voted here
        (40, 10, 60, 189, False),  # 99 votes of theirs
        (40, 10, 60, 190, True),
    ],
)
def test_it_takes_thirty_votes_on_probes_twenty_voters_fooled_less_and_a_hundred_votes_of_theirs(
    asked: int, fooled: int, people: int, votes: int, enough: bool
) -> None:
    wrong = [place >= asked - fooled for place in range(asked)]
    found = probed.careful(_rows(votes, PEOPLE[:people]), _asked(wrong))
    assert found is not None
    rows, counted = found
    assert (counted.probes, counted.share) == (asked, fooled / asked)
    less = {one.hex for one in PEOPLE[: asked - fooled]}
    assert [row.voter in less for row in _rows(votes, PEOPLE[:people])] == rows.tolist()
    assert counted.voters == min(asked - fooled, people)
    assert (counted.votes, counted.enough) == (rows.sum(), enough)


def test_only_votes_on_what_is_wrong_and_sure_and_agrees_with_nobody_say_who_is_fooled() -> None:
    """Those who were taken in by a wrong answer that hedges, or that agrees, are not said to be fooled."""
    rows, own = _rows(400, PEOPLE), _asked([place >= 20 for place in range(30)])
    others = [
        *_asked([True] * 20, assertive="right"),
        *_asked([True] * 20, question="lightning"),
        *_asked([True] * 10, assertive="right", people=PEOPLE[40:]),
    ]
    assert probed.careful(rows, others) is None
    alone, together = probed.careful(rows, own), probed.careful(rows, own + others)
    assert alone is not None
    assert together is not None
    assert together[1] == alone[1]
    assert together[0].tolist() == alone[0].tolist()


def test_voters_who_rate_nobody_are_said_to() -> None:
    met = Fooled(probes=60, probed=60, share=0.3, voters=30, votes=200, enough=True)
    assert remarks.fooled(Diagnosis(votes=400, enough=True, fooled=met)) == [(remarks.UNRATED, {})]
    assert remarks.fooled(Diagnosis(votes=400, enough=True)) == []


@pytest.mark.parametrize(
    ("worth", "said"),
    [
        (Worth(1.25, 0.5, 2.0), (remarks.WORTH["belief"], {"value": "125%", "lower": "50%", "upper": "200%"})),
        (Worth(None, None, None), (remarks.WORTHLESS, {})),
    ],
)
def test_a_worth_is_told_in_shares_of_that_of_being_right(worth: Worth, said: remarks.Said) -> None:
    found = Finding(
        name="belief",
        kind=Kind.PREFERENCE,
        unit="log-odds",
        value=0.5,
        lower=0.2,
        upper=0.8,
        band=0.05,
        q=0.02,
        verdict=Verdict.PRESENT,
        worth=worth,
    )
    assert remarks.of(found)[2] == said
