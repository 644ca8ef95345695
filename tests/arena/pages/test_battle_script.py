"""The battle page's machine in a real browser, against the real service; what goes wrong is made to by the browser."""

import asyncio
import json
import re
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.async_api import BrowserContext, Page, Request, Route, expect

from arena.config import Settings
from arena.db import Pool
from arena.evaluation import probes, recitals, screening
from arena.evaluation.exclusions import Reason, Remark
from tests import bench
from tests.builders import Visitor, contender, until
from tests.conftest import Open
from tests.upstream import Provider

MACHINE = "import(new URL('machine.js', document.querySelector('script[src$=\"battle.js\"]').src))"
VOTES = "**/api/v1/battles/*/vote"
STREAMS = "**/api/v1/battles/*/stream*"

pytestmark = pytest.mark.browser


@dataclass
class Booth:
    """A battle page, what it sent, and the votes that are kept."""

    page: Page
    address: str
    db: Pool
    sent: list[str] = field(default_factory=list)

    async def ask(self) -> None:
        """Ask and wait for the end of both answers."""
        await self.begin()
        await self.is_in("ready")

    async def begin(self) -> None:
        """Ask."""
        await self.page.goto(self.address)
        await self.page.get_by_label("Your prompt").fill("Which is it?")
        await self.page.keyboard.press("Enter")

    async def sends(self) -> None:
        """Let the time pass in which a vote can be undone."""
        await self.is_in("sending")
        await self.page.clock.run_for(5_000)
        await self.is_in("voted")

    async def is_in(self, state: str) -> None:
        """Wait until the machine is in this state."""
        await expect(self.page.locator(".battle")).to_have_attribute("data-state", state)

    async def votes(self) -> list[str]:
        """The outcomes that are kept."""
        return [row["outcome"] for row in await self.db.fetch("SELECT outcome FROM votes")]

    def hear(self, request: Request) -> None:
        """Note a call to the API by its last word."""
        if request.method == "POST":
            self.sent.append(request.url.rpartition("/")[2])


@pytest.fixture
async def booth(context: BrowserContext, arena: str, db: Pool, provider: Provider) -> Booth:
    for slug in ("anna", "berta"):
        await contender(db, provider, "words:one two", slug=slug)
    booth = Booth(await context.new_page(), arena, db)
    booth.page.on("request", booth.hear)
    return booth


async def test_many_keys_and_clicks_are_one_vote(booth: Booth) -> None:
    await booth.ask()
    for key in ("ArrowRight", "ArrowRight", "ArrowLeft", "x"):
        await booth.page.keyboard.press(key)
    await booth.page.locator("[data-vote=a]").click(force=True)
    await booth.is_in("voted")
    assert booth.sent == ["battles", "vote"]
    assert await booth.votes() == ["b"]
    await expect(booth.page.locator("#revealed")).to_be_focused()


async def test_a_vote_that_was_taken_back_is_not_sent(booth: Booth) -> None:
    await booth.ask()
    await booth.page.keyboard.press("ArrowLeft")
    await booth.page.keyboard.press("u")
    await booth.is_in("ready")
    await expect(booth.page.locator("[data-vote=a]")).to_be_focused()
    await booth.page.keyboard.press("ArrowDown")
    await booth.is_in("voted")
    assert booth.sent == ["battles", "vote"]
    assert await booth.votes() == ["tie"]


async def test_a_vote_that_could_still_be_undone_is_kept_when_the_page_is_left(booth: Booth) -> None:
    await booth.ask()
    await booth.page.keyboard.press("x")
    await booth.is_in("sending")
    await booth.page.goto(f"{booth.address}/policy")

    async def kept() -> bool:
        return await booth.votes() == ["both_bad"]

    await until(kept, seconds=4)


async def test_a_lost_answer_is_asked_for_again_with_the_same_outcome(booth: Booth) -> None:
    bodies: list[str | None] = []

    async def lose_first(route: Route) -> None:
        bodies.append(route.request.post_data)
        if len(bodies) == 1:
            await route.fetch()
            await route.abort()
        else:
            await route.continue_()

    await booth.page.route(VOTES, lose_first)
    await booth.ask()
    await booth.page.keyboard.press("ArrowLeft")
    await booth.is_in("voted")
    first, second = (json.loads(body or "") for body in bodies)
    assert first == second
    assert first["outcome"] == "a"
    assert await booth.votes() == ["a"]


async def test_a_vote_that_never_arrives_is_offered_to_be_sent_again(booth: Booth) -> None:
    await booth.ask()
    await booth.page.route(VOTES, lambda route: route.abort())
    await booth.page.keyboard.press("ArrowLeft")
    await booth.is_in("unsent")
    await expect(booth.page.locator("[data-send]")).to_be_focused()
    await booth.page.unroute(VOTES)
    await booth.page.keyboard.press("Enter")
    await booth.is_in("voted")
    assert await booth.votes() == ["a"]


async def test_a_vote_that_is_refused_says_why_and_leaves_a_way_on(booth: Booth) -> None:
    await booth.ask()
    await booth.db.execute("UPDATE battles SET state = 'expired', closed_at = now()")
    await booth.page.keyboard.press("ArrowLeft")
    await booth.is_in("void")
    await expect(booth.page.locator("[data-void-text]")).to_contain_text("takes no vote any more")
    await booth.page.get_by_role("button", name="Try again with a new pair").click()
    await booth.is_in("ready")


async def test_a_cookie_that_is_not_ours_is_no_hindrance(booth: Booth, context: BrowserContext) -> None:
    await context.add_cookies([{"name": "voter", "value": "junk", "url": booth.address}])
    await booth.ask()
    assert booth.sent == ["battles", "battles"]


async def test_a_refused_prompt_stays_in_its_field_beside_the_sentence(booth: Booth) -> None:
    await booth.page.goto(booth.address)
    prompt = booth.page.get_by_label("Your prompt")
    await prompt.fill("x" * 32_001)
    await booth.page.keyboard.press("Enter")
    await expect(booth.page.get_by_role("alert")).to_have_text("This prompt has 32,001 characters; 32,000 fit.")
    await booth.is_in("idle")
    assert len(await prompt.input_value()) == 32_001


async def test_keys_are_letters_while_the_reader_writes(booth: Booth) -> None:
    await booth.page.goto(booth.address)
    prompt = booth.page.get_by_label("Your prompt")
    await prompt.press_sequentially("xsun?")
    assert await prompt.input_value() == "xsun?"
    await expect(booth.page.get_by_role("dialog")).to_have_count(0)


async def test_an_answer_goes_on_where_a_broken_connection_left_it(booth: Booth) -> None:
    streams: list[str] = []

    async def cut_first(route: Route) -> None:
        streams.append(route.request.url)
        if len(streams) > 1:
            await route.continue_()
            return
        answer = await route.fetch()
        first, *_ = (await answer.body()).partition(b"\n\n")
        assert first.startswith(b"event: tick\nid: 1\n")
        await route.fulfill(response=answer, body=first + b"\n\n")

    await booth.page.route(STREAMS, cut_first)
    await booth.begin()
    await expect(booth.page.locator("[data-line=lost]")).to_be_visible()
    await booth.is_in("ready")
    assert len(streams) == 2
    for side in (0, 1):
        await expect(booth.page.locator(f"[data-side='{side}'] .answer")).to_have_text("one two")


async def test_a_stream_that_is_refused_again_and_again_leaves_a_way_on(booth: Booth) -> None:
    await booth.page.route(STREAMS, lambda route: route.fulfill(status=404))
    await booth.begin()
    await booth.is_in("void")
    await expect(booth.page.locator("[data-void-heading]")).to_contain_text("could not be restored")


@pytest.mark.parametrize(("key", "reason"), [("Enter", None), ("2", "both_broken")])
async def test_skipping_takes_a_key_and_a_reason_or_none_tells_nothing_and_begins_afresh(
    booth: Booth, key: str, reason: str | None
) -> None:
    await booth.ask()
    menu = booth.page.get_by_role("dialog", name="Skip without a vote")
    await booth.page.keyboard.press("s")
    await expect(menu.get_by_role("button", name="Skip, no reason")).to_be_focused()
    await booth.page.keyboard.press("ArrowLeft")
    await booth.page.keyboard.press("Escape")
    await expect(menu).not_to_be_visible()
    await booth.is_in("ready")
    await booth.page.keyboard.press("s")
    await booth.page.keyboard.press(key)
    await booth.is_in("idle")
    await expect(booth.page.get_by_label("Your prompt")).to_be_focused()

    async def skipped() -> bool:
        return [tuple(row) for row in await booth.db.fetch("SELECT state, reason FROM battles")] == [
            ("skipped", reason)
        ]

    await until(skipped)
    assert await booth.votes() == []


async def test_the_menu_of_reasons_closes_when_there_is_nothing_left_to_skip(booth: Booth) -> None:
    await booth.ask()
    await booth.page.keyboard.press("s")
    await expect(booth.page.get_by_role("dialog")).to_be_visible()
    await booth.page.evaluate(f"{MACHINE}.then(({{ enter }}) => enter('sending'))")
    await expect(booth.page.get_by_role("dialog")).not_to_be_visible()


async def test_three_turns_are_shown_one_below_the_other_and_voted_on_once(booth: Booth) -> None:
    await booth.ask()
    for number in (2, 3):
        await booth.page.get_by_label("Follow-up for both").fill(f"And turn {number}?")
        await booth.page.keyboard.press("Enter")
        await expect(booth.page.locator(".side .follow-up")).to_have_count(2 * (number - 1))
        await booth.is_in("ready")
    await expect(booth.page.locator(".side").first.locator(".answer")).to_have_text(
        re.compile(r"one two\s*And turn 2\?\s*one two\s*And turn 3\?\s*one two")
    )
    await booth.page.keyboard.press("Tab")
    await booth.page.locator("[data-vote=tie]").click()
    await booth.is_in("voted")
    assert await booth.votes() == ["tie"]


async def _let_both_say(booth: Booth, provider: Provider, chunks: list[str | asyncio.Event]) -> None:
    provider.script("held", chunks)
    await booth.db.execute("UPDATE endpoints SET model = 'held'")


async def test_stopping_makes_what_is_there_the_answer(booth: Booth, provider: Provider) -> None:
    await _let_both_say(booth, provider, ["one", asyncio.Event(), " two"])
    await booth.begin()
    await booth.is_in("streaming")
    await expect(booth.page.locator(".side").first).to_contain_text("one")
    await booth.page.keyboard.press("Escape")
    await booth.is_in("ready")
    assert "stop" in booth.sent
    await expect(booth.page.locator(".side").first.locator(".answer")).to_have_text("one")


async def test_a_reload_in_the_middle_goes_on(booth: Booth, provider: Provider) -> None:
    held = asyncio.Event()
    await _let_both_say(booth, provider, ["one", held, " two"])
    await booth.begin()
    await expect(booth.page.locator(".side").first).to_contain_text("one")
    await booth.page.reload()
    await booth.is_in("streaming")
    await expect(booth.page.locator("[data-asked]")).to_have_text("Which is it?")
    held.set()
    await booth.is_in("ready")
    await expect(booth.page.locator(".side").first.locator(".answer")).to_have_text("one two")
    assert booth.sent == ["battles"]
    await booth.page.locator("[data-vote=a]").click()
    await booth.is_in("voted")


async def test_a_second_tab_has_a_battle_of_its_own(booth: Booth) -> None:
    await booth.ask()
    other = await booth.page.context.new_page()
    await other.goto(booth.address)
    await expect(other.locator(".battle")).to_have_attribute("data-state", "idle")
    await other.get_by_label("Your prompt").fill("Something else?")
    await other.keyboard.press("Enter")
    await expect(other.locator(".battle")).to_have_attribute("data-state", "ready")
    await other.locator("[data-vote=b]").click()
    await expect(other.locator(".battle")).to_have_attribute("data-state", "voted")
    await booth.is_in("ready")
    await booth.page.locator("[data-vote=a]").click()
    await booth.is_in("voted")
    assert sorted(await booth.votes()) == ["a", "b"]


async def test_after_a_probe_the_texts_are_told_to_be_the_arenas_and_no_place_on_a_board_is_spoken_of(
    context: BrowserContext, open_arena: Open, db: Pool, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recitals, "ENOUGH", 2)
    for slug in ("anna", "berta"):
        await contender(db, provider, "words:one two", slug=slug)
    booth = Booth(await context.new_page(), await open_arena(control_share=0, probe_share=1), db)
    async with Visitor(booth.address) as earlier:
        await earlier.hear(await earlier.ask("Who are you?"))
    await booth.page.goto(booth.address)
    await booth.page.get_by_label("Your prompt").fill(probes.ALL[0].prompt)
    await booth.page.keyboard.press("Enter")
    await booth.is_in("ready")
    await booth.page.keyboard.press("ArrowLeft")
    await booth.is_in("voted")
    await expect(booth.page.locator("[data-slot=receipt]")).to_contain_text("This was a probe")
    shown = await booth.page.locator(".reveal").inner_text()
    assert "on the board" not in shown


async def test_a_reload_after_the_vote_shows_who_it_was_again(booth: Booth) -> None:
    await booth.page.clock.install()
    await booth.ask()
    await booth.page.get_by_label("Follow-up for both").fill("And then?")
    await booth.page.keyboard.press("Enter")
    await expect(booth.page.locator(".follow-up")).to_have_count(2)
    await booth.is_in("ready")
    await booth.page.keyboard.press("Tab")
    await booth.page.locator("[data-vote=b]").click()
    await booth.sends()
    seen = booth.page.locator(".versus, #revealed, .sides")
    before = await seen.all_inner_texts()
    await booth.page.get_by_text("What decided it?").click()
    await booth.page.get_by_role("button", name="Useful").last.click()
    await booth.page.get_by_label("In your own words").fill("It knew.")
    await booth.page.get_by_role("button", name="Keep this").click()
    await expect(booth.page.locator("[data-opinion-told]")).to_have_text(re.compile("Kept beside your vote"))
    await booth.page.reload()
    await booth.is_in("voted")
    assert await seen.all_inner_texts() == before
    await expect(booth.page.get_by_role("button", name="Useful").last).to_have_attribute("aria-pressed", "true")
    await expect(booth.page.get_by_label("In your own words")).to_have_value("It knew.")
    await expect(booth.page.locator(".side.chosen .letter")).to_have_text("B")
    assert await booth.votes() == ["b"]
    await booth.page.locator("#revealed").focus()
    await booth.page.keyboard.press("n")
    await booth.is_in("idle")
    await booth.page.reload()
    await booth.is_in("idle")


async def test_a_voter_who_comes_back_reads_what_judges_said_meanwhile(
    booth: Booth, settings: Settings, provider: Provider
) -> None:
    judge = await bench.seat(booth.db, settings, provider)
    said = booth.page.locator("[data-judged]")
    await booth.page.clock.install()
    await booth.ask()
    await bench.ruled(booth.db, judge, await booth.db.fetchval("SELECT id FROM battles"), 1, -1)
    await expect(said).to_be_hidden()
    await booth.page.keyboard.press("ArrowLeft")
    await booth.sends()
    await booth.page.reload()
    await booth.is_in("voted")
    await expect(said.locator("summary")).to_have_text("Bench: Tie.")
    await said.locator("summary").click()
    await expect(said.locator(".prose").last).to_have_text("Because 1.")
    await expect(said.locator("strong").first).to_be_visible()


async def test_what_keeps_a_battle_from_being_rated_is_told_before_the_vote_and_again_after_a_reload(
    booth: Booth, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def remark(*_: object) -> list[Remark]:
        return [Remark(reason=Reason.LEAK, position=1), Remark(reason=Reason.PERSONAL)]

    monkeypatch.setattr(screening, "remarks", remark)
    await booth.page.clock.install()
    sentence = (
        "Answer B named its maker. Your prompt holds what looks like somebody’s personal data. "
        "You can still vote; the vote will not be rated."
    )
    await booth.ask()
    remarks = booth.page.locator(".vote-bar [data-remarks]")
    await expect(remarks).to_have_text(sentence)
    await expect(remarks).to_be_in_viewport()
    await expect(booth.page.locator("[data-status]")).to_have_text(
        f"Both answers are finished. You can vote. {sentence}"
    )
    await booth.page.reload()
    await booth.is_in("ready")
    await expect(remarks).to_have_text(sentence)
    await booth.page.keyboard.press("x")
    await booth.sends()
    await expect(remarks).not_to_be_visible()


async def test_a_ballot_tells_how_long_each_side_was_read(booth: Booth, provider: Provider) -> None:
    held = asyncio.Event()
    await _let_both_say(booth, provider, ["one", held, " two"])
    ballots: list[Any] = []

    def hear(asked: Request) -> None:
        if asked.url.endswith("/vote"):
            ballots.append(asked.post_data_json)

    booth.page.on("request", hear)
    await booth.page.clock.install()
    await booth.begin()
    await expect(booth.page.locator(".side").first).to_contain_text("one")
    await booth.page.clock.run_for(8_000)
    held.set()
    await booth.is_in("ready")
    await booth.page.keyboard.press("ArrowLeft")
    await booth.sends()
    reading = ballots[0]["reading"]
    assert 8 <= reading["seconds"] < 12
    assert all(8 <= seconds <= reading["seconds"] for seconds in reading["sides"])


VOTED_BY = {"ArrowLeft": "sending", "ArrowRight": "sending", "ArrowDown": "sending", "x": "sending"}
KEYS = (*VOTED_BY, "u", "n", "Escape", "s")
# What a key leads to; every other key leaves the state as it is. And which controls can be used, in which state.
LEADS = {"ready": VOTED_BY, "sending": {"u": "ready"}, "voted": {"n": "idle"}, "void": {"n": "idle"}}
CONTROLS = {
    "idle": {"ask", "suggestion", "surprise"},
    "asking": {"ask", "suggestion", "surprise"},
    "streaming": {"stop", "skip"},
    "ready": {"vote", "skip", "follow-up"},
    "sending": {"undo"},
    "casting": set(),
    "unsent": {"send"},
    "voted": {"next", "again", "opinion", "share"},
    "void": {"next", "again"},
}
USABLE = """names => names.filter((name) => [...document.querySelectorAll(`[data-${name}]:not([aria-disabled=true])`)]
    .some((control) => control.checkVisibility()))"""


async def test_the_machine_is_a_table(booth: Booth) -> None:
    await booth.page.clock.install()
    await booth.ask()
    await booth.page.route("**/api/v1/**", lambda route: route.abort())
    ways = await booth.page.evaluate(f"{MACHINE}.then(({{ NEXT }}) => NEXT)")
    assert set(ways) == set(CONTROLS)
    assert {after for following in ways.values() for after in following} == set(CONTROLS)
    names = sorted(set().union(*CONTROLS.values()))
    force = (
        "state => { const page = document.querySelector('.battle'); page.dataset.state = state;"
        " document.activeElement.blur();"
        " for (const vote of page.querySelectorAll('[data-vote]')) vote.ariaDisabled = String(state !== 'ready') }"
    )
    for state in CONTROLS:
        await booth.page.evaluate(force, state)
        assert set(await booth.page.evaluate(USABLE, names)) == CONTROLS[state], state
        for key in KEYS:
            await booth.page.evaluate(force, state)
            await booth.page.keyboard.press(key)
            led = await booth.page.locator(".battle").get_attribute("data-state")
            assert led == LEADS.get(state, {}).get(key, state), (state, key)
            assert led == state or led in ways[state], (state, key)
            opened = await booth.page.get_by_role("dialog").count()
            assert bool(opened) == (key == "s" and state in ("streaming", "ready")), (state, key)
            if opened:
                await booth.page.keyboard.press("Escape")


async def test_a_screen_reader_hears_each_state_once_and_reads_a_before_b(booth: Booth) -> None:
    await booth.page.clock.install()
    await booth.page.goto(booth.address)
    await booth.page.evaluate(
        """globalThis.said = []; new MutationObserver(() => {
          const text = document.querySelector('[data-status]').textContent
          if (text) said.push(text)
        }).observe(document.querySelector('[data-status]'), { childList: true, characterData: true, subtree: true })"""
    )
    await booth.page.get_by_label("Your prompt").fill("Which is it?")
    await booth.page.keyboard.press("Enter")
    await booth.is_in("ready")
    tree = await booth.page.locator("main").aria_snapshot()
    places = [tree.index(words) for words in ('heading "Answer A"', 'heading "Answer B"', 'button "← A is better"')]
    assert places == sorted(places)
    await booth.page.keyboard.press("ArrowDown")
    await booth.sends()
    assert await booth.page.evaluate("said") == [
        "Two models are being asked.",
        "Both are answering. You can vote when both have finished.",
        "Both answers are finished. You can vote.",
        "Tie. Sending in 5 seconds. Press u to undo.",
        "Sending your vote.",
    ]
