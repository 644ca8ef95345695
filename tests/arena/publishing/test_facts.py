"""Facts: the pages say what runs, the rows agree, and what contradicts a claim is found."""

import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec import structs

import arena
from arena import relay
from arena.config import Settings
from arena.db import Pool
from arena.evaluation import tags, votes
from arena.integration import boards, heads
from arena.integration import ledger as log
from arena.outbox import SERVICE
from arena.pages import languages, stating
from arena.publishing import factbook, facts, releases, rounds, smells
from arena.publishing.checks import ALL as CHECKS
from arena.publishing.checkup import Scene
from arena.publishing.factbook import CHECK
from arena.workers import ledger
from rating import Outcome, allocation
from tests.builders import Visitor, contender, ready_battle
from tests.upstream import Provider

TEXTS = Path(arena.__file__).parent / "pages" / "templates" / "texts"
NUMBERS = re.compile(
    r"\b(?:\d[\d,.]*|two|three|four|five|six|seven|eight|nine|ten|sixteen|half|fifth|thirds?|hundred|fifty|twice)\b",
    re.I,
)
SAID = re.compile(r'{%-?\s*trans[^%]*%}(.*?){%-?\s*endtrans\s*-?%}|_\("((?:[^"\\]|\\.)*)"\)', re.S)
# Numbers that stand in the pages' own words, with what makes each of them true; those of facts are filled in. None
# where the words count the things that they name (“two contenders”), or are a figure of speech.
WRITTEN: dict[str, Callable[[], bool] | None] = {
    "of two unnamed": None,
    "Two contenders are drawn": None,
    "On 99 prompts": None,
    "nine of ten or more in every": None,
    "with at least ten of them": None,
    "two thirds or more": None,
    "is half a win": None,
    "with fifty votes or more": None,
    "a hundred votes of one": None,
    "each of a hundred": None,
    "Two contenders that are tested": None,
    "nor two that an operator": None,
    "CC BY 4.0": None,
    "within five minutes": lambda: relay.KEPT_SECONDS <= 5 * 60,
    "who the two were": None,
    "Sixteen of the suggested": None,
}

Planting = Callable[[Pool], Awaitable[object]]


def _sql(statement: str) -> Planting:
    async def plant(db: Pool) -> object:
        return await db.execute(statement)

    return plant


# For each fact what makes it false; the settings it is about are those of `settings` below.
PLANTS: dict[str, Planting] = {
    "turns": _sql(
        'INSERT INTO turns (battle_id, turn, content) SELECT id, 99, \'[{"text": "x"}]\' FROM battles LIMIT 1'
    ),
    "scale": _sql("UPDATE standings SET theta = theta * 2"),
    "ties": _sql("UPDATE snapshots SET method = jsonb_set(method, '{ties}', '\"half\"')"),
    "prior": _sql("UPDATE snapshots SET method = jsonb_set(method, '{prior}', '7')"),
    "average": _sql("UPDATE standings SET rating = rating + 5, lower = lower + 5, upper = upper + 5"),
    "level": _sql("UPDATE snapshots SET method = jsonb_set(method, '{level}', '0.8')"),
    "ranks": _sql("UPDATE standings SET rank_upper = 40"),
    "established": _sql("UPDATE standings SET status = 'established'"),
    "totals": _sql("UPDATE standings SET votes = votes + 1 WHERE rank_lower = 1"),
    "drawn": _sql("UPDATE battles SET draw_id = NULL"),
    "policy": _sql("UPDATE battles SET propensity = 1e-6, rule = 'mixture'"),
    "traces": _sql(
        "INSERT INTO traces (battle_id, moment, network, agent, kept_at) SELECT id, 'asked',"
        " decode(repeat('00', 8), 'hex'), decode(repeat('00', 8), 'hex'), now() - interval '90 days'"
        " FROM battles LIMIT 1"
    ),
    "probe": _sql(
        "INSERT INTO controls (battle_id, position, probe, assertive) SELECT id, 0, 'wall', 'wrong'"
        " FROM battles LIMIT 1"
    ),
    "one-vote": _sql("UPDATE battles SET state = 'ready', closed_at = NULL, opened_at = now() - interval '9 days'"),
}


@pytest.fixture
async def stated(db: Pool, settings: Settings, provider: Provider) -> Settings:
    """An arena with recorded settings, votes, and a release."""
    settings = structs.replace(settings, release_seconds=0.0001)
    await ledger.begin(db, settings)
    key = heads.key(settings)
    while await log.append(db, key):
        pass
    entrants = [await contender(db, provider, "identity", name=name, slug=name.lower()) for name in ("Anna", "Berta")]
    for number in range(6):
        battle, voter = await ready_battle(db, entrants)
        await votes.cast(db, battle.id, voter, Outcome.A if number % 2 else Outcome.TIE)
    await releases.refresh(db, await boards.require(db, "overall"), settings)
    return settings


async def _contradicted(db: Pool, settings: Settings) -> dict[str, str]:
    await db.execute("DELETE FROM smell_checks")  # So that it is due.
    now = datetime.now(UTC) + timedelta(minutes=1)
    ran = (await rounds.make(db, settings, now=now, among={CHECK: CHECKS[CHECK]}))[CHECK]
    assert ran.outcome in (rounds.Outcome.CLEAN, rounds.Outcome.FOUND), ran.note
    return {one.subject.removeprefix("fact "): one.observed for one in ran.sightings}


async def test_every_fact_holds_and_each_is_found_out_when_it_does_not(db: Pool, stated: Settings) -> None:
    assert await _contradicted(db, stated) == {}
    assert await db.fetchval("SELECT count(*) FROM ledger_leaves WHERE subject = $1", SERVICE) == 1
    for name, plant in PLANTS.items():
        async with db.acquire() as connection:
            fact, ground = facts.ALL[name], await factbook.ground(connection, stated)
            attempt = connection.transaction()
            await attempt.start()
            try:
                await plant(connection)  # type: ignore[arg-type]  # what a pool executes, a connection does
                scene = Scene(db=connection, settings=stated, now=datetime.now(UTC) + timedelta(minutes=1))
                assert await fact.test(scene, ground) is not None, name
            finally:
                await attempt.rollback()


async def test_what_contradicts_a_fact_is_a_smell_that_its_page_shows(
    db: Pool, stated: Settings, visitor: Visitor
) -> None:
    await PLANTS["ranks"](db)
    assert await _contradicted(db, stated) == {"ranks": "2 lines"}
    (found,) = await smells.listed(db, most=9)
    assert (found.smell, found.evidence) == ("mismatched", "/methodology#fact-ranks")
    _, html = await visitor.get("/methodology", headers={"accept": "text/html"})
    assert "“ranks” on the page of methodology is not so: 2 lines." in html
    _, told = await visitor.get("/api/v1/facts")
    states = {one["fact"]: one["state"] for one in told["items"]}
    assert (states["ranks"], states["level"], len(states)) == ("contradicted", "holds", len(facts.ALL))


async def test_what_votes_and_draws_contradict_is_found(db: Pool, stated: Settings, provider: Provider) -> None:
    entrants = [await contender(db, provider, "identity", name=name, slug=name.lower()) for name in ("Carl", "Dora")]
    for _ in range(60):
        await ready_battle(db, entrants)
    await db.execute(
        """
        UPDATE sides SET contender_id = (SELECT contenders.id FROM contenders ORDER BY contenders.id
                                         LIMIT 1 OFFSET sides.position)
        """
    )
    assert "positions" in await _contradicted(db, stated)


async def test_what_is_promised_of_votes_and_releases_is_held_against_those_since_the_settings(
    db: Pool, stated: Settings
) -> None:
    await db.execute("UPDATE readings SET text_seconds = 0.001, seconds = 0.001")
    prompts = await db.fetch("SELECT id FROM battles")
    async with db.acquire() as connection:
        for prompt in prompts:
            await tags.keep(connection, prompt["id"], tags.of("Which of the two is it, by any chance?"))
    await db.execute("UPDATE battles SET voter_id = (SELECT voter_id FROM battles LIMIT 1)")
    await db.execute("UPDATE releases SET published_at = published_at + interval '5 seconds'")
    await db.execute(
        "INSERT INTO exclusions (battle_id, reason, evidence) SELECT id, 'toxic', '{}' FROM battles LIMIT 1"
    )
    await releases.refresh(db, await boards.require(db, "overall"), stated)
    strict = structs.replace(
        stated, reading_speed=10.0, same_prompt_votes=2, control_share=0.3, release_seconds=3600.0, turns=8
    )
    async with db.acquire() as connection:
        ground = await factbook.ground(connection, strict)
        ground = structs.replace(ground, since=datetime.now(UTC) - timedelta(hours=2))
        scene = Scene(db=connection, settings=strict, now=datetime.now(UTC) + timedelta(minutes=1))
        for name in ("hasty", "same-prompt", "cadence"):
            assert await facts.ALL[name].test(scene, ground) is not None, name
            fresh = structs.replace(ground, since=scene.now)
            assert await facts.ALL[name].test(scene, fresh) is None, name
        assert await facts.ALL["control"].test(scene, ground) is None
        await connection.execute("UPDATE battles SET kind = 'control', draw_id = NULL WHERE state = 'voted'")
        assert await facts.ALL["control"].test(scene, ground) is not None


async def test_a_setting_changes_what_is_said_and_what_is_tested(db: Pool, stated: Settings) -> None:
    changed = structs.replace(stated, turns=1, prompt_characters=3, trace_days=7)
    await ledger.begin(db, changed)
    key = heads.key(changed)
    while await log.append(db, key):
        pass
    ground = await factbook.ground(db, changed)
    said = stating.told(ground, languages.ENGLISH)
    assert said["turns"] == "A prompt has 3 characters at most, and a battle 1 turns."
    assert said["traces"].startswith("for 7 days, a code")
    # What was asked under the settings before breaks no promise of these.
    assert await _contradicted(db, changed) == {}
    await db.execute("UPDATE battles SET opened_at = now()")
    assert "turns" in await _contradicted(db, changed)


@pytest.mark.parametrize("page", ["methodology", "policy"])
def test_no_number_is_written_by_hand_that_nothing_holds(page: str) -> None:
    html = (TEXTS / f"{page}.html").read_text()
    sentences = [" ".join((said[0] or said[1]).split()) for said in SAID.findall(html)]
    loose = []
    for sentence in sentences:
        words = re.sub(r"{{.*?}}|<[^>]*>", "", sentence)
        for phrase in WRITTEN:
            words = words.replace(phrase, "")
        loose += [f"{found[0]}: {sentence}" for found in NUMBERS.finditer(words)]
    assert loose == []


def test_what_is_written_by_hand_is_true_of_the_code() -> None:
    everything = " ".join(path.read_text() for path in TEXTS.glob("*.html"))
    for phrase, holds in WRITTEN.items():
        assert phrase in " ".join(everything.split()), phrase
        assert holds is None or holds(), phrase
    assert (allocation.OPPONENTS, allocation.FLOOR) == (5, 0.2)


def test_every_fact_has_a_test_that_can_fail() -> None:
    assert set(facts.ALL) == {*PLANTS, "positions", "hasty", "same-prompt", "cadence", "control"}


def test_every_fact_stands_on_its_page() -> None:
    for name, fact in facts.ALL.items():
        html = (TEXTS / f"{fact.page}.html").read_text()
        assert f'id="fact-{name}"' in html, name
        assert f'told["{name}"]' in html, name
