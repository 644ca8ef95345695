"""Names: what votes, voters and prompts are called in whatever is published, 32 hexadecimal digits each."""

import hashlib
import re
from typing import Final
from uuid import UUID

NAMED: Final = re.compile(r"[0-9a-f]{32}")
# A vote's id opens its receipt and is the voter's own; of what is published nobody can make it again.
VOTE: Final = "encode(substring(sha256('vote'::bytea || uuid_send(votes.id)) FOR 16), 'hex')::uuid"
# Where some votes' prompts are known, one that nobody knows is a prompt of its own.
PROMPT: Final = "coalesce(prompt, CASE WHEN bool_or(prompt IS NOT NULL) OVER () THEN replace(vote::text, '-', '') END)"


def kept(name: str | None) -> UUID | None:
    """The name, where it is one of ours: what has been published already stays called so."""
    return UUID(hex=name) if name is not None and NAMED.fullmatch(name) else None


def made(what: str, *parts: object) -> UUID:
    """A name made of these parts, the same in every arena."""
    return UUID(bytes=hashlib.sha256("\n".join([what, *map(str, parts)]).encode()).digest()[:16])
