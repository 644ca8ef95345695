"""What people paste and models say to break a page: it stays usable, and the server answers."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, expect

from arena.db import Pool
from arena.pages.languages import ENGLISH
from tests.builders import Visitor, contender
from tests.conftest import Open
from tests.journeys import reader as readers
from tests.journeys.reader import Reader
from tests.upstream import Provider

pytestmark = pytest.mark.browser

FLOOD = "\N{RIGHT-TO-LEFT OVERRIDE}שלום" * 400 + "Z" + "\N{COMBINING ACUTE ACCENT}\N{COMBINING TILDE BELOW}" * 4000
BOMB = "\n\n".join(
    [
        ">" * 400 + " deep",
        "\n".join("  " * depth + "- item" for depth in range(60)),
        "\n".join(["|" + " x |" * 60, "|" + "---|" * 60, *["|" + " wide |" * 60] * 30]),
        "**" * 2000 + "[" * 2000 + "`" * 999,
        "w" * 5000,
        FLOOD,
    ]
)
# Pressed faster than anybody can: votes and their undoing, keys that mean something elsewhere, and none that leaves.
PRESS = """
() => {
  const keys = ['ArrowLeft', 'u', 'Escape', 'Tab', 'x', 'u', 'F5', 'Control', 'ArrowDown', 'u', 'Backspace', 'Home']
  for (let pressed = 0; pressed < 10_000; pressed += 1) {
    const key = keys[pressed % keys.length]
    document.body.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }))
  }
  return document.querySelector('.battle').dataset.state
}
"""


@pytest.fixture(params=[360, pytest.param(1280, marks=pytest.mark.slow)])
async def reader(
    request: pytest.FixtureRequest, browser: Browser, open_arena: Open, db: Pool, provider: Provider
) -> AsyncIterator[Reader]:
    provider.script("bomb", [BOMB[at : at + 4000] for at in range(0, len(BOMB), 4000)])
    for _ in range(2):
        await contender(db, provider, "bomb")
    async with readers.sitting_down(browser, await open_arena(), ENGLISH, request.param) as somebody:
        yield somebody


async def test_floods_bombs_and_ten_thousand_keys_leave_the_page_usable(reader: Reader) -> None:
    page = reader.page
    await reader.come()
    prompt, refusal = page.get_by_label("Your prompt"), page.get_by_role("alert")
    await prompt.fill("é " * 100_000)
    await reader.button("Ask both").click()
    await expect(refusal).to_have_text("This prompt has 199,999 characters; 32,000 fit.")
    await reader.fits()
    await prompt.fill("a\x01\x02" * 5_000)
    await reader.button("Ask both").click()
    await expect(refusal).to_contain_text("control character U+0001 at place 2")

    await prompt.fill(FLOOD)
    await reader.button("Ask both").click()
    await reader.is_in("ready")
    await reader.fits()
    await reader.can("vote=a", "vote=b", "vote=tie", "vote=both_bad", "skip")
    height = await page.evaluate("document.querySelector('.asked').getBoundingClientRect().height")
    assert height < readers.HEIGHTS[reader.width]

    assert await page.evaluate(PRESS) == "ready"
    async with Visitor(reader.address) as visitor:
        assert (await visitor.get("/health/live"))[0] == 200
    assert "vote" not in reader.sent
    await reader.vote("Both bad", "x")
    await reader.is_in("voted")
    await reader.fits()
    await page.screenshot(path=readers.SCREENSHOTS / f"bad-input-{reader.width}.png")
