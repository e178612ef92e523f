"""The climate to come, from the archive: projections adjusted to observations, as change and return periods.

Nothing is forecast here: a scenario is a condition, and how far the models disagree is told with every number.
"""

from collections.abc import Callable, Sequence
from itertools import count

import pandas as pd
from pydantic import BaseModel, ConfigDict

from features.archive import Archive
from features.errors import HaidangError
from models.climate.change import Spread, Stretch, changes, spread, stretch_around
from models.climate.gathered import EVERYWHERE, Gathered, gather
from models.climate.indices import Index
from models.climate.projected import runs
from models.climate.return_periods import ReturnPeriod, return_periods
from models.climate.warming import warming

FEW_MODELS = 3
_TEMPERATURE = "air_temperature"


class Change(BaseModel):
    """Change of an index by a scenario.

    Attributes:
        scenario: of the models.
        year: that the stretch stands for.
        first_year: of the stretch.
        last_year: of the stretch.
        adjusted: change after bias adjustment.
        raw: as the models say by themselves; None where that cannot be told, as a ratio to nothing.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    scenario: str
    year: int
    first_year: int
    last_year: int
    adjusted: Spread
    raw: Spread | None


class IndexClimate(BaseModel):
    """An index at one place: what was observed, and how it changes.

    Attributes:
        index: its name.
        title_vi: Vietnamese title.
        title_en: English title.
        site: code of the place; None for all sites: means are over them, the highest is that of the highest of them.
        unit: of the index.
        change_unit: of its change: "%" or the same.
        reference_first: first of the reference years.
        reference_last: last of the reference years.
        observed: mean of the reference years.
        changes: by scenario and year.
        return_periods: by scenario, year and level; only of highest values.
        bias_raw: of the models by themselves in the second half of the observed years, in the unit of the index; None
            where too few years are known.
        bias_adjusted: the same after adjustment by the first half.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    index: str
    title_vi: str
    title_en: str
    site: str | None
    unit: str
    change_unit: str
    reference_first: int
    reference_last: int
    observed: float
    changes: list[Change]
    return_periods: list[ReturnPeriod]
    bias_raw: Spread | None
    bias_adjusted: Spread | None


class ClimateAssessment(BaseModel):
    """What projections say of the climate to come.

    Attributes:
        simulated: whether an observation behind it came from the simulated province.
        models: that were used.
        indices: by index and place.
        remarks: what was left out, and what to mind.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    simulated: bool
    models: list[str]
    indices: list[IndexClimate]
    remarks: list[str]


def assess(
    archive: Archive,
    indices: Sequence[Index],
    years: Sequence[int],
    *,
    sites: Sequence[str] = (),
    reference: Stretch | None = None,
    progress: Callable[[int], None] = lambda done: None,
) -> ClimateAssessment:
    """Change of indices and return periods for years ahead, by scenario, from what the archive holds.

    Args:
        archive: with projections and with observations of the same variables.
        indices: which; those whose variable lacks either are left out with a remark.
        years: each stands for the twenty years around it.
        sites: codes of the places to tell of, each by itself; for none one answer for all sites together.
        reference: years to adjust to and to compare with; see `gathered.reference_years`.
        progress: told after each run of a model how many are done.

    Raises:
        HaidangError: if for no index there are projections and enough observations.
    """
    wanted: dict[str, list[Index]] = {}
    for index in indices:
        wanted.setdefault(index.variable, []).append(index)
    ahead, places, done = {year: stretch_around(year) for year in years}, tuple(sites) or (EVERYWHERE,), count(1)
    remarks: list[str] = []
    gathered: dict[str, Gathered] = {}
    for variable, of_variable in wanted.items():
        try:
            gathered[variable] = gather(
                archive, variable, of_variable, ahead,
                places=places, reference=reference, progress=lambda: progress(next(done)),
            )  # fmt: skip
        except HaidangError as error:
            remarks.append(str(error))
    if not gathered:
        raise HaidangError("; ".join(remarks))
    answers = []
    for variable, of_variable in wanted.items():
        if variable in gathered:
            answers += _answers(archive, gathered[variable], of_variable, ahead, places, remarks)
            remarks += gathered[variable].remarks
    models = sorted({str(row["model"]) for told in gathered.values() for row in told.means})
    if len(models) < FEW_MODELS:
        remarks.append(f"spread of {len(models)} model{'s' * (len(models) > 1)}: too few to tell how unsure this is")
    return ClimateAssessment(
        simulated=any(archive.simulated(variable) for variable in gathered),
        models=models,
        indices=answers,
        remarks=remarks,
    )


def _answers(
    archive: Archive,
    told: Gathered,
    wanted: Sequence[Index],
    ahead: dict[int, Stretch],
    places: Sequence[str],
    remarks: list[str],
) -> list[IndexClimate]:
    means, maxima, bias = pd.DataFrame(told.means), pd.DataFrame(told.maxima), pd.DataFrame(told.bias)
    courses = {}
    if any(index.kind == "highest" for index in wanted):
        try:
            courses = warming(archive, runs(archive, _TEMPERATURE), told.reference)
        except HaidangError as error:
            remarks.append(f"no return periods, as they move with warming: {error}")
    answers = []
    for index in wanted:
        for place in places:
            here = means[(means["index"] == index.name) & (means["place"] == place)]
            returns = []
            if index.kind == "highest" and courses:
                of_place = maxima[(maxima["index"] == index.name) & (maxima["place"] == place)]
                returns = return_periods(of_place, courses, index, ahead)
            answers.append(
                IndexClimate(
                    index=index.name,
                    title_vi=index.title_vi,
                    title_en=index.title_en,
                    site=place or None,
                    unit=index.unit,
                    change_unit="%" if index.is_relative else index.unit,
                    reference_first=told.reference.first,
                    reference_last=told.reference.last,
                    observed=told.observed[index.name, place],
                    changes=_changes(here, index, ahead),
                    return_periods=returns,
                    bias_raw=_bias(bias, index, place, "raw"),
                    bias_adjusted=_bias(bias, index, place, "adjusted"),
                )
            )
    return answers


def _changes(means: pd.DataFrame, index: Index, ahead: dict[int, Stretch]) -> list[Change]:
    of_models = changes(means, index)
    told = []
    for scenario in sorted(set(of_models["scenario"])):
        for year, stretch in ahead.items():
            here = of_models[(of_models["scenario"] == scenario) & (of_models["year"] == year)]
            adjusted, raw = (spread(here.loc[here["version"] == name, "change"]) for name in ("adjusted", "raw"))
            if adjusted is not None:
                told.append(
                    Change(
                        scenario=scenario,
                        year=year,
                        first_year=stretch.first,
                        last_year=stretch.last,
                        adjusted=adjusted,
                        raw=raw,
                    )
                )
    return told


def _bias(bias: pd.DataFrame, index: Index, place: str, version: str) -> Spread | None:
    if bias.empty:
        return None
    here = bias[(bias["index"] == index.name) & (bias["place"] == place) & (bias["version"] == version)]
    return spread(here.groupby("model")["value"].mean())
