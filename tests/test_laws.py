"""The laws, over every hazard that is found: no future, one path, nothing overwritten, sound probabilities, names."""

from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from itertools import combinations
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
import skops.io
from conftest import HANOI, a_row_of_sites, a_tiny_hazard, at
from hypothesis import given, settings
from hypothesis import strategies as st

from features.archive import Archive
from features.drivers import of_archive, of_forecasts, of_surveillance
from features.entries import Receipt
from features.given import Attribute
from features.settings import BUILT_IN_SITES
from features.sites import Site, Sites, read_sites
from features.sources.simulated import SimulatedProvince
from features.sources.tables.mapping import read_mapping
from features.variables import VARIABLES, variable_named
from haidang.demonstration import cases
from models.baselines import Climatology, Persistence
from models.blend import Blend, PerPeriod
from models.boosted import Boosted
from models.catalogue import read_hazards
from models.exceedance import Exceedance
from models.forecaster import ALLOWED_TYPES
from models.guard import Guarded
from models.ladder import Ladder
from models.levels import highest_level
from models.logistic import Logistic
from models.normal_scores import NormalScores

FOUND = read_hazards()
OF_CASES = {
    f"{name} of {folder.name}": hazard
    for folder in sorted((Path(cases.__file__).parent / "case_hazards").iterdir())
    for name, hazard in read_hazards(folder).items()
    if hazard is not FOUND.get(name)
}
HAZARDS = FOUND | {"tiny": a_tiny_hazard()} | OF_CASES
# What the tables of the cases bring, see the mappings of features/sources/tables.
OF_TABLES = {
    "domoic_acid", "pseudo_nitzschia", "sea_surface_temperature", "sea_surface_temperature_anomaly", "chlorophyll",
    "chlorophyll_anomaly", "photosynthetic_radiation", "river_discharge", "nutrient_upwelling", "oceanic_nino_index",
    "pacific_decadal_index", "dengue_cases", "monthly_air_temperature", "monthly_rain", "rain",
    *read_mapping("salmon_cages").rules,
}  # fmt: skip
BEGINS, ENDS = at("2019-01-01"), at("2020-12-31")
every_hazard = pytest.mark.parametrize("name", HAZARDS)


@dataclass
class World:
    """An archive, all its entries, and the same archive as it would have been at earlier moments."""

    archive: Archive
    entries: pd.DataFrame
    folder: Path
    cuts: dict[pd.Timestamp, Archive] = field(default_factory=dict)

    def known_by(self, moment: pd.Timestamp) -> Archive:
        """A fresh archive of the entries that were known at a moment, and of no other."""
        if moment not in self.cuts:
            self.cuts[moment] = self.fresh(self.entries[self.entries["known_time"] <= moment])
        return self.cuts[moment]

    def fresh(self, entries: pd.DataFrame) -> Archive:
        """A fresh archive of some entries."""
        held = Archive(self.folder / f"archive_{len(list(self.folder.iterdir()))}", self.archive.sites, HANOI)
        receipt = held.append(entries)
        assert receipt == Receipt(accepted=len(entries))
        return held

    def moments(self, count: int, *, seed: int) -> pd.DatetimeIndex:
        """Random moments, to the minute, in the second half of the record."""
        minutes = np.random.default_rng(seed).choice(350 * 24 * 60, count, replace=False)
        return pd.DatetimeIndex(at("2020-01-05") + pd.to_timedelta(minutes, "min")).sort_values().tz_convert("UTC")


def world(folder: Path, sites: Sites, entries: pd.DataFrame) -> World:
    made = World(Archive(folder / "whole", sites, HANOI), entries, folder)
    assert made.archive.append(entries) == Receipt(accepted=len(entries))
    return made


@pytest.fixture(scope="module")
def province(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Two years of a part of the simulated province: the 12 communes nearest to Hà An."""
    source = SimulatedProvince(years=2, seed=5, first_year=2019, run_every_days=1)
    whole = read_sites(BUILT_IN_SITES)
    nearest = np.argsort(whole.distances_km[whole.codes.index(whole.find("Hà An").code)])[:12]
    sites = Sites([whole[whole.codes[place]] for place in nearest])
    assert sites.having("shrimp_ponds").sum() > 3
    batches = [batch.entries for batch in source.fetch(sites, BEGINS, ENDS)]
    return world(tmp_path_factory.mktemp("province"), sites, pd.concat(batches, ignore_index=True))


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Two years of numbers for all declared variables: gaps, delays, corrections, and forecasts where there are any."""
    attributes = {hazard.where for hazard in HAZARDS.values() if hazard.where}
    attributes |= {f.attribute for hazard in HAZARDS.values() for f in hazard.features if isinstance(f, Attribute)}
    facts = dict.fromkeys(attributes - {"latitude", "longitude"}, 1.0)
    sites = Sites(
        [Site(s.code, s.name_vi, s.name_en, s.latitude, s.longitude, facts) for s in a_row_of_sites().values()]
    )
    random = np.random.default_rng(8)
    days = pd.date_range(BEGINS, ENDS, freq="D", inclusive="left")
    parts = [_reports(random, name, sites, days) for name in VARIABLES]
    return world(tmp_path_factory.mktemp("everything"), sites, pd.concat(parts, ignore_index=True))


def _reports(random: np.random.Generator, variable: str, sites: Sites, days: pd.DatetimeIndex) -> pd.DataFrame:
    declared = variable_named(variable)
    cells = pd.MultiIndex.from_product([days, sites.codes], names=["valid_time", "site"]).to_frame(index=False)
    cells = cells[random.random(len(cells)) < 0.5]
    over = cells["valid_time"] + pd.Timedelta(days=31 if declared.span_days == 28 else declared.span_days)
    first = cells.assign(known_time=over + pd.to_timedelta(random.integers(0, 9 * 24, len(cells)), "h"))
    again = first[random.random(len(first)) < 0.2]
    again = again.assign(known_time=again["known_time"] + pd.to_timedelta(random.integers(1, 60, len(again)), "D"))
    parts = [first, again]
    if declared.forecast:
        ahead = pd.to_timedelta(random.integers(-15 * 24, 0, len(cells)), "h")
        parts.append(cells.assign(known_time=cells["valid_time"] + ahead))
    whole = pd.concat(parts, ignore_index=True)
    lowest = max(declared.low, -100.0)
    spread = min(declared.high - lowest, 200.0)
    values = lowest + spread * random.beta(1, 4, len(whole))
    return whole.assign(variable=variable, value=values.round(3), source="numbers")


@pytest.fixture
def world_of(province: World, everything: World) -> Callable[[str], World]:
    """The simulated province where it brings all that a hazard reads and asks for; made-up numbers elsewhere."""

    def of(name: str) -> World:
        hazard = HAZARDS[name]
        brought = {*hazard.variables, hazard.target.variable} <= set(SimulatedProvince.variables)
        return province if brought and province.archive.sites.having(hazard.where).any() else everything

    return of


def same(left: pd.DataFrame, right: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(left, right, check_exact=True)


# Law 1: no future.


@every_hazard
def test_an_answer_is_the_same_in_an_archive_that_ends_at_the_issue_time(
    world_of: Callable[[str], World], name: str
) -> None:
    whole, hazard = world_of(name), HAZARDS[name]
    for moment in whole.moments(3, seed=1)[::2]:
        asked = hazard.ask(whole.archive, moment)
        assert len(asked) > 0
        assert asked.notna().to_numpy().mean() > 0.3
        same(asked, hazard.ask(whole.known_by(moment), moment))


@every_hazard
def test_a_late_revision_changes_no_earlier_row_and_all_later_ones(world_of: Callable[[str], World], name: str) -> None:
    whole, hazard = world_of(name), HAZARDS[name]
    moment = whole.moments(3, seed=1)[1]
    before = hazard.ask(whole.archive, moment)
    known = whole.entries[whole.entries["known_time"] <= moment]
    revised_at = moment + pd.Timedelta(minutes=1)
    recent = known[known["valid_time"] > moment - pd.Timedelta(days=400)]
    recent = recent.drop_duplicates(["site", "variable", "valid_time"])
    planted = recent.assign(known_time=revised_at, source="planted")
    declared = [variable_named(variable) for variable in planted["variable"]]
    planted["value"] = [variable.high for variable in declared]
    over = planted["valid_time"] + pd.to_timedelta([v.span_days for v in declared], "D") <= revised_at
    planted = planted[over | np.array([v.forecast for v in declared])]
    revised = whole.fresh(pd.concat([known, planted], ignore_index=True))
    same(hazard.ask(revised, moment), before)
    both = hazard.ask(revised, [moment, revised_at])
    same(both.loc[[moment]], before)
    after = both.loc[revised_at]
    measured = [feature.name for feature in hazard.features if feature.variables]
    changed = (after[measured] != before.droplevel("issue_time")[measured]).any()
    assert changed.mean() > 0.5


# Law 2: one path.


@every_hazard
def test_a_thousand_issue_times_asked_at_once_get_what_each_gets_alone(
    world_of: Callable[[str], World], name: str
) -> None:
    whole, hazard = world_of(name), HAZARDS[name]
    times = whole.moments(1000, seed=2)
    together = hazard.ask(whole.archive, times)
    assert len(together.index.unique("issue_time")) == 1000
    for moment in times[::166]:
        alone = hazard.ask(whole.archive, moment)
        same(alone, together.loc[[moment]])


# Law 3: nothing is overwritten.


@every_hazard
def test_what_becomes_known_later_changes_no_earlier_snapshot(world_of: Callable[[str], World], name: str) -> None:
    whole, hazard = world_of(name), HAZARDS[name]
    early, _, late = whole.moments(3, seed=1)
    growing = whole.fresh(whole.entries[whole.entries["known_time"] <= early])
    asked = hazard.ask(growing, early)
    between = (whole.entries["known_time"] > early) & (whole.entries["known_time"] <= late)
    growing.append(whole.entries[between])
    same(hazard.ask(growing, early), asked)
    same(hazard.ask(growing, late), hazard.ask(whole.archive, late))


@every_hazard
def test_the_same_entries_twice_change_nothing(world_of: Callable[[str], World], name: str) -> None:
    whole, hazard = world_of(name), HAZARDS[name]
    moment = whole.moments(3, seed=1)[2]
    asked, version = hazard.ask(whole.archive, moment), whole.archive.version
    again = whole.entries.sample(2000, random_state=1)
    assert whole.archive.append(again) == Receipt(duplicates=2000)
    assert whole.archive.version == version
    same(hazard.ask(whole.archive, moment), asked)


# Law 4: sound probabilities.

ESTIMATORS: dict[str, Callable[[], Exceedance]] = {
    "logistic": Logistic,
    "boosted": lambda: Boosted(rounds=5, min_child_weight=1.0),
    "boosted on a backbone": lambda: Boosted(backbone=Logistic(), rounds=5, min_child_weight=1.0),
    "per period": lambda: PerPeriod(member=Logistic()),
    "blend": lambda: Blend(members=(Logistic(), Climatology(), Boosted(rounds=3)), folds=2, ridge=0.1),
    "corrected blend": lambda: Blend(
        members=(Climatology(), NormalScores(scored=("one",), columns=("two",))),
        trees=Boosted(rounds=3, rising=("one",), dropped=(("two",),)),
        folds=2,
    ),
    "guarded ladder": lambda: Guarded(
        member=Ladder(full=Logistic(), forecasts=("one",), archived=("one", "two"), rising=("one",)), rising=("one",)
    ),
    "climatology": Climatology,
    "persistence": lambda: Persistence(column="one"),
}


def wild_questions(random: np.random.Generator, days: int) -> pd.DataFrame:
    """Features of any size, with holes, for three sites and two periods; the season is always given."""
    times = pd.date_range("2020-01-01", periods=days, freq="D", tz="UTC")
    index = pd.MultiIndex.from_product([times, ["a", "b", "c"], [1, 2]], names=["issue_time", "site", "period"])
    values = random.standard_normal((len(index), 4)) * 10.0 ** random.integers(-3, 6, 4)
    values[random.random(values.shape) < random.choice([0.0, 0.3, 0.9])] = np.nan
    angle = random.uniform(0, 2 * np.pi, len(index))
    values[:, 2:] = np.column_stack([np.sin(angle), np.cos(angle)])
    return pd.DataFrame(values, index, ["one", "two", "season_harmonic(sine)", "season_harmonic(cosine)"])


@pytest.mark.parametrize("make", ESTIMATORS.values(), ids=ESTIMATORS)
@given(seed=st.integers(0, 2**32 - 1), days=st.integers(6, 40), n_cuts=st.integers(1, 4), min_events=st.integers(1, 25))
@settings(max_examples=8, deadline=None)
def test_probabilities_lie_within_0_and_1_and_never_increase_with_the_cut(
    make: Callable[[], Exceedance], seed: int, days: int, n_cuts: int, min_events: int
) -> None:
    random = np.random.default_rng(seed)
    past, new = wild_questions(random, days), wild_questions(random, 5)
    new.iloc[0, :2], new.iloc[1, :2], new.iloc[2, :2] = np.nan, 1e30, -1e30
    follows = random.choice([0.0, 1.0]) * past["one"].where(past["one"].notna(), -1.0)  # made up: any outcome will do
    outcome = np.round(random.exponential(10.0, len(past)) + follows, 1)
    cuts = tuple(np.cumsum(random.uniform(0.5, 20.0, n_cuts)).tolist())
    estimator = make().set_params(cuts=cuts, min_events=min_events).fit(past, outcome)
    for rows in (past, new):
        given_ = estimator.predict_exceedance(rows)
        assert given_.shape == (len(rows), n_cuts)
        assert ((given_ >= 0) & (given_ <= 1)).all()
        assert (np.diff(given_, axis=1) <= 0).all()
        assert np.isfinite(estimator.expected(given_)).all()


@every_hazard
def test_what_a_hazard_learned_is_kept_at_rest_and_answers_and_explains_as_before(
    world_of: Callable[[str], World], name: str
) -> None:
    whole, hazard, random = world_of(name), HAZARDS[name], np.random.default_rng(6)
    rows = hazard.ask(whole.archive, pd.date_range(at("2019-03-05"), at("2020-12-10"), freq="10D"))
    cuts = np.asarray(hazard.target.severity_cuts)
    made_up = random.choice(np.append(cuts, cuts[0] - 1), len(rows)) + random.random(len(rows))  # any outcome will do
    fitted = hazard.estimator().fit(rows, made_up)
    restored = skops.io.loads(skops.io.dumps(fitted), trusted=ALLOWED_TYPES)
    answer = fitted.predict_exceedance(rows)
    np.testing.assert_array_equal(restored.predict_exceedance(rows), answer)
    explained = restored.contributions(rows[:40])
    assert explained.shape == (40, len(cuts), len(hazard.features))
    np.testing.assert_array_equal(explained, fitted.contributions(rows[:40]))


@every_hazard
def test_whatever_falls_silent_a_forecast_is_made(world_of: Callable[[str], World], name: str) -> None:
    whole, hazard, random = world_of(name), HAZARDS[name], np.random.default_rng(6)
    rows = hazard.ask(whole.archive, pd.date_range(at("2019-03-05"), at("2020-12-10"), freq="20D"))
    cuts = np.asarray(hazard.target.severity_cuts)
    made_up = random.choice(np.append(cuts, cuts[0] - 1), len(rows)) + random.random(len(rows))  # any outcome will do
    fitted, asked = hazard.estimator().fit(rows, made_up), rows.iloc[:: max(1, len(rows) // 60)]
    of_variable = [
        tuple(feature.name for feature in hazard.features if variable in feature.variables)
        for variable in hazard.variables
    ]
    sources = (of_forecasts(hazard.features), of_surveillance(hazard.features), of_archive(hazard.features))
    of_sources = [sum(chosen, ()) for size in (1, 2) for chosen in combinations(sources[:2], size)]
    for silent in (*of_variable, *of_sources, sources[2]):
        told = fitted.predict_exceedance(asked.assign(**dict.fromkeys(silent, np.nan)))
        assert ((told >= 0) & (told <= 1)).all(), silent
        assert (np.diff(told, axis=1) <= 0).all(), silent


def falling(random: np.random.Generator, rows: int, n_cuts: int) -> npt.NDArray[np.float64]:
    return -np.sort(-random.random((rows, n_cuts)), axis=1)


@every_hazard
def test_the_level_is_the_last_of_the_declared_table_whose_rule_holds(name: str) -> None:
    hazard, random = HAZARDS[name], np.random.default_rng(3)
    cuts = hazard.target.cuts
    probabilities = falling(random, 300, len(cuts))
    given_ = highest_level(hazard.levels, cuts, probabilities)
    for row, level in zip(probabilities, given_, strict=True):
        reached = [word for word, rule in hazard.levels.items() if row[cuts.index(rule.cut)] >= rule.probability]
        assert level == (reached[-1] if reached else None)


@every_hazard
def test_a_level_is_reached_at_its_trigger_and_not_below(name: str) -> None:
    hazard = HAZARDS[name]
    cuts, words = hazard.target.cuts, list(hazard.levels)
    for word, rule in hazard.levels.items():
        upto = np.asarray(cuts) <= rule.cut
        at_trigger, below = (
            np.where(upto, rule.probability, 0.0),
            np.where(upto, np.nextafter(rule.probability, 0), 0.0),
        )
        reached, missed = highest_level(hazard.levels, cuts, np.stack([at_trigger, below]))
        assert words.index(reached) >= words.index(word)
        assert missed is None or missed != word


@every_hazard
def test_higher_probabilities_never_give_a_lower_level(name: str) -> None:
    hazard, random = HAZARDS[name], np.random.default_rng(4)
    rank = {None: -1} | {word: number for number, word in enumerate(hazard.levels)}
    low = falling(random, 500, len(hazard.target.cuts))
    high = low + (1 - low) * random.random((500, 1))
    ranks = [[rank[word] for word in highest_level(hazard.levels, hazard.target.cuts, p)] for p in (low, high)]
    assert (np.array(ranks[0]) <= np.array(ranks[1])).all()


# Law 5: names.


@every_hazard
def test_the_features_of_a_hazard_have_names_of_their_own(name: str) -> None:
    names = [feature.name for feature in HAZARDS[name].features]
    assert len(set(names)) == len(names) > 0


@every_hazard
def test_every_variable_is_declared_and_some_source_brings_it(name: str) -> None:
    hazard = HAZARDS[name]
    read = {*hazard.variables, hazard.target.variable}
    assert read <= set(VARIABLES)
    assert read <= set(SimulatedProvince.variables) | OF_TABLES


@every_hazard
def test_every_hazard_cites_its_reference_and_has_both_titles(name: str) -> None:
    hazard = HAZARDS[name]
    assert hazard.reference and hazard.title_vi and hazard.title_en
    assert hazard.name == name.partition(" of ")[0]


@pytest.mark.parametrize("name", FOUND)
def test_every_hazard_file_says_what_it_is(name: str) -> None:
    module = import_module(f"models.hazards.{name}")
    assert module.HAZARD is FOUND[name]
    assert len((module.__doc__ or "").strip()) > 80


def test_every_variable_has_both_titles_and_a_range() -> None:
    for variable in VARIABLES.values():
        assert variable.unit and variable.title_en and variable.title_vi
        assert variable.low < variable.high
        assert variable.span_days >= 0
