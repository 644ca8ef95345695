"""Console: what a command says, and its errors as one sentence."""

import sys

from arena.errors import ArenaError


def say(line: str) -> None:
    """Print the line at once."""
    try:
        print(line, flush=True)
    except OSError:  # Nobody reads any more, a closed terminal for instance; that is no reason to stop.
        sys.stdout = open("/dev/null", "w")  # noqa: SIM115 - open for as long as the process lives


def foreseen(error: Exception) -> bool:
    """Whether the error's own words are enough for whoever started the command."""
    if isinstance(error, (ArenaError, OSError)):
        return True
    import asyncpg

    return isinstance(error, (asyncpg.PostgresError, asyncpg.InterfaceError))


def sentence(error: Exception) -> str:
    """What happened, for a person, and where it helps, what to check."""
    if not foreseen(error):
        return f"An unforeseen error ended it ({type(error).__name__}: {error})."
    if isinstance(error, ConnectionError):
        return f"Nothing answers there ({error}); check ARENA_DATABASE_URL and ARENA_REDIS_URL."
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}." if error.filename else f"{error.strerror}."
    text = str(error).strip() or type(error).__name__
    return text if text.endswith((".", "?", "!")) else f"{text}."
