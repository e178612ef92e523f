"""Runs of events and of alarms: which events were alarmed before they began, how long before, and what was false.

An event is a run of days of which gaps of up to two days are part; it is hit if an alarm of one of its days was issued
before it began. Events and alarms are told from each other as in the first step of EDuMaP (Calvello and Piciullo 2016,
doi:10.5194/nhess-16-103-2016). The track record and what a trigger would have done are made of the same runs.
"""

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

GAP_DAYS = 2
_ANY, _EACH = slice(0, 1), slice(1, None)
Flags = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Questions:
    """Questions whose outcome is known, each array of shape (n,).

    Attributes:
        site: number of the site, from 0.
        lead: number of the lead, from 1; 0 stands for any lead where leads are brought together.
        issue: number of the issue time among all, so that successive issues are one apart.
        issued: local day number of the issue time.
        first: local day number on which the period begins.
        end: local day number on which it is over.
    """

    site: Integers
    lead: Integers
    issue: Integers
    issued: Integers
    first: Integers
    end: Integers

    def __len__(self) -> int:
        return len(self.site)

    def of(self, chosen: Flags | Integers) -> "Questions":
        """Those that are chosen, by flags or places."""
        return Questions(*(getattr(self, field.name)[chosen] for field in fields(self)))


@dataclass(frozen=True, eq=False)
class Matched:
    """Events with what warned of them, and the alarms that were false; each array of shape (m,).

    Attributes:
        site: number of the site.
        lead: number of the lead; 0 stands for any.
        day: local day number of the onset, or on which a false alarm begins.
        false: whether it is a false alarm; else an event.
        gained: days from the first alarm that then stood to the onset; NaN where nothing warned before it.
    """

    site: Integers
    lead: Integers
    day: Integers
    false: Flags
    gained: Floats

    @property
    def hit(self) -> Flags:
        """Which are events that were warned of before they began."""
        hit: Flags = np.isfinite(self.gained)
        return hit


class EventDays:
    """The days of each site on which something was forecast, and the runs of those with an event.

    Where periods overlap, an event lies on the days that no period without an event holds, if there are any.

    Attributes:
        site: of each run.
        onset: local day number of its first day.
        last: of its last day.
        event: days with an event, shape (site, day), from the first day of all.
    """

    def __init__(self, asked: Questions, event: Flags, n_sites: int, n_leads: int) -> None:
        """Finds the runs.

        Args:
            asked: questions, at least one.
            event: whether the event came, shape (n,).
            n_sites: how many sites there are.
            n_leads: how many leads there are.
        """
        self._begin, self._n_sites, self._n_leads = int(asked.first.min()), n_sites, n_leads
        self._n_days = int(asked.end.max()) - self._begin
        within = self.held(asked.of(event)) & ~self.held(asked.of(~event))
        hidden = asked.of(event)
        hidden = hidden.of(~self._any(within, hidden))
        self.event: Flags = within | self.held(hidden)
        site, day = np.nonzero(self.event)
        begins = np.diff(site, prepend=-1).astype(bool) | (np.diff(day, prepend=-1) > GAP_DAYS + 1)
        ends = np.append(begins[1:], True)[: len(begins)]
        self.site, self.onset, self.last = site[begins], day[begins] + self._begin, day[ends] + self._begin
        held = [self.held(asked.of(asked.lead == lead)) for lead in range(1, n_leads + 1)]
        by_lead = np.stack([np.logical_or.reduce(held), *held], axis=-1)
        self._asked: Flags = by_lead[self.site, self.onset - self._begin]

    def matched(self, asked: Questions, alarm: Flags) -> Matched:
        """Events and false alarms of each lead and of any.

        An event is one of a lead where a forecast of that lead held its onset, or warned of a later day before it.

        Args:
            asked: the questions that the days were made of, or some of them.
            alarm: whether each was alarmed, shape (n,).
        """
        alarmed = asked.of(alarm)
        parts = self._matched(alarmed, alarmed.lead, _EACH), self._matched(alarmed, np.zeros_like(alarmed.lead), _ANY)
        return Matched(*(np.concatenate([getattr(part, one.name) for part in parts]) for one in fields(Matched)))

    def matched_at_any_lead(self, asked: Questions, alarm: Flags) -> Matched:
        """The same of any lead alone."""
        alarmed = asked.of(alarm)
        return self._matched(alarmed, np.zeros_like(alarmed.lead), _ANY)

    def _matched(self, alarmed: Questions, lead: Integers, columns: slice) -> Matched:
        """Events and false alarms of some columns of leads, of alarms that count as of a lead each, or as of any."""
        by_lead = self._gained(alarmed, lead)
        told = np.zeros_like(self._asked)
        told[:, columns] = (self._asked | np.isfinite(by_lead))[:, columns]
        run, of_lead = np.nonzero(told)
        site, false_lead, day = self._false(alarmed, lead)
        return Matched(
            np.concatenate([self.site[run], site]),
            np.concatenate([of_lead, false_lead]),
            np.concatenate([self.onset[run], day]),
            np.arange(len(run) + len(day)) >= len(run),
            np.concatenate([by_lead[run, of_lead], np.full(len(day), np.nan)]),
        )

    def held(self, asked: Questions) -> Flags:
        """Which days the periods of some questions hold, shape (site, day), from the first day of all."""
        width = self._n_days + 1
        size = self._n_sites * width
        begins = np.bincount(asked.site * width + asked.first - self._begin, minlength=size)
        ends = np.bincount(asked.site * width + asked.end - self._begin, minlength=size)
        held: Flags = (begins - ends).reshape(self._n_sites, width).cumsum(axis=1)[:, :-1] > 0
        return held

    @property
    def numbers(self) -> Integers:
        """Local day numbers of the days of `held`."""
        return np.arange(self._begin, self._begin + self._n_days)

    def _any(self, days: Flags, asked: Questions) -> Flags:
        until = np.pad(days.cumsum(axis=1), ((0, 0), (1, 0)))
        found: Flags = until[asked.site, asked.end - self._begin] > until[asked.site, asked.first - self._begin]
        return found

    def _gained(self, alarmed: Questions, lead: Integers) -> Floats:
        """Days gained of each run by alarms of each lead, shape (run, lead); NaN where nothing warned before it."""
        width = self._n_leads + 1
        found = np.full((len(self.site), width), np.nan)
        number, run = self._pairs(alarmed)
        before = alarmed.issued[number] < self.onset[run]
        number, run = number[before], run[before]
        order = np.lexsort((alarmed.issue[number], lead[number], run))
        key = (run * width + lead[number])[order]
        issue, issued = alarmed.issue[number][order], alarmed.issued[number][order]
        broken = (np.diff(key, prepend=-1) != 0) | (np.diff(issue, prepend=-9) > 1)
        stood = np.flatnonzero(broken)  # where unbroken stretches of alarms begin; the last one of a key counts
        found.flat[key[stood]] = self.onset[key[stood] // width] - issued[stood]
        return found

    def _pairs(self, alarmed: Questions) -> tuple[Integers, Integers]:
        """Each alarm with each run that its period meets: numbers of both."""
        width = self._n_days + 2
        base = alarmed.site * width - self._begin
        low = np.searchsorted(self.site * width + self.last - self._begin, base + alarmed.first, side="left")
        high = np.searchsorted(self.site * width + self.onset - self._begin, base + alarmed.end, side="left")
        many = np.maximum(high - low, 0)
        number = np.repeat(np.arange(len(alarmed)), many)
        within = np.arange(len(number)) - np.repeat(many.cumsum() - many, many)
        return number, np.repeat(low, many) + within

    def _false(self, alarmed: Questions, lead: Integers) -> tuple[Integers, Integers, Integers]:
        """Runs of alarms of which no period holds an event: site, lead, and the day on which they begin."""
        touched = self._any(self.event, alarmed)
        run, order = alarm_runs(alarmed, lead)
        begins = np.flatnonzero(np.diff(run, prepend=-1))
        of_event = np.logical_or.reduceat(touched[order], begins) if len(begins) else touched
        false = order[begins[~of_event]]
        return alarmed.site[false], lead[false], alarmed.first[false]


def alarm_runs(alarmed: Questions, lead: Integers) -> tuple[Integers, Integers]:
    """Runs of alarms at one site and lead whose periods lie at most `GAP_DAYS` apart.

    Args:
        alarmed: the questions that were alarmed.
        lead: which lead each counts as, shape (n,).

    Returns:
        The number of the run of each question, rising, and the order in which the questions are told.
    """
    order = np.lexsort((alarmed.end, alarmed.first, alarmed.site, lead))
    if not len(order):
        return order, order
    width = int(alarmed.end.max() - alarmed.first.min()) + GAP_DAYS + 2
    group = np.diff(lead[order], prepend=-1).astype(bool) | np.diff(alarmed.site[order], prepend=-1).astype(bool)
    base = group.cumsum() * 2 * width - alarmed.first.min()
    latest = np.maximum.accumulate(base + alarmed.end[order])
    apart = base + alarmed.first[order] - np.append(-GAP_DAYS - 1 - width, latest[:-1]) > GAP_DAYS
    return (group | apart).cumsum(), order
