"""Prompt sets from the command line: what `arena import prompts` and `arena import answers` do."""

import hashlib
from pathlib import Path

from arena.db import pool
from arena.errors import Refused
from arena.evaluation import prompt_sets, set_answers, set_files, sheets
from arena.evaluation.prompt_sets import Notes, PromptSet
from arena.evaluation.set_answers import HandedIn
from arena.evaluation.sheets import Form, Intake
from arena.submission import contenders, owners
from arena.submission.contenders import Contender

BLOCK = 1 << 20
FORMS = {".csv": Form.CSV, ".jsonl": Form.JSON_LINES, ".ndjson": Form.JSON_LINES}


async def bring_prompts(database_url: str, file: Path, notes: Notes) -> PromptSet:
    """Bring a prompt set in and freeze it at once; whoever may write to the database is an operator."""
    prompts = set_files.prompts(*_read(file))
    async with pool(database_url, size=2) as db, db.acquire() as connection, connection.transaction():
        proposed = await prompt_sets.propose(connection, notes, prompts, account_id=None)
        return await prompt_sets.freeze(connection, proposed.id, account_id=None)


async def bring_answers(
    database_url: str, file: Path, *, slug: str, contender: str, name: str | None, partial: bool
) -> HandedIn:
    """Bring a contender's answers in; with a name, a contender that nobody has entered is entered under it."""
    data, form = _read(file)
    given = set_files.answers(data, form)
    sha256 = hashlib.sha256(data).hexdigest()
    async with pool(database_url, size=2) as db, db.acquire() as connection, connection.transaction():
        found = await prompt_sets.in_use(connection, slug)
        if name is not None and not await owners.taken(connection, contender):
            await contenders.enter(connection, Contender(slug=contender, name=name, organisation="", description=""))
        contender_id = await owners.contender(connection, contender, account_id=None)
        return await set_answers.hand_in(
            connection, found, contender_id, given, sha256=sha256, partial=partial, account_id=None
        )


def _read(file: Path) -> tuple[bytes, Form]:
    form = FORMS.get(file.suffix.lower())
    if form is None:
        raise Refused("{name} must end in .csv or .jsonl, to say what it holds.", name=file.name)
    if file.stat().st_size > sheets.MOST_FILE_BYTES:
        raise Refused("{name} is larger than {most} bytes.", name=file.name, most=sheets.MOST_FILE_BYTES)
    intake = Intake(form)
    with file.open("rb") as opened:
        for piece in iter(lambda: opened.read(BLOCK), b""):
            intake.take(piece)
    return intake.whole(), form
