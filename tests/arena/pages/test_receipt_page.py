"""The receipt's page: a sentence for each reason, what can be done, and nobody's name."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from litestar.testing import RequestFactory
from playwright.async_api import BrowserContext

from arena.db import Pool
from arena.evaluation import exclusions
from arena.evaluation.exclusions import Reason, Remark
from arena.integration.ledger import Head
from arena.pages.templating import environment
from arena.publishing.receipts import Act, Plea, Proven, Receipt, Why
from rating import Outcome
from tests.arena.pages.markup import Page, assert_well_made, words
from tests.arena.pages.test_languages import CHINESE_READER, english_left
from tests.builders import Visitor, contender
from tests.upstream import Provider

THEN = datetime(2026, 11, 20, 18, 41, tzinfo=UTC)
RELEASES = [f"{number:064x}" for number in range(7)]
HASH = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
NOTE = f"arena.example\n2000\n{HASH}\n\n— arena.example {HASH}\n"
HTML = {"accept": "text/html", "accept-language": "en"}


def _receipt(**changes: Any) -> Receipt:
    given: dict[str, Any] = {
        "id": uuid4(),
        "outcome": Outcome.B,
        "cast_at": THEN,
        "counted": True,
        "reason": None,
        "releases": [],
        "released": 0,
        "first_release": None,
        "exclusions": [],
        "appeals": [],
        "control": None,
        "control_side": None,
    }
    return Receipt(**given | changes)


def _page(receipt: Receipt, *, language: str = "en", may_appeal: bool = False) -> str:
    request = RequestFactory().get("/votes/x", headers={"accept-language": language})
    template = environment().get_template("votes/show.html")
    return template.render(request=request, receipt=receipt, may_appeal=may_appeal)


EXCLUDED = Act(reason=Reason.LEAK, side=1, excluded_at=THEN, lifted_at=None, lifted_because=None)
STATES = {
    "waits": _receipt(),
    "counted": _receipt(releases=RELEASES, released=300, first_release="f" * 64),
    "lifted": _receipt(
        exclusions=[Act(reason=Reason.TOXIC, side=None, excluded_at=THEN, lifted_at=THEN, lifted_because="错误")],
        appeals=[Plea(appealed_at=THEN, answer="对", answered_at=THEN)],
    ),
    "appealed": _receipt(
        counted=False,
        reason=Why.LEAK,
        exclusions=[EXCLUDED],
        appeals=[Plea(appealed_at=THEN, answer=None, answered_at=None)],
    ),
    "proved": _receipt(
        leaf=1041,
        proof=Proven(
            head=Head(size=2000, root=HASH, note=NOTE, key="arena.example+00000000+AQ==", signed_at=THEN),
            hashes=[HASH] * 11,
        ),
    ),
    "same": _receipt(counted=False, reason=Why.CONTROL, control="same"),
    "other": _receipt(counted=False, reason=Why.CONTROL, control="other_prompt", control_side=1),
    **{why.value: _receipt(counted=False, reason=why) for why in Why},
}


@pytest.mark.parametrize("name", STATES)
def test_every_state_is_well_made_and_said_in_both_languages(name: str) -> None:
    for may_appeal in (False, True):
        assert_well_made(_page(STATES[name], may_appeal=may_appeal))
        assert english_left(_page(STATES[name], language="zh", may_appeal=may_appeal)) == []


def test_every_reason_has_a_sentence_of_its_own() -> None:
    ledes = {_text(why.value) for why in Why}
    assert len(ledes) == len(Why)
    assert "This vote is not counted" in _text("leak")
    assert "named itself or its maker" in _text("leak")


def _text(name: str, **more: Any) -> str:
    return words(Page(_page(STATES[name], **more)).one("main"))


def test_what_was_done_is_told_in_order_and_releases_from_the_latest_to_the_first() -> None:
    assert "This vote is recorded" in _text("waits")
    assert "It waits for the next release." in _text("waits")
    counted = _text("counted")
    assert "300 releases have counted it." in counted
    links = [one.attributes["href"] for one in Page(_page(STATES["counted"])).all("a") if "hash" in str(one.attributes)]
    assert links == [f"/releases/{one}" for one in (*RELEASES[:5], "f" * 64)]
    assert "because of answer B" in _text("appealed")
    assert "B was asked something else." in _text("other")
    assert "An operator will answer here." in _text("appealed")


@pytest.fixture
async def excluded(visitor: Visitor, db: Pool, provider: Provider) -> str:
    """The visitor's own vote, which something excludes."""
    for model in ("words:one", "words:two"):
        await contender(db, provider, model)
    battle_id = await visitor.ask()
    await visitor.hear(battle_id)
    _, body = await visitor.vote(battle_id, "a")
    async with db.acquire() as connection:
        await exclusions.keep(connection, UUID(battle_id), [Remark(reason=Reason.PERSONAL)])
    return str(body["vote"]["id"])


async def test_the_page_is_there_for_everybody_and_its_appeal_for_the_own_voter(
    visitor: Visitor, arena: str, excluded: str
) -> None:
    status, mine = await visitor.get(f"/votes/{excluded}", headers=HTML)
    assert (status, "data-appeal" in mine, "You can appeal below." in mine) == (200, True, True)
    async with Visitor(arena) as stranger:
        status, theirs = await stranger.get(f"/votes/{excluded}", headers=HTML)
        assert (status, "data-appeal" in theirs, "Whoever cast it can appeal." in theirs) == (200, False, True)
        assert (await stranger.get(f"/votes/{uuid4()}", headers=HTML))[0] == 404
        _, chinese = await stranger.get(f"/votes/{excluded}", headers=CHINESE_READER)
        assert english_left(chinese) == []
    await visitor.post(f"/api/v1/votes/{excluded}/appeal", {"text": "I read both."})
    _, appealed = await visitor.get(f"/votes/{excluded}", headers=HTML)
    assert "data-appeal" not in appealed
    assert "I read both" not in appealed


@pytest.mark.browser
async def test_one_appeals_on_the_page_itself(
    context: BrowserContext, visitor: Visitor, arena: str, excluded: str, db: Pool
) -> None:
    cookie = {"name": "voter", "value": visitor.cookie("voter"), "url": arena}
    await context.add_cookies([cookie])  # type: ignore[list-item]  # it names the site by its address
    page = await context.new_page()
    await page.goto(f"{arena}/votes/{excluded}")
    await page.get_by_role("button", name="Appeal").click()
    await page.get_by_text("Fill this in.").wait_for()
    await page.get_by_label("Why should this vote count?").fill("I read both.")
    await page.get_by_role("button", name="Appeal").click()
    await page.get_by_text("An operator will answer here.").wait_for()
    assert await db.fetchval("SELECT text FROM appeals") == "I read both."
