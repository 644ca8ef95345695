"""JSON over HTTP: every action has exactly one handler here."""

from litestar import Router
from litestar.di import Provide

from arena import guards
from arena.api import (
    accounts,
    arrivals,
    battles,
    boards,
    checks,
    contenders,
    endpoints,
    health,
    interest,
    ledger,
    lifecycle,
    mine,
    opinions,
    pairings,
    reported,
    shares,
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
            boards.list_boards,
            boards.show_board,
            boards.change_board,
            boards.list_acts,
            boards.list_releases,
            boards.show_release,
            *votes.routes,
            *contenders.routes,
            *endpoints.routes,
            *checks.routes,
            *lifecycle.routes,
            *submissions.routes,
            *pairings.routes,
            *reported.routes,
            *interest.routes,
            *arrivals.routes,
            *accounts.routes,
            *mine.routes,
            *ledger.routes,
        ],
    )
    return [public, Router("/", route_handlers=[health.live, health.ready])]
