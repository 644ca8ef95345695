"""A battle in Chinese on a phone, with formulas wider than it."""

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, expect

from arena.db import Pool
from tests.builders import contender
from tests.conftest import Open
from tests.upstream import Provider

LONG = "+".join(f"a_{{{place}}} x^{{{place}}}" for place in range(20))
ANSWER = f"So $e^{{i\\pi}}+1=0$.\n\n$$\n{LONG}\n$$\n\nIn a line \\({LONG}\\), and \\[{LONG}\\] too.\n"

pytestmark = pytest.mark.browser


async def test_a_vote_on_a_phone_is_chinese_throughout_and_no_formula_widens_the_page(
    browser: Browser, open_arena: Open, db: Pool, provider: Provider
) -> None:
    provider.script("maths", [ANSWER[at : at + 40] for at in range(0, len(ANSWER), 40)])
    for name in ("Anna", "Berta"):
        await contender(db, provider, "maths", name=name)
    context = await browser.new_context(viewport={"width": 360, "height": 800}, locale="zh-CN")
    page = await context.new_page()
    missing: list[str] = []
    page.on("response", lambda response: missing.append(response.url) if response.status >= 400 else None)
    await page.goto(await open_arena())
    await page.get_by_label("你的提示").fill("1 + 1 = ?")
    await page.keyboard.press("Enter")
    battle = page.locator(".battle")
    await expect(battle).to_have_attribute("data-state", "ready")
    await expect(page.locator("[data-side='0'] math")).to_have_count(4)
    await page.keyboard.press("ArrowLeft")
    await expect(page.locator("[data-countdown]")).to_contain_text("A 更好，将在")
    await expect(battle).to_have_attribute("data-state", "voted")
    await expect(page.locator("#revealed")).to_contain_text("你选择了 A，它是 ")
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    violations = (await Axe().run(page)).response["violations"]
    assert [violation["id"] for violation in violations if violation["impact"] in ("serious", "critical")] == []
    assert missing == []
    await context.close()
