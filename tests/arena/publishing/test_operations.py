"""Operations: what waits for a person stands in one queue, and what persons did in one list."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from uuid import UUID

from msgspec import structs

from arena.config import Settings
from arena.db import Pool
from arena.evaluation import cases, votes
from arena.evaluation.cases import Flagger, Reason
from arena.integration import boards, findings
from arena.integration.references import Found
from arena.people import accounts
from arena.people.accounts import Role
from arena.publishing import checks, deeds, operations, smells
from arena.publishing.checkup import Sighting
from arena.publishing.operations import KINDS, Waiting
from arena.submission import rates
from arena.submission.lifecycle import State
from rating import Outcome
from tests.builders import contender, ready_battle, snapshot
from tests.upstream import Provider

BLOCKING = Sighting(
    subject="vote 1", sentence="A vote rests on {sides} sides.", values={"sides": 1}, observed="1", expected="2"
)


async def _operator(db: Pool) -> UUID:
    account = await accounts.open(db, email="op@example.org", name="Op", password=None, roles=(Role.OPERATOR,))
    return account.id


async def _wait(db: Pool, provider: Provider, settings: Settings, now: datetime) -> None:
    """Have one thing of every kind wait since an hour."""
    entrant = await contender(db, provider, "identity", slug="anna", name="Anna")
    others = [await contender(db, provider, "identity", slug=slug, name=slug.title()) for slug in ("berta", "clara")]
    endpoint, before = entrant.target.endpoint_id, now - timedelta(hours=1)
    account = await _operator(db)
    for reason in (Reason.CARD, Reason.HARM, Reason.VOTES):
        await cases.flag(db, "anna", reason, text="See there.", links=[], by=Flagger(None, account))
    await cases.acknowledge(db, 2, text="Looked into.", account_id=account)
    await db.execute("INSERT INTO case_acts (case_id, act, text, actor) VALUES (3, 'appealed', 'No.', 'provider')")
    await db.execute("UPDATE cases SET state = 'appealed' WHERE id = 3")
    overall = await boards.require(db, "overall")
    for subject in ("voter 1", "voter 2"):
        await findings.keep(
            db, overall.id, Found(kind="voter", subject=subject, contender="anna", evidence={}, votes=[])
        )
    await db.execute(
        "INSERT INTO audit_acts (finding_id, act, text, account_id) VALUES (2, 'proposed', 'Together.', $1)", account
    )
    await db.execute("UPDATE audit_findings SET proposed_by = $1, proposed_reason = 'collusion' WHERE id = 2", account)
    await smells.keep(db, structs.replace(checks.ALL["N6"], hits=1), [BLOCKING], before)
    await db.execute(
        "INSERT INTO prompt_sets (slug, name, licence, digest, prompts) VALUES ('s', 'A set', 'CC0', $1, 1)", "0" * 64
    )
    await db.execute(
        """
        INSERT INTO judges (slug, name, family, endpoint_id, rubric, settings, state, account_id)
        VALUES ('j', 'A judge', 'f', $1, 'pairwise_v1', '{}', 'draft', $2)
        """,
        *(endpoint, account),
    )
    await db.execute(
        """
        INSERT INTO judge_runs (state, selection, estimates, budget_tokens, spent_tokens, started_at, ended_at) VALUES
            ('stopped', '{}', '{}', 100, 100, $1, $1), ('paused', '{}', '{}', 100, 10, $1, NULL),
            ('running', '{}', '{}', 100, 95, $1, NULL), ('running', '{}', '{}', 100, 10, $1, NULL)
        """,
        before,
    )
    await db.execute("UPDATE endpoints SET daily_budget = 100, daily_calls = 10 WHERE id = $1", endpoint)
    await db.execute(
        """
        INSERT INTO judge_spend (judge_id, provider_id, endpoint_id, day, calls, failures, untold, tokens, cost)
        SELECT judges.id, provider_id, endpoint_id, (now() AT TIME ZONE 'UTC')::date, 8, 0, 0, 10, 0.1
        FROM judges JOIN endpoints ON endpoints.id = endpoint_id
        """
    )
    battle, voter = await ready_battle(db, [entrant, others[0]])
    vote = await votes.cast(db, battle.id, voter, Outcome.A)
    await db.execute("INSERT INTO appeals (vote_id, text, appealed_at) VALUES ($1, 'It was I.', $2)", vote.id, before)
    await db.execute(
        """
        INSERT INTO candidates (board_id, calendar, due_at, cut_off_at, state, snapshot_id, release_id, tested_at)
        VALUES ($1, 'at once', $2, $2, 'held', $3, 'r', $2)
        """,
        *(overall.id, before, (await snapshot(db, overall, settings)).id),
    )
    await db.execute("INSERT INTO checks (endpoint_id, begun_at) VALUES ($1, $2)", others[0].target.endpoint_id, before)
    await db.execute("UPDATE endpoints SET state = 'checking' WHERE id = $1", others[0].target.endpoint_id)
    await db.execute(
        """
        INSERT INTO endpoint_events (endpoint_id, former, state, note, actor, account_id)
        VALUES ($1, 'listed', 'paused', 'Too slow.', 'operator', $2)
        """,
        *(others[1].target.endpoint_id, account),
    )
    await db.execute("UPDATE endpoints SET state = 'paused' WHERE id = $1", others[1].target.endpoint_id)
    await db.execute(
        """
        INSERT INTO pgqueuer (priority, entrypoint, status, created, updated, heartbeat, execute_after)
        SELECT 0, 'refit', status::pgqueuer_status, $1, $1, $1, $1
        FROM unnest('{queued, picked, failed}'::text[]) AS status
        """,
        before,
    )


def _kinds(found: list[Waiting]) -> set[str]:
    return {each.kind for each in found}


async def test_everything_that_waits_stands_in_one_queue(db: Pool, provider: Provider, settings: Settings) -> None:
    assert await operations.queue(db, datetime.now(UTC)) == []
    now = datetime.now(UTC)
    await _wait(db, provider, settings, now)
    found = await operations.queue(db, now + timedelta(minutes=1))
    assert Counter(each.kind for each in found) == dict.fromkeys(KINDS, 1) | {"stuck_job": 2}
    overdue = [each.kind for each in found if each.overdue]
    assert overdue == [each.kind for each in found[: len(overdue)]]
    assert set(overdue) == {"failing_job", "stuck_job", "submission"}
    assert found[len(overdue)].severity == "block"
    told = {each.kind: each.values for each in found}
    assert (told["run_budget"]["percent"], told["spend_cap"]["percent"]) == (95, 90)
    # A later one of the board is out.
    await db.execute(
        """
        INSERT INTO candidates (board_id, calendar, due_at, cut_off_at, state, snapshot_id, release_id, tested_at)
        SELECT board_id, calendar, due_at, cut_off_at, 'published', snapshot_id, release_id, tested_at FROM candidates
        """
    )
    assert "held_release" not in _kinds(await operations.queue(db, now + timedelta(minutes=1)))


async def test_what_is_late_is_first(db: Pool, provider: Provider, settings: Settings) -> None:
    now = datetime.now(UTC)
    await _wait(db, provider, settings, now)
    found = await operations.queue(db, now + timedelta(minutes=1))
    late = await operations.queue(db, now + timedelta(days=8))
    assert [each.overdue for each in late] == sorted((each.overdue for each in late), reverse=True)
    assert {each.kind for each in late[:2]} == {"smell", "held_release"}
    assert {"flag", "case_appeal", "prompt_set", "judge", "audit_finding"} <= {
        each.kind for each in late if each.overdue
    }
    # A run that its budget stopped is of no matter to anybody a week later.
    assert _kinds(found) - _kinds(late) == {"stopped_run"}


async def test_what_operators_did_is_read_from_each_nouns_own_acts(
    db: Pool, provider: Provider, settings: Settings
) -> None:
    now = datetime.now(UTC)
    await _wait(db, provider, settings, now)
    account = await db.fetchval("SELECT id FROM accounts")
    await smells.acknowledge(db, 1, text="I am at it.", account_id=account, now=datetime.now(UTC))
    await rates.set(db, State.WARMING, 0.5, valid_from=None, reason="More of them.", account_id=account)
    done = await deeds.listed(db, most=50)
    assert done[0].happened_at == max(each.happened_at for each in done)
    assert {each.account for each in done} == {"Op"}
    told = {(each.noun, each.act, each.reason) for each in done}
    assert told == {
        ("smell", "acknowledged", "I am at it."),
        ("pairing rate", "set", "More of them."),
        ("audit finding", "proposed", "Together."),
        ("case", "acknowledged", "Looked into."),
        ("endpoint", "paused", "Too slow."),
    }
    assert len(await deeds.listed(db, most=2)) == 2
    assert await deeds.listed(db, most=50, until=done[-1].happened_at) == []
