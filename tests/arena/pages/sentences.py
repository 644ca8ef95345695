"""Every sentence that the pages and the errors can say, gathered from templates and code as translators need them."""

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator
from http import HTTPStatus
from io import BytesIO
from pathlib import Path

from babel.messages.extract import extract
from babel.messages.pofile import read_po

import arena
from arena import limits, problems
from arena.errors import ArenaError
from arena.evaluation import battles, gates, set_runs, steering, votes
from arena.publishing import changes, checks, facts, gate, operations, rounds, searches, selftest
from arena.submission import auditions, contract, lifecycle, reports

ARENA = Path(arena.__file__).parent
# These speak to operators at a terminal and in logs, or to nobody outside.
OPERATORS = (
    *(
        "cli.py",
        "console.py",
        "errands.py",
        "commands.py",
        "export.py",
        "publishing/verify.py",
        "arguments.py",
        "operators.py",
        "rate.py",
        "releasing.py",
        "sets.py",
        "simulate.py",
        "terminal.py",
    ),
    *("config.py", "db.py", "ports.py", "local/", "workers/", "__main__.py"),
    *("evaluation/imports.py", "integration/archives.py", "integration/heads.py"),
)
# Errors whose sentence is chosen from a table, by the line that raises them.
CHOSEN = {
    "VotingClosed": [*votes.VOTED.values(), *votes.CLOSED.values()],
    "TooManyAtOnce": [*battles.AT_ONCE],
    "PromptGated": [*gates.REFUSED.values()],
    "NoSuchWay": [*lifecycle.NOT_FROM_HERE.values()],
    "SearchBroken": [*searches.BREAKS.values(), searches.BREAK],
    "LimitReached": [*limits.YOURS, *limits.YOUR_NETWORKS],
}
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
REPORTS = ("passed", "warned", "failed")
REFUSALS = (400, 401, 403, 404, 405, 409, 413, 415, 429, 500, 503)
PLACES = re.compile(r"%\(\w+\)s|\{\w+\}|<[^>]+>")


def catalogue(tag: str) -> dict[str, tuple[str, list[str]]]:
    """For each English sentence its last form, which names every value, and what it is in this language."""
    with (ARENA / "pages" / "locales" / f"{tag}.po").open("rb") as file:
        messages = [message for message in read_po(file, locale=tag) if message.id and not message.fuzzy]
    found = {}
    for message in messages:
        forms = [message.id] if isinstance(message.id, str) else list(message.id)
        said = [message.string] if isinstance(message.string, str) else list(message.string or ())
        found[forms[0]] = (forms[-1], said)
    return found


def everything() -> set[str]:
    """Every sentence that needs a translation."""
    return of_pages() | of_errors() | of_checks() | of_selftest() | of_smells() | {*set_runs.ENDED.values()}


def of_pages() -> set[str]:
    """The sentences of templates, and those that pages' modules say themselves."""
    found: set[str] = set()
    for path in sorted((ARENA / "pages").rglob("*.html")):
        found |= _extracted("jinja2.ext:babel_extract", path, {"trimmed": "true"})
    for path in [*sorted((ARENA / "pages").rglob("*.py")), ARENA / "publishing" / "announcements.py"]:
        found |= _extracted("python", path, {})
    return found


def of_selftest() -> set[str]:
    """What a self-test promises and can find, and what a diagnosis."""
    promised = {selftest.promise(check) for check in selftest.CHECKS}
    return promised | {gate.UNKNOWN} | _told("publishing/selftest.py") | _told("integration/remarks.py")


def of_smells() -> set[str]:
    """What the checks for smells promise, from when on they speak, what they say then; and other tables' sentences."""
    said = {text for check in checks.ALL.values() for text in (check.promise, check.threshold)}
    for path in sorted((ARENA / "publishing" / "checks").glob("*.py")):
        said |= _told(path.relative_to(ARENA).as_posix())
    said |= {fact.sentence for fact in facts.ALL.values()} | set(changes.SENTENCES.values())
    said |= {kind.sentence for kind in operations.KINDS.values() if kind.sentence}
    return said | set(rounds.FAILED.values()) | set(_unseen())


def _unseen() -> Iterator[str]:
    """Why a check could not look, where that is always the same."""
    for path in sorted((ARENA / "publishing").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "CannotLook":
                yield from (str(one.value) for one in node.args if isinstance(one, ast.Constant))


def _told(module: str) -> set[str]:
    tree = ast.parse((ARENA / module).read_text())
    said = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    documented = {ast.get_docstring(node, clean=False) for node in ast.walk(tree) if isinstance(node, DOCUMENTED)}
    return {text for text in said if text not in documented and re.fullmatch(r"[A-Z{][^\n]* [^\n]*\.", text)}


def _extracted(method: str, path: Path, options: dict[str, str]) -> set[str]:
    keywords = {"_": None, "gettext": None, "say": None, "ngettext": (1, 2)}
    messages = extract(method, BytesIO(path.read_bytes()), keywords, options=options)
    return {message if isinstance(message, str) else message[0] for _, message, *_ in messages if message}


def of_errors() -> set[str]:
    """The sentences of errors that a reader may see: each class's own, each one raised, and the server's."""
    found = {sentence for sentences in CHOSEN.values() for sentence in sentences}
    for path in _modules():
        found |= {sentence for _, sentence in raised(path) if sentence}
    found |= {error.sentence() for error in _classes() if _is_shown(Path(_file(error)))}
    phrases = {HTTPStatus(status).phrase for status in REFUSALS}
    return found | phrases | set(problems.SENTENCES.values()) | _constants(ARENA / "problems.py")


def of_checks() -> set[str]:
    """What a contract test can say, its steps' titles and every sentence of a report; and why judge runs end."""
    said = {trial.title for trial in contract.TRIALS} | set(reports.FAILURES.values()) | {contract.SKIPPED}
    said |= set(auditions.TITLES.values()) | set(steering.WHY.values())
    for name in ("trials", "exercises", "reports", "contract", "auditions"):
        for node in ast.walk(ast.parse((ARENA / "submission" / f"{name}.py").read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in REPORTS:
                said |= {text for one in node.args if (text := _sentence(one))}
    return said


def _sentence(node: ast.expr) -> str | None:
    """The sentence that stands there, and no code."""
    said = node.value if isinstance(node, ast.Constant) else None
    return said if isinstance(said, str) and re.match(r"[A-Z{].* ", said) else None


def raised(path: Path) -> Iterator[tuple[str, str | None]]:
    """Each error of ours that the module raises, and the sentence it is given, None where that is no plain string."""
    names = {error.__name__ for error in _classes()}
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names and node.args:
            said = node.args[0]
            plain = isinstance(said, ast.Constant) and isinstance(said.value, str)
            yield node.func.id, ast.literal_eval(said) if plain else None


def unreadable() -> list[str]:
    """Errors whose sentence is put together where it is raised, so that nobody can translate it."""
    found = [(path, error) for path in _modules() for error, sentence in raised(path) if sentence is None]
    return [f"{path.relative_to(ARENA)}: {error}" for path, error in found if error not in CHOSEN]


def _constants(path: Path) -> set[str]:
    """Sentences that the handlers of errors say themselves."""
    handlers = [node for node in ast.parse(path.read_text()).body if isinstance(node, ast.FunctionDef)]
    said = [node.value for handler in handlers for node in ast.walk(handler) if isinstance(node, ast.Constant)]
    documented = {ast.get_docstring(handler, clean=False) for handler in handlers}
    return {
        text
        for text in said
        if isinstance(text, str) and text not in documented and re.search(r"(?:\w.* .*|\})\.$", text)
    }


def _modules() -> list[Path]:
    return [path for path in sorted(ARENA.rglob("*.py")) if _is_shown(path)]


def _is_shown(path: Path) -> bool:
    return not path.relative_to(ARENA).as_posix().startswith(OPERATORS)


def _file(error: type[ArenaError]) -> str:
    return str(importlib.import_module(error.__module__).__file__)


def _classes() -> list[type[ArenaError]]:
    for module in pkgutil.walk_packages([str(ARENA)], "arena."):
        if module.name != "arena.__main__":
            importlib.import_module(module.name)
    return [ArenaError, *_below(ArenaError)]


def _below(error: type[ArenaError]) -> Iterator[type[ArenaError]]:
    for one in error.__subclasses__():
        yield one
        yield from _below(one)
