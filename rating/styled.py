"""One group of contenders at equal style: their strengths, how sure they are, and how far style moves them."""

from dataclasses import replace

import numpy as np

from rating import estimates, jackknife, style
from rating.arrays import Flags, Vector
from rating.cells import Cluster
from rating.covariance import FEW_CLUSTERS, FEWEST_CLUSTERS, Covariance
from rating.covariates import Covariates
from rating.estimates import Estimate
from rating.groups import VANISHING
from rating.intervals import Intervals
from rating.likelihood import Ties
from rating.style import StyleFit
from rating.tally import Tally


def estimate(tally: Tally, covariates: Covariates, *, prior: float, cluster: Cluster) -> Estimate:
    """The strengths at equal style, ties being half wins, with K - 1 degrees of freedom (K: Kish's number of clusters).

    Below 200 clusters the covariance is the one-step jackknife ("CR3 one-step"), from there on the sandwich ("CR1";
    "HC0" by vote). By voter it is so also where prompts repeat. With K below 2 the curvature stands in, with no freedom
    at all. A group without votes has no style: its estimate is the plain one.
    """
    if not len(tally):
        return estimates.plain(tally, ties=Ties.HALF, prior=prior, cluster=cluster)
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


def errors(found: StyleFit) -> Vector:
    """Standard errors of the coefficients (K), infinite where voters can't be seen to differ."""
    own = slice(len(found.theta), len(found.theta) + len(found.names))
    varied = found.covariance.diagonal()[own] > VANISHING * found.curvature.diagonal()[own]
    return np.where(varied & (found.degrees_of_freedom > 0), found.coefficient_errors, np.inf)


def shifts(found: Estimate, *, unknown: Flags, level: float) -> Intervals:
    """The interval of what equal style adds to each strength (M, log-odds), without ends where it is `unknown`."""
    if found.style is None:
        return Intervals(np.full(len(unknown), -np.inf), np.full(len(unknown), np.inf))
    ends = style.shifts(found.style, level=level)
    return Intervals(np.where(unknown, -np.inf, ends.lower), np.where(unknown, np.inf, ends.upper))
