"""Style: the form of an answer in numbers, and whether it declined to answer; kept for every answer of a battle.

The numbers are no text: they stay when the text is deleted, so that its vote can still be rated at equal style.
"""

import re
from collections.abc import Sequence
from typing import Final, Literal
from uuid import UUID

from msgspec import Struct, structs

from arena.db import Connection, Db, Proxy, many
from arena.evaluation import refusals, tone
from arena.evaluation.tone import Tone
from arena.evaluation.turns import Answer

Feature = Literal["characters", "headings", "lists", "bold"]

# Kept with every answer: another way of counting is another version, and old answers are looked at anew.
VERSION: Final = f"style-2 {tone.CLASSIFIER} {refusals.CLASSIFIER}"
# What a board can be rated at equal style of; emoji, code and tone are looked at by diagnostics alone.
FEATURES: Final[tuple[Feature, ...]] = ("characters", "headings", "lists", "bold")
BLOCK: Final = 500

# What is quoted as code has no form of its own; where it isn't closed it goes on to the end.
_FENCED: Final = re.compile(r"^[ \t]{0,3}```.*?(?:^[ \t]{0,3}```|\Z)", re.MULTILINE | re.DOTALL)
_HEADING: Final = re.compile(r"^ {0,3}#{1,6}[ \t]", re.MULTILINE)
_ITEM: Final = re.compile(r"^[ \t]{0,20}(?:[-*+]|\d{1,3}[.)])[ \t]", re.MULTILINE)
_FENCE: Final = re.compile(r"^[ \t]{0,3}```", re.MULTILINE)
_EMOJI: Final = re.compile("[\U0001f300-\U0001faff\u2600-\u27bf\u2b50\u2b55]")
_BOLD: Final = re.compile(r"\*\*[^*\n]{1,500}\*\*|__[^_\n]{1,500}__")


class Style(Tone, frozen=True, kw_only=True):
    """The form of an answer: its characters, headings, items of lists, bold words, emoji and blocks of code.

    And its tone, and whether it declined.
    """

    characters: int
    headings: int
    lists: int
    bold: int
    emoji: int
    code: int
    refusal: bool


COLUMNS: Final = Style.__struct_fields__
_TYPES: Final = ["boolean" if column == "refusal" else "integer" for column in COLUMNS]


class _Unread(Struct, frozen=True, kw_only=True):
    """An answer that this version has not looked at; without a text where that was deleted."""

    battle_id: UUID
    turn: int
    position: int
    text: str | None
    finish: str | None


def of(text: str, finish: str | None = None) -> Style:
    """The form of an answer that ended like this."""
    plain = _FENCED.sub("", text)
    return Style(
        characters=len(text),
        headings=len(_HEADING.findall(plain)),
        lists=len(_ITEM.findall(plain)),
        bold=len(_BOLD.findall(plain)),
        emoji=len(_EMOJI.findall(plain)),
        # One that isn't closed is one, too.
        code=(len(_FENCE.findall(text)) + 1) // 2,
        refusal=refusals.holds(text, finish),
        **structs.asdict(tone.of(plain)),
    )


async def keep(connection: Connection | Proxy, battle_id: UUID, turn: int, answers: Sequence[Answer]) -> None:
    """Keep the form of a turn's answers; once, however often told."""
    rows = [(position, *structs.astuple(of(answer.text, answer.finish))) for position, answer in enumerate(answers)]
    await connection.execute(
        f"""
        INSERT INTO styles (battle_id, turn, version, position, {", ".join(COLUMNS)})
        SELECT $1, $2, $3, * FROM unnest($4::smallint[], {_arrays(5)})
        ON CONFLICT DO NOTHING
        """,  # noqa: S608 - names of columns
        battle_id,
        turn,
        VERSION,
        *map(list, zip(*rows, strict=True)),
    )


def _arrays(first: int) -> str:
    """The columns of a Style as parameters from this number on."""
    return ", ".join(f"${first + place}::{kind}[]" for place, kind in enumerate(_TYPES))


async def restyle(db: Db, *, most: int = BLOCK) -> int:
    """Look anew at answers that another version has looked at, so many at a time, and say how many that were.

    What was deleted keeps the form that was found before, or has none.
    """
    unread = await many(
        db,
        _Unread,
        """
        SELECT styles.battle_id, styles.turn, styles.position, finish,
               (SELECT string_agg(part ->> 'text', '' ORDER BY place)
                FROM jsonb_array_elements(content) WITH ORDINALITY AS parts (part, place)) AS text
        FROM styles JOIN answers USING (battle_id, turn, position)
        WHERE version < $1 OR version > $1
        LIMIT $2
        """,
        VERSION,
        most,
    )
    if unread:
        await _renew(db, unread)
    return len(unread)


async def _renew(db: Db, unread: list[_Unread]) -> None:
    rows = []
    for one in unread:
        found = (None,) * len(COLUMNS) if one.text is None else structs.astuple(of(one.text, one.finish))
        rows.append((one.battle_id, one.turn, one.position, *found))
    kept = ", ".join(f"{column} = coalesce(found.{column}, styles.{column})" for column in COLUMNS)
    await db.execute(
        f"""
        UPDATE styles SET version = $1, {kept}
        FROM unnest($2::uuid[], $3::smallint[], $4::smallint[], {_arrays(5)})
             AS found (battle_id, turn, position, {", ".join(COLUMNS)})
        WHERE styles.battle_id = found.battle_id AND styles.turn = found.turn AND styles.position = found.position
        """,  # noqa: S608 - names of columns
        VERSION,
        *map(list, zip(*rows, strict=True)),
    )


async def waiting(db: Db) -> int:
    """How many answers this version has still to look at."""
    number: int = await db.fetchval("SELECT count(*) FROM styles WHERE version < $1 OR version > $1", VERSION)
    return number
