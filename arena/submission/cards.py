"""Cards: what a contender's provider says of it, and what it is told apart by."""

import re
from datetime import date
from enum import StrEnum
from typing import Annotated, Final

from msgspec import Meta, Struct

from arena.errors import Refused

LINK: Final = re.compile(r"https://[^\s<>\"\\]{1,490}")
MOST_LINKS: Final = 10
SAYS_NOTHING: Final = re.compile(r"[^\w.+]+")

Line = Annotated[str, Meta(max_length=100)]
Text = Annotated[str, Meta(max_length=2000)]


class Kind(StrEnum):
    """How a model came to be."""

    PRETRAINED = "pretrained"
    CONTINUED = "continued"
    FINE_TUNED = "fine-tuned"
    CHAT = "chat"
    MERGE = "merge"


class Party(StrEnum):
    """Who answers: the model's own makers, or others."""

    FIRST = "first"
    THIRD = "third"


class Card(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is said of a contender beside its name; `organisation` is who made the model.

    `version` may be a commit; parameters are in billions.
    """

    organisation: Line = ""
    version: Line = ""
    precision: Line = ""
    parameters_billions: Annotated[float, Meta(gt=0, lt=1e6)] | None = None
    architecture: Line = ""
    kind: Kind | None = None
    licence: Line = ""
    open_weights: bool | None = None
    released_on: date | None = None
    links: Annotated[list[str], Meta(max_length=MOST_LINKS)] = []
    description: Text = ""
    party: Party | None = None


def checked(card: Card) -> Card:
    """The card, if its texts can be shown and its links followed."""
    for name in ("organisation", "version", "precision", "architecture", "licence"):
        line(name, getattr(card, name))
    if not card.description.replace("\n", " ").isprintable():
        raise Refused("The description holds a character that can't be printed.", field="description")
    for link in card.links:
        if not LINK.fullmatch(link):
            raise Refused(
                "“{link}” is not a link; a link begins with https:// and has no spaces.", link=link[:100], field="links"
            )
    return card


def line(field: str, text: str, *, least: int = 0, most: int = 100) -> str:
    """A text of one line, with single spaces."""
    plain = " ".join(text.split())
    if not least <= len(plain) <= most or not plain.isprintable():
        raise Refused(
            "The field “{field}” has {least} to {most} characters that can be printed.",
            field=field,
            least=least,
            most=most,
        )
    return plain


def identity(name: str, card: Card) -> str:
    """What two entries of the same contender have in common, however it is written."""
    return "|".join(
        SAYS_NOTHING.sub("", part.casefold()) for part in (card.organisation, name, card.version, card.precision)
    )
