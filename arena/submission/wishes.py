"""Wishes: what an account would like to see rated next, one for each."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from arena.db import Db, many, one
from arena.errors import ArenaError, Refused
from arena.submission import cards
from arena.submission.places import Place


class EnteredAlready(ArenaError):
    """What you wish for is entered already."""

    status = 409


class Wish(Struct, frozen=True, kw_only=True):
    """What an account wishes for."""

    name: str
    organisation: str
    link: str | None
    wished_at: datetime


class Wished(Struct, frozen=True, kw_only=True):
    """What several accounts wish for, in the words and with the link of whoever was first.

    `contender` is the one that was entered since, null where nobody has entered it yet.
    """

    name: str
    organisation: str
    link: str | None
    wishes: int
    since: datetime
    contender: str | None


class _Group(Struct, frozen=True, kw_only=True):
    identity: str
    name: str
    organisation: str
    link: str | None
    wishes: int
    since: datetime


class _Named(Struct, frozen=True):
    slug: str
    name: str
    organisation: str
    version: str


class Entered:
    """The contenders that can be met here, found by name however it is written."""

    def __init__(self, named: list[_Named]) -> None:
        self._by_name: dict[str, list[tuple[str, str]]] = {}
        for each in named:
            for form in {cards.canonical(each.name), cards.canonical(each.name + each.version)}:
                self._by_name.setdefault(form, []).append((cards.canonical(each.organisation), each.slug))

    def find(self, name: str, organisation: str) -> str | None:
        """The contender of this name; an organisation that only one of the two says is no difference."""
        maker = cards.canonical(organisation)
        for known, slug in self._by_name.get(cards.canonical(name), []):
            if not maker or known in ("", maker):
                return slug
        return None


async def make(db: Db, account_id: UUID, *, name: str, organisation: str, link: str | None) -> Wish:
    """Wish for this, in place of what the account wished for; EnteredAlready names what is here already."""
    called, maker = cards.title("name", name), cards.line("organisation", organisation)
    if link is not None and not cards.LINK.fullmatch(link):
        raise Refused("“{link}” is not a link; a link begins with https:// and has no spaces.", link=link[:100])
    if slug := (await entered(db)).find(called, maker):
        raise EnteredAlready(
            "This is entered already, as /contenders/{slug}. If you wish for another one, say which organisation's.",
            slug=slug,
        )
    wish = await one(
        db,
        Wish,
        """
        INSERT INTO wishes (account_id, name, organisation, link, identity) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (account_id) DO UPDATE
        SET name = EXCLUDED.name, organisation = EXCLUDED.organisation, link = EXCLUDED.link,
            identity = EXCLUDED.identity,
            wished_at = CASE WHEN wishes.identity = EXCLUDED.identity THEN wishes.wished_at ELSE now() END
        RETURNING name, organisation, link, wished_at
        """,
        account_id,
        called,
        maker,
        link,
        f"{cards.canonical(maker)}|{cards.canonical(called)}",
    )
    assert wish is not None
    return wish


async def take_back(db: Db, account_id: UUID) -> None:
    """Wish for nothing; where there was no wish, nothing changes."""
    await db.execute("DELETE FROM wishes WHERE account_id = $1", account_id)


async def of(db: Db, account_id: UUID) -> Wish | None:
    """What the account wishes for."""
    return await one(
        db, Wish, "SELECT name, organisation, link, wished_at FROM wishes WHERE account_id = $1", account_id
    )


async def listed(db: Db, *, after: Place, most: int) -> tuple[list[Wished], str | None]:
    """What is wished for, what most wish for first, and the cursor of what follows."""
    groups = await many(
        db,
        _Group,
        """
        SELECT identity, count(*) AS wishes, min(wished_at) AS since,
               (array_agg(name ORDER BY wished_at, account_id))[1] AS name,
               (array_agg(organisation ORDER BY wished_at, account_id))[1] AS organisation,
               (array_agg(link ORDER BY wished_at, account_id) FILTER (WHERE link IS NOT NULL))[1] AS link
        FROM wishes GROUP BY identity HAVING count(*) < $1::bigint OR (count(*) = $1 AND identity > $2)
        ORDER BY count(*) DESC, identity LIMIT $3
        """,
        after.count,
        after.name,
        most + 1,
    )
    known = await entered(db)
    shown = [
        Wished(
            name=group.name,
            organisation=group.organisation,
            link=group.link,
            wishes=group.wishes,
            since=group.since,
            contender=known.find(group.name, group.organisation),
        )
        for group in groups[:most]
    ]
    return shown, Place(groups[most - 1].wishes, groups[most - 1].identity).cursor if len(groups) > most else None


async def entered(db: Db) -> Entered:
    """What the public knows to be entered; brought-in votes are on contenders that nobody can meet here."""
    return Entered(
        await many(
            db,
            _Named,
            """
            SELECT slug, name, organisation, version FROM contenders JOIN endpoints ON contender_id = contenders.id
            WHERE committed_at IS NOT NULL AND state NOT IN ('retired', 'rejected') ORDER BY slug
            """,
        )
    )
