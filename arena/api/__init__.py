"""JSON over HTTP: every action has exactly one handler here."""

from litestar import Router
from litestar.di import Provide

from arena import guards
from arena.api import (
    accounts,
    arrivals,
    battles,
    boards,
    cases,
    checks,
    contenders,
    diagnostics,
    endpoints,
    exports,
    health,
    interest,
    judges,
    judging,
    ledger,
    lifecycle,
    mine,
    movements,
    opinions,
    pairings,
    plots,
    prompt_sets,
    releases,
    reported,
    set_runs,
    shares,
    snapshots,
    submissions,
    votes,
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
        route_handlers=[
            *battles.routes,
            *opinions.routes,
            *shares.routes,
            *boards.routes,
            *releases.routes,
            *snapshots.routes,
            *exports.routes,
            *votes.routes,
            *(*contenders.routes, *cases.routes),
            *endpoints.routes,
            *checks.routes,
            *lifecycle.routes,
            *submissions.routes,
            *pairings.routes,
            *reported.routes,
            *movements.routes,
            *plots.routes,
            *diagnostics.routes,
            *prompt_sets.routes,
            *set_runs.routes,
            *interest.routes,
            *arrivals.routes,
            *accounts.routes,
            *mine.routes,
            *judges.routes,
            *judging.routes,
            *ledger.routes,
        ],
    )
    return [public, Router("/", route_handlers=[health.live, health.ready])]
