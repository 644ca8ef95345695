"""Judging without I/O: questions in, verdicts out. It knows no database, no HTTP and no contender's name."""

from judge.attacks import Attack, Attacked
from judge.budget import Budget, Estimate, Prices
from judge.errors import BudgetSpent, JudgeError, PanelRefused, UnknownRubric
from judge.pair import Ask, Pair, Turn, judge_pair
from judge.panel import Joined, Member
from judge.references import Kind, Match, match
from judge.rubric import Question, Rubric
from judge.verdicts import Level, Reading, Reply, Unscored, Verdict

__all__ = [
    "Ask",
    "Attack",
    "Attacked",
    "Budget",
    "BudgetSpent",
    "Estimate",
    "Joined",
    "JudgeError",
    "Kind",
    "Level",
    "Match",
    "Member",
    "Pair",
    "PanelRefused",
    "Prices",
    "Question",
    "Reading",
    "Reply",
    "Rubric",
    "Turn",
    "UnknownRubric",
    "Unscored",
    "Verdict",
    "judge_pair",
    "match",
]
