"""The whole story of a voter, on a phone, a tablet and at a desk, in both languages and themes."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import UUID

import pytest
from playwright.async_api import Browser, BrowserContext, expect

from arena.config import Settings
from arena.db import Pool
from arena.evaluation import screening, votes
from arena.evaluation.exclusions import Reason, Remark
from arena.integration import boards
from arena.pages.languages import CHINESE, ENGLISH
from arena.publishing import releases
from arena.submission.endpoints import Entrant
from rating import Outcome
from tests.builders import contender, ready_battle, until
from tests.conftest import Open
from tests.journeys import reader as readers
from tests.journeys.reader import Reader
from tests.upstream import Provider

pytestmark = pytest.mark.browser

SCREENS = {
    f"{width}-{language.tag}": (width, language) for width in (360, 768, 1280) for language in (ENGLISH, CHINESE)
}
OFTEN = ("768-zh",)
LETTERS = (Outcome.A, Outcome.B)
NAMES = ("Anna 7B Instruct", "Bert Large")
ABOUT = "Trained for chat. 为对话而训练。"
ANSWER = """The sky is blue because **air scatters short waves more** than long ones (Rayleigh, 1871).

| colour | wavelength |
|---|---|
| blue | 450 nm |
| red | 700 nm |

```python
def scattered(wavelength):
    return wavelength ** -4
```

So, at noon, what comes from all sides is mostly blue; in the evening the way through the air is long, and red is left.
"""


@dataclass
class Hall:
    """An arena with two contenders who can be made to fail, and a board on which both stand."""

    address: str
    db: Pool
    provider: Provider
    entrants: list[Entrant]
    settings: Settings

    async def fill(self) -> None:
        """Let others vote on the same two, and release the board."""
        for number in range(24):
            battle, voter_id = await ready_battle(self.db, self.entrants)
            await votes.cast(self.db, battle.id, voter_id, LETTERS[number % 2] if number % 4 else Outcome.TIE)
        await releases.refresh(self.db, await boards.require(self.db, "overall"), self.settings)

    async def breaks(self, model: str) -> None:
        """Let both be this model of the provider from now on."""
        await self.db.execute(
            "UPDATE endpoints SET model = $1, failures = 0, failed_at = NULL, cooled_until = NULL", model
        )


@pytest.fixture
async def hall(open_arena: Open, db: Pool, provider: Provider, settings: Settings) -> Hall:
    provider.script("sky", [ANSWER[at : at + 60] for at in range(0, len(ANSWER), 60)])
    entrants = []
    for name in NAMES:
        card = {"name": name, "slug": name.lower().replace(" ", "-"), "organisation": f"{name.split()[0]} Labs"}
        entrants.append(await contender(db, provider, "sky", description=ABOUT, **card))
    await db.execute("UPDATE contenders SET licence = 'apache-2.0'")
    await db.execute("UPDATE endpoints SET prompt_price = 0.15, answer_price = 0.6")
    return Hall(await open_arena(), db, provider, entrants, settings)


@pytest.fixture(params=[name if name in OFTEN else pytest.param(name, marks=pytest.mark.slow) for name in SCREENS])
async def reader(request: pytest.FixtureRequest, browser: Browser, hall: Hall) -> AsyncIterator[Reader]:
    width, language = SCREENS[request.param]
    async with readers.sitting_down(browser, hall.address, language, width) as somebody:
        yield somebody


async def _leaks_once(_: Pool, battle_id: UUID, turn: int, answers: object) -> list[Remark]:
    return [Remark(reason=Reason.LEAK, position=1)]


async def test_a_voter_asks_fails_retries_votes_says_why_shares_and_leaves(
    reader: Reader, hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    page, say = reader.page, reader.language.say
    foreign: list[str] = []
    page.on("request", lambda asked: None if asked.url.startswith(hall.address) else foreign.append(asked.url))
    await hall.fill()

    await reader.come()
    await page.locator("[data-kind-chip=code]").click()
    await expect(page.locator("[data-suggestion]:visible").first).to_have_attribute("data-kind", "code")
    await reader.looks("story-idle")

    await hall.breaks("status500")
    await reader.ask()
    await reader.is_in("void")
    await expect(page.locator("[data-void-heading]")).to_be_focused()
    await reader.looks("story-void")
    await hall.breaks("sky")
    monkeypatch.setattr(screening, "remarks", _leaks_once)
    await reader.button("Try again with a new pair").click()
    await expect(page.locator("[data-asked]")).to_have_text(reader.prompt)
    await reader.is_in("ready")
    await expect(page.locator("[data-remarks]")).to_be_in_viewport()
    await reader.can("vote=a", "vote=b", "vote=tie", "vote=both_bad", "skip")
    await reader.looks("story-remarked")

    await reader.act("Tie", "ArrowDown")
    await reader.act("Undo", "u")
    await reader.is_in("ready")
    await reader.vote("A is better", "ArrowLeft")
    await reader.is_in("voted")
    await expect(page.locator("[data-slot=others]")).to_be_visible()
    await expect(page.locator("[data-slot=receipt]")).not_to_be_empty()
    assert await reader.button("Next battle").evaluate(readers.REACHABLE)
    await page.locator("[data-opinion] summary").click()
    await reader.button("Correct").first.click()
    await page.get_by_label(say("In your own words")).fill("1871 ✓")
    await reader.button("Keep this").click()
    await expect(page.locator("[data-opinion-told]")).to_have_text(
        say("Kept beside your vote. It is never part of the rating.")
    )
    await page.locator("[data-share] summary").click()
    await reader.button("Make a link").click()
    link = page.locator("[data-share-link]")
    await expect(link).to_be_focused()
    await reader.looks("story-voted")
    await page.reload()
    await reader.is_in("voted")
    await page.locator("[data-share] summary").click()
    address = await link.input_value()

    await _see_shared(reader, page.context, address, "story-shared", texts=False)
    await page.get_by_label(say("Show the prompt and both answers, too")).check()
    await reader.button("Change the link").click()
    await expect(page.locator("[data-share-told]")).to_have_text(
        say("Whoever has this link sees the prompt and both answers.")
    )
    await _see_shared(reader, page.context, address, "story-shared-texts", texts=True)
    await reader.button("Take it back").click()
    await expect(page.locator("[data-share-told]")).to_have_text(say("Taken back. The link shows nothing any more."))
    await page.locator("#revealed").focus()
    await reader.act("Next battle", "n")
    await reader.is_in("idle")

    await reader.ask()
    await reader.is_in("ready")
    await (page.locator("[data-skip]").tap() if reader.phone else page.keyboard.press("s"))
    await reader.looks("story-skip")
    await reader.act("It is not my field", "3")
    await reader.is_in("idle")
    await expect(page.locator("#prompt")).to_be_focused()
    assert foreign == []

    async def kept() -> bool:
        rows = await hall.db.fetch(
            "SELECT state, reason, outcome FROM battles LEFT JOIN votes ON battle_id = battles.id"
        )
        return {("void", None), ("voted", "a"), ("skipped", None)} <= {(row["state"], row["outcome"]) for row in rows}

    await until(kept)
    assert await hall.db.fetchval("SELECT reason FROM battles WHERE state = 'skipped'") == "not_my_field"
    assert await hall.db.fetchval("SELECT count(*) FROM shares") == 0


async def _see_shared(reader: Reader, context: BrowserContext, address: str, name: str, *, texts: bool) -> None:
    """What somebody else sees under the link."""
    somebody = Reader(await context.new_page(), reader.address, reader.language, reader.width)
    await somebody.page.goto(address)
    await expect(somebody.page.locator(".versus")).to_contain_text("Anna Labs")
    await expect(somebody.page.locator(".side")).to_have_count(2 if texts else 0)
    await somebody.looks(name)
    await somebody.page.close()
