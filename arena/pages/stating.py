"""Stating: the arena's facts as sentences in the reader's language."""

from arena.pages import formats
from arena.pages.languages import Language
from arena.publishing import facts
from arena.publishing.factbook import Ground, Kind, Value


def told(ground: Ground, language: Language) -> dict[str, str]:
    """Each fact's sentence with its values; empty where the configuration makes it void."""
    return {
        name: language.say(
            fact.sentence, {place: written(value, language) for place, value in fact.values(ground).items()}
        )
        if fact.holds(ground)
        else ""
        for name, fact in facts.ALL.items()
    }


def written(value: Value, language: Language) -> str:
    """The value as people write it."""
    if value.kind is Kind.SHARE:
        return formats.share(value.amount, language)
    if value.kind is Kind.DURATION:
        return formats.duration(value.amount, language)
    return formats.amount(value.amount, language)
