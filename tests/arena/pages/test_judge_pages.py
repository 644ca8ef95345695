"""The pages of judges, as markup."""

from collections.abc import AsyncIterator

import msgspec
import pytest

from arena.config import Settings
from arena.db import Pool
from arena.integration import judge_quality
from judge import Attacked
from tests import bench
from tests.arena.pages.markup import Page, assert_well_made, words
from tests.arena.pages.test_languages import CHINESE_READER, english_left
from tests.builders import Visitor
from tests.conftest import Open
from tests.upstream import Provider

HTML = {"accept": "text/html", "accept-language": "en"}


@pytest.fixture
async def reader(open_arena: Open, db: Pool, settings: Settings, provider: Provider) -> AsyncIterator[Visitor]:
    """Somebody who reads of a judge that 32 battles were judged by, and of one that has judged a single one."""
    judge = await bench.seat(db, settings, provider, family="Dolly", slug="bench")
    newcomer = await bench.seat(db, settings, provider, family="House", slug="alpaca", model="alpaca")
    entrants = await bench.met(db, provider)
    for number in range(32):
        battle_id = await bench.voted(db, entrants, number)
        await bench.ruled(db, judge, battle_id, -1 if number % 4 == 0 else 1, 1)
        if number == 0:
            await bench.ruled(db, newcomer, battle_id, 1, 1)
            await db.execute("UPDATE votes SET outcome = 'tie' WHERE battle_id = $1", battle_id)
    figures = [Attacked(attack="constant", tried=4, scored=4, won=1, honest_scored=4, honest_won=0)]
    await db.execute(
        "INSERT INTO judge_trials (judge_id, version, figures, ended_at) VALUES ($1, $2, $3, now())",
        *(judge.id, judge.version, msgspec.to_builtins(figures)),
    )
    # A name that is no English word, for whoever looks for what was left untranslated.
    await db.execute("UPDATE judges SET name = 'Dolly' WHERE slug = 'bench'")
    await judge_quality.measure(db)
    async with Visitor(await open_arena()) as visitor:
        yield visitor


async def test_the_judge_board_ranks_and_says_where_too_little_is_known(reader: Visitor) -> None:
    _, html = await reader.get("/judges", headers=HTML)
    assert_well_made(html)
    rows = [words(row) for row in Page(html).all("tr")][1:]
    assert rows[0].startswith("1 Dolly")
    assert "1 / 4" in rows[0]
    assert rows[1].startswith("– Alpaca")
    assert "Not enough battles with both kinds of votes: 1 of the 30 that it takes." in rows[1]
    assert html.count('class="whisker"') == 1


async def test_a_judge_s_page_shows_what_was_measured(reader: Visitor) -> None:
    _, html = await reader.get("/judges/bench", headers=HTML)
    assert_well_made(html)
    text = words(Page(html).one("main"))
    for sentence in (
        "On 24 battles neither it nor people called a tie, and on 24 of them they agree.",
        "Of 32 pairs, 75% were judged the same when the answers were turned round.",
        "Of the others, 0 were given both times to the answer shown first and 8 to the one shown second",
        "Of 32 verdicts on battles, 0 say nothing that could be read.",
        "1 of 4 won",
    ):
        assert sentence in text
    _, html = await reader.get("/judges/alpaca", headers=HTML)
    assert_well_made(html)
    assert "Not enough battles" in words(Page(html).one("main"))
    assert "it has not been attacked" in html


async def test_a_judge_that_was_never_listed_has_no_page(reader: Visitor, db: Pool) -> None:
    await db.execute("UPDATE judges SET listed_at = NULL, state = 'draft' WHERE slug = 'alpaca'")
    for path in ("/judges/alpaca", "/judges/nobody"):
        assert (await reader.get(path, headers=HTML))[0] == 404
    assert "Alpaca" not in (await reader.get("/judges", headers=HTML))[1]


async def test_the_pages_are_chinese_for_who_reads_chinese(reader: Visitor) -> None:
    for path in ("/judges", "/judges/bench", "/judges/alpaca"):
        _, html = await reader.get(path, headers=CHINESE_READER)
        assert_well_made(html, "zh")
        assert english_left(html) == []
