"""A person with a screen and a language who holds a battle, and what they see of it."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Locator, Page, Request, expect

from arena.pages.languages import Language

SCREENSHOTS = Path(__file__).parents[1] / "screenshots"
PHONE = 768
HEIGHTS = {360: 740, 768: 1024, 1280: 900}
PROMPTS = {"en": "Which is it, and why?", "zh": "是哪一个？为什么？"}
UNDO_MILLISECONDS = 5_000
MOST_TABS = 25
PATIENCE_MILLISECONDS = 30_000
MARK = re.compile(r"(anna|bert)(\d\d\d)")

# What the page itself says where it can be seen: not what people, models and their makers have written.
OWN_WORDS = """
() => {
  const named = '.answer, blockquote, [lang]:not(html), bdi, .hash, [data-slot], .attribution'
  const foreign = `${named}, kbd, noscript, code, pre, input, textarea`
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  const said = []
  for (let text = walker.nextNode(); text; text = walker.nextNode()) {
    if (!text.parentElement.closest(foreign) && text.parentElement.checkVisibility()) said.push(text.data)
  }
  const fields = [...document.querySelectorAll('[placeholder]')].filter((field) => field.checkVisibility())
  said.push(...fields.map((field) => field.placeholder))
  return said.join(' ')
}
"""
# Names stay as they are in every language.
NAMES = re.compile(
    r"dustalov/llmfao|D\. Ustalov|llmonitor\.com|CC BY 4\.0|JavaScript|Bradley-Terry|UTC|LLMFAO|GPT 4|JSON|API|HTTP|"
    r"CSV|Parquet|Markdown|"
    r"OpenAI chat completions|Anthropic messages|/chat/completions|/messages|Authorization: Bearer|"
    r"https://inference\.example\.org/v1|https|model-7b|bf16"
)
OTHER_WORDS = {"en": re.compile(r"[\u3000-\u303f\u4e00-\u9fff\uff01-\uff60]+"), "zh": re.compile(r"[A-Za-z]{2,}")}

# A control can be used where its middle is in the window, on top, and large enough for a finger.
REACHABLE = """
(control) => {
  const { left, top, width, height } = control.getBoundingClientRect()
  return width >= 24 && height >= 24 && control.contains(document.elementFromPoint(left + width / 2, top + height / 2))
}
"""
CONTROLS = ("vote=a", "vote=b", "vote=tie", "vote=both_bad", "stop", "skip")
WIDE = """
() => [...document.querySelectorAll('body *')]
  .filter((one) => one.getBoundingClientRect().right > document.documentElement.clientWidth && !one.closest('.sides'))
  .map((one) => one.outerHTML.slice(0, 120))
"""
# The rows of a long table are alike, and axe takes its time for each.
FEW_ROWS = {"exclude": [["tbody tr:nth-child(n+6)"]]}
NO_SIDEWAYS_SCROLL = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"


@dataclass
class Reader:
    """Somebody in front of a page of the arena: with a phone they touch, at a desk they press keys."""

    page: Page
    address: str
    language: Language
    width: int
    sent: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("request", self._note)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _note(self, request: Request) -> None:
        if request.method == "POST":
            self.sent.append(request.url.rpartition("/")[2])

    @property
    def phone(self) -> bool:
        """Whether this reader has a phone."""
        return self.width < PHONE

    @property
    def prompt(self) -> str:
        """What this reader asks."""
        return PROMPTS[self.language.tag]

    def button(self, sentence: str) -> Locator:
        """The button that says this in the reader's language, whatever key stands beside it."""
        return self.page.get_by_role("button", name=self.language.say(sentence), disabled=False).locator("visible=true")

    async def act(self, sentence: str, key: str) -> None:
        """Use a control in this reader's way."""
        if self.phone:
            await self.button(sentence).tap()
        else:
            await self.page.keyboard.press(key)

    async def turn_here(self) -> None:
        """Bring this tab to the front and click on it: a key pressed while tabs change belongs to neither."""
        await self.page.bring_to_front()
        if not self.phone:
            await self.page.mouse.click(2, 2)

    async def come(self) -> None:
        """Open the page; from then on its clock is the test's."""
        await self.page.clock.install()
        await self.page.goto(self.address)

    async def ask(self) -> None:
        """Ask, on a page that is there already or is opened now."""
        if self.page.url == "about:blank":
            await self.come()
        await self.page.get_by_label(self.language.say("Your prompt")).fill(self.prompt)
        await self.act("Ask both", "Enter")
        await expect(self.page.locator("[data-asked]")).to_have_text(self.prompt)

    async def follow_up(self, text: str) -> None:
        """Ask both once more; what was read has the focus, and the new prompt is in sight."""
        await self.page.get_by_label(self.language.say("Follow-up for both")).fill(text)
        await self.act("Ask", "Enter")
        await expect(self.page.locator(".follow-up").filter(has_text=text)).to_have_count(2)
        await expect(self.page.locator(".follow-up").filter(has_text=text).first).to_be_in_viewport()
        await expect(self.page.locator(".sides")).to_be_focused()

    async def second_tab(self) -> "Reader":
        """The same battle in another tab, as a browser that duplicates a tab makes it."""
        async with self.page.expect_popup() as opened:
            await self.page.evaluate("void window.open(location.href)")
        tab = await opened.value
        await tab.set_viewport_size({"width": self.width, "height": HEIGHTS[self.width]})
        return Reader(tab, self.address, self.language, self.width, self.sent, self.complaints)

    async def is_in(self, state: str) -> None:
        """Wait until the battle is in this state."""
        await expect(self.page.locator(".battle")).to_have_attribute("data-state", state, timeout=PATIENCE_MILLISECONDS)

    async def sees(self, marks: int) -> None:
        """Both sides show their marks, from the first to this one: none lost, doubled, out of order or the other's."""
        names = set()
        for side in await self.page.locator(".side .answer").all():
            await expect(side).to_contain_text(f"{marks - 1:03}", timeout=PATIENCE_MILLISECONDS)
            found = MARK.findall(await side.text_content() or "")
            assert [int(number) for _, number in found] == list(range(marks)), found
            names |= {name for name, _ in found}
        assert names == {"anna", "bert"}

    async def vote(self, sentence: str, key: str) -> None:
        """Vote, and let the time pass in which that could be undone."""
        await self.act(sentence, key)
        await self.is_in("sending")
        await self.page.clock.run_for(UNDO_MILLISECONDS)

    async def can(self, *controls: str) -> None:
        """Of the controls below the answers these can be used, without scrolling, and no others."""
        for name in CONTROLS:
            control = self.page.locator(f"[data-{name}]:not([aria-disabled=true])").locator("visible=true")
            await expect(control).to_have_count(int(name in controls))
            assert name not in controls or await control.evaluate(REACHABLE), name

    async def is_told(self, sentence: str) -> None:
        """The line above the answers says this, where it can be seen, and nothing else."""
        line = self.page.locator(".progress-line > span").locator("visible=true")
        await expect(line).to_have_text(self.language.say(sentence))

    async def enlarge(self) -> None:
        """Letters of twice the size: on a phone by its setting, at a desk by zooming in."""
        if self.phone:
            await self.page.evaluate("document.documentElement.style.fontSize = '200%'")
        else:
            await self.page.set_viewport_size({"width": self.width // 2, "height": HEIGHTS[self.width] // 2})

    async def tab_to(self, sentence: str) -> None:
        """Go on with the Tab key until this button has the focus, which can be seen there."""
        for _ in range(MOST_TABS):
            await self.page.keyboard.press("Tab")
            if await self.button(sentence).evaluate("button => button.matches(':focus-visible')"):
                break
        outline = await self.button(sentence).evaluate("button => getComputedStyle(button).outlineStyle")
        assert (await self.button(sentence).evaluate(REACHABLE), outline) == (True, "solid"), sentence

    async def fits(self) -> None:
        """Nothing makes the page wider than its window."""
        assert await self.page.evaluate(NO_SIDEWAYS_SCROLL), await self.page.evaluate(WIDE)

    async def looks(self, name: str) -> None:
        """The page is in the reader's language, fits its window, and axe finds nothing, in both themes."""
        name = f"{name}-{self.width}-{self.language.tag}"
        said = NAMES.sub("", await self.page.evaluate(OWN_WORDS))
        assert OTHER_WORDS[self.language.tag].findall(said) == [], name
        SCREENSHOTS.mkdir(exist_ok=True)
        await self.fits()
        await self.page.emulate_media(color_scheme="dark", reduced_motion="reduce")
        await self._photographed(f"{name}-dark")
        await self.page.emulate_media(color_scheme="light", reduced_motion="reduce")
        await self._photographed(f"{name}-light")

    async def _photographed(self, name: str) -> None:
        await self.page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)
        found = (await Axe().run(self.page, context=FEW_ROWS)).response["violations"]
        assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found] == [], name


@asynccontextmanager
async def sitting_down(browser: Browser, address: str, language: Language, width: int) -> AsyncIterator[Reader]:
    """Somebody with a fresh browser, who leaves it at the end without a complaint of any page."""
    context = await browser.new_context(
        viewport={"width": width, "height": HEIGHTS[width]},
        has_touch=width < PHONE,
        is_mobile=width < PHONE,
        locale=str(language.locale).replace("_", "-"),
    )
    reader = Reader(await context.new_page(), address, language, width)
    yield reader
    await context.close()
    assert reader.complaints == []
