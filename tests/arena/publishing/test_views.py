from collections.abc import Sequence
from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.publishing import columns, tables, views
from arena.publishing.columns import Line
from arena.publishing.releases import Standing
from arena.publishing.views import ViewRefused
from rating import scale
from tests.arena.pages.standings import release, standing

FOUR = (
    standing("Ash", rating=1200.0, rank_lower=1, rank_upper=2, votes=300, open_weights=True, parameters_billions=7.0),
    standing("Birch", rating=1100.0, rank_lower=1, rank_upper=2, votes=20, organisation="Meta", licence="MIT"),
    standing("Cedar", rating=900.0, rank_lower=3, rank_upper=4, votes=100, parameters_billions=70.0),
    standing("Dogwood", rating=800.0, rank_lower=3, rank_upper=4, votes=100, lower=None, organisation="Meta AI"),
)


def shown(*lines: Standing, **given: str | list[str]) -> list[Line]:
    asked = {name: [value] if isinstance(value, str) else value for name, value in given.items()}
    return tables.make(release(*(lines or FOUR)), views.read(asked)).lines


def names(lines: Sequence[Line]) -> list[str]:
    return [line.standing.name for line in lines]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"organisation": "meta"}, ["Birch"]),
        ({"licence": "mit"}, ["Birch"]),
        ({"open": "yes"}, ["Ash"]),
        ({"open": "no"}, []),
        ({"size": "<=13"}, ["Ash"]),
        ({"size": "7..70"}, ["Ash", "Cedar"]),
        ({"least_votes": "100"}, ["Ash", "Cedar", "Dogwood"]),
        ({"least_votes": "100", "q": "a"}, ["Ash", "Cedar", "Dogwood"]),
        ({"q": "birch; ^ced", "size": ">7"}, ["Cedar"]),
        ({"organisation": "", "q": " "}, ["Ash", "Birch", "Cedar", "Dogwood"]),
    ],
)
def test_filters_narrow_and_what_is_unknown_fits_none(asked: dict[str, str], found: list[str]) -> None:
    assert names(shown(**asked)) == found


@pytest.mark.parametrize(
    ("sort", "found"),
    [
        ("size", ["Ash", "Cedar", "Birch", "Dogwood"]),
        ("-size", ["Cedar", "Ash", "Birch", "Dogwood"]),
        ("-votes", ["Ash", "Cedar", "Dogwood", "Birch"]),
        ("votes", ["Birch", "Cedar", "Dogwood", "Ash"]),
        ("-contender", ["Dogwood", "Cedar", "Birch", "Ash"]),
        ("rating", ["Dogwood", "Cedar", "Birch", "Ash"]),
    ],
)
def test_numbers_sort_as_numbers_and_what_is_unknown_comes_last_both_ways(sort: str, found: list[str]) -> None:
    assert names(shown(sort=sort)) == found


def test_what_is_pinned_stands_on_top_under_any_filter_and_is_not_counted_as_found() -> None:
    table = tables.make(release(*FOUR), views.read({"pin": ["dogwood", "nobody"], "q": ["ash"]}))
    assert names(table.lines) == ["Dogwood", "Ash"]
    assert table.found == 1


def test_groups_stay_apart_whatever_they_are_sorted_by() -> None:
    lines = (standing("Ash", votes=1), standing("Birch", votes=9, group=1), standing("Cedar", votes=5))
    assert names(shown(*lines, sort="-votes")) == ["Cedar", "Ash", "Birch"]


def test_ranks_among_those_shown_follow_from_those_of_the_board() -> None:
    ranks = [(line.rank_lower, line.rank_upper) for line in shown(q="birch; cedar; dogwood", ranks="shown")]
    assert ranks == [(1, 1), (2, 3), (2, 3)]
    assert [(line.rank_lower, line.rank_upper) for line in shown(q="cedar")] == [(3, 4)]


@given(st.lists(st.tuples(st.integers(1, 8), st.integers(0, 4)), min_size=1, max_size=8), st.integers(1, 255))
def test_ranks_among_those_shown_hold_wherever_those_of_the_board_do(drawn: list[tuple[int, int]], chosen: int) -> None:
    """Places 1 to n, each range holding its own; whichever are shown, their places among each other are in range."""
    lines = [
        standing(f"n{place}", rank_lower=max(1, place - low % 4), rank_upper=min(len(drawn), place + high))
        for place, (low, high) in enumerate(drawn, start=1)
    ]
    few = [line.contender for place, line in enumerate(lines) if chosen >> place & 1]
    found = shown(*lines, q=";".join(f"^{name}$" for name in few) or "nobody", ranks="shown")
    for place, line in enumerate(sorted(found, key=lambda line: int(line.standing.name[1:])), start=1):
        assert line.rank_lower <= place <= line.rank_upper


def test_logits_are_ratings_without_the_scale_and_win_rates_are_means_over_the_others() -> None:
    lines = shown(standing("Ash", rating=1400.0, lower=None), standing("Birch", rating=1000.0), scale="logits")
    assert lines[0].rating == pytest.approx(2.302585, abs=1e-6)  # ln 10: odds of ten to one
    assert lines[0].lower is None
    rates = shown(
        standing("Ash", rating=1400.0), standing("Birch", rating=1000.0), standing("Elm", group=1), scale="win_rate"
    )
    assert [line.rating for line in rates] == [pytest.approx(10 / 11), pytest.approx(1 / 11), None]
    assert scale.win_rates([1000.0], [(0, 1000.0)], [(0, 1000.0), (0, 1000.0)]) == [0.5]


def test_what_is_on_another_scale_is_exported_under_another_name() -> None:
    table = tables.make(release(*FOUR), views.read({"scale": ["win_rate"], "ranks": ["shown"], "columns": ["rank"]}))
    assert [field.name for field in table.fields] == [
        *("shown_rank_lower", "shown_rank_upper", "contender", "name", "organisation"),
        *("win_rate", "win_rate_lower", "win_rate_upper"),
    ]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"colums": ["rank"]}, "There is no parameter “colums”. The nearest is “columns”."),
        ({"columns": ["rank,vote"]}, "There is no column “vote”. The nearest is “votes”."),
        ({"sort": ["-ratin"]}, "There is no column “ratin”. The nearest is “rating”."),
        ({"open": ["maybe"]}, "“open” is yes or no."),
        ({"size": ["big"]}, "“size” is a number: 100, >100, <=2.5 or 7..70."),
        ({"scale": ["elo"]}, "“scale” is one of: rating, logits, win_rate."),
    ],
)
def test_what_cannot_be_shown_is_refused_with_the_nearest_name(asked: dict[str, list[str]], said: str) -> None:
    with pytest.raises(ViewRefused) as refused:
        views.read(asked)
    assert str(refused.value) == said


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "q": st.text(max_size=20).map(lambda text: [text]),
            "organisation": st.text(max_size=9).map(lambda text: [text]),
            "size": st.sampled_from(["<=13", "7..70", ">70"]).map(lambda text: [text]),
            "columns": st.lists(st.sampled_from(sorted(columns.ALL)), max_size=5),
            "sort": st.sampled_from(["votes", "-size", "-rating", "rank"]).map(lambda text: [text]),
            "pin": st.lists(st.text(min_size=1, max_size=5), max_size=3),
            "ranks": st.sampled_from(["overall", "shown"]).map(lambda text: [text]),
            "scale": st.sampled_from(["rating", "logits"]).map(lambda text: [text]),
        },
    )
)
def test_a_view_is_its_address(asked: dict[str, list[str]]) -> None:
    view = views.read(asked)
    assert views.read(parse_qs(views.address(view))) == view
