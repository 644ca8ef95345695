"""Robots: what a robots.txt forbids to programs that it does not name (RFC 9309)."""

import re
from typing import Final

from msgspec import Struct

LINE: Final = re.compile(r"\s*([A-Za-z-]+)\s*:([^#]*)")
ANYBODY: Final = "*"


class Rule(Struct, frozen=True):
    """What a path begins with, and whether it may be asked for; `*` stands for any letters, `$` for the end."""

    pattern: str
    allowed: bool

    def holds(self, path: str) -> bool:
        """Whether the rule is about this path."""
        written = re.escape(self.pattern).replace(r"\*", ".*")
        return re.match(written.removesuffix(r"\$") + ("$" if self.pattern.endswith("$") else ""), path) is not None


def rules(text: str) -> list[Rule]:
    """The rules for whoever is not named; those of all groups that are about anybody (section 2.2.1)."""
    found, named, ruled = [], set[str](), False
    for field, value in ((said[1].lower(), said[2].strip()) for said in map(LINE.match, text.splitlines()) if said):
        if field == "user-agent":
            named, ruled = ({value} if ruled else named | {value}), False
        elif field in ("allow", "disallow"):
            ruled = True
            # A rule without a path is about nothing.
            if ANYBODY in named and value:
                found.append(Rule(value, field == "allow"))
    return found


def forbids(known: list[Rule], path: str) -> bool:
    """Whether the path may not be asked for: the longest rule decides, of two as long the one that allows (2.2.2)."""
    about = [(len(rule.pattern), rule.allowed) for rule in known if rule.holds(path)]
    return not max(about, default=(0, True))[1]
