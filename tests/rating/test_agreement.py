"""Known answers: Zheng et al. 2023 (MT-bench's agreement table), Wang et al. 2024 (PandaLM's README), textbooks."""

import csv
import gzip
from collections import defaultdict
from itertools import combinations
from pathlib import Path

import msgspec
import numpy as np
import pytest

from rating import agreement
from rating.agreement import MISSING
from rating.arrays import Codes

GOLDEN = Path(__file__).parent / "golden"
RNG = np.random.default_rng(5)
WORDS = {"model_a": 0, "model_b": 1, "tie": 2, "tie (inconsistent)": 2}
SWAPPED = (1, 0, 2)
MTBENCH = {
    ("gpt4", 1): (886, 1343, 727, 859),
    ("gpt4", 2): (871, 1325, 731, 864),
    ("human", 1): (454, 721, 388, 479),
    ("human", 2): (471, 707, 388, 474),
}
PERCENT = {("gpt4", 1): (66, 85), ("gpt4", 2): (66, 85), ("human", 1): (63, 81), ("human", 2): (67, 82)}
Item = tuple[int, int, str, str]


def codes(*values: int) -> Codes:
    return np.array(values, dtype=np.int64)


def labels(name: str) -> dict[Item, list[tuple[str, int]]]:
    """What each judge said of each item, models in one order."""
    found = defaultdict(list)
    with gzip.open(GOLDEN / name, "rt") as file:
        for line in file:
            vote = msgspec.json.decode(line)
            first, second, said = vote["model_a"], vote["model_b"], WORDS[vote["winner"]]
            if first > second:
                first, second, said = second, first, SWAPPED[said]
            found[vote["question_id"], vote["turn"], first, second].append((vote["judge"], said))
    return found


def pairs(who: str, turn: int) -> list[tuple[int, int, int]]:
    """Every two votes on one item that the paper compares, with the item's question."""
    human, gpt4 = labels("mt-bench-human.jsonl.gz"), labels("mt-bench-gpt4.jsonl.gz")
    found = []
    for item, votes in human.items():
        experts = [said for judge, said in votes if judge.startswith("expert")]
        others = [(said, vote) for said in experts for _, vote in gpt4[item]]
        for first, second in combinations(experts, 2) if who == "human" else others:
            if item[1] == turn:
                found.append((first, second, item[0]))
    return found


@pytest.mark.parametrize(("who", "turn"), MTBENCH)
def test_mtbench_agrees_as_published(who: str, turn: int) -> None:
    first, second, question = (np.array(column) for column in zip(*pairs(who, turn), strict=True))
    found = agreement.compare(first, second, question, RNG)
    assert (found.agreed, found.battles, found.agreed_decided, found.decided) == MTBENCH[who, turn]
    assert found.share.value is not None
    assert found.share_decided.value is not None
    assert (round(100 * found.share.value), round(100 * found.share_decided.value)) == PERCENT[who, turn]
    assert found.share.lower is not None
    assert found.share.upper is not None
    assert found.share.lower < found.share.value < found.share.upper


@pytest.fixture(scope="module")
def pandalm() -> dict[str, Codes]:
    with gzip.open(GOLDEN / "pandalm-labels.csv.gz", "rt") as file:
        rows = list(csv.DictReader(file))
    said = {"1": 0, "2": 1, "0": 2, "Tie": 2, "garbage": 2}  # The published figures count what can't be read as ties.
    return {name: codes(*(said[row[name]] for row in rows)) for name in rows[0] if name != "idx"}


@pytest.mark.parametrize(("one", "other", "kappa"), [(1, 2, 0.8520), (1, 3, 0.8789), (2, 3, 0.8617)])
def test_pandalms_annotators_have_the_published_kappas(
    pandalm: dict[str, Codes], one: int, other: int, kappa: float
) -> None:
    table = agreement.table_of(pandalm[f"annotator{one}"], pandalm[f"annotator{other}"])
    assert agreement.kappa(table) == pytest.approx(kappa, abs=5e-5)


@pytest.mark.parametrize(
    ("judge", "figures"),
    [("gpt_3_5", (71.07, 58.79, 57.36, 57.55)), ("pandalm_7b", (66.77, 57.38, 57.50, 57.43))],
)
def test_pandalms_judges_have_the_published_figures(
    pandalm: dict[str, Codes], judge: str, figures: tuple[float, ...]
) -> None:
    said = np.column_stack([pandalm[f"annotator{number}"] for number in (1, 2, 3)])
    majority = np.array([np.bincount(row, minlength=3).argmax() for row in said])
    assert np.bincount(majority).tolist() == [422, 472, 105]
    table = agreement.table_of(majority, pandalm[judge])
    found = (agreement.share(table), *agreement.macro(table))
    assert tuple(round(100 * figure, 2) for figure in found) == pytest.approx(figures, abs=0.011)


def test_kappa_of_the_textbook_table() -> None:
    assert agreement.kappa(np.array([[20.0, 5.0], [10.0, 15.0]])) == pytest.approx(0.4)


def test_alpha_of_krippendorffs_example() -> None:
    """Krippendorff 2011, *Computing Krippendorff's Alpha-Reliability*, C: four observers, twelve units, 0.743."""
    said = np.array(
        [
            [1, 2, 3, 3, 2, 1, 4, 1, 2, 0, 0, 0],
            [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, 0, 3],
            [0, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, 0],
            [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, 0],
        ]
    ).T
    found = agreement.alpha(said - 1, np.arange(12), RNG, levels=5)
    assert found.value == pytest.approx(0.743, abs=5e-4)


def test_who_always_agrees_has_one_and_who_never_does_less_than_none() -> None:
    said = codes(0, 1, 2, 0, 1, 2)
    assert agreement.kappa(agreement.table_of(said, said)) == 1.0
    assert agreement.kappa(agreement.table_of(said, (said + 1) % 3)) < 0
    assert agreement.alpha(np.column_stack([said, said]), said, RNG).value == 1.0


def test_nothing_compared_is_no_figure() -> None:
    found = agreement.compare(codes(), codes(), codes(), RNG)
    assert (found.battles, found.share.value, found.kappa.value) == (0, None, None)
    assert agreement.alpha(np.full((3, 2), MISSING), codes(0, 1, 2), RNG).value is None


def test_one_class_throughout_has_no_kappa() -> None:
    found = agreement.compare(codes(0, 0, 0), codes(0, 0, 0), codes(0, 1, 2), RNG)
    assert (found.share.value, found.kappa.value) == (1.0, None)


def test_of_one_cluster_no_interval_is_given() -> None:
    found = agreement.compare(codes(0, 1, 0), codes(0, 1, 1), codes(7, 7, 7), RNG)
    assert found.share.value == pytest.approx(2 / 3)
    assert found.share.lower is None


def test_sides_turned_round_change_nothing() -> None:
    rng = np.random.default_rng(8)
    first, second, cluster = rng.integers(0, 3, 200), rng.integers(0, 3, 200), rng.integers(0, 40, 200)
    turned = np.array(SWAPPED)
    one = agreement.compare(first, second, cluster, np.random.default_rng(1))
    other = agreement.compare(turned[first], turned[second], cluster, np.random.default_rng(1))
    assert one == other


def test_the_interval_covers_the_truth_of_clustered_votes() -> None:
    """Prompts on which the two mostly agree and prompts on which they mostly don't: 70 % on average."""
    rng = np.random.default_rng(11)
    held = 0
    for _ in range(100):
        easy = rng.beta(1.4, 0.6, 60)
        agree = rng.random((60, 8)) < easy[:, None]
        first = rng.integers(0, 2, (60, 8))
        second = np.where(agree, first, 1 - first)
        found = agreement.compare(first.ravel(), second.ravel(), np.repeat(np.arange(60), 8), rng).share
        assert found.lower is not None
        assert found.upper is not None
        held += found.lower <= 0.7 <= found.upper
    assert 0.89 <= held / 100 <= 0.985


def test_a_both_bad_is_compared_as_a_tie() -> None:
    assert agreement.classes(codes(0, 1, 2, 3, MISSING)).tolist() == [0, 1, 2, 2, MISSING]


def test_people_who_share_a_unit_are_paired() -> None:
    first, second, unit = agreement.within(np.array([[0, 1, MISSING], [2, MISSING, MISSING], [1, 1, 0]]))
    assert sorted(zip(unit, first, second, strict=True)) == [(0, 0, 1), (2, 1, 0), (2, 1, 0), (2, 1, 1)]
