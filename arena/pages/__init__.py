"""What people see: HTML, GET only; every action is a call that the pages' script makes to the API."""

from typing import Any

from litestar.handlers import HTTPRouteHandler

from arena.pages import assets, battles, boards, languages, texts
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
    boards.show_overall,
    boards.show,
    texts.methodology,
    texts.policy,
    assets.show,
    languages.choose,
]
