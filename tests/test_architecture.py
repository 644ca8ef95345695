"""The house as it is built: who imports what from outside, where SQL stands, how large rooms are."""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[1]
ROOMS = ("arena", "judge", "rating")
MODULES = sorted(path.relative_to(HOUSE) for room in ROOMS for path in (HOUSE / room).rglob("*.py"))
FLOORS = ("people", "submission", "evaluation", "integration", "publishing")

# What a room may import from outside; the first entry that fits a module holds.
OUTSIDE = {
    "rating/votefile/batches.py": {"numpy", "pyarrow"},
    "rating/": {"numpy", "scipy"},
    "judge/": {"msgspec"},
    "arena/alarms.py": set(),
    "arena/arguments.py": set(),
    "arena/config.py": {"msgspec"},
    "arena/digests.py": {"msgspec"},
    "arena/errors.py": set(),
    "arena/nearest.py": set(),
    "arena/ports.py": set(),
    "arena/rate.py": {"numpy"},
    "arena/terminal.py": set(),
    "arena/db.py": {"msgspec", "asyncpg", "pgqueuer"},
    "arena/jobs.py": {"asyncpg", "pgqueuer"},
    "arena/outbox.py": set(),
    "arena/limits.py": {"msgspec", "redis"},
    "arena/markdown.py": {"markdown_it", "nh3"},
    "arena/together.py": set(),
    "arena/relay.py": {"redis"},
    "arena/maths.py": {"markdown_it", "latex2mathml"},
    "arena/upstream/": {"msgspec", "aiohttp", "yarl"},
    # The draw's arithmetic is rating's; what it is given and what it gives back are arrays.
    **{
        f"arena/evaluation/{room}.py": {"msgspec", "numpy"}
        for room in ("estimates", "grounds", "pairing", "set_results")
    },
    "arena/evaluation/": {"msgspec", "redis"},
    "arena/integration/fits.py": {"numpy"},
    "arena/integration/combined.py": {"msgspec", "numpy"},
    "arena/integration/schedules.py": {"croniter"},
    "arena/integration/lines.py": {"msgspec", "numpy"},
    "arena/integration/records.py": {"numpy"},
    "arena/integration/meetings.py": {"numpy"},
    **{f"arena/integration/{room}.py": {"msgspec", "numpy"} for room in ("judge_measures", "judge_leanings")},
    # What the detectors are given and give back are arrays.
    **{f"arena/integration/{room}.py": {"msgspec", "numpy"} for room in ("crowds", "detections", "references")},
    **{
        f"arena/integration/{room}.py": {"msgspec", "numpy"}
        for room in (
            "failures",
            "fairness",
            "fragilities",
            "fragility",
            "circumstances",
            "diagnoses",
            "judge_effects",
            "probed",
        )
    },
    "arena/integration/heads.py": {"msgspec", "cryptography"},
    "arena/integration/ledger_checks.py": {"asyncpg"},
    "arena/sealing.py": {"cryptography", "msgspec"},
    "arena/submission/contenders.py": {"asyncpg", "msgspec"},
    "arena/people/identity.py": {"msgspec", "authlib", "httpx2", "joserfc"},
    "arena/people/passwords.py": {"argon2"},
    "arena/people/accounts.py": {"msgspec", "asyncpg"},
    "arena/publishing/formats.py": {"msgspec", "pyarrow"},
    # The arena asks itself as anybody would.
    "arena/publishing/browser.py": {"aiohttp", "msgspec"},
    "arena/publishing/outside.py": {"msgspec", "aiohttp"},
    "arena/publishing/searches.py": {"re2"},
    # The arithmetic is rating's; what it is given and what it gives back are arrays.
    **{f"arena/publishing/{room}.py": {"msgspec", "numpy"} for room in ("movement", "tallies", "plots")},
    "arena/publishing/drawing.py": {"vl_convert"},
    "arena/publishing/checks/coverage.py": {"numpy"},
    # What is given away runs by itself.
    "arena/publishing/verifier.py": set(),
    "arena/publishing/parquet.py": {"pyarrow"},
    "arena/publishing/calendars.py": {"croniter", "msgspec"},
    **{f"arena/{floor}/": {"msgspec"} for floor in FLOORS if floor != "evaluation"},
    "arena/workers/ledger.py": {"msgspec"},
    "arena/workers/": {"asyncpg"},
    "arena/doors.py": {"litestar"},
    "arena/shelves.py": {"litestar"},
    "arena/hatches.py": {"uvicorn"},
    "arena/guards.py": {"litestar", "msgspec"},
    "arena/api/": {"litestar", "msgspec", "redis"},
    "arena/pages/": {"litestar", "msgspec", "jinja2", "markupsafe", "babel"},
    "arena/app.py": {"litestar", "msgspec", "redis", "uvicorn"},
    "arena/problems.py": {"litestar", "msgspec"},
    "arena/description.py": {"litestar", "msgspec"},
    "arena/": {"msgspec", "asyncpg", "redis", "uvloop", "xllamacpp"},
}

# Only a noun's own module writes its tables. A vote closes its battle in the statement that records it, and a battle
# is opened with its draw, its sides and its first prompt by one.
WRITERS = {
    "voters": {"people/voters.py"},
    "accounts": {"people/accounts.py"},
    "appointments": {"people/accounts.py"},
    "sessions": {"people/sessions.py"},
    "api_keys": {"people/keys.py"},
    "members": {"people/members.py"},
    "providers": {"submission/providers.py"},
    "contenders": {"submission/contenders.py"},
    "renames": {"submission/contenders.py"},
    "reported_figures": {"submission/reported.py"},
    "stars": {"submission/stars.py"},
    "wishes": {"submission/wishes.py"},
    # A noun of four rooms: what is called, how it is reached, where it stands and how it is.
    "endpoints": {f"submission/{room}.py" for room in ("endpoints", "connections", "lifecycle", "health")},
    "pairing_rates": {"submission/rates.py"},
    "draws": {"evaluation/battles.py"},
    "pairing_policies": {"evaluation/policies.py"},
    "forbidden_pairs": {"evaluation/forbidden.py"},
    "estimates": {"evaluation/estimates.py"},
    "position_blocks": {"evaluation/positions.py"},
    "endpoint_events": {"submission/lifecycle.py"},
    "allowed_addresses": {"submission/endpoints.py"},
    "checks": {"submission/checks.py"},
    "check_steps": {"submission/checks.py"},
    "battles": {"evaluation/battles.py", "evaluation/votes.py", "evaluation/upkeep.py", "evaluation/forgetting.py"},
    "sides": {"evaluation/battles.py"},
    "turns": {"evaluation/turns.py", "evaluation/battles.py"},
    "answers": {"evaluation/turns.py"},
    "votes": {"evaluation/votes.py"},
    "tags": {"evaluation/tags.py"},
    "styles": {"evaluation/style.py"},
    "gate_findings": {"evaluation/findings.py"},
    "opinions": {"evaluation/opinions.py"},
    "opinion_reasons": {"evaluation/opinions.py"},
    "shares": {"evaluation/shares.py"},
    "second_looks": {"evaluation/second_looks.py"},
    # A vote that nobody can have read for is excluded in the statement that records it.
    "exclusions": {"evaluation/exclusions.py", "evaluation/mass_acts.py", "evaluation/readings.py"},
    "readings": {"evaluation/readings.py"},
    # A battle is opened, and its trace kept, in one statement.
    "traces": {"evaluation/traces.py", "evaluation/battles.py"},
    "controls": {"evaluation/battles.py"},
    "appeals": {"evaluation/appeals.py"},
    "countings": {"integration/countings.py"},
    "known_exclusions": {"integration/acts.py"},
    "cases": {"evaluation/cases.py"},
    "case_acts": {"evaluation/cases.py"},
    "audit_findings": {"integration/findings.py"},
    "audit_finding_votes": {"integration/findings.py"},
    "audit_acts": {"integration/findings.py"},
    "audit_windows": {"integration/audits.py"},
    "audit_looks": {"integration/audits.py"},
    "meetings": {"integration/meetings.py"},
    "imports": {"evaluation/imports.py"},
    "imported_votes": {"evaluation/imports.py"},
    "prompt_sets": {"evaluation/prompt_sets.py"},
    "set_prompts": {"evaluation/prompt_sets.py"},
    "answer_files": {"evaluation/set_answers.py"},
    "set_answers": {"evaluation/set_answers.py"},
    # A run is planned and moved by people, and claimed and ended by its worker.
    "set_runs": {"evaluation/set_runs.py", "evaluation/set_calls.py"},
    "set_calls": {"evaluation/set_calls.py"},
    # A board that nobody votes on any more is put away, and brought back, by a room of its own.
    "boards": {"integration/boards.py", "integration/ageing.py"},
    "board_acts": {"integration/board_acts.py"},
    "snapshots": {"integration/snapshots.py"},
    "standings": {"integration/lines.py", "integration/last_votes.py"},
    "fragilities": {"integration/fragilities.py"},
    "fairness_reports": {"integration/fairness.py"},
    "diagnoses": {"integration/diagnostics.py"},
    "releases": {"publishing/releases.py"},
    "candidates": {"publishing/candidates.py"},
    "candidate_events": {"publishing/candidates.py"},
    "smells": {"publishing/smells.py"},
    "smell_acts": {"publishing/smells.py"},
    "smell_checks": {"publishing/rounds.py"},
    "announcements": {"publishing/announcements.py"},
    "merges": {"publishing/merges.py"},
    "movements": {"publishing/movement.py"},
    "plots": {"publishing/drawings.py"},
    "judges": {"submission/judges.py"},
    # A run is planned by one room and steered by another; what it spent is entered with each reply.
    "judge_runs": {f"evaluation/{room}.py" for room in ("judging", "steering", "verdicts")},
    "judge_jobs": {f"evaluation/{room}.py" for room in ("judging", "steering", "verdicts")},
    "judge_replies": {"evaluation/verdicts.py"},
    "judge_spend": {"evaluation/verdicts.py"},
    "judge_trials": {"evaluation/attacks.py"},
    "judge_qualities": {"integration/judge_quality.py"},
    "verdicts": {"evaluation/verdicts.py"},
    # The ledger takes out of the outbox what it has recorded.
    "outbox": {"outbox.py", "integration/ledger.py"},
    "ledger_leaves": {"integration/ledger.py"},
    "ledger_nodes": {"integration/ledger.py"},
    "ledger_heads": {"integration/ledger.py"},
    "ledger_checks": {"integration/ledger_checks.py"},
    "migrations": {"db.py"},
}
WRITES = re.compile(r"\b(?:INSERT INTO|UPDATE|DELETE FROM)\s+([a-z_]+)")
SQL = re.compile(r"^\s*(?:SELECT|INSERT|UPDATE|DELETE|WITH|CREATE|ALTER|DROP)\s", re.MULTILINE)


def _tree(module: Path) -> ast.Module:
    return ast.parse((HOUSE / module).read_text())


def _outside(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.partition(".")[0]


def _strings(tree: ast.Module) -> Iterator[str]:
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docstrings = {ast.get_docstring(node, clean=False) for node in ast.walk(tree) if isinstance(node, documented)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value not in docstrings:
            yield node.value


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_a_room_imports_what_it_may(module: Path) -> None:
    allowed = next(packages for room, packages in OUTSIDE.items() if str(module).startswith(room))
    imported = set(_outside(_tree(module))) - set(sys.stdlib_module_names) - set(ROOMS)
    assert imported <= allowed


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_sql_stands_on_the_floors_in_db_and_in_the_outbox_alone(module: Path) -> None:
    room = module.parts[1] if len(module.parts) > 1 else ""
    statements = [text for text in _strings(_tree(module)) if SQL.search(text)]
    assert not statements or room in (*FLOORS, "db.py", "outbox.py")


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_a_table_is_written_by_its_noun_alone(module: Path) -> None:
    written = {table for text in _strings(_tree(module)) if SQL.search(text) for table in WRITES.findall(text)}
    for table in written - {"set"}:
        assert module.relative_to("arena").as_posix() in WRITERS[table], table


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_a_module_can_be_read_at_once(module: Path) -> None:
    assert len((HOUSE / module).read_text().splitlines()) <= 300


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_a_function_is_short(module: Path) -> None:
    for node in ast.walk(_tree(module)):
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            continue
        body = node.body[1:] if ast.get_docstring(node) else node.body
        if body:
            length = (body[-1].end_lineno or 0) - body[0].lineno + 1
            assert length <= 40, f"{node.name} has {length} lines"


def test_every_table_has_a_writer() -> None:
    migrations = (HOUSE / "arena" / "migrations").glob("*.sql")
    made = re.compile(r"CREATE (?:UNLOGGED )?TABLE (\w+)")
    tables = {table for path in migrations for table in made.findall(path.read_text())}
    assert tables == set(WRITERS) - {"migrations"}


@pytest.mark.parametrize("lock", sorted((HOUSE / "deploy").glob("*.lock")), ids=lambda path: path.name)
def test_locks_are_hashed_and_name_no_host(lock: Path) -> None:
    text = lock.read_text()
    assert "://" not in text
    packages = re.findall(r"^([a-z0-9-]+==\S+)", text, re.MULTILINE)
    assert packages
    assert len(packages) == len(re.findall(r"==\S+(?: ; [^\\]+)? \\\n\s+--hash=sha256:", text))


def test_the_test_lock_holds_the_same_versions_as_the_one_people_install() -> None:
    def versions(name: str) -> set[str]:
        return set(re.findall(r"^[a-z0-9-]+==\S+", (HOUSE / "deploy" / name).read_text(), re.MULTILINE))

    assert versions("requirements.lock") <= versions("test.lock")
