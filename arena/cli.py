"""The command `arena`: what to run, read from the command line, and errors as one sentence."""

import argparse
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import arena
from arena import arguments
from arena.commands import (
    add_export,
    add_imports,
    add_judge,
    add_operator,
    add_rate,
    add_release,
    add_simulate,
    add_verify,
)
from arena.errors import ArenaError, Refused

# A command loads only what it runs, where it runs it: `arena rate` is done before a server's parts were loaded.
if TYPE_CHECKING:
    import asyncio

    from arena.config import Settings
    from arena.evaluation.judging import Order

DATA = Path(arena.__file__).parent.parent / "var"
INTERRUPTED = 128 + signal.SIGINT
WORK_NICE = 10

UntilStopped = Callable[["asyncio.Event"], Awaitable[None]]


def main(words: Sequence[str] | None = None) -> int:
    """Run the command; 0 when it did what it was asked to, else a sentence on stderr, and 2 when the input is wrong."""
    chosen = _parser().parse_args(words)
    try:
        chosen.run(chosen)
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:
        print(f"arena: {_sentence(error)}", file=sys.stderr)
        if not _foreseen(error):
            import logging

            logging.getLogger(__name__).exception("unforeseen command=%s", chosen.command)
        return 2 if isinstance(error, Refused) else 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="arena", description="A pairwise arena and rating service.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    up = commands.add_parser("up", help="run everything on this machine: servers, two local contenders, pages")
    up.add_argument(
        "--port", type=arguments.port, metavar="N", help="the port of the pages (8000; 0 takes any free one)"
    )
    up.add_argument("--data", type=Path, default=DATA, metavar="DIR", help="where everything is kept (%(default)s)")
    up.add_argument("--no-demo", action="store_true", help="without the local model and its two contenders")
    up.set_defaults(run=_up)

    imports = (_import_votes, _import_prompts, _import_answers)
    for kind, bring in zip(add_imports(commands, DATA), imports, strict=True):
        kind.set_defaults(run=bring)
    add_export(commands, DATA).set_defaults(run=_export)
    add_release(commands).set_defaults(run=_release)
    add_rate(commands).set_defaults(run=_rate)
    add_verify(commands, DATA).set_defaults(run=_verify)
    add_simulate(commands).set_defaults(run=_simulate)
    create, key = add_operator(commands)
    create.set_defaults(run=_create_operator)
    key.set_defaults(run=_make_key)
    for act, follow in zip(add_judge(commands), (_plan_judging, _judge, _resume_judging), strict=True):
        act.set_defaults(run=follow)
    for name, run, words in (
        ("serve", _serve, "serve pages and API from ARENA_DATABASE_URL and ARENA_REDIS_URL"),
        ("work", _work, "do the work in the background: ratings, releases, tidying"),
        ("migrate", _migrate, "bring the schema of ARENA_DATABASE_URL up to date"),
    ):
        commands.add_parser(
            name, help=words, description=f"{words}; deploy/env.example has every setting."
        ).set_defaults(run=run)
    return parser


def _up(chosen: argparse.Namespace) -> None:
    _stoppable()  # Before anything is loaded, here and below: that takes long enough to be interrupted.
    from arena.local import supervisor

    demo = not chosen.no_demo
    _run(lambda stop: supervisor.up(chosen.data, port=chosen.port, demo=demo, stop=stop, say=_say))


def _serve(_: argparse.Namespace) -> None:
    _stoppable()
    from arena import config, ports

    settings = config.load()
    from arena import app

    _log_to_stderr()
    with ports.bind(settings.host, settings.port) as port:
        _run(lambda stop: app.serve(settings, port=port, stop=stop, ready=lambda url: _say(f"Arena is open at {url}")))


def _work(_: argparse.Namespace) -> None:
    _stoppable()
    from arena import config

    settings = config.load()
    from arena import workers

    # A fit takes all of a core for as long as it lasts; whoever votes meanwhile shall not feel it.
    os.nice(WORK_NICE)

    _log_to_stderr()
    _run(lambda stop: workers.run(settings, stop=stop))


def _migrate(_: argparse.Namespace) -> None:
    import asyncio

    from arena import config, db

    applied = asyncio.run(db.migrate(config.load().database_url))
    _say("\n".join(f"Applied {name}" for name in applied) or "The schema was up to date")


def _import_votes(chosen: argparse.Namespace) -> None:
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

    _say(asyncio.run(bring()))


def _release(chosen: argparse.Namespace) -> None:
    settings = _settings_of(chosen.data)
    import asyncio

    from arena import releasing

    _say(asyncio.run(releasing.run(settings, chosen.board, now=chosen.now)))


def _import_prompts(chosen: argparse.Namespace) -> None:
    url = _settings_of(chosen.data).database_url
    import asyncio

    from arena import sets
    from arena.evaluation.prompt_sets import Notes

    told = ("licence", "description", "source", "contamination", "hidden")
    notes = Notes(slug=chosen.set, name=chosen.name or chosen.set, **{name: getattr(chosen, name) for name in told})
    brought = asyncio.run(sets.bring_prompts(url, chosen.file, notes))
    _say(f"Brought in and froze {brought.prompts:,} prompts\nShown at /prompt-sets/{brought.slug}")


def _import_answers(chosen: argparse.Namespace) -> None:
    url = _settings_of(chosen.data).database_url
    import asyncio

    from arena import sets

    who = {"slug": chosen.set, "contender": chosen.contender, "name": chosen.name}
    told = asyncio.run(sets.bring_answers(url, chosen.file, **who, partial=chosen.partial))
    _say(f"Kept {told.kept:,} of {told.answers:,} answers as new; {told.unanswered:,} prompts are unanswered")


def _create_operator(chosen: argparse.Namespace) -> None:
    import asyncio

    from arena import operators

    url = _settings_of(chosen.data).database_url
    words = asyncio.run(operators.create(url, email=chosen.email, name=chosen.name, organisation=chosen.organisation))
    _say(f"{chosen.email} is an operator. This key is shown once; keep it:\n{words}")


def _make_key(chosen: argparse.Namespace) -> None:
    import asyncio

    from arena import operators

    words = asyncio.run(operators.key(_settings_of(chosen.data).database_url, email=chosen.email, days=chosen.days))
    _say(f"A key for {chosen.email}. It is shown once; keep it:\n{words}")


def _order(chosen: argparse.Namespace) -> "Order":
    from arena.evaluation.dockets import Docket
    from arena.evaluation.judging import Order

    selection = Docket(category=chosen.category, contenders=chosen.contender, most=chosen.most)
    return Order(judges=chosen.judges, selection=selection, budget_tokens=chosen.tokens, budget_cost=chosen.cost)


def _plan_judging(chosen: argparse.Namespace) -> None:
    import asyncio

    from arena import bench

    asyncio.run(bench.plan(_settings_of(chosen.data).database_url, _order(chosen), say=_say))


def _judge(chosen: argparse.Namespace) -> None:
    import asyncio

    from arena import bench

    asyncio.run(bench.run(_settings_of(chosen.data).database_url, _order(chosen), say=_say))


def _resume_judging(chosen: argparse.Namespace) -> None:
    import asyncio

    from arena import bench

    asyncio.run(bench.resume(_settings_of(chosen.data).database_url, chosen.run_id, say=_say))


def _rate(chosen: argparse.Namespace) -> None:
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
        say=_say,
    )


def _export(chosen: argparse.Namespace) -> None:
    settings = _settings_of(chosen.data)
    import asyncio

    from arena import export
    from arena.publishing import manifests

    files = [manifests.named(name) for name in chosen.files or manifests.FILES]
    order = export.Order(release=chosen.release, folder=chosen.out, files=files)
    asyncio.run(export.run(settings, order, say=_say))


def _verify(chosen: argparse.Namespace) -> None:
    import asyncio
    import tempfile

    from arena import export

    with tempfile.TemporaryDirectory(prefix="arena-verify-") as folder:
        if (path := Path(chosen.release)).exists():
            found = export.read(path, chosen.votes)
        else:
            settings = _settings_of(chosen.data)
            found = asyncio.run(export.fetched(settings, chosen.release, chosen.votes, Path(folder)))
        export.check(*found, say=_say)


def _simulate(chosen: argparse.Namespace) -> None:
    from arena import simulate

    chances = ("contenders", "votes", "spread", "boards", "seed")
    trial = {name: getattr(chosen, name) for name in chances}
    simulate.run(simulate.Order(trial=trial, rules=tuple(chosen.rule), out=chosen.out), say=_say)


def _settings_of(folder: Path | None) -> "Settings":
    """The settings of the arena meant: that on the folder, that of the environment, or that on the usual folder."""
    if folder is None and "ARENA_DATABASE_URL" in os.environ:
        from arena import config

        return config.load()
    from arena.local import running

    return running.settings(folder or DATA)


def _stoppable() -> None:
    """Make signals end the program in order while it loads, when nothing has been started that needs stopping."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: sys.exit(0))


def _run(command: UntilStopped) -> None:
    """Run a command until it ends or a signal asks it to; its own handlers, so that it can end in order."""

    import asyncio

    import uvloop

    async def run() -> None:
        stop = asyncio.Event()
        numbers = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
        if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
            numbers.remove(signal.SIGHUP)  # Started with nohup, to outlive its terminal.
        for number in numbers:
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await command(stop)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(run())


def _log_to_stderr() -> None:
    import logging

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")


def _say(line: str) -> None:
    try:
        print(line, flush=True)
    except OSError:  # Nobody reads any more, a closed terminal for instance; that is no reason to stop.
        sys.stdout = open("/dev/null", "w")  # noqa: SIM115 - open for as long as the process lives


def _foreseen(error: Exception) -> bool:
    """Whether the error's own words are enough for whoever started the command."""
    if isinstance(error, (ArenaError, OSError)):
        return True
    import asyncpg

    return isinstance(error, (asyncpg.PostgresError, asyncpg.InterfaceError))


def _sentence(error: Exception) -> str:
    if not _foreseen(error):
        return f"An unforeseen error ended it ({type(error).__name__}: {error})."
    if isinstance(error, ConnectionError):
        return f"Nothing answers there ({error}); check ARENA_DATABASE_URL and ARENA_REDIS_URL."
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}." if error.filename else f"{error.strerror}."
    text = str(error).strip() or type(error).__name__
    return text if text.endswith((".", "?", "!")) else f"{text}."
