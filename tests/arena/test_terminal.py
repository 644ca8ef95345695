"""The terminal: what fits, what is drawn, and what a pipe gets."""

import io
from math import inf

import pytest

from arena import terminal
from arena.terminal import DRAWN, PLAIN, Progress


class Screen(io.TextIOWrapper):
    """A stream that says it is a terminal."""

    def __init__(self, encoding: str = "utf-8") -> None:
        super().__init__(io.BytesIO(), encoding=encoding, newline="")

    def isatty(self) -> bool:
        return True

    def told(self) -> str:
        self.flush()
        assert isinstance(self.buffer, io.BytesIO)
        return self.buffer.getvalue().decode(self.encoding)


def test_an_interval_is_drawn_to_scale() -> None:
    assert terminal.bar((10, 30), 20, (0, 40), 41, DRAWN) == f"{' ' * 10}──────────●──────────{' ' * 10}"
    assert terminal.bar((0, 40), 0, (0, 40), 5, PLAIN) == "o----"


def test_an_end_that_is_not_known_is_an_arrow() -> None:
    assert terminal.bar((-inf, 2), 1, (0, 4), 5, DRAWN) == "◂●─  "
    assert terminal.bar((2, inf), 3, (0, 4), 5, PLAIN) == "  -o>"


def test_one_point_alone_is_drawn() -> None:
    assert terminal.bar((7, 7), 7, (7, 7), 3, DRAWN) == "●  "


@pytest.mark.parametrize(
    ("text", "shown"), [("ash", "ash  "), ("白杨", "白杨 "), ("白杨树", "白杨…"), ("é" * 9, "éééé…")]
)
def test_names_fill_their_columns_whatever_their_letters(text: str, shown: str) -> None:
    assert terminal.fitted(text, 5) == shown
    assert terminal.width_of(shown) == 5


def test_columns_are_aligned() -> None:
    lines = terminal.aligned([("Name", "Votes"), ("白杨", "12"), ("ash", "1,234")], [False, True])
    assert lines == ["Name  Votes", "白杨     12", "ash   1,234"]


def test_colours_are_for_terminals_that_want_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert terminal.style_of(Screen()).bold("x") == "\x1b[1mx\x1b[0m"
    assert terminal.style_of(io.TextIOWrapper(io.BytesIO(), encoding="utf-8")).bold("x") == "x"
    monkeypatch.setenv("NO_COLOR", "1")
    assert terminal.style_of(Screen()).bold("x") == "x"


def test_a_stream_without_our_letters_gets_others() -> None:
    style = terminal.style_of(Screen("ascii"))
    assert style.letters == PLAIN
    assert style.shown("élan") == "?lan"
    assert terminal.style_of(Screen()).letters == DRAWN


def test_progress_is_shown_late_seldom_and_goes_away(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    screen = Screen()
    progress = Progress(screen)
    for at in (0.5, 1.5, 1.6, 2.0):
        now[0] = at
        progress.say(f"at {at}")
    progress.clear()
    progress.clear()
    assert screen.told() == "\r\x1b[Kat 1.5\r\x1b[Kat 2.0\r\x1b[K"


def test_progress_is_for_people_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    progress = Progress(stream)
    monkeypatch.setattr("time.monotonic", lambda: inf)
    progress.say("at work")
    progress.clear()
    assert stream.getvalue() == ""
