"""Models for the contract test: one that does all it asks, and how each can do otherwise."""

import asyncio
import re
from collections.abc import Callable

from tests.upstream import Call, Script, Speech, Whole

STORY = "The river bends and the valley widens while the banks wear down. " * 12


def good(call: Call) -> str | Script | Whole:
    """What a good model answers to each step."""
    asked = call.question
    if "Repeat these lines exactly" in asked:
        return asked.partition("\n\n")[2]
    if "Which number has my locker" in asked:
        return "7421." if "7421" in str(call.messages[:-1]) else "I don't know."
    if found := re.search(r"Reply with the number (\d+)", asked):
        return found[1]
    if asked.startswith("The password is lantern."):
        return "It is lantern."
    if asked.startswith("Who are you"):
        return "I am an assistant, made to help."
    return STORY if "how rivers shape" in asked or "five hundred" in asked else "Hello there!"


def but(part: str, otherwise: str | Script | Whole | Callable[[Call], str | Script | Whole]) -> Speech:
    """A good model, but for a question that has these words in it."""

    def speech(call: Call) -> str | Script | Whole:
        if part not in call.question:
            return good(call)
        return otherwise(call) if callable(otherwise) else otherwise

    return speech


def never() -> Script:
    """An answer that is waited for in vain."""
    return (["Well", asyncio.Event()], 0.0, "stop")


def late(seconds: float, said: str | Script | Whole) -> Script:
    """An answer that begins after so many seconds, and then comes at once."""
    assert isinstance(said, str)
    gate = asyncio.Event()
    asyncio.get_running_loop().call_later(seconds, gate.set)
    return ([gate, *[said[at : at + 40] for at in range(0, len(said), 40)]], 0.0, "stop")
