"""Mass deaths in marine farming zones: one stochastic law makes the history and, from its true state, the futures.

On each day an event begins in a zone with a probability that rises with what the sea did in the last three weeks, with
what nobody measures, and with events here and near by one to three weeks ago: an infection needs a week to show. Events
of a week therefore do not change the probabilities of that same week.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from features.sites import Sites
from features.sources.simulated.chance import chance
from features.sources.simulated.event_kinds import PAST_DAYS, EventKind, Flags
from features.sources.simulated.laws import Array, Dates, Integers, year_fraction
from features.sources.simulated.water import Water, with_days_before

_SILENT_DAYS = 7
_NEIGHBOUR_KM = 15.0


@dataclass(frozen=True)
class ZoneFutures:
    """Events as they may come, shape (issue, sample, day, site); day 0 is the issue day.

    Attributes:
        probability: that an event begins on the day, given the sample until the day before.
        event: whether one does.
    """

    probability: Array
    event: Flags

    def any_event(self, first: int, last: int) -> Array:
        """Unbiased for whether an event begins on the days first to last - 1, shape (issue, sample, site).

        Events of the last week are averaged over, not sampled: its probabilities do not depend on them.
        """
        sampled = max(first, last - _SILENT_DAYS)
        quiet = ~self.event[..., first:sampled, :].any(axis=-2)
        return 1 - quiet * np.prod(1 - self.probability[..., sampled:last, :], axis=-2)


@dataclass(frozen=True)
class ZoneEvents:
    """The history of one kind of event.

    Attributes:
        kind: of event.
        sites: farming zones.
        dates: shape (day,).
        walk: what nobody measures, of the day before each day, shape (day, site).
        event: whether one began on the day, shape (day, site).
    """

    kind: EventKind
    sites: Sites
    dates: Dates
    walk: Array
    event: Flags

    def futures(self, issue_days: Integers, water: Water, bloom: Flags, random: np.random.Generator) -> ZoneFutures:
        """Events as they may come, each sample from the true state that the issue day begins with.

        Args:
            issue_days: positions of the first future days, shape (issue,).
            water: of the bay, shape (issue, sample, 21 + day, site): the true three weeks before, then the future.
            bloom: whether algae bloom, of the same shape and days.
            random: source of the chance.
        """
        issues, samples, days, sites = bloom.shape
        shape = (issues, samples, days - PAST_DAYS, sites)
        held = np.concatenate([np.zeros((PAST_DAYS, sites), bool), self.event])
        past = held[issue_days[:, None] + np.arange(PAST_DAYS)][:, None]
        past = np.broadcast_to(past, (issues, samples, PAST_DAYS, sites))
        walk = np.broadcast_to(self.walk[issue_days, None], (issues, samples, sites))
        dates = self.dates[issue_days, None, None] + np.arange(days - PAST_DAYS)
        future = ZoneFutures(np.empty(shape), np.empty(shape, bool))
        course = _course(self.kind, self.sites, walk, past, water, bloom, dates, random)
        for day, (_, probability, event) in enumerate(course):
            future.probability[..., day, :], future.event[..., day, :] = probability, event
        return future


def simulate_events(kind: EventKind, sites: Sites, water: Water, bloom: Flags, dates: Dates, seed: int) -> ZoneEvents:
    """Simulates one kind of event over consecutive days.

    Args:
        kind: of event.
        sites: farming zones; the attribute that the kind names is read.
        water: of the bay, shape (day, site).
        bloom: whether algae bloom, shape (day, site).
        dates: consecutive local dates, shape (day,).
        seed: equal seeds give equal events.
    """
    random = chance(seed, kind.name)
    walk = kind.hidden.begin(random, (len(sites),))
    past = np.zeros((PAST_DAYS, len(sites)), bool)
    water, bloom = with_days_before(water, PAST_DAYS), np.concatenate([past, bloom])
    course = _course(kind, sites, walk, past, water, bloom, dates, random)
    walks, _, events = zip(*course, strict=True)
    return ZoneEvents(kind, sites, dates, np.stack(walks), np.stack(events))


def _course(
    kind: EventKind,
    sites: Sites,
    walk: Array,
    past: Flags,
    water: Water,
    bloom: Flags,
    dates: Dates,
    random: np.random.Generator,
) -> Iterator[tuple[Array, Array, Flags]]:
    """The law: yields the walk that each day begins with, the probability of an event, and whether one began.

    Past events have shape (..., 21, site), water and blooms (..., 21 + day, site), dates (..., day).
    """
    stocked = sites.having(kind.stock)
    nearness = np.exp(-sites.distances_km / _NEIGHBOUR_KM)
    weeks = Water(_windows(water.temperature), _windows(water.salinity))
    stress = kind.stress(weeks, _windows(bloom), year_fraction(dates)[..., None])
    for day in range(dates.shape[-1]):
        began = walk
        walk = kind.hidden.step(random, walk)
        shed = past[..., : PAST_DAYS - _SILENT_DAYS, :].any(axis=-2)
        infected = np.minimum(shed @ nearness, 1)
        rate = np.exp(stress[..., day, :] + walk + kind.contagion * infected)
        probability = np.where(stocked, -np.expm1(-rate), 0.0)
        event = random.random(probability.shape) < probability
        yield began, probability, event
        past = np.concatenate([past[..., 1:, :], event[..., None, :]], axis=-2)


def _windows(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The 22 days that end with each day, a view of shape (..., day, 22, site) on (..., 21 + day, site)."""
    return np.moveaxis(np.lib.stride_tricks.sliding_window_view(values, PAST_DAYS + 1, axis=-2), -1, -2)
