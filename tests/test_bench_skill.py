"""The table of skill: trials are kept, run in processes of their own, and written with the claims they decide."""

import json
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from features.sources.simulated import SimulatedProvince
from haidang.benchmarks import judging
from haidang.benchmarks import skill as bench_skill
from haidang.benchmarks.judging import Judged, Results, Trial, can_be_judged, has_a_climate, run_trial
from haidang.benchmarks.skill import asked_for, trials_of
from haidang.benchmarks.skill_by_lead import by_lead, coverage_rows
from haidang.benchmarks.skill_report import write_report
from haidang.benchmarks.skill_targets import CLAIMS, COVERAGE_CLAIMS
from models.catalogue import read_hazards

HAZARDS = read_hazards()


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One small hazard, judged once on one fresh year; only to be read."""
    out = tmp_path_factory.mktemp("bench-skill")
    with pytest.MonkeyPatch.context() as patch:
        read = tuple({*HAZARDS["fish_white_spot"].variables, HAZARDS["fish_white_spot"].target.variable})
        patch.setattr(judging, "SimulatedProvince", partial(SimulatedProvince, variables=read, run_every_days=30))
        told = run_trial(small(), Results(out))
    assert told.failed is None
    return out


def small(**changes: int) -> Trial:
    stated = {"seed": 1, "years": 4, "test_years": 1} | changes
    return Trial(HAZARDS["fish_white_spot"], **stated)


def test_every_hazard_that_the_province_can_tell_of_is_tried_with_every_seed() -> None:
    trials = trials_of(asked_for(["--seeds", "2"]))
    names = {trial.hazard.name for trial in trials}
    assert {(trial.hazard.name, trial.seed) for trial in trials} == {(name, seed) for name in names for seed in (1, 2)}
    assert names == {name for name, hazard in HAZARDS.items() if can_be_judged(hazard)}
    assert "domoic_acid" not in names
    assert {"heavy_rain", "outlook_rain", "dengue_weekly"} <= names


def test_the_ceiling_is_learned_where_it_is_asked_for() -> None:
    named = trials_of(asked_for(["cold", "shrimp_necrosis", "--ceiling", "shrimp_necrosis", "--ceiling-years", "60"]))
    assert {trial.hazard.name: trial.ceiling_years for trial in named} == {"cold": 0, "shrimp_necrosis": 60}
    hidden = trials_of(asked_for(["cold", "shrimp_necrosis", "--ceiling"]))
    assert {trial.hazard.name: trial.ceiling_years for trial in hidden} == {"cold": 0, "shrimp_necrosis": 120}


def test_the_fresh_world_is_another_and_has_a_past_where_outcomes_are_told_against_one() -> None:
    trial = small()
    assert trial.fresh.seed != trial.learned_from.seed
    assert trial.learned_from.first_year + trial.learned_from.years == 2026
    assert (trial.fresh.first_year, trial.fresh.years) == (2025, 3)
    outlook = Trial(HAZARDS["outlook_rain"], 1, 4, 1)
    assert has_a_climate(outlook.hazard)
    assert (outlook.fresh.first_year, outlook.fresh.years) == (1995, 33)


def test_a_result_is_kept_and_holds_until_what_it_hangs_on_changes(out: Path) -> None:
    results = Results(out)
    held = results.judged(small())
    assert held is not None
    assert held.rows > 0
    assert results.judged(small(seed=2)) is None
    assert results.judged(small(test_years=2)) is None
    tally = results.tally(small())
    assert tally.scores["n"].sum() > 0
    assert {"brier_model", "brier_climatology", "brier_persistence", "regret_model"} <= set(tally.scores)


def test_the_table_is_written_for_people_and_machines(out: Path) -> None:
    failed = small(seed=2)
    Results(out).keep(failed, Judged(failed.key, failed="ValueError: nothing to learn from"), None)
    text, table, covered, facts = (
        file.read_text(encoding="utf-8") for file in write_report([small(), failed], Results(out), out)
    )
    assert "fish_white_spot-2: ValueError: nothing to learn from" in text
    assert "SIMULATED" in text
    read = pd.read_csv(out / "skill.csv")
    assert set(read["hazard"]) == {"fish_white_spot"}
    assert read["lead"].unique().tolist() == [1, 15, 29, 43]
    told = json.loads(facts)
    assert told["failed"] == {"fish_white_spot-2": "ValueError: nothing to learn from"}
    assert len(told["figures"]) == len(read)
    assert table.startswith("season,lead,cut")
    assert covered.strip() == "hazard"  # events of fish have no amount
    assert told["coverage"] == []
    assert "## By hazard and lead" in text


def figures_of(**changes: object) -> pd.DataFrame:
    """Two leads of heavy rain."""
    rows = {
        "hazard": "heavy_rain",
        "season": ["all", "all", "summer"],
        "lead": [1, 3, 1],
        "cut": 50.0,
        "n": 5000,
        "events": 100,
    }
    told = {"share": [0.96, 0.93, None], "skill_climatology": 0.5, "skill_persistence": 0.5, "period_days": 1}
    ends = {"skill_climatology_high": 0.6, "skill_persistence_high": 0.6, "miscalibration_beyond": [0.001, 0.004, None]}
    return pd.DataFrame(
        rows | told | ends | {"miscalibration_beyond_low": 0.0, "miscalibration_beyond_high": 0.01} | changes
    )


def test_claims_are_checked_against_the_figures() -> None:
    found = {claim.told: claim.of(figures_of()) for claim in CLAIMS}
    (rain,) = (one for told, one in found.items() if told.startswith("heavy_rain"))
    assert (rain.held, rain.verdict) == (False, "NO")
    assert "lead 3 cut 50: 0.930" in rain.found
    (slides, *_) = (one for told, one in found.items() if told.startswith("landslide"))
    assert (slides.held, slides.verdict) == (None, "not judged")
    of_all = [one for told, one in found.items() if "baseline" in told or "MCB" in told or "above climatology" in told]
    assert [one.held for one in of_all] == [True, True, True]


@pytest.mark.parametrize(
    ("changes", "broken"),
    [
        ({"skill_persistence": [0.5, 0.5, -0.1]}, "skill above climatology"),
        ({"skill_climatology_high": [0.6, -0.1, 0.6]}, "nowhere significantly below"),
        ({"miscalibration_beyond": [0.006, 0.004, None]}, "MCB/UNC"),
    ],
)
def test_a_claim_that_does_not_hold_says_where(changes: dict[str, object], broken: str) -> None:
    (finding,) = (claim.of(figures_of(**changes)) for claim in CLAIMS if claim.told.startswith(broken))
    assert finding.held is False
    assert "lead" in finding.found


def coverage_of(year: float, summer: float) -> pd.DataFrame:
    """Coverage of heavy rain over all leads and at lead 1, known to within a hundredth."""
    rows = {"hazard": "heavy_rain", "season": ["all", "all", "summer", "summer"], "lead": ["all", 1, "all", 1]}
    covered = np.array([year, 0.5, summer, 0.5])
    ends = {"covered_low": covered - 0.01, "covered_high": covered + 0.01}
    return pd.DataFrame(rows | {"n": 2000, "told": 1200, "covered": covered} | ends)


@pytest.mark.parametrize(
    ("year", "summer", "held"),
    [(0.88, 0.94, [True, True]), (0.87, 0.87, [False, True]), (0.91, 0.95, [True, False])],
)
def test_intervals_are_held_to_what_they_should_cover_over_all_leads(
    year: float, summer: float, held: list[bool]
) -> None:
    assert [claim.of(coverage_of(year, summer)).held for claim in COVERAGE_CLAIMS] == held


def test_an_interval_that_covers_too_little_is_told_with_its_number_and_how_sure_it_is() -> None:
    (of_year, _) = (claim.of(coverage_of(0.80, 0.9)) for claim in COVERAGE_CLAIMS)
    assert of_year.found == "1 of 1 outside, 1 surely: heavy_rain all 0.800 [0.790 0.810] (n 1,200)"
    assert [claim.of(pd.DataFrame(columns=["hazard"])).held for claim in COVERAGE_CLAIMS] == [None, None]


def test_coverage_is_written_by_season_and_by_lead_beside_its_target() -> None:
    assert coverage_rows(coverage_of(0.9, 0.85))[2:] == [
        "| all | all | 2,000 | 1,200 | 0.900 [0.890 0.910] (n 1,200) | 0.88-0.92 | yes |",
        "| all | 1 | 2,000 | 1,200 | 0.500 [0.490 0.510] (n 1,200) | - | - |",
        "| summer | all | 2,000 | 1,200 | 0.850 [0.840 0.860] (n 1,200) | 0.86-0.94 | NO |",
    ]


def test_each_hazard_and_lead_stands_in_one_row_beside_the_targets() -> None:
    table = figures_of(skill_persistence=[0.5, 0.5, -0.1], skill_persistence_high=[0.6, 0.6, -0.05])
    assert by_lead(table, coverage_of(0.9, 0.9))[2:] == [
        "| heavy_rain | 1 | 0.0010 [0.0000 0.0100] at cut 50: yes | 0 of 1 | 1 | 0.500 [0.490 0.510] (n 1,200) |",
        "| heavy_rain | 3 | 0.0040 [0.0000 0.0100] at cut 50: yes | 0 of 0 | 0 | - |",
    ]


def test_a_hazard_that_fails_is_told_and_does_not_end_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def alone(trial: Trial, out: Path) -> Judged:
        return Judged(trial.key, failed="MemoryError: all of it") if trial.seed == 1 else Judged(trial.key, rows=3)

    monkeypatch.setattr(bench_skill, "_alone", alone)
    monkeypatch.setattr(bench_skill, "_make_worlds", lambda trials, out, processes: None)
    trials = [small(seed=1), small(seed=2)]
    bench_skill.run(trials, tmp_path, processes=1)
    assert "MemoryError: all of it" in capsys.readouterr().out
    held = Results(tmp_path).judged(trials[0])
    assert held is not None
    assert held.failed == "MemoryError: all of it"
