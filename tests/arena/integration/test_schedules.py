from datetime import UTC, datetime

import pytest

from arena.integration import schedules
from arena.integration.schedules import ScheduleRefused


@pytest.mark.parametrize("text", ["", "nonsense", "61 * * * *", "0 0 30 2 *", "* * * * * *", "R R * * *", "@daily"])
def test_what_is_no_schedule_is_refused(text: str) -> None:
    with pytest.raises(ScheduleRefused, match="Give a cron expression of five fields"):
        schedules.read(text)


def test_a_schedule_is_kept_with_single_spaces_and_calls_in_utc() -> None:
    assert schedules.read(" */10  * * * MON ") == "*/10 * * * mon"
    monday = datetime(2026, 11, 23, 0, 3, tzinfo=UTC)
    assert schedules.following("*/10 * * * mon", monday) == datetime(2026, 11, 23, 0, 10, tzinfo=UTC)
