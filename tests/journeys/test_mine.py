"""A voter's own data, and contenders asked by name, as a person uses them on a phone and at a desk."""

import json
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from arena.db import Pool
from arena.pages.languages import CHINESE, ENGLISH, Language
from tests.arena.evaluation.test_forgetting import found
from tests.builders import contender
from tests.conftest import Open
from tests.journeys import reader as readers
from tests.journeys.reader import Reader
from tests.upstream import Provider

pytestmark = pytest.mark.browser

PERSONS = [(ENGLISH, 360), (CHINESE, 1280)]
ids = [f"{width}-{language.tag}" for language, width in PERSONS]
# One's own data on every width and in every language; what the two persons above have not is among the long tests.
EVERYBODY = [
    pytest.param(
        language,
        width,
        id=f"{width}-{language.tag}",
        marks=() if (language, width) in PERSONS else pytest.mark.slow,
    )
    for width in (360, 768, 1280)
    for language in (ENGLISH, CHINESE)
]


@pytest.fixture
async def address(open_arena: Open, db: Pool, provider: Provider) -> str:
    """An arena with two contenders, one of whom has a long name."""
    for name, organisation in (("anna", "House of Long Names, Limited"), ("berta", "House")):
        provider.script(name, ["1\n\n", "2 3 ", "4 5.\n\n", "| 6 | 7 |\n|--|--|\n| 8 | 9 |\n"])
        await contender(db, provider, name, slug=name, name=name.title(), organisation=organisation)
    return await open_arena()


async def _is_in(reader: Reader, state: str) -> None:
    await expect(reader.page.locator(".battle")).to_have_attribute("data-state", state)


@pytest.mark.parametrize(("language", "width"), EVERYBODY)
async def test_a_battle_is_found_again_exported_and_deleted(
    browser: Browser, address: str, db: Pool, language: Language, width: int, tmp_path: Path
) -> None:
    async with readers.sitting_down(browser, address, language, width) as reader:
        say, page = language.say, reader.page
        await page.goto(f"{address}/mine")
        await reader.looks("mine-nothing")
        await page.goto(address)
        await reader.ask()
        await _is_in(reader, "ready")
        battle_id = str(await db.fetchval("SELECT id FROM battles"))
        answer = await page.request.post(f"{address}/api/v1/battles/{battle_id}/vote", data={"outcome": "a"})
        assert answer.status == 201
        await page.goto(address)
        await reader.ask()
        await _is_in(reader, "ready")
        await page.goto(f"{address}/mine")
        await expect(page.locator(".past > li")).to_have_count(2)
        await reader.looks("mine")
        await page.locator(f"a[href='/battles/{battle_id}']").click()
        await expect(page.locator(".side.chosen")).to_have_count(1)
        await expect(page.locator(".who bdi").filter(has_text="Anna")).to_be_attached()
        await reader.looks("mine-battle")
        await page.go_back()
        async with page.expect_download() as downloading:
            await page.get_by_role("link", name=say("Export my data")).click()
        await (await downloading.value).save_as(tmp_path / "mine.json")
        kept = json.loads((tmp_path / "mine.json").read_text())["battles"]
        assert [one["said"][0]["prompt"] for one in kept] == [reader.prompt] * 2
        await _delete(reader)
        assert await found(db, reader.prompt) == []
        await reader.looks("mine-deleted")
        await page.reload()
        await expect(page.locator(".past")).to_have_count(0)
        assert await db.fetchval("SELECT count(*) FROM votes") == 1


async def _delete(reader: Reader) -> None:
    say, page = reader.language.say, reader.page
    button = page.get_by_role("button", name=say("Delete my data"))
    await button.click()
    await expect(page.get_by_role("dialog")).to_be_visible()
    await reader.looks("mine-sure")
    await page.get_by_role("button", name=say("Keep it")).click()
    await expect(page.locator(".past > li")).to_have_count(2)
    await button.click()
    await page.get_by_role("button", name=say("Delete for good")).click()
    told = page.locator("[data-told]")
    await expect(told).to_have_text(
        say("Your prompts and texts are deleted. 1 vote stays in the count, tied to nobody.")
    )
    await expect(told).to_be_focused()


async def test_a_battle_that_waits_for_its_vote_goes_on_from_the_list(browser: Browser, address: str) -> None:
    async with readers.sitting_down(browser, address, ENGLISH, 1280) as reader:
        await reader.page.goto(address)
        await reader.ask()
        await _is_in(reader, "ready")
        await reader.page.goto(f"{address}/mine")
        await reader.page.evaluate("sessionStorage.clear()")
        await reader.page.locator(".past a").click()
        await reader.page.get_by_role("button", name="Go on with it").click()
        await _is_in(reader, "ready")
        await expect(reader.page.locator("[data-asked]")).to_have_text(reader.prompt)


@pytest.mark.parametrize(("language", "width"), PERSONS, ids=ids)
async def test_two_named_ones_answer_side_by_side(
    browser: Browser, address: str, db: Pool, language: Language, width: int
) -> None:
    async with readers.sitting_down(browser, address, language, width) as reader:
        say, page = language.say, reader.page
        await page.goto(f"{address}/side-by-side")
        await reader.looks("named-idle")
        await page.get_by_label(say("Contender A")).fill("Berta")
        await page.get_by_label(say("Contender B")).fill("annna")
        await page.get_by_label(say("Your prompt")).fill(reader.prompt)
        await page.get_by_role("button", name=say("Ask both")).click()
        refusal = page.locator("[data-refusal]")
        await expect(refusal).to_contain_text("“anna”")
        await expect(page.get_by_label(say("Contender B"))).to_be_focused()
        if language is ENGLISH:  # The refusal holds names, which are Latin everywhere.
            await reader.looks("named-refused")
        await page.get_by_label(say("Contender B")).fill("anna")
        await page.get_by_role("button", name=say("Ask both")).click()
        await _is_in(reader, "ready")
        await expect(page.locator(".who [data-slot=name]")).to_have_text(["Berta", "Anna"])
        await reader.looks("named-ready")
        await page.get_by_role("button", name=say("B is better")).click()
        await _is_in(reader, "voted")
        await expect(page.locator(".side.chosen .who")).to_contain_text("Anna")
        await reader.looks("named-voted")
        assert [tuple(row) for row in await db.fetch("SELECT kind, outcome FROM battles JOIN votes ON true")] == [
            ("named", "b")
        ]


@pytest.mark.parametrize(("language", "width"), PERSONS, ids=ids)
async def test_a_chat_goes_on_and_outlives_a_reload(
    browser: Browser, address: str, language: Language, width: int
) -> None:
    async with readers.sitting_down(browser, address, language, width) as reader:
        say, page = language.say, reader.page
        await page.goto(f"{address}/chat?contender=anna")
        await reader.looks("chat-idle")
        await page.get_by_label(say("Your prompt")).fill(reader.prompt)
        await page.keyboard.press("Enter")
        await _is_in(reader, "ready")
        follow_up = page.get_by_label(say("Follow-up"))
        await follow_up.fill("1 + 1?")
        await follow_up.press("Enter")
        await expect(page.locator(".follow-up")).to_have_text("1 + 1?")
        await _is_in(reader, "ready")
        await page.reload()
        await _is_in(reader, "ready")
        await expect(page.locator(".follow-up")).to_have_text("1 + 1?")
        await expect(page.locator(".answer table")).to_have_count(2)
        await expect(page.locator(".who [data-slot=name]")).to_have_text("Anna")
        await reader.looks("chat-ready")
        await page.get_by_role("button", name=say("Begin anew")).click()
        await _is_in(reader, "idle")
        await page.reload()
        await _is_in(reader, "idle")
