"""What README says can be done can be done."""

import re
from pathlib import Path

import pytest
from litestar import Litestar

from arena import app, cli
from arena.config import Settings

HOUSE = Path(__file__).parents[1]
README = (HOUSE / "README.md").read_text()


@pytest.fixture(scope="module")
def service() -> Litestar:
    return app.create(Settings(database_url="", redis_url="", secret="s" * 32))


@pytest.mark.parametrize("command", sorted(set(re.findall(r"`arena (\w+)", README))))
def test_a_command_it_names_is_there(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main([command, "--help"])
    assert ended.value.code == 0
    assert f"arena {command}" in capsys.readouterr().out


@pytest.mark.parametrize("path", sorted(set(re.findall(r"localhost:8000(/[\w/.-]*)", README))))
def test_an_address_it_names_is_there(service: Litestar, path: str) -> None:
    known = [re.sub(r"\{[^}]*\}", "[^/]+", route.path) for route in service.routes]
    assert any(re.fullmatch(pattern, path) for pattern in known), path


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\((?!http)([^)]+)\)", README))))
def test_a_file_it_links_to_is_there(link: str) -> None:
    assert (HOUSE / link).exists()


@pytest.mark.parametrize("setting", sorted(set(re.findall(r"`ARENA_(\w+)`", README))))
def test_a_setting_it_names_is_there(setting: str) -> None:
    assert setting.lower() in Settings.__struct_fields__


def test_the_numbers_it_gives_are_the_defaults() -> None:
    default = Settings(database_url="", redis_url="", secret="")
    deadlines = f"first text {default.first_byte_seconds:g} s, silence {default.idle_seconds:g} s"
    assert deadlines in README
    assert f"whole answer {default.answer_seconds:g} s" in README
    assert f"`ARENA_RELEASE_SECONDS` ({default.release_seconds:g};" in README
    assert f"ticks of {default.tick_seconds * 1000:g} ms" in README
    words = " ".join(README.split())
    assert f"opens {default.battles_per_hour} battles an hour and casts {default.votes_per_minute} votes" in words
    assert f"opens {default.network_battles_per_hour} battles an hour, an endpoint gets" in words
    assert f"gets {default.endpoint_calls_per_minute} calls a minute, and {default.concurrent_battles} battles" in words
