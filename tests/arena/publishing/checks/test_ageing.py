"""What is past its time, there twice or hard to follow is found out by the check that looks for it, and by no other."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from msgspec import structs

from arena.config import Settings
from arena.db import Connection, Pool, Proxy
from arena.evaluation import prompt_sets, votes
from arena.evaluation.prompt_sets import Notes
from arena.evaluation.set_files import Prompt
from arena.integration import boards, defaults, meetings
from arena.people import accounts
from arena.people.accounts import Role
from arena.publishing import checks, columns, releases
from arena.publishing.checkup import Entity, Scene, Smell
from rating import Outcome
from tests import builders
from tests.builders import contender, ready_battle
from tests.upstream import Provider

SETTLED = timedelta(minutes=1)
BOARD = "(SELECT id FROM boards WHERE slug = '{}')"
NEW_BOARD = (
    "INSERT INTO boards (slug, name, description, cron, question, created_at) VALUES"
    " ('{}', '{}', 'Votes of people on one kind of prompt.', '0 * * * *', '{}', now())"
)
TWO_BOARDS = ";".join(
    NEW_BOARD.format(slug, slug.capitalize(), f'{{"category": "{category}"}}')
    for slug, category in (("one", "code"), ("other", "maths"))
)
COUNTED = (
    "INSERT INTO battles (id, voter_id, state, rule, propensity, closed_at, kind) SELECT gen_random_uuid(),"
    " (SELECT id FROM voters LIMIT 1), 'voted', 'uniform', 0.5, now(), 'named' FROM generate_series(1, 200);"
    "INSERT INTO votes (battle_id, outcome) SELECT id, 'a' FROM battles WHERE kind = 'named';"
    "INSERT INTO snapshots (id, board_id, votes, voters, effective_voters, digest, method)"
    " SELECT gen_random_uuid(), id, 200, 9, 9, 'x', '{}' FROM boards WHERE slug IN ('one', 'other');"
    "INSERT INTO countings (vote_id, board_id, since) SELECT votes.id, boards.id, 1 FROM boards, votes"
    " JOIN battles ON battles.id = battle_id AND kind = 'named' WHERE boards.slug IN ('one', 'other')"
)
# Every answer of forty characters or more is the same for both contenders.
ANSWERS = (
    "INSERT INTO answer_files (set_id, contender_id, sha256, answers)"
    " SELECT prompt_sets.id, contenders.id, repeat('0', 64), 25 FROM prompt_sets, contenders;"
    "INSERT INTO set_answers (prompt_id, contender_id, format, file_id, text)"
    " SELECT set_prompts.id, contender_id, 'plain', answer_files.id, repeat('The same. ', 9)"
    " FROM set_prompts JOIN answer_files USING (set_id)"
)
AGAIN = (
    "INSERT INTO imports (id, board_id, file_name, sha256, votes, number)"
    " SELECT gen_random_uuid(), id, 'votes.csv', repeat('a', 64), 1, 1 FROM boards WHERE slug IN ('one', 'other')"
)
APPEALS = (
    "INSERT INTO exclusions (battle_id, reason) SELECT battle_id, 'burst' FROM votes LIMIT 3;"
    "INSERT INTO appeals (vote_id, text) SELECT votes.id, 'Why?' FROM votes JOIN exclusions USING (battle_id)"
)
FAILED = (
    "INSERT INTO providers (slug, name) SELECT 'p' || n, 'P' || n FROM generate_series(1, 3) AS n;"
    "INSERT INTO contenders (slug, name, organisation, description) SELECT 'c' || n, 'C' || n, '', ''"
    " FROM generate_series(1, 3) AS n;"
    "INSERT INTO endpoints (contender_id, provider_id, base_url, model, dialect, state)"
    " SELECT contenders.id, providers.id, 'https://x', 'm', 'openai', 'rejected' FROM contenders JOIN providers"
    " ON right(providers.slug, 1) = right(contenders.slug, 1) AND contenders.slug ~ '^c[0-9]$'"
    " AND providers.slug ~ '^p[0-9]$';"
    "INSERT INTO checks (endpoint_id, begun_at, ended_at, reason)"
    " SELECT id, now(), now(), 'no_stream' FROM endpoints WHERE state = 'rejected'"
)
SKIPPED = (
    "INSERT INTO battles (id, voter_id, state, rule, propensity, reason, closed_at, kind) SELECT gen_random_uuid(),"
    " (SELECT id FROM voters LIMIT 1), 'skipped', 'uniform', 0.5, 'unclear_task', now(), 'named'"
    " FROM generate_series(1, 120)"
)
# Of 23 submissions that were begun, these were left; the planted arena's own three have just got through.
LEFT = (
    "INSERT INTO contenders (slug, name, organisation, description) SELECT 'left-' || n, 'Left ' || n, '', ''"
    " FROM generate_series(1, 20) AS n;"
    "INSERT INTO endpoints (contender_id, provider_id, base_url, model, dialect, state, created_at, state_since)"
    " SELECT contenders.id, (SELECT id FROM providers LIMIT 1), 'https://x', slug, 'openai', CASE WHEN"
    " right(slug, 1) IN ('1', '2', '3', '4', '5') THEN 'rejected' ELSE 'paused' END, now() - interval '9 days',"
    " now() - interval '8 days' FROM contenders WHERE slug LIKE 'left-%'"
)
TESTED = (
    "INSERT INTO checks (endpoint_id, begun_at, ended_at) SELECT id, now() - interval '2 hours',"
    " now() - interval '2 hours' FROM endpoints WHERE model = 'm-anna';"
    "INSERT INTO check_steps (check_id, position, name, state) SELECT id, 1, 'model', 'warn' FROM checks"
)
LISTED_AGAIN = (
    "UPDATE contenders SET name = 'Mode1-O', organisation = 'House' WHERE slug = 'anna';"
    "UPDATE contenders SET name = 'model 0', organisation = 'HOUSE' WHERE slug = 'berta'"
)
# For each check what it is there to find, in an arena that is as it should be otherwise.
PLANTS = {
    "D1": "UPDATE endpoints SET retires_at = now() - interval '2 days' WHERE model = 'm-anna'",
    "D2": "UPDATE endpoints SET listed_at = now() - interval '20 days', state_since = now() - interval '20 days';"
    "UPDATE sides SET last_asked_at = now() - interval '15 days' WHERE endpoint_id ="
    " (SELECT id FROM endpoints WHERE model = 'm-anna')",
    "D3": "UPDATE boards SET created_at = now() - interval '90 days', looked_at = now();"
    "UPDATE votes SET cast_at = cast_at - interval '40 days' WHERE id IN (SELECT id FROM votes LIMIT 10)",
    "D4": "UPDATE boards SET looked_at = now() - interval '3 hours' WHERE slug = 'overall'",
    "D5": "UPDATE boards SET methodology = 2 WHERE slug = 'overall'; INSERT INTO board_acts (board_id, what, former,"
    f" present, reason, happened_at) VALUES ({BOARD.format('overall')}, 'question', 'a', 'b', 'Why not.',"
    " now() - interval '2 days')",
    "D6": "UPDATE endpoints SET state = 'retired' WHERE model = 'm-judge'",
    "D7": "UPDATE releases SET published_at = now() - interval '9 days';"
    "UPDATE snapshots SET taken_at = now() - interval '9 days';"
    "INSERT INTO snapshots (id, board_id, votes, voters, effective_voters, digest, method, taken_at)"
    f" VALUES (gen_random_uuid(), {BOARD.format('overall')}, 40, 9, 9, 'newer', '{{}}', now() - interval '2 days')",
    "D9": "INSERT INTO api_keys (id, account_id, name, scopes, digest, expires_at, used_at) SELECT repeat('a', 12),"
    " id, 'k', '{read}', 'x', now() - interval '3 days', now() - interval '2 days' FROM accounts",
    "R1": "UPDATE endpoints SET model = 'm-anna' WHERE model = 'm-berta'",
    "R2": ANSWERS,
    "R4": f"{TWO_BOARDS}; {COUNTED}",
    "R5": f"{TWO_BOARDS}; {AGAIN}",
    "R6": "INSERT INTO prompt_sets (slug, name, description, licence, state, digest, prompts, frozen_at)"
    " SELECT 'again', 'Again', description, licence, state, digest, prompts, now() FROM prompt_sets",
    "C1": "UPDATE boards SET description = 'TODO' WHERE slug = 'overall'",
    "C2": LISTED_AGAIN,
    "C3": FAILED,
    "C4": LEFT,
    "C5": APPEALS,
    "C7": SKIPPED,
    "X7": TESTED,
}
# What comes near that and is nothing.
NEAR = {
    "what is tested in private, of which nobody is told": "UPDATE contenders SET committed_at = NULL;"
    "UPDATE endpoints SET retires_at = now() - interval '2 days', model = 'm-anna',"
    " listed_at = now() - interval '20 days', state_since = now() - interval '20 days';"
    "UPDATE sides SET last_asked_at = now() - interval '15 days';"
    "UPDATE contenders SET name = 'TODO', organisation = ''",
    "a notice that is not over": "UPDATE endpoints SET retires_at = now() + interval '2 days' WHERE model = 'm-anna'",
    "answers of which some differ": ANSWERS + "; UPDATE set_answers SET text = text || contender_id FROM set_prompts"
    " WHERE set_prompts.id = prompt_id AND position <= 2",
    "categories that share some votes": f"{TWO_BOARDS}; {COUNTED}; DELETE FROM countings WHERE board_id ="
    f" {BOARD.format('other')} AND vote_id IN (SELECT vote_id FROM countings GROUP BY 1 HAVING count(*) = 2 LIMIT 20)",
    "one prompt in a thousand again": "UPDATE prompt_sets SET prompts = 5000; INSERT INTO set_prompts (set_id,"
    " position, name, content) SELECT set_id, n, 'more ' || n, 'More of ' || n FROM set_prompts,"
    " generate_series(26, 4999) AS n WHERE position = 1; INSERT INTO set_prompts (set_id, position, name, content)"
    " SELECT set_id, 5000, 'again', content FROM set_prompts WHERE position = 1",
    "another configuration": "UPDATE endpoints SET model = 'm-anna', parameters = '{\"temperature\": 1}'"
    " WHERE model = 'm-berta'",
    "names that differ by a digit": "UPDATE contenders SET name = 'Model 2' WHERE slug = 'anna';"
    "UPDATE contenders SET name = 'Model 3' WHERE slug = 'berta'",
    "fewer than half left before they got through": LEFT.replace(", '5'", ", '0'").replace("'1', '2', '3'", "'1', '2'"),
    "a test that was passed since": TESTED
    + ";"
    + TESTED.replace("2 hours", "1 hour").replace(
        "'warn' FROM checks", "'pass' FROM checks WHERE NOT EXISTS (SELECT FROM check_steps WHERE check_id = id)"
    ),
    "few who did not understand": SKIPPED.replace("120", "90").replace("'unclear_task'", "'other'"),
}
Found = dict[str, list[str]]


@pytest.fixture
async def planted(db: Pool, settings: Settings, provider: Provider) -> Settings:
    """An arena with two contenders, a judge, votes, a release, a prompt set and every board that it makes itself."""
    settings = structs.replace(settings, release_seconds=0.0001)
    entrants = [
        await contender(db, provider, f"m-{name.lower()}", name=name, slug=name.lower()) for name in ("Anna", "Berta")
    ]
    for number in range(32):
        battle, voter = await ready_battle(db, entrants)
        await votes.cast(db, battle.id, voter, Outcome.A if number % 2 else Outcome.TIE)
    judge = await contender(db, provider, "m-judge", name="Judge's own model", slug="judge")
    await db.execute("UPDATE contenders SET licence = 'MIT'")
    # As the worker's clock does it every minute.
    await boards.due(db, datetime.now(UTC))
    operator = await accounts.open(db, email="o@example.org", name="O", password=None, roles=(Role.OPERATOR,))
    await db.execute(
        "INSERT INTO judges (slug, name, family, endpoint_id, rubric, settings, version, state, account_id,"
        " approved_by) VALUES ('bench', 'Bench', 'House', $1, 'pairwise-v1', '{}', repeat('0', 64), 'listed', $2, $2)",
        *(judge.target.endpoint_id, operator.id),
    )
    prompts = [Prompt(id=str(number), prompt=f"What is {number}?") for number in range(25)]
    notes = Notes(slug="sums", name="Sums", licence="CC0", description="Twenty-five questions about numbers.")
    async with db.acquire() as connection:
        proposed = await prompt_sets.propose(connection, notes, prompts, account_id=None)
        await prompt_sets.freeze(connection, proposed.id, account_id=None)
    await releases.refresh(db, await boards.require(db, "overall"), settings)
    return settings


async def _look(connection: Connection | Proxy, settings: Settings, now: datetime) -> Found:
    """What every check that looks from inside sees; the one that draws boards of its own looks at nothing here."""
    found = {}
    for check in checks.ALL.values():
        if check.inside and check.id != "X10":
            seen = await check.look(Scene(db=connection, settings=settings, now=now))
            for one in seen:
                one.sentence.format(**one.values)
                assert (one.entity or check.entities[0]) in check.entities
            found[check.id] = [one.subject for one in seen]
    return {name: subjects for name, subjects in found.items() if subjects}


async def test_each_plant_is_found_by_its_own_check_alone_and_is_over_when_it_is_mended(
    db: Pool, planted: Settings
) -> None:
    now, found = datetime.now(UTC) + SETTLED, {}
    for name, plant in (PLANTS | NEAR).items():
        async with db.acquire() as connection:
            attempt = connection.transaction()
            await attempt.start()
            try:
                await connection.execute(plant)
                found[name] = list(await _look(connection, planted, now))
            finally:
                await attempt.rollback()
            assert await _look(connection, planted, now) == {}, name
    assert found == {name: [name] for name in PLANTS} | {name: [] for name in NEAR}


async def test_contenders_that_are_always_level_and_columns_without_a_meaning_are_found(
    db: Pool, planted: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime.now(UTC) + SETTLED
    kept = await meetings.read(db, (await builders.snapshot(db, await boards.require(db, "overall"), planted)).id)
    assert kept is not None
    kept.met.wins[:] = 150 * (1 - np.eye(len(kept.met.wins), dtype=np.int64))

    async def read(*_: Any) -> meetings.Kept:
        return kept

    monkeypatch.setattr(meetings, "read", read)
    monkeypatch.setitem(columns.ALL, "mystery", columns.ALL["votes"])
    async with db.acquire() as connection:
        assert await _look(connection, planted, now) == {"R3": ["pair anna berta"], "C6": ["column mystery"]}


async def test_a_fresh_arena_smells_of_nothing_and_neither_do_the_boards_that_it_makes(
    db: Pool, settings: Settings
) -> None:
    now = datetime.now(UTC) + SETTLED
    await boards.due(db, now)
    async with db.acquire() as connection:
        assert await _look(connection, settings, now) == {}
    for new in (*defaults.every(), defaults.ALL_VOTES):
        await boards.make(db, new, reason="There are votes.", account_id=None)
    async with db.acquire() as connection:
        assert await _look(connection, settings, now) == {}


def test_the_cells_of_the_study_that_these_smells_hit_are_covered() -> None:
    covered = {(check.smell, entity) for check in checks.ALL.values() for entity in check.entities}
    wanted: set[tuple[Smell, Entity]] = {
        (Smell.CONFUSING, entity) for entity in Entity if entity not in (Entity.HARNESS, Entity.RELEASE)
    }
    wanted |= {(Smell.DEPRECATED, each) for each in (Entity.TASK, Entity.RANKING_TABLE, Entity.RELEASE)}
    wanted |= {(Smell.REDUNDANT, each) for each in (Entity.RANKING_TABLE, Entity.TASK, Entity.SCORE, Entity.MODEL)}
    assert wanted <= covered
