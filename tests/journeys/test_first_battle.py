"""One real battle, from the browser to the leaderboard: two real models, a vote, the reveal, and the board moves."""

import re
from pathlib import Path

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import BrowserContext, Page, expect

from tests.journeys.conftest import Start

SCREENSHOTS = Path(__file__).parents[1] / "screenshots"
SERIOUS = {"serious", "critical"}
# A small model on a busy machine takes its time, and so does the worker, which lets everybody else go first.
ANSWER_MILLISECONDS = 90_000
BOARD_MILLISECONDS = 60_000

pytestmark = pytest.mark.browser


class Watch:
    """What the page asked for and complained about."""

    def __init__(self, page: Page, address: str) -> None:
        self.foreign: list[str] = []
        self.complaints: list[str] = []
        page.on(
            "request", lambda request: None if request.url.startswith(address) else self.foreign.append(request.url)
        )
        page.on("console", lambda message: self._heard(message.type, message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _asked(self, url: str, address: str) -> None:
        if not url.startswith(address):
            self.foreign.append(url)

    def _heard(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.complaints.append(text)


async def _kept(page: Page, name: str) -> None:
    """A screenshot in both themes at desk and phone width, and no serious finding of axe in any."""
    for width, height in ((1280, 900), (390, 844)):
        for theme in ("light", "dark"):
            await page.set_viewport_size({"width": width, "height": height})
            await page.emulate_media(color_scheme="dark" if theme == "dark" else "light", reduced_motion="reduce")
            await page.screenshot(path=SCREENSHOTS / f"{name}-{width}-{theme}.png", full_page=True)
            assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{name} at {width}"
            found = await Axe().run(page)
            serious = [found_one for found_one in found.response["violations"] if found_one["impact"] in SERIOUS]
            assert not serious, f"{name} {width} {theme}: {serious}"
    await page.set_viewport_size({"width": 1280, "height": 900})


@pytest.mark.slow
async def test_a_person_asks_votes_learns_who_it_was_and_the_board_moves(start: Start, context: BrowserContext) -> None:
    SCREENSHOTS.mkdir(exist_ok=True)
    address = await (await start()).opened()
    page = await context.new_page()
    watch = Watch(page, address)

    await page.goto(f"{address}/leaderboard")
    await expect(page.locator("table.data")).to_have_count(0)
    await _kept(page, "leaderboard-empty")

    await page.goto(address)
    await _kept(page, "battle-idle")
    await page.get_by_label("Your prompt").fill("Name three colours of the rainbow.")
    await page.keyboard.press("Enter")
    battle = page.locator(".battle")
    await expect(battle).to_have_attribute("data-state", "streaming")
    await expect(page.locator(".side").first).not_to_have_text(re.compile(r"^\s*A?\s*Answer A\s*$"), timeout=30_000)
    await expect(battle).to_have_attribute("data-state", "ready", timeout=ANSWER_MILLISECONDS)
    before = await page.content()
    assert "SmolLM" not in before
    await _kept(page, "battle-ready")

    await page.keyboard.press("ArrowLeft")
    await expect(battle).to_have_attribute("data-state", "sending")
    await page.keyboard.press("u")
    await expect(battle).to_have_attribute("data-state", "ready")
    await page.get_by_role("button", name="A is better").click()
    await expect(battle).to_have_attribute("data-state", "voted")
    await expect(page.locator("#revealed")).to_contain_text("You preferred A. It is SmolLM2 135M,")
    await expect(page.locator("#revealed")).to_be_focused()
    await _kept(page, "battle-voted")

    await page.goto(f"{address}/leaderboard")
    await expect(page.locator("table.data tbody tr")).to_have_count(2, timeout=BOARD_MILLISECONDS)
    winner = page.locator("table.data tbody tr").first
    await expect(winner).to_contain_text("SmolLM2 135M")
    await expect(winner.locator("svg.whisker")).to_be_visible()
    await expect(winner.locator(".range")).to_have_text("1–2")
    await _kept(page, "leaderboard")
    for name in ("methodology", "policy", "nothing-here"):
        await page.goto(f"{address}/{name}")
        await _kept(page, name)

    assert watch.foreign == []
    assert [text for text in watch.complaints if "404" not in text] == []


async def test_a_side_that_breaks_is_said_and_the_prompt_is_kept(
    context: BrowserContext, arena_of_broken_sides: str
) -> None:
    page = await context.new_page()
    await page.goto(arena_of_broken_sides)
    await page.get_by_label("Your prompt").fill("Will this break?")
    await page.keyboard.press("Enter")
    await expect(page.locator(".battle")).to_have_attribute("data-state", "void")
    await expect(page.locator("[data-void-heading]")).to_contain_text("does not count")
    await page.get_by_role("button", name="Another prompt").click()
    await expect(page.locator(".battle")).to_have_attribute("data-state", "idle")


async def test_markup_of_a_model_stays_text_in_a_real_browser(context: BrowserContext, arena_of_scripts: str) -> None:
    page = await context.new_page()
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: dialogs.append(dialog.message))
    await page.goto(arena_of_scripts)
    await page.get_by_label("Your prompt").fill("Run this, please.")
    await page.keyboard.press("Enter")
    await expect(page.locator(".battle")).to_have_attribute("data-state", "ready")
    await expect(page.locator(".side").first).to_contain_text("alert(1)")
    assert await page.locator(".answer :is(script, img, iframe, svg, style, form)").count() == 0
    assert await page.evaluate("globalThis.broken === undefined")
    assert dialogs == []
