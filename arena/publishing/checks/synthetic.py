"""Whether the arena does its work: a battle that it has with itself, from the prompt to the receipt."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec

from arena.people import voters
from arena.publishing import outside
from arena.publishing.checkup import CannotLook, Entity, Scene, Severity, Sighting, Smell, check
from arena.publishing.outside import Said, Visit

# The one voter that is nobody. Its battles name their contenders, and such a battle is drawn by nobody and rated
# nowhere: no board, exposure, estimate, control share or figure of fairness counts it.
NOBODY: Final = UUID("00000000-0000-4000-8000-000000000001")
PROMPT: Final = "Please answer with the one word: ready."
FIRST_SECONDS: Final = 20.0
WHOLE_SECONDS: Final = 60.0
# The clock that calls checks is not exact.
SLACK: Final = timedelta(minutes=1)
STEPS: Final = {
    "opening": "A battle that the arena wanted with itself could not be opened: {observed}.",
    "first words": "In a battle that the arena had with itself not both sides began to answer: {observed}.",
    "answers": "A battle that the arena had with itself did not end: {observed}.",
    "vote": "A vote on a battle that the arena had with itself was not accepted: {observed}.",
    "reveal": "After a vote on a battle that the arena had with itself nobody was told who was who: {observed}.",
    "receipt": "A vote on a battle that the arena had with itself is not on record: {observed}.",
}


class _Stuck(Exception):
    """A battle did not get past a step."""

    def __init__(self, step: str, observed: str) -> None:
        super().__init__(step, observed)
        self.step, self.observed = step, observed


@check(
    "U1",
    Smell.UNRESPONSIVE,
    Entity.HARNESS,
    Entity.TASK,
    Entity.RAW_DATA,
    severity=Severity.MAJOR,
    threshold="Two battles in a row: not both sides begin within 20 s and end within 60 s, or a later step fails.",
    hits=2,
    seconds=150,
    inside=False,
)
async def battle(scene: Scene) -> list[Sighting]:
    """A battle can be opened, is answered, takes a vote, tells who was who, and has a receipt."""
    if not scene.settings.synthetic_minutes:
        raise CannotLook("The arena has no battles with itself here: ARENA_SYNTHETIC_MINUTES is 0.")
    await _due(scene)
    contenders = await _contenders(scene)
    cookie = "__Host-voter" if scene.settings.secure else "voter"
    token = voters.token(NOBODY, scene.settings.secret)
    async with outside.visit(scene.settings, cookie=f"{cookie}={token}") as visit:
        await visit.need("/health/live")
        try:
            await _play(visit, contenders)
        except _Stuck as stuck:
            return [_sighting(stuck)]
    return []


def _sighting(stuck: _Stuck) -> Sighting:
    return Sighting(
        subject="battle with itself",
        sentence=STEPS[stuck.step],
        values={"observed": stuck.observed},
        observed=f"{stuck.step}: {stuck.observed}",
        expected="a vote with its receipt",
        evidence="/side-by-side",
    )


async def _due(scene: Scene) -> None:
    last: datetime | None = await scene.db.fetchval(
        "SELECT max(opened_at) FROM battles WHERE voter_id = $1 AND opened_at > $2::timestamptz - interval '30 days'",
        *(NOBODY, scene.now),
    )
    if last and scene.now - last < timedelta(minutes=scene.settings.synthetic_minutes) - SLACK:
        raise CannotLook("The next battle of the arena with itself is not due yet.")


async def _contenders(scene: Scene) -> list[str]:
    """Two contenders that can be called now, others each time."""
    found = await scene.db.fetch(
        """
        SELECT slug FROM contenders JOIN endpoints ON contender_id = contenders.id
        WHERE state = 'listed' AND coalesce(cooled_until <= $1, true) ORDER BY md5(slug || $1::text) LIMIT 2
        """,
        scene.now,
    )
    if len(found) < 2:
        raise CannotLook("There are not two contenders that can be called now.")
    return [row["slug"] for row in found]


async def _play(visit: Visit, contenders: list[str]) -> None:
    said = await visit.post("/api/v1/battles", {"prompt": PROMPT, "kind": "named", "contenders": contenders})
    if said.status == 429:
        raise CannotLook("The arena was too busy for a battle with itself.")
    path = f"/api/v1/battles/{_told(said, 'opening', 201)['id']}"
    try:
        await _listen(visit, path)
    except _Stuck:
        await visit.post(f"{path}/skip", {})
        raise
    voted = _told(await visit.post(f"{path}/vote", {"outcome": "tie"}), "vote", 201)
    if len(voted.get("reveal", {}).get("sides", ())) != 2:
        raise _Stuck("reveal", "not two sides")
    _told(await visit.get(f"/api/v1/votes/{voted['vote']['id']}"), "receipt", 200)


def _told(said: Said, step: str, status: int) -> Any:
    if said.status != status:
        raise _Stuck(step, said.failure or f"status {said.status}")
    return said.read()


async def _listen(visit: Visit, path: str) -> None:
    """Follow the battle until it takes a vote."""
    begun: set[int] = set()
    loop = asyncio.get_running_loop()
    start = loop.time()
    try:
        async with asyncio.timeout_at(start + FIRST_SECONDS) as deadline, visit.lines(f"{path}/stream") as lines:
            async for name, told in _events(lines):
                if name == "tick":
                    begun |= {side for side, said in enumerate(told["sides"]) if said["text"].strip()}
                if len(begun) == 2:
                    deadline.reschedule(start + WHOLE_SECONDS)
                if name in ("ready", "failed"):
                    break
            else:
                raise _Stuck("answers", "the stream broke off")
    except TimeoutError:
        raise _Stuck(*_late(begun)) from None
    except outside.BROKEN as error:
        raise _Stuck("answers", type(error).__name__) from None
    if name == "failed":
        raise _Stuck("answers", "a side failed")


def _late(begun: set[int]) -> tuple[str, str]:
    if len(begun) < 2:
        return "first words", f"{len(begun)} of 2 within {FIRST_SECONDS:.0f} s"
    return "answers", f"not whole within {WHOLE_SECONDS:.0f} s"


async def _events(lines: AsyncIterator[bytes]) -> AsyncIterator[tuple[str, Any]]:
    name = ""
    async for line in lines:
        if line.startswith(b"event: "):
            name = line[7:].strip().decode()
        elif line.startswith(b"data: "):
            yield name, msgspec.json.decode(line[6:])
