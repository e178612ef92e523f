"""A rehearsal: days are lived through as they were, faults and all, and told about in figures."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tiny_deployment import COAST, HANOI, SMALL, local, opened, the_deployment
from typer.testing import CliRunner

from features.archive import Archive
from features.errors import HaidangError
from features.settings import Settings
from haidang.cli import app
from haidang.rehearsals.day_by_day import Lived, Noted, Step, Tell, Told, live_through
from haidang.rehearsals.faults import Biased, Down, Fault, Killed
from haidang.rehearsals.folder import lay_out
from haidang.rehearsals.rehearsing import rehearse, show_report
from haidang.rehearsals.report import Report, report, track_record
from haidang.rehearsals.steps import Ingesting
from serving.deployment import Deployment
from serving.issued.issue import issue

START, END = local("2023-05-01"), local("2023-05-07")
PROBABILITIES = ["probabilities", "climatology", "persistence"]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return the_deployment(tmp_path_factory)


@pytest.fixture(scope="module")
def plain(base: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Deployment, Report]:
    """Six days of both hazards, all well."""
    folder = tmp_path_factory.mktemp("rehearsals") / "plain"
    told = rehearse(Settings(home=base), folder, START, END, [SMALL, COAST], [])
    return opened(folder), told


@pytest.fixture(scope="module")
def faulty(base: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Deployment, Report]:
    """Six days of one hazard, of which the forecasts are missing on two and the job dies on one."""
    folder = tmp_path_factory.mktemp("rehearsals") / "faulty"
    faults: list[Fault] = [Down("rain", local("2023-05-02"), local("2023-05-04")), Killed("issue", local("2023-05-05"))]
    told = rehearse(Settings(home=base), folder, START, END, [SMALL], faults)
    return opened(folder), told


def test_every_regular_forecast_is_issued(plain: tuple[Deployment, Report]) -> None:
    deployment, told = plain
    days = [local(f"2023-05-0{day} 07:00") for day in range(1, 7)]
    for name in (SMALL, COAST):
        assert list(deployment.issued.issue_times(name)) == days
    assert told.silent == {}
    assert told.happened == ()
    assert told.issued == 6 * 2 * (5 + 4)


def test_the_champion_had_read_nothing_later_than_the_start(plain: tuple[Deployment, Report], base: Path) -> None:
    deployment, _ = plain
    assert pd.Timestamp(opened(base).shelf.champion(deployment.hazard(SMALL)).card.truth_read_at) > START
    assert deployment.shelf.champion(deployment.hazard(SMALL)).card.truth_read_at == START


def test_a_day_is_issued_as_from_an_archive_that_ends_with_it(
    plain: tuple[Deployment, Report], base: Path, tmp_path: Path
) -> None:
    deployment, _ = plain
    moment = local("2023-05-04 07:00")
    whole = pd.read_parquet(base / "archive" / "entries", partitioning="hive")
    cut = Archive(tmp_path / "cut", deployment.sites, HANOI)
    cut.append(whole[whole["known_time"] <= moment].astype({"variable": str}))
    champion = deployment.shelf.champion(deployment.hazard(SMALL))
    expected = issue(champion, cut, moment, issued_at=moment).sort_values(["site", "period"], ignore_index=True)
    found = deployment.issued.at(SMALL, moment)
    for name in PROBABILITIES:
        np.testing.assert_array_equal(np.stack(found[name]), np.stack(expected[name]))
    assert list(found["inputs"]) == list(expected["inputs"])
    assert (found["issued_at"] == moment).all()


def test_only_forecasts_with_a_known_outcome_are_scored(plain: tuple[Deployment, Report]) -> None:
    """The truth of a day is known at 06:00 of the day after: lead 1 of the last day, and lead 2 of two, are not."""
    _, told = plain
    by_lead = {row.lead: row for row in told.live if row.hazard == SMALL}
    assert {lead: row.n for lead, row in by_lead.items()} == {1: 4 * 5, 2: 3 * 5}
    assert told.waiting == told.issued - sum(row.n for row in told.live)
    assert set(by_lead[1].against) == {"climatology", "persistence"}
    assert by_lead[1].against["climatology"].low is None


def test_a_killed_job_leaves_a_silent_day_that_is_told(faulty: tuple[Deployment, Report]) -> None:
    deployment, told = faulty
    assert told.silent == {SMALL: ("2023-05-05",)}
    assert local("2023-05-05 07:00") not in deployment.issued.issue_times(SMALL)
    assert [(one.step, one.kind, one.when) for one in told.happened] == [("issue", "killed", "2023-05-05T07:00+07:00")]


def test_a_source_that_is_down_is_missing_and_comes_back(
    faulty: tuple[Deployment, Report], plain: tuple[Deployment, Report]
) -> None:
    """On 3 May the run of 1 May, three days ahead, is the last that came: it tells of 4 May, and nothing of 5 May."""

    def without_forecast(of: tuple[Deployment, Report], day: str) -> set[int]:
        issued = of[0].issued.at(SMALL, local(f"{day} 07:00"))
        absent = [any(name.startswith("total_ahead") for name in names) for names in issued["missing"]]
        return set(issued.loc[absent, "period"])

    assert without_forecast(plain, "2023-05-03") == set()
    assert without_forecast(faulty, "2023-05-03") == {2}
    assert without_forecast(faulty, "2023-05-04") == set()


def test_an_ended_or_nonempty_rehearsal_is_refused(base: Path, tmp_path: Path) -> None:
    settings = Settings(home=base)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine").touch()
    with pytest.raises(HaidangError, match="full is not empty"):
        rehearse(settings, tmp_path / "full", START, END, [SMALL], [])
    with pytest.raises(HaidangError, match="a rehearsal lies within it, not from 2023-05-01 to 2024-05-01"):
        rehearse(settings, tmp_path / "late", START, local("2024-05-01"), [SMALL], [])
    with pytest.raises(HaidangError, match="touches no entry"):
        rehearse(settings, tmp_path / "idle", START, END, [SMALL], [Biased("snow", START, 1.2)])


def test_no_step_can_see_what_is_not_known_yet(base: Path, tmp_path: Path) -> None:
    """At 07:00 of a day the runs of its 06:00 are in; the archive has nothing later, whoever reads it."""
    deployment, to_come = lay_out(opened(base), tmp_path / "laid", START, [])
    assert deployment.archive.ends() == local("2023-04-30 06:00")
    seen: list[pd.Timestamp] = []

    def look(of: Deployment, now: pd.Timestamp, tell: Tell) -> Told:
        seen.append(of.archive.ends())
        yield "rain", "looked at"

    steps = [Step("ingest", 7, 1, Ingesting(to_come)), Step("look", 7, 1, look)]
    lived = live_through(deployment, START, local("2023-05-04"), steps, killed=[Killed("ingest", local("2023-05-02"))])
    assert seen == [local("2023-05-01 06:00"), local("2023-05-01 06:00"), local("2023-05-03 06:00")]
    # A day brings five communes one observation, and a forecast each of three days ahead.
    assert [line.text for line in lived.diary if line.step == "ingest" and line.kind == "done"] == [
        "20 entries accepted, 0 quarantined",
        "40 entries accepted, 0 quarantined",
    ]


def test_a_failure_stops_no_other_step(base: Path) -> None:
    def look(deployment: Deployment, now: pd.Timestamp, tell: Tell) -> Told:
        tell("quality", "rain", "looks odd")
        yield "rain", "looked at"

    def fail(deployment: Deployment, now: pd.Timestamp, tell: Tell) -> Told:
        raise HaidangError("no luck")

    steps = [Step("fail", 5, 1, fail), Step("look", 5, 2, look)]
    lived = live_through(opened(base), local("2023-05-01"), local("2023-05-03"), steps)
    # 1 May 2023 is day 19478, an even number.
    assert [(line.step, line.kind, line.about, line.text) for line in lived.diary] == [
        ("fail", "failed", "fail", "no luck"),
        ("look", "alert: quality", "rain", "looks odd"),
        ("look", "done", "rain", "looked at"),
        ("fail", "failed", "fail", "no luck"),
    ]
    with pytest.raises(HaidangError, match="no job nap is rehearsed: there is fail, look"):
        live_through(opened(base), START, END, steps, killed=[Killed("nap", START)])


def test_the_track_record_counts_alarms_and_scores_as_issued(base: Path) -> None:
    """Watch is P(>= 20 mm) >= 0.3; the outcomes of the four forecasts are 25, 25, 3 and 3 mm."""
    records = pd.DataFrame(
        {
            "issue_time": pd.DatetimeIndex([local(f"2023-05-0{day} 07:00") for day in (1, 2, 3, 4)]),
            "lead": 1,
            "probabilities": [[0.9, 0.8, 0.1], [0.5, 0.2, 0.1], [0.6, 0.4, 0.0], [0.1, 0.0, 0.0]],
            "climatology": [[0.5, 0.5, 0.5]] * 4,
            "persistence": None,
            "outcome": [25.0, 25.0, 3.0, 3.0],
        }
    )
    (row,) = track_record(opened(base).hazard(SMALL), records)
    assert (row.n, row.events, row.hits, row.misses, row.false_alarms) == (4, 2, 1, 1, 1)
    assert row.brier == pytest.approx((0.2**2 + 0.8**2 + 0.4**2 + 0.0) / 4)
    assert row.against["climatology"].skill == pytest.approx(1 - row.brier / 0.25)
    assert list(row.against) == ["climatology"]


def test_what_is_said_again_is_told_once(base: Path) -> None:
    days = [local(f"2023-05-0{day} 12:00") for day in (1, 2, 3)]
    diary = [Noted(day, "drift", "alert: quality", "rain", f"day {number}") for number, day in enumerate(days)]
    diary += [Noted(day, "retrain", "done", SMALL, "asked") for day in days[:2]]
    told = report(opened(base), [SMALL], Lived(START, END, tuple(diary), {}), left_out={})
    assert [(one.when[:10], one.step, one.text, one.times) for one in told.happened] == [
        ("2023-05-01", "drift", "day 0", 3),
        ("2023-05-01", "retrain", "asked", 1),
        ("2023-05-02", "retrain", "asked", 1),
    ]


def test_the_same_stretch_lived_through_again_by_the_command_tells_the_same(
    base: Path, plain: tuple[Deployment, Report], tmp_path: Path
) -> None:
    asked = [
        "--from",
        "2023-05-01",
        "--to",
        "2023-05-07",
        "--hazard",
        COAST,
        "--into",
        str(tmp_path / "kept"),
        "--json",
    ]
    (told,) = json.loads(CliRunner().invoke(app, ["--home", str(base), "rehearse", *asked]).stdout)
    assert told["live"] == [row.model_dump() for row in plain[1].live if row.hazard == COAST]
    kept, before = opened(tmp_path / "kept").issued, plain[0].issued
    for moment in before.issue_times(COAST):
        pd.testing.assert_frame_equal(kept.at(COAST, moment), before.at(COAST, moment))


def test_people_read_of_silent_days_and_deaths(
    faulty: tuple[Deployment, Report], capsys: pytest.CaptureFixture[str]
) -> None:
    show_report(faulty[1])
    told = capsys.readouterr().out
    assert "not issued: small_rain, 1: 2023-05-05" in told
    assert "2023-05-05T07:00+07:00  issue  killed  issue: it died before it had stored anything" in told
