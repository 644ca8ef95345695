import pytest

from judge import Member, PanelRefused, Reading, Reply, Verdict, panel
from rating import Outcome

MEMBERS = (Member("one", "north"), Member("two", "south"), Member("three", "west", 2.0))
NOBODY: frozenset[str] = frozenset()


def said(outcome: Outcome | None, share: float | None = None) -> Verdict:
    usual = {Outcome.A: 0.75, Outcome.B: 0.25, Outcome.TIE: 0.5}
    told = usual[outcome] if outcome is not None and share is None else share
    return Verdict(outcome=outcome, share=told, consistent=True, readings=(Reading(reply=Reply()),))


def test_the_majority_of_the_weight_wins() -> None:
    joined = panel.join(MEMBERS, {"one": said(Outcome.A), "two": said(Outcome.A), "three": said(Outcome.B)}, NOBODY)
    assert (joined.outcome, joined.share, joined.agreement) == (Outcome.TIE, 0.5, 0.0)
    joined = panel.join(MEMBERS, {"one": said(Outcome.A), "two": said(Outcome.TIE), "three": said(Outcome.A)}, NOBODY)
    assert (joined.outcome, joined.share, joined.agreement) == (Outcome.A, 0.6875, 0.75)


def test_a_judge_of_a_family_that_is_judged_is_excused_unless_configured() -> None:
    given = {"one": said(Outcome.A), "two": said(Outcome.A), "three": said(Outcome.B, 0.0)}
    joined = panel.join(MEMBERS, given, frozenset({"west"}))
    assert (joined.outcome, joined.excused, joined.heard) == (Outcome.A, ("three",), 2)
    assert panel.join(MEMBERS, given, frozenset({"west"}), own=True).outcome is Outcome.TIE


def test_without_a_majority_of_those_who_could_be_heard_there_is_no_outcome() -> None:
    joined = panel.join(MEMBERS, {"one": said(Outcome.A), "two": said(Outcome.A), "three": said(None)}, NOBODY)
    assert (joined.outcome, joined.share, joined.heard) == (None, None, 2)


@pytest.mark.parametrize(
    "members",
    [
        (Member("one", "north"), Member("one", "south")),
        (Member("one", "north"), Member("two", "north")),
        (Member("one", "north"), Member("two", "south", 0.0)),
        (Member("one", "north"), Member("two", "south", float("nan"))),
    ],
)
def test_what_is_no_panel_is_refused(members: tuple[Member, ...]) -> None:
    with pytest.raises(PanelRefused):
        panel.check(members)
