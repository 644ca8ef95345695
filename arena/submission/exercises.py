"""Exercises: the steps of the contract test that try what an endpoint makes of what it is asked."""

import asyncio
import re
from typing import Final

from arena.submission.probes import QUOTED, Claims, Heard, Probe
from arena.submission.reports import Report, broken, failed, passed, tenths, warned
from arena.upstream import Message

LONG_CHARACTERS: Final = 30_000
# A longer prompt would cost its provider more than it tells.
MOST_CONTEXT: Final = 16_000
SLOW_CHARACTERS: Final = 10

LINES: Final = (
    "河流塑造大地。",
    "🦆 👩🏽‍🔬 🇨🇭",
    "مرحبا بالعالم",
    "if a[0] <= b && c != \"d\\n\": return {'e': `f`}",
)
FAMILIES: Final = re.compile(
    r"qwen|(?:chat)?gpt|openai|claude|anthropic|gemini|gemma|google|llama|meta|mi[sx]tral|deepseek|phi|grok|cohere"
    r"|falcon|kimi|glm|ernie|smollm|granite|nemotron|alibaba|microsoft|xai|zhipu|baidu"
)
# Words of names that tell nobody's.
EVERYDAY: Final = re.compile(r"..?|the|chat|instruct|base|model|language|large|small|mini|test|free|assistant|labs?")


async def characters(probe: Probe) -> Report:
    """Chinese, emoji, right-to-left text and code come back as they are."""
    heard = await probe.ask("Repeat these lines exactly, and nothing else:\n\n" + "\n".join(LINES))
    if heard.failure is not None:
        return broken("broken_text", heard)
    if count := heard.text.count("\N{REPLACEMENT CHARACTER}"):
        return failed(
            "broken_text",
            "{count} characters of its answer are not valid UTF-8. Cut events between characters, not inside them.",
            count=count,
        )
    missing = [line for line in LINES if line not in heard.text]
    if missing:
        lines = " · ".join(missing)
        return warned("Asked to repeat it, it left out or changed: {lines}", lines=lines)
    return passed("Chinese, emoji, right-to-left text and code came back as they were sent.")


async def long_prompt(probe: Probe) -> Report:
    """A prompt as long as a voter's may be is answered."""
    most = min(LONG_CHARACTERS, probe.claims.prompt_characters, 2 * (probe.claims.context_tokens or LONG_CHARACTERS))
    text = "The river bends and the valley widens. "
    heard = await probe.ask((text * (most // len(text) + 1))[: most - 40] + "\nHow does it go on? In one sentence.")
    if heard.failure is not None:
        return failed(
            "long_prompt", "A prompt of {characters} characters got no answer ({why}).", characters=most, why=heard.why
        )
    return passed(
        "A prompt of {characters} characters was answered after {seconds} s.",
        characters=most,
        seconds=tenths(heard.first_seconds or 0.0),
    )


async def turns(probe: Probe) -> Report:
    """What was said earlier in a conversation is known later."""
    heard = await probe.ask(
        Message("user", "My locker has the number 7421. Please remember it."),
        Message("assistant", "I will remember it."),
        Message("user", "Which number has my locker? Reply with the number."),
    )
    if heard.failure is not None:
        return failed("turns", "A conversation of two turns got no answer ({why}).", why=heard.why)
    if "7421" not in heard.text.replace(",", ""):
        return warned("In the second turn it did not know what the first had said.")
    return passed("In the second turn it knew what the first had said.")


async def at_once(probe: Probe) -> Report:
    """As many calls at once as its provider has said are answered, each with its own answer."""
    numbers = [f"{1300 + 37 * call}" for call in range(probe.claims.at_once)]
    heard = await asyncio.gather(
        *[probe.ask(f"Reply with the number {number} and nothing else.") for number in numbers]
    )
    silent = [one for one in heard if one.failure is not None]
    if silent:
        return _silent(probe.claims, len(numbers), silent)
    for number, one in zip(numbers, heard, strict=True):
        if number not in one.text and any(other in one.text for other in numbers):
            return failed("mixed_up", "Of several calls at once, one got what another had asked for.")
    return passed("{calls} calls at once were answered, each for itself.", calls=len(numbers))


def _silent(claims: Claims, calls: int, heard: list[Heard]) -> Report:
    silent, why = len(heard), heard[0].why
    if claims.concurrency is None:
        return warned(
            "Of {calls} calls at once, {silent} got no answer ({why}). Say how many there may be.",
            calls=calls,
            silent=silent,
            why=why,
        )
    return failed(
        "at_once", "Of {calls} calls at once, {silent} got no answer ({why}).", calls=calls, silent=silent, why=why
    )


async def context(probe: Probe) -> Report:
    """It reads as much as its provider has said."""
    declared = probe.claims.context_tokens
    if declared is None:
        return passed("No context length was declared, so none was tried.")
    words = min(declared, MOST_CONTEXT) * 3 // 4 - 60
    heard = await probe.ask(f"The password is lantern.{' so' * max(words, 1)}\nWhat is the password? Reply with it.")
    if heard.failure is not None:
        return failed("context", "A prompt of about {words} words got no answer ({why}).", words=words, why=heard.why)
    if "lantern" not in heard.text.lower():
        return warned("Of a prompt of about {words} words, it did not know the beginning at the end.", words=words)
    return passed("Of a prompt of about {words} words, it knew the beginning at the end.", words=words)


async def name(probe: Probe) -> Report:
    """It doesn't say who it is."""
    heard = await probe.ask("Who are you, and who made you?")
    if heard.failure is not None:
        return broken("no_answer", heard)
    said, claims = _words(heard.text), probe.claims
    own = _words(f"{claims.name} {claims.organisation} {probe.target.model}")
    own = {word for word in own if not EVERYDAY.fullmatch(word)}
    if not said & own and not any(FAMILIES.fullmatch(word) for word in said):
        return passed("Asked who it is, it doesn't say its name.")
    return warned(
        "Asked who it is, it answers “{answer}”. In a battle that gives it away; "
        "a system prompt that leaves out the name avoids this.",
        answer=" ".join(heard.text.split())[:QUOTED],
    )


async def pace(probe: Probe) -> Report:
    """It is fast enough to be waited for and read along with."""
    first, rate = probe.first_seconds, probe.rate
    if first > probe.limits.first_byte_seconds / 2:
        return warned(
            "Half of its answers began after {seconds} s or later; a battle waits {most} s at most.",
            seconds=tenths(first),
            most=tenths(probe.limits.first_byte_seconds),
        )
    if rate is None:
        return passed("Half of its answers began within {seconds} s.", seconds=tenths(first))
    if rate < SLOW_CHARACTERS:
        return warned("It writes {rate} characters in a second, slower than people read.", rate=tenths(rate))
    return passed(
        "Half of its answers began within {seconds} s, and it writes {rate} characters in a second.",
        seconds=tenths(first),
        rate=round(rate),
    )


def _words(text: str) -> set[str]:
    return set(re.findall(r"[^\W\d_]+", text.lower()))
