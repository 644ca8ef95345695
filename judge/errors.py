"""What judging refuses, in sentences."""


class JudgeError(ValueError):
    """Judging can't be done so."""


class UnknownRubric(JudgeError):
    """There is no rubric of this name."""


class PanelRefused(JudgeError):
    """These judges make no panel."""


class BudgetSpent(JudgeError):
    """The budget doesn't allow another call."""
