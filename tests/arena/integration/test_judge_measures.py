"""What verdicts beside votes come to, on tables that can be checked by hand."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from arena.integration import judge_measures
from arena.integration.judge_rows import Told
from rating import Outcome

A, B, TIE, BAD = Outcome
ANNA, BERTA = UUID(int=1), UUID(int=2)


def told(outcome: Outcome | None = A, vote: Outcome | None = A, **changes: Any) -> Told:
    level = {A: 1, B: -1, TIE: 0, None: None}[outcome]
    given: dict[str, Any] = {
        "outcome": outcome,
        "consistent": None if outcome is None else True,
        "confidence": None,
        "unscored": "no_verdict" if outcome is None else None,
        "first": level,
        "second": level,
        "cost": None,
        "seconds": None,
        "vote": vote,
        "voter": uuid4(),
        "prompt": uuid4(),
        "categories": [],
        "contender_ids": [ANNA, BERTA],
        "characters": None,
        "lists": None,
    }
    return Told(**given | changes)


def test_agreement_is_that_of_a_table_known_by_hand() -> None:
    """Cohen's kappa of [[20, 5], [10, 15]] is 0.4: observed 0.7, by chance 0.5."""
    table = {(A, A): 20, (A, B): 5, (B, A): 10, (B, B): 15}
    found = judge_measures.of([told(*said) for said, times in table.items() for _ in range(times)], {}, set()).overall
    assert found is not None
    assert (found.judge.battles, found.judge.decided, found.judge.agreed_decided) == (50, 50, 35)
    assert found.judge.accuracy.value == pytest.approx(0.7)
    assert found.judge.kappa.value == pytest.approx(0.4)
    assert found.judge.enough
    assert found.people is None


def test_both_bad_is_a_tie_and_ties_are_left_out_of_accuracy() -> None:
    found = judge_measures.of([told(TIE, BAD), told(A, TIE), told(A, A), told(B, A)], {}, set()).overall
    assert found is not None
    assert (found.judge.agreed, found.judge.battles) == (2, 4)
    assert (found.judge.agreed_decided, found.judge.decided) == (1, 2)
    assert not found.judge.enough


def test_what_is_unscored_or_has_no_vote_that_counts_is_counted_and_not_compared() -> None:
    found = judge_measures.of([told(None), told(A, None), told(A, A, categories=["code"])], {}, set())
    assert (found.verdicts, found.scored, found.unscored) == (3, 2, {"no_verdict": 1})
    assert [(each.category, each.judge.battles) for each in found.agreements] == [(None, 1), ("code", 1)]


def test_people_are_compared_where_several_were_asked_the_same_of_the_same_two_and_each_once() -> None:
    prompt, voter = uuid4(), uuid4()
    turned = {"contender_ids": [BERTA, ANNA], "prompt": prompt}
    # Two agree, told from either side; the third votes twice, and only the first of it is taken.
    rows = [
        told(A, A, prompt=prompt),
        told(A, B, **turned),
        told(A, B, prompt=prompt, voter=voter),
        told(A, A, prompt=prompt, voter=voter),
        told(A, A),
    ]
    found = judge_measures.of(rows, {}, set()).overall
    assert found is not None
    assert found.people is not None
    assert (found.people.battles, found.people.agreed, found.people.prompts) == (3, 1, 1)


def test_a_judge_that_always_agreed_may_yet_be_wrong() -> None:
    """Of 30 out of 30 the exact interval goes down to 0.025^(1/30), whatever resampling would say."""
    found = judge_measures.of([told(A, A) for _ in range(30)], {}, set()).overall
    assert found is not None
    assert (found.judge.accuracy.value, found.judge.accuracy.upper) == (1.0, 1.0)
    assert found.judge.accuracy.lower == pytest.approx(0.025 ** (1 / 30))


def test_contradictions_are_told_by_the_place_that_won_them() -> None:
    rows = [
        told(TIE, consistent=False, first=1, second=-2),
        told(TIE, consistent=False, first=2, second=-1),
        told(TIE, consistent=False, first=-1, second=1),
        told(A),
    ]
    orders = judge_measures.of(rows, {}, set()).orders
    assert orders is not None
    assert (orders.asked, orders.consistent, orders.first, orders.second) == (4, 1, 2, 1)
    assert orders.consistency.value == pytest.approx(0.25)


def test_a_judge_that_goes_by_place_length_or_family_is_found_to_lean_to_it() -> None:
    contenders = [UUID(int=number) for number in range(1, 6)]
    rows = []
    for number in range(200):
        pair = [contenders[number % 5], contenders[(number + 1 + number // 5 % 4) % 5]]
        longer = number % 3 - 1
        lean = longer + (pair[0] == contenders[0]) - (pair[1] == contenders[0])
        first, second = (max(-2, min(2, lean + place)) for place in (1, -1))
        lengths = [100 * 4 ** max(longer, 0), 100 * 4 ** max(-longer, 0)]
        rows.append(told(contender_ids=pair, first=first, second=second, characters=lengths, lists=[0, 0]))
    found = judge_measures.of(rows, dict.fromkeys(contenders, 0.0), {contenders[0]})
    # Nobody has a list, so nothing can be said of lists.
    assert [each.towards for each in found.leanings] == ["first", "longer", "own_family"]
    assert all((each.effect.lower or 0) > 0 and (each.chance.value or 0) > 0.55 for each in found.leanings)
    turned = [
        told(
            contender_ids=row.contender_ids, first=row.second, second=row.first, characters=row.characters, lists=[0, 0]
        )
        for row in rows
    ]
    back = judge_measures.of(turned, dict.fromkeys(contenders, 0.0), {contenders[0]}).leanings[0]
    assert back.effect.value == pytest.approx(-(found.leanings[0].effect.value or 0))


def test_people_s_ratings_are_what_a_judge_is_held_against() -> None:
    """Three of four for the better one is what ratings log 3 apart expect, so no place, length or family is needed."""
    rows = [told(first=1, second=1, characters=[9, 9], lists=[0, 0]) for _ in range(20)]
    [place] = judge_measures.of(rows, {ANNA: 1.0986122886681098, BERTA: 0.0}, set()).leanings
    assert place.effect.value == pytest.approx(0.0, abs=1e-9)
    assert judge_measures.of(rows, {ANNA: 1.0}, set()).leanings == []


def test_confidence_is_held_against_what_was_right() -> None:
    rows = [told(A, A, confidence=0.8)] * 4 + [told(A, B, confidence=0.8), told(A, TIE, confidence=1.0)]
    sure = judge_measures.of(rows, {}, set()).confidence
    assert sure is not None
    # Of five, four are right: (4 × 0.2² + 0.8²) / 5.
    assert sure.verdicts == 5
    assert sure.brier == pytest.approx(0.16)
    assert judge_measures.of([told(A, A)], {}, set()).confidence is None


def test_price_and_seconds_are_of_a_thousand_verdicts_that_told_them() -> None:
    found = judge_measures.of([told(cost=0.001, seconds=2.0), told(cost=0.003), told()], {}, set())
    assert found.price == pytest.approx(2.0)
    assert found.seconds == pytest.approx(2000.0)
    assert judge_measures.of([told()], {}, set()).price is None
