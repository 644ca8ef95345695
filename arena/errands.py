"""Errands: what each command that works on an arena or a file runs.

Each loads only what it runs, where it runs it: `arena rate` is done before a server's parts were loaded.
"""

import argparse
import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import arena
from arena import console

if TYPE_CHECKING:
    from arena.config import Settings
    from arena.evaluation.judging import Order

DATA = Path(arena.__file__).parent.parent / "var"


def import_votes(chosen: argparse.Namespace) -> None:
    """Bring in votes cast elsewhere, and have their board released."""
    settings = _settings_of(chosen.data)
    import asyncio

    from arena import db
    from arena.integration import archives
    from arena.publishing import calendars, leases, releases, slots

    archive = archives.Archive(
        file=chosen.file, slug=chosen.board, name=chosen.name, attribution=chosen.attribution, renamed=chosen.map
    )

    async def bring() -> str:
        async with db.pool(settings.database_url, size=2) as pool:
            brought = await archives.bring(pool, archive)
            waits = brought.board.calendar != calendars.AT_ONCE
            # A worker that was quicker is releasing it already.
            with suppress(leases.Busy):
                await (slots.plan(pool, brought.board) if waits else releases.refresh(pool, brought.board, settings))
        unknown = "" if brought.voters_known else "; their voters are unknown, so each counts as its own"
        many = "1 vote" if brought.votes == 1 else f"{brought.votes:,} votes"
        out = f"To be released “{brought.board.calendar}”" if waits else "Released"
        return f"Brought in {many} on {brought.contenders:,} contenders{unknown}\n{out} at /leaderboard/{archive.slug}"

    console.say(asyncio.run(bring()))


def release(chosen: argparse.Namespace) -> None:
    """Release a board by its calendar, or as if it were another time."""
    settings = _settings_of(chosen.data)
    import asyncio

    from arena import releasing

    console.say(asyncio.run(releasing.run(settings, chosen.board, now=chosen.now)))


def import_prompts(chosen: argparse.Namespace) -> None:
    """Bring in a prompt set and freeze it."""
    url = _settings_of(chosen.data).database_url
    import asyncio

    from arena import sets
    from arena.evaluation.prompt_sets import Notes

    told = ("licence", "description", "source", "contamination", "hidden")
    notes = Notes(slug=chosen.set, name=chosen.name or chosen.set, **{name: getattr(chosen, name) for name in told})
    brought = asyncio.run(sets.bring_prompts(url, chosen.file, notes))
    console.say(f"Brought in and froze {brought.prompts:,} prompts\nShown at /prompt-sets/{brought.slug}")


def import_answers(chosen: argparse.Namespace) -> None:
    """Bring in a contender's answers to a prompt set."""
    url = _settings_of(chosen.data).database_url
    import asyncio

    from arena import sets

    who = {"slug": chosen.set, "contender": chosen.contender, "name": chosen.name}
    told = asyncio.run(sets.bring_answers(url, chosen.file, **who, partial=chosen.partial))
    console.say(f"Kept {told.kept:,} of {told.answers:,} answers as new; {told.unanswered:,} prompts are unanswered")


def create_operator(chosen: argparse.Namespace) -> None:
    """Make somebody an operator."""
    import asyncio

    from arena import operators

    url = _settings_of(chosen.data).database_url
    words = asyncio.run(operators.create(url, email=chosen.email, name=chosen.name, organisation=chosen.organisation))
    console.say(f"{chosen.email} is an operator. This key is shown once; keep it:\n{words}")


def make_key(chosen: argparse.Namespace) -> None:
    """Make a key for an account."""
    import asyncio

    from arena import operators

    words = asyncio.run(operators.key(_settings_of(chosen.data).database_url, email=chosen.email, days=chosen.days))
    console.say(f"A key for {chosen.email}. It is shown once; keep it:\n{words}")


def _order(chosen: argparse.Namespace) -> "Order":
    from arena.evaluation.dockets import Docket
    from arena.evaluation.judging import Order

    selection = Docket(
        category=chosen.category,
        contenders=chosen.contender,
        unvoted=chosen.unvoted,
        prompt_set=chosen.prompt_set,
        opponents=chosen.opponent,
        most=chosen.most,
    )
    return Order(judges=chosen.judges, selection=selection, budget_tokens=chosen.tokens, budget_cost=chosen.cost)


def plan_judging(chosen: argparse.Namespace) -> None:
    """Tell what a judge run would cost."""
    import asyncio

    from arena import bench

    asyncio.run(bench.plan(_settings_of(chosen.data).database_url, _order(chosen), say=console.say))


def judge(chosen: argparse.Namespace) -> None:
    """Plan a judge run and follow it to its end."""
    import asyncio

    from arena import bench

    asyncio.run(bench.run(_settings_of(chosen.data).database_url, _order(chosen), say=console.say))


def resume_judging(chosen: argparse.Namespace) -> None:
    """Take a judge run up again."""
    import asyncio

    from arena import bench

    asyncio.run(bench.resume(_settings_of(chosen.data).database_url, chosen.run_id, say=console.say))


def rate(chosen: argparse.Namespace) -> None:
    """Rate the votes of a file."""
    from arena import rate

    rate.run(
        rate.Order(
            file=chosen.file,
            out=chosen.out,
            prior=chosen.prior,
            replicates=chosen.replicates,
            seed=chosen.seed,
            ties=chosen.ties,
            cluster=chosen.cluster,
            style=chosen.style,
            renamed=chosen.map,
        ),
        say=console.say,
    )


def export(chosen: argparse.Namespace) -> None:
    """Write a release's files."""
    # Arrow's own allocator, chosen where it is loaded, keeps what was freed; this one gives it back.
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    settings = _settings_of(chosen.data)
    import asyncio

    from arena import export
    from arena.publishing import manifests

    files = [manifests.named(name) for name in chosen.files or manifests.FILES]
    order = export.Order(release=chosen.release, folder=chosen.out, files=files)
    asyncio.run(export.run(settings, order, say=console.say))


def verify(chosen: argparse.Namespace) -> None:
    """Recompute a release and compare."""
    import asyncio
    import tempfile

    from arena import export

    with tempfile.TemporaryDirectory(prefix="arena-verify-") as folder:
        if (path := Path(chosen.release)).exists():
            found = export.read(path, chosen.votes)
        else:
            settings = _settings_of(chosen.data)
            found = asyncio.run(export.fetched(settings, chosen.release, chosen.votes, Path(folder)))
        export.check(*found, say=console.say)


def simulate(chosen: argparse.Namespace) -> None:
    """Simulate boards whose truth is known."""
    from arena import simulate

    chances = ("contenders", "votes", "spread", "boards", "seed")
    trial = {name: getattr(chosen, name) for name in chances}
    simulate.run(simulate.Order(trial=trial, rules=tuple(chosen.rule), out=chosen.out), say=console.say)


def _settings_of(folder: Path | None) -> "Settings":
    """The settings of the arena meant: that on the folder, that of the environment, or that on the usual folder."""
    if folder is None and "ARENA_DATABASE_URL" in os.environ:
        from arena import config

        return config.load()
    from arena.local import running

    return running.settings(folder or DATA)
