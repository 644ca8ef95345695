"""Plots: what is drawn is what the release says, stays readable, and is kept."""

import asyncio
import csv
import io
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree

import msgspec
import numpy as np
import pytest

from arena.config import Settings
from arena.db import Pool
from arena.evaluation import votes
from arena.integration import boards
from arena.publishing import drawings, plots, releases
from arena.publishing.drawings import Drawings, NoSuchPlot, NotDrawn, NothingToDraw
from arena.publishing.figures import WORDS, Specification
from arena.publishing.plots import NAMES, Pairs, Past
from arena.publishing.releases import NoSuchRelease
from arena.publishing.workbench import Workbench
from rating import Outcome
from rating.scale import PER_LOGIT
from tests.arena.pages.standings import release, standing
from tests.builders import Visitor, contender, ready_battle
from tests.upstream import Provider

METHOD = {"ties": "davidson", "tie_level": -1.0}


def _values(specification: Specification | None) -> list[dict[str, Any]]:
    assert specification is not None
    values: list[dict[str, Any]] = specification["data"]["values"]
    return values


def test_intervals_are_those_of_the_release_and_open_ends_stay_open() -> None:
    shown = release(standing("Anna", rating=1100.0, upper=None), standing("Berta"))
    values = _values(plots.intervals(shown, "en"))
    assert [(row["contender"], row["rating"], row["upper"]) for row in values] == [
        ("Anna", 1100.0, None),
        ("Berta", 1000.0, 1100.0),
    ]


def test_another_group_is_not_drawn_on_the_scale_of_the_first() -> None:
    values = _values(plots.intervals(release(standing("Anna"), standing("Zoe", group=1)), "en"))
    assert [row["contender"] for row in values] == ["Anna"]


@pytest.mark.parametrize("language", WORDS)
def test_of_a_thousand_contenders_so_many_are_drawn_as_can_be_read_and_the_plot_says_so(language: str) -> None:
    every = [standing(f"C {place}", rating=2000.0 - place, answer_price=1.0 + place) for place in range(1000)]
    shown = release(*every)
    assert len(_values(plots.intervals(shown, language))) == plots.MOST_INTERVALS
    assert len(_values(plots.price(shown, language))) == plots.MOST_POINTS
    subtitle = plots.intervals(shown, language)["title"]["subtitle"]
    assert "100" in subtitle
    assert "1,000" in subtitle


def test_the_matrix_tells_the_share_of_decided_votes_and_what_the_ratings_predict_of_it() -> None:
    shown = release(standing("Anna", rating=1000.0 + PER_LOGIT), standing("Berta"), standing("Clara"), method=METHOD)
    decided = np.array([[0.0, 3.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 0.0]])
    pairs = Pairs(("anna", "berta", "clara"), decided, np.ones((3, 3)))
    cells = {(row["row"], row["column"]): row for row in _values(plots.matrix(shown, pairs, "en"))}
    assert cells["Anna", "Berta"] == {
        "row": "Anna",
        "column": "Berta",
        "votes": 4.0,
        "observed": 0.75,
        "predicted": pytest.approx(1 / (1 + np.exp(-1))),
    }
    assert cells["Berta", "Anna"]["observed"] == 0.25
    assert cells["Anna", "Clara"]["observed"] is None
    assert len(cells) == 6


def test_where_a_tie_is_half_a_win_the_matrix_counts_it_so() -> None:
    shown = release(standing("Anna"), standing("Berta"), method={"ties": "half"})
    pairs = Pairs(("anna", "berta"), np.array([[0.0, 1.0], [0.0, 0.0]]), np.array([[0.0, 1.0], [1.0, 0.0]]))
    made = plots.matrix(shown, pairs, "en")
    assert _values(made)[0]["observed"] == 0.75
    assert "half a win" in made["title"]["text"]


def test_with_a_threshold_the_prediction_is_that_of_rao_and_kupper() -> None:
    shown = release(
        standing("Anna", rating=1000.0 + PER_LOGIT), standing("Berta"), method={"ties": "rao-kupper", "tie_level": 0.5}
    )
    pairs = Pairs(("anna", "berta"), np.zeros((2, 2)), np.zeros((2, 2)))
    won, lost = 1 / (1 + np.exp(-0.5)), 1 / (1 + np.exp(1.5))
    assert _values(plots.matrix(shown, pairs, "en"))[0]["predicted"] == pytest.approx(won / (won + lost))


def test_the_price_plot_names_whom_nobody_cheaper_outrates() -> None:
    lines = [standing(f"C {place}", rating=1100.0 - place, answer_price=10.0 - place) for place in range(9)]
    dear = standing("Dear", rating=900.0, answer_price=50.0)
    free = standing("Free", rating=1200.0, answer_price=0.0)
    values = _values(plots.price(release(*lines, dear, free), "en"))
    assert {row["label"] for row in values if row["contender"] != "Dear"} == {line.name for line in lines}
    assert next(row["label"] for row in values if row["contender"] == "Dear") == ""
    assert plots.price(release(free, standing("None")), "en") is None


def test_the_history_has_the_highest_rated_of_this_release_alone() -> None:
    past = [
        Past(
            published_at=datetime(2026, 11, 13, 15, tzinfo=UTC),
            contender=slug,
            name=slug,
            rating=990.0,
            lower=None,
            upper=None,
        )
        for slug in ("anna", "gone")
    ]
    values = _values(plots.history(release(standing("Anna")), past, "en"))
    assert [(row["contender"], row["released"]) for row in values] == [("Anna", "2026-11-13T15:00:00Z")]


def test_both_languages_have_every_word() -> None:
    assert all(set(words) == set(WORDS["en"]) for words in WORDS.values())


async def test_what_is_no_specification_is_not_drawn() -> None:
    with pytest.raises(NotDrawn):
        await drawings.render(b"{")


async def test_a_specification_that_points_elsewhere_is_not_fetched() -> None:
    asked = asyncio.Event()

    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.set()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/data.json"
        elsewhere = {"data": {"url": url}, "mark": "point", "encoding": {"x": {"field": "a", "type": "quantitative"}}}
        with pytest.raises(NotDrawn):
            await drawings.render(msgspec.json.encode(elsewhere))
    assert not asked.is_set()


async def _released(db: Pool, settings: Settings, provider: Provider, times: int = 1) -> list[str]:
    entrants = [await contender(db, provider, "identity", name=name, slug=name.lower()) for name in ("Anna", "Berta")]
    board, ids = await boards.require(db, "overall"), []
    for _ in range(times):
        battle, voter = await ready_battle(db, entrants)
        await votes.cast(db, battle.id, voter, Outcome.A)
        ids.append(await releases.refresh(db, board, settings))
    return ids


async def test_a_plot_is_drawn_once_and_read_from_then_on(db: Pool, settings: Settings, provider: Provider) -> None:
    [release_id] = await _released(db, settings, provider)
    drawn = await Drawings(db, Workbench()).of(release_id, "intervals", "zh")
    assert ElementTree.fromstring(drawn.svg).tag == "{http://www.w3.org/2000/svg}svg"
    assert "评分" in drawn.svg.decode()
    row = await db.fetchrow("SELECT * FROM plots")
    assert row is not None
    assert await Drawings(db, Workbench()).of(release_id, "intervals", "zh") == drawn
    assert await db.fetchrow("SELECT * FROM plots") == row


async def test_what_can_not_be_drawn_is_said(db: Pool, settings: Settings, provider: Provider) -> None:
    [release_id] = await _released(db, settings, provider)
    drawn = Drawings(db, Workbench())
    with pytest.raises(NoSuchPlot, match="intervals, matrix, history, price"):
        await drawn.of(release_id, "nonsense", "en")
    with pytest.raises(NoSuchRelease):
        await drawn.of("f" * 64, "intervals", "en")
    with pytest.raises(NothingToDraw):
        await drawn.of(release_id, "price", "en")


async def test_a_plot_comes_as_picture_specification_and_table(
    db: Pool, settings: Settings, provider: Provider, visitor: Visitor
) -> None:
    ids = await _released(db, settings, provider, 3)
    path = f"/api/v1/releases/{ids[2]}/plots/history"
    status, svg = await visitor.get(f"{path}.svg")
    assert (status, svg[:4]) == (200, "<svg")
    _, specification = await visitor.get(f"{path}.json")
    _, table = await visitor.get(f"{path}.csv")
    rows = list(csv.DictReader(io.StringIO(table)))
    assert [str(row["rating"]) for row in specification["data"]["values"]] == [row["rating"] for row in rows]
    assert len(rows) == 6
    shown = await releases.require(db, ids[2])
    assert {float(row["rating"]) for row in rows[-2:]} == {line.rating for line in shown.standings}
    _, headers = await visitor.head_of(f"{path}.svg")
    assert headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert await visitor.get(f"{path}.svg", headers={"if-none-match": headers["etag"]}) == (304, "")
    status, problem = await visitor.get(f"{path}.gif")
    assert (status, ".svg" in problem["detail"]) == (404, True)


async def test_the_matrix_is_of_the_votes_that_the_release_counted(
    db: Pool, settings: Settings, provider: Provider, visitor: Visitor
) -> None:
    ids = await _released(db, settings, provider, 2)
    for release_id, count in zip(ids, ("1.0", "2.0"), strict=True):
        _, table = await visitor.get(f"/api/v1/releases/{release_id}/plots/matrix.csv")
        assert {row["votes"] for row in csv.DictReader(io.StringIO(table))} == {count}


async def test_the_page_shows_what_can_be_drawn_with_its_data(
    db: Pool, settings: Settings, provider: Provider, visitor: Visitor
) -> None:
    [release_id] = await _released(db, settings, provider)
    status, page = await visitor.get(f"/releases/{release_id}/plots")
    assert status == 200
    for name in NAMES:
        assert (f'src="/api/v1/releases/{release_id}/plots/{name}.svg"' in page) is (name != "price")
    assert f"/releases/{release_id}/plots" in (await visitor.get("/leaderboard"))[1]
