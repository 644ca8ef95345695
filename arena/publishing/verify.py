"""Verify: a release computed again from its published votes, and what agrees."""

from base64 import b64decode
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import Struct

import rating
from arena import digests
from arena.errors import Refused
from arena.evaluation import style
from arena.integration import fits, ledger, records, rows
from arena.integration.questions import Question
from arena.integration.rows import Row
from arena.publishing.manifests import Manifest
from rating import RatingError, Standings, covariates, votefile
from rating.arrays import Vector
from rating.votefile import VoteFileUnknown, VoteFileWrong

POINTS: Final = 1e-6
BOUND: Final = 1e-5
COMPARED: Final = ("group", "theta", "rating", "lower", "upper", "rank_lower", "rank_upper", "votes", "separation")

Seen = Callable[[int], None]


class VotesUnreadable(Refused):
    """This is no file of a release's votes."""


class Line(Struct, frozen=True):
    """One thing that was compared: whether it agrees, None where there is nothing to compare, and what it is."""

    agrees: bool | None
    told: str


def lines(manifest: Manifest, votes: Path, *, seen: Seen = lambda _: None) -> Iterator[Line]:
    """What agrees between a release's manifest and a file of its votes; VotesUnreadable with the fault's place."""
    try:
        question = msgspec.convert(manifest.record["board"]["question"], Question)
        columns = votefile.load(votes, style=style.FEATURES if question.style else ())
        digest, names = _digest(votes, columns.style, seen)
    except VoteFileUnknown as error:
        raise VotesUnreadable(str(error)) from error
    except (VoteFileWrong, RatingError) as error:
        raise VotesUnreadable(f"{votes}: {error}") from error
    record = manifest.record
    told = record["votes"]
    tally = columns.tally
    yield Line(len(tally) == names == told["count"], f"votes: {len(tally):,} of {told['count']:,}, each once")
    yield Line(digest == told["digest"] == manifest.made_of["votes"], f"digest of the votes: {digest}")
    release = digests.named(digests.canonical(manifest.made_of))
    yield Line(release == manifest.release, f"release id: {release}")
    excluded = record["exclusions"]
    yield Line(excluded["digest"] == manifest.made_of["exclusions"], f"exclusions: {excluded['acts']:,} acts")
    hashed = records.hashed(records.spelled(record))
    yield Line(hashed == manifest.record_sha256, f"record: {hashed}")
    yield from _numbers(record, tally, question, columns.style)
    yield _recorded(manifest)


def _recorded(manifest: Manifest) -> Line:
    """Whether the ledger tells of this release, under a root that its key has signed."""
    told = manifest.ledger
    if told is None:
        return Line(None, "ledger: this release names none")
    names = msgspec.json.decode(b64decode(told.data)).get("release") == manifest.release
    return Line(names and ledger.holds(told), f"ledger: leaf {told.leaf:,} of {told.size:,}, signed by {told.key}")


def _digest(votes: Path, forms: Mapping[str, Vector], seen: Seen) -> tuple[str, int]:
    """The digest of the file's votes, and how many names of votes there are."""
    leaves, names = [], set()
    for place, vote in enumerate(votefile.read(votes)):
        if vote.vote is None or vote.voter is None:
            missing = "vote" if vote.vote is None else "voter"
            raise VoteFileWrong("The column is missing; a release's votes have it.", line=1, column=missing)
        first, second = vote.contenders
        row = Row(
            vote=vote.vote,
            model_a=first,
            model_b=second,
            winner=rows.WORDS[vote.outcome],
            voter=vote.voter,
            prompt=vote.prompt,
            **{name: int(form[place]) for name, form in forms.items()},
        )
        leaves.append(digests.leaf(rows.canonical(row)))
        names.add(bytes.fromhex(vote.vote))
        if not len(leaves) % rows.BATCH:
            seen(len(leaves))
    return digests.of(leaves), len(names)


def _numbers(
    record: dict[str, Any], tally: rating.Tally, question: Question, forms: Mapping[str, Vector]
) -> Iterator[Line]:
    """Whether the fit, made again, comes out as it was published; replicates move no published number."""
    method = record["method"]
    if question.even_pairs or question.voter_cap is not None:
        yield Line(None, "ratings: of votes that weigh unequally, which are not fitted again")
        return
    standings = rating.rate(
        tally,
        ties=method["ties"],
        prior=method["prior"],
        cluster="voter" if method["cluster"] == "both" else method["cluster"],
        level=method["level"],
        seed=record["seed"],
        style=covariates.of(forms, question.style) if question.style else None,
    )
    standings = fits.anchored(standings, question)
    yield Line(tally.clusters("voter") == record["votes"]["voters"], f"voters: {tally.clusters('voter'):,}")
    yield from _compared(record, standings, records.of(tally, standings))
    bound = records.certified(tally, standings).bound
    yield Line(bound <= BOUND, f"certificate: the ratings are within {bound:.2g} log-odds of the best fit")


def _compared(record: dict[str, Any], standings: Standings, again: dict[str, Any]) -> Iterator[Line]:
    published = {line["name"]: line for line in record["contenders"]}
    found = {line["name"]: line for line in again["contenders"]}
    yield Line(published.keys() == found.keys(), f"contenders: {len(found):,} of {len(published):,}")
    both = [(published[name], found[name]) for name in sorted(published.keys() & found.keys())]
    for column in COMPARED:
        differ = sum(not _same(one[column], other[column]) for one, other in both)
        yield Line(not differ, f"{column}: {len(both) - differ:,} of {len(published):,} the same")


def _same(one: Any, other: Any) -> bool:
    """The same to a millionth, the last published digit; that itself may round the other way."""
    if isinstance(one, float) and isinstance(other, float):
        return abs(one - other) <= 1.5 * POINTS
    return bool(one == other)
