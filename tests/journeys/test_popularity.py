"""Stars and wishes as a person gives them, on a phone and at a desk, in both languages."""

import pytest
from playwright.async_api import Browser, expect

from arena.db import Pool
from arena.pages import languages
from arena.pages.languages import ENGLISH
from tests.builders import contender
from tests.conftest import Open
from tests.journeys import reader as readers
from tests.journeys.reader import Reader
from tests.upstream import Provider

pytestmark = pytest.mark.browser


@pytest.fixture
async def address(open_arena: Open, db: Pool, provider: Provider) -> str:
    """An arena with two contenders, in which every account's star counts at once."""
    for name in ("anna", "berta"):
        await contender(db, provider, name, slug=name, name=name.title(), organisation="House of Long Names, Limited")
    return await open_arena(star_hours=0)


async def _sign_up(reader: Reader) -> None:
    account = {
        "email": f"{reader.width}.{reader.language.tag}@example.org",
        "name": "Ann",
        "password": "correct horse!",
    }
    answer = await reader.page.request.post(f"{reader.address}/api/v1/accounts", data=account)
    assert answer.status == 201, await answer.text()


async def test_the_page_of_stars_and_wishes(browser: Browser, address: str) -> None:
    for language in languages.ALL.values():
        for width in readers.HEIGHTS:
            async with readers.sitting_down(browser, address, language, width) as reader:
                say, page = language.say, reader.page
                await page.goto(f"{address}/popularity")
                await expect(page.locator("[data-signed-out]")).to_be_visible()
                await expect(page.locator(".star")).to_have_count(2)
                await expect(page.locator(".star").first).to_be_hidden()
                await reader.looks("popularity-nobody")
                await _sign_up(reader)
                await page.reload()
                await expect(page.locator("[data-signed-out]")).to_be_hidden()
                star = page.locator("[data-star=berta]")
                await star.click()
                await expect(star).to_have_attribute("aria-pressed", "true")
                await page.get_by_label(say("Model"), exact=True).fill(f"Llama {width} {language.tag}")
                await page.get_by_label(say("Link")).fill("https://example.org/llama")
                await page.get_by_role("button", name=say("Wish for this")).click()
                await expect(
                    page.get_by_text(say("Your wish is kept. It is in the list when you load the page again."))
                ).to_be_visible()
                await reader.looks("popularity")
                await page.reload()
                await expect(star).to_have_attribute("aria-pressed", "true")
                await expect(page.locator("tbody bdi").filter(has_text=f"{width} {language.tag}")).to_have_count(1)


async def test_a_star_is_given_and_taken_back_with_the_keyboard(browser: Browser, address: str) -> None:
    async with readers.sitting_down(browser, address, ENGLISH, 1280) as reader:
        page = reader.page
        await page.goto(address)
        await _sign_up(reader)
        await page.goto(f"{address}/popularity")
        star, count = page.get_by_role("button", name="Star Anna"), page.locator("[data-stars=anna]")
        await expect(star).to_be_visible()
        for pressed, stars in (("true", "1"), ("false", "0"), ("true", "1")):
            await star.focus()
            await page.keyboard.press("Enter")
            await expect(star).to_have_attribute("aria-pressed", pressed)
            await expect(count).to_have_text(stars)
            await expect(star).to_be_focused()


async def test_a_wish_that_is_refused_keeps_what_was_typed_and_says_why(browser: Browser, address: str) -> None:
    async with readers.sitting_down(browser, address, ENGLISH, 360) as reader:
        page = reader.page
        await page.goto(address)
        await _sign_up(reader)
        await page.goto(f"{address}/popularity")
        field = page.get_by_label("Model", exact=True)
        await field.fill("ANNA")
        await page.get_by_role("button", name="Wish for this").click()
        await expect(page.get_by_role("link", name="/contenders/anna")).to_be_visible()
        await expect(field).to_have_value("ANNA")
        await reader.looks("popularity-refused")
        await field.fill("Zora")
        await page.get_by_role("button", name="Wish for this").click()
        await page.get_by_role("button", name="Take my wish back").click()
        await expect(page.get_by_text("You wish for nothing now.")).to_be_visible()
        await expect(field).to_have_value("")


async def test_a_star_of_a_fresh_account_is_kept_and_said_to_wait(
    browser: Browser, open_arena: Open, db: Pool, provider: Provider
) -> None:
    await contender(db, provider, "anna", slug="anna", name="Anna")
    async with readers.sitting_down(browser, await open_arena(), ENGLISH, 360) as reader:
        page = reader.page
        await page.goto(reader.address)
        await _sign_up(reader)
        await page.goto(f"{reader.address}/popularity")
        await page.get_by_role("button", name="Star Anna").click()
        await expect(page.get_by_role("status").first).to_have_text(
            "Your star is kept. It counts once your account is 1 day old."
        )
        await expect(page.locator("[data-stars=anna]")).to_have_text("0")
