"""How good judges are, and what they said of a battle: to its voter, after the vote and never before."""

from uuid import UUID

import msgspec
import pytest

from arena.config import Settings
from arena.db import Pool
from arena.evaluation import forgetting
from arena.integration import judge_quality
from arena.submission import judges
from judge import Attacked
from judge.verdicts import Unscored
from tests import bench
from tests.builders import Visitor, contender
from tests.upstream import Provider

HTML = {"headers": {"accept": "text/html", "accept-language": "en"}}


@pytest.fixture
async def asked(visitor: Visitor, db: Pool, settings: Settings, provider: Provider) -> str:
    """The id of a battle that waits for this visitor's vote, and of which a judge has said something all the same."""
    judge = await bench.seat(db, settings, provider)
    for slug in ("anna", "berta"):
        await contender(db, provider, "words:one", slug=slug)
    battle_id = await visitor.ask("Who are you?")
    await visitor.hear(battle_id)
    await bench.ruled(db, judge, UUID(battle_id), 1, -1)
    return battle_id


async def test_a_verdict_is_told_after_the_vote_and_no_word_of_it_before(visitor: Visitor, asked: str) -> None:
    status, battle = await visitor.get(f"/api/v1/battles/{asked}")
    assert (status, battle["reveal"]) == (200, None)
    _, page = await visitor.get(f"/battles/{asked}", **HTML)
    assert "What judges said" not in page
    await visitor.get("/api/v1/judges")
    await visitor.get(f"/api/v1/battles/{asked}/others")
    assert b"Because" not in visitor.received
    await visitor.vote(asked, "b")
    status, again = await visitor.vote(asked, "b")
    _, battle = await visitor.get(f"/api/v1/battles/{asked}")
    [verdict] = battle["reveal"]["verdicts"]
    assert (status, again["reveal"]["verdicts"]) == (200, [verdict])
    assert (verdict["judge"], verdict["outcome"], verdict["consistent"]) == ("bench", "tie", False)
    assert [(one["shown_first"], one["outcome"], one["html"].strip()) for one in verdict["reasons"]] == [
        (0, "a", "<p>Because <strong>0</strong>.</p>"),
        (1, "b", "<p>Because <strong>1</strong>.</p>"),
    ]
    _, page = await visitor.get(f"/battles/{asked}", **HTML)
    assert page.count("<p>Because <strong>") == 2


async def test_nobody_else_is_told_it_and_no_judge_is_heard_that_is_not_listed(
    visitor: Visitor, asked: str, db: Pool
) -> None:
    await visitor.vote(asked, "a")
    async with Visitor(visitor.base_url) as stranger:
        assert (await stranger.get(f"/api/v1/battles/{asked}"))[0] == 404
        assert b"Because" not in stranger.received
    await judges.retire(db, (await judges.require(db, "bench")).id, reason="Old.")
    _, battle = await visitor.get(f"/api/v1/battles/{asked}")
    assert battle["reveal"]["verdicts"] == []


async def test_a_judge_s_words_are_made_safe_and_cut(visitor: Visitor, asked: str, db: Pool) -> None:
    words = "<script>alert(1)</script> [x](javascript:alert(1)) " + "long " * 2000
    await db.execute(
        "UPDATE verdicts SET readings = $1, outcome = NULL, unscored = $2",
        [{"explanation": words, "level": None}],
        Unscored.GOES_ON,
    )
    await visitor.vote(asked, "a")
    _, battle = await visitor.get(f"/api/v1/battles/{asked}")
    [verdict] = battle["reveal"]["verdicts"]
    [reason] = verdict["reasons"]
    assert (verdict["outcome"], verdict["unscored"], reason["outcome"]) == (None, "goes_on", None)
    assert "<script" not in reason["html"]
    assert "href" not in reason["html"]
    assert reason["text"].endswith("…")
    assert len(reason["text"]) < 4100


async def test_who_has_their_data_deleted_has_the_reasons_deleted(visitor: Visitor, asked: str, db: Pool) -> None:
    await visitor.vote(asked, "a")
    voter_id = await db.fetchval("SELECT voter_id FROM battles WHERE id = $1", UUID(asked))
    await forgetting.forget(db, voter_id)
    assert await db.fetchval("SELECT readings FROM verdicts") == []
    assert await judge_quality.measure(db) == 1


async def test_the_board_tells_figures_ranks_and_attacks(visitor: Visitor, asked: str, db: Pool) -> None:
    _, listed = await visitor.get("/api/v1/judges")
    [row] = listed["items"]
    assert (row["slug"], row["figures"], row["rank_lower"], row["withstood"]) == ("bench", None, None, None)
    await visitor.vote(asked, "b")
    await judge_quality.measure(db)
    judge = await judges.require(db, "bench")
    figures = [
        Attacked(attack=name, tried=4, scored=3, won=won, honest_scored=4, honest_won=1)
        for name, won in (("constant", 2), ("empty", 0))
    ]
    for version in (judge.version, "0" * 64):
        await db.execute(
            "INSERT INTO judge_trials (judge_id, version, figures, ended_at) VALUES ($1, $2, $3, now())",
            *(judge.id, version, msgspec.to_builtins(figures)),
        )
    _, listed = await visitor.get("/api/v1/judges")
    [row] = listed["items"]
    assert (row["figures"]["verdicts"], row["figures"]["orders"]["consistent"], row["rank_lower"]) == (1, 0, None)
    assert row["figures"]["agreements"][0]["judge"]["enough"] is False
    told = {name: row["withstood"][name] for name in ("tried", "scored", "won", "honest_scored", "honest_won")}
    assert told == {"tried": 8, "scored": 6, "won": 2, "honest_scored": 4, "honest_won": 1}
    _, shown = await visitor.get("/api/v1/judges/bench")
    assert (shown["figures"], shown["withstood"]) == (row["figures"], row["withstood"])
    assert len(shown["attacks"]) == 2
