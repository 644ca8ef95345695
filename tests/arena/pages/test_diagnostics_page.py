"""The diagnostics of a board, as markup, in both languages."""

from dataclasses import replace

import numpy as np

from arena.config import Settings
from arena.db import Pool
from arena.integration import boards, defaults, diagnostics
from arena.pages import diagnostics as page
from arena.publishing import releases
from tests import builders, planted
from tests.arena.pages.markup import Page, assert_well_made, words
from tests.arena.pages.test_languages import CHINESE_READER, english_left
from tests.builders import Visitor, contender
from tests.upstream import Provider

HTML = {"accept": "text/html", "accept-language": "en"}
SCRIPT = "<script>alert(1)</script>"


async def test_every_finding_is_drawn_and_said_in_both_languages(
    visitor: Visitor, db: Pool, provider: Provider, settings: Settings
) -> None:
    rng = np.random.default_rng(4)
    names = (SCRIPT, "房子", "小屋")
    entrants = [
        await contender(db, provider, "identity", slug=f"model-{place}", name=name) for place, name in enumerate(names)
    ]
    drawn = planted.drawn(rng, np.array([0.5, 0.0, -0.5]), 800, 200, extra=0.8)
    features = rng.poisson(40, (800, 2, 12))
    category = rng.choice(["code", "maths"], 800).tolist()
    full = replace(drawn, features=features, dwell=rng.lognormal(3, 1, 800), category=category)
    battles = await planted.plant(db, entrants, full)
    endpoint_id = entrants[0].target.endpoint_id
    await planted.judge(db, battles, rng.choice(["a", "b"], 800).tolist(), family="House", endpoint_id=endpoint_id)
    await planted.probe(db, 60, wrong=10, voters=30)
    people = sorted(set(await planted.people(db, battles)))[:120]
    await planted.fool(db, people, [place % 2 for place in range(120)], each=2)
    board = await boards.require(db, "overall")
    snapshot = await builders.snapshot(db, board, settings)
    found = await diagnostics.make(db, board, snapshot.id)
    _, html = await visitor.get("/diagnostics/overall", headers=HTML)
    assert_well_made(html)
    shown = Page(html)
    for finding in found.findings:
        item = shown.one("li", data_finding=finding.name)
        assert words(item)
    assert "Of two equal answers A is preferred in" in words(shown.one("li", data_finding="position"))
    assert SCRIPT not in html
    assert "a wrong one that sounds sure is preferred in" in words(shown.one("li", data_finding="assertive wrong"))
    assert "Whether assertive answers win although they are wrong" not in html
    assert words(shown.one("p", data_fooled="")).startswith("With the voters who were fooled less, ")
    apart = shown.one("section", aria_labelledby="fooled")
    assert sum(element.tag == "tr" for element in apart.inside) == 4
    code = next(new for new in defaults.every() if new.slug == "category-code")
    await releases.refresh(db, await boards.make(db, code, reason="Votes.", account_id=None), settings)
    _, gauged = await visitor.get("/leaderboard/category-code", headers=HTML)
    assert_well_made(gauged)
    told = next(each for each in found.categories if each.category == "code")
    assert told.separation is not None
    assert words(Page(gauged).one("p", id="told-apart")).startswith(f"{told.separation:.0%}")
    _, html = await visitor.get("/diagnostics/overall", headers=CHINESE_READER)
    assert_well_made(html, "zh")
    left = english_left(html.replace("&lt;script&gt;alert(1)&lt;/script&gt;", "甲").replace("bench", "乙"))
    assert set(left) <= {"Bench"}


async def test_before_the_first_look_and_with_few_votes_the_page_says_so(
    visitor: Visitor, db: Pool, provider: Provider, settings: Settings
) -> None:
    _, html = await visitor.get("/diagnostics/overall", headers=HTML)
    assert_well_made(html)
    assert "Not looked at yet" in html
    entrants = [await contender(db, provider, "identity") for _ in range(2)]
    await planted.plant(db, entrants, planted.drawn(np.random.default_rng(1), np.zeros(2), 12, 4))
    board = await boards.require(db, "overall")
    await diagnostics.make(db, board, (await builders.snapshot(db, board, settings)).id)
    _, html = await visitor.get("/diagnostics/overall", headers=HTML)
    assert "This board has 12 votes that can be looked through, and it takes at least 100" in html
    _, html = await visitor.get("/diagnostics/overall", headers=CHINESE_READER)
    assert english_left(html) == []


def test_a_pair_within_two_standard_errors_has_no_colour() -> None:
    assert [page._shade(value) for value in (1.99, -2.0, 3.5, 40.0)] == [
        ("", 0),
        ("under", 1),
        ("over", 2),
        ("over", 4),
    ]
