"""Remarks: each finding of a diagnosis in plain words, as a sentence that another language can turn round."""

import math
from collections.abc import Mapping
from typing import Final, TypeAlias

from arena.integration.diagnoses import FEWEST_VOTES, Diagnosis, Finding
from arena.integration.probed import FEWEST_PROBES, FEWEST_VOTERS, Worth
from arena.integration.probed import FEWEST_VOTES as FEWEST_CAREFUL
from rating import assertive
from rating.diagnosis import Kind
from rating.effects import Verdict

MINUS: Final = "\N{MINUS SIGN}"
ENDLESS: Final = "\N{INFINITY}"

# A sentence with its values, which are written alike in all our languages.
Said: TypeAlias = tuple[str, Mapping[str, str | int]]

UNKNOWN: Final = "These votes can't tell."
SENTENCES: Final = {
    "position": "Of two equal answers A is preferred in {value} of votes ({lower} to {upper}).",
    "position, short answers": "Of two equal short answers A is preferred in {value} of votes ({lower} to {upper}).",
    "position, middling answers": "Of two equal answers of middling length A is preferred in {value} of votes"
    " ({lower} to {upper}).",
    "position, long answers": "Of two equal long answers A is preferred in {value} of votes ({lower} to {upper}).",
    "length": "Of two equal answers the longer one is preferred in {value} of votes ({lower} to {upper}).",
    "headings": "Of two equal answers the one with more headings is preferred in {value} of votes"
    " ({lower} to {upper}).",
    "lists": "Of two equal answers the one with more list items is preferred in {value} of votes ({lower} to {upper}).",
    "bold": "Of two equal answers the one with more bold words is preferred in {value} of votes ({lower} to {upper}).",
    "emoji": "Of two equal answers the one with more emoji is preferred in {value} of votes ({lower} to {upper}).",
    "code": "Of two equal answers the one with more code blocks is preferred in {value} of votes ({lower} to {upper}).",
    "hedging": "Of two equal answers the one that hedges more is preferred in {value} of votes ({lower} to {upper}).",
    "certainty": "Of two equal answers the one with more words of certainty is preferred in {value} of votes"
    " ({lower} to {upper}).",
    "praise": "Of two equal answers the one with more friendly words is preferred in {value} of votes"
    " ({lower} to {upper}).",
    "negatives": "Of two equal answers the one with more unfriendly words is preferred in {value} of votes"
    " ({lower} to {upper}).",
    "apologies": "Of two equal answers the one that apologises more is preferred in {value} of votes"
    " ({lower} to {upper}).",
    "agreement": "Of two equal answers the one that agrees with its reader more, or praises the question, is preferred"
    " in {value} of votes ({lower} to {upper}).",
    "assertive wrong": "Beside a right answer that hedges, a wrong one that sounds sure is preferred in {value} of"
    " votes ({lower} to {upper}).",
    "correctness": "Of a right and a wrong answer in the same tone the right one is preferred in {value} of votes"
    " ({lower} to {upper}).",
    "assertiveness": "Of two equally right answers the one that sounds sure is preferred in {value} of votes"
    " ({lower} to {upper}).",
    "agreeing wrong": "Beside a right answer, a wrong one that agrees with what its reader believes is preferred in"
    " {value} of votes ({lower} to {upper}).",
    "belief": "Of two equally right answers the one that agrees with what its reader believes is preferred in {value}"
    " of votes ({lower} to {upper}).",
    "judge length": "Of two answers that people rate alike the judge {judge} prefers the longer one in {value} of cases"
    " ({lower} to {upper}).",
    "judge family": "Of two answers that people rate alike the judge {judge} prefers that of its own family in {value}"
    " of cases ({lower} to {upper}).",
    "style": "At equal style {who} would move by {value} points ({lower} to {upper}).",
    "category": "With as many votes in each category {who} would move by {value} points ({lower} to {upper}).",
    "language": "With as many votes in each language {who} would move by {value} points ({lower} to {upper}).",
    "time of day": "With votes spread evenly over the day {who} would move by {value} points ({lower} to {upper}).",
    "hasty votes": "Without the quickest quarter of votes {who} would move by {value} points ({lower} to {upper}).",
    "attention": "How much more closely votes follow the ratings when they took longer: {value} ({lower} to {upper}).",
    "duplicates": "With each prompt weighed once, however often it was asked, {who} would move by {value} points"
    " ({lower} to {upper}).",
    "contamination": "Without prompts that anybody could read before, {who} would move by {value} points"
    " ({lower} to {upper}).",
    "fooled": "With the votes alone of those whom wrong answers that sound sure fooled less, {who} would move by"
    " {value} points ({lower} to {upper}).",
    "transitivity": "A pair goes otherwise than the two ratings say by {value} points, as a rule ({lower} to {upper}).",
}
CONCLUSIONS: Final = {
    Verdict.PRESENT: "That was found here, and is large enough to matter.",
    Verdict.SLIGHT: "That was found here, and is too small to matter.",
    Verdict.NEGLIGIBLE: "If there is anything, it is too small to matter.",
    Verdict.UNCLEAR: "That may be chance: these votes do not settle it.",
}
# Up to this q, what was found is there as surely as anything is that votes tell.
SURE: Final = 0.001
SURELY: Final = {
    Verdict.PRESENT: "That is surely there, and large enough to matter.",
    Verdict.SLIGHT: "That is surely there, and too small to matter.",
}
# Its middle is an even split, and being far from it on one side is good news.
WON: Final = {
    Verdict.NEGLIGIBLE: "That is about even: to be right is worth no more here than to sound sure.",
    Verdict.UNCLEAR: "Whether sounding sure or being right wins here, these votes do not settle.",
}
TONE_WINS: Final = "To sound sure wins over being right here."
RIGHT_WINS: Final = "To be right wins over sounding sure here."
AGREED: Final = {
    Verdict.NEGLIGIBLE: "That is about even: to be right is worth no more here than to agree.",
    Verdict.UNCLEAR: "Whether agreeing or being right wins here, these votes do not settle.",
}
AGREEMENT_WINS: Final = "To agree wins over being right here."
RIGHT_WINS_AGREED: Final = "To be right wins over agreeing here."
WORTH: Final = {
    "assertiveness": "A sure tone makes up for {value} of what being right is worth ({lower} to {upper}); from 100%"
    " on, wrong answers that have it win.",
    "belief": "Agreeing makes up for {value} of what being right is worth ({lower} to {upper}); from 100% on, wrong"
    " answers that agree win.",
}
WORTHLESS: Final = "How much of being right it makes up for, these votes do not settle."
FOOLED_FEW: Final = (
    "There are too few votes on probes to tell what this board would be by the voters who were fooled less. It takes"
    " {probes} votes on a right answer that hedges beside a wrong one that sounds sure, and {voters} voters who were"
    " fooled less with {votes} votes on this board; there are {own_probes}, {own_voters} and {own_votes}."
)
UNRATED: Final = "The voters who were fooled less have met too few of this board's contenders to rate two of them."
NO_SWAP: Final = "With the voters who were fooled less, nobody changes places."
ONE_SWAP: Final = "With the voters who were fooled less, {riser} and {faller} swap places."
SWAPS: Final = (
    "With the voters who were fooled less, {count} pairs of contenders swap places, {riser} and {faller} the highest"
    " among them."
)
THEIRS: Final = {
    Verdict.PRESENT: "Their ratings differ by more than chance, and by enough to matter.",
    Verdict.SLIGHT: "Their ratings differ by more than chance, and by too little to matter.",
    Verdict.NEGLIGIBLE: "If their ratings differ at all, it is by too little to matter.",
    Verdict.UNCLEAR: "What their ratings differ by may be chance: these votes do not settle it.",
    Verdict.UNKNOWN: "Whether their ratings differ by more than chance, these votes can't tell.",
}
NOT_YET: Final = "Nobody has looked at this board's votes yet. That happens some minutes after its first release."
FEW: Final = (
    "This board has {votes} votes that can be looked through, and it takes at least {least}, of contenders that each"
    " won and lost."
)
TONE: Final = "Tone, hedging and agreement: most of these answers were given before they were looked at."
PROBES: Final = (
    "Whether assertive answers win although they are wrong: that takes votes on battles whose right answer is known,"
    " and there are too few of them yet."
)
ELSEWHERE: Final = (
    "Form, category, language, times and judges: nothing is known of them in votes that were cast elsewhere."
)
FORM: Final = "The form of answers: most of these were given before it was looked at."
READING: Final = "How long voters took: that is known of none of these votes."
JUDGES: Final = "Judges against people: no judge has said enough about these battles."
VOTERS: Final = "How votes are shared out among voters: nobody knows who cast them."


def of(finding: Finding) -> list[Said]:
    """What was found, and what can be said of it."""
    if finding.verdict is Verdict.UNKNOWN or finding.value is None:
        return [(UNKNOWN, {})]
    values = {end: written(finding, getattr(finding, end), end) for end in ("value", "lower", "upper")}
    values |= {"who": finding.who.name if finding.who else "", "judge": finding.judge or ""}
    worth = [] if finding.worth is None else [_worth(finding.name, finding.worth)]
    return [(SENTENCES[finding.name], values), (_concluded(finding, finding.value), {}), *worth]


def _worth(name: str, worth: Worth) -> Said:
    if worth.value is None or worth.lower is None or worth.upper is None:
        return WORTHLESS, {}
    ends = {"value": worth.value, "lower": worth.lower, "upper": worth.upper}
    return WORTH[name], {end: _signed(f"{share:.0%}") for end, share in ends.items()}


def fooled(found: Diagnosis) -> list[Said]:
    """What the board would be by the voters who were fooled less; nothing where nobody could be fooled yet."""
    told = found.fooled
    if told is None:
        return []
    if not told.enough:
        least = {"probes": FEWEST_PROBES, "voters": FEWEST_VOTERS, "votes": FEWEST_CAREFUL}
        return [(FOOLED_FEW, least | {f"own_{name}": getattr(told, name) for name in least})]
    if not told.lines:
        return [(UNRATED, {})]
    finding = next(one for one in found.findings if one.name == "fooled")
    return [_swapped(finding), (THEIRS[finding.verdict], {})]


def _swapped(finding: Finding) -> Said:
    if not finding.swaps:
        return NO_SWAP, {}
    highest = {"riser": finding.swaps[0].riser.name, "faller": finding.swaps[0].faller.name}
    return (ONE_SWAP, highest) if finding.swapped == 1 else (SWAPS, highest | {"count": finding.swapped})


def _concluded(finding: Finding, value: float) -> str:
    if finding.name == assertive.WON:
        return WON.get(finding.verdict, TONE_WINS if value > 0 else RIGHT_WINS)
    if finding.name == assertive.AGREED:
        return AGREED.get(finding.verdict, AGREEMENT_WINS if value > 0 else RIGHT_WINS_AGREED)
    sure = finding.q is not None and finding.q <= SURE
    return (SURELY if sure else CONCLUSIONS).get(finding.verdict, CONCLUSIONS[finding.verdict])


def few(found: Diagnosis) -> Said:
    """That there is too little to look through."""
    return FEW, {"votes": found.votes, "least": FEWEST_VOTES}


def unmeasured(found: Diagnosis) -> list[str]:
    """What nobody can tell of these votes, and why."""
    names = {finding.name for finding in found.findings}
    if found.imported:
        missing = [ELSEWHERE]
    else:
        asked = (("length", FORM), ("hedging", TONE), ("attention", READING))
        missing = [sentence for name, sentence in asked if name not in names]
        missing += [] if found.judges else [JUDGES]
    return [*missing, *([] if found.voters else [VOTERS]), *([] if assertive.WON in names else [PROBES])]


def share(log_odds: float) -> float:
    """Of two equal answers, how often the one favoured by so much is preferred."""
    return 1 / (1 + math.exp(-log_odds))


def written(finding: Finding, value: float | None, end: str) -> str:
    """A number of the finding as people read it."""
    if value is None:
        return MINUS + ENDLESS if end == "lower" else ENDLESS
    if finding.kind is Kind.PREFERENCE:
        return f"{share(value):.1%}"
    if finding.kind is Kind.ATTENTION:
        return _signed(f"{value:+.0%}")
    return _signed(f"{value:.1f}" if finding.kind is Kind.SPREAD else f"{value:+.1f}")


def _signed(text: str) -> str:
    return text.replace("-", MINUS)
