"""A new provider alone with the pages: from the home page to a contender that is drawn, and what goes wrong between."""

import re
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from playwright.async_api import Browser, Locator, expect

from arena.db import Pool
from arena.pages import languages
from arena.people import accounts
from arena.people.accounts import Role
from tests.builders import Visitor, contender, until
from tests.conftest import Open
from tests.journeys import reader as readers
from tests.journeys.reader import Reader
from tests.upstream import Provider

PLACES = [(languages.ENGLISH, 1280), (languages.CHINESE, 360)]
KEY = "sk-live-0123456789abcdef4f2a"
PASSWORD = "correct horse battery"
EMAIL = "ann@northgate.example"
MODEL = "northgate-7b"
# What is promised; the machine that types for the person takes no time, so each field is counted as ten seconds.
MOST_SECONDS = 180
FIELD_SECONDS = 10
CHECK_MILLISECONDS = 60_000

pytestmark = pytest.mark.browser


@dataclass
class Newcomer:
    """A new provider, how often they have clicked and how many fields they have filled in."""

    reader: Reader
    db: Pool
    provider: Provider
    clicks: int = 0
    filled: int = 0

    def says(self, sentence: str) -> str:
        """The sentence in the newcomer's language."""
        return self.reader.language.say(sentence)

    async def click(self, control: Locator) -> None:
        """Click, or tap."""
        self.clicks += 1
        await (control.tap() if self.reader.phone else control.click())

    async def press(self, sentence: str) -> None:
        """Press the button that says this."""
        await self.click(self.reader.button(sentence))

    async def fill(self, name: str, text: str, form: str = "main") -> None:
        """Fill in the field of this name, where it can be seen."""
        self.filled += 1
        await self.reader.page.locator(f"{form} [name='{name}']").fill(text)

    async def come(self) -> None:
        """From the home page to a new account."""
        page = self.reader.page
        await page.goto(self.reader.address)
        await self.click(page.get_by_role("link", name=self.says("Bring your own model")))
        await page.wait_for_url("**/providers")
        for name, text in (
            ("organisation", "Northgate Lab"),
            ("name", "Ann"),
            ("email", EMAIL),
            ("password", PASSWORD),
        ):
            await self.fill(name, text, "[data-sign-up]")
        await self.press("Open an account")
        await page.wait_for_url("**/providers/new")

    async def become_operator(self) -> None:
        """The tests' provider stands at a private address, which only an operator can let an endpoint use."""
        account = await accounts.require(self.db, EMAIL)
        await accounts.appoint(self.db, account.id, Role.OPERATOR)
        await self.reader.page.reload()

    async def register(self, key: str) -> None:
        """Say what a newcomer knows: an address and a key, the model's name there and here."""
        await self.fill("base_url", self.provider.base_url)
        await self.fill("key", key)
        await self.fill("model", MODEL)
        await self.fill("name", "Northgate 7B")
        await self.click(self.reader.page.locator("#address summary"))
        await self.fill("grant.reason", "It stands beside the arena.")
        await self.press("Register and test")
        await self.reader.page.wait_for_url(re.compile(r"/providers/endpoints/[0-9a-f-]{36}$"))

    async def is_in(self, state: str) -> None:
        """Wait until the page says that the endpoint is in this state."""
        await expect(self.reader.page.locator("main")).to_have_attribute(
            "data-state", state, timeout=CHECK_MILLISECONDS
        )

    async def steps(self, outcome: str) -> list[str]:
        """The titles of the steps of the contract test that ended so."""
        found = self.reader.page.locator("[data-checks] > li", has=self.reader.page.locator(f"[data-s={outcome}]"))
        return await found.locator("b").first.all_inner_texts() if await found.count() else []


@pytest.fixture(params=PLACES, ids=lambda place: f"{place[0].tag}-{place[1]}")
async def newcomer(
    request: pytest.FixtureRequest, browser: Browser, open_arena: Open, db: Pool, provider: Provider
) -> AsyncIterator[Newcomer]:
    """Somebody with a model behind a key, in front of an arena with one contender."""
    language, width = request.param
    provider.script(MODEL, [f"word {number} of the answer. " for number in range(40)], delay=0.002)
    provider.script("other", ["Another ", "answer."])
    await contender(db, provider, "other")
    provider.want(KEY)
    address = await open_arena(working=True)
    async with readers.sitting_down(browser, address, language, width) as reader:
        yield Newcomer(reader, db, provider)


async def test_a_new_provider_has_a_contender_drawn_within_three_minutes(newcomer: Newcomer) -> None:
    began = time.monotonic()
    await newcomer.come()
    await newcomer.become_operator()
    await newcomer.register(KEY)
    await newcomer.is_in("warming")
    assert newcomer.clicks == 4
    assert newcomer.filled == 9
    assert time.monotonic() - began + FIELD_SECONDS * newcomer.filled < MOST_SECONDS
    await newcomer.reader.looks("provider-warming")

    async def drawn() -> bool:
        async with Visitor(newcomer.reader.address) as voter:
            await voter.post("/api/v1/battles", {"prompt": "Which is it?"})
        sides = "SELECT count(*) FROM sides JOIN endpoints ON endpoints.id = endpoint_id WHERE model = $1"
        return bool(await newcomer.db.fetchval(sides, MODEL))

    await until(drawn)


async def test_a_wrong_key_is_told_mended_on_the_same_page_and_passed(newcomer: Newcomer) -> None:
    page = newcomer.reader.page
    await newcomer.come()
    await newcomer.become_operator()
    await newcomer.register("sk-wrong-0123456789abcdef0000")
    await newcomer.is_in("rejected")
    failed = page.locator("[data-checks] > li", has=page.locator("[data-s=fail]"))
    sentence = newcomer.says("It refuses the key (status {status}). Enter another one.").replace("{status}", "401")
    await expect(failed.locator("p")).to_have_text(sentence)
    await newcomer.click(failed.locator("summary"))
    await expect(failed.locator("pre").first).to_be_visible()
    assert "sk-wrong" not in await page.content()
    await newcomer.reader.looks("provider-rejected")
    await newcomer.fill("key", KEY)
    await newcomer.press("Save and test again")
    await newcomer.is_in("warming")
    assert KEY not in await page.content()
    await expect(page.locator("#key-hint")).to_contain_text("4f2a")
    await expect(page.locator("[data-timeline] > li:not(.ahead)")).to_have_count(5)
