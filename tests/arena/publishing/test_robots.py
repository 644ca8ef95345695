"""What a robots.txt forbids to programs that it does not name (RFC 9309)."""

import pytest

from arena.publishing import robots


@pytest.mark.parametrize(
    ("text", "forbidden"),
    [
        ("", False),
        ("<html>Not here.</html>", False),
        ("User-agent: *\nDisallow:", False),
        ("User-agent: *\nDisallow: /", True),
        ("user-agent: *\ndisallow: /api # all of it", True),
        ("User-agent: Other\nDisallow: /", False),
        ("User-agent: Other\nUser-agent: *\nDisallow: /", True),
        ("User-agent: *\nDisallow: /mine\n\nUser-agent: Other\nDisallow: /", False),
        # Groups about the same are one, wherever they stand.
        ("User-agent: *\nDisallow: /mine\nUser-agent: Other\nAllow: /\nUser-agent: *\nDisallow: /api", True),
        # The longest rule decides wherever it stands, and of two as long the one that allows.
        ("User-agent: *\nAllow: /api/v1/boards\nDisallow: /api", False),
        ("User-agent: *\nAllow: /api\nDisallow: /api/v1", True),
        ("User-agent: *\nDisallow: /api\nAllow: /api", False),
        ("User-agent: *\nDisallow: /*/boards", True),
        ("User-agent: *\nDisallow: /api/v1/boards$", True),
        ("User-agent: *\nDisallow: /api$", False),
        ("User-agent: *\nDisallow: /a.i", False),
    ],
)
def test_a_path_is_forbidden_by_the_rules_for_anybody(text: str, forbidden: bool) -> None:
    assert robots.forbids(robots.rules(text), "/api/v1/boards") is forbidden
