"""The arena as it runs on a machine whose clock is wrong: `python -m tests.faults.stepped SECONDS serve`."""

import datetime
import sys
import time
from functools import partial

STEP = datetime.timedelta(seconds=int(sys.argv.pop(1)))
_told = time.time


class Stepped(datetime.datetime):
    """The time of day, so many seconds off."""

    @classmethod
    def now(cls, tz: datetime.tzinfo | None = None) -> "Stepped":
        """What this machine takes for now."""
        return super().now(tz) + STEP


def _read(kind: type, value: object) -> object:
    """What msgspec makes of a value for a class that it doesn't know; a time may be as JSON has it."""
    return Stepped.fromisoformat(value) if kind is Stepped and isinstance(value, str) else value


if __name__ == "__main__":
    datetime.datetime = Stepped  # type: ignore[misc]
    time.time = lambda: _told() + STEP.total_seconds()
    # Only now, so that every module gets the stepped clock.
    import msgspec

    # Which knows the true class alone, and so not how the other one is written.
    msgspec.convert = partial(msgspec.convert, dec_hook=_read)
    msgspec.json.encode = partial(msgspec.json.encode, enc_hook=Stepped.isoformat)
    msgspec.to_builtins = partial(msgspec.to_builtins, enc_hook=Stepped.isoformat)
    from arena import cli, description

    # Nor how it is described, which nobody asks for here.
    description.of = lambda app: {}

    sys.exit(cli.main())
