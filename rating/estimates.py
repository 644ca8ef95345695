"""Estimates: the strengths of one group of contenders and how sure they are, as voters saw them or at equal style."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rating import bradley_terry, certificate, covariance
from rating.arrays import Matrix, Vector
from rating.bradley_terry import Fit
from rating.cells import Cluster
from rating.certificate import Certificate
from rating.covariance import Covariance
from rating.likelihood import Ties
from rating.tally import Tally

if TYPE_CHECKING:  # Most boards have no style, and need not load what fits it.
    from rating.style import StyleFit


@dataclass(frozen=True, eq=False)
class Estimate:
    """`theta` (M, log-odds), its `covariance` and its `curvature` (M x M).

    `fit` is the fit of the counts. At equal style `style` holds coefficients and shifts, `theta` is that of the fit
    with covariates, and `fit` the one without them.
    """

    theta: Vector
    covariance: Covariance
    curvature: Matrix
    certificate: Certificate
    fit: Fit
    style: "StyleFit | None" = None


def plain(tally: Tally, *, ties: Ties, prior: float, cluster: Cluster) -> Estimate:
    """The strengths by the counts alone, with the covariance of `covariance.standard`."""
    fit = bradley_terry.fit(tally, ties=ties, prior=prior)
    size = len(fit.theta)
    found = certificate.certify(
        tally.counts,
        fit.theta,
        phantom=fit.phantom,
        ties=fit.ties,
        tie_level=fit.tie_level if fit.layout.level else None,
        tie_propensity=fit.tie_propensity,
        prior=prior,
    )
    chosen = covariance.standard(tally, fit, cluster)
    return Estimate(fit.theta, chosen, covariance.curvature(fit)[:size, :size], found, fit)
