"""The arena as it runs on a machine whose clock is wrong: `python -m tests.faults.stepped SECONDS serve`."""

import datetime
import sys
import time

STEP = datetime.timedelta(seconds=int(sys.argv.pop(1)))
_told = time.time


class Stepped(datetime.datetime):
    """The time of day, so many seconds off."""

    @classmethod
    def now(cls, tz: datetime.tzinfo | None = None) -> "Stepped":
        """What this machine takes for now."""
        return super().now(tz) + STEP


if __name__ == "__main__":
    datetime.datetime = Stepped  # type: ignore[misc]
    time.time = lambda: _told() + STEP.total_seconds()
    # Only now, so that every module gets the stepped clock.
    from arena import cli

    sys.exit(cli.main())
