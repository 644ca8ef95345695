import re
from pathlib import Path

import pytest

from arena import config
from arena.config import Settings
from arena.errors import SettingsWrong

NEEDED = {
    "ARENA_DATABASE_URL": "postgresql://localhost/arena",
    "ARENA_REDIS_URL": "redis://localhost",
    "ARENA_SECRET": "s" * 32,
}
EXAMPLE = Path(__file__).parents[2] / "deploy" / "env.example"


def test_settings_come_from_the_environment() -> None:
    settings = config.load(NEEDED | {"ARENA_PORT": "9000", "ARENA_TURNS": "3", "OTHER": "ignored"})
    assert (settings.port, settings.turns) == (9000, 3)


@pytest.mark.parametrize("name", sorted(NEEDED))
def test_a_missing_setting_is_named(name: str) -> None:
    with pytest.raises(SettingsWrong, match=f"{name} is not set"):
        config.load({other: value for other, value in NEEDED.items() if other != name})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ARENA_PORT", "many"),
        ("ARENA_PORT", "70000"),
        ("ARENA_SECRET", "short"),
        ("ARENA_TURNS", "0"),
        ("ARENA_TICK_SECONDS", "0"),
    ],
)
def test_a_value_that_cant_be_used_is_named(name: str, value: str) -> None:
    with pytest.raises(SettingsWrong, match=name):
        config.load(NEEDED | {name: value})


def test_a_setting_nobody_reads_is_an_error() -> None:
    with pytest.raises(SettingsWrong, match="ARENA_PROT"):
        config.load(NEEDED | {"ARENA_PROT": "1"})


def test_the_example_names_every_setting_with_its_default() -> None:
    lines = re.findall(r"^#? ?ARENA_(\w+)=(.*)$", EXAMPLE.read_text(), re.MULTILINE)
    documented = {name.lower(): value for name, value in lines}
    assert set(documented) == set(Settings.__struct_fields__)
    defaults = dict(zip(reversed(Settings.__struct_fields__), reversed(Settings.__struct_defaults__), strict=False))
    for name, default in defaults.items():
        if isinstance(default, (int, float, str)):
            assert documented[name] == (f"{default:g}" if isinstance(default, float) else str(default)), name


def test_cookies_are_kept_to_https_where_the_address_is() -> None:
    assert config.load(NEEDED | {"ARENA_PUBLIC_URL": "https://arena.example"}).secure
    assert not config.load(NEEDED).secure
