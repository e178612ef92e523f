"""Return periods in a climate that changes: a generalised extreme value law that moves with warming.

mu = mu0 + mu1 g and log sigma = s0 + s1 g, where g is the warming of the year, K (Coles 2001, chapter 6,
doi:10.1007/978-1-4471-3675-0). The shape xi does not move and has a normal prior, as maximum likelihood alone gives
absurd shapes for short records (Martins & Stedinger 2000, doi:10.1029/1999WR900330, with another form of prior).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.stats import chi2

Floats = npt.NDArray[np.float64]
LEAST_MAXIMA = 20
LONGEST = 10_000.0  # years; a century of maxima tells of no longer ones
_LEAST_SHAPE = 1e-5  # nearer to zero the law is taken there, where it is Gumbel's


@dataclass(frozen=True)
class ShapePrior:
    """Normal prior of the shape; positive shapes have heavy tails, negative ones a bound above.

    Attributes:
        mean: of the shape.
        deviation: its standard deviation.
    """

    mean: float
    deviation: float


# Of annual maxima of daily rain over the world the shape varies in a narrow range once the length of the records is
# allowed for (Papalexiou & Koutsoyiannis 2013, doi:10.1029/2012WR012557).
RAIN = ShapePrior(0.1, 0.05)
# Highest temperatures are bounded above nearly everywhere; wide on purpose.
TEMPERATURE = ShapePrior(-0.2, 0.15)


@dataclass(frozen=True)
class MovingLaw:
    """A fitted law of annual maxima.

    Attributes:
        parameters: mu0, mu1, s0, s1, xi; in the unit of the maxima and K.
    """

    parameters: Floats

    def level(self, years: float, warming: float) -> float:
        """What is reached once in so many years at a warming, in the unit of the maxima."""
        return float(_quantile(self.parameters, np.array(1 - 1 / years), np.array(warming)))

    def return_period(self, level: float, warming: float) -> float:
        """Years between two maxima of a level or more at a warming, at most 10,000."""
        mu, sigma, xi = _law(self.parameters, np.array(warming))
        t = max(float(1 + xi * (level - mu) / sigma), 0.0)
        if t == 0:
            return LONGEST if xi < 0 else 1.0
        tail = -np.expm1(-(t ** (-1 / xi)))
        return min(1 / tail, LONGEST) if tail > 0 else LONGEST


def fit_moving_law(maxima: npt.ArrayLike, warming: npt.ArrayLike, prior: ShapePrior) -> MovingLaw:
    """Fits the law to annual maxima by their posterior mode.

    Args:
        maxima: shape (n,), at least 20 that are known and not all equal; NaN is left out.
        warming: of their years, K, shape (n,).
        prior: of the shape.

    Raises:
        ValueError: if fewer are known, or all are equal.
    """
    return MovingLaw(_fit(*_known(maxima, warming), prior)[0])


def trend_p_value(maxima: npt.ArrayLike, warming: npt.ArrayLike, prior: ShapePrior) -> float:
    """Likelihood-ratio test of the law that moves against the one that does not, with two degrees of freedom.

    Both are judged at their posterior modes with the same prior of the shape. Arguments and errors as for
    `fit_moving_law`.
    """
    values, g = _known(maxima, warming)
    gain = _fit(values, np.zeros_like(g), prior)[1] - _fit(values, g, prior)[1]
    return float(chi2.sf(2 * max(gain, 0.0), df=2))


def resampled_laws(
    law: MovingLaw, warming: npt.ArrayLike, prior: ShapePrior, *, times: int, seed: int
) -> list[MovingLaw]:
    """Parametric bootstrap: maxima are drawn from the law and fitted again.

    The middle of the prior is drawn anew each time, so that the shape varies as much as the prior leaves it unknown.

    Args:
        law: that was fitted.
        warming: of the years, K, shape (n,).
        prior: that it was fitted with.
        times: how many.
        seed: of the draws.
    """
    random, g = np.random.default_rng(seed), np.asarray(warming, dtype=float)
    laws = []
    for _ in range(times):
        maxima = _quantile(law.parameters, random.uniform(size=len(g)), g)
        shifted = ShapePrior(random.normal(prior.mean, prior.deviation), prior.deviation)
        laws.append(MovingLaw(_fit(maxima, g, shifted)[0]))
    return laws


def _known(maxima: npt.ArrayLike, warming: npt.ArrayLike) -> tuple[Floats, Floats]:
    values, g = np.asarray(maxima, dtype=float), np.asarray(warming, dtype=float)
    known = np.isfinite(values) & np.isfinite(g)
    if known.sum() < LEAST_MAXIMA or np.ptp(values[known]) == 0:
        raise ValueError(f"{known.sum()} annual maxima are known, or all are equal: too few for a law of extremes")
    return values[known], g[known]


def _fit(values: Floats, g: Floats, prior: ShapePrior) -> tuple[Floats, float]:
    """Parameters, and the negative log posterior of values in standard units; g of zeros gives a law that stays."""
    centre, spread, middle, reach = values.mean(), values.std(), g.mean(), g.std() or 1.0
    standard, driver = (values - centre) / spread, (g - middle) / reach
    # Gumbel's law of mean 0 and deviation 1, moved along the straight trend, rules no maximum out.
    scale = np.sqrt(6) / np.pi
    shape = np.copysign(0.01, prior.mean)
    begin = np.array([-np.euler_gamma * scale, np.mean(standard * driver), np.log(scale), 0.0, shape])
    # A trust region steps back from laws that rule a maximum out.
    found = minimize(_loss, begin, (standard, driver, prior), "trust-ncg", jac=_slope, hess=_bend)
    mu0, mu1, s0, s1, xi = found.x
    mu1, s1 = spread * mu1 / reach, s1 / reach
    parameters = np.array([centre + spread * mu0 - mu1 * middle, mu1, np.log(spread) + s0 - s1 * middle, s1, xi])
    return parameters, float(found.fun)


def _loss(parameters: Floats, values: Floats, g: Floats, prior: ShapePrior) -> float:
    """Negative log posterior; infinite where a maximum lies beyond the bound of the law."""
    mu, sigma, xi = _law(parameters, g)
    t = 1 + xi * (values - mu) / sigma
    if t.min() <= 0:
        return np.inf
    log_t = np.log(t)
    unlikely = np.log(sigma) + (1 + 1 / xi) * log_t + np.exp(np.minimum(-log_t / xi, 700.0))
    return float(unlikely.sum() + ((parameters[4] - prior.mean) / prior.deviation) ** 2 / 2)


def _slope(parameters: Floats, values: Floats, g: Floats, prior: ShapePrior) -> Floats:
    mu, sigma, xi = _law(parameters, g)
    z = (values - mu) / sigma
    t = np.maximum(1 + xi * z, 1e-6)
    log_t = np.log(t)
    y = np.exp(np.minimum(-log_t / xi, 700.0))
    by_z = (1 + xi - y) / t
    by_mu, by_log_sigma = -by_z / sigma, 1 - by_z * z
    by_xi = (y - 1) * log_t / xi**2 + (1 + 1 / xi - y / xi) * z / t
    from_prior = (parameters[4] - prior.mean) / prior.deviation**2
    parts = by_mu.sum(), (by_mu * g).sum(), by_log_sigma.sum(), (by_log_sigma * g).sum(), by_xi.sum() + from_prior
    return np.array(parts)


def _bend(parameters: Floats, values: Floats, g: Floats, prior: ShapePrior) -> Floats:
    """Second derivatives, by central differences of the slope; one where the loss is infinite."""
    if not np.isfinite(_loss(parameters, values, g, prior)):
        return np.eye(5)
    steps = 1e-5 * np.eye(5)
    rows = [_slope(parameters + s, values, g, prior) - _slope(parameters - s, values, g, prior) for s in steps]
    bend = np.array(rows) / 2e-5
    return (bend + bend.T) / 2


def _law(parameters: Floats, g: Floats) -> tuple[Floats, Floats, float]:
    mu0, mu1, s0, s1, xi = parameters
    shape = float(np.copysign(max(abs(xi), _LEAST_SHAPE), xi))
    return mu0 + mu1 * g, np.exp(s0 + s1 * g), shape


def _quantile(parameters: Floats, probability: Floats, g: Floats) -> Floats:
    mu, sigma, xi = _law(parameters, g)
    return mu + sigma * np.expm1(-xi * np.log(-np.log(probability))) / xi
