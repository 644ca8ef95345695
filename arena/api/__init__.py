"""JSON over HTTP: every action has exactly one handler here."""

from typing import Final

from litestar import Router
from litestar.di import Provide

from arena import guards
from arena.api import (
    accounts,
    arrivals,
    audit,
    battles,
    boards,
    cases,
    changes,
    checks,
    contenders,
    diagnostics,
    disagreements,
    endpoints,
    exports,
    facts,
    fairness,
    fragility,
    health,
    interest,
    judges,
    judging,
    ledger,
    lifecycle,
    merges,
    mine,
    movements,
    operations,
    opinions,
    pairings,
    plots,
    prompt_sets,
    releases,
    reported,
    second_looks,
    set_runs,
    set_verdicts,
    shares,
    smells,
    snapshots,
    submissions,
    votes,
)

ROOMS: Final = (
    battles,
    second_looks,
    opinions,
    shares,
    boards,
    releases,
    snapshots,
    exports,
    votes,
    contenders,
    cases,
    endpoints,
    checks,
    lifecycle,
    submissions,
    pairings,
    reported,
    movements,
    plots,
    diagnostics,
    prompt_sets,
    set_runs,
    set_verdicts,
    interest,
    arrivals,
    accounts,
    mine,
    judges,
    judging,
    disagreements,
    ledger,
    audit,
    fragility,
    fairness,
    smells,
    operations,
    facts,
    merges,
    changes,
)


def routers() -> list[Router]:
    """The public API under /api/v1, and what operators watch."""
    public = Router(
        "/api/v1",
        guards=[guards.sends_json, guards.sent_from_here],
        dependencies={
            "voter_id": Provide(guards.voter_id),
            "network": Provide(guards.network),
            "asker": Provide(guards.asker),
            "signed_in": Provide(guards.signed_in),
        },
        route_handlers=[route for room in ROOMS for route in room.routes],
    )
    return [public, Router("/", route_handlers=[health.live, health.ready])]
