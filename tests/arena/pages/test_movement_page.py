from datetime import UTC, datetime

import pytest

from arena.pages import movements
from arena.pages.formats import points, tenths
from arena.pages.languages import ENGLISH
from arena.pages.templating import environment
from arena.publishing.movement import Choice, Moved, Movement, Parts
from arena.publishing.releases import Summary
from rating.movement import Fate
from tests.arena.pages.markup import Page, assert_well_made, words


def _moved(name: str, *, fate: Fate = Fate.SPLIT, before: float | None = 1000.0, **parts: float) -> Moved:
    every = {"method": 0.0, "removed": 0.0, "reweighted": 0.0, "others": 0.0, "new": 0.0} | parts
    change = None if before is None or fate is Fate.REGROUPED else sum(every.values())
    return Moved(
        contender=name.lower(),
        name=name,
        fate=fate,
        before=before,
        after=(before or 1000.0) + sum(every.values()),
        change=change,
        parts=Parts(**every) if fate is Fate.SPLIT else None,
    )


def _movement(*lines: Moved, method: tuple[Choice, ...] = ()) -> Movement:
    ends = [
        Summary(id=digit * 64, board="overall", published_at=datetime(2026, 11, day, 15, tzinfo=UTC), votes=9, voters=4)
        for digit, day in (("a", 13), ("b", 20))
    ]
    return Movement(
        before=ends[0], after=ends[1], added=1869, removed=3, kept=7062, method=list(method), contenders=list(lines)
    )


def _page(movement: Movement, contender: str | None = None) -> Page:
    made = environment().get_template("releases/diff.html").render(movements.context(movement, contender, most=None))
    assert_well_made(made)
    return Page(made)


def test_the_largest_change_is_told_first_in_words_and_then_drawn() -> None:
    page = _page(_movement(_moved("Guanaco", before=994.4, new=28.5, others=-1.4), _moved("Dolly", new=2.0)))
    figure = page.one("figure")
    assert "Why Guanaco rose by 27.1 points" in words(figure)
    assert "The largest part is New votes, +28.5; the next is Entries and exits, −1.4." in words(figure)
    rows = [words(row) for row in page.all("tr")][1:8]
    assert [row.split()[-1] for row in rows] == ["994.4", "0", "0", "0", "−1.4", "+28.5", "1,021.5"]
    assert "Votes added: 1,869. Votes removed: 3. Counted by both: 7,062." in page.one("main").text


def test_another_contender_can_be_asked_for() -> None:
    page = _page(_movement(_moved("Guanaco", new=28.5), _moved("Dolly", removed=-2.0)), "dolly")
    assert "Why Dolly fell by 2.0 points" in words(page.one("figure"))
    assert "All of it comes from one part: Removed votes." in words(page.one("figure"))


def test_the_bars_lead_from_one_rating_to_the_other() -> None:
    drawn = movements.waterfall(_moved("Guanaco", before=994.4, new=28.5, others=-1.4, method=3.0))
    assert drawn is not None
    x = drawn.start
    for step in drawn.steps:
        begin, end = (step.x, step.x + step.width) if step.points >= 0 else (step.x + step.width, step.x)
        assert begin == pytest.approx(x, abs=0.02)
        x = end
    assert x == pytest.approx(drawn.end, abs=0.02)
    assert 0 < min(step.x for step in drawn.steps) < max(step.x + step.width for step in drawn.steps) < 100


@pytest.mark.parametrize(
    ("fate", "said"),
    [
        (Fate.ENTERED, "New here, so without a change: Dolly"),
        (Fate.LEFT, "No longer here, so without a change: Dolly"),
        (Fate.REGROUPED, "the two ratings are not on one scale: Dolly"),
        (Fate.REPLACED, "the parts can't be told apart: Dolly"),
    ],
)
def test_what_can_not_be_split_is_said_and_not_drawn(fate: Fate, said: str) -> None:
    page = _page(_movement(_moved("Dolly", fate=fate, before=None if fate is Fate.ENTERED else 1000.0)))
    assert said in " ".join(words(paragraph) for paragraph in page.all("p"))
    assert not page.all("figure")


def test_another_method_is_named() -> None:
    told = words(
        _page(_movement(_moved("Dolly", method=4.0), method=(Choice("ties", "davidson", "half"),))).one("main")
    )
    assert "ties: davidson → half" in told


def test_differences_have_a_sign_and_nothing_has_none() -> None:
    assert [points(value, ENGLISH) for value in (28.46, -1.4, 0.04, -0.04)] == ["+28.5", "−1.4", "0", "0"]
    assert tenths(-0.02, ENGLISH) == "0.0"
