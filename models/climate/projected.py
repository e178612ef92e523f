"""Projections of climate models as they lie in the archive: daily values by model, scenario and member."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import xarray as xr

from features.archive import Archive
from features.errors import HaidangError
from features.variables import variable_named

HISTORICAL = "historical"
_DRIVEN_BY_REANALYSIS = "evaluation"


@dataclass(frozen=True, order=True)
class Run:
    """One run of a climate model: its historical years, gone on with by a scenario.

    Attributes:
        model: climate model; a global and a regional one have a slash between them.
        scenario: experiment of the years ahead, such as ssp245.
        member: variant of the model.
    """

    model: str
    scenario: str
    member: str

    @property
    def name(self) -> str:
        """For people: "MPI-ESM1-2-HR r1i1p1f1 ssp245"."""
        return f"{self.model} {self.member} {self.scenario}"


def runs(archive: Archive, variable: str) -> list[Run]:
    """Every run of a variable that has its historical years and those of a scenario.

    Raises:
        HaidangError: if there is none.
    """
    columns = ["model", "scenario", "member"]
    held = archive.kept("projections").table(ds.field("variable") == variable, columns)
    distinct = held.unify_dictionaries().group_by(columns).aggregate([])
    found = {Run(**row) for row in distinct.to_pylist()}
    began = {(run.model, run.member) for run in found if run.scenario == HISTORICAL}
    ahead = [run for run in found if run.scenario not in (HISTORICAL, _DRIVEN_BY_REANALYSIS)]
    whole = sorted(run for run in ahead if (run.model, run.member) in began)
    if not whole:
        lacking = f"{len(ahead)} runs without their historical years" if ahead else "none"
        raise HaidangError(
            f"the archive holds no projection of {variable} with historical years and a scenario of one member "
            f"({lacking}): ingest files of CMIP6 or CORDEX, for instance "
            f"`haidang ingest cmip6 --set folder=FOLDER`"
        )
    return whole


def projected(archive: Archive, variable: str, run: Run) -> xr.DataArray:
    """Daily values of a run, historical years and scenario.

    Returns:
        Dims (site, time), in the variable's unit, over whole years; time is the date. NaN where the run says nothing:
        days that its calendar lacks, years and sites that were not brought.
    """
    wanted = (
        (ds.field("variable") == variable)
        & (ds.field("model") == run.model)
        & (ds.field("member") == run.member)
        & ds.field("scenario").isin([HISTORICAL, run.scenario])
    )
    rows = archive.kept("projections").table(wanted, ["scenario", "site", "day", "value"])
    codes = archive.sites.codes
    site = pc.fill_null(pc.index_in(pc.cast(rows["site"], pa.string()), pa.array(codes)), -1).to_numpy()
    day = rows["day"].cast(pa.int32()).to_numpy().astype(np.int64)
    # where a scenario's files begin before the historical ones end, the historical ones hold
    first_pass = pc.not_equal(pc.cast(rows["scenario"], pa.string()), HISTORICAL).to_numpy()
    value = rows["value"].to_numpy()
    years = day[[day.argmin(), day.argmax()]].astype("datetime64[D]").astype("datetime64[Y]")
    first = years[0].astype("datetime64[D]").astype(np.int64)
    time = np.arange(years[0], years[1] + 1, dtype="datetime64[D]")
    values = np.full((len(codes), len(time)), np.nan)
    for part in (first_pass & (site >= 0), ~first_pass & (site >= 0)):
        values[site[part], day[part] - first] = value[part]
    return xr.DataArray(
        values,
        {"site": list(codes), "time": time.astype("datetime64[s]")},
        ("site", "time"),
        name=variable,
        attrs={"units": variable_named(variable).unit},
    )
