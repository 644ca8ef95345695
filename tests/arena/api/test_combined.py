"""Boards of judges over HTTP: made, shown with what the judges weigh, and marked as what they are in both languages."""

from typing import Any

from arena.config import Settings
from arena.db import Pool
from arena.evaluation import votes
from arena.integration import boards, disagreements
from arena.integration.boards import New, Source
from arena.integration.questions import Question
from arena.submission.endpoints import Entrant
from arena.workers import refit
from rating import Outcome, Ties
from tests import bench
from tests.arena.pages.markup import assert_well_made
from tests.builders import Visitor, ready_battle
from tests.upstream import Provider

NEW = {
    "slug": "combined",
    "name": "Combined",
    "reason": "Asked for.",
    "source": "combined",
    "question": {"ties": "half"},
}


async def test_a_combined_board_shows_what_the_judges_weigh_and_is_marked_everywhere(
    visitor: Visitor, db: Pool, settings: Settings, provider: Provider, operator: dict[str, str]
) -> None:
    judge = await bench.seat(db, settings, provider)
    entrants = await bench.met(db, provider)
    for number in range(4):
        battle_id = await bench.voted(db, entrants, number)
        await bench.said(db, judge, battle_id, 0.75)
    status, made = await visitor.post("/api/v1/boards", NEW, headers=operator)
    assert (status, made["source"], made["group"], made["snapshot"]) == (201, "combined", "judges", None)
    html = {"headers": {"accept": "text/html"}}
    assert "No snapshot yet" in (await visitor.get("/leaderboard/combined", **html))[1]
    await refit.look(db, settings, "combined")

    shown = (await visitor.get("/api/v1/boards/combined"))[1]
    assert (shown["release"], shown["snapshot"]["votes"], shown["snapshot"]["release"]) == (None, 4, None)
    judged = shown["snapshot"]["method"]["judged"]
    assert (judged["verdicts"], judged["labelled"], judged["votes_worth"]) == (4, 4, 4)
    assert judged["judges"] == [{"judge": "bench", "version": judge.version}]
    assert (await visitor.get("/api/v1/boards/overall"))[1]["snapshot"] is None

    for language, words in {"en": "Votes and machine verdicts", "zh": "投票与机器判断"}.items():
        asked = {"headers": {"accept": "text/html", "accept-language": language}}
        page = (await visitor.get("/leaderboard/combined", **asked))[1]
        assert_well_made(page, language=language)
        assert page.count(words) == 2  # Under the heading and in the list of boards.
        assert 'class="badge" title=' in page
        assert words in (await visitor.get("/leaderboard", **asked))[1]
    assert "Not released; as of" in (await visitor.get("/leaderboard/combined", **html))[1]
    status, refused = await visitor.post("/api/v1/boards/combined/releases", {"reason": "Now."}, headers=operator)
    assert (status, "never released" in refused["detail"]) == (409, True)


async def _closed(db: Pool, entrants: list[Entrant]) -> Any:
    battle, _ = await ready_battle(db, entrants)
    await db.execute("UPDATE battles SET state = 'expired', closed_at = now() WHERE id = $1", battle.id)
    return battle.id


async def _won(db: Pool, entrants: list[Entrant], *, first: bool) -> Any:
    """A battle that the first of these has won, or the second, whichever of them was A."""
    battle, voter = await ready_battle(db, entrants)
    position = await db.fetchval(
        "SELECT position FROM sides WHERE battle_id = $1 AND contender_id = $2", battle.id, entrants[0].contender_id
    )
    await votes.cast(db, battle.id, voter, Outcome.A if (position == 0) == first else Outcome.B)
    return battle.id


async def test_a_vote_is_worth_most_where_judges_differ_and_nothing_is_asked_where_they_agree(
    visitor: Visitor, db: Pool, settings: Settings, provider: Provider, operator: dict[str, str]
) -> None:
    judge = await bench.seat(db, settings, provider)
    other = await bench.seat(db, settings, provider, model="other", slug="other", family="Other Works")
    path = "/api/v1/disagreements"
    assert (await visitor.get(path))[0] == 401
    assert (await visitor.get(path, headers=operator))[0] == 404
    entrants = await bench.met(db, provider)
    for number in range(4):
        await bench.said(db, judge, await _won(db, entrants, first=number % 2 == 0), 0.5)
    agreed, torn, turned = [await _closed(db, entrants) for _ in range(3)]
    for battle_id, shares in {agreed: (0.5, 0.5), torn: (1.0, 0.0), turned: (0.5, 0.5)}.items():
        for one, share in zip((judge, other), shares, strict=True):
            await bench.said(db, one, battle_id, share)
    await db.execute("UPDATE verdicts SET consistent = false WHERE battle_id = $1", turned)
    new = New(
        slug="combined",
        name="Combined",
        description="",
        cron=boards.OFTEN,
        question=Question(ties=Ties.HALF),
        source=Source.COMBINED,
    )
    await boards.make(db, new, reason="Asked for.", account_id=None)
    await refit.look(db, settings, "combined")

    found = (await visitor.get(path, headers=operator))[1]["items"]
    assert [(each["battle_id"], each["why"]) for each in found] == [
        (str(torn), ["judges differ"]),
        (str(turned), ["orders differ"]),
    ]
    assert found[0]["shares"] == {"bench": 1.0, "other": 0.0}
    assert found[0]["gain"] > found[1]["gain"] > 0
    [first] = await disagreements.listed(db, most=1)
    assert first.battle_id == torn
    # Who votes settles it.
    await db.execute("INSERT INTO votes (battle_id, outcome) VALUES ($1, 'a')", torn)
    assert [one.battle_id for one in await disagreements.listed(db, most=9)] == [turned]
