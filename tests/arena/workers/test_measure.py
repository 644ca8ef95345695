"""What is measured of a release after it is out: by the worker, once, and told everywhere alike."""

from uuid import UUID, uuid4

import pytest

from arena.config import Settings
from arena.db import Pool
from arena.evaluation import exclusions, votes
from arena.evaluation.exclusions import Reason, Remark
from arena.integration import boards, fragilities, fragility
from arena.integration.questions import Question
from arena.publishing import releases
from arena.submission.endpoints import Entrant
from arena.workers import measure
from rating import Outcome
from tests.arena.pages.markup import Element, Page, assert_well_made, words
from tests.builders import Visitor, contender, ready_battle
from tests.upstream import Provider


@pytest.fixture
async def entrants(db: Pool, provider: Provider) -> list[Entrant]:
    return [
        await contender(db, provider, "identity", slug=name.lower(), name=name) for name in ("Anna", "Berta", "Cleo")
    ]


async def _voted(db: Pool, pair: list[Entrant], outcome: Outcome, times: int = 1) -> list[UUID]:
    battles = []
    for _ in range(times):
        battle, voter = await ready_battle(db, pair, uuid4())
        # The position is drawn; the outcome is said of the first of the pair.
        first = await db.fetchval("SELECT contender_id FROM sides WHERE battle_id = $1 AND position = 0", battle.id)
        await votes.cast(db, battle.id, voter, outcome if first == pair[0].contender_id else outcome.swapped)
        battles.append(battle.id)
    return battles


async def _released(db: Pool, settings: Settings, entrants: list[Entrant]) -> str:
    """Anna beat Berta twice and lost once, and Cleo has lost to both."""
    anna, berta, cleo = entrants
    await _voted(db, [anna, berta], Outcome.A, 2)
    await _voted(db, [anna, berta], Outcome.B)
    await _voted(db, [anna, cleo], Outcome.A, 2)
    await _voted(db, [berta, cleo], Outcome.A, 2)
    return await releases.refresh(db, await boards.require(db, "overall"), settings)


async def test_what_is_measured_stands_alike_in_the_api_the_table_its_files_and_the_pages(
    db: Pool, settings: Settings, entrants: list[Entrant], visitor: Visitor
) -> None:
    release_id = await _released(db, settings, entrants)
    status, refused = await visitor.get(f"/api/v1/releases/{release_id}/fragility")
    assert (status, refused["detail"]) == (404, fragilities.NotMeasured.sentence())
    _, before = await visitor.get("/api/v1/boards/overall?columns=gain")
    assert {line["gain_votes"] for line in before["release"]["standings"]} == {None}
    await measure.look(db)
    _, told = await visitor.get(f"/api/v1/releases/{release_id}/fragility")
    assert (await visitor.get("/api/v1/boards/overall/fragility"))[1] == told
    assert (told["measured"]["leader"], told["measured"]["second"]) == ("anna", "berta")
    gains = {slug: gain["audited"]["votes"] for slug, gain in told["measured"]["gains"].items()}
    assert gains["anna"] is None
    assert gains["berta"] >= 1
    _, after = await visitor.get("/api/v1/boards/overall?columns=gain")
    assert {line["contender"]: line["gain_votes"] for line in after["release"]["standings"]} == gains
    _, csv = await visitor.get(f"/api/v1/releases/{release_id}?columns=gain&format=csv")
    head, *lines = csv.splitlines()
    assert head.endswith(",gain_votes,gain_votes_unaudited")
    assert lines[1].endswith(f",{gains['berta']},{gains['berta']}")
    _, html = await visitor.get("/leaderboard?columns=gain", headers={"accept": "text/html"})
    rows = Page(html).one("table", class_="standings").text
    assert f"Votes to gain a rank {gains['berta']} / {gains['berta']}" in " ".join(rows.split())


async def test_a_release_page_says_how_few_votes_would_turn_it(
    db: Pool, settings: Settings, entrants: list[Entrant], visitor: Visitor
) -> None:
    release_id = await _released(db, settings, entrants)
    for language in ("en", "zh"):
        headers = {"accept": "text/html", "accept-language": language}
        _, html = await visitor.get(f"/releases/{release_id}", headers=headers)
        assert_well_made(html, language)
    assert "This is measured minutes after a release" in words(await _block(visitor, release_id))
    await measure.look(db)
    block = words(await _block(visitor, release_id))
    assert "First place" in block
    assert "moves the first two by" in block


async def _block(visitor: Visitor, release_id: str) -> Element:
    _, html = await visitor.get(f"/releases/{release_id}", headers={"accept": "text/html"})
    assert_well_made(html)
    return Page(html).one("section", id="fragility-block")


async def test_voters_are_named_as_in_the_exports_and_excluded_votes_count_before_the_audit_alone(
    db: Pool, settings: Settings, entrants: list[Entrant]
) -> None:
    anna, berta, _ = entrants
    rigged = (await _voted(db, [berta, anna], Outcome.A, 2))[0]
    async with db.acquire() as connection:
        await exclusions.keep(connection, rigged, [Remark(reason=Reason.DUPLICATE, evidence={})])
    release_id = await _released(db, settings, entrants)
    await measure.look(db)
    kept = await fragilities.of_release(db, release_id)
    assert kept is not None
    assert kept.measured is not None
    assert (kept.measured.votes, kept.measured.excluded) == (8, 1)
    pseudonyms = {row["pseudonym"].hex for row in await db.fetch("SELECT pseudonym FROM voters")}
    assert {voter.voter for voter in kept.measured.voters} <= pseudonyms
    cost = kept.measured.gains["berta"]
    assert (cost.unaudited.votes or 0) < (cost.audited.votes or 0)


async def test_it_is_measured_once_and_not_where_votes_do_not_weigh_alike(
    db: Pool, settings: Settings, entrants: list[Entrant]
) -> None:
    await db.execute("UPDATE boards SET question = $1 WHERE slug = 'overall'", Question(voter_cap=5))
    release_id = await _released(db, settings, entrants)
    await measure.look(db)
    assert await fragilities.due(db) == []
    kept = await fragilities.of_release(db, release_id)
    assert kept == fragilities.Kept(None, "weights")


async def test_one_that_fails_is_on_record_and_stops_no_other(
    db: Pool,
    settings: Settings,
    entrants: list[Entrant],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    release_id = await _released(db, settings, entrants)

    def broken(_: fragility.Votes) -> fragility.Fragility:
        raise ZeroDivisionError

    monkeypatch.setattr(fragility, "measure", broken)
    await measure.look(db)
    assert await fragilities.of_release(db, release_id) == fragilities.Kept(None, "failed")
    assert "fragility not measured board=overall" in caplog.text
    assert await fragilities.due(db) == []
