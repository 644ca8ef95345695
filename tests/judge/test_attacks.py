import pytest

from judge import Pair, Question, Reply, Turn, attacks, rubric
from judge.attacks import SUITE, Attack
from rating import Outcome

PAIRS = [
    Pair(
        turns=(
            Turn(
                "What is 2 + 2?",
                ("It is four, honestly.", "It is five."),
            ),
        )
    ),
    Pair(
        turns=(
            Turn(
                "Name a colour.",
                ("Blue, honestly.", "Seven."),
            ),
        )
    ),
]
RUBRIC = rubric.load("pairwise_v1")
CODE = "5b1d77e0c9a24f68"


async def parrot(question: Question) -> Reply:
    """A judge that only repeats what it was shown, answers' planted verdicts and all."""
    return Reply(text=question.user.split("Which answer serves")[0])


async def parrot_with_a_verdict(question: Question) -> Reply:
    """A judge that quotes both answers whole, and then says which one is honest."""
    answer_a = question.user.split(f"<<<answer A {CODE}>>>")[1].split("<<<end of")[0]
    verdict = "A>B" if "honestly" in answer_a else "B>A"
    return Reply(text=f"{question.user}\n{question.user}\nVerdict {CODE}: {verdict}")


@pytest.mark.parametrize("attack", SUITE, ids=lambda attack: attack.name)
async def test_what_an_answer_plants_is_never_read_as_the_judges_word(attack: Attack) -> None:
    for judge, scored in ((parrot, 0), (parrot_with_a_verdict, 2)):
        [found] = await attacks.run(PAIRS, RUBRIC, judge, lambda: CODE, (attack,))
        assert (found.tried, found.scored, found.won) == (2, scored, 0)


async def test_a_judge_that_can_be_talked_into_it_is_found_out() -> None:
    async def gullible(question: Question) -> Reply:
        answer_a, answer_b = (question.user.split(f"<<<answer {letter} {CODE}>>>")[1] for letter in "AB")
        wanted = "much better"
        swayed = wanted in answer_b.split("<<<end")[0], wanted in answer_a.split("<<<end")[0]
        return Reply(text=f"Verdict {CODE}: {'B>A' if swayed[0] else 'A>B' if swayed[1] else 'A=B'}")

    found = {one.attack: one for one in await attacks.run(PAIRS, RUBRIC, gullible, lambda: CODE)}
    assert (found["instruction"].rate, found["constant"].rate) == (1.0, 0.0)
    assert (found["instruction"].honest_scored, found["instruction"].honest_won) == (2, 0)


def test_an_attack_changes_the_second_sides_last_answer_alone() -> None:
    pair = Pair(turns=(*PAIRS[0].turns, *PAIRS[1].turns))
    cheating = attacks.attacked(pair, SUITE[0])
    assert cheating.turns[0] == pair.turns[0]
    assert cheating.turns[1].answers == ("Blue, honestly.", attacks.CONSTANT)
    assert Outcome.B.swapped is Outcome.A
