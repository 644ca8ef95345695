"""The smells as pages: what the checks found and what became of it, and which check looks at what."""

from typing import Annotated, Any, Final
from uuid import NAMESPACE_URL, uuid5
from xml.etree import ElementTree as Xml

from litestar import Request, Response, get
from litestar.di import NamedDependency as Given
from litestar.params import PathParameter, QueryParameter
from litestar.response import Template

from arena.config import Settings
from arena.db import Pool
from arena.pages import feeds, formats, languages, private
from arena.pages.languages import Language
from arena.people.accounts import Account, Role
from arena.publishing import checks, matrix, repairs, smells
from arena.publishing.checkup import Entity, Severity, Smell
from arena.publishing.smells import Finding, State

PAGE: Final = 50
MOST_OPEN: Final = 100
MOST_RESOLVED: Final = 10
PRESENT: Final = (State.OPEN, State.ACKNOWLEDGED)
FRESH: Final = {"cache-control": "no-cache"}
Number = Annotated[int, PathParameter(ge=1, le=2**53)]
MINUTE, HOUR, DAY = 60, 3600, 86400


@get("/smells", include_in_schema=False)
async def show_all(db: Given[Pool]) -> Template:
    """The eight smells, what is open of them and what was repaired last."""
    present = await smells.listed(db, states=PRESENT, most=MOST_OPEN)
    ranked = sorted(present, key=lambda found: -list(Severity).index(found.severity))
    context = {
        "summary": await repairs.summary(db),
        "cases": matrix.CASES,
        "present": ranked,
        "muted": await smells.listed(db, states=(State.MUTED,), most=MOST_OPEN),
        "resolved": await smells.listed(db, states=(State.RESOLVED,), most=MOST_RESOLVED),
        "rounded": rounded,
    }
    return Template("smells/list.html", context=context, headers=FRESH)


@get("/smells/all", include_in_schema=False)
async def show_history(
    db: Given[Pool],
    cursor: Annotated[int | None, QueryParameter(name="cursor", ge=1, le=2**53)] = None,
    smell: Annotated[Smell | None, QueryParameter(name="smell")] = None,
) -> Template:
    """Everything that was ever found, the latest first."""
    found = await smells.listed(db, smell=smell, before=cursor, most=PAGE + 1)
    context = {
        "found": found[:PAGE],
        "earlier": found[PAGE - 1].id if len(found) > PAGE else None,
        "smell": smell,
        "rounded": rounded,
    }
    return Template("smells/all.html", context=context, headers=FRESH)


@get("/smells/checks", include_in_schema=False)
async def show_checks(db: Given[Pool]) -> Template:
    """Every check with its last run, and the study's matrix with the checks that look at each of its cells."""
    cells = matrix.cells(checks.ALL)
    context = {
        "checks": await repairs.checked(db),
        "entities": list(Entity),
        "rows": [(smell, [cell for cell in cells if cell.smell is smell]) for smell in Smell],
        "cases": matrix.CASES,
    }
    return Template("smells/checks.html", context=context, headers=FRESH)


@get("/smells/{smell_id:int}", include_in_schema=False)
async def show(smell_id: Number, reader: Given[Account | None], db: Given[Pool]) -> Template:
    """One finding with what became of it; operators find here what they can do."""
    finding = await smells.require(db, smell_id)
    operator = reader is not None and Role.OPERATOR in reader.roles
    present = finding.state is not State.RESOLVED
    context = {
        "finding": finding,
        "check": checks.ALL.get(finding.check.removesuffix("-runs")),
        "may_acknowledge": operator and finding.state is State.OPEN,
        "may_mute": operator and present and finding.severity is not Severity.BLOCK,
        "may_resolve": operator and present,
        "rounded": rounded,
    }
    return private.page("smells/show.html", reader, context)


@get("/feeds/smells.atom", include_in_schema=False)
async def feed(request: Request[Any, Any, Any], db: Given[Pool], settings: Given[Settings]) -> Response[Any]:
    """What the checks found last, as Atom."""
    here, language = feeds.address(request, settings), languages.of(request)
    found = await smells.listed(db, most=feeds.MOST)
    updated = max((_changed(each) for each in found), default=None)
    written = feeds.begun(here, "/feeds/smells.atom", "/smells", language.say("Smells", {}), updated, language)
    for each in found:
        written.append(_entry(each, here, language))
    return feeds.served(request, settings, written)


def _changed(finding: Finding) -> Any:
    return max(act.happened_at for act in finding.acts) if finding.acts else finding.opened_at


def _entry(finding: Finding, here: str, language: Language) -> Xml.Element:
    entry = Xml.Element(f"{{{feeds.ATOM}}}entry")
    feeds.add(entry, "title", language.say(finding.sentence, finding.values))
    # The same wherever the arena is reached.
    feeds.add(entry, "id", uuid5(NAMESPACE_URL, f"smell {finding.id} {finding.opened_at.isoformat()}").urn)
    feeds.add(entry, "published", formats.machine(finding.opened_at, language))
    feeds.add(entry, "updated", formats.machine(_changed(finding), language))
    feeds.add(entry, "link", rel="alternate", href=f"{here}/smells/{finding.id}", type="text/html")
    for term in (finding.smell, finding.entity, finding.severity, finding.state):
        feeds.add(entry, "category", term=term.value)
    feeds.add(entry, "content", f"{finding.observed} ≠ {finding.expected}", type="text")
    return entry


def rounded(seconds: float) -> int:
    """A length of time in the unit that people would say it in, so that it can be written whole."""
    unit = next((unit for unit in (DAY, HOUR, MINUTE) if seconds >= 1.5 * unit), 1)
    return max(round(seconds / unit), 1) * unit


routes = [show_all, show_history, show_checks, feed]
