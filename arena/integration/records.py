"""Records: what a snapshot was made of, how and with what, and what came out, in one text that is never written again.

Numbers are rounded to a millionth, which is as far as two machines agree. The certificate is that of the rounded
numbers, so that whoever has them and the votes can check it without fitting anything.
"""

import hashlib
import json
import platform
import sys
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any, Final

import numpy as np

import rating
from rating import Standings, Tally, certificate
from rating.certificate import Certificate

SCHEMA: Final = 1
DIGITS: Final = 6
PACKAGES: Final = ("numpy", "scipy")


def spelled(record: dict[str, Any]) -> str:
    """The record's one spelling: as Python's own json writes it, so that a stranger needs nothing else."""
    return json.dumps(record, ensure_ascii=False, separators=(",", ":"), sort_keys=True, allow_nan=False)


def hashed(record: str) -> str:
    """SHA-256 of a record."""
    return hashlib.sha256(record.encode()).hexdigest()


def of(tally: Tally, standings: Standings) -> dict[str, Any]:
    """What came out of the tally, and with what it was computed; contenders are called as in the tally."""
    found = certified(tally, standings)
    return {
        "schema": SCHEMA,
        "method": {name: _rounded(value) for name, value in standings.method.items()},
        "groups": [
            {"phantom": _rounded(footing.phantom), "tie_level": _rounded(footing.tie_level)}
            for footing in standings.footings
        ],
        "contenders": [_line(standings, place) for place in range(len(standings.contenders))],
        "certificate": {"residual": _rounded(found.residual), "bound": _significant(found.bound)},
        "versions": {"python": platform.python_version(), **{name: metadata.version(name) for name in PACKAGES}},
        "blas": _blas(),
        "code": _code(),
        "platform": f"{sys.platform} {platform.machine()}",
    }


def certified(tally: Tally, standings: Standings) -> Certificate:
    """How far the numbers, rounded as they are published, can be from the best fit of the tally.

    At equal style, or with a judge beside the votes, which leaves no footing, they are the solutions of other
    equations; then it is what the fit said of itself.
    """
    if standings.style is not None or not standings.footings:
        return Certificate(standings.residual, standings.error_bound)
    found = [_group(tally, standings, number) for number in range(len(standings.footings))]
    return Certificate(
        max((one.residual for one in found), default=0.0), max((one.bound for one in found), default=0.0)
    )


def _group(tally: Tally, standings: Standings, number: int) -> Certificate:
    members, footing = np.nonzero(standings.group == number)[0], standings.footings[number]
    return certificate.certify(
        tally.counts.among([standings.contenders[place] for place in members]),
        standings.theta[members].round(DIGITS),
        phantom=round(footing.phantom, DIGITS),
        ties=str(standings.method["ties"]),
        tie_level=None if footing.tie_level is None else round(footing.tie_level, DIGITS),
        tie_propensity=standings.tie_propensity[members].round(DIGITS),
        prior=float(standings.method["prior"] or 0.0),
    )


def _line(standings: Standings, place: int) -> dict[str, Any]:
    return {
        "name": standings.contenders[place],
        "group": int(standings.group[place]),
        "theta": _rounded(float(standings.theta[place])),
        "tie_propensity": _rounded(float(standings.tie_propensity[place])),
        "rating": _rounded(float(standings.rating[place])),
        "lower": _rounded(float(standings.lower[place])),
        "upper": _rounded(float(standings.upper[place])),
        "rank_lower": int(standings.rank_lower[place]),
        "rank_upper": int(standings.rank_upper[place]),
        "votes": int(standings.votes[place]),
        "separation": standings.standing[place].value,
    }


def _rounded(value: float | int | str | None) -> float | int | str | None:
    """The value; a float to a millionth, and None where it has no end."""
    if not isinstance(value, float):
        return value
    return round(value, DIGITS) + 0.0 if np.isfinite(value) else None


def _significant(value: float) -> float | None:
    return float(f"{value:.3g}") if np.isfinite(value) else None


@cache
def _code() -> str:
    """SHA-256 of the core's sources: what computed the numbers, whatever version it calls itself."""
    whole = hashlib.sha256()
    folder = Path(rating.__file__).parent
    for path in sorted(folder.rglob("*.py")):
        whole.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return whole.hexdigest()


def _blas() -> str:
    built: dict[str, Any] = np.show_config(mode="dicts") or {}  # type: ignore[assignment]  # numpy types its printing form alone
    blas = built.get("Build Dependencies", {}).get("blas", {})
    return f"{blas.get('name', 'unknown')} {blas.get('version', '')}".strip()
