"""Estimates: the strengths of one group of contenders and how sure they are, as voters saw them or at equal style."""

from dataclasses import dataclass, replace

from rating import bradley_terry, certificate, covariance, jackknife, style
from rating.arrays import Matrix, Vector
from rating.bradley_terry import Fit
from rating.cells import Cluster
from rating.certificate import Certificate
from rating.covariance import FEW_CLUSTERS, FEWEST_CLUSTERS, Covariance
from rating.covariates import Covariates
from rating.likelihood import Ties
from rating.style import StyleFit
from rating.tally import Tally


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
    style: StyleFit | None = None


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


def styled(tally: Tally, covariates: Covariates, *, prior: float, cluster: Cluster) -> Estimate:
    """The strengths at equal style, ties being half wins, with K - 1 degrees of freedom (K: Kish's number of clusters).

    Below 200 clusters the covariance is the one-step jackknife ("CR3 one-step"), from there on the sandwich ("CR1";
    "HC0" by vote). By voter it is so also where prompts repeat. With K below 2 the curvature stands in, with no freedom
    at all. A group without votes has no style: its estimate is the plain one.
    """
    if not len(tally):
        return plain(tally, ties=Ties.HALF, prior=prior, cluster=cluster)
    effective, clusters = tally.effective(cluster), tally.clusters(cluster)
    alike = effective < FEWEST_CLUSTERS
    found = style.fit(tally, covariates, prior=prior, cluster="none" if alike else cluster)
    certified = jackknife.certify(tally, covariates, found)
    if alike:
        found = replace(found, covariance=found.curvature, degrees_of_freedom=0.0, method="none")
    elif cluster != "none" and clusters < FEW_CLUSTERS:
        found = jackknife.of(tally, covariates, found, cluster)
    size = len(found.theta)
    chosen = Covariance(found.covariance[:size, :size], found.method, found.degrees_of_freedom, cluster, clusters)
    return Estimate(found.theta, chosen, found.curvature[:size, :size], certified, found.unadjusted, found)
