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
from tests import pupils
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
        async with self.db.acquire() as connection:
            roles = (Role.PROVIDER, Role.OPERATOR)
            await accounts.appoint(connection, account.id, roles, by=account.id, reason="the first operator")
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


@pytest.fixture(params=PLACES, ids=lambda place: f"{place[0].tag}-{place[1]}")
async def newcomer(
    request: pytest.FixtureRequest, browser: Browser, open_arena: Open, db: Pool, provider: Provider
) -> AsyncIterator[Newcomer]:
    """Somebody with a model behind a key, in front of an arena with one contender."""
    language, width = request.param
    provider.teach(MODEL, pupils.good)
    provider.script("other", ["Another ", "answer."])
    await contender(db, provider, "other")
    provider.keys.add(KEY)
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
    page = newcomer.reader.page
    await page.reload()
    await expect(page.locator("[data-figures] dd")).to_have_count(8)
    await newcomer.reader.looks("provider-fares")


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
    await expect(page.locator("[data-checks] [data-s=pass]")).to_have_count(13)
    await expect(page.locator("[data-timeline] > li:not(.ahead)")).to_have_count(5)


async def test_what_is_typed_outlives_refusals_and_a_reload_but_for_the_key(newcomer: Newcomer) -> None:
    page = newcomer.reader.page
    await newcomer.come()
    await newcomer.reader.looks("provider-new")
    await newcomer.press("Register and test")
    await expect(page.locator(".field.wrong")).to_have_count(3)
    await expect(page.locator("[name=base_url]")).to_be_focused()
    await newcomer.fill("base_url", newcomer.provider.base_url)
    await newcomer.fill("key", KEY)
    await newcomer.fill("model", MODEL)
    await newcomer.fill("name", "Northgate 7B")
    await newcomer.press("Register and test")
    wrong = page.locator(".field.wrong")
    await expect(wrong).to_have_attribute("data-field", "base_url")
    refused = "An endpoint is called by https on port 443 of a public address; "
    refused += "an operator can allow it one other address and port."
    await expect(wrong.locator(".error")).to_have_text(newcomer.says(refused))
    await newcomer.reader.looks("provider-refused")
    await page.reload()
    await expect(page.locator("[name=base_url]")).to_have_value(newcomer.provider.base_url)
    await expect(page.locator("[name=name]")).to_have_value("Northgate 7B")
    await expect(page.locator("[name=key]")).to_have_value("")
    assert KEY not in str(await page.evaluate("Object.values(sessionStorage)"))


async def test_a_duplicate_links_to_what_it_repeats(newcomer: Newcomer) -> None:
    page = newcomer.reader.page
    await newcomer.come()
    await newcomer.become_operator()
    await newcomer.register(KEY)
    await newcomer.is_in("warming")
    await page.goto(f"{newcomer.reader.address}/providers/new")
    await expect(page.locator("[name=base_url]")).to_have_value("")
    await newcomer.fill("base_url", newcomer.provider.base_url)
    await newcomer.fill("model", MODEL)
    await newcomer.fill("name", "Another")
    await newcomer.click(page.locator("#address summary"))
    await newcomer.fill("grant.reason", "It stands beside the arena.")
    await newcomer.press("Register and test")
    await newcomer.click(page.locator(".field.wrong .error a"))
    await page.wait_for_url("**/contenders/northgate-7b")
    await expect(page.locator("h1")).to_have_text("Northgate 7B")


async def test_an_endpoint_is_paused_resumed_renamed_and_retired_with_its_reasons(newcomer: Newcomer) -> None:
    page = newcomer.reader.page
    await newcomer.come()
    await newcomer.become_operator()
    await newcomer.register(KEY)
    await newcomer.is_in("warming")
    for act, state in (("pause", "paused"), ("resume", "warming"), ("retire", "retired")):
        form = page.locator(f"[data-act={act}]")
        await newcomer.click(page.locator("details", has=form).locator("summary"))
        await newcomer.fill("reason", f"7 × {act}", f"[data-act={act}]")
        if act == "pause":
            await newcomer.reader.looks("provider-pausing")
        await newcomer.click(form.locator("button"))
        await newcomer.is_in(state)
        await expect(page.locator("[data-note]")).to_have_text(f"7 × {act}")
    await expect(page.locator("[data-connection]")).to_be_hidden()
    await newcomer.reader.looks("provider-retired")


async def test_keys_are_made_shown_once_and_revoked(newcomer: Newcomer) -> None:
    page = newcomer.reader.page
    await newcomer.come()
    await page.goto(f"{newcomer.reader.address}/account")
    await newcomer.click(page.locator("details", has=page.locator("[data-make-key]")).locator("summary"))
    await newcomer.fill("name", "42", "[data-make-key]")
    await newcomer.click(page.locator("[data-make-key] button"))
    await expect(page.locator("[data-secret-key]")).to_contain_text("arena_")
    secret = await page.locator("[data-secret-key]").inner_text()
    await newcomer.reader.looks("account-key")
    await newcomer.click(page.locator("[data-made] a"))
    await expect(page.locator("[data-revoke]")).to_have_count(1)
    assert secret not in await page.content()
    await newcomer.click(page.locator("[data-revoke]"))
    await expect(page.locator("[data-revoke]")).to_have_count(0)
    async with Visitor(newcomer.reader.address) as program:
        status, _ = await program.get("/api/v1/endpoints", headers={"authorization": f"Bearer {secret}"})
    assert status == 401


async def test_every_page_on_the_way_looks_as_it_should(newcomer: Newcomer) -> None:
    page, address = newcomer.reader.page, newcomer.reader.address
    await page.goto(f"{address}/providers")
    await newcomer.reader.looks("provider-welcome")
    await page.goto(f"{address}/submissions")
    await newcomer.reader.looks("submissions-empty")
    await newcomer.come()
    await newcomer.become_operator()
    await newcomer.register(KEY)
    await newcomer.is_in("warming")
    for place, name in (
        ("/providers", "provider-home"),
        ("/account", "account"),
        ("/submissions", "submissions"),
        ("/contenders/northgate-7b", "contender"),
    ):
        await page.goto(f"{address}{place}")
        await newcomer.reader.looks(name)
    await page.goto(f"{address}/providers")
    await newcomer.press("Sign out")
    await expect(page.locator("[data-sign-in]")).to_be_visible()
    await newcomer.fill("email", EMAIL, "[data-sign-in]")
    await newcomer.fill("password", PASSWORD, "[data-sign-in]")
    await newcomer.press("Sign in")
    await expect(page.locator("a.name")).to_have_text("Northgate 7B")
