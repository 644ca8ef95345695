"""Questions to judges: how one is put to an endpoint, and what comes back as a reply."""

from contextlib import aclosing
from time import monotonic
from typing import Annotated, Any, Final

from msgspec import Meta, Struct, structs

from arena.upstream import Dialect, Failure, Finished, Limits, Message, Target, Text, Upstream, UpstreamFailed
from judge.rubric import Question
from judge.verdicts import Reply

# What an endpoint says of its own accord is a reply, if one without a verdict: asked again, it would say the same.
SAID: Final = frozenset({Failure.REFUSED, Failure.EMPTY, Failure.TOO_LONG})
# Before these nothing was written, so nobody charges for them.
UNBILLED: Final = frozenset(
    {Failure.UNREACHABLE, Failure.ADDRESS, Failure.CERTIFICATE, Failure.STATUS, Failure.RATE_LIMITED}
)


class Terms(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a judge is asked: the tokens it may take, and whether its endpoint holds a reply to a schema.

    `structured` is None until the contract test has found out.
    """

    most_answer_tokens: Annotated[int, Meta(ge=64, le=16384)] = 1024
    structured: bool | None = None


def posed(target: Target, question: Question, terms: Terms) -> Target:
    """The opened target with what this question needs; its own system prompt gives way to the rubric's."""
    parameters: dict[str, Any] = dict(target.parameters)
    # The newer models of some providers refuse the older name.
    name = "max_completion_tokens" if "max_completion_tokens" in parameters else "max_tokens"
    parameters[name] = terms.most_answer_tokens
    if terms.structured and target.dialect is Dialect.OPENAI:
        held = {"name": "verdict", "strict": True, "schema": question.schema}
        parameters["response_format"] = {"type": "json_schema", "json_schema": held}
    # Questions follow each other at once, and a server may just then hang up a connection that it has kept, as
    # llama.cpp's does after a stream; no call is made twice. Beside the seconds of a verdict a new one costs nothing.
    headers = {**target.headers, "connection": "close"}
    return structs.replace(target, parameters=parameters, system_prompt=question.system, headers=headers)


def limits(seconds: float) -> Limits:
    """A judge may think for all its time before it writes, or write all the time; nobody reads along."""
    return Limits(first_byte_seconds=seconds, idle_seconds=seconds, answer_seconds=seconds, answer_bytes=65536)


async def ask(upstream: Upstream, target: Target, question: Question, terms: Terms, *, seconds: float) -> Reply:
    """The judge's reply; UpstreamFailed where there is none that asking again could not better."""
    began, said, end = monotonic(), list[str](), None
    try:
        # Opened first, as its secrets have headers of their own.
        put = posed(upstream.opened(target), question, terms)
        asking = upstream.stream(put, [Message("user", question.user)], limits(seconds))
        async with aclosing(asking) as answer:
            async for part in answer:
                if isinstance(part, Text):
                    said.append(part.text)
                else:
                    end = part
    except UpstreamFailed as failure:
        if failure.code not in SAID:
            raise
        return Reply(failure=failure.code.value, seconds=monotonic() - began)
    return replied("".join(said), end, terms, seconds=monotonic() - began)


def replied(text: str, end: Finished | None, terms: Terms, *, seconds: float) -> Reply:
    """A whole answer as a reply."""
    return Reply(
        text=text,
        structured=bool(terms.structured),
        cut=end is None or end.truncated,
        prompt_tokens=end.prompt_tokens if end else None,
        answer_tokens=end.answer_tokens if end else None,
        seconds=seconds,
    )
