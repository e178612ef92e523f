"""Quality control of sensor readings after the QARTOD manuals of U.S. IOOS: range, spike, step and stuck value.

Manuals: https://ioos.noaa.gov/project/qartod/; temperature and salinity: doi:10.7289/V5V40SD4; pH, the words of which
were followed: https://github.com/ocefpaf/qartod_manuals, docs/pH.md. They leave thresholds to the operator, know no
failure by rate of change, and say of flat lines that five equal readings fail, three are suspect, 0 may be true and
"historical flags are not changed". A change that no water makes fails here all the same, until so much may have come.

Range and spike are judged by ioos_qc; the spike test by its way "differential", as by the other one sound neighbours of
a spike are flagged too. Its tests of rates and flat lines do not fit: they assume evenly spaced readings (its README,
limitations). One takes one rate for all intervals, by which noise within a minute is a step; the other makes hours a
count of readings by the median interval of the series, so that later readings change what was said of earlier ones.

A reading is judged with what is known when its day's value becomes known, and nothing later: no later reading changes
a value that was served. Slow drift is not seen by any of these tests before it leaves the range.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from ioos_qc import qartod

from features.quality_limits import Limits
from features.variables import variable_named

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Found = tuple[dict[int, str], Flags]
SPIKE_GAP_HOURS, GAP_HOURS = 3.0, 48.0
SUSPECT_COUNT, FAIL_COUNT = 3, 5
BY_EYE_HOURS = 6.0


def judge(readings: pd.DataFrame, limits: Mapping[str, Limits]) -> pd.DataFrame:
    """Says which readings fail, and which are suspect.

    Args:
        readings: columns site, variable, moment, value, and known: when the value of the reading's day is known; in any
            order. Readings of one site and variable are taken for those of one sensor; variables without limits pass.
        limits: thresholds by variable.

    Returns:
        Columns fail (what is wrong with it) and suspect (range, spike, step or stuck), "" where nothing is; the rows of
        `readings`.
    """
    verdict = pd.DataFrame("", index=readings.index, columns=["fail", "suspect"], dtype=object)
    told = readings[readings["value"].notna()].sort_values("moment", kind="stable")
    for (_, name), rows in told.groupby(["site", "variable"], sort=False):
        if (variable := str(name)) in limits:
            hours, known = (rows[name].dt.as_unit("us").astype("int64").to_numpy() for name in ("moment", "known"))
            series = _Series(rows["value"].to_numpy(float), hours / 3.6e9, known)
            verdict.loc[rows.index] = _verdict(series, limits[variable], variable_named(variable).unit)
    return verdict


@dataclass(frozen=True)
class _Series:
    """The readings of one sensor in the order of time."""

    value: Floats
    hours: Floats
    known: Integers

    def among(self, places: Integers) -> "_Series":
        return _Series(self.value[places], self.hours[places], self.known[places])


def _verdict(series: _Series, limits: Limits, unit: str) -> npt.NDArray[np.object_]:
    """What each test says, shape (reading, 2): why it fails, and which test suspects it."""
    verdict = np.full((len(series.value), 2), "", dtype=object)
    in_unit = "" if unit == "dimensionless" else f" {unit}"
    in_range = np.arange(len(series.value))
    for name, test in (("range", _range), ("spike", _spikes), ("step", _steps), ("stuck", _stuck)):
        among = in_range if name == "stuck" else np.flatnonzero(verdict[:, 0] == "")
        failed, suspect = test(series.among(among), limits, in_unit)
        places = among[suspect]
        verdict[places[verdict[places, 1] == ""], 1] = name
        for place, text in failed.items():
            verdict[among[place], 0] = verdict[among[place], 0] or f"{text}: {name}"
        if name == "range":
            in_range = np.flatnonzero(verdict[:, 0] == "")
    return verdict


def _range(series: _Series, limits: Limits, unit: str) -> Found:
    span, usual = (limits.fail_low, limits.fail_high), (limits.suspect_low, limits.suspect_high)
    flags = np.asarray(qartod.gross_range_test(series.value, span, usual))
    where = f"{limits.fail_low:g} to {limits.fail_high:g}{unit}"
    failed = np.flatnonzero(flags == qartod.QartodFlags.FAIL).tolist()
    return {n: f"is {series.value[n]:g}{unit}, outside {where}" for n in failed}, flags == qartod.QartodFlags.SUSPECT


def _spikes(series: _Series, limits: Limits, unit: str) -> Found:
    value, hours, known = series.value, series.hours, series.known
    judged = np.zeros(len(value), dtype=bool)
    if len(value) < 3:
        return {}, judged
    flags = np.asarray(qartod.spike_test(value, limits.spike_suspect, limits.spike_fail, method="differential"))
    near = np.diff(hours) <= SPIKE_GAP_HOURS
    judged[1:-1] = near[:-1] & near[1:] & (known[2:] <= known[1:-1])
    texts = {}
    for n in np.flatnonzero(judged & (flags == qartod.QartodFlags.FAIL)).tolist():
        jump = min(abs(value[n] - value[n - 1]), abs(value[n] - value[n + 1]))
        texts[n] = f"jumps by {jump:.3g}{unit} in {_apart(hours[n] - hours[n - 1])} and back"
    return texts, judged & (flags == qartod.QartodFlags.SUSPECT)


def _steps(series: _Series, limits: Limits, unit: str) -> Found:
    """Compares each reading with the last sound one; the longer ago that is, the more is allowed."""
    value, hours, known = (of.tolist() for of in (series.value, series.hours, series.known))
    texts, suspect, last = {}, np.zeros(len(value), dtype=bool), 0
    for n in range(1, len(value)):
        apart, change = hours[n] - hours[last], abs(value[n] - value[last])
        if apart <= GAP_HOURS and known[last] <= known[n]:
            if change > _allowed(limits.hour_fail, limits.day_fail, apart):
                texts[n] = f"is {change:.3g}{unit} from the last sound reading, {_apart(apart)} before"
                continue
            suspect[n] = change > _allowed(limits.hour_suspect, limits.day_suspect, apart)
        last = n
    return texts, suspect


def _stuck(series: _Series, limits: Limits, unit: str) -> Found:
    """A run counts as far as it is known when a reading's day is.

    A true 0, of fresh or anoxic water, may last; and so may what is read by eye to whole or half units a few times a
    day, which is suspect only.
    """
    value, hours, known = series.value, series.hours, series.known
    begins = np.insert((np.diff(hours) > GAP_HOURS) | (np.diff(known) < 0), 0, True)[: len(value)]
    first = _run_starts(value, begins, limits.stuck_tolerance)
    new = np.insert((np.diff(first) != 0) | (np.diff(known) != 0), 0, True)[: len(value)]
    ends = np.append(np.flatnonzero(new)[1:], len(value)) - 1
    last = ends[np.cumsum(new) - 1]
    stood, count = hours[last] - hours[first], last - first + 1
    by_eye = np.logical_and.accumulate(value * 2 % 1 == 0) & (stood >= BY_EYE_HOURS * (count - 1))
    failed = (value != 0) & ~by_eye & (stood >= limits.stuck_fail_hours) & (count >= FAIL_COUNT)
    texts = {n: f"has stood at {value[n]:g}{unit} for {_apart(stood[n])}" for n in np.flatnonzero(failed).tolist()}
    return texts, (value != 0) & (stood >= limits.stuck_suspect_hours) & (count >= SUSPECT_COUNT)


def _allowed(hour: float, day: float, apart_hours: float) -> float:
    """How much a reading may differ from one that long before."""
    return min(hour * max(apart_hours, 1.0), day * max(apart_hours / 24, 1.0))


def _run_starts(value: Floats, begins: Flags, tolerance: float) -> Integers:
    """The first reading of the run that each one belongs to; all of a run differ from its first by less than that."""
    starts, values, start = np.zeros(len(value), dtype=np.int64), value.tolist(), 0
    for n, begin in enumerate(begins.tolist()):
        if begin or abs(values[n] - values[start]) >= tolerance:
            start = n
        starts[n] = start
    return starts


def _apart(hours: float) -> str:
    return f"{hours * 60:.0f} min" if hours < 2 else f"{hours:.0f} h"
