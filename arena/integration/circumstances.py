"""Circumstances: what is known of the votes that a snapshot counted, beside who met whom and who won."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Final
from uuid import UUID

import numpy as np
from msgspec import Struct

from arena.db import Pool
from arena.evaluation import fingerprints, names, prompt_sets
from arena.evaluation.prompt_sets import State
from arena.evaluation.tone import Tone
from arena.integration import rows
from arena.integration.rows import Row
from rating import covariates
from rating.arrays import Codes, Flags, Vector
from rating.covariates import Covariates
from rating.diagnosis import Known

# Looked at later than the others: of a text that was deleted before they are not known.
_LATER: Final = ("emoji", "code", *Tone.__struct_fields__)
FEATURES: Final = ("length", "headings", "lists", "bold", *_LATER)
# A prompt that no rule has sorted is of a category of its own.
NO_CATEGORY: Final = "none"
# A feature is looked at where at least so large a share of the answers has been.
ENOUGH_KNOWN: Final = 0.5
MOST_SETS: Final = 10_000


class Circumstances(Struct, frozen=True):
    """What is known of each vote, in the order of a snapshot's rows; `categories` are named by their codes.

    `silent` are the features in which no two answers differ.
    """

    rows: list[Row]
    known: Known
    categories: list[str]
    silent: list[str]


class _Told(Struct, frozen=True):
    """What is known of one vote, None where it is not; `form` has the features of both answers."""

    vote: UUID
    categories: list[str] | None
    language: str | None
    hour: int
    dwell: float | None
    public: bool | None
    form: list[list[int | None]] | None


async def of(db: Pool, snapshot_id: UUID, board_id: UUID, number: int, *, imported: bool) -> Circumstances:
    """What is known of the votes that this snapshot counted; of imported ones the prompt, if anything."""
    told = await rows.of(db, snapshot_id)
    if imported:
        return Circumstances(told, Known(cluster=_clusters(told)), [], [])
    public = await _public(db)
    read = rows.read(db, CIRCUMSTANCES, board_id, number, public)
    found = [_Told(*record) async for batch in read for record in batch]
    assert [one.vote.hex for one in found] == [row.vote for row in told]
    return _known(told, found)


def _known(told: list[Row], found: list[_Told]) -> Circumstances:
    categories, category = _categories([one.categories for one in found])
    seen, silent = _form([one.form for one in found])
    known = Known(
        covariates=seen,
        length=_length([one.form for one in found]),
        category=category,
        language=_coded([one.language for one in found]),
        hour=np.array([one.hour for one in found], dtype=np.int64),
        dwell=_dwell([one.dwell for one in found]),
        cluster=_clusters(told),
        contaminated=_public_rows(found),
    )
    return Circumstances(told, known, categories, silent)


async def _public(db: Pool) -> list[bytes]:
    """The digests of prompts of sets that anybody can read."""
    sets = await prompt_sets.listed(db, [State.FROZEN, State.USED_UP], after="", most=MOST_SETS)
    open_sets = [one for one in sets if one.shows_prompts]
    return [
        fingerprints.of(prompt.content).digest for one in open_sets for prompt in await prompt_sets.prompts(db, one.id)
    ]


def _categories(told: Sequence[list[str] | None]) -> tuple[list[str], Codes | None]:
    """Each prompt's category; one of several counts under that of them which is rarest here."""
    often = Counter(category for each in told if each for category in each)
    chosen = [
        None if each is None else min(each, key=lambda name: (often[name], name), default=NO_CATEGORY) for each in told
    ]
    every = sorted({name for name in chosen if name is not None})
    return every, _coded(chosen)


def _coded(told: Sequence[str | None]) -> Codes | None:
    """Codes by the alphabet, -1 where nothing is known; None where nothing is known of any."""
    codes = {name: code for code, name in enumerate(sorted({name for name in told if name is not None}))}
    found = np.array([-1 if name is None else codes[name] for name in told], dtype=np.int64)
    return found if codes else None


def _clusters(told: Sequence[Row]) -> Codes | None:
    return _coded([row.prompt for row in told])


def _dwell(told: Iterable[float | None]) -> Vector | None:
    found = np.array([np.nan if seconds is None else seconds for seconds in told], dtype=np.float64)
    return found if np.isfinite(found).any() else None


def _public_rows(found: Sequence[_Told]) -> Flags | None:
    """Which votes are on prompts that anybody could read; None where none are, since there is none to leave out."""
    public = np.array([bool(one.public) for one in found], dtype=np.bool_)
    return public if public.any() else None


def _form(told: Sequence[list[list[int | None]] | None]) -> tuple[Covariates | None, list[str]]:
    """The features that most answers have been looked at for, and those of them in which none differ."""
    every = _features(told)
    columns: dict[str, Vector] = {}
    heard_of: list[str] = []
    for place, name in enumerate(FEATURES):
        sides = every[:, :, place]
        heard = np.isfinite(sides).all(axis=1)
        if len(sides) and heard.mean() >= ENOUGH_KNOWN:
            heard_of.append(name)
            # What is not known differs in nothing, so that it tells nothing.
            columns |= {f"{name}_{side}": np.where(heard, sides[:, at], 0.0) for at, side in enumerate("ab")}
    silent = [name for name in heard_of if (columns[f"{name}_a"] == columns[f"{name}_b"]).all()]
    spoken = [name for name in heard_of if name not in silent]
    return (covariates.of(columns, spoken) if spoken else None), silent


def _length(told: Sequence[list[list[int | None]] | None]) -> Vector | None:
    """The length of both answers together; one that is not known is taken for a usual one."""
    both: Vector = _features(told)[:, :, 0].sum(axis=1)
    heard = np.isfinite(both)
    if not len(both) or heard.mean() < ENOUGH_KNOWN:
        return None
    return np.where(heard, both, np.median(both[heard]))


def _features(told: Sequence[list[list[int | None]] | None]) -> Any:
    """N x 2 x features, not a number where one is not known."""
    unknown = [[None] * len(FEATURES)] * 2
    return np.array([form or unknown for form in told], dtype=np.float64).reshape(len(told), 2, len(FEATURES))


def _whole(feature: str) -> str:
    """The sum over a side's turns, where all of them are known."""
    return f"CASE WHEN bool_and({feature} IS NOT NULL) THEN sum({feature}) END"


# By the hour in UTC: where voters live is not known.
CIRCUMSTANCES: Final = f"""
        SELECT {names.VOTE} AS vote, categories, language,
               extract(hour FROM cast_at AT TIME ZONE 'UTC')::integer, dwell_seconds,
               preset OR digest = ANY($3::bytea[]),
               (SELECT array_agg(features ORDER BY position) FROM (
                    SELECT position, ARRAY[sum(characters), sum(headings), sum(lists), sum(bold),
                                           {", ".join(_whole(feature) for feature in _LATER)}] AS features
                    FROM styles WHERE styles.battle_id = votes.battle_id
                    GROUP BY position HAVING bool_and(characters IS NOT NULL)
               ) AS each_side HAVING count(*) = 2)
        FROM countings
        JOIN votes ON votes.id = vote_id
        LEFT JOIN tags ON tags.battle_id = votes.battle_id
        LEFT JOIN readings ON readings.vote_id = votes.id
        WHERE countings.board_id = $1 AND since <= $2 AND (until IS NULL OR until > $2)
        ORDER BY vote"""  # noqa: S608 - a constant
