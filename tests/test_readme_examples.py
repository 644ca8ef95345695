"""Every example in README is run against a live arena or checked otherwise; one that nobody can check fails."""

import asyncio
import importlib.util
import json
import os
import re
import shlex
import shutil
import sys
from asyncio.subprocess import PIPE
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from arena import app, description, operators
from arena.config import Settings
from arena.db import Pool
from arena.evaluation import votes
from arena.integration import boards, heads, ledger
from arena.publishing import releases
from arena.workers import measure
from rating import Outcome
from tests import bench
from tests.builders import contender, ready_battle
from tests.upstream import Provider

HOUSE = Path(__file__).parents[1]
README = (HOUSE / "README.md").read_text()
FENCED = re.findall(r"^```(\w*)\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
BLOCKS = [block for language, block in FENCED if language in ("", "sh")]
PICTURE = "┌"
SECONDS = 60.0
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("ARENA_")}
ENVIRONMENT |= {"PYTHONPATH": str(HOUSE)}
METHODS = "GET|POST|PUT|PATCH|DELETE"


@dataclass(frozen=True)
class Example:
    """A command as README shows it: its words, and what is said beside it."""

    words: list[str]
    beside: str

    @property
    def program(self) -> str:
        """What it calls, past the settings that stand before it."""
        return next(word for word in self.words if not word.startswith("ARENA_"))


def _examples(block: str) -> list[Example]:
    found, text = [], ""
    for line in block.splitlines():
        text += line.removesuffix("\\") + "\n"
        if line.endswith("\\"):
            continue
        try:
            words = shlex.split(text, comments=True)
        except ValueError:
            continue  # A quotation goes on on the next line.
        if words:
            found.append(Example(words, text.rpartition("  #")[2] if "  #" in text else ""))
        text = ""
    assert not text.strip(), text
    return found


EXAMPLES = [_examples(block) for block in BLOCKS if PICTURE not in block]
OVER_HTTP = [examples for examples in EXAMPLES if any(one.program == "curl" for one in examples)]
COMMANDS = [one for examples in EXAMPLES if examples not in OVER_HTTP for one in examples]


@pytest.fixture
async def told(db: Pool, provider: Provider, settings: Settings) -> dict[str, str]:
    """What the examples suppose, two contenders, two releases, a ledger and figures; and what words stand for."""
    entrants = [await contender(db, provider, model) for model in ("identity", "identity")]
    for _ in range(2):
        battle, voter = await ready_battle(db, entrants)
        await votes.cast(db, battle.id, voter, Outcome.A)
        await releases.refresh(db, await boards.require(db, "overall"), settings)
    await ledger.append(db, heads.key(settings))
    await measure.look(db)
    await measure.report(db)
    earlier = (await releases.listed(db, await boards.require(db, "overall"), None, 2))[-1]
    slugs = [row["slug"] for row in await db.fetch("SELECT slug FROM contenders ORDER BY slug")]
    return {"OTHER": earlier.id, "SLUG": slugs[0], "A,B,C": ",".join(slugs)}


async def _with_a_prompt_set(db: Pool, provider: Provider, settings: Settings, folder: Path) -> dict[str, str]:
    """What examples of prompt sets suppose: one that two contenders answer, a judge, a key, and files to send."""
    await bench.seat(db, settings, provider)
    entrants = await bench.met(db, provider)
    said = [(one.contender_id, words) for one, words in zip(entrants, ("It is {}.".format, "{}".format), strict=True)]
    await bench.answered(db, 2, *said)
    (folder / "answers.csv").write_text("id,answer\n0,It is 0.\n1,It is 1.\n")
    (folder / "prompts.csv").write_text("id,prompt,reference,kind\none,1 + 1?,2,numeric\n")
    who = {"email": "operator@example.org", "name": "Operator", "organisation": "House"}
    key = await operators.create(settings.database_url, **who)
    return {"SET": "essays", "JUDGE": "bench", "SLUG": "anna", "OPPONENT": "berta", "$KEY": key}


async def _run(words: list[str], folder: Path, **set_as: str) -> str:
    ours = {".venv/bin/arena": [sys.executable, "-m", "arena"], "python3": [sys.executable, "-I"]}
    words = [*ours.get(words[0], words[:1]), *words[1:]]
    environment = ENVIRONMENT | set_as
    process = await asyncio.create_subprocess_exec(*words, cwd=folder, env=environment, stdout=PIPE, stderr=PIPE)
    async with asyncio.timeout(SECONDS):
        told, wrong = await process.communicate()
    assert process.returncode == 0, f"{shlex.join(words)}: {told.decode()} {wrong.decode()}"
    return told.decode()


def _learn(answer: str, known: dict[str, str]) -> None:
    """What the words ID and $KEY stand for from here on."""
    if not answer.startswith("{"):
        return
    told: dict[str, Any] = json.loads(answer)
    if isinstance(key := told.get("key"), str):
        known["$KEY"] = key
    items = told.get("items") or [told]
    if isinstance(number := items[0].get("id"), str):
        known["ID"] = number


@pytest.mark.parametrize("examples", OVER_HTTP, ids=range(len(OVER_HTTP)))
async def test_what_is_shown_over_http_happens(
    examples: list[Example],
    arena: str,
    told: dict[str, str],
    settings: Settings,
    db: Pool,
    provider: Provider,
    tmp_path: Path,
) -> None:
    if not shutil.which("curl"):
        assert "CI" not in os.environ, "The examples need curl."
        pytest.skip("NOT RUN: the examples need curl.")
    last = json.loads(await _run(["curl", "-s", f"{arena}/api/v1/boards/overall"], tmp_path))["release"]["id"]
    known = {"localhost:8000": arena.removeprefix("http://"), "ID": last, **told}
    if any(re.search(r"\bSET\b", word) for example in examples for word in example.words):
        known |= await _with_a_prompt_set(db, provider, settings, tmp_path)
    stores = {
        "ARENA_DATABASE_URL": settings.database_url,
        "ARENA_REDIS_URL": settings.redis_url,
        "ARENA_SECRET": settings.secret,
    }
    for example in examples:
        words = [*example.words]
        for name, value in known.items():
            words = [re.sub(rf"(?<![\w]){re.escape(name)}(?!\w)", value, word) for word in words]
        if assigned := re.fullmatch(r"([A-Z]+)=(.*)", words[0]):
            known = {f"${assigned[1]}": assigned[2]} | known
            continue
        answer = await _run([*words[:1], *(["--fail"] if words[0] == "curl" else []), *words[1:]], tmp_path, **stores)
        for promised in re.findall(r'"(\w+)":', example.beside):
            assert f'"{promised}":' in answer
        _learn(answer, known)


def test_every_command_can_be_checked() -> None:
    known = {"deploy/run", ".venv/bin/arena", ".venv/bin/python", "uv"}
    assert {one.program for one in COMMANDS} <= known


async def test_the_arena_s_commands_do_what_is_shown(tmp_path: Path) -> None:
    shown = [one for one in COMMANDS if one.program == ".venv/bin/arena"]
    rows = [("anna", "berta", "model_a"), ("berta", "anna", "tie"), ("anna", "berta", "model_b")]
    columns = dict(zip(("model_a", "model_b", "winner"), map(list, zip(*rows, strict=True)), strict=True))
    pq.write_table(pa.table(columns), tmp_path / "votes.parquet")
    assert shown
    for example in shown:
        await _run(example.words, tmp_path)
    assert {one["contender"] for one in json.loads((tmp_path / "ratings.json").read_text())["ratings"]} == {
        "anna",
        "berta",
    }


@pytest.mark.parametrize("example", COMMANDS, ids=lambda one: shlex.join(one.words)[:60])
def test_what_a_command_names_is_there(example: Example) -> None:
    words = example.words[example.words.index(example.program) + 1 :]
    if example.program == "deploy/run":
        assert re.search(rf"^ *{words[0]}\)", (HOUSE / "deploy/run").read_text(), re.MULTILINE), words
    elif example.program == ".venv/bin/python":
        assert words[0] == "-m"
        assert importlib.util.find_spec(words[1])
    elif example.program == "uv":
        assert all((HOUSE / word).exists() for word in words if re.search(r"\.(?:toml|lock)$", word))


def _addresses() -> list[tuple[str, str]]:
    """Every method and address that README names in passing, with “…” for what stood before."""
    spans = re.findall(r"`([^`]+)`", re.sub(r"^```.*?^```", "", README, flags=re.MULTILINE | re.DOTALL))
    named = (re.fullmatch(rf"({METHODS}) ((?:/|…)[^\s?]*).*", " ".join(span.split())) for span in spans)
    return sorted({(found[1], found[2]) for found in named if found})


@pytest.fixture(scope="module")
def operations() -> set[str]:
    described = description.of(app.create(Settings(database_url="", redis_url="", secret="s" * 32)))
    return {f"{method.upper()} {path}" for path, methods in described["paths"].items() for method in methods}


@pytest.mark.parametrize(("method", "address"), _addresses(), ids=" ".join)
def test_an_address_named_in_passing_takes_what_it_says(method: str, address: str, operations: set[str]) -> None:
    words = [
        ".*" if word == "…" else "[^/]+" if word.isupper() else rf"(?:{re.escape(word)}|\{{[^/]+\}})"
        for word in address.split("/")
    ]
    assert any(re.fullmatch(f"{method} {'/'.join(words)}", operation) for operation in operations)
