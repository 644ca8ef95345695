"""What decides a board's votes besides the answers, drawn and in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from litestar import get
from litestar.di import NamedDependency as Given
from litestar.params import FromPath
from litestar.response import Template

from arena.db import Pool
from arena.integration import boards, diagnostics, remarks
from arena.integration.boards import Board
from arena.integration.diagnoses import Diagnosis, Finding
from arena.integration.diagnostics import Kept
from arena.integration.named import Named
from arena.integration.remarks import Said
from rating import assertive
from rating.diagnosis import Kind
from rating.effects import Verdict

HEADERS: Final = {"cache-control": "no-cache"}
# How much of a drawing is air on each side, and how wide one is at least, in units of its own.
AIR: Final = 1.15
# An interval that is so many times as wide as the middle one of its section is cut.
CUT: Final = 3.0
LEAST: Final = {"log-odds": 0.4, "points": 20.0, "share": 0.2}
# A pair is shaded from so many standard errors on, and deeper with each more.
SHADED: Final = 2.0
DEEPEST: Final = 4
SEEN: Final = (Verdict.PRESENT, Verdict.SLIGHT)


@dataclass(frozen=True)
class Drawn:
    """A finding on its section's scale, places in per cent of the width; without a `point` there is none to draw.

    An interval that is `cut` goes on beyond the drawing.
    """

    finding: Finding
    said: Sequence[Said]
    point: float | None
    cut: bool
    start: float
    end: float
    band: tuple[float, float]


@dataclass(frozen=True)
class Section:
    """Findings that share a unit and a scale, with what its middle and both its ends are called."""

    kind: str
    drawn: list[Drawn]
    ends: tuple[str, str]


def sections(found: Diagnosis) -> list[Section]:
    """The findings by what their numbers are, on one scale each."""
    kinds: list[tuple[str, Sequence[Kind]]] = [
        ("preference", [Kind.PREFERENCE]),
        ("shift", [Kind.SHIFT]),
        ("attention", [Kind.ATTENTION]),
        ("spread", [Kind.SPREAD]),
    ]
    told = [(name, [one for one in found.findings if one.kind in those]) for name, those in kinds]
    return [_section(name, findings) for name, findings in told if findings]


def _section(name: str, findings: list[Finding]) -> Section:
    widest = AIR * max(LEAST[findings[0].unit], _widest(findings))
    ends = tuple(remarks.written(findings[0], side * widest, "value") for side in (-1, 1))
    return Section(name, [_drawn(one, widest) for one in findings], (ends[0], ends[1]))


def _widest(findings: list[Finding]) -> float:
    """The farthest that is drawn: no interval that is much wider than the others makes points of them."""
    ends = sorted(
        max(abs(one.lower), abs(one.upper)) for one in findings if one.lower is not None and one.upper is not None
    )
    usual = CUT * ends[len(ends) // 2] if ends else 0.0
    values = [abs(one.value) for one in findings if one.value is not None]
    return max([min(usual, ends[-1]) if ends else 0.0, *values])


def _drawn(one: Finding, widest: float) -> Drawn:
    def place(value: float) -> float:
        return round(50 + 50 * max(-1.0, min(1.0, value / widest)), 2)

    return Drawn(
        finding=one,
        said=remarks.of(one),
        point=None if one.value is None or one.verdict is Verdict.UNKNOWN else place(one.value),
        cut=any(end is None or abs(end) > widest for end in (one.lower, one.upper)),
        start=0.0 if one.lower is None else place(one.lower),
        end=100.0 if one.upper is None else place(one.upper),
        band=(place(-one.band), place(one.band)),
    )


def shades(found: Diagnosis) -> list[tuple[Named, list[tuple[float, str, int] | None]]]:
    """The lines of the heat map, each cell with its side and how deep it is shaded; None where two never met."""
    if found.heat is None:
        return []
    lines = zip(found.heat.contenders, found.heat.residuals, strict=True)
    return [(who, [None if value is None else (value, *_shade(value)) for value in line]) for who, line in lines]


def _shade(value: float) -> tuple[str, int]:
    if abs(value) < SHADED:
        return "", 0
    return ("over" if value > 0 else "under"), min(DEEPEST, int(abs(value) - SHADED) + 1)


@get("/diagnostics/{slug:str}", include_in_schema=False)
async def show(slug: FromPath[str], db: Given[Pool]) -> Template:
    """What might decide this board's votes besides the answers, and what it would change."""
    board = await boards.require(db, slug)
    return Template(
        "diagnostics/show.html", context=context(board, await diagnostics.latest(db, board)), headers=HEADERS
    )


def context(board: Board, kept: Kept | None) -> dict[str, object]:
    """What the template is given."""
    given: dict[str, object] = {"board": board, "kept": kept, "not_yet": remarks.NOT_YET}
    if kept is None:
        return given
    found = kept.diagnosis
    return given | {
        "found": found,
        "few": remarks.few(found),
        "sections": sections(found) if found.enough else [],
        "seen": sum(one.verdict in SEEN for one in found.findings),
        "heat": shades(found) if found.heat and len(found.heat.contenders) > 1 else [],
        "fooled": remarks.fooled(found) if found.enough else [],
        "probes": any(one.name == assertive.WON for one in found.findings),
        "unmeasured": remarks.unmeasured(found) if found.enough else [],
    }
