"""Forecasts by others in the archive as peers: at our issue times, as known then, fitted on earlier years alone."""

import numpy as np
import pandas as pd
import pytest
from conftest import MakeArchive, Row, a_tiny_hazard, at, entry
from test_track_record import record, row_of, verified

from features.ahead import TotalAhead
from features.periods import Periods
from models.catalogue import read_hazards
from models.logistic import Logistic
from training.archive_peers import ARCHIVE_PEERS, AtItsWord, Learned, ShareOfMembers, _features, archive_peers, recipes
from training.track_record import track_record

HAZARD = a_tiny_hazard(periods=Periods(days=1, count=2))
AT_ITS_WORD = {"run": AtItsWord(TotalAhead("rain"))}
MORNING = pd.DatetimeIndex([at("2024-03-01 07:00")]).tz_convert("UTC")


def run(issued: str, valid: str, rain: float, *, hour: str = "06:00") -> Row:
    return entry("S1", "rain", valid, f"{issued} {hour}", rain, "model")


def chances(told: pd.DataFrame, day: str) -> dict[float, float]:
    of_day = told[(told["site"] == "S1") & (told["valid_from"] == at(day))]
    return dict(zip(of_day["cut"], of_day["probability"], strict=True))


def test_a_forecast_of_the_amount_itself_is_taken_at_its_word(archive: MakeArchive) -> None:
    held = archive(run("2024-03-01", "2024-03-02", 12.0))
    told = archive_peers(HAZARD, held, MORNING, peers=AT_ITS_WORD)
    assert chances(told, "2024-03-02") == {10.0: 1.0, 30.0: 0.0}
    assert set(told["peer"]) == {"run"}
    assert (told["issue_time"] == MORNING[0]).all()
    assert (told["valid_to"] == at("2024-03-03")).all(), "of the days ahead only one was forecast"


def test_what_became_known_after_our_issue_time_is_not_what_the_peer_said(archive: MakeArchive) -> None:
    early, late = run("2024-03-01", "2024-03-02", 12.0), run("2024-03-01", "2024-03-02", 50.0, hour="08:00")
    told = archive_peers(HAZARD, archive(early, late), MORNING, peers=AT_ITS_WORD)
    assert chances(told, "2024-03-02") == {10.0: 1.0, 30.0: 0.0}


def test_a_share_of_members_is_the_probability_of_its_cut_alone(archive: MakeArchive) -> None:
    held = archive(entry("S1", "rain_ensemble_heavy", "2024-03-02", "2024-03-01 06:00", 40.0, "model"))
    peers = {"members": ShareOfMembers(TotalAhead("rain_ensemble_heavy"), cut=30.0)}
    assert chances(archive_peers(HAZARD, held, MORNING, peers=peers), "2024-03-02") == {30.0: pytest.approx(0.4)}


def test_a_peer_whose_variable_the_archive_lacks_says_nothing(archive: MakeArchive) -> None:
    held = archive(run("2024-03-01", "2024-03-02", 12.0))
    assert archive_peers(HAZARD, held, MORNING, peers={"x": AtItsWord(TotalAhead("river_discharge"))}).empty
    assert archive_peers(HAZARD, held, MORNING[:0], peers=AT_ITS_WORD).empty


def discharge(first: str, days: int, *, rising: bool) -> list[Row]:
    """Discharge of the next day that goes with rain above 10 mm, or against it."""
    random, rows = np.random.default_rng(2), list[Row]()
    for day in pd.date_range(at(first), periods=days, freq="D"):
        flow = float(random.uniform(0, 100))
        rain = 20.0 if (flow > 50) == rising else 0.0
        rows.append(entry("S1", "rain", f"{day:%Y-%m-%d}", f"{day + pd.Timedelta(days=1):%Y-%m-%d} 06:00", rain))
        before = f"{day - pd.Timedelta(days=1):%Y-%m-%d} 06:00"
        rows.append(entry("S1", "river_discharge", f"{day:%Y-%m-%d}", before, flow, "model"))
    return rows


def test_what_has_to_be_fitted_is_fitted_on_the_years_before_the_question(
    archive: MakeArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("training.archive_peers.FEWEST_EXAMPLES", 100)
    held = archive(*discharge("2023-01-01", 365, rising=True), *discharge("2024-01-01", 40, rising=False))
    peers = {"flow": Learned((TotalAhead("river_discharge"),), lambda hazard: Logistic(hazard.target.severity_cuts))}
    times = pd.date_range(at("2024-01-05 07:00"), periods=30, freq="D").tz_convert("UTC")
    told = archive_peers(HAZARD, held, times, peers=peers)
    said = told[(told["site"] == "S1") & (told["cut"] == 10.0)].set_index("valid_from")["probability"]
    flow = held.as_of(times).ahead("river_discharge", HAZARD.periods).sel(site="S1", period=1, day=0).to_numpy()
    by_flow = said.sort_index().to_numpy()[: len(flow)][np.argsort(flow)]
    assert by_flow[:10].mean() < 0.1 < 0.9 < by_flow[-10:].mean(), "it has not learned from the year it is asked in"
    first_year = times - pd.Timedelta(days=300)
    assert archive_peers(HAZARD, held, first_year, peers=peers).empty


def test_declared_peers_read_what_there_is() -> None:
    hazards = read_hazards()
    for name, peers in ARCHIVE_PEERS.items():
        for peer in peers.values():
            assert all(
                feature.variables or feature.name.startswith("attribute") for feature in _features(hazards[name], peer)
            )
            if isinstance(peer, ShareOfMembers):
                assert peer.cut in hazards[name].target.cuts


def test_it_is_scored_on_the_questions_that_both_answered(archive: MakeArchive) -> None:
    held = archive(run("2024-03-01", "2024-03-02", 12.0))
    said = archive_peers(HAZARD, held, MORNING, peers=AT_ITS_WORD)
    rows = verified(record("2024-03-01", 40.0, [0.6, 0.5]), record("2024-03-05", 0.0, [0.2, 0.0]))
    issued = rows["issue_time"].to_pandas().min()
    beside = track_record(HAZARD, rows, held.zone, peers=said.assign(issue_time=issued)).beside
    row = row_of(beside, site="S1", lead=1, cut=10.0, reference="run")
    assert (row["n"], row["brier_reference"]) == (1, 0.0)
    assert row["brier"] == pytest.approx(0.16)


def test_in_a_backtest_a_forecast_taken_at_its_word_is_nearly_sure() -> None:
    hazards = read_hazards()
    (name,) = recipes(hazards["heavy_rain"])
    assert name == "weather model"
    made = recipes(hazards["heavy_rain"])[name](hazards["heavy_rain"])
    rows = pd.DataFrame({"total_ahead(rain)": [0.0, 60.0, np.nan]})
    answers = made.fit(rows, np.array([0.0, 30.0, 30.0])).predict_exceedance(rows)
    at_cut = dict(zip(hazards["heavy_rain"].target.cuts, answers.T, strict=True))
    assert at_cut[50.0][:2] == pytest.approx([0.0, 1.0], abs=1e-3)
    assert at_cut[100.0][1] == pytest.approx(0.0, abs=1e-3)
    assert at_cut[25.0][2] == pytest.approx((2 + 0.5) / 4), "as often as the cut was reached"
    assert list(recipes(hazards["landslide"])) == ["like LHASA 2"]
    assert recipes(hazards["cold"]) == {}
