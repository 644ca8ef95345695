"""Trials: the steps of the contract test that try how an endpoint is reached and hung up on."""

from typing import Final

from arena.nearest import nearest
from arena.submission.probes import QUOTED, Heard, Probe
from arena.submission.reports import Report, broken, failed, passed, tenths, told, warned
from arena.upstream import Failure, UpstreamFailed

REFUSED: Final = (401, 403)
# An answer with less text than this tells nothing about how it streams.
TELLING_CHARACTERS: Final = 80
LARGE_PIECE: Final = 200
MOST_COMPARED: Final = 300
# After so long a silence a text that comes faster than any model writes was held back by something in between.
SILENT_SECONDS: Final = 3.0
HELD_BACK_RATE: Final = 20_000


async def address(probe: Probe) -> Report:
    """It is where it may be, and answers there."""
    failure = await probe.list_models()
    if failure is not None and not probe.replied:
        return _not_there(failure)
    if probe.certificate_until is None:
        return passed("It was reached at an address that an operator has allowed, without encryption.")
    until = probe.certificate_until.date().isoformat()
    return passed("It was reached, and its certificate is valid until {date}.", date=until)


def _not_there(failure: UpstreamFailed) -> Report:
    if failure.code is Failure.ADDRESS:
        return told("address_refused", failure)
    if failure.code is Failure.CERTIFICATE:
        return told("certificate", failure)
    # One sentence for the rest, since others could learn from several what listens where.
    return failed("unreachable", "It could not be reached by HTTP at its base address.")


async def model(probe: Probe) -> Report:
    """Its list of models, if it has one, has this one."""
    name, models = probe.target.model, probe.models
    if models is None:
        return passed("It has no list of models that could be read, and needs none.")
    if name in models:
        return passed("It lists the model “{model}”.", model=name)
    # Comparing takes a while, so no list may be as long as an endpoint would have it.
    alike = [other for other in models if len(other) <= QUOTED][:MOST_COMPARED]
    near = nearest(name, alike)
    if not near:
        return warned("It lists no model called “{model}”, nor one with a name like that.", model=name)
    return warned("It lists no model called “{model}”. It lists “{near}”.", model=name, near=near)


async def key(probe: Probe) -> Report:
    """It answers with its key, and not with another one."""
    heard = await probe.ask("Say hello in one short sentence.")
    if heard.failure is not None:
        return _no_answer(probe, heard, heard.failure.status or 0)
    if probe.target.key is None:
        return passed("It answers with what it was given, without a key.")
    wrong = await probe.ask_wrongly("Say hello in one short sentence.")
    if wrong.failure is None:
        return warned("It accepts the key, and a wrong one as well: whoever learns its address can use it.")
    if wrong.failure.status in REFUSED:
        return passed("It accepts the key, and refuses a wrong one.")
    return warned(
        "It accepts the key, and answers a wrong one with something else than a refusal ({why}).", why=wrong.why
    )


def _no_answer(probe: Probe, heard: Heard, status: int) -> Report:
    assert heard.failure is not None
    if status in REFUSED and probe.target.key is None:
        return failed("key_refused", "It wants a key (status {status}), and none was given.", status=status)
    if status in REFUSED:
        return failed("key_refused", "It refuses the key (status {status}). Enter another one.", status=status)
    if 300 <= status < 400:
        return failed("redirects", "It sends the call elsewhere, which is never followed. Register that address.")
    if status == 404:
        return failed(
            "not_found",
            "It has no model “{model}”, or nothing at {path} (status 404). Look at the base address and the model.",
            model=probe.target.model,
            path="/messages" if probe.target.dialect == "anthropic" else "/chat/completions",
        )
    if heard.failure.code is Failure.CONTENT_TYPE:
        return failed("not_streaming", "Its reply is not an event stream.")
    return broken("no_answer", heard)


async def streaming(probe: Probe) -> Report:
    """Its answers come as they are written."""
    heard = await probe.ask("Write about two hundred words on how rivers shape the land they flow through.", most=1500)
    if heard.failure is not None:
        return broken("no_answer", heard)
    characters, events = len(heard.text), heard.texts
    if characters < TELLING_CHARACTERS:
        return warned("It said {characters} characters, too few to tell how it streams.", characters=characters)
    if events == 1:
        return failed(
            "not_streaming", "The whole answer of {characters} characters came as one event.", characters=characters
        )
    first = heard.first_seconds or 0.0
    if first >= SILENT_SECONDS and characters > HELD_BACK_RATE * (heard.seconds - first):
        return failed(
            "not_streaming",
            "All {events} events came at the same moment, after {seconds} s: something holds the stream back.",
            events=events,
            seconds=tenths(first),
        )
    if characters / events > LARGE_PIECE:
        return warned(
            "{events} events for {characters} characters: voters see it write in large pieces.",
            events=events,
            characters=characters,
        )
    return passed(
        "{events} events for {characters} characters, none longer than {longest} characters.",
        events=events,
        characters=characters,
        longest=heard.longest,
    )


async def hanging_up(probe: Probe) -> Report:
    """It stops writing when nobody listens any more."""
    before = probe.first_seconds
    heard = await probe.ask("Count from one to five hundred in words.", most=1)
    if heard.failure is not None:
        return broken("no_answer", heard)
    return _after(before, await probe.ask("Say hello in one short sentence."))


async def calling_off(probe: Probe) -> Report:
    """Calls that are called off before they are answered don't hold up the next one."""
    before = probe.first_seconds
    await probe.call_off(
        "Count from one to five hundred in words.", probe.claims.at_once, min(max(before / 2, 0.05), 2)
    )
    return _after(before, await probe.ask("Say hello in one short sentence."))


def _after(before: float, heard: Heard) -> Report:
    if heard.failure is not None:
        return failed("no_answer", "Hung up on, it gave no answer to the next question ({why}).", why=heard.why)
    first = heard.first_seconds or 0.0
    if first > 3 * before + 3:
        return warned(
            "Hung up on, it began the next answer after {seconds} s, and after {before} s before that: "
            "it may go on writing for nobody.",
            seconds=tenths(first),
            before=tenths(before),
        )
    return passed("Hung up on, it began the next answer after {seconds} s.", seconds=tenths(first))
