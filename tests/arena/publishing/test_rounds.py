"""Rounds: findings begin, go on and are over as their checks see them; a check that fails is fenced off."""

import asyncio
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec import structs

from arena.config import Settings
from arena.db import Pool
from arena.errors import Refused
from arena.people import accounts
from arena.people.accounts import Role
from arena.publishing import checkup, rounds, smells
from arena.publishing.checkup import CannotLook, Check, Entity, Look, Scene, Severity, Sighting, Smell
from arena.publishing.rounds import Outcome
from arena.publishing.smells import NotMuted, Over, State

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
TURN = timedelta(minutes=10)


def sighting(subject: str = "a table") -> Sighting:
    return Sighting(subject=subject, sentence="It is not there.", observed="nothing", expected="something")


def checked(look: Look, **changes: object) -> Check:
    made = Check(
        id="T1",
        smell=Smell.MISSING,
        entities=(Entity.RANKING_TABLE,),
        severity=Severity.WARN,
        promise="It is there.",
        threshold="It is not.",
        hits=1,
        every=TURN,
        seconds=5.0,
        inside=True,
        look=look,
    )
    return structs.replace(made, **changes)


def seeing(*seen: Sequence[str], **changes: object) -> Check:
    """A check that sees these subjects, one look after the other."""
    left = list(seen)

    async def look(_: Scene) -> list[Sighting]:
        return [sighting(subject) for subject in left.pop(0)]

    return checked(look, **changes)


async def _states(db: Pool, settings: Settings, check: Check, turns: int) -> list[list[str]]:
    found = []
    for turn in range(turns):
        await rounds.make(db, settings, now=NOW + turn * TURN, among={check.id: check})
        found.append([one.state.value for one in await smells.listed(db, most=10)])
    return found


async def test_a_finding_opens_after_as_many_looks_as_its_check_asks_for_and_is_over_after_two_clean_ones(
    db: Pool, settings: Settings
) -> None:
    check = seeing(["a"], ["a"], [], ["a"], [], [], hits=2)
    states = await _states(db, settings, check, 6)
    assert states == [[], ["open"], ["open"], ["open"], ["open"], ["resolved"]]
    (found,) = await smells.listed(db, most=10)
    assert (found.opened_at - found.first_seen_at, found.resolved_at) == (TURN, NOW + 5 * TURN)
    assert [act.act for act in found.acts] == ["opened", "resolved"]


async def test_what_is_seen_once_and_not_again_is_told_to_nobody(db: Pool, settings: Settings) -> None:
    assert await _states(db, settings, seeing(["a"], [], ["a"], [], hits=2), 4) == [[], [], [], []]


async def test_what_comes_back_is_another_finding(db: Pool, settings: Settings) -> None:
    states = await _states(db, settings, seeing(["a"], [], [], ["a"]), 4)
    assert states[-1] == ["open", "resolved"]


async def test_a_check_runs_when_it_is_due_however_many_workers_there_are(db: Pool, settings: Settings) -> None:
    check = seeing([], [], [])
    at_once = await asyncio.gather(*(rounds.make(db, settings, now=NOW, among={"T1": check}) for _ in range(4)))
    assert sum(len(ran) for ran in at_once) == 1
    assert await rounds.make(db, settings, now=NOW + TURN / 2, among={"T1": check}) == {}
    assert len(await rounds.make(db, settings, now=NOW + TURN, among={"T1": check})) == 1


async def _crash(_: Scene) -> list[Sighting]:
    raise ZeroDivisionError


async def _hang(_: Scene) -> list[Sighting]:
    await asyncio.Event().wait()
    return []


async def _block(_: Scene) -> list[Sighting]:
    time.sleep(3)  # noqa: ASYNC251 - a check that lets nobody else go on is what this is about.
    return []


async def _flood(_: Scene) -> list[Sighting]:
    return [sighting(str(number)) for number in range(rounds.MOST_SIGHTINGS + 1)]


@pytest.mark.parametrize(
    ("look", "outcome"),
    [(_crash, Outcome.CRASHED), (_hang, Outcome.HUNG), (_block, Outcome.HUNG), (_flood, Outcome.FLOODED)],
    ids=["crashes", "hangs", "blocks", "floods"],
)
async def test_a_check_that_fails_is_a_finding_of_the_harness_and_stops_no_other(
    db: Pool, settings: Settings, look: Look, outcome: Outcome, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rounds, "GRACE_SECONDS", 0.5)
    after = structs.replace(seeing(["a"]), id="T2")
    ran = await rounds.make(
        db, settings, now=NOW, among={"T1": checked(look, seconds=0.3, severity=Severity.BLOCK), "T2": after}
    )
    assert [ran["T1"].outcome, ran["T2"].outcome] == [outcome, Outcome.FOUND]
    other, failed = sorted(await smells.listed(db, most=10), key=lambda one: one.smell)
    assert (failed.smell, failed.entity, failed.severity) == (Smell.UNRESPONSIVE, Entity.HARNESS, Severity.MAJOR)
    assert failed.subject == "check T1"
    assert other.check == "T2"
    assert (await rounds.last(db))["T1"].outcome is outcome


async def test_a_check_that_fails_forgets_nothing_it_had_found(db: Pool, settings: Settings) -> None:
    await rounds.make(db, settings, now=NOW, among={"T1": seeing(["a"])})
    for turn in (1, 2, 3):
        await rounds.make(db, settings, now=NOW + turn * TURN, among={"T1": checked(_crash)})
    assert {(one.check, one.state) for one in await smells.listed(db, most=10)} == {
        ("T1", State.OPEN),
        ("T1-runs", State.OPEN),
    }


async def test_a_check_that_lacks_what_it_needs_says_so(db: Pool, settings: Settings) -> None:
    async def look(_: Scene) -> list[Sighting]:
        raise CannotLook("There is no browser on this machine.")

    await rounds.make(db, settings, now=NOW, among={"T1": checked(look)})
    last = (await rounds.last(db))["T1"]
    assert (last.outcome, last.note) == (Outcome.SKIPPED, "There is no browser on this machine.")
    assert await smells.listed(db, most=10) == []


async def test_muting_needs_a_reason_and_an_end_and_what_holds_releases_is_not_muted(
    db: Pool, settings: Settings
) -> None:
    operator = await accounts.open(db, email="mh@example.org", name="mh", password=None, roles=(Role.OPERATOR,))
    by: Any = {"account_id": operator.id, "now": NOW}
    light, heavy = seeing(["a"], ["a"], ["a"]), structs.replace(seeing(["b"]), id="T2", severity=Severity.BLOCK)
    await rounds.make(db, settings, now=NOW, among={"T1": light, "T2": heavy})
    first, second = sorted(await smells.listed(db, most=10), key=lambda one: one.check)
    with pytest.raises(NotMuted):
        await smells.mute(db, second.id, until=NOW + TURN, text="Known.", **by)
    with pytest.raises(Refused, match="a moment to come"):
        await smells.mute(db, first.id, until=NOW, text="Known.", **by)
    muted = await smells.mute(db, first.id, until=NOW + 2 * TURN, text="Known.", **by)
    assert (muted.state, muted.muted_until, muted.acts[-1].text) == (State.MUTED, NOW + 2 * TURN, "Known.")
    states = []
    for turn in (1, 2):
        await rounds.make(db, settings, now=NOW + turn * TURN, among={"T1": light})
        states.append((await smells.require(db, first.id)).state)
    assert states == [State.MUTED, State.OPEN]
    resolved = await smells.resolve(db, first.id, text="Put there.", **by)
    assert (resolved.state, resolved.resolved_at) == (State.RESOLVED, NOW)
    with pytest.raises(Over):
        await smells.acknowledge(db, first.id, text="Again.", **by)


def test_every_check_says_what_it_promises_and_from_when_on_it_speaks() -> None:
    for check in checkup.REGISTER.values():
        assert check.promise.endswith("."), check.id
        assert check.threshold.endswith("."), check.id
        assert check.entities, check.id
