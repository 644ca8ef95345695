"""What has aged is told where it is shown, put away when it is quiet, and merged when an operator says so."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from arena.config import Settings
from arena.db import Pool
from arena.errors import Refused
from arena.evaluation import votes
from arena.evaluation.selections import Turns
from arena.integration import ageing, board_acts, boards
from arena.integration.ageing import NeverArchived
from arena.integration.boards import New
from arena.integration.questions import Question
from arena.people import accounts
from arena.people.accounts import Role
from arena.publishing import checks, merges, releases, rounds
from arena.publishing.merges import DecidedAlready, NoProposal, State
from rating import Outcome
from tests import builders
from tests.builders import Visitor, contender, ready_battle
from tests.upstream import Provider

HTML = {"headers": {"accept": "text/html"}}


async def _operator(db: Pool) -> dict[str, Any]:
    account = await accounts.open(db, email="o@example.org", name="O", password=None, roles=(Role.OPERATOR,))
    return {"account_id": account.id, "now": datetime.now(UTC)}


async def _look(db: Pool, settings: Settings, check: str) -> list[str]:
    await db.execute("DELETE FROM smell_checks")  # So that it is due.
    now = datetime.now(UTC) + timedelta(minutes=1)
    ran = await rounds.make(db, settings, now=now, among={check: checks.ALL[check]})
    return [each.subject for each in ran[check].sightings]


async def test_twins_are_proposed_and_merged_with_both_histories_kept(
    db: Pool, settings: Settings, provider: Provider, visitor: Visitor
) -> None:
    by = await _operator(db)
    entrants = [
        await contender(db, provider, "identity", name=name, slug=name.lower()) for name in ("Anna", "Berta", "Cid")
    ]
    battle, voter = await ready_battle(db, entrants[:2])
    await votes.cast(db, battle.id, voter, Outcome.A)
    await releases.refresh(db, await boards.require(db, "overall"), settings)
    assert await _look(db, settings, "R1") == ["pair anna berta", "pair anna cid", "pair berta cid"]
    by_pair = {(each.kept, each.merged): each.smell for each in await merges.proposed(db)}
    with pytest.raises(Refused, match="anna or berta"):
        await merges.decide(db, by_pair["anna", "berta"], State.ACCEPTED, keep="cid", reason="Same.", **by)
    done = await merges.decide(db, by_pair["anna", "berta"], State.ACCEPTED, keep="berta", reason="Same.", **by)
    assert (done.kept, done.merged, done.merged_name) == ("berta", "anna", "Anna")
    with pytest.raises(NoProposal):
        await merges.decide(db, by_pair["anna", "berta"], State.DECLINED, keep=None, reason="No.", **by)
    with pytest.raises(DecidedAlready):
        await merges.decide(db, by_pair["anna", "cid"], State.ACCEPTED, keep=None, reason="Same.", **by)
    await merges.decide(db, by_pair["berta", "cid"], State.DECLINED, keep=None, reason="Another prompt.", **by)
    assert await _look(db, settings, "R1") == []
    status, headers = await visitor.head_of("/contenders/anna")
    assert (status, headers["location"]) == (302, "/contenders/berta")
    _, html = await visitor.get("/contenders/anna?own=true", **HTML)
    assert "It was found to be the same as" in html
    _, told = await visitor.get("/api/v1/contenders/anna")
    assert (told["merged_into"], told["state"], told["boards"][0]["votes"]) == ("berta", "retired", 1)
    _, told = await visitor.get("/api/v1/contenders/berta")
    assert ([each["merged"] for each in told["merged"]], told["boards"][0]["votes"]) == (["anna"], 1)
    _, listed = await visitor.get("/api/v1/merges")
    assert [each["state"] for each in listed["decided"]] == ["declined", "accepted"]
    assert (await visitor.post(f"/api/v1/merges/{by_pair['anna', 'cid']}/decide", {}))[0] in (400, 401, 403)


async def test_a_quiet_board_is_stale_then_archived_and_new_votes_bring_it_back(
    db: Pool, settings: Settings, provider: Provider, visitor: Visitor
) -> None:
    by = await _operator(db)
    entrants = [await contender(db, provider, name, name=name, slug=name.lower()) for name in ("Anna", "Berta")]
    for _ in range(30):
        battle, voter = await ready_battle(db, entrants)
        await votes.cast(db, battle.id, voter, Outcome.A)
    new = New(
        slug="quiet",
        name="Quiet",
        description="Votes of one prompt.",
        cron=boards.OFTEN,
        question=Question(turns=Turns.ONE),
    )
    board = await boards.make(db, new, reason="Why not.", account_id=None)
    await db.execute("UPDATE votes SET cast_at = now() - interval '40 days'")
    await db.execute("UPDATE boards SET created_at = now() - interval '90 days'")
    await releases.refresh(db, board, settings)
    assert await _look(db, settings, "D3") == ["board quiet"]
    _, html = await visitor.get("/leaderboard/quiet", **HTML)
    assert "it had 0 votes that count in the last 30 days" in html
    assert (await visitor.get("/api/v1/boards/quiet"))[1]["stale"]["votes"] == 0

    await db.execute("UPDATE board_acts SET happened_at = now() - interval '90 days'")
    now = datetime.now(UTC)
    assert await ageing.settle(db, days=0, now=now) == await ageing.settle(db, days=50, now=now) == []
    assert await ageing.settle(db, days=30, now=now) == ["quiet"]
    assert await _look(db, settings, "D3") == []
    _, html = await visitor.get("/leaderboard/quiet", **HTML)
    assert "for want of new votes" in html
    assert (await ageing.put(db, "quiet", False, reason="Wanted.", **by)).archived_at is None
    assert await ageing.settle(db, days=30, now=now) == []
    assert (await ageing.put(db, "quiet", True, reason="Not wanted.", **by)).archived_at is not None
    battle, voter = await ready_battle(db, entrants)
    await votes.cast(db, battle.id, voter, Outcome.A)
    await builders.snapshot(db, await boards.require(db, "quiet"), settings)
    assert await ageing.settle(db, days=30, now=now) == ["quiet"]
    acts = [act for act in await board_acts.listed(db, board.id, before=None, most=9) if act.what == ageing.WHAT]
    assert [act.present for act in acts] == ["no", "yes", "no", "yes"]
    with pytest.raises(NeverArchived):
        await ageing.put(db, "overall", True, reason="No.", **by)


async def test_a_contender_that_is_listed_and_never_drawn_says_so(
    db: Pool, settings: Settings, provider: Provider, visitor: Visitor
) -> None:
    entrants = [await contender(db, provider, name, name=name, slug=name.lower()) for name in ("Anna", "Berta", "Cid")]
    for _ in range(30):
        await ready_battle(db, entrants[:2])
    await db.execute("UPDATE endpoints SET listed_at = now() - interval '20 days', state_since = listed_at")
    await db.execute("UPDATE endpoints SET state_since = now() - interval '20 days'")
    assert await _look(db, settings, "D2") == ["contender cid"]
    _, html = await visitor.get("/contenders/cid", **HTML)
    assert "Not met of late" in html
