"""Covariate drift: whether what a model reads lies further from its training years than those lie from one another.

Two years never look alike: compared with a pooled reference of the same season, one month in two would be called drift
where there is none. So the distance of a window of this year from the same days of the training years is held against
the distances of each training year from the others. An alarm needs two windows in a row beyond the 99 % quantile, and
holds when it is asked of many features at once (Benjamini and Hochberg 1995, doi:10.1111/j.2517-6161.1995.tb02031.x).
It asks a person to look and starts nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import false_discovery_control, t

from features.archive import Archive
from features.local_days import day_numbers, day_starts, moments
from models.hazard import Hazard

Floats = npt.NDArray[np.float64]
WINDOW_DAYS, WINDOWS, EVERY_DAYS = 30, 2, 3
QUANTILE, FALSE_DISCOVERIES = 0.99, 0.10
AT_LEAST_YEARS = 5
_DAYS_PER_YEAR = 365.2425


@dataclass(frozen=True)
class FeatureDrift:
    """How one feature stands.

    Attributes:
        feature: its name.
        distance: Kolmogorov-Smirnov distance of the last window from the training years, 0 to 1.
        usual: the median distance of a training year from the others in those days.
        chance: how likely so great a distance is without drift, of each window, the older first; NaN where not judged.
        adjusted: the larger of them, corrected for the number of features; NaN where not judged.
    """

    feature: str
    distance: float
    usual: float
    chance: tuple[float, ...]
    adjusted: float

    @property
    def alarm(self) -> bool:
        """Whether all windows lie beyond the quantile, and that holds among so many features."""
        return max(self.chance) < 1 - QUANTILE and self.adjusted <= FALSE_DISCOVERIES


@dataclass(frozen=True)
class Drift:
    """The features of a hazard in the last windows.

    Attributes:
        start: begin of the first window.
        end: end of the last.
        years: training years that each window was held against, the fewest.
        features: all that read anything from the archive.
        learned: issue times of the first and the last question that the forecaster learned from.
    """

    start: pd.Timestamp
    end: pd.Timestamp
    years: int
    features: tuple[FeatureDrift, ...]
    learned: tuple[pd.Timestamp, pd.Timestamp] | None = None

    @property
    def alarms(self) -> tuple[FeatureDrift, ...]:
        """The features that a person should look at."""
        return tuple(one for one in self.features if one.alarm)


def covariate_drift(
    hazard: Hazard, archive: Archive, now: pd.Timestamp, *, learned_from: pd.Timestamp, learned_until: pd.Timestamp
) -> Drift:
    """Judges every feature of a hazard in the last two whole windows of 30 days before a moment.

    Windows end on days whose number is a multiple of 30, so that asking every day gives one verdict a window.

    Args:
        hazard: the hazard.
        archive: what was known.
        now: the moment; nothing known later is read.
        learned_from: issue time of the first question that the forecaster in service learned from.
        learned_until: issue time of the last.
    """
    names = [feature.name for feature in hazard.features if feature.variables]
    end = int(day_numbers(moments(last_window_ends(now, archive.zone), "moment"), archive.zone)[0])
    judged, fewest = [], 0
    for window in range(WINDOWS, 0, -1):
        first = end - window * WINDOW_DAYS
        years = [_window(archive, first - round(back * _DAYS_PER_YEAR)) for back in range(_years(archive, now))]
        inside = [(start, over) for start, over in years[1:] if start >= learned_from and over <= learned_until]
        *training, present = _rows(hazard, archive, [*inside, years[0]])
        judged.append(window_drift([year[names] for year in training], present[names]))
        fewest = min(fewest or len(training), len(training))
    start, over = day_starts([end - WINDOWS * WINDOW_DAYS, end], archive.zone)
    return Drift(start, over, fewest, in_a_row(judged), (learned_from, learned_until))


def last_window_ends(now: pd.Timestamp, zone: str) -> pd.Timestamp:
    """When the last whole window before a moment ended."""
    today = int(day_numbers(moments(now, "moment"), zone)[0])
    return day_starts([today - today % WINDOW_DAYS], zone)[0]


def window_drift(training: Sequence[pd.DataFrame], present: pd.DataFrame) -> pd.DataFrame:
    """Holds one window against the same days of the training years.

    Args:
        training: rows of each training year, one column per feature.
        present: rows of the window.

    Returns:
        Index feature; `distance`, `usual`, and `chance`: NaN with less than five training years, or where less than
        half the window is known, or nothing was asked in it.
    """
    columns = []
    for name in present:
        years = [year[name].to_numpy() for year in (*training, present)]
        known = [year[np.isfinite(year)] for year in years]
        enough = [values for values, year in zip(known, years, strict=True) if 2 * len(values) >= len(year) > 0]
        if not len(years[-1]) or 2 * len(known[-1]) < len(years[-1]) or len(enough) <= AT_LEAST_YEARS:
            columns.append((np.nan, np.nan, np.nan))
            continue
        reference = enough[:-1]
        apart = np.array([distance(year, reference[:n] + reference[n + 1 :]) for n, year in enumerate(reference)])
        here = distance(enough[-1], reference)
        columns.append((here, float(np.median(apart)), chance_of(here, apart, len(enough[-1]))))
    return pd.DataFrame(columns, pd.Index(present.columns, name="feature"), ["distance", "usual", "chance"])


def distance(values: Floats, others: Sequence[Floats]) -> float:
    """Kolmogorov-Smirnov distance of a sample from other samples pooled, 0 to 1."""
    sample, pooled = np.sort(values), np.sort(np.concatenate(others))
    both = np.concatenate([sample, pooled])
    below = np.searchsorted(sample, both, side="right") / len(sample)
    return float(np.abs(below - np.searchsorted(pooled, both, side="right") / len(pooled)).max())


def chance_of(here: float, apart: Floats, size: int) -> float:
    """How likely a distance of `here` or more is, where years lie `apart` from one another.

    Log odds of distances are taken as normal with unknown mean and variance, so that a further one, standardised, is a
    Student t (Hahn and Meeker, Statistical Intervals, on prediction intervals). Where all years are equally far apart,
    a further one is as likely as any to lie beyond them: 1 / (n + 1).

    Args:
        here: the distance to be judged.
        apart: those of the training years, shape (year,).
        size: values in the sample; distances are told apart to half a value.
    """
    low = 0.5 / size
    logits = [np.log(x / (1 - x)) for x in np.clip([*apart, here], low, 1 - low)]
    usual, scatter = np.mean(logits[:-1]), np.std(logits[:-1], ddof=1)
    if scatter == 0:
        return 1.0 if logits[-1] <= usual else 1 / (len(apart) + 1)
    return float(t.sf((logits[-1] - usual) / (scatter * np.sqrt(1 + 1 / len(apart))), len(apart) - 1))


def in_a_row(windows: Sequence[pd.DataFrame]) -> tuple[FeatureDrift, ...]:
    """Joins the verdicts of windows that follow each other, as `window_drift` gives them."""
    chances = pd.concat([window["chance"] for window in windows], axis=1)
    worst = chances.max(axis=1, skipna=False)
    told = worst.dropna()
    adjusted = pd.Series(false_discovery_control(told) if len(told) else told, told.index).reindex(worst.index)
    last = windows[-1]
    each = zip(last.index, last["distance"], last["usual"], chances.to_numpy(), adjusted, strict=True)
    return tuple(
        FeatureDrift(str(name), float(distance), float(usual), tuple(map(float, chance)), float(corrected))
        for name, distance, usual, chance, corrected in each
    )


def _window(archive: Archive, first_day: int) -> tuple[pd.Timestamp, pd.Timestamp]:
    start, over = day_starts([first_day, first_day + WINDOW_DAYS], archive.zone)
    return start, over


def _rows(hazard: Hazard, archive: Archive, spans: Sequence[tuple[pd.Timestamp, pd.Timestamp]]) -> list[pd.DataFrame]:
    """What the model was asked in each window, every third day: days between tell little that is new.

    All windows are asked at once. In one without an issue time, as of a hazard that is issued by the month, there is no
    row.
    """
    every = max(EVERY_DAYS, hazard.issue_every_days)
    times = [hazard.issue_times(*span, archive.zone, every_days=every) for span in spans]
    asked = times[0].append(times[1:])
    if asked.empty:
        return [pd.DataFrame(columns=[feature.name for feature in hazard.features], dtype=float)] * len(spans)
    rows = hazard.ask(archive, asked)
    of_row = rows.index.get_level_values("issue_time")
    return [rows[of_row.isin(within)] for within in times]


def _years(archive: Archive, now: pd.Timestamp) -> int:
    return int((now - archive.begins()).days // _DAYS_PER_YEAR) + 1
