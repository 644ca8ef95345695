"""Boards of judges over HTTP: made, shown with what the judges weigh, and marked as what they are in both languages."""

from arena.config import Settings
from arena.db import Pool
from arena.workers import refit
from tests import bench
from tests.arena.pages.markup import assert_well_made
from tests.builders import Visitor
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
        assert_well_made(page)
        assert page.count(words) == 2  # Under the heading and in the list of boards.
        assert 'class="badge" title=' in page
        assert words in (await visitor.get("/leaderboard", **asked))[1]
    assert "Not released; as of" in (await visitor.get("/leaderboard/combined", **html))[1]
    status, refused = await visitor.post("/api/v1/boards/combined/releases", {"reason": "Now."}, headers=operator)
    assert (status, "never released" in refused["detail"]) == (409, True)
