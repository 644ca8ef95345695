"""What people see: HTML, GET only; every action is a call that the pages' script makes to the API."""

from typing import Any

from litestar import Router
from litestar.di import Provide
from litestar.handlers import HTTPRouteHandler

from arena import guards
from arena.pages import (
    accounts,
    assets,
    audit,
    battles,
    boards,
    cases,
    changes,
    comparisons,
    contenders,
    diagnostics,
    endpoints,
    fairness,
    feeds,
    judges,
    languages,
    mine,
    movements,
    operations,
    plots,
    popularity,
    prompt_sets,
    providers,
    reference,
    releases,
    second_looks,
    shares,
    smells,
    submissions,
    talks,
    texts,
    votes,
)
from arena.pages.templating import template_config

__all__ = ["CONTENT_SECURITY_POLICY", "routes", "template_config"]

# Nothing from elsewhere, nothing inline; HTML made by the server is set through the one policy `arena-html`.
CONTENT_SECURITY_POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "img-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types arena-html",
    ]
)

routes: list[HTTPRouteHandler | Any] = [
    battles.show,
    second_looks.show,
    boards.show_overall,
    boards.show,
    releases.index,
    releases.show,
    feeds.show_all,
    feeds.show,
    boards.show_lines,
    texts.methodology,
    texts.policy,
    texts.detection,
    fairness.show,
    reference.show,
    shares.show,
    contenders.show,
    movements.show,
    plots.show,
    comparisons.show,
    comparisons.show_heat,
    diagnostics.show,
    cases.show_all,
    *changes.routes,
    popularity.show,
    *prompt_sets.routes,
    *judges.routes,
    *audit.routes,
    *smells.routes,
    submissions.show,
    talks.show_side_by_side,
    talks.show_chat,
    Router(
        "/",
        dependencies={"voter_id": Provide(guards.voter_id)},
        route_handlers=[mine.show, mine.show_battle],
    ),
    Router(
        "/",
        dependencies={"reader": Provide(guards.reader)},
        route_handlers=[
            providers.show,
            providers.new,
            endpoints.show,
            accounts.show,
            cases.show,
            audit.show,
            smells.show,
            operations.show,
        ],
    ),
    Router("/", dependencies={"voter_id": Provide(guards.voter_id)}, route_handlers=[votes.show]),
    assets.show,
    languages.choose,
]
