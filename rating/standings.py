"""Standings: the one call from a tally to a board's numbers."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from rating import bradley_terry, graph, groups, position
from rating.arrays import Codes, Matrix, Vector
from rating.cells import Cluster
from rating.errors import RatingError
from rating.graph import Standing
from rating.groups import Acceptable, Choices, Part
from rating.likelihood import RIDGE, Ties
from rating.position import Position
from rating.scale import PER_LOGIT, Scale
from rating.tally import Tally

if TYPE_CHECKING:
    from rating.covariates import Covariates

Method: TypeAlias = dict[str, str | float | int | None]


@dataclass(frozen=True, eq=False)
class Styled:
    """What standings at equal style rest on: the K features, and the shift of each contender.

    `coefficients` are in log-odds for one root mean square of the covariate, which `scales` gives, with their
    standard `errors` (K each), as they were for group 0. A feature in `silent` never differs: its coefficient is 0. Its
    error is infinite, and so are all where voters can't be seen to differ. `shift` is what equal style adds to a rating
    in points, and `lower` and `upper` are the ends of its interval (M each); without ends for a contender that is not
    settled, or whose voters can't be seen to differ.
    """

    features: tuple[str, ...]
    coefficients: Vector
    errors: Vector
    scales: Vector
    silent: tuple[str, ...]
    shift: Vector
    lower: Vector
    upper: Vector


@dataclass(frozen=True)
class Footing:
    """What the score equations of a group stand on beside its strengths.

    `phantom` (log-odds) is where the prior's phantom lies, and `tie_level` is that of the fit, None without ties.
    """

    phantom: float
    tie_level: float | None


@dataclass(frozen=True, eq=False)
class Standings:
    """A board's numbers, each array aligned with `contenders`.

    `theta` and `covariance` are in log-odds, `rating`, `lower` and `upper` on the displayed scale; an end that
    can't be estimated is infinite. Each group (0 is the largest) is fitted alone: its mean rating is 1000, its
    ranks are within it, and no covariance joins it to another. `acceptability` is the probability that an answer is
    acceptable by itself, with its interval, and None without a both_bad; `tie_propensity` is how much more a contender
    draws than others. `position` is what being shown first is worth, None without a vote; it alone depends on who was.
    `residual` is the worst score equation's distance from zero, `error_bound` how far any theta is from the best fit's.
    `method` names the choices made, as they were for group 0. `bootstrap_ratio` is None unless replicates were asked
    for and some interval is finite. `style` is None unless the ratings are at equal style; acceptability and position
    are then still those of the answers as they were. `footings` has one for each group, those of its fit by the counts.
    """

    contenders: tuple[str, ...]
    theta: Vector
    rating: Vector
    lower: Vector
    upper: Vector
    rank_lower: Codes
    rank_upper: Codes
    votes: Codes
    group: Codes
    standing: tuple[Standing, ...]
    covariance: Matrix
    tie_propensity: Vector
    acceptability: Vector | None
    acceptability_lower: Vector | None
    acceptability_upper: Vector | None
    position: Position | None
    voters: int
    effective_voters: float
    residual: float
    error_bound: float
    method: Method
    bootstrap_ratio: float | None
    style: Styled | None = None
    footings: tuple[Footing, ...] = ()

    def table(self) -> dict[str, Any]:
        """The columns a table shows, one row for each contender, as any data frame takes them."""
        columns = {
            "contender": list(self.contenders),
            "rating": self.rating,
            "lower": self.lower,
            "upper": self.upper,
            "rank_lower": self.rank_lower,
            "rank_upper": self.rank_upper,
            "votes": self.votes,
            "group": self.group,
            "standing": [standing.value for standing in self.standing],
            "theta": self.theta,
            "standard_error": np.sqrt(self.covariance.diagonal()),
            "tie_propensity": self.tie_propensity,
        }
        if self.style is not None:
            columns |= {"shift": self.style.shift, "shift_lower": self.style.lower, "shift_upper": self.style.upper}
        if self.acceptability is None:
            return columns
        return columns | {
            "acceptability": self.acceptability,
            "acceptability_lower": self.acceptability_lower,
            "acceptability_upper": self.acceptability_upper,
        }


def rate(
    tally: Tally,
    *,
    ties: str | None = None,
    prior: float = 1.0,
    cluster: Cluster = "voter",
    level: float = 0.95,
    seed: int = 0,
    replicates: int = 0,
    style: "Covariates | None" = None,
) -> Standings:
    """Rate every contender of the tally; the order of its votes and the positions in them move no bit of a rating.

    `ties` and `prior` are those of `fit`, None being "davidson"; `cluster` is that of `covariance.standard`: by voter
    (both ways where prompts repeat), by prompt (for judges), by both, or none. With prior 0, a group without a finite
    maximum is an error (NoMaximum).

    With `style` (`covariates.of`, a column for each vote) the ratings are those at equal style (`styled.estimate`):
    each group's own fit, clustered one way, and ties half a win to each, which is the one rule that it has. Replicates
    are refits without covariates, and refused.
    """
    if replicates < 0 or replicates == 1:
        raise RatingError(f"A spread takes two replicates or more, or none at all, and not {replicates}.")
    rule = Ties.DAVIDSON if ties is None else Ties.named(ties)
    if style is not None:
        rule = _styled_rule(ties, cluster, replicates)
        if len(style) != len(tally):
            raise RatingError(f"There are {len(tally)} votes, and covariates of {len(style)}.")
    choices = Choices(rule, prior, cluster, level, seed, replicates, bool(tally.counts.both_bad.any()), style)
    group = graph.groups(graph.met(tally.counts.table, rule))
    parts = [
        groups.rated(tally, np.nonzero(group == number)[0], choices) for number in range(group.max(initial=-1) + 1)
    ]
    return _joined(tally, group, parts, choices)


def _footing(part: Part) -> Footing:
    fit = part.estimate.fit
    return Footing(fit.phantom, fit.tie_level if fit.layout.level else None)


def _styled_rule(ties: str | None, cluster: Cluster, replicates: int) -> Ties:
    if ties not in (None, Ties.HALF):
        raise RatingError(f"At equal style a tie is half a win to each; “{ties}” has no fit with covariates.")
    if cluster == "both":
        raise RatingError("At equal style votes are clustered one way: by voter, by prompt or none.")
    if replicates:
        raise RatingError("Replicates are refits without covariates and can't check standings at equal style.")
    return Ties.HALF


def _joined(tally: Tally, group: Codes, parts: list[Part], choices: Choices) -> Standings:
    order = np.argsort(np.concatenate([part.members for part in parts])) if parts else group
    theta, scale = _gathered([part.estimate.theta for part in parts], order), Scale()
    acceptable = _acceptable(parts, order)
    flat = [standing for part in parts for standing in part.separation.standing]
    return Standings(
        contenders=tally.contenders,
        theta=theta,
        rating=scale.ratings(theta),
        lower=scale.ratings(_gathered([part.intervals.lower for part in parts], order)),
        upper=scale.ratings(_gathered([part.intervals.upper for part in parts], order)),
        rank_lower=_gathered([part.ranks.lower for part in parts], order).astype(np.int64),
        rank_upper=_gathered([part.ranks.upper for part in parts], order).astype(np.int64),
        votes=tally.counts.votes.astype(np.int64),
        group=group,
        standing=tuple(flat[place] for place in order),
        covariance=_blocks(parts, len(group)),
        tie_propensity=_gathered([part.estimate.fit.tie_propensity for part in parts], order),
        acceptability=None if acceptable is None else acceptable.probability,
        acceptability_lower=None if acceptable is None else acceptable.lower,
        acceptability_upper=None if acceptable is None else acceptable.upper,
        position=position.effect(tally, ties=choices.ties, level=choices.level) if len(tally) else None,
        voters=tally.clusters("voter"),
        effective_voters=tally.effective("voter"),
        residual=max((part.estimate.certificate.residual for part in parts), default=0.0),
        error_bound=max((part.estimate.certificate.bound for part in parts), default=0.0),
        method=_method(parts, choices),
        bootstrap_ratio=_mean_ratio(parts),
        style=None if choices.style is None else _styled(parts, order, choices.style),
        footings=tuple(_footing(part) for part in parts),
    )


def sensitivity(tally: Tally, *, prior: float = 1.0) -> dict[str, Vector]:
    """theta by each rule for ties, contenders joined by no game together being left at 0: how much rests on the rule.

    Half-win strengths are smaller by the share of ties, so compare orders and ratios, not points.
    """
    found = {}
    for rule in Ties:
        theta = np.zeros(len(tally.contenders))
        group = graph.groups(graph.met(tally.counts.table, rule))
        for number in range(group.max(initial=-1) + 1):
            members = np.nonzero(group == number)[0]
            part = tally.counts.among([tally.contenders[code] for code in members])
            theta[members] = bradley_terry.fit(part, ties=rule, prior=prior).theta
        found[rule.value] = theta
    return found


def _gathered(columns: list[Vector] | list[Codes], order: Codes) -> Vector:
    return np.concatenate(columns)[order].astype(np.float64) if columns else np.zeros(0)


def _acceptable(parts: list[Part], order: Codes) -> Acceptable | None:
    found = [part.acceptability for part in parts if part.acceptability is not None]
    if not found or len(found) < len(parts):
        return None
    return Acceptable(
        _gathered([part.probability for part in found], order),
        _gathered([part.lower for part in found], order),
        _gathered([part.upper for part in found], order),
    )


def _blocks(parts: list[Part], size: int) -> Matrix:
    whole = np.zeros((size, size))
    for part in parts:
        whole[np.ix_(part.members, part.members)] = part.estimate.covariance.matrix
    return whole


def _mean_ratio(parts: list[Part]) -> float | None:
    ratios = np.concatenate([part.ratios for part in parts]) if parts else np.zeros(0)
    known = ratios[~np.isnan(ratios)]
    return float(known.mean()) if len(known) else None


def _styled(parts: list[Part], order: Codes, covariates: "Covariates") -> Styled:
    from rating import styled

    main = parts[0].estimate.style if parts else None
    count = len(covariates.names)
    return Styled(
        features=covariates.names,
        coefficients=np.zeros(count) if main is None else main.coefficients,
        errors=np.full(count, np.inf) if main is None else styled.errors(main),
        scales=covariates.scales if main is None else main.scales,
        silent=covariates.names if main is None else main.silent,
        shift=PER_LOGIT * _gathered([part.estimate.theta - part.estimate.fit.theta for part in parts], order),
        lower=PER_LOGIT * _gathered([part.shifts.lower for part in parts if part.shifts], order),
        upper=PER_LOGIT * _gathered([part.shifts.upper for part in parts if part.shifts], order),
    )


def _method(parts: list[Part], choices: Choices) -> Method:
    main = parts[0].estimate if parts else None
    tied = main is not None and main.fit.layout.level
    converged = not choices.acceptability or all(part.acceptability for part in parts)
    grounded = "grounded rao-kupper" if choices.acceptability else "none"
    styled = {} if choices.style is None else {"style": ", ".join(choices.style.names) or "none"}
    return {
        "model": "bradley-terry",
        "ties": choices.ties.value,
        "tie_level": main.fit.tie_level if main and tied else None,
        "tie_ridge": RIDGE if main and main.fit.layout.propensity else None,
        "prior": choices.prior,
        "cluster": main.covariance.cluster if main else choices.cluster,
        "clusters": main.covariance.clusters if main else 0,
        "covariance": main.covariance.name if main else "none",
        "degrees_of_freedom": main.covariance.degrees_of_freedom if main else 0.0,
        "level": choices.level,
        "ranks": parts[0].rank_test if parts else "holm",
        "acceptability": grounded if converged else "did not converge",
        "seed": choices.seed,
        "replicates": choices.replicates,
        **styled,
    }
