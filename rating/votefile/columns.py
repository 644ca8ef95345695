"""Columns: a whole vote file as coded arrays. Only codes stay in memory, so that a file may be larger than it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from rating.arrays import Codes, Vector
from rating.errors import RatingError
from rating.outcomes import CODES
from rating.tally import Tally
from rating.votefile import records, votes
from rating.votefile.faults import Doubtful
from rating.votefile.votes import MOST_WEIGHT, WANTED, WEIGHT_UNITS, WINNERS, Form, Names

if TYPE_CHECKING:
    from rating.votefile.batches import Batch

Cluster: TypeAlias = Literal["voter", "prompt", "none"]

MOST_CONTENDERS: Final = 4096
# Beyond this the weights' sum, in its units, is not exact any more.
MOST_UNITS: Final = 1 << 53

_OUTCOMES: Final = {winner: CODES[outcome] for winner, outcome in WINNERS.items()}


@dataclass(frozen=True, eq=False)
class Columns:
    """The votes of a file in arrays of one length, in its order.

    `first` and `second` are codes into `contenders`, which are sorted by name; `outcome` holds codes 0 to 3;
    `voter` and `prompt` hold codes that are equal where the texts are, None where they were not read; `weight` is
    in units of 2⁻²⁰, None where every vote weighs 1. `style` has the columns `NAME_a` and `NAME_b`
    of each feature. `unread` names the file's columns that were left alone.
    """

    contenders: tuple[str, ...]
    first: NDArray[np.int16]
    second: NDArray[np.int16]
    outcome: NDArray[np.int8]
    voter: Codes | None
    prompt: Codes | None
    weight: Codes | None
    style: dict[str, Vector]
    unread: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.first)

    @property
    def tally(self) -> Tally:
        """These votes, ready to be rated; no array is copied."""
        return Tally(self.contenders, self.first, self.second, self.outcome, self.voter, self.prompt, self.weight)


def load(
    path: Path,
    *,
    renamed: Names | None = None,
    cluster: Cluster = "voter",
    style: tuple[str, ...] = (),
    seen: Callable[[int], None] = lambda _: None,
) -> Columns:
    """The file's votes as codes, or VoteFileWrong at its first fault.

    Read are the columns that are needed: the three, a weight where there is one, both sides' `style` features, and
    what the votes are clustered by: "voter" takes voters and prompts where they are known, "prompt" must have
    prompts. `seen` is told, now and then, how many votes have been read.
    """
    form = _form(path, renamed or {}, cluster, style)
    line, found = records.header(path)
    ours = form.columns(found, line=line)
    read = {theirs: name for theirs, name in zip(found, ours, strict=True) if name}
    # Here, so that a server that never reads a file doesn't load Arrow.
    from rating.votefile import batches

    try:
        coded = _coded(batches.read(path, read, form.numbers), set(read.values()), seen)
    except Doubtful:
        # Vote by vote the fault is found with its place; or there is none, and Arrow was only too strict.
        coded = _coded(_by_vote(path, form), set(read.values()), seen)
    unread = tuple(theirs for theirs, name in zip(found, ours, strict=True) if not name)
    return _columns(coded, unread)


def _form(path: Path, renamed: Names, cluster: Cluster, style: tuple[str, ...]) -> Form:
    features = tuple(f"{feature}_{side}" for feature in style for side in "ab")
    prompt = ("prompt",) if cluster == "prompt" else ()
    known = ("voter", "prompt") if cluster == "voter" else ()
    if len({*WANTED, *features}) < len(WANTED) + len(features):
        raise RatingError(f"{records.listed(style)}: a style feature is named once, and “model” is none.")
    return Form(
        renamed=renamed,
        needed=(*WANTED, *features, *prompt),
        optional=(*known, "weight"),
        numbers=frozenset({*features, "weight"}),
        others=True,
        unit=records.format_of(path).unit,
    )


def _by_vote(path: Path, form: Form) -> "Iterator[Batch]":
    from rating.votefile import batches

    sound = (vote for _, vote in votes.fields(path, form))
    while held := list(islice(sound, batches.FEW_ROWS)):
        yield batches.of(held)


def _coded(batches: "Iterator[Batch]", columns: set[str], seen: Callable[[int], None]) -> "_Coded":
    coded = _Coded({column: [] for column in columns})
    rows = 0
    for batch in batches:
        coded.add(batch)
        rows += len(batch["winner"])
        seen(rows)
    if not rows:
        raise Doubtful("no vote")
    return coded


@dataclass
class _Coded:
    """What has been read so far: the arrays of each column, and the contenders in the order of their first votes."""

    parts: dict[str, list[NDArray[Any]]]
    places: dict[str, int] = field(default_factory=dict)

    def add(self, batch: "Batch") -> None:
        """Code a batch; or Doubtful, and then nothing of the file may be used."""
        from rating.votefile import batches

        for column, given in batch.items():
            if column in ("model_a", "model_b"):
                coded: NDArray[Any] = self._contenders(*batches.encoded(given))
            elif column == "winner":
                coded = _outcomes(*batches.encoded(given))
            elif column in ("voter", "prompt"):
                coded = batches.prints(given, empty=column == "prompt")
            else:
                coded = _numbers(batches.numbers(given), weight=column == "weight")
            self.parts[column].append(coded)
        if (self.parts["model_a"][-1] == self.parts["model_b"][-1]).any():
            raise Doubtful("a contender against itself")

    def whole(self, column: str) -> NDArray[Any] | None:
        """A column from its first vote to its last, None if it wasn't read; its parts are given up."""
        parts = self.parts.pop(column, None)
        return None if parts is None else np.concatenate(parts)

    def _contenders(self, names: list[str], which: NDArray[np.int32]) -> NDArray[np.int16]:
        for name in names:
            if name not in self.places:
                if fault := votes.name_fault(name):
                    raise Doubtful(fault)
                self.places[name] = len(self.places)
        if len(self.places) > MOST_CONTENDERS:
            told = f"The file has more than {MOST_CONTENDERS:,} contenders, “{names[-1][:100]}” for one"
            raise RatingError(f"{told}; say with --map which columns name them.")
        return np.array([self.places[name] for name in names], dtype=np.int16)[which]


def _outcomes(winners: list[str], which: NDArray[np.int32]) -> NDArray[np.int8]:
    if not _OUTCOMES.keys() >= set(winners):
        raise Doubtful("an unknown outcome")
    return np.array([_OUTCOMES[winner] for winner in winners], dtype=np.int8)[which]


def _numbers(given: Vector, *, weight: bool) -> NDArray[Any]:
    units = given * WEIGHT_UNITS
    sound = np.isfinite(given) & (given >= 0)
    if weight:
        sound &= (given <= MOST_WEIGHT) & ((given == 0) | (units >= 0.5))
    if not sound.all():
        raise Doubtful("a number out of bounds")
    return np.rint(units).astype(np.int64) if weight else given


def _columns(coded: _Coded, unread: tuple[str, ...]) -> Columns:
    first, second, outcome = (coded.whole(column) for column in WANTED)
    voter, prompt, weight = (coded.whole(column) for column in ("voter", "prompt", "weight"))
    assert first is not None
    assert second is not None
    assert outcome is not None
    if weight is not None and not 0 < float(weight.sum(dtype=np.float64)) <= MOST_UNITS:
        raise RatingError(f"The weights must sum to more than 0 and at most {MOST_UNITS // WEIGHT_UNITS:,}.")
    contenders = tuple(sorted(coded.places))
    place = np.empty(len(contenders), dtype=np.int16)
    for code, name in enumerate(contenders):
        place[coded.places[name]] = code
    return Columns(
        contenders=contenders,
        first=place[first],
        second=place[second],
        outcome=outcome,
        voter=voter,
        prompt=prompt,
        weight=weight,
        style={column: np.concatenate(parts) for column, parts in coded.parts.items()},  # All that is left.
        unread=unread,
    )
