"""Releases with sensible defaults, for pages to show."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from msgspec import structs

from arena.integration.boards import Board
from arena.publishing.releases import Release, Standing

OVERALL = Board(id=UUID(int=1), slug="overall", name="Overall", description="All votes of people.", cron="* * * * *")


def standing(name: str = "GPT 4", **changes: Any) -> Standing:
    """A contender's line."""
    line = Standing(
        contender=name.lower().replace(" ", "-"),
        name=name,
        organisation="House",
        rating=1000.0,
        lower=900.0,
        upper=1100.0,
        rank_lower=1,
        rank_upper=2,
        votes=40,
        status="provisional",
        separation="settled",
        group=0,
        licence="",
        open_weights=None,
        parameters_billions=None,
        kind=None,
        party=None,
        prompt_price=None,
        answer_price=None,
    )
    return structs.replace(line, **changes)


def release(*standings: Standing, **changes: Any) -> Release:
    """A release of these lines."""
    whole = Release(
        id="570314d96902" + "0" * 52,
        board="overall",
        published_at=datetime(2026, 11, 20, 15, tzinfo=UTC),
        votes=8931,
        voters=124,
        effective_voters=40.2,
        method={"model": "bradley-terry", "ties": "davidson", "prior": 1.0, "level": 0.95},
        standings=list(standings),
    )
    return structs.replace(whole, **changes)
