"""An operator works off the queue on its own page: an appeal is answered, a paused contender is met again."""

import pytest
from playwright.async_api import Browser, expect

from arena.db import Pool
from arena.evaluation import appeals, exclusions, votes
from arena.evaluation.exclusions import Reason
from arena.pages.languages import CHINESE, ENGLISH, Language
from arena.people.accounts import Role
from arena.submission import lifecycle
from arena.submission.lifecycle import Actor
from rating import Outcome
from tests.builders import contender, ready_battle
from tests.conftest import Open
from tests.journeys import reader as readers
from tests.upstream import Provider

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.mark.parametrize(("language", "width"), [(ENGLISH, 1280), (CHINESE, 360)])
async def test_what_waits_is_decided_where_it_stands(
    browser: Browser, open_arena: Open, db: Pool, provider: Provider, language: Language, width: int
) -> None:
    address = await open_arena()
    entrants = [await contender(db, provider, "identity", name=name) for name in "AB"]
    async with readers.sitting_down(browser, address, language, width) as reader:
        page, say = reader.page, language.say
        account = {"email": "op@example.org", "name": "op", "password": "correct horse battery"}
        made = await page.request.post(f"{address}/api/v1/accounts", data=account)
        assert made.status == 201
        await db.execute("UPDATE accounts SET roles = array_append(roles, $1)", Role.OPERATOR)
        operator = await db.fetchval("SELECT id FROM accounts")
        battle, voter = await ready_battle(db, entrants)
        vote = await votes.cast(db, battle.id, voter, Outcome.A)
        await exclusions.exclude(db, vote.id, Reason.COLLUSION, note="A campaign.", account_id=operator)
        await appeals.make(db, vote.id, voter, "I read both.")
        async with db.acquire() as connection:
            paused = entrants[1].target.endpoint_id
            await lifecycle.pause(connection, paused, actor=Actor(operator, "operator"), note="Too slow.")

        await page.goto(f"{address}/operate")
        await expect(page.get_by_text("I read both.")).to_be_hidden()
        await reader.looks("operate")
        answer = page.locator("li").filter(has=page.locator("form[data-call$='/answer']"))
        await answer.locator("summary").click()
        await expect(page.get_by_text("I read both.")).to_be_visible()
        await reader.looks("operate-answer")
        button = answer.get_by_role("button", name=say("Answer"))
        await button.click()
        await expect(answer.locator(".error").filter(has_text=say("Fill this in."))).to_be_visible()
        await answer.locator("[name=lift]").select_option("true")
        await answer.locator("[name=text]").fill("So it seems.")
        await button.click()
        await expect(answer).to_have_count(0)
        assert await votes.count(db) == 1

        resume = page.locator("li").filter(has=page.locator("form[data-call$='/resume']"))
        await resume.locator("summary").click()
        await resume.locator("[name=reason]").fill("Fast again.")
        await resume.get_by_role("button", name=say("Resume")).click()
        await expect(page.get_by_text(say("Nothing waits for a person."))).to_be_visible()
        await expect(page.get_by_text("A campaign.")).to_be_visible()
        await reader.looks("operate-done")
        assert await db.fetchval("SELECT state FROM endpoints WHERE id = $1", paused) == "listed"
