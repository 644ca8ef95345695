import pytest

from judge import Ask, Question, Reply, Unscored, pointwise


def saying(text: str) -> Ask:
    async def ask(question: Question) -> Reply:
        assert "<<<answer c0de>>>\nFour.\n<<<end of answer c0de>>>" in question.user
        return Reply(text=text)

    return ask


@pytest.mark.parametrize(("said", "value"), [("1", 1), ("7", 7), ("10", 10)])
async def test_a_score_is_read_from_the_last_line(said: str, value: int) -> None:
    score = await pointwise.score("2 + 2?", "Four.", saying(f"Right.\nScore c0de: {said}"), lambda: "c0de")
    assert (score.value, score.unscored) == (value, None)


@pytest.mark.parametrize("said", ["0", "11", "7/10", "seven", "7.5"])
async def test_a_score_off_the_scale_is_unscored(said: str) -> None:
    score = await pointwise.score("2 + 2?", "Four.", saying(f"Score c0de: {said}"), lambda: "c0de")
    assert (score.value, score.unscored) == (None, Unscored.UNKNOWN_LABEL)


def test_a_reference_is_shown_where_there_is_one() -> None:
    shown = pointwise.question("2 + 2?", "Four.", "c0de", reference="4").user
    assert "<<<reference c0de>>>\n4\n" in shown
    assert "<<<reference" not in pointwise.question("2 + 2?", "Four.", "c0de").user
