"""Rigged votes from a handful of browsers: the case appears, two operators decide it, and every page says the same."""

from base64 import b64decode
from contextlib import AsyncExitStack
from dataclasses import dataclass
from uuid import UUID

import pytest
from playwright.async_api import Browser, expect

from arena.config import Settings
from arena.db import Pool
from arena.integration import audits, heads, ledger, merkle
from arena.pages.languages import CHINESE, ENGLISH, Language
from arena.people import voters
from arena.publishing import releases
from tests import rigged
from tests.builders import ready_battle
from tests.conftest import Open
from tests.journeys import reader as readers
from tests.journeys.reader import Reader
from tests.rigged import Hall
from tests.upstream import Provider

pytestmark = [pytest.mark.browser, pytest.mark.slow]

HONEST, RIGGED = 360, 30
PASSWORD = "correct horse battery"


@dataclass
class Story:
    """An arena whose visitors are browsers, and what all of them look at."""

    browser: Browser
    address: str
    hall: Hall

    async def cast(self) -> list[UUID]:
        """Six votes for the last contender from each of five browsers, which are one person's."""
        cast = []
        for _ in range(5):
            context = await self.browser.new_context(base_url=self.address)
            asked = await context.request.post("/api/v1/battles", data={"prompt": "Who are you?"})
            assert asked.status == 201
            [kept] = [each["value"] for each in await context.cookies() if each["name"] == "voter"]
            for other in range(6):
                pair = [self.hall.entrants[5], self.hall.entrants[other % 5]]
                battle, _ = await ready_battle(self.hall.db, pair, voters.read(kept, self.hall.settings.secret))
                shown = "SELECT position FROM sides WHERE battle_id = $1 AND contender_id = $2"
                place = await self.hall.db.fetchval(shown, battle.id, pair[0].contender_id)
                voted = await context.request.post(f"/api/v1/battles/{battle.id}/vote", data={"outcome": "ab"[place]})
                assert voted.status == 201
                cast.append(UUID((await voted.json())["vote"]["id"]))
            await context.close()
        return cast

    async def operator(self, stack: AsyncExitStack, who: str, language: Language, width: int) -> Reader:
        """An operator who has signed in."""
        reader = await stack.enter_async_context(readers.sitting_down(self.browser, self.address, language, width))
        account = {"email": f"{who}@example.org", "name": who, "password": PASSWORD}
        made = await reader.page.request.post(f"{self.address}/api/v1/accounts", data=account)
        assert made.status == 201
        await self.hall.db.execute("UPDATE accounts SET roles = array_append(roles, 'operator') WHERE name = $1", who)
        return reader

    async def released(self) -> str:
        """The board and its ledger after what was decided, as the workers bring them up to date."""
        release_id = await releases.refresh(self.hall.db, self.hall.board, self.hall.settings)
        while await ledger.append(self.hall.db, heads.key(self.hall.settings)):
            pass
        return release_id


@pytest.fixture
async def story(browser: Browser, open_arena: Open, db: Pool, settings: Settings, provider: Provider) -> Story:
    hall = await rigged.hall(db, settings, provider)
    return Story(browser, await open_arena(), hall)


async def test_rigged_votes_are_excluded_by_two_operators_and_all_pages_agree(story: Story) -> None:
    async with AsyncExitStack() as stack:
        first = await story.operator(stack, "first", ENGLISH, 1280)
        second = await story.operator(stack, "second", CHINESE, 360)
        cast = await story.cast()
        await story.released()
        await audits.run(story.hall.db, story.hall.board)
        await first.page.goto(f"{story.address}/audit")
        await first.looks("audit")
        await first.page.get_by_role("link", name="Accounts that look like one person push together").click()
        await _decide(first, "Take it up", "acknowledge", "Five browsers of one network.")
        await first.looks("audit-taken-up")
        await _decide(first, "Exclude the votes", "exclude", "All for one contender, within a minute.")
        await expect(first.page.get_by_text("a second operator must say so")).to_be_visible()
        await second.page.goto(first.page.url)
        await second.looks("audit-second")
        await _decide(second, "Exclude the votes", "exclude", "我也这样认为。")
        await expect(second.page.locator(".state").first).to_have_text(CHINESE.say("Excluded"))
        await second.looks("audit-excluded")
        await _agree(story, second, cast, await story.released(), excluded=True)
        await first.page.reload()
        await _decide(first, "Restore the votes", "restore", "It was a class.")
        await expect(first.page.locator(".state").first).to_have_text("Votes restored")
        await _agree(story, first, cast, await story.released(), excluded=False)


async def _decide(reader: Reader, button: str, act: str, text: str) -> None:
    form = reader.page.locator(f"form[data-call$='/{act}']")
    await form.locator("[name=text]").fill(text)
    before = await reader.page.locator(".timeline li").count()
    await form.get_by_role("button", name=reader.language.say(button)).click()
    await expect(reader.page.locator(".timeline li")).to_have_count(before + 1)


async def _agree(story: Story, reader: Reader, cast: list[UUID], release_id: str, *, excluded: bool) -> None:
    """Board, receipt, its proof, the table and the release's notes, as one reader finds them."""
    page, say, counted = reader.page, reader.language.say, HONEST if excluded else HONEST + RIGGED
    await page.goto(f"{story.address}/leaderboard")
    await expect(page.locator(".figures dd").first).to_have_text(str(counted))
    await page.goto(f"{story.address}/audit")
    told = page.locator(".figures > div").filter(has_text=say("votes excluded by the audit")).locator("dd")
    await expect(told).to_have_text(str(RIGGED if excluded else 0))
    await page.goto(f"{story.address}/audit/votes?status={'excluded' if excluded else 'counted'}&finding=1")
    await expect(page.locator("tbody tr")).to_have_count(RIGGED)
    await reader.looks(f"audit-votes-{'excluded' if excluded else 'restored'}")
    await page.goto(f"{story.address}/releases/{release_id}")
    notes = (
        "Votes counted: {votes}, {fewer} fewer than before."
        if excluded
        else ("Votes counted: {votes}, {more} more than before.")
    )
    values = {"votes": str(counted), "fewer": str(RIGGED), "more": str(RIGGED)}
    await expect(page.get_by_text(_filled(say(notes), values))).to_be_visible()
    await page.goto(f"{story.address}/votes/{cast[0]}")
    title = "This vote is not counted" if excluded else "This vote is counted"
    await expect(page.get_by_role("heading", level=1)).to_have_text(say(title))
    if not excluded:
        await expect(page.get_by_text("It was a class.")).to_be_visible()
    await reader.looks(f"audit-receipt-{'excluded' if excluded else 'restored'}")
    await _proved(story, reader, cast[0])
    kind = "exclusion" if excluded else "exclusion_lifted"
    leaves = await story.hall.db.fetch("SELECT count(*) FROM ledger_leaves WHERE kind = $1", kind)
    assert leaves[0]["count"] == RIGGED


def _filled(sentence: str, values: dict[str, str]) -> str:
    return sentence.format(**values)


async def _proved(story: Story, reader: Reader, vote_id: UUID) -> None:
    """The receipt's proof holds: the leaf it links to is in the tree whose head is signed."""
    receipt = await (await reader.page.request.get(f"{story.address}/api/v1/votes/{vote_id}")).json()
    await expect(reader.page.locator("#proof")).to_be_visible()
    leaf = await (await reader.page.request.get(f"{story.address}/api/v1/ledger/leaves/{receipt['leaf']}")).body()
    head, path = receipt["proof"]["head"], [b64decode(each) for each in receipt["proof"]["hashes"]]
    assert merkle.includes(receipt["leaf"], head["size"], merkle.leaf(leaf), path, b64decode(head["root"]))
