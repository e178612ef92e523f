"""Answers: from the latest issue, from a past one, or computed now from what was known then."""

from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from tiny_deployment import (
    COAST,
    ENDS,
    ISSUED,
    SMALL,
    a_copy,
    answering,
    local,
    opened,
    the_deployment,
    write_hazard,
)

from features.errors import UnknownNameError
from haidang.chain import issuing
from models.exam import Exam, ExamError
from serving.access.refusals import FieldError, LoadingError, WithheldError
from serving.answering.answers import Answers
from serving.answering.explaining import explained
from serving.issued.issue import issue
from serving.schemas.answer_models import RiskAnswer, RiskQuestion
from serving.schemas.explain_models import ExplainQuestion, Explanation

NOW = datetime.fromisoformat("2023-07-01T12:00+07:00")


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Answers:
    return answering(the_deployment(tmp_path_factory))


@pytest.fixture
def home(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> Path:
    return a_copy(tmp_path_factory, tmp_path / "home")


def ask(answers: Answers, hazard: str = SMALL, **stated: object) -> RiskAnswer:
    return answers.risk(RiskQuestion.model_validate({"hazard": hazard} | stated), now=NOW)


def test_the_latest_issue_is_given_for_all_sites_of_the_hazard(answers: Answers) -> None:
    answer = ask(answers)
    assert answer.origin == "issued"
    assert answer.issue_time == ISSUED[-1]
    assert [forecast.site for forecast in answer.forecasts] == ["S1", "S2", "S3", "S4", "S5"]
    assert [period.lead for period in answer.forecasts[0].periods] == [1, 2]
    assert [one.at_least for one in answer.forecasts[0].periods[0].probabilities] == [5.0, 20.0, 40.0]
    assert ask(answers, COAST).forecasts[-1].site == "S4"


def test_a_period_is_told_in_local_days(answers: Answers) -> None:
    period = ask(answers).forecasts[0].periods[0]
    assert period.valid_from.isoformat() == "2023-07-01T00:00:00+07:00"
    assert period.valid_to - period.valid_from == timedelta(days=1)


def test_an_answer_says_how_far_its_inputs_reached(answers: Answers) -> None:
    (rain,) = ask(answers).inputs
    assert (rain.variable, rain.unit, rain.sites_without) == ("rain", "mm", 0)
    assert rain.data_until == local("2023-06-30")  # nothing was forecast for the days after the last one
    assert ask(answers).missing_inputs == []


def test_a_past_issue_stands_until_the_next_one_was_due(answers: Answers) -> None:
    on_the_minute, later = (
        ask(answers, issue_time=time) for time in ("2023-06-27T07:00+07:00", "2023-06-28T06:59+07:00")
    )
    assert on_the_minute == later
    assert (later.origin, later.issue_time) == ("issued", ISSUED[0])


def test_a_moment_without_an_issue_is_answered_by_a_hindcast(answers: Answers) -> None:
    answer = ask(answers, issue_time="2023-06-28T07:00+07:00", sites=["S2"])
    assert (answer.origin, answer.issue_time, answer.issued_at) == ("hindcast", local("2023-06-28 07:00"), NOW)
    assert [forecast.site for forecast in answer.forecasts] == ["S2"]


def test_a_hindcast_at_an_issue_time_says_what_was_issued(answers: Answers) -> None:
    deployment = answers.deployment
    hindcast = issue(deployment.shelf.champion(deployment.hazard(SMALL)), deployment.archive, ISSUED[0], issued_at=ENDS)
    stored = deployment.issued.at(SMALL, ISSUED[0])
    np.testing.assert_array_equal(np.stack(hindcast["probabilities"]), np.stack(stored["probabilities"]))


def test_a_threshold_at_a_cut_has_the_probability_of_the_cut(answers: Answers) -> None:
    for forecast in ask(answers, thresholds=[5.0, 20.0, 40.0]).forecasts:
        for period in forecast.periods:
            asked, cuts = ([one.probability for one in found] for found in (period.thresholds, period.probabilities))
            np.testing.assert_allclose(asked, cuts, rtol=0, atol=1.1e-6)


def test_probabilities_never_increase_with_a_threshold_between_the_cuts(answers: Answers) -> None:
    thresholds = np.linspace(5, 40, 20).tolist()
    for forecast in ask(answers, thresholds=thresholds).forecasts:
        for period in forecast.periods:
            assert [one.at_least for one in period.thresholds] == thresholds
            given = np.array([one.probability for one in period.thresholds])
            assert (np.diff(given) <= 0).all()
            assert 0 < given.min() < given.max() < 1


def test_thresholds_need_not_come_in_order(answers: Answers) -> None:
    rising, mixed = ask(answers, thresholds=[10.0, 30.0]), ask(answers, thresholds=[30.0, 10.0])
    assert rising.forecasts[0].periods[0].thresholds == mixed.forecasts[0].periods[0].thresholds[::-1]


@pytest.mark.parametrize("threshold", [4.99, 40.01, -1.0])
def test_a_threshold_outside_the_cuts_is_refused_and_not_guessed(answers: Answers, threshold: float) -> None:
    with pytest.raises(FieldError, match="outside 5 to 40 mm") as told:
        ask(answers, thresholds=[10.0, threshold])
    assert told.value.field == "thresholds.1"


@pytest.mark.parametrize("name", ["S3", "Vân Đồn", "van don", "VAN DON"])
def test_a_site_is_found_by_code_or_name_with_and_without_marks(answers: Answers, name: str) -> None:
    assert [forecast.site for forecast in ask(answers, sites=[name]).forecasts] == ["S3"]


def test_sites_come_in_the_order_asked_and_once_each(answers: Answers) -> None:
    answer = ask(answers, sites=["S4", "Hạ Long", "Co To", "S1"])
    assert [forecast.site for forecast in answer.forecasts] == ["S4", "S1"]


def test_an_unknown_site_is_named_with_the_nearest_first(answers: Answers) -> None:
    with pytest.raises(FieldError, match=r"unknown site 'Cẩm Phà Bay': there is S2 Cẩm Phả, ") as told:
        ask(answers, sites=["S1", "Cẩm Phà Bay"])
    assert told.value.field == "sites.1"


def test_a_site_where_the_hazard_cannot_happen_is_refused(answers: Answers) -> None:
    with pytest.raises(FieldError, match="coast_rain is not forecast at S5 Bình Liêu: it has no coastal"):
        ask(answers, COAST, sites=["Binh Lieu"])


def test_an_unknown_hazard_is_named_with_the_nearest_first(answers: Answers) -> None:
    with pytest.raises(UnknownNameError, match="unknown hazard 'small_rian': there is small_rain, "):
        ask(answers, "small_rian")


def test_nobody_asks_about_the_future(answers: Answers) -> None:
    with pytest.raises(FieldError, match="lies in the future: ask about now or earlier") as told:
        ask(answers, issue_time="2023-07-01T12:01+07:00")
    assert told.value.field == "issue_time"


def test_a_moment_before_the_archive_is_refused_with_where_it_begins(answers: Answers) -> None:
    with pytest.raises(FieldError, match=r"the archive begins at 2021-01-01T06:00:00\+07:00"):
        ask(answers, issue_time="2020-06-01T07:00+07:00")


def test_a_hazard_without_a_champion_is_withheld_and_says_what_to_run(answers: Answers) -> None:
    with pytest.raises(WithheldError, match="run `haidang train heavy_rain` and `haidang promote heavy_rain`"):
        ask(answers, "heavy_rain")


def test_a_hazard_whose_file_was_changed_is_withheld_and_the_others_are_answered(home: Path) -> None:
    write_hazard(home, SMALL, cuts=(6.0, 20.0, 40.0))
    answers = answering(home)
    with pytest.raises(WithheldError, match="the hazard file small_rain now has .* run `haidang train small_rain`"):
        ask(answers)
    assert ask(answers, COAST).forecasts
    withheld = {view.name: view.withheld for view in answers.hazard_views()}
    assert withheld[COAST] is None
    assert "fingerprint" in str(withheld[SMALL])
    assert answers.ready


@pytest.mark.parametrize("file", ["estimator.skops", "baselines.skops", "card.json", "exam.parquet", "digests.json"])
def test_a_forecaster_that_was_changed_on_the_shelf_is_withheld_and_the_others_are_answered(
    home: Path, file: str
) -> None:
    (found,) = (home / "shelf" / SMALL).rglob(file)
    found.write_bytes(found.read_bytes()[:-1] + b" ")
    answers = answering(home)
    with pytest.raises(WithheldError, match="small_rain is not answered: .*(changed after saving|not a whole)"):
        ask(answers)
    assert ask(answers, COAST).forecasts


def test_a_refresh_without_news_changes_nothing(answers: Answers) -> None:
    assert not answers.refresh()


def test_a_refresh_swaps_in_a_new_issue_as_a_whole(home: Path) -> None:
    answers = answering(home)
    before = ask(answers)
    deployment = opened(home)
    issuing.issue_now(deployment, deployment.hazard(SMALL), ENDS, ENDS)
    assert ask(answers) == before
    assert answers.refresh()
    after = ask(answers)
    assert after.issue_time == ENDS
    assert {period.lead for forecast in after.forecasts for period in forecast.periods} == {1, 2}
    assert len(after.forecasts) == 5
    assert before.issue_time == ISSUED[-1]


def test_an_answer_does_not_mix_sites_of_two_issues_when_the_sites_file_shrank(home: Path) -> None:
    kept = [line for line in (home / "sites.csv").read_text(encoding="utf-8").splitlines() if not line.startswith("S4")]
    (home / "sites.csv").write_text("\n".join(kept), encoding="utf-8")
    assert [forecast.site for forecast in ask(answering(home)).forecasts] == ["S1", "S2", "S3", "S5"]


def test_a_site_that_was_added_after_an_issue_is_refused_by_name_and_the_others_are_answered(home: Path) -> None:
    with (home / "sites.csv").open("a", encoding="utf-8") as sites:
        sites.write("S6,Ba Chẽ,Ba Che,21.28,107.28,no\n")
    answers = answering(home)
    assert len(ask(answers).forecasts) == 5
    with pytest.raises(FieldError, match="S6 has no forecast of small_rain issued at 2023-06-30T07:00") as told:
        ask(answers, sites=["S1", "Ba Chẽ"])
    assert told.value.field == "sites.1"


def why(answers: Answers, **stated: object) -> Explanation:
    return explained(answers, ExplainQuestion.model_validate({"hazard": SMALL, "site": "S2"} | stated))


def test_an_answer_says_which_step_of_the_ladder_gave_it(answers: Answers) -> None:
    assert {period.step for forecast in ask(answers).forecasts for period in forecast.periods} == {
        "no_forecast_weather"
    }
    long_ago = ask(answers, issue_time="2023-06-20T07:00+07:00")
    assert {period.step for forecast in long_ago.forecasts for period in forecast.periods} == {"full"}


def test_an_explanation_tells_the_drivers_of_the_latest_issue(answers: Answers) -> None:
    told, (forecast,) = why(answers), ask(answers, sites=["S2"]).forecasts
    assert (told.site, told.name_vi, told.cut, told.issue_time) == ("S2", "Cẩm Phả", 20.0, ISSUED[-1])
    for period, issued in zip(told.periods, forecast.periods, strict=True):
        assert period.lead == issued.lead
        assert period.probability == issued.probabilities[1].probability
        assert period.step == issued.step
        assert {driver.name for driver in period.drivers} <= {"rain_before", "season_and_place"}
        moved = sum(driver.log_odds for driver in period.drivers)
        odds = (np.log(p / (1 - p)) for p in (period.probability, period.usual))
        assert next(odds) - next(odds) == pytest.approx(moved, abs=0.11)  # below 0.1 a driver is not told


def test_an_explanation_can_be_of_one_period_and_cut(answers: Answers) -> None:
    told = why(answers, site="van don", lead=2, cut=5.0)
    assert ([period.lead for period in told.periods], told.site, told.cut) == ([2], "S3", 5.0)


@pytest.mark.parametrize(
    ("field", "value", "text"),
    [
        ("site", "Nowhere", "unknown site 'Nowhere'"),
        ("lead", 3, "small_rain is forecast 1, 2 days ahead"),
        ("cut", 6.0, "6 is not one of the cuts of small_rain: 5, 20, 40 mm"),
    ],
)
def test_what_cannot_be_explained_is_refused_by_its_field(
    answers: Answers, field: str, value: object, text: str
) -> None:
    with pytest.raises(FieldError, match=text) as told:
        why(answers, **{field: value})
    assert told.value.field == field


def test_a_hazard_without_a_champion_is_not_explained(answers: Answers) -> None:
    with pytest.raises(WithheldError, match="heavy_rain is not answered"):
        why(answers, hazard="heavy_rain")


def test_what_was_issued_is_answered_before_the_champions_that_passed_their_exam_are_loaded(home: Path) -> None:
    loaded = answering(home)
    answers = Answers(opened(home))
    assert answers.refresh(at_rest=True)
    assert ask(answers) == ask(loaded)
    assert answers.hazard_views() == loaded.hazard_views()
    past = RiskQuestion(hazard=SMALL, issue_time=local("2023-06-15 07:00"))
    with pytest.raises(LoadingError, match="small_rain is being loaded: wait 2 s"):
        answers.risk(past, now=ENDS.to_pydatetime())
    assert not answers.refresh(at_rest=True)
    assert answers.load()
    assert answers.risk(past, now=ENDS.to_pydatetime()) == loaded.risk(past, now=ENDS.to_pydatetime())
    assert not answers.load()


def test_a_champion_that_is_not_known_to_pass_here_sits_its_exam_before_anything_is_answered(home: Path) -> None:
    answering(home)
    (mark,) = (home / "shelf" / SMALL).glob("*.examined")
    mark.write_text("passed elsewhere", encoding="utf-8")
    answers = Answers(opened(home))
    answers.refresh(at_rest=True)
    held = answers.held()
    assert held[SMALL].forecaster is not None
    assert held[COAST].forecaster is None
    assert mark.read_text(encoding="utf-8") != "passed elsewhere"


def test_a_champion_that_fails_when_it_is_loaded_is_withheld_and_not_trusted_again(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answering(home)
    answers = Answers(opened(home))
    answers.refresh(at_rest=True)
    assert ask(answers).forecasts

    def fails(exam: Exam, estimator: object) -> None:
        raise ExamError("an answer differs")

    monkeypatch.setattr(Exam, "sit", fails)
    answers.load()
    with pytest.raises(WithheldError, match="small_rain is not answered: an answer differs"):
        ask(answers)
    assert not list((home / "shelf").rglob("*.examined"))


def test_a_new_issue_of_one_hazard_leaves_what_is_held_of_the_others(home: Path) -> None:
    answers = answering(home)
    before = answers.held()[COAST].latest
    deployment = opened(home)
    issuing.issue_now(deployment, deployment.hazard(SMALL), ENDS, ENDS)
    assert answers.refresh()
    assert answers.held()[COAST].latest is before
    assert ask(answers).issue_time == ENDS
