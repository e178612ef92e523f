"""Forecasts as they were issued, with what came of them, held in memory as arrays and replaced as a whole."""

import threading
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow.compute as pc

from models.alarm_runs import Questions
from models.as_shown import BASELINES, COLUMNS, as_shown, by_cut
from models.hazard import Hazard
from models.track_records import TrackRecords
from models.verified import VerifiedForecasts

MOST_ROWS = 1_000_000
"""About as many of the newest questions of a hazard are read: 54 sites, 10 leads and 5 years of daily issues."""
MOST_HELD = 8
"""Hazards that are held at once; that which was not asked about for longest goes first."""
NO_LEVEL = -1
Flags = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class AsIssued:
    """The questions of one hazard that were shown to people and whose outcome is known; arrays of shape (n,).

    Attributes:
        hazard: the hazard as it is declared now.
        until: when they were verified last; None where nothing was.
        sites: codes; `asked.site` is the place among them.
        leads: days to the period, rising; `asked.lead` is the place among them plus one.
        asked: site, lead and days of each question.
        level: place among the hazard's levels of the level that was issued, `NO_LEVEL` for none.
        event: whether the event of each cut came, shape (n, cut).
        told: by name ("probabilities" and the baselines) what was told of it, shape (n, cut); NaN where nothing was.
        made: what was made of them and is kept as long as they are.
    """

    hazard: Hazard
    until: pd.Timestamp | None
    sites: tuple[str, ...]
    leads: tuple[int, ...]
    asked: Questions
    level: Integers
    event: Flags
    told: dict[str, Floats]
    made: dict[object, object] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.asked)

    def of(self, chosen: Flags) -> "AsIssued":
        """Some of the questions."""
        told = {name: values[chosen] for name, values in self.told.items()}
        kept = (self.hazard, self.until, self.sites, self.leads)
        return AsIssued(*kept, self.asked.of(chosen), self.level[chosen], self.event[chosen], told)

    def at_sites(self, codes: set[str] | frozenset[str]) -> Flags:
        """Which questions are about some sites, by code."""
        here = np.array([code in codes for code in self.sites], dtype=bool)
        return here[self.asked.site] if len(self) else np.zeros(0, dtype=bool)


def read_as_issued(verified: VerifiedForecasts, hazard: Hazard, zone: str, n_sites: int) -> AsIssued:
    """Reads the newest questions of a hazard.

    Args:
        verified: the store of verified forecasts.
        hazard: the hazard.
        zone: IANA zone of the local day.
        n_sites: how many sites there are, by which it is told how far back `MOST_ROWS` reach.
    """
    newest = verified.verified_until().get(hazard.name)
    since = None
    if newest is not None:
        a_day = n_sites * len(hazard.periods.numbers) / hazard.issue_every_days
        since = newest - pd.Timedelta(days=round(MOST_ROWS / max(a_day, 1)))
    table = verified.ended_since({hazard.name: since}, columns=[*COLUMNS, "verified_at"])[hazard.name]
    until = pc.max(table["verified_at"]).as_py()
    shown = as_shown(table, zone)
    shown = shown[shown["outcome"].notna()]
    site, sites = pd.factorize(shown["site"], sort=True)
    lead, leads = pd.factorize(shown["lead"], sort=True)
    days = (shown[name].to_numpy(np.int64) for name in ("issued", "first", "end"))
    issue = np.unique(shown["issued"], return_inverse=True)[1]
    rank = {name: place for place, name in enumerate(hazard.levels)}
    return AsIssued(
        hazard,
        None if until is None else pd.Timestamp(until),
        tuple(map(str, sites)),
        tuple(map(int, leads)),
        Questions(site.astype(np.int64), lead.astype(np.int64) + 1, issue.astype(np.int64), *days),
        shown["level"].astype(object).map(rank).fillna(NO_LEVEL).to_numpy().astype(np.int64),
        hazard.target.reached(shown["outcome"].to_numpy(float)),
        _at_cuts(
            hazard, shown, by_cut(table.select(["cuts", "probabilities", *BASELINES]).take(shown["row"].to_numpy()))
        ),
    )


class AsIssuedRecords:
    """What is held of several hazards; whoever asks is given one whole, old or new, never half of one."""

    def __init__(self, verified: VerifiedForecasts, track_records: TrackRecords, zone: str, n_sites: int) -> None:
        """States where they are read.

        Args:
            verified: the store of verified forecasts.
            track_records: which are renewed when more is verified.
            zone: IANA zone of the local day.
            n_sites: how many sites there are.
        """
        self._verified, self._track_records, self._zone, self._n_sites = verified, track_records, zone, n_sites
        self._held: dict[str, tuple[object, AsIssued]] = {}
        self._lock = threading.Lock()

    def of(self, hazard: Hazard) -> AsIssued:
        """What is held of a hazard; read from rest where nothing is held yet."""
        with self._lock:
            found = self._held.pop(hazard.name, None)
            if found is None or found[1].hazard != hazard:
                mark = self._track_records.until(hazard.name)
                found = mark, read_as_issued(self._verified, hazard, self._zone, self._n_sites)
            self._held[hazard.name] = found
            while len(self._held) > MOST_HELD:
                del self._held[next(iter(self._held))]
        return found[1]

    def refresh(self) -> None:
        """Reads anew, aside, what is held and was verified since, and puts it in place of the old."""
        for name, (mark, old) in list(self._held.items()):
            newest = self._track_records.until(name)
            if newest != mark:
                new = read_as_issued(self._verified, old.hazard, self._zone, self._n_sites)
                with self._lock:
                    self._held[name] = newest, new


def _at_cuts(
    hazard: Hazard, shown: pd.DataFrame, flat: tuple[Integers, Floats, dict[str, Floats]]
) -> dict[str, Floats]:
    """What was told at each of today's cuts, by name, shape (question, cut)."""
    row, cuts, told = flat
    order = np.argsort(hazard.target.cuts)
    known = np.asarray(hazard.target.cuts)[order]
    place = np.searchsorted(known, cuts).clip(max=len(known) - 1)
    here = known[place] == cuts
    found = {}
    for name, values in told.items():
        at_cuts = np.full((len(shown), len(known)), np.nan)
        at_cuts[row[here], order[place[here]]] = values[here]
        found[name] = at_cuts
    return found
