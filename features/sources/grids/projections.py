"""Projections of the climate: daily values of CMIP6 and CORDEX models, kept by model, scenario and member.

Attributes of files: CMIP6 https://github.com/WCRP-CMIP/CMIP6_CVs (source_id, experiment_id, variant_label), CORDEX
https://is-enes-data.github.io/cordex_archive_specifications.pdf (model_id, driving_model_id, experiment_id,
driving_model_ensemble_member), CORDEX of CMIP6 https://github.com/WCRP-CORDEX/cordex-cmip6-cmor-tables (source_id,
driving_source_id, driving_experiment_id, driving_variant_label).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.entries import Batch, rejected
from features.errors import HaidangError
from features.kept import PROJECTIONS
from features.local_days import day_starts
from features.sites import Sites
from features.sources.grids.days import blocks_of, listed, no_entries
from features.sources.grids.files import OpenFiles, Part
from features.sources.grids.gridded import SiteFields
from features.sources.grids.site_reader import SiteReader, in_unit
from features.variables import variable_named

NAMES: Mapping[str, str] = MappingProxyType(
    {
        "pr": "rain",
        "tas": "air_temperature",
        "tasmax": "highest_air_temperature",
        "tasmin": "lowest_air_temperature",
    }
)
"""Name of CMIP -> our variable."""
_DRIVEN = (
    ("driving_model_id", "model_id", "experiment_id", "driving_model_ensemble_member"),
    ("driving_source_id", "source_id", "driving_experiment_id", "driving_variant_label"),
)
_GLOBAL = ("source_id", "experiment_id", "variant_label")
_MODEL_NOISE_MM = 0.01  # spectral models leave traces of negative rain


@dataclass(frozen=True)
class _Run:
    """One variable of one file with whose it is.

    Attributes:
        part: the field.
        model: global model, or driving and regional model with a slash between them.
        scenario: experiment.
        member: variant of the global model.
        dates: of its times; NaT for days that no real calendar has.
    """

    part: Part
    model: str
    scenario: str
    member: str
    dates: npt.NDArray[np.datetime64]


@dataclass(frozen=True)
class Cmip6(SiteFields):
    """Projected days of rain and temperature by climate models and scenarios (CMIP6, CORDEX; NetCDF).

    Kept beside the entries, in the table of projections. A day keeps its date in the model's calendar; 30 February,
    and 29 February of a common year, are left out. Of curvilinear grids, such as rotated-pole ones, the nearest cell
    speaks for each site, whether it has an area or not.

    Attributes:
        name: of the source.
    """

    name: str = "cmip6"
    provider_names: ClassVar[tuple[str, ...]] = tuple(NAMES)
    variables: ClassVar[tuple[str, ...]] = tuple(NAMES.values())
    licence: ClassVar[str] = "as the files say, mostly CC BY 4.0: cite the model and CMIP6 or CORDEX"
    latency: ClassVar[pd.Timedelta] = pd.Timedelta(0)
    curvilinear: ClassVar[bool] = True

    def fetch(self, sites: Sites, start: pd.Timestamp, end: pd.Timestamp) -> Iterator[Batch]:
        """Yields one variable of one file and about a year for 54 sites at a time; all files of a year together.

        Raises:
            HaidangError: if a file is broken, is not daily, or does not tell its model, scenario and member.
        """
        with OpenFiles(self.provider_names) as opened:
            reader, remarks = self.reader(sites, opened)
            runs = [_run(part) for part in self.parts(opened)]
            dates = np.unique(np.concatenate([run.dates[~np.isnat(run.dates)] for run in runs]))
            starts = day_starts(dates.astype(np.int64), self.zone)
            asked = dates[np.asarray((starts >= start) & (starts < end))]
            counts = {
                "are of days that no real calendar has": sum(int(np.isnat(run.dates).sum()) for run in runs),
                "lie outside the asked stretch": sum(
                    int((~np.isnat(run.dates) & ~np.isin(run.dates, asked)).sum()) for run in runs
                ),
            }
            counts = {why: count * len(sites) for why, count in counts.items() if count}
            yield Batch(no_entries(), read=sum(counts.values()), passed_over=counts, remarks=remarks)
            for days in blocks_of(asked.astype(np.int64), len(sites)):
                block = days.astype("datetime64[D]")
                holding = [run for run in runs if np.isin(run.dates, block).any()]
                for run in holding:
                    until = day_starts(days[-1:] + 1, self.zone)[0] if run is holding[-1] else None
                    yield self._batch(run, block, reader, until)

    def _batch(
        self, run: _Run, block: npt.NDArray[np.datetime64], reader: SiteReader, until: pd.Timestamp | None
    ) -> Batch:
        places = np.flatnonzero(np.isin(run.dates, block))
        variable = NAMES[run.part.name]
        values, covered, _ = in_unit(run.part, places, reader, variable, step_hours=24.0)
        if variable == "rain":
            values = np.where((values < 0) & (values > -_MODEL_NOISE_MM), 0.0, values)
        row, column = np.nonzero(np.isfinite(values))
        rows = pd.DataFrame(
            {
                "source": self.name,
                "model": run.model,
                "scenario": run.scenario,
                "member": run.member,
                "variable": variable,
                "site": np.array(reader.sites.codes)[column],
                "day": run.dates[places][row].astype("datetime64[s]"),
                "value": values[row, column],
            }
        )
        declared = variable_named(variable)
        bad = rows[(rows["value"] < declared.low) | (rows["value"] > declared.high)]
        reason = (
            f"{run.part.name} of {run.part.file} is not between {declared.low:g} and {declared.high:g} "
            f"{declared.unit}: check its units"
        )
        outside = int((~covered).sum()) * len(places)
        passed_over = {
            "are of sites that the grid does not cover": outside,
            "hold no known value": values.size - outside - len(rows),
        }
        return Batch(
            no_entries(),
            rejected(bad, [reason] * len(bad)),
            read=values.size,
            unread=len(bad),
            passed_over={why: count for why, count in passed_over.items() if count},
            remarks=_remarks(run.part, covered, reader.sites),
            delivered_until=until,
            tables={"projections": rows.drop(index=bad.index)[PROJECTIONS.schema.names]},
        )


def _run(part: Part) -> _Run:
    """Reads whose a file is, and checks that it is daily.

    Raises:
        HaidangError: if it is not, or the file does not say.
    """
    told = {name: str(value).strip() for name, value in part.attributes.items()}
    frequency = told.get("frequency", "day")
    dates = part.moments.astype("datetime64[D]")
    apart = np.diff(np.unique(dates[~np.isnat(dates)])).astype(np.int64)
    if frequency != "day" or len(np.unique(dates[~np.isnat(dates)])) < (~np.isnat(dates)).sum() or (
        len(apart) and np.median(apart) != 1
    ):  # fmt: skip
        raise HaidangError(f"{part.name} of {part.file} is not daily (frequency {frequency}): fetch daily values")
    for driving, regional, scenario, member in _DRIVEN:
        if driving in told:
            names: Sequence[str] = (driving, regional, scenario, member)
            break
    else:
        names = _GLOBAL
    if missing := [name for name in names if not told.get(name)]:
        raise HaidangError(
            f"{part.file} does not tell its {', '.join(missing)}, so that nobody knows whose projection it is: write "
            f"these global attributes into it"
        )
    *model, scenario, member = (told[name] for name in names)
    return _Run(part, "/".join(model), scenario, member, dates)


def _remarks(part: Part, covered: npt.NDArray[np.bool_], sites: Sites) -> tuple[str, ...]:
    remarks = []
    if outside := [code for code, is_in in zip(sites, covered, strict=True) if not is_in]:
        remarks.append(f"the grid of {part.file} does not cover {listed(outside)}")
    if np.isnan(part.spacing):
        remarks.append(f"the grid of {part.file} is curvilinear: the nearest cell speaks for each site")
    return tuple(remarks)
