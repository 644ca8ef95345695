"""Auditions: what an endpoint must do before it judges, tried step by step as the contract test is."""

from collections.abc import AsyncGenerator
from secrets import token_hex
from typing import Final

from msgspec import structs

from arena.submission import contract, questions, trials
from arena.submission.contract import Step, Trial
from arena.submission.probes import Claims, Heard, Probe
from arena.submission.questions import Terms
from arena.submission.reports import Report, broken, failed, passed, warned
from arena.upstream import Dialect, Message, Target, Upstream
from judge import Pair, Turn, judge_pair
from judge.rubric import Question, Rubric
from judge.verdicts import Reply, Verdict
from rating import Outcome

TITLES: Final = {
    "address": "Address and certificate",
    "key": "Key is accepted",
    "schema": "Holds a reply to a schema",
    "verdict": "Gives verdicts that can be read",
}
PLAIN: Final = Pair(
    turns=(
        Turn(
            "How many days does a week have, and what are their names?",
            (
                "A week has seven days: Monday, Tuesday, Wednesday, Thursday, Friday, Saturday and Sunday.",
                "Purple elephants are mostly made of nine kinds of soup.",
            ),
        ),
    )
)


class _Failed(Exception):
    """The endpoint gave no whole answer; what was heard of it."""

    def __init__(self, heard: Heard) -> None:
        super().__init__()
        self.heard = heard


class Audition:
    """The test of one judge; `terms` are those that it ends with."""

    def __init__(self, rubric: Rubric, terms: Terms) -> None:
        self.terms = terms
        self._rubric = rubric
        self.trials = (
            Trial("address", TITLES["address"], trials.address, fatal=True, decisive=True),
            Trial("key", TITLES["key"], trials.key, fatal=True, decisive=True),
            Trial("schema", TITLES["schema"], self._schema),
            Trial("verdict", TITLES["verdict"], self._verdict, fatal=True),
        )

    def run(self, upstream: Upstream, target: Target, *, seconds: float) -> AsyncGenerator[Step, None]:
        """Every step twice, as it begins and as it ends."""
        # Nothing of a judge's test depends on what is said of its endpoint.
        claims = Claims(name="", organisation="", context_tokens=None, concurrency=None, prompt_characters=1)
        return contract.run(
            upstream,
            target,
            claims,
            limits=questions.limits(seconds),
            seconds=8 * seconds,
            step_seconds=4 * seconds,
            steps=self.trials,
        )

    async def _schema(self, probe: Probe) -> Report:
        """Whether its verdicts come as an object of the schema, which no answer it judges can imitate."""
        asked = self.terms.structured
        if asked is False or probe.target.dialect is not Dialect.OPENAI:
            self.terms = structs.replace(self.terms, structured=False)
            return passed("Its verdicts are read from the last line of its text.")
        self.terms = structs.replace(self.terms, structured=True)
        try:
            verdict = await self._judged(probe)
        except _Failed:
            verdict = None
        if verdict is not None and verdict.outcome is not None:
            return passed("Its endpoint holds a reply to a JSON schema, and verdicts are read that way.")
        self.terms = structs.replace(self.terms, structured=False)
        return warned("Its endpoint does not hold a reply to a JSON schema; verdicts are read from its last line.")

    async def _verdict(self, probe: Probe) -> Report:
        """It says in both orders which of two answers is better, in words that can be read."""
        try:
            verdict = await self._judged(probe)
        except _Failed as failure:
            return broken("no_answer", failure.heard)
        if verdict.outcome is None:
            why = (verdict.unscored or "").replace("_", " ")
            return failed("no_verdict", "Its reply to a plain question has no readable verdict ({why}).", why=why)
        if verdict.outcome is Outcome.A:
            return passed("Between an answer and nonsense it chose the answer, in both orders.")
        return warned("Its verdicts can be read, but between an answer and nonsense it did not choose the answer.")

    async def _judged(self, probe: Probe) -> Verdict:
        async def ask(question: Question) -> Reply:
            target = questions.posed(probe.target, question, self.terms)
            heard = await probe.ask(Message("user", question.user), target=target)
            if heard.failure is not None:
                raise _Failed(heard)
            return questions.replied(heard.text, heard.end, self.terms, seconds=heard.seconds)

        return await judge_pair(PLAIN, self._rubric, ask, code)


def code() -> str:
    """A word that nobody can guess, new each time."""
    return token_hex(8)
