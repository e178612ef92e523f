"""Wind of a storm whose track is not sure: that of its profile, averaged over where it may pass instead.

What is told for a place holds if the storm keeps to its forecast track. It may pass nearer or farther by the error of
the track, and its wind is then that of its profile at that distance: constant within the radius of the highest wind,
falling as a power of the distance outside (Holland 1980, doi:10.1175/1520-0493(1980)108<1212:AAMOTW>2.0.CO;2). Errors
of strength and gusts scatter its logarithm. A cut is reached by the storm or by the other wind of the day. Chances of
wind from the errors of track and strength: DeMaria et al. 2009, doi:10.1175/2009WAF2222286.1.

A record holds few storms, and the sites that one storm hits tell of one storm. So the record only corrects what is
expected of official forecasts, and a storm stronger than any that it holds is answered by the same physics.
"""

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.optimize import minimize
from scipy.special import ndtr
from scipy.stats import norm

from models.columns import gaps_flagged, places
from models.exceedance import Exceedance, Floats, log_odds

Integers = npt.NDArray[np.int64]
_SMALLEST, _LEAST_WIND = 1e-12, 0.1
_SAME = 0.01
_EYE_KM = 35.0
_LEADS = np.arange(1, 6)
# Mean errors of the track, km (Hong Kong Observatory, tropical cyclones in 2015); the mean of two normal errors of
# deviation 1 along and across is 1.2533.
_TRACK_KM = np.array([69, 121, 175, 242, 394]) / 1.2533
# Errors of strength, m/s, that grow to a third of a strong storm; like all that is expected, the record corrects them.
_STRENGTH = np.array([5, 7, 8, 9, 10])
# Offset of the wind, logarithms of its decay with distance, of the factor on the errors of the track, of the scatter of
# gusts, of the factor on the errors of strength; then of the other wind: level, slope on the run's, most that it adds
# where the run's is the storm's, logarithm of the scatter; then one weight for each column of place.
_EXPECTED = np.array([0.0, np.log(0.5), 0.0, np.log(0.15), 0.0, 1.0, 0.5, 1.0, np.log(0.3)])
_SPREAD = np.array([0.1, 0.2, 0.3, 0.3, 0.3, 1.0, 0.5, 1.0, 1.0])
_PLACE_SPREAD = 0.15


def _track_errors() -> tuple[Floats, Floats, Floats]:
    """Errors across and along the track in deviations, and their chances; along, both signs are one."""
    across, of_across = np.polynomial.hermite_e.hermegauss(9)
    along, of_along = (half[2:] for half in np.polynomial.hermite_e.hermegauss(4))
    chance = np.outer(of_across, of_along).ravel()
    return np.repeat(across, len(along)), np.tile(along, len(across)), chance / chance.sum()


_ACROSS, _ALONG, _CHANCE = _track_errors()


class Passage(Exceedance):
    """Chances of wind from a storm's forecast wind here, distance and strength, a day to a period.

    Attributes:
        run: column of the logarithm of one plus the wind that the weather model tells.
        wind: column of the same of the storm's wind here.
        distance: column of the same of its least distance, km.
        strength: column of the same of its highest wind, m/s.
        place: prefixes of columns of the place, with which the wind here changes by a factor.
        parameters_: see `_EXPECTED`.
    """

    def __init__(
        self,
        cuts: tuple[float, ...] = (),
        *,
        run: str,
        wind: str,
        distance: str,
        strength: str,
        place: tuple[str, ...] = (),
        min_events: int = 0,
    ) -> None:
        self.cuts = cuts
        self.run = run
        self.wind = wind
        self.distance = distance
        self.strength = strength
        self.place = place
        self.min_events = min_events

    def _fit(self, X: pd.DataFrame, outcome: Floats) -> None:
        cuts = np.log(self.learned_cuts_)
        self.imputer_ = gaps_flagged().set_params(add_indicator=False).fit(self._values(X))
        told, reached = self._told(X), np.searchsorted(np.exp(cuts), outcome, side="right")
        storms = X.index.to_frame()[["issue_time", "period"]].drop_duplicates()
        sites_of_a_storm = len(X) / len(storms)
        self.parameters_ = _likeliest(told, cuts, reached, sites_of_a_storm)

    def _predict(self, X: pd.DataFrame) -> Floats:
        told = self._told(X)
        return np.column_stack([_chances(self.parameters_, told, cut)[0] for cut in np.log(self.learned_cuts_)])

    def _contributions(self, X: pd.DataFrame) -> Floats:
        """Each column changes from its usual to its told value, in order and in the reverse order, and the mean counts.

        The mean of all orders is the Shapley value; that of an order and its reverse is exact for pairs.
        """
        columns = [self.run, self.wind, self.distance, self.strength, *X.columns[places(X, self.place)]]
        usual = X.assign(**dict(zip(columns, self.imputer_.statistics_, strict=True)))
        contributions = np.zeros((len(X), len(self.learned_cuts_), X.shape[1]))
        for order in (columns, columns[::-1]):
            mixed = usual.copy()
            before = log_odds(self._predict(mixed))
            for name in order:
                mixed[name] = X[name]
                after = log_odds(self._predict(mixed))
                contributions[:, :, list(X).index(name)] += (after - before) / 2
                before = after
        return contributions

    def _values(self, X: pd.DataFrame) -> Floats:
        named = X[[self.run, self.wind, self.distance, self.strength]]
        return np.hstack([named.to_numpy(float), X.to_numpy(float)[:, places(X, self.place)]])

    def _told(self, X: pd.DataFrame) -> Floats:
        """Logarithms of the run's wind and of the storm's, distance, strength, lead, and the columns of place."""
        values = self.imputer_.transform(self._values(X))
        run, wind, distance, strength = np.expm1(values[:, :4]).T
        winds = np.log(np.maximum([run, wind, strength], _LEAST_WIND))
        lead = X.index.get_level_values("period").to_numpy(float)
        return np.column_stack([winds[0], winds[1], distance, winds[2], lead, values[:, 4:]])


def _chances(parameters: Floats, told: Floats, cut: Floats) -> tuple[Floats, Floats]:
    """Chance that a cut is reached, shape (row,), and its gradient, shape (row, parameter).

    Args:
        parameters: see `_EXPECTED`.
        told: see `Passage._told`.
        cut: its logarithm, one for all rows or one for each.
    """
    run, wind, distance, strength, lead = told[:, :5].T
    place = told[:, 5:]
    offset, level, slope, most_hidden = parameters[[0, 5, 6, 7]]
    decay, on_track, gusts, on_strength, scatter = np.exp(parameters[[1, 2, 3, 4, 8]])
    error = (on_track * np.interp(lead, _LEADS, _TRACK_KM))[:, None]
    across, along = distance[:, None] + error * _ACROSS, error * _ALONG
    squared = across**2 + along**2
    here, there = (np.log1p(part / _EYE_KM**2) / 2 for part in (distance**2, squared))
    # what is told for here, and what the profile makes of the strength, are two readings of one wind
    fall = here[:, None] / 2 - there
    of_strength = (on_strength * np.interp(lead, _LEADS, _STRENGTH) / np.exp(strength)) ** 2
    deviation = np.sqrt(gusts**2 + of_strength)
    known = offset + (wind + strength) / 2 + place @ parameters[9:] - cut
    score = (known[:, None] + decay * fall) / deviation[:, None]
    by_storm, density = ndtr(score) @ _CHANCE, norm.pdf(score) * _CHANCE
    rise, widening = density.sum(axis=1) / deviation, (density * score).sum(axis=1) / deviation**2
    farther = error * (across * _ACROSS + along * _ALONG) / (squared + _EYE_KM**2)
    of_storm = [
        rise,
        decay * (density * fall).sum(axis=1) / deviation,
        -decay * (density * farther).sum(axis=1) / deviation,
        -widening * gusts**2,
        -widening * of_strength,
    ]
    hidden = (run <= wind + _SAME) & (slope * run > most_hidden)
    other = np.where(hidden, most_hidden, slope * run)
    other_score = (level + other - cut) / scatter
    by_other, other_rise = ndtr(other_score), norm.pdf(other_score) / scatter
    of_other = [other_rise, other_rise * run * ~hidden, other_rise * hidden, -other_rise * other_score * scatter]
    of_place = [rise * column for column in place.T]
    gradient = np.column_stack(
        [part * (1 - by_other) for part in of_storm]
        + [part * (1 - by_storm) for part in of_other]
        + [part * (1 - by_other) for part in of_place]
    )
    return 1 - (1 - by_storm) * (1 - by_other), gradient


def _likeliest(told: Floats, cuts: Floats, reached: Integers, sites_of_a_storm: float) -> Floats:
    """The parameters of greatest likelihood of the class between cuts that each outcome fell into, given `_EXPECTED`.

    Args:
        told: see `Passage._told`.
        cuts: their logarithms, rising.
        reached: how many cuts each outcome reached, shape (row,).
        sites_of_a_storm: so many rows count as one.
    """
    last, places_told = len(cuts) - 1, told.shape[1] - 5
    above, below = reached > 0, reached <= last
    reached_cut, missed_cut = cuts[np.maximum(reached - 1, 0)], cuts[np.minimum(reached, last)]
    expected = np.concatenate([_EXPECTED, np.zeros(places_told)])
    spread = np.concatenate([_SPREAD, np.full(places_told, _PLACE_SPREAD)])

    def loss(parameters: Floats) -> tuple[float, Floats]:
        upper, of_upper = _chances(parameters, told, reached_cut)
        lower, of_lower = _chances(parameters, told, missed_cut)
        within = np.maximum(np.where(above, upper, 1.0) - np.where(below, lower, 0.0), _SMALLEST)
        gradient = (of_upper * (above / within)[:, None] - of_lower * (below / within)[:, None]).sum(axis=0)
        departure = (parameters - expected) / spread
        return (
            float(-np.log(within).sum() / sites_of_a_storm + (departure**2).sum() / 2),
            -gradient / sites_of_a_storm + departure / spread,
        )

    found: Floats = minimize(loss, expected, jac=True, method="L-BFGS-B", options={"maxiter": 100, "ftol": 1e-8}).x
    return found
