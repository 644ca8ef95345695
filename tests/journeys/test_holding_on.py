"""A battle held on a phone and at a desk, in both languages, with all that can come between."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from playwright.async_api import Browser, expect

from arena.config import Settings
from arena.db import Pool
from arena.evaluation import votes
from arena.integration import boards
from arena.pages.languages import CHINESE, ENGLISH
from arena.publishing import releases
from arena.submission.endpoints import Entrant
from rating import Outcome
from tests.builders import contender, ready_battle
from tests.conftest import Open
from tests.journeys import line as lines
from tests.journeys import reader as readers
from tests.journeys.line import Line
from tests.journeys.reader import Reader
from tests.upstream import Provider

pytestmark = pytest.mark.browser

SCREENS = {f"{width}-{language.tag}": (width, language) for width in (360, 1280) for language in (ENGLISH, CHINESE)}
DESKS = {name: screen for name, screen in SCREENS.items() if screen[0] > readers.PHONE}
# Both widths and both languages, for the check that is run often; all of them are among the long ones.
OFTEN = ("360-zh", "1280-en")
STREAMING = ("stop", "skip")
READY = ("vote=a", "vote=b", "vote=tie", "vote=both_bad", "skip")

NAMES = ("anna", "bert")
ABOUT = "A model that counts. 会数数的模型。"
# Both say the same but for their names, so that neither waits for the other; each word with a number is a mark.
HALF, WHOLE = 14, 24
BEGINNING = """# {0}000, first of all

{0}001 {0}002 names {0}003 three **reasons**, 第一点 and more:

- {0}004 the first is *short*;
- {0}005 the second has `code` and a [link {0}006](https://example.org/);
- {0}007 the third costs $5.

```python
def {0}008(n):
    return sum(range(n)) if n > 0 else None  # {0}009 a line that is longer than a phone is wide
```

| what | how much |
|---|---|
| {0}010 | {0}011 |

{0}012 goes on {0}013"""
REST = """ in the same sentence {0}014.

1. {0}015
2. {0}016 “Grüße”
3. {0}017

> {0}018 {0}019

{0}020 {0}021 {0}022: \\(x_1 = \\frac{{-b + \\sqrt{{b^2 - 4ac}}}}{{2a}}\\) {0}023."""


@dataclass
class Floor:
    """An arena behind a line that can be cut, and two contenders who wait in the middle of their answers."""

    line: Line
    entrants: list[Entrant]
    held: asyncio.Event
    provider: Provider
    db: Pool
    settings: Settings

    def teach(self, first: int, last: int) -> None:
        """Let the next answers be these marks."""
        for name in NAMES:
            self.provider.script(name, [f"{name}{mark:03} " for mark in range(first, last)])

    async def rate(self) -> None:
        """Put both on the board, with votes of others."""
        for outcome in (Outcome.A, Outcome.B, Outcome.TIE):
            battle, voter_id = await ready_battle(self.db, self.entrants)
            await votes.cast(self.db, battle.id, voter_id, outcome)
        await releases.refresh(self.db, await boards.require(self.db, "overall"), self.settings)

    async def holds(self, *kept: str) -> None:
        """These are the battles' states, with the votes on them."""
        rows = await self.db.fetch("SELECT state, outcome FROM battles LEFT JOIN votes ON battle_id = battles.id")
        assert [" ".join(filter(None, row)) for row in rows] == [*kept]


@pytest.fixture
async def floor(open_arena: Open, db: Pool, provider: Provider, settings: Settings) -> AsyncIterator[Floor]:
    held, entrants = asyncio.Event(), []
    for name in NAMES:
        provider.script(name, [*BEGINNING.format(name).splitlines(keepends=True), held, REST.format(name)])
        entrants.append(await contender(db, provider, name, slug=name, name=name.title(), description=ABOUT))
    address = await open_arena(idle_seconds=60, answer_seconds=60, reader_seconds=60)
    async with lines.to(address) as line:
        yield Floor(line, entrants, held, provider, db, settings)


@pytest.fixture(params=[name if name in OFTEN else pytest.param(name, marks=pytest.mark.slow) for name in SCREENS])
async def reader(request: pytest.FixtureRequest, browser: Browser, floor: Floor) -> AsyncIterator[Reader]:
    width, language = SCREENS[request.param]
    async with readers.sitting_down(browser, floor.line.address, language, width) as somebody:
        yield somebody


async def test_a_vote_is_cast_taken_back_and_cast_and_tells_who_it_was(reader: Reader, floor: Floor) -> None:
    await floor.rate()
    floor.held.set()
    await reader.come()
    await reader.looks("idle")
    await reader.ask()
    await reader.is_in("ready")
    await reader.sees(WHOLE)
    await reader.is_told("Both answers are finished. You can vote.")
    await reader.can(*READY)
    await reader.looks("ready")
    await reader.act("A is better", "ArrowLeft")
    await reader.is_in("sending")
    await reader.can()
    await reader.looks("sending")
    await reader.act("Undo", "u")
    await reader.is_in("ready")
    await expect(reader.page.locator("[data-vote=a]")).to_be_focused()
    await reader.vote("B is better", "ArrowRight")
    await reader.is_in("voted")
    await reader.sees(WHOLE)
    await expect(reader.page.locator("#revealed")).to_be_focused()
    await expect(reader.page.locator("#revealed")).to_be_in_viewport()
    await expect(reader.page.locator(".pair-plot svg.whisker")).to_have_count(2)
    assert sorted(await reader.page.locator(".side [data-slot=name]").all_text_contents()) == ["Anna", "Bert"]
    await expect(reader.page.locator(".side.chosen .letter")).to_have_text("B")
    assert await reader.button("Next battle").evaluate(readers.REACHABLE)
    await reader.looks("voted")
    await reader.act("Next battle", "n")
    await reader.is_in("idle")
    await expect(reader.page.locator("#prompt")).to_be_focused()
    await floor.holds("voted a", "voted b", "voted tie", "voted b")


async def test_a_reload_in_mid_stream_goes_on_where_it_was(reader: Reader, floor: Floor) -> None:
    await reader.ask()
    await reader.sees(HALF)
    await reader.can(*STREAMING)
    await reader.looks("streaming")
    await reader.page.reload()
    await reader.is_in("streaming")
    await reader.sees(HALF)
    await reader.can(*STREAMING)
    await reader.is_told("Both are answering. You can vote when both have finished.")
    await expect(reader.page.locator("[data-asked]")).to_have_text(reader.prompt)
    floor.held.set()
    await reader.is_in("ready")
    await reader.sees(WHOLE)
    await reader.can(*READY)
    assert reader.sent == ["battles"]
    await floor.holds("ready")


async def test_a_lost_connection_is_told_and_nothing_is_lost_with_it(reader: Reader, floor: Floor) -> None:
    await reader.ask()
    await reader.sees(HALF)
    # A phone knows that it has no network; at a desk only the connection breaks.
    await reader.page.context.set_offline(reader.phone)
    await floor.line.cut()
    await reader.is_told("The connection was lost. Nothing is missing; the answers go on where they stopped.")
    await reader.can(*STREAMING)
    await reader.looks("lost")
    floor.held.set()
    await floor.line.mend()
    await reader.page.context.set_offline(False)
    await reader.is_in("ready")
    await reader.sees(WHOLE)
    await reader.is_told("Both answers are finished. You can vote.")
    await reader.can(*READY)
    assert reader.sent == ["battles"]


async def test_tabs_of_one_battle_show_the_same_and_are_one_vote(reader: Reader, floor: Floor) -> None:
    await reader.ask()
    await reader.sees(HALF)
    same, other = await reader.second_tab(), await reader.second_tab()
    for one in (same, other):
        await one.is_in("streaming")
        await one.sees(HALF)
    floor.held.set()
    for one in (reader, same, other):
        await one.is_in("ready")
        await one.sees(WHOLE)
    for one in (reader, same):
        await one.turn_here()
        await one.vote("A is better", "ArrowLeft")
        await one.is_in("voted")
    assert await same.page.locator("#revealed").text_content() == await reader.page.locator("#revealed").text_content()
    await other.turn_here()
    await other.vote("Tie", "ArrowDown")
    await other.is_in("void")
    await expect(other.page.locator("[data-void-heading]")).to_be_focused()
    refusal = other.language.say("You have voted A in this battle. A vote is never changed.")
    await expect(other.page.locator("[data-void-text]")).to_have_text(refusal)
    await other.looks("refused")
    await floor.holds("voted a")


async def test_stopping_leaves_what_is_there_to_vote_on(reader: Reader, floor: Floor) -> None:
    await reader.ask()
    await reader.sees(HALF)
    await reader.act("Stop both", "Escape")
    await reader.is_in("ready")
    for number in (1, 2):
        async with asyncio.timeout(5):
            await (await floor.provider.called(number)).closed_early.wait()
    floor.held.set()
    await reader.sees(HALF)
    await reader.can(*READY)
    await reader.looks("stopped")
    await reader.vote("Both bad", "x")
    await reader.is_in("voted")
    await reader.sees(HALF)
    await floor.holds("voted both_bad")


async def test_three_turns_are_one_conversation_and_one_vote(reader: Reader, floor: Floor) -> None:
    floor.held.set()
    await reader.ask()
    await reader.is_in("ready")
    for turn in (1, 2):
        floor.teach(WHOLE * turn, WHOLE * (turn + 1))
        await reader.follow_up(f"{turn}: {reader.prompt}")
        await reader.is_in("ready")
        await reader.sees(WHOLE * (turn + 1))
    await reader.can(*READY)
    await reader.looks("three-turns")
    await reader.page.reload()
    await reader.is_in("ready")
    await reader.sees(WHOLE * 3)
    await expect(reader.page.locator(".follow-up")).to_have_count(4)
    await reader.vote("Tie", "ArrowDown")
    await reader.is_in("voted")
    await reader.sees(WHOLE * 3)
    await floor.holds("voted tie")


async def test_letters_of_twice_the_size_fit_and_everything_can_be_reached(reader: Reader, floor: Floor) -> None:
    await reader.come()
    await reader.enlarge()
    await reader.fits()
    await reader.ask()
    await reader.sees(HALF)
    await reader.fits()
    await reader.can(*STREAMING)
    floor.held.set()
    await reader.is_in("ready")
    await reader.fits()
    await reader.can(*READY)
    await reader.looks("enlarged-ready")
    await reader.vote("A is better", "ArrowLeft")
    await reader.is_in("voted")
    await reader.looks("enlarged-voted")


@pytest.mark.parametrize("reader", DESKS, indirect=True)
async def test_tab_and_enter_are_enough(reader: Reader, floor: Floor) -> None:
    floor.held.set()
    await reader.come()
    await expect(reader.page.locator("#prompt")).to_be_focused()
    await reader.page.keyboard.type("x?")
    await reader.tab_to("Ask both")
    await reader.page.keyboard.press("Enter")
    await reader.is_in("ready")
    await reader.tab_to("Tie")
    await reader.page.keyboard.press("Space")
    await reader.is_in("sending")
    await reader.tab_to("Undo")
    await reader.page.keyboard.press("Enter")
    await reader.is_in("ready")
    await reader.tab_to("B is better")
    await reader.page.keyboard.press("Enter")
    await reader.is_in("sending")
    await reader.page.clock.run_for(readers.UNDO_MILLISECONDS)
    await reader.is_in("voted")
    await reader.tab_to("Next battle")
    await reader.page.keyboard.press("Enter")
    await reader.is_in("idle")
    await floor.holds("voted b")
