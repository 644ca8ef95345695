"""The command `arena`: what to run, read from the command line, and an end that its caller understands."""

import argparse
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from arena import arguments, console, errands
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
from arena.errands import DATA
from arena.errors import Refused

# A command loads only what it runs, where it runs it: `arena rate` is done before a server's parts were loaded.
if TYPE_CHECKING:
    import asyncio

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
        print(f"arena: {console.sentence(error)}", file=sys.stderr)
        if not console.foreseen(error):
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

    imports = (errands.import_votes, errands.import_prompts, errands.import_answers)
    for kind, bring in zip(add_imports(commands, DATA), imports, strict=True):
        kind.set_defaults(run=bring)
    add_export(commands, DATA).set_defaults(run=errands.export)
    add_release(commands).set_defaults(run=errands.release)
    add_rate(commands).set_defaults(run=errands.rate)
    add_verify(commands, DATA).set_defaults(run=errands.verify)
    add_simulate(commands).set_defaults(run=errands.simulate)
    create, key = add_operator(commands)
    create.set_defaults(run=errands.create_operator)
    key.set_defaults(run=errands.make_key)
    judging = (errands.plan_judging, errands.judge, errands.resume_judging)
    for act, follow in zip(add_judge(commands), judging, strict=True):
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
    _run(lambda stop: supervisor.up(chosen.data, port=chosen.port, demo=demo, stop=stop, say=console.say))


def _serve(_: argparse.Namespace) -> None:
    _stoppable()
    from arena import config, ports

    settings = config.load()
    from arena import app

    _log_to_stderr()
    with ports.bind(settings.host, settings.port) as port:
        _run(
            lambda stop: app.serve(
                settings, port=port, stop=stop, ready=lambda url: console.say(f"Arena is open at {url}")
            )
        )


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
    console.say("\n".join(f"Applied {name}" for name in applied) or "The schema was up to date")


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
