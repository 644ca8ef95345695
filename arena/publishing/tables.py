"""Tables: a release's lines, and those of them that a reader looks for."""

from collections.abc import Callable
from typing import Final

from msgspec import Struct, structs

from arena.publishing import searches
from arena.publishing.releases import Release, Standing
from arena.publishing.searches import Search

# What a search can name, by the type of its values.
TYPES: Final[dict[str, type]] = {
    "name": str,
    "organisation": str,
    "org": str,
    "licence": str,
    "kind": str,
    "status": str,
    "open": bool,
    "official": bool,
    "size": float,
    "price": float,
    "votes": float,
    "rating": float,
    "rank": float,
}
FIELDS: Final[dict[str, Callable[[Standing], str | float | bool | None]]] = {
    "name": lambda line: line.name,
    "organisation": lambda line: line.organisation or None,
    "org": lambda line: line.organisation or None,
    "licence": lambda line: line.licence or None,
    "kind": lambda line: line.kind,
    "status": lambda line: line.status,
    "open": lambda line: line.open_weights,
    "official": lambda line: None if line.party is None else line.party == "first",
    "size": lambda line: line.parameters_billions,
    "price": lambda line: line.answer_price,
    "votes": lambda line: float(line.votes),
    "rating": lambda line: line.rating,
    "rank": lambda line: float(line.rank_lower),
}


class Found(Struct, frozen=True):
    """A release with the lines that fit a search, and out of how many; an empty search fits them all."""

    search: Search
    release: Release
    lines: int


def search(release: Release, text: str) -> Found:
    """The lines that fit; searches.SearchBroken says where the search can't be read."""
    wanted = searches.read(text, TYPES)
    standings = searches.fitting(wanted, release.standings, _shown, FIELDS) if wanted else release.standings
    return Found(wanted, structs.replace(release, standings=standings), len(release.standings))


def _shown(line: Standing) -> tuple[str, ...]:
    return line.name, line.organisation, line.contender
