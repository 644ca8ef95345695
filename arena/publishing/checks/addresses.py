"""What cannot be reached from outside, or leads nowhere there."""

import asyncio
import re
from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any, Final

from msgspec import Struct

from arena.db import many, one
from arena.publishing import outside
from arena.publishing.checkup import CannotLook, Entity, Scene, Severity, Sighting, Smell, check
from arena.publishing.outside import Said, Visit

AT_ONCE: Final = 2
CERTIFICATE: Final = timedelta(days=7)
RESTING: Final = timedelta(minutes=15)
GONE: Final = (404, 410)
# The pages, as they are addressed; what only its owner sees answers others with a refusal, and that is an answer.
PAGES: Final = (
    "/",
    "/leaderboard",
    "/leaderboard/{slug}",
    "/leaderboard/{slug}/lines",
    "/leaderboard/{slug}/heat",
    "/releases",
    "/releases/{release_id}",
    "/releases/{release_id}/plots",
    "/feeds/releases.atom",
    "/feeds/{slug}/releases.atom",
    "/feeds/smells.atom",
    "/feeds/changes.atom",
    "/methodology",
    "/methodology/audit",
    "/policy",
    "/fairness",
    "/api",
    "/contenders/{slug}",
    "/compare",
    "/diagnostics/{slug}",
    "/cases",
    "/changes",
    "/popularity",
    "/prompt-sets",
    "/prompt-sets/{name}",
    "/judges",
    "/judges/{slug}",
    "/audit",
    "/audit/votes",
    "/submissions",
    "/smells",
    "/smells/all",
    "/smells/checks",
    "/second-look",
    "/side-by-side",
    "/chat",
    "/mine",
    "/providers",
    "/providers/new",
    "/account",
    "/schema",
)
# Where anybody brings a contender, asks to be heard, and reads what holds for all.
CHANNELS: Final = {
    "/providers/new": "The page on which contenders are submitted is not there.",
    "/submissions": "The page of submissions is not there.",
    "/cases": "The page on which people say what is wrong is not there.",
    "/policy": "The page of the policy is not there.",
    "/methodology": "The page of the methodology is not there.",
}
FILES: Final = tuple(f"/api/v1/releases/{{release_id}}/{name}" for name in ("manifest.json", "README.md", "verify.py"))
PLACE: Final = re.compile(r"\{(\w+)\}")


class _Ids(Struct, frozen=True, kw_only=True):
    boards: str | None
    releases: str | None
    snapshots: str | None
    contenders: str | None
    judges: str | None
    prompt_sets: str | None


class _Endpoint(Struct, frozen=True):
    contender: str
    minutes: int


@check(
    "I1",
    Smell.INACCESSIBLE,
    Entity.HARNESS,
    Entity.RANKING_TABLE,
    Entity.RAW_DATA,
    Entity.SUBMISSION_CHANNEL,
    severity=Severity.MAJOR,
    threshold="Two looks in a row: no answer within 10 s, a 5xx or a 429; a certificate that ends within 7 days.",
    hits=2,
    every=timedelta(minutes=5),
    seconds=120,
    inside=False,
)
async def addresses(scene: Scene) -> list[Sighting]:
    """Every public address answers, and so do the files of the latest release."""
    async with outside.visit(scene.settings) as visit:
        alive = await visit.get("/health/live")
        if alive.status is None:
            return [_unreached(alive, "/health/live")]
        documented = described((await visit.get("/schema")).text)
        said = await asked(visit, await filled(scene, [*PAGES, *documented, *FILES]))
    found = [
        _unreached(one, path) for path, one in said if one.status is None or one.status >= 500 or one.status == 429
    ]
    if alive.ends_at and alive.ends_at - scene.now < CERTIFICATE:
        found.append(_ending(alive))
    return found


def _ending(alive: Said) -> Sighting:
    assert alive.ends_at is not None
    return Sighting(
        subject="certificate",
        sentence="The certificate of the arena's address ends at {time}.",
        values={"time": f"{alive.ends_at:%Y-%m-%d %H:%M}"},
        observed=f"{alive.ends_at:%Y-%m-%dT%H:%M:%SZ}",
        expected="at least 7 days left",
        entity=Entity.HARNESS,
    )


def _unreached(said: Said, template: str) -> Sighting:
    observed = said.failure or f"status {said.status}"
    return Sighting(
        subject=f"address {template}",
        sentence="The address {path} does not answer as it should: {observed}.",
        values={"path": said.path, "observed": observed},
        observed=observed,
        expected="an answer within 10 s",
        evidence=said.path,
    )


async def filled(scene: Scene, templates: Iterable[str]) -> list[tuple[str, str]]:
    """These templates of addresses, and each with real ids; without those that need what nobody has."""
    ids = await _ids(scene)
    known = {"leaderboard": ids.boards, "feeds": ids.boards, "diagnostics": ids.boards, "prompt-sets": ids.prompt_sets}
    known |= {name: getattr(ids, name) for name in ("boards", "releases", "snapshots", "contenders", "judges")}
    paths = [(template, _filled(template, known)) for template in dict.fromkeys(templates)]
    return [(template, path) for template, path in paths if path]


def described(text: str) -> Iterator[str]:
    """What the description says anybody can get, without what it asks parameters for."""
    try:
        paths: dict[str, Any] = Said(path="/schema", body=text.encode()).read()["paths"]
    except (ValueError, KeyError):
        return
    for path, operations in paths.items():
        get = operations.get("get")
        needs = [one for one in (get or {}).get("parameters", []) if one.get("required") and one["in"] != "path"]
        if get and "security" not in get and not needs:
            yield path


def _filled(template: str, known: dict[str, str | None]) -> str | None:
    parts = template.split("/")
    for place, part in enumerate(parts):
        if PLACE.fullmatch(part):
            value = known.get(parts[place - 1])
            if value is None:
                return None
            parts[place] = value
    return "/".join(parts)


async def _ids(scene: Scene) -> _Ids:
    found = await one(
        scene.db,
        _Ids,
        """
        WITH last AS (
            SELECT releases.id, slug, snapshot_id FROM releases JOIN boards ON boards.id = board_id
            ORDER BY published_at DESC LIMIT 1
        )
        SELECT coalesce((SELECT slug FROM last), (SELECT min(slug) FROM boards)) AS boards,
               (SELECT id FROM last) AS releases,
               (SELECT snapshot_id::text FROM last) AS snapshots,
               (SELECT min(slug) FROM contenders JOIN endpoints ON contender_id = contenders.id AND state = 'listed')
                   AS contenders,
               (SELECT min(slug) FROM judges) AS judges,
               (SELECT min(name) FROM prompt_sets) AS prompt_sets
        """,
    )
    assert found is not None
    return found


async def asked(visit: Visit, paths: list[tuple[str, str]]) -> list[tuple[str, Said]]:
    """What these addresses answer, beside the templates that they come from."""
    room = asyncio.Semaphore(AT_ONCE)

    async def answered(template: str, path: str) -> tuple[str, Said]:
        async with room:
            return template, await visit.get(path)

    return await asyncio.gather(*(answered(*each) for each in paths))


@check(
    "I3",
    Smell.INACCESSIBLE,
    Entity.MODEL,
    severity=Severity.MAJOR,
    threshold="Two looks in a row at an endpoint that has been resting for more than 15 min.",
    hits=2,
)
async def resting_endpoints(scene: Scene) -> list[Sighting]:
    """Every listed endpoint can be called."""
    found = await many(
        scene.db,
        _Endpoint,
        """
        SELECT slug AS contender, (extract(epoch FROM $1 - failed_at) / 60)::int AS minutes
        FROM endpoints JOIN contenders ON contenders.id = contender_id
        WHERE state IN ('listed', 'warming') AND failures > 0 AND cooled_until - failed_at > $2::interval
          AND cooled_until > $1
        ORDER BY slug LIMIT 100
        """,
        scene.now,
        RESTING,
    )
    return [
        Sighting(
            subject=f"contender {each.contender}",
            sentence="Whoever answers for {contender} has failed so often that it is not called for more than 15 min.",
            values={"contender": each.contender},
            observed="resting for more than 15 min",
            expected="answers",
            evidence=f"/contenders/{each.contender}",
        )
        for each in found
    ]


@check(
    "N9",
    Smell.MISSING,
    Entity.SUBMISSION_CHANNEL,
    Entity.PROTOCOL,
    severity=Severity.MAJOR,
    threshold="One of these pages is answered with 404 or 410.",
    inside=False,
)
async def channels(scene: Scene) -> list[Sighting]:
    """Anybody finds where contenders are submitted, where to say what is wrong, and what the policy is."""
    async with outside.visit(scene.settings) as visit:
        if (await visit.get("/health/live")).status is None:
            raise CannotLook("The arena did not answer at its address.")
        said = [await visit.get(path) for path in CHANNELS]
    return [
        Sighting(
            subject=f"page {one.path}",
            sentence=CHANNELS[one.path],
            observed=f"status {one.status}",
            expected="status 200",
            evidence=one.path,
        )
        for one in said
        if one.status in GONE
    ]
