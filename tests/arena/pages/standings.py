"""Releases with sensible defaults, for pages to show."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from arena.integration.boards import Board
from arena.publishing.releases import Release, Standing

METHOD = {"model": "bradley-terry", "ties": "half", "prior": 1.0, "level": 0.95}
OVERALL = Board(id=UUID(int=1), slug="overall", name="Overall", description="All votes of people.", cron="* * * * *")


def standing(name: str = "GPT 4", **changes: Any) -> Standing:
    """A contender's line."""
    line = {
        "contender": name.lower().replace(" ", "-"),
        "name": name,
        "organisation": "House",
        "rating": 1000.0,
        "lower": 900.0,
        "upper": 1100.0,
        "rank_lower": 1,
        "rank_upper": 2,
        "votes": 40,
        "status": "provisional",
        "standing": "settled",
        "separation": "settled",
        "group": 0,
    }
    known = {name: value for name, value in (line | changes).items() if name in Standing.__struct_fields__}
    return Standing(**known)


def release(*standings: Standing, **changes: Any) -> Release:
    """A release of these lines."""
    whole = {
        "id": "570314d96902" + "0" * 52,
        "board": "overall",
        "published_at": datetime(2026, 11, 20, 15, tzinfo=UTC),
        "votes": 8931,
        "voters": 124,
        "effective_voters": 40.2,
        "method": METHOD,
        "standings": list(standings),
    }
    return Release(**(whole | changes))
