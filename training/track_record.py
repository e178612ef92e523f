"""The track record: how forecasts did as they were issued, by site, lead and cut, beside baselines and peers."""

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import xarray as xr
from scores.continuous import flip_flop_index

from models.as_shown import BASELINES, as_shown, by_cut
from models.block_sums import BLOCK_DAYS, TOO_FEW, Blocks, Floats, over, ratio_intervals, ratios
from models.forecaster import EVENTS_TO_JUDGE
from models.hazard import Hazard
from models.track_records import ANY_LEAD, EVERYWHERE, TrackRecord
from training.alarms import alarms

_FEWEST_TO_FLIP = 3


def track_record(hazard: Hazard, verified: pa.Table, zone: str, *, peers: pd.DataFrame | None = None) -> TrackRecord:
    """Makes the track record of a hazard.

    Args:
        hazard: the hazard, for its cuts, levels and periods.
        verified: the columns `models.as_shown.COLUMNS`, each record once; forecasts that were never shown are left
            out, and of several forecasters at one issue time the one that issued last counts.
        zone: IANA zone of the local day.
        peers: what peers said, see `training.peers.kept_peers`.
    """
    shown = as_shown(verified, zone)
    answers = _by_cut(hazard, shown, verified)
    references = list(BASELINES)
    for peer, said in peers.groupby("peer") if peers is not None else ():
        answers[str(peer)] = _said_before(answers, said)
        references.append(str(peer))
    cells = _Cells.of(answers, hazard)
    return TrackRecord(cells.scores(answers), cells.beside(answers, references), alarms(hazard, shown))


def _by_cut(hazard: Hazard, shown: pd.DataFrame, verified: pa.Table) -> pd.DataFrame:
    """One row per question and cut of today's, with what was told of it; `event` is NaN where nobody looked."""
    lists = verified.select(["cuts", "probabilities", *BASELINES]).take(shown["row"].to_numpy())
    row, flat_cuts, answers = by_cut(lists)
    told = shown[["issue_time", "issued", "site", "lead", "valid_from", "valid_to"]].iloc[row].reset_index(drop=True)
    told = told.assign(cut=flat_cuts, **answers)
    outcome = shown["outcome"].to_numpy(float)[row]
    event = hazard.target.severity(outcome) >= hazard.target.severity(flat_cuts)
    told["event"] = np.where(np.isnan(outcome), np.nan, event)
    return told[told["cut"].isin(hazard.target.cuts)].reset_index(drop=True)


def _said_before(answers: pd.DataFrame, said: pd.DataFrame) -> Floats:
    """What a peer said last of each question before our issue time; NaN where it said nothing."""
    same = ["site", "valid_from", "valid_to", "cut"]
    moments = dict.fromkeys(("issue_time", "valid_from", "valid_to"), "datetime64[us, UTC]")
    asked = answers[[*same, "issue_time"]].astype(moments).assign(row=np.arange(len(answers)))
    found = pd.merge_asof(
        asked.sort_values("issue_time"), said.astype(moments).sort_values("issue_time"), on="issue_time", by=same
    )
    return found.sort_values("row")["probability"].to_numpy(float)


class _Cells:
    """The cells of the tables: each site and all, each lead and all, each cut."""

    def __init__(self, index: pd.MultiIndex, shape: tuple[int, int, int], blocks: Blocks) -> None:
        self.index, self.shape, self.blocks = index, shape, blocks

    @classmethod
    def of(cls, answers: pd.DataFrame, hazard: Hazard) -> "_Cells":
        coded = [pd.factorize(answers[name], sort=True) for name in ("site", "lead", "cut")]
        (site, sites), (lead, leads), (cut, cuts) = coded
        shape = len(sites), len(leads), len(cuts)
        cell = (site * shape[1] + lead) * shape[2] + cut
        length = max(BLOCK_DAYS, hazard.periods.reach)
        blocks = Blocks.of(answers["issued"].to_numpy(), cell, int(np.prod(shape)), length=length)
        names = [[EVERYWHERE, *sites], [ANY_LEAD, *leads], list(cuts)]
        return cls(pd.MultiIndex.from_product(names, names=["site", "lead", "cut"]), shape, blocks)

    def sums(self, values: npt.ArrayLike) -> Floats:
        """Sums by block and cell, with those over all sites and all leads first; shape (block, cell)."""
        by = self.blocks.sums(values).reshape(self.blocks.n, *self.shape)
        by = np.concatenate([by.sum(axis=1, keepdims=True), by], axis=1)
        by = np.concatenate([by.sum(axis=2, keepdims=True), by], axis=2)
        return by.reshape(len(by), len(self.index))

    def scores(self, answers: pd.DataFrame) -> pd.DataFrame:
        event, told = answers["event"].to_numpy(), answers["probabilities"].to_numpy()
        known = np.isfinite(event) & np.isfinite(told)
        n = self.sums(known)
        events, expected = self.sums(np.where(known, event, 0)), self.sums(np.where(known, told, 0))
        enough = events.sum(axis=0) >= EVENTS_TO_JUDGE
        low, high = ratio_intervals(events, expected, enough)
        table = pd.DataFrame(
            {
                "n": n.sum(axis=0).astype(int),
                "unknown": self.sums(~np.isfinite(event)).sum(axis=0).astype(int),
                "events": events.sum(axis=0).astype(int),
                "expected": expected.sum(axis=0),
                "ratio": ratios(events, expected),
                "ratio_low": low,
                "ratio_high": high,
                "brier": ratios(self.sums(np.where(known, (told - event) ** 2, 0)), n),
                "judged": np.where(enough, "yes", TOO_FEW),
            },
            self.index,
        )
        table["flip_flop"] = _flip_flop(answers).reindex(self.index)
        return table[(table["n"] > 0) | (table["unknown"] > 0)].reset_index()

    def beside(self, answers: pd.DataFrame, references: list[str]) -> pd.DataFrame:
        event, told = answers["event"].to_numpy(), answers["probabilities"].to_numpy()
        found = []
        for name in references:
            reference = answers[name].to_numpy()
            both = np.isfinite(event) & np.isfinite(told) & np.isfinite(reference)
            n, events = self.sums(both), self.sums(np.where(both, event, 0)).sum(axis=0)
            ours = self.sums(np.where(both, (told - event) ** 2, 0))
            theirs = self.sums(np.where(both, (reference - event) ** 2, 0))
            low, high = ratio_intervals(ours, theirs, events >= EVENTS_TO_JUDGE)
            table = pd.DataFrame(
                {
                    "reference": name,
                    "n": n.sum(axis=0).astype(int),
                    "events": events.astype(int),
                    "brier": ratios(ours, n),
                    "brier_reference": ratios(theirs, n),
                    "skill": 1 - ratios(ours, theirs),
                    "skill_low": 1 - high,
                    "skill_high": 1 - low,
                },
                self.index,
            )
            found.append(table[table["n"] > 0].reset_index())
        return pd.concat(found, ignore_index=True)


def _flip_flop(answers: pd.DataFrame) -> pd.Series:
    """Mean flip-flop index of the probabilities of one period from issue to issue.

    Of the periods that were forecast at every lead; index (site, lead, cut) with `ANY_LEAD`. The index of n answers is
    what they go to and fro beyond their range, over n - 2 (Griffiths et al. 2019, doi:10.1002/met.1732).
    """
    leads = np.sort(answers["lead"].unique())
    if len(leads) < _FEWEST_TO_FLIP:
        return pd.Series(np.nan, pd.MultiIndex.from_arrays([[], [], []], names=["site", "lead", "cut"]))
    by_lead = answers.pivot_table("probabilities", ["site", "valid_from", "cut"], "lead", observed=True).dropna()
    index = flip_flop_index(xr.DataArray(by_lead.to_numpy(), dims=["period", "lead"]), "lead").to_numpy()
    told = pd.DataFrame({"index": index, "n": 1.0}, by_lead.index).groupby(level=["site", "cut"]).sum()
    everywhere = pd.concat({EVERYWHERE: told.groupby(level="cut").sum()}, names=["site"])
    whole = pd.concat([everywhere, told])
    mean = pd.concat({ANY_LEAD: pd.Series(over(whole["index"], whole["n"]), whole.index)}, names=["lead"])
    return mean.swaplevel(0, 1)
