"""Strengths from counts: Bradley-Terry and its kin with ties, by Newton's method."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from rating import graph, likelihood, newton
from rating.arrays import Matrix, Vector, expit
from rating.counts import Counts
from rating.errors import NoMaximum, RatingError
from rating.likelihood import RIDGE, Layout, Pairs, Ties
from rating.newton import ROUNDING, Point, Problem
from rating.tally import Tally

WIDEST_EXPONENTIAL = 600.0  # exp(300) is far from overflow, and so is the sum of two
# The prior's game between equals that keeps the tie level finite: each outcome a third of it.
BETWEEN_EQUALS = np.full((3, 1), 1 / 3)


@dataclass(frozen=True, eq=False)
class Fit:
    """Strengths that fit best: `theta` (M, log-odds) sums to zero; `phantom` is where the prior's phantom lies.

    `tie_level` is Davidson's log(ν) between contenders of no propensity, or Rao & Kupper's threshold η; without any
    tie it is -inf or 0, and None where the rule has none. `tie_propensity` (M) is zero where the rule has none, and
    `position` None unless it was asked for. `information` is the negative Hessian over all free parameters, in the
    order of `layout`: with a prior positive definite (the phantom is held fixed), without one singular along equal
    shifts of the strengths. `residual` is the worst score equation's distance from zero.
    """

    theta: Vector
    phantom: float
    ties: Ties
    tie_level: float | None
    tie_propensity: Vector
    position: float | None
    information: Matrix
    prior: float
    layout: Layout
    steps: int
    residual: float
    place: Vector = field(repr=False)

    @cached_property
    def chances(self) -> Matrix:
        """M x M: the fitted probability that i beats j outright (a half-win fit: its expected share of the point)."""
        if not self.layout.level:
            return _odds(self.theta)
        d = self.theta[:, None] - self.theta
        s = self.place[self.layout.contenders] + (self.tie_propensity[:, None] + self.tie_propensity) / 2
        return np.asarray(likelihood.chances(self.ties, d, s).low)


def fit(
    counts: Counts | Tally | Matrix,
    *,
    ties: str = Ties.DAVIDSON,
    prior: float = 1.0,
    position: bool = False,
    start: Fit | None = None,
    tol: float = 1e-10,
) -> Fit:
    """Fit strengths by maximum likelihood (Bradley & Terry 1952), ties by one of five rules.

    counts may also be a matrix: 4 x M x M, votes by outcome (a, b, tie, both_bad), side shown first and side shown
    second; or M x M, the wins of i over j, without ties. In log-odds, with d = θᵢ - θⱼ (+ γ where `position` and i is
    shown first):

    - "davidson": P(a) ∝ e^(d/2), P(b) ∝ e^(-d/2), P(tie) ∝ e^(κ + (kᵢ + kⱼ)/2), with a ridge of 0.5 kᵢ²/2
    - "davidson-common": the same with every kᵢ = 0 (Davidson 1970)
    - "rao-kupper": P(a) = σ(d - η), P(b) = σ(-d - η) (Rao & Kupper 1967)
    - "half": a tie is half a win to each; "drop": it is left out

    Without any tie all are plain Bradley-Terry. `prior` is how many games each contender drew with a phantom at the
    reference (half a win to each); as many had two equals, a third of each outcome, which keeps the tie level finite,
    and the two positions, drawn. With prior 0 a maximum exists only if wins, and ties both ways, lead from everyone
    to everyone (Ford 1957) and bound the tie level; else NoMaximum. The score equations hold to 1e-8 (or to rounding,
    above a million votes); else DidNotConverge. Counts or a prior that are no amounts are RatingError. `start` is a fit
    nearby.
    """
    rule, whole = Ties.named(ties), _checked(_table(counts), prior)
    if prior == 0:
        refuse_unbounded(whole, rule)
    if prior == 0 and position and not graph.position_bounded(whole, rule):
        raise NoMaximum("No finite position effect fits best: the votes follow who was shown first.")
    size, tied = whole.shape[1], bool(whole[2:].any())
    level = rule.modelled and tied
    layout = Layout(size, level, level and rule is Ties.DAVIDSON, position)
    if layout == Layout(size):
        wins = wins_of(whole, rule)
        return _settled(*_plain(wins, prior, start, tol), rule, layout, prior)
    pairs = Pairs.of(whole, rule, ordered=position)
    problem = _problem(pairs, rule, layout, prior)
    return _settled(*newton.maximised(problem, _begun(pairs, rule, layout, start), tol=tol), rule, layout, prior)


def of_wins(wins: Matrix, *, prior: float = 1.0, tol: float = 1e-10) -> Fit:
    """Fit strengths to wins (M x M) that may be below zero, as corrected ones are, as long as no pair's games are.

    The equations and the prior are those of `fit` with ties as halves.
    """
    games = wins + wins.T
    if not np.isfinite(wins).all() or (games < -ROUNDING * np.abs(wins).max(initial=1.0)).any() or prior <= 0:
        raise RatingError("wins must be finite and no pair's games below zero, and the prior above it.")
    return _settled(*_plain(wins, prior, None, tol), Ties.HALF, Layout(len(wins)), prior)


def wins_of(table: Matrix, ties: Ties) -> Matrix:
    """M x M: wins of i over j; a tie counts half to each, and nothing where ties are dropped."""
    won = table[0] + table[1].T
    if ties is Ties.DROP:
        return np.asarray(won)
    tied = (table[2] + table[3]) / 2
    return np.asarray(won + tied + tied.T)


def _table(counts: Counts | Tally | Matrix) -> Matrix:
    if isinstance(counts, Tally):
        return counts.counts.table
    return counts.table if isinstance(counts, Counts) else counts


def _checked(table: Matrix, prior: float) -> Matrix:
    if table.ndim == 2:
        table = np.concatenate([table[None], np.zeros((3, *table.shape))])
    if table.ndim != 3 or len(table) != 4 or table.shape[1] != table.shape[2]:
        raise RatingError(f"wins must be M x M, or votes by outcome 4 x M x M, and not {table.shape}.")
    if not np.isfinite(table).all() or (table < 0).any() or np.diagonal(table, axis1=1, axis2=2).any():
        raise RatingError("wins must hold finite counts, none below zero, and zeros on its diagonal.")
    if not (np.isfinite(prior) and prior >= 0):
        raise RatingError(f"prior is a number of drawn games, zero or more, and not {prior}.")
    return table


def refuse_unbounded(table: Matrix, ties: Ties) -> None:
    """NoMaximum unless finite strengths fit the table (4 x M x M) best without a prior."""
    edges = graph.edges(table, ties)
    outside = np.count_nonzero(graph.strong(edges)) if len(edges) else 0
    if outside:
        raise NoMaximum(
            f"No finite strengths fit best: {outside} of {len(edges)} contenders are joined to the rest by wins one "
            "way only, or not at all. Rate them with a prior above 0, or leave them out."
        )


def _odds(theta: Vector) -> Matrix:
    # M exponentials instead of M x M; both forms give [j, i] the same denominator as [i, j].
    if not len(theta) or np.ptp(theta) > WIDEST_EXPONENTIAL:
        return np.asarray(expit(theta[:, None] - theta))
    odds = np.exp(theta - (theta.max() + theta.min()) / 2)
    return np.asarray(odds[:, None] / (odds[:, None] + odds))


def _plain(wins: Matrix, prior: float, start: Fit | None, tol: float) -> tuple[Point, int]:
    """Without ties and position: the same equations on M x M matrices, several times faster than on pairs."""
    games, won = wins + wins.T, wins.sum(axis=1)

    def at(place: Vector) -> Point:
        chances = _odds(place)
        lost = games * chances
        information = -lost * chances.T
        drawn = expit(place)
        own = prior * drawn * (1 - drawn) - information.sum(axis=1)
        np.fill_diagonal(information, own)
        return Point(place, won - lost.sum(axis=1) + prior * (0.5 - drawn), information)

    def reach(place: Vector, step: Vector) -> float:
        widest = float(np.ptp(step)) if len(step) else 0.0
        if widest <= 1:
            return max(widest, float(np.abs(step).max(initial=0.0)) if prior else 0.0)
        met = float(np.abs(step[:, None] - step)[games > 0].max(initial=0.0))
        return max(met, float(np.abs(step).max(initial=0.0)) if prior else 0.0)

    begin = np.zeros(len(wins)) if start is None else start.theta - start.phantom
    return newton.maximised(Problem(at, reach, games.sum(axis=1) + prior, prior == 0), begin, tol=tol)


def slopes_at(table: Matrix, place: Vector, *, ties: Ties, layout: Layout, prior: float) -> Point:
    """The slopes of the log-likelihood, with its prior, at a place in the parameters of `layout`."""
    return _slopes(Pairs.of(table, ties, ordered=layout.position), place, ties, layout, prior)


def _slopes(pairs: Pairs, place: Vector, ties: Ties, layout: Layout, prior: float) -> Point:
    d, s = pairs.arguments(place, layout)
    found = likelihood.slopes(ties, d, s, pairs.counts)
    along_d, along_s = (np.sum(pairs.counts * part, axis=0) for part in (found.along_d, found.along_s))
    gradient = pairs.gradient(along_d, along_s, layout)
    information = pairs.crossed(found.dd, found.ds, found.ss, layout)
    _add_prior(place, gradient, information, ties=ties, layout=layout, prior=prior)
    return Point(place, gradient, information)


def _problem(pairs: Pairs, ties: Ties, layout: Layout, prior: float) -> Problem:
    size = layout.contenders
    level, own = size * layout.level, layout.propensities

    def at(place: Vector) -> Point | None:
        if layout.level and ties is Ties.RAO_KUPPER and place[level] <= 0:
            return None
        return _slopes(pairs, place, ties, layout, prior)

    def reach(place: Vector, step: Vector) -> float:
        d, s = pairs.arguments(step, layout)
        away = np.abs(d)
        widest = float(away.max(initial=0.0))
        if prior:
            widest = max(widest, float(np.abs(step[:size]).max(initial=0.0)))
        if s is None:
            return widest
        if ties is Ties.RAO_KUPPER:
            # The term of η alone bends by 2 coth η; a step may at most halve η.
            moved = abs(float(step[level]))
            return max(widest + moved, 4 * moved * (1 + 1 / float(place[level])))
        return max(widest, float((np.abs(s) + away / 2).max(initial=0.0)), float(np.abs(step[own]).max(initial=0.0)))

    games = pairs.games
    scale = np.abs(pairs.gradient(games, games, layout)) + prior
    scale[:size] = np.bincount(pairs.low, games, size) + np.bincount(pairs.high, games, size) + prior
    return Problem(at, reach, scale, prior == 0)


def _add_prior(
    place: Vector, gradient: Vector, information: Matrix, *, ties: Ties, layout: Layout, prior: float
) -> None:
    """Add, in place, the slopes of the phantom's games, of the game between equals, and of the ridge."""
    size, own = layout.contenders, layout.propensities
    drawn, places = expit(place[:size]), np.arange(size)
    gradient[:size] += prior * (0.5 - drawn)
    information[places, places] += prior * drawn * (1 - drawn)
    if layout.position:
        sides = float(expit(place[-1]))
        gradient[-1] += prior * (0.5 - sides)
        information[-1, -1] += prior * sides * (1 - sides)
    if layout.level:
        equals = likelihood.slopes(ties, np.zeros(1), place[size : size + 1], prior * BETWEEN_EQUALS)
        gradient[size] += prior * float(np.mean(equals.along_s))
        information[size, size] += float(equals.ss[0])
    gradient[own] -= RIDGE * place[own]
    spots = np.arange(layout.size)[own]
    information[spots, spots] += RIDGE


def _begun(pairs: Pairs, ties: Ties, layout: Layout, start: Fit | None) -> Vector:
    """Where the search begins: at a fit nearby, or at equal strengths and the tie level of the share of ties."""
    place, size = np.zeros(layout.size), layout.contenders
    if start is not None:
        place[:size] = start.theta - start.phantom
    if layout.level and start is not None and start.layout.level and start.ties is ties:
        place[size] = start.place[size]
        place[layout.propensities] = start.tie_propensity[: size * layout.propensity]
    elif layout.level:
        share = (float(pairs.counts[2].sum()) + 1 / 3) / (float(pairs.games.sum()) + 1)
        place[size] = 2 * np.arctanh(share) if ties is Ties.RAO_KUPPER else np.log(2 * share / (1 - share))
    return place


def _settled(point: Point, steps: int, ties: Ties, layout: Layout, prior: float) -> Fit:
    size = layout.contenders
    strengths = point.place[:size]
    mean = float(strengths.mean()) if size else 0.0
    absent = 0.0 if ties is Ties.RAO_KUPPER else -np.inf
    level = float(point.place[size]) if layout.level else absent
    return Fit(
        theta=strengths - mean,
        phantom=-mean,
        ties=ties,
        tie_level=level if ties.modelled else None,
        tie_propensity=point.place[layout.propensities] if layout.propensity else np.zeros(size),
        position=float(point.place[-1]) if layout.position else None,
        information=point.information,
        prior=prior,
        layout=layout,
        steps=steps,
        residual=newton.residual(point),
        place=point.place,
    )
