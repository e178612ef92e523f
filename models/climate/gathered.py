"""What all runs of the models say of one daily variable, brought to the observations, in tables."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import xarray as xr

from features.archive import Archive
from features.errors import HaidangError
from models.climate.change import LEAST_YEARS, WINDOW_YEARS, Stretch, climate, run_years
from models.climate.half_check import bias_in_second_half, halves
from models.climate.indices import Index, as_rate, known_years, yearly
from models.climate.projected import projected, runs

REFERENCE = Stretch(1995, 2014)
"""Reference years of IPCC's sixth assessment; 2014 is the last historical year of CMIP6."""
EVERYWHERE = ""
"""The place that is all sites: means are over them, the highest value is that of the highest of them."""
_OBSERVED_FROM = "1950-01-01"


@dataclass
class Gathered:
    """What the runs say of a variable, by place.

    Attributes:
        reference: years of the adjustment and of comparison.
        observed: mean of the reference years by index and place.
        means: columns scenario, model, member, index, place, version (raw, adjusted), stretch (0 for the reference,
            else the year it stands for), value.
        maxima: adjusted; columns scenario, model, member, index, place, year, value.
        bias: in years that the adjustment has not seen; columns model, index, place, version, value.
        remarks: what was left out.
    """

    reference: Stretch
    observed: dict[tuple[str, str], float] = field(default_factory=dict)
    means: list[dict[str, object]] = field(default_factory=list)
    maxima: list[dict[str, object]] = field(default_factory=list)
    bias: list[dict[str, object]] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


def observed_days(archive: Archive, variable: str) -> xr.DataArray:
    """All observed days of a variable since 1950, in units that xclim knows; dims (site, time).

    Raises:
        HaidangError: if there is none.
    """
    by = archive.ends(variable)
    start = pd.Timestamp(_OBSERVED_FROM, tz=archive.zone)
    return as_rate(archive.observed(variable, by=by, start=start, end=by))


def gather(
    archive: Archive,
    variable: str,
    wanted: Sequence[Index],
    ahead: Mapping[int, Stretch],
    *,
    places: Sequence[str] = (EVERYWHERE,),
    reference: Stretch | None = None,
    progress: Callable[[], None] = lambda: None,
) -> Gathered:
    """Adjusts every run of a variable and computes its indices.

    Args:
        archive: with projections and observations of the variable.
        variable: a daily variable.
        wanted: its indices.
        ahead: stretches to look at, by the year that each stands for.
        places: codes of sites, or `EVERYWHERE`.
        reference: years of the adjustment and of comparison; see `reference_years`.
        progress: called after each run.

    Raises:
        HaidangError: if there are no projections or too few observations, or none at a place.
    """
    all_runs, observed = runs(archive, variable), observed_days(archive, variable)
    chosen = reference_years(observed, reference)
    well_known = _well_known(observed, chosen)
    if lacking := [place for place in places if place not in (EVERYWHERE, *well_known)]:
        raise HaidangError(
            f"{variable} at site {', '.join(lacking)} has fewer than {LEAST_YEARS} observed years in {chosen.first}-"
            f"{chosen.last}: ask for other sites, or for all together"
        )
    at = [site for site in well_known if EVERYWHERE in places or site in places]
    gathered = Gathered(chosen)
    past = yearly(chosen.of(observed.sel(site=at)), wanted)
    for index in wanted:
        for place in places:
            gathered.observed[index.name, place] = _mean_at(climate(past[index.name]), place)
    checked = set()
    for run in all_runs:
        modelled = as_rate(projected(archive, variable, run))
        held = [site for site in _well_known(modelled, chosen) if site in at]
        if not held:
            gathered.remarks.append(
                f"{run.name}: fewer than {LEAST_YEARS} years of {variable} in {chosen.first}-{chosen.last}; left out"
            )
            continue
        here, model = observed.sel(site=held), modelled.sel(site=held)
        whose: dict[str, object] = {"scenario": run.scenario, "model": run.model, "member": run.member}
        by_year = run_years(here, model, wanted, chosen, ahead.values())
        for year, stretch in {0: chosen, **ahead}.items():
            if stretch not in by_year.raw:
                gathered.remarks.append(f"{run.name}: no {variable} in {stretch.first}-{stretch.last}")
                continue
            of_stretch = {"raw": by_year.raw[stretch], "adjusted": by_year.adjusted[stretch]}
            gathered.means += _means(whose | {"stretch": year}, of_stretch, wanted, places)
            gathered.maxima += _maxima(whose, of_stretch["adjusted"], wanted, places)
        if (run.model, run.member) not in checked and (parts := halves(here, model)) is not None:
            checked.add((run.model, run.member))
            bias = bias_in_second_half(here, model, wanted, *parts)
            gathered.bias += [
                {"model": run.model, "index": index.name, "place": place, "version": version, "value": value}
                for index in wanted
                for place in places
                for version in ("raw", "adjusted")
                if np.isfinite(value := _mean_at(bias[index.name].sel(version=version), place))
            ]
        progress()
    if not gathered.means:
        raise HaidangError("; ".join(gathered.remarks))
    return gathered


def reference_years(observed: xr.DataArray, asked: Stretch | None = None) -> Stretch:
    """Years that projections are adjusted to and compared with.

    Args:
        observed: dims (site, time).
        asked: the years to take; 1995-2014 for None, or the last twenty observed ones where fewer than 15 of those are
            observed at every site.

    Raises:
        HaidangError: if no site has 15 observed years in them.
    """
    if asked is None:
        any_site = known_years(observed).any("site")
        years = any_site["year"].to_numpy()[any_site.to_numpy()]
        last = int(years[-1]) if len(years) else REFERENCE.last
        asked = REFERENCE if _well_known(observed, REFERENCE) else Stretch(last - WINDOW_YEARS + 1, last)
    if not _well_known(observed, asked):
        raise HaidangError(
            f"{observed.name} has fewer than {LEAST_YEARS} observed years in {asked.first}-{asked.last} at every site "
            f"(a year counts with at most 15 days missing): projections cannot be adjusted; ingest a longer record"
        )
    return asked


def _well_known(daily: xr.DataArray, stretch: Stretch) -> list[str]:
    """The sites with enough known years in a stretch."""
    enough = known_years(stretch.of(daily)).sum("year") >= LEAST_YEARS
    return [str(site) for site in enough["site"].to_numpy()[enough.to_numpy()]]


def _means(
    whose: dict[str, object], of_stretch: Mapping[str, xr.Dataset], wanted: Sequence[Index], places: Sequence[str]
) -> list[dict[str, object]]:
    return [
        whose | {"index": index.name, "place": place, "version": version, "value": _mean_at(value, place)}
        for version, years in of_stretch.items()
        for index in wanted
        for value in [climate(years[index.name])]
        for place in places
    ]


def _maxima(
    whose: dict[str, object], years: xr.Dataset, wanted: Sequence[Index], places: Sequence[str]
) -> list[dict[str, object]]:
    return [
        whose | {"index": index.name, "place": place, "year": int(year), "value": float(value)}
        for index in wanted
        if index.kind == "highest"
        for place in places
        for values in [_highest_at(years[index.name], place)]
        for year, value in zip(values["year"].to_numpy(), values.to_numpy(), strict=True)
    ]


def _mean_at(of_sites: xr.DataArray, place: str) -> float:
    """Value of a place from values of dims (site); NaN where it is not known."""
    if place == EVERYWHERE:
        return float(of_sites.mean())
    return float(of_sites.sel(site=place)) if place in of_sites["site"] else np.nan


def _highest_at(years: xr.DataArray, place: str) -> xr.DataArray:
    """Values by year of a place, from dims (site, year)."""
    if place == EVERYWHERE:
        return years.max("site", skipna=False)
    return years.sel(site=place) if place in years["site"] else xr.full_like(years.isel(site=0), np.nan)
