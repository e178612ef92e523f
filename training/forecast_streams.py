"""What tells of a bias of the forecasts by others: daily streams that are standard normal while nothing changes.

One stream for each variable that is forecast and observed: means over the sites of what was forecast for a day, beside
what was observed on it at the same sites. All is done in normal scores by season (ranks in the training days of the
same three months), so that one way serves rain and temperature alike. A regression on the observation comes before the
ratio of both, as forecasts are damped. Leads are joined with the weights that tell a common shift best; what a day
repeats of the day before is taken out, and what still gathers over a month or a season is allowed for. What three or
thirty years teach of a further one is as sure as what they teach of each other: that is measured, with each year left
out in turn, so that one level serves records of any length of two years or more.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import ndtri

from features.archive import Archive
from features.local_days import day_numbers, day_starts, moments
from features.periods import Periods

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
LEADS = 10
AT_LEAST_DAYS = 360
YEAR_DAYS, MOST_PARTS = 365.2425, 5
_KNOWN_SHARE, _AT_LEAST_NEAR, _VARIED, _FAR, _RIDGE = 0.8, 80, 0.7, 3.0, 0.1
_MONTH, _SEASON = 30, 90


@dataclass(frozen=True)
class ForecastDays:
    """Forecasts as they were known, and observations, in the variables' units; NaN where not known.

    Attributes:
        days: local day numbers, shape (day,).
        issued: by variable that is observed too, what was forecast on each day for the days after it, shape
            (day, site, lead).
        observed: of the same variables, shape (day, site).
    """

    days: Integers
    issued: Mapping[str, Floats]
    observed: Mapping[str, Floats]


def forecast_days(
    archive: Archive, variables: Sequence[str], start: pd.Timestamp, now: pd.Timestamp, *, issue_hour: int
) -> ForecastDays:
    """Reads forecasts as they were known on each day, and what was observed by a moment.

    Args:
        archive: what was known.
        variables: those that others forecast.
        start: the first day.
        now: nothing known later is read.
        issue_hour: local hour at which forecasts are read.
    """
    first, today = day_numbers(moments([start, now], "moment"), archive.zone)[[0, -1]]
    times = day_starts(np.arange(first, today + 1), archive.zone) + pd.Timedelta(hours=issue_hour)
    times = times[(times >= archive.begins()) & (times <= now)]
    snapshot, one_day = archive.as_of(times), Periods(days=1, count=LEADS)
    truth = {name: archive.observed(name, by=now, start=times[0], end=times[-1]).to_numpy().T for name in variables}
    observed = {name: values for name, values in truth.items() if np.isfinite(values).any()}
    issued = {name: snapshot.ahead(name, one_day).isel(day=0).to_numpy() for name in observed}
    return ForecastDays(day_numbers(times, archive.zone), issued, observed)


def streams(told: ForecastDays, training: Flags) -> dict[str, Floats]:
    """The streams, standardised by the training days.

    Args:
        told: forecasts and observations.
        training: which days are learned from, shape (day,).

    Returns:
        By variable, shape (day,); NaN where nothing can be told. Those of less than two years of training days are
        left out.
    """
    made = {name: _stream(told.days, *paired(told, name), training) for name in told.observed}
    return long_enough(made, training)


def said_of_days(told: ForecastDays, variable: str) -> Floats:
    """What was forecast for each day, so many days before, shape (day, site, lead)."""
    ahead = told.issued[variable]
    said = np.full(ahead.shape, np.nan)
    for lead in range(1, ahead.shape[-1] + 1):
        said[lead:, :, lead - 1] = ahead[:-lead, :, lead - 1]
    return said


def paired(told: ForecastDays, variable: str) -> tuple[Floats, Floats]:
    """Means of a variable over the sites where both are known: as forecast for each day, and as observed.

    Returns:
        Two arrays of shape (day, lead).
    """
    truth, said = told.observed[variable], said_of_days(told, variable)
    both = np.isfinite(said) & np.isfinite(truth)[..., None]
    return _mean(said, both), _mean(np.broadcast_to(truth[..., None], said.shape), both)


def normal_scores(values: Floats, reference: Floats) -> Floats:
    """Normal quantiles of the ranks of values in a reference; among equal ones their middle, NaN for NaN.

    Ranks are plotted at (rank - 0.5) / n, so that nothing lies further out than half a value of the reference.
    """
    known = np.sort(reference[np.isfinite(reference)])
    if not len(known):
        return np.full(values.shape, np.nan)
    middle = (np.searchsorted(known, values, "left") + np.searchsorted(known, values, "right")) / 2
    share = np.clip(middle, 0.5, len(known) - 0.5) / len(known)
    return np.where(np.isfinite(values), ndtri(share), np.nan)


def _mean(values: Floats, known: Flags) -> Floats:
    """Mean over the sites, axis 1, where known."""
    count = known.sum(axis=1)
    total = np.where(known, values, 0.0).sum(axis=1)
    return np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0)


def seasons(days: Integers) -> Floats:
    """Sine and cosine of the day of the year, shape (day, 2)."""
    angle = 2 * np.pi * days / 365.2425
    return np.column_stack([np.sin(angle), np.cos(angle)])


def by_month(days: Integers, training: Flags, told: Callable[[Flags, Flags], Floats]) -> Floats:
    """Numbers of each month that are told by what three months of the training days teach, shape (day,).

    Training days are told by what other years taught, as the days to be judged are: what was fitted to a day flatters
    it (Stone 1974, J. R. Stat. Soc. B 36, 111-147; by years: Michaelsen 1987, J. Clim. Appl. Meteorol. 26, 1589-1600).

    Args:
        days: local day numbers.
        training: which days are learned from, shape (day,).
        told: gives the numbers of the days that are wanted, from these and those that are learned from.
    """
    month, numbers = _months(days), np.full(len(days), np.nan)
    for left_out in (~training, *_years(training)):
        for of_month, learned in enumerate(_near(month, training & ~left_out)):
            here = left_out & (month == of_month)
            if here.any() and learned.any():
                wanted = learned | here
                numbers[here] = told(wanted, learned)[here[wanted]]
    return numbers


def _years(training: Flags) -> list[Flags]:
    """The training days by years, counted back from the last; of more than five years five parts of whole years."""
    back = np.cumsum(training[::-1])[::-1] - 1
    years = back // YEAR_DAYS
    count = int(years[training].max(initial=-1)) + 1
    part = years * min(count, MOST_PARTS) // max(count, 1)
    return [training & (part == one) for one in range(min(count, MOST_PARTS))]


def standardised(days: Integers, values: Floats, training: Flags) -> Floats:
    """What is new in each number, standard normal in the training days, by season; what gathers is allowed for."""
    news, month = _news(values, training), _months(days)
    scores = np.full(len(days), np.nan)
    for of_month, learned in enumerate(_near(month, training)):
        here = month == of_month
        scores[here] = normal_scores(news[here], news[learned])
    return scores / _gathers(scores[training])


def spread_of_sums(scores: Floats, days: int) -> float:
    """Standard deviation of a further sum of so many days to that of independent scores, 0 where three are not known.

    A sum about 0, beside n others that tell its scale, has Student's law of n degrees of freedom and this variance.
    """
    whole = scores[: len(scores) // days * days].reshape(-1, days)
    known = np.isfinite(whole).sum(axis=1)
    told = known > 0
    squares = np.nansum(whole[told], axis=1) ** 2 / known[told]
    return float(np.sqrt(squares.sum() / (len(squares) - 2))) if len(squares) > 2 else 0.0


def long_enough(made: Mapping[str, Floats], training: Flags) -> dict[str, Floats]:
    """The streams that a year or more is known of, told by what other years taught."""
    return {name: values for name, values in made.items() if np.isfinite(values[training]).sum() >= AT_LEAST_DAYS}


def _stream(days: Integers, said: Floats, truth: Floats, training: Flags) -> Floats:
    """One stream of forecasts beside observations, both of shape (day, lead)."""
    season = seasons(days)

    def residuals(wanted: Flags, learned: Flags) -> Floats:
        return _joined(said[wanted], truth[wanted], season[wanted], learned[wanted])

    return standardised(days, by_month(days, training, residuals), training)


def _months(days: Integers) -> Integers:
    return days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) % 12


def _near(month: Integers, training: Flags) -> list[Flags]:
    """For each month, which training days lie in it or in one next to it."""
    return [training & (np.minimum((month - m) % 12, (m - month) % 12) <= 1) for m in range(12)]


def _joined(said: Floats, truth: Floats, season: Floats, learned: Flags) -> Floats:
    """Residuals of all leads in one number a day, standardised by the days that are learned from."""
    found = [_residuals(said[:, lead], truth[:, lead], season, learned) for lead in range(said.shape[1])]
    told = [(residuals, spread) for residuals, spread in found if spread > 0]
    if not told:
        return np.full(len(said), np.nan)
    by_lead = np.column_stack([np.clip(residuals / spread, -_FAR, _FAR) for residuals, spread in told])
    spreads = np.array([spread for _, spread in told])
    whole = by_lead[learned & np.isfinite(by_lead).all(axis=1)]
    between = np.cov(whole, rowvar=False).reshape(len(spreads), -1) + _RIDGE * np.eye(len(spreads))
    joined = by_lead @ np.linalg.solve(between, 1 / spreads)
    return joined / np.nanstd(joined[learned])


def _residuals(said: Floats, truth: Floats, season: Floats, learned: Flags) -> tuple[Floats, float]:
    """What normal scores of one lead have beyond a regression on the observation and the season, and their spread.

    The spread is 0 where too few days are known, or the forecasts hardly vary, as those of rain far ahead in winter.
    """
    known = np.isfinite(said) & np.isfinite(truth)
    taught = known & learned
    if taught.sum() < max(_KNOWN_SHARE * learned.sum(), _AT_LEAST_NEAR):
        return said, 0.0
    y = np.where(known, normal_scores(said, said[taught]), np.nan)
    X = np.column_stack([normal_scores(truth, truth[taught]), season, np.ones(len(said))])
    if np.std(y[taught]) < _VARIED:
        return said, 0.0
    weights = np.linalg.lstsq(X[taught], y[taught])[0]
    residuals = y - X @ weights
    return residuals, float(np.std(residuals[taught]))


def _news(values: Floats, training: Flags) -> Floats:
    """What is new on each day, in a first-order autoregression; all of it where the day before is not known."""
    before = np.concatenate([[np.nan], values[:-1]])
    both = training & np.isfinite(values) & np.isfinite(before)
    if both.sum() < AT_LEAST_DAYS:
        return np.full(values.shape, np.nan)
    repeats = max(float(np.corrcoef(values[both], before[both])[0, 1]), 0.0)
    return np.where(np.isfinite(before), (values - repeats * before) / np.sqrt(1 - repeats**2), values)


def _gathers(scores: Floats) -> float:
    """By how much sums over a month or a season vary more than those of independent scores, at least 1."""
    return max(1.0, *(spread_of_sums(scores, days) for days in (_MONTH, _SEASON)))
