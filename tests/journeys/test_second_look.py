"""A stored pair is judged a second time, as a person does it on a phone and at a desk."""

from uuid import UUID

import pytest
from playwright.async_api import Browser, expect

from arena.db import Pool
from arena.pages.languages import CHINESE, ENGLISH, Language
from tests.arena.api.test_second_looks import NAMES
from tests.arena.api.test_second_looks import waiting as waiting
from tests.conftest import Open
from tests.journeys import reader as readers

pytestmark = pytest.mark.browser

PERSONS = [
    pytest.param(ENGLISH, 360, id="360-en"),
    pytest.param(CHINESE, 1280, id="1280-zh", marks=pytest.mark.slow),
]


@pytest.mark.parametrize(("language", "width"), PERSONS)
async def test_a_pair_is_shown_and_voted_on_stays_unnamed_and_is_followed_by_another(
    browser: Browser, open_arena: Open, db: Pool, waiting: dict[UUID, float], language: Language, width: int
) -> None:
    address = await open_arena()
    async with readers.sitting_down(browser, address, language, width) as reader:
        page = reader.page
        await page.clock.install()
        await page.goto(address)
        await (
            page.get_by_role("link", name=language.say("Judge a pair that is waiting")).locator("visible=true").click()
        )
        await reader.looks("second-look")
        await reader.button("Show me a pair").click()
        await reader.is_in("ready")
        shown = await page.locator(".side .answer").first.inner_text()
        await expect(page.locator("[data-asked]")).not_to_be_empty()
        await reader.looks("second-look-ready")
        await page.reload()
        await reader.is_in("ready")
        assert await page.locator(".side .answer").first.inner_text() == shown
        await reader.vote("A is better", "ArrowLeft")
        await reader.is_in("voted")
        await expect(page.locator(".side.chosen")).to_have_count(1)
        await expect(page.locator("[data-slot='outcome']")).to_have_text(language.say("A is better."))
        told = (await page.content()).lower()
        assert not any(name.decode() in told for name in NAMES)
        await reader.looks("second-look-voted")
        await reader.act("Another pair", "n")
        await reader.is_in("ready")
        await (page.locator("[data-skip]").tap() if reader.phone else page.keyboard.press("s"))
        await reader.is_in("idle")
    looks = await db.fetch("SELECT state, outcome FROM second_looks ORDER BY shown_at")
    assert [tuple(look) for look in looks] == [("voted", "a"), ("skipped", None)]
