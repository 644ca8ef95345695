"""Gates: the rules that every prompt and every answer passes, and what is done where one of them finds something.

A rule is a named, versioned function from a text to the places of what it found. They stand in one list: another one,
were it a moderation service's, is one line more.
"""

import logging
from collections.abc import Callable, Sequence
from typing import Final

from msgspec import Struct

from arena.config import Action, Settings
from arena.evaluation import personal, toxic
from arena.evaluation.exclusions import Reason, Remark
from arena.evaluation.prompts import PromptRefused

log = logging.getLogger(__name__)

Spans = list[tuple[int, int]]

REFUSED: Final = {
    Reason.PERSONAL: (
        "This prompt seems to hold personal data at place {place}. Take it out, since prompts may be published."
    ),
    Reason.TOXIC: "This prompt holds words at place {place} that the arena does not pass on. Put it in other words.",
}


class PromptGated(PromptRefused):
    """This prompt holds something that the arena does not pass on. Take it out."""


class Rule(Struct, frozen=True):
    """What a text is searched for: `find` gives the places of what it found, and reads nothing but the text."""

    name: str
    version: str
    gate: Reason
    find: Callable[[str], Spans]


class Finding(Struct, frozen=True, kw_only=True):
    """What a rule found in a prompt (position None) or in a side's answer: where, and never what.

    `spans` is None where the rule itself broke, so that nobody knows.
    """

    turn: int
    position: int | None
    gate: Reason
    rule: str
    version: str
    spans: Spans | None


RULES: Final[Sequence[Rule]] = (
    Rule("e-mail", "1", Reason.PERSONAL, personal.emails),
    Rule("phone", "1", Reason.PERSONAL, personal.phones),
    Rule("card", "1", Reason.PERSONAL, personal.cards),
    Rule("iban", "1", Reason.PERSONAL, personal.ibans),
    Rule("resident-id", "1", Reason.PERSONAL, personal.residents),
    Rule("ssn", "1", Reason.PERSONAL, personal.social_security),
    Rule("network", "1", Reason.PERSONAL, personal.networks),
    Rule("address", "1", Reason.PERSONAL, personal.addresses),
    Rule("slur", "1", Reason.TOXIC, toxic.slurs),
    Rule("threat", "1", Reason.TOXIC, toxic.threats),
)


def require(prompt: str, settings: Settings, *, rules: Sequence[Rule] = RULES) -> None:
    """Refuse a prompt that a gate shall refuse; a rule that breaks refuses nobody."""
    refusing = [rule for rule in rules if _action(rule.gate, None, settings) is Action.REFUSE]
    for found in look(prompt, turn=1, position=None, rules=refusing):
        if found.spans:
            raise PromptGated(REFUSED[found.gate], place=found.spans[0][0] + 1)


def look(text: str, *, turn: int, position: int | None, rules: Sequence[Rule] = RULES) -> list[Finding]:
    """Everything that the rules find in a text; a rule that breaks is a finding too."""
    findings = []
    for rule in rules:
        spans = _spans(rule, text)
        if spans is None or spans:
            findings.append(
                Finding(turn=turn, position=position, gate=rule.gate, rule=rule.name, version=rule.version, spans=spans)
            )
    return findings


def examine(
    turn: int, prompt: str, answers: Sequence[str], settings: Settings, *, rules: Sequence[Rule] = RULES
) -> list[Finding]:
    """The findings in a prompt and both its answers, of the gates that are not off."""
    texts: list[tuple[int | None, str]] = [(None, prompt), *enumerate(answers)]
    return [
        found
        for position, text in texts
        for found in look(text, turn=turn, position=position, rules=_on(rules, position, settings))
    ]


def remarks(findings: Sequence[Finding], settings: Settings) -> list[Remark]:
    """What keeps the battle from being rated, one remark for each gate and text."""
    told: dict[tuple[Reason, int | None], Remark] = {}
    for found in findings:
        if _unrated(found, settings):
            evidence = {"turn": found.turn, "rule": found.rule, "version": found.version}
            remark = Remark(reason=found.gate, position=found.position, evidence=evidence)
            told.setdefault((found.gate, found.position), remark)
    return list(told.values())


def _on(rules: Sequence[Rule], position: int | None, settings: Settings) -> list[Rule]:
    return [rule for rule in rules if _action(rule.gate, position, settings) is not Action.OFF]


def _unrated(found: Finding, settings: Settings) -> bool:
    """An answer can't be refused any more, nor a prompt that has been asked."""
    if found.spans is None:
        return settings.gates_fail_closed
    return _action(found.gate, found.position, settings) in (Action.UNRATED, Action.REFUSE)


def _action(gate: Reason, position: int | None, settings: Settings) -> Action:
    texts = "prompts" if position is None else "answers"
    action: Action = getattr(settings, f"{gate}_{texts}")
    return action


def _spans(rule: Rule, text: str) -> Spans | None:
    try:
        return rule.find(text)
    except Exception as error:
        # The rule's fault must not be the voter's; nor may its words, which may quote the text, reach a log.
        log.error("gate broke rule=%s version=%s error=%s", rule.name, rule.version, type(error).__name__)
        return None
