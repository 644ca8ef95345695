import pytest

from judge import Budget, BudgetSpent, Estimate, Prices, Question, Reply, budget

PRICES = Prices(prompt=1.0, answer=10.0)


def test_a_call_that_may_go_beyond_the_limit_is_not_made() -> None:
    left = Budget(tokens=1000, spent_tokens=900)
    left.allow(Estimate(100, 0.0))
    with pytest.raises(BudgetSpent, match="900 of 1,000 tokens"):
        left.allow(Estimate(101, 0.0))
    with pytest.raises(BudgetSpent, match=r"0\.9000 of 1\.0000"):
        Budget(cost=1.0, spent_cost=0.9).allow(Estimate(1, 0.2))


def test_what_a_reply_tells_is_what_was_spent() -> None:
    reply = Reply(text="x", prompt_tokens=100, answer_tokens=20, cost=0.0003)
    after = Budget(tokens=1000).after(reply, Estimate(500, 1.0))
    assert (after.spent_tokens, after.spent_cost) == (120, 0.0003)


def test_what_nobody_told_counts_as_the_most_it_can_have_been() -> None:
    after = Budget(tokens=1000).after(Reply(failure="timeout"), Estimate(500, 1.0))
    assert (after.spent_tokens, after.spent_cost) == (500, 1.0)


def test_an_estimate_is_not_below_what_any_tokenizer_makes_of_it() -> None:
    question = Question(system="x" * 100, user="的" * 100, schema={})
    assert budget.estimate(question, PRICES, most_answer_tokens=300).tokens == 201 + 300


def test_a_cost_is_the_prices_times_the_tokens() -> None:
    assert budget.cost(Reply(prompt_tokens=1_000_000, answer_tokens=100_000), PRICES) == 2.0
    assert budget.cost(Reply(prompt_tokens=5), PRICES) is None
