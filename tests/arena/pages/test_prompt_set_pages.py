"""The pages of prompt sets, as markup."""

from collections.abc import AsyncIterator

import pytest

from arena.api import set_verdicts
from arena.config import Settings
from arena.db import Pool
from arena.evaluation import judging, prompt_sets, set_answers, set_files, steering
from arena.evaluation.dockets import Docket
from arena.evaluation.judging import Order
from arena.evaluation.prompt_sets import Notes
from arena.evaluation.sheets import Form
from arena.submission import names
from arena.workers import judge
from tests import bench
from tests.arena.pages.markup import Page, assert_well_made, words
from tests.arena.pages.test_languages import CHINESE_READER, english_left
from tests.builders import Visitor, contender
from tests.conftest import Open
from tests.upstream import Provider

HTML = {"accept": "text/html", "accept-language": "en"}
SCRIPT = "<script>alert(1)</script>"
PROMPTS = f"id,prompt,reference,kind\none,{SCRIPT},2,numeric\ntwo,2 + 2?,4,numeric\n".encode()


@pytest.fixture
async def reader(open_arena: Open, db: Pool, provider: Provider) -> AsyncIterator[Visitor]:
    """Somebody who reads of a set that Anna has answered."""
    anna = await contender(db, provider, "anna", slug="anna", name="Alpaca")
    async with db.acquire() as connection:
        for slug, hidden in (("shown", False), ("hidden", True)):
            notes = Notes(slug=slug, name="Dolly", licence="CC BY 4.0", hidden=hidden)
            given = set_files.prompts(PROMPTS, Form.CSV)
            proposed = await prompt_sets.propose(connection, notes, given, account_id=None)
            frozen = await prompt_sets.freeze(connection, proposed.id, account_id=None)
            answers = set_files.answers(b"id,answer,format\none,2,\ntwo,5,\none,3,lines\n", Form.CSV)
            await set_answers.hand_in(
                connection, frozen, anna.contender_id, answers, sha256="0" * 64, partial=False, account_id=None
            )
    async with Visitor(await open_arena()) as visitor:
        yield visitor


async def test_a_set_shows_its_results_and_what_it_asks(reader: Visitor) -> None:
    _, html = await reader.get("/prompt-sets/shown", headers=HTML)
    assert_well_made(html)
    page = Page(html)
    text = words(page.one("main"))
    assert "1 / 2 50%" in text
    assert "handed in" in text
    assert SCRIPT in text
    assert "Of 2 prompts with a reference, 1 were answered rightly and 1 wrongly" in text
    assert "What the format changes" in text
    assert page.one("form").attributes["data-file-to"] == "/prompt-sets/shown/answers"


async def test_a_hidden_set_shows_no_prompt_and_takes_no_file(reader: Visitor) -> None:
    _, html = await reader.get("/prompt-sets/hidden", headers=HTML)
    assert_well_made(html)
    assert "alert(1)" not in html
    assert "2 + 2?" not in html
    assert not Page(html).all("form")


async def test_the_list_and_a_contenders_page_lead_to_the_sets(reader: Visitor) -> None:
    for path in ("/prompt-sets", "/contenders/anna"):
        _, html = await reader.get(path, headers=HTML)
        assert_well_made(html)
        assert Page(html).one("main").text.count("Dolly") == 2
        assert 'href="/prompt-sets/shown"' in html


async def test_what_judges_preferred_is_told_apart_from_scores_and_votes(
    reader: Visitor, db: Pool, settings: Settings, provider: Provider
) -> None:
    await bench.seat(db, settings, provider)
    for path in ("/prompt-sets/shown", "/contenders/anna"):
        assert "What judges preferred" not in (await reader.get(path, headers=HTML))[1]
    await _judged(db, settings, provider)
    for path in ("/prompt-sets/essays", "/contenders/anna"):
        _, html = await reader.get(path, headers=HTML)
        assert_well_made(html)
        text = words(Page(html).one("main"))
        assert "What judges preferred model verdicts" in text
        assert "These are no votes" in text
        # The share with Clopper and Pearson's interval for 3 of 3, pairs, those without a verdict, prompts, opponents.
        assert "Bench 100% 29.24% – 100% 3 0 3 / 3 1" in text
    _, html = await reader.get("/prompt-sets/essays", headers=CHINESE_READER)
    assert not {"What judges preferred", "model verdicts", "Judge", "Pairs", "Opponents"} & {*english_left(html)}


async def _judged(db: Pool, settings: Settings, provider: Provider) -> None:
    """A judge that goes by length compares Anna with Berta, who says less."""
    anna = await names.known(db, "anna")
    berta = (await contender(db, provider, "berta", slug="berta", name="Basenji")).contender_id
    await bench.answered(db, 3, (anna, "It is {}, of course.".format), (berta, "{}.".format))
    order = Order(judges=["bench"], selection=Docket(prompt_set="essays"))
    run_id = await judging.plan(db, order, account_id=None)
    async with db.acquire() as connection:
        await steering.resume(connection, run_id)
    await judge.run(db, settings, run_id)


async def test_verdicts_on_a_set_are_listed_page_by_page_without_any_text_and_a_failed_run_says_why(
    reader: Visitor, db: Pool, settings: Settings, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    await bench.seat(db, settings, provider)
    await _judged(db, settings, provider)
    monkeypatch.setattr(set_verdicts, "PAGE", 2)
    path = "/api/v1/prompt-sets/essays/verdicts"
    _, first = await reader.get(path)
    _, rest = await reader.get(f"{path}?cursor={first['next']}")
    said = [*first["items"], *rest["items"]]
    assert (len(first["items"]), len(rest["items"]), rest["next"]) == (2, 1, None)
    assert {each["prompt"] for each in said} == {"0", "1", "2"}
    assert {each["contenders"][0 if each["outcome"] == "a" else 1] for each in said} == {"anna"}
    assert not any(words in reader.received for words in (b"What is", b"of course", b"By length"))
    assert path in (await reader.get("/prompt-sets/essays", headers=HTML))[1]
    await db.execute("UPDATE prompt_sets SET hidden = true WHERE slug = 'essays'")
    assert {each["prompt"] for each in (await reader.get(path))[1]["items"]} == {None}
    await db.execute(
        """
        INSERT INTO set_runs (set_id, contender_id, endpoint_id, formats, state, reason, ended_at)
        SELECT prompt_sets.id, contender_id, endpoints.id, '{plain}', 'failed', 'no_answer', now()
        FROM prompt_sets, endpoints JOIN contenders ON contenders.id = contender_id
        WHERE prompt_sets.slug = 'essays' AND contenders.slug = 'anna'
        """
    )
    _, runs = await reader.get("/api/v1/prompt-sets/essays/runs")
    sentence = "It failed: not one of its questions was answered."
    assert [(run["reason"], run["sentence"]) for run in runs["items"]] == [("no_answer", sentence)]
    assert sentence in (await reader.get("/prompt-sets/essays", headers=HTML))[1]


async def test_a_set_that_is_only_proposed_has_no_page(reader: Visitor, db: Pool) -> None:
    await db.execute("UPDATE prompt_sets SET state = 'proposed', frozen_at = NULL")
    assert (await reader.get("/prompt-sets/shown", headers=HTML))[0] == 404


@pytest.mark.parametrize("path", ["/prompt-sets", "/prompt-sets/hidden"])
async def test_no_english_is_left_on_the_chinese_pages(reader: Visitor, path: str) -> None:
    _, html = await reader.get(path, headers=CHINESE_READER)
    assert english_left(html) == []
