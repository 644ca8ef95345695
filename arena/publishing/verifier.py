#!/usr/bin/env python3
"""Verify a release of an arena with nothing but this file and Python's standard library (3.10 or later).

    python3 verify.py manifest.json votes.jsonl [excluded.jsonl]

It counts the votes, makes their digest, that of the exclusions and the release's id again, and checks the published
ratings by the score equations: their slope at the published numbers says how far these can be from the best fit of
these votes, without fitting anything. It says line by line what agrees, and ends with 0 if all does, 1 if something
does not, and 2 where the files can't be read. It uses no code of the arena's.
"""

import base64
import hashlib
import json
import math
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

COLUMNS = ("vote", "model_a", "model_b", "winner", "voter")
WINNERS = {"model_a": 0, "model_b": 1, "tie": 2, "tie (bothbad)": 2}
ACT = ("vote", "reason", "position", "state")
RIDGE = 0.5  # on each contender's tie propensity
POINTS = 400 / math.log(10)  # displayed points for one of log-odds
WIDEST = 1e-5  # log-odds: numbers rounded to a millionth are nearer than that to the best fit
MOST_STEPS = 400
SAID = {True: "ok  ", False: "FAIL", None: "--  "}

spelled = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode

Vector = list[float]


class Unreadable(Exception):
    """A file that can't be read, with the place."""


class Votes:
    """What the file of votes holds, counted as it is read."""

    def __init__(self, path: str, columns: list[str]) -> None:
        self.leaves: list[bytes] = []
        self.names: set[bytes] = set()
        self.voters: set[str] = set()
        self.each: Counter[str] = Counter()
        self.met: dict[tuple[str, str], list[int]] = {}
        for line, vote in lines(path, COLUMNS):
            first, second, winner = vote["model_a"], vote["model_b"], vote["winner"]
            if winner not in WINNERS or first == second:
                raise Unreadable(f"{path}, line {line}: {winner!r} of {first!r} and {second!r} is no outcome.")
            self.leaves.append(leaf([vote.get(column) for column in columns]))
            self.names.add(str(vote["vote"]).encode())
            self.voters.add(str(vote["voter"]))
            self.each.update((first, second))
            said, turned = WINNERS[winner], first > second
            pair = (second, first) if turned else (first, second)
            self.met.setdefault(pair, [0, 0, 0])[(1, 0, 2)[said] if turned else said] += 1


class Group:
    """Contenders joined by votes, with the equations that their published numbers must solve."""

    def __init__(self, number: int, record: dict[str, Any], votes: Votes) -> None:
        found = [one for one in record["contenders"] if one["group"] == number]
        place = {one["name"]: at for at, one in enumerate(found)}
        self.rule, self.prior = record["method"]["ties"], record["method"]["prior"]
        self.size = len(found)
        share = {"half": 0.5, "drop": 0.0}.get(self.rule)
        self.pairs: list[tuple[int, int, float, float, float]] = []
        for (a, b), (won, lost, tied) in votes.met.items():
            if a in place and b in place:
                met = (won, lost, tied) if share is None else (won + share * tied, lost + share * tied, 0)
                self.pairs.append((place[a], place[b], *met))
        ground = record["groups"][number]
        self.tied = any(pair[4] for pair in self.pairs)
        self.own = self.tied and self.rule == "davidson"
        self.place = [one["theta"] - ground["phantom"] for one in found]
        self.place += [ground["tie_level"]] if self.tied else []
        self.place += [one["tie_propensity"] for one in found] if self.own else []

    def slope(self, place: Vector) -> Vector:
        """The gradient of the log-likelihood with its prior: strengths, tie level, tie propensities."""
        size, found = self.size, [0.0] * len(place)
        level = place[size] if self.tied else 0.0
        along = rao_kupper if self.rule == "rao-kupper" else davidson
        for i, j, won, lost, tied in self.pairs:
            d = place[i] - place[j]
            if not self.tied:
                by_d = won - (won + lost) * chance(d)
            else:
                own = (place[size + 1 + i] + place[size + 1 + j]) / 2 if self.own else 0.0
                by_d, by_s = along(d, level + own, won, lost, tied)
                found[size] += by_s
                if self.own:
                    found[size + 1 + i] += by_s / 2
                    found[size + 1 + j] += by_s / 2
            found[i] += by_d
            found[j] -= by_d
        for i in range(size):
            found[i] += self.prior * (0.5 - chance(place[i]))
        if self.tied:
            found[size] += along(0.0, level, *[self.prior / 3] * 3)[1]
        for i in range(size + 1, len(place)):
            found[i] -= RIDGE * place[i]
        return found

    def curved(self, way: Vector) -> Vector:
        """The negative second derivative along a way, as the change of the slope over a short step."""
        step = 1e-4 / max(map(abs, way))
        ahead, behind = (
            self.slope([p + sign * step * w for p, w in zip(self.place, way, strict=True)]) for sign in (1, -1)
        )
        return [(before - after) / (2 * step) for after, before in zip(ahead, behind, strict=True)]

    def error(self) -> float:
        """How far any published strength is from the best fit's: a Newton step, by conjugate gradients."""
        left = self.slope(self.place)
        games = [self.prior + RIDGE] * len(self.place)
        for i, j, *said in self.pairs:
            for at in [i, j] + ([self.size] if self.tied else []) + ([self.size + 1 + i, self.size + 1 + j] * self.own):
                games[at] += sum(said) / 4
        if not any(left):
            return 0.0
        found, eased = [0.0] * len(left), [value / weight for value, weight in zip(left, games, strict=True)]
        way, was = eased, dot(left, eased)
        enough = was * 1e-12
        for _ in range(MOST_STEPS):
            bent = self.curved(way)
            length = was / dot(way, bent)
            found = [value + length * w for value, w in zip(found, way, strict=True)]
            left = [value - length * b for value, b in zip(left, bent, strict=True)]
            eased = [value / weight for value, weight in zip(left, games, strict=True)]
            now = dot(left, eased)
            if now <= enough:
                mean = sum(found[: self.size]) / self.size
                return max(abs(value - mean) for value in found[: self.size])
            way, was = [value + now / was * w for value, w in zip(eased, way, strict=True)], now
        return math.inf


def davidson(d: float, s: float, won: float, lost: float, tied: float) -> tuple[float, float]:
    """Slopes along d and s, where a, b and a tie are as likely as e^(d/2), e^(-d/2) and e^s (Davidson 1970)."""
    top = max(abs(d) / 2, s)
    low, high, tie = math.exp(d / 2 - top), math.exp(-d / 2 - top), math.exp(s - top)
    whole = low + high + tie
    low, high, tie = low / whole, high / whole, tie / whole
    by_d = won * (high + tie / 2) - lost * (low + tie / 2) + tied * (high - low) / 2
    return by_d, tied * (low + high) - (won + lost) * tie


def rao_kupper(d: float, s: float, won: float, lost: float, tied: float) -> tuple[float, float]:
    """Slopes along d and s, where P(a) = σ(d - s) and P(b) = σ(-d - s) (Rao & Kupper 1967)."""
    short, long = chance(s - d), chance(s + d)
    by_s = -won * short - lost * long + tied * (-2 / math.expm1(-2 * s) - short - long)
    return won * short - lost * long + tied * (short - long), by_s


def chance(d: float) -> float:
    """σ(d)."""
    return 1 / (1 + math.exp(-d)) if d >= 0 else math.exp(d) / (1 + math.exp(d))


def dot(first: Vector, second: Vector) -> float:
    """The sum of products."""
    return sum(one * other for one, other in zip(first, second, strict=True))


def leaf(value: list[Any]) -> bytes:
    """SHA-256(0x00 || canonical JSON), as RFC 6962 has it."""
    return hashlib.sha256(b"\0" + spelled(value).encode()).digest()


def digest(leaves: list[bytes]) -> str:
    """SHA-256 over the leaves in ascending order."""
    return hashlib.sha256(b"".join(sorted(leaves))).hexdigest()


def lines(path: str, wanted: tuple[str, ...]) -> Iterator[tuple[int, dict[str, Any]]]:
    """The objects of a file of JSON lines, with their line numbers."""
    with open(path, encoding="utf-8") as file:
        for number, text in enumerate(file, 1):
            try:
                found = json.loads(text)
                missing = [column for column in wanted if column not in found]
            except (ValueError, TypeError) as error:
                raise Unreadable(f"{path}, line {number}: this is not a JSON object ({error}).") from None
            if missing:
                raise Unreadable(f"{path}, line {number}: there is no {missing[0]!r}.")
            yield number, found


def checks(manifest: dict[str, Any], votes: Votes, acts: list[bytes] | None) -> Iterator[tuple[bool | None, str]]:
    """What agrees (True), what does not and what could not be looked at (None), one after the other, in words."""
    record, made_of = manifest["record"], manifest["made_of"]
    told, count = record["votes"], len(votes.leaves)
    yield count == told["count"] == len(votes.names), f"votes: {count:,} of {told['count']:,}, each once"
    yield len(votes.voters) == told["voters"], f"voters: {len(votes.voters):,} of {told['voters']:,}"
    wrong = [one["name"] for one in record["contenders"] if votes.each[one["name"]] != one["votes"]]
    known = votes.each.keys() <= {one["name"] for one in record["contenders"]}
    yield not wrong and known, f"votes of each contender: {len(wrong)} of {len(record['contenders'])} differ"
    found = digest(votes.leaves)
    yield found == told["digest"] == made_of["votes"], f"digest of the votes: {found}"
    if acts is not None:
        excluded = digest(acts) if acts else ""
        agree = excluded == record["exclusions"]["digest"] == made_of["exclusions"]
        yield agree, f"digest of {len(acts):,} exclusions: {excluded or 'none'}"
    release = hashlib.sha256(spelled(made_of).encode()).hexdigest()
    yield release == manifest["release"], f"release id: {release}"
    hashed = hashlib.sha256(spelled(record).encode()).hexdigest()
    yield hashed == manifest["record_sha256"], f"record: {hashed}"
    if "style" in record["method"]:
        yield None, "ratings: at equal style; `arena verify` fits them again, this file can't"
    else:
        yield certified(record, votes)
    yield recorded(manifest)


def recorded(manifest: dict[str, Any]) -> tuple[bool | None, str]:
    """Whether the ledger's root holds a leaf that names this release (RFC 9162, 2.1.3.2); who signed it is told."""
    told = manifest.get("ledger")
    if told is None:
        return None, "ledger: this release names none"
    data = base64.b64decode(told["data"])
    hashed, place, last = hashlib.sha256(b"\0" + data).digest(), told["leaf"], told["size"] - 1
    for step in map(base64.b64decode, told["hashes"] if 0 <= place <= last else []):
        right = place % 2 or place == last
        hashed = hashlib.sha256(b"\1" + (step + hashed if right else hashed + step)).digest()
        while right and place and not place % 2:
            place, last = place // 2, last // 2
        place, last = place // 2, last // 2
    _, size, root, *_ = told["note"].split("\n")
    agrees = last == 0 and hashed == base64.b64decode(root) and size == str(told["size"])
    names = json.loads(data).get("release") == manifest["release"]
    return agrees and names, f"ledger: leaf {told['leaf']:,} of {told['size']:,}; the note is signed by {told['key']}"


def certified(record: dict[str, Any], votes: Votes) -> tuple[bool, str]:
    """Whether the published numbers solve the score equations of these votes."""
    groups = [Group(number, record, votes) for number in range(len(record["groups"]))]
    worst = max((group.error() for group in groups if group.size > 1), default=0.0)
    return worst <= WIDEST, f"ratings: at most {worst * POINTS:.2g} points from the best fit of these votes"


def main(words: list[str], say: Callable[[str], object] = print) -> int:
    """Verify the files named; 0 if everything agrees, 1 if not, 2 where they can't be read."""
    if len(words) not in (2, 3):
        say((__doc__ or "").strip())
        return 2
    try:
        manifest = json.loads(Path(words[0]).read_text(encoding="utf-8"))
        votes = Votes(words[1], manifest["record"]["votes"]["columns"])
        acts = [leaf([act[name] for name in ACT]) for _, act in lines(words[2], ACT)] if words[2:] else None
        failed = 0
        for agrees, told in checks(manifest, votes, acts):
            say(f"{SAID[agrees]} {told}")
            failed += agrees is False
    except (OSError, ValueError, KeyError, Unreadable) as error:
        say(f"These files can't be verified: {type(error).__name__} {error}")
        return 2
    say("Everything agrees." if not failed else f"{failed} of the above do not agree.")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
