"""Several hazards, places and leads in one answer, in words too; each hazard answered or withheld by itself."""

import json
import unicodedata
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from tiny_deployment import COAST, ISSUED, SMALL, answering, opened, the_deployment

from features.errors import HaidangError
from serving.access.refusals import FieldError, WithheldError
from serving.answering.answers import Answers
from serving.answering.explaining import explained
from serving.answering.positions import open_positions
from serving.answering.risks import risks
from serving.schemas.answer_models import RiskAnswer
from serving.schemas.explain_models import ExplainQuestion
from serving.schemas.likelihood import SCALE, in_words
from serving.schemas.risk_models import RisksAnswer, RisksQuestion

NOW = datetime.fromisoformat("2023-07-01T12:00+07:00")


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Answers:
    return answering(the_deployment(tmp_path_factory))


def one(answers: Answers, **stated: object) -> RiskAnswer:
    told = risks(answers, RisksQuestion.model_validate({"hazard": SMALL} | stated), now=NOW)
    assert isinstance(told, RiskAnswer)
    return told


def several(answers: Answers, *hazards: str, **stated: object) -> RisksAnswer:
    told = risks(answers, RisksQuestion.model_validate({"hazards": hazards} | stated), now=NOW)
    assert isinstance(told, RisksAnswer)
    return told


@pytest.mark.parametrize(
    ("probability", "word"),
    [
        (0.0, "exceptionally unlikely"),
        (0.0099, "exceptionally unlikely"),
        (0.01, "very unlikely"),
        (0.1, "unlikely"),
        (0.32, "unlikely"),
        (0.5, "about as likely as not"),
        (0.66, "likely"),
        (0.9, "very likely"),
        (0.99, "virtually certain"),
        (1.0, "virtually certain"),
    ],
)
def test_a_probability_is_told_by_the_narrowest_term_of_the_ipcc(probability: float, word: str) -> None:
    assert in_words(probability).en == word


def test_the_terms_follow_each_other_from_0_to_1() -> None:
    assert [term.high for term in SCALE] == [term.low for term in SCALE[1:]] + [1.0]
    assert SCALE[0].low == 0


def test_several_hazards_are_answered_as_each_alone(answers: Answers) -> None:
    both = several(answers, SMALL, COAST)
    assert [answer.hazard for answer in both.answers] == [SMALL, COAST]
    assert both.answers[0] == one(answers)
    assert both.withheld == both.left_out == both.places == []


def test_a_hazard_that_is_withheld_leaves_the_others_answered(answers: Answers) -> None:
    told = several(answers, SMALL, "heavy_rain")
    assert [answer.hazard for answer in told.answers] == [SMALL]
    assert [(held.hazard, held.title_vi) for held in told.withheld] == [("heavy_rain", "Mưa lớn")]
    assert "haidang train heavy_rain" in told.withheld[0].reason


def test_where_no_hazard_can_be_answered_all_reasons_are_told(answers: Answers) -> None:
    with pytest.raises(WithheldError, match=r"haidang train heavy_rain.*; .*haidang train storm_wind"):
        several(answers, "heavy_rain", "storm_wind")


def test_a_site_of_which_a_hazard_says_nothing_is_named_and_the_others_answered(answers: Answers) -> None:
    told = several(answers, SMALL, COAST, sites=["S4", "Binh Lieu"])
    assert [[forecast.site for forecast in answer.forecasts] for answer in told.answers] == [["S4", "S5"], ["S4"]]
    assert [(without.hazard, without.site) for without in told.left_out] == [(COAST, "S5")]
    inland = several(answers, SMALL, COAST, sites=["S5"])
    assert [held.hazard for held in inland.withheld] == [COAST]


def test_only_the_leads_asked_about_are_told(answers: Answers) -> None:
    assert {period.lead for forecast in one(answers, leads=[2]).forecasts for period in forecast.periods} == {2}
    both = several(answers, SMALL, COAST, leads=[1, 7])
    assert {p.lead for answer in both.answers for f in answer.forecasts for p in f.periods} == {1}
    with pytest.raises(FieldError, match="small_rain is forecast 1, 2 days ahead") as told:
        one(answers, leads=[1, 7])
    assert told.value.field == "leads.1"


def test_a_past_moment_is_answered_for_all_hazards(answers: Answers) -> None:
    told = several(answers, SMALL, COAST, issue_time="2023-06-27T08:00+07:00")
    assert {answer.issue_time for answer in told.answers} == {ISSUED[0]}
    for moment in ("2023-07-02T00:00+07:00", "2019-01-01T00:00Z"):
        with pytest.raises(FieldError) as refused:
            several(answers, SMALL, COAST, issue_time=moment)
        assert refused.value.field == "issue_time"


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_a_name_is_found_in_any_unicode_form(answers: Answers, form: str) -> None:
    asked = unicodedata.normalize(form, "Cẩm Phả")  # type: ignore[arg-type]
    told = one(answers, sites=[asked, "cam pha", "S2"])
    assert [forecast.site for forecast in told.forecasts] == ["S2"]
    assert [(place.site, place.found_by) for place in told.places] == [("S2", "name"), ("S2", "name"), ("S2", "code")]


def test_a_position_is_answered_by_the_nearest_site_with_its_distance(answers: Answers) -> None:
    told = one(answers, positions=[{"latitude": 20.95, "longitude": 107.18}])
    (place,) = told.places
    assert (place.site, place.found_by, place.asked) == ("S1", "nearest", "20.95, 107.18")
    # 0.1 degree of longitude: 6371.0088 km * radians(0.1) * cos(20.95 degrees) = 10.38 km; S2 is 11.45 km away
    assert place.distance_km == pytest.approx(10.38, abs=0.01)


def test_a_position_out_of_reach_is_refused(answers: Answers) -> None:
    with pytest.raises(FieldError, match="no site lies within 25 km of 10, 106") as told:
        one(
            answers,
            sites=["S1"],
            positions=[{"latitude": 20.95, "longitude": 107.1}, {"latitude": 10, "longitude": 106}],
        )
    assert told.value.field == "positions.1"


def test_a_site_where_the_hazard_cannot_happen_is_named_as_it_was_asked(answers: Answers) -> None:
    with pytest.raises(FieldError, match="it has no coastal") as told:
        one(answers, hazard=COAST, sites=["S1"], positions=[{"latitude": 21.52, "longitude": 107.39}])
    assert told.value.field == "positions.0"


def test_a_position_in_the_area_of_a_site_is_answered_by_that_site(
    tmp_path_factory: pytest.TempPathFactory, tmp_path: Path
) -> None:
    deployment = opened(the_deployment(tmp_path_factory))
    around_s2 = [[107.15, 20.9], [107.4, 20.9], [107.4, 21.1], [107.15, 21.1], [107.15, 20.9]]
    feature = {
        "type": "Feature",
        "properties": {"code": "S2"},
        "geometry": {"type": "Polygon", "coordinates": [around_s2]},
    }
    file = tmp_path / "areas.json"
    file.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), encoding="utf-8")
    settings = deployment.settings.model_copy(update={"boundaries": file})
    found = open_positions(replace(deployment, settings=settings))
    inside, outside = found.at(20.95, 107.17), found.at(20.95, 107.14)
    assert (inside.site, inside.found_by) == ("S2", "area")  # though S1 is nearer
    assert (outside.site, outside.found_by) == ("S1", "nearest")
    with pytest.raises(HaidangError, match="no site lies within 25 km"):
        found.at(22.5, 107.17)


def test_each_cut_and_level_has_its_probability_in_words(answers: Answers) -> None:
    told = one(answers, sites=["S1"], leads=[1], thresholds=[10])
    (period,) = told.forecasts[0].periods
    terms = {term.term: term for term in told.likelihood_scale}
    for chance in [*period.probabilities, *period.thresholds]:
        assert terms[chance.likelihood].low <= chance.probability <= terms[chance.likelihood].high
    of_cut = {chance.threshold: chance.probability for chance in period.probabilities}
    assert [(level.level, level.probability) for level in period.levels] == [
        ("watch", of_cut[20]),
        ("warning", of_cut[40]),
    ]
    assert [level.reached for level in period.levels] == [of_cut[20] >= 0.3, of_cut[40] >= 0.2]
    assert [(level.name, level.title_vi) for level in told.warning_levels] == [
        ("watch", "theo dõi"),
        ("warning", "cảnh báo"),
    ]
    assert period.told_en.startswith(in_words(of_cut[20]).en + " (")
    assert period.told_en.endswith("Rain for tests: small_rain, 20 mm or more")
    assert period.told_vi.endswith("Rain for tests: small_rain từ 20 mm trở lên")


def test_a_forecast_says_whether_its_lead_is_beyond_the_skill_that_was_shown(answers: Answers) -> None:
    told = one(answers, sites=["S1"])
    horizon = told.skill_horizon
    for period in told.forecasts[0].periods:
        assert period.beyond_skill is (horizon is None or period.lead > horizon)
        assert period.track_record is None


def test_drivers_are_told_on_request_as_the_explanation_tells_them(answers: Answers) -> None:
    assert one(answers, sites=["S1"]).forecasts[0].periods[0].drivers is None
    told = one(answers, sites=["S1", "S3"], include=["drivers"], leads=[1])
    shown = explained(answers, ExplainQuestion(hazard=SMALL, site="S3", lead=1))
    assert told.forecasts[1].periods[0].drivers == shown.periods[0].drivers
    assert shown.periods[0].drivers
    assert told.drivers_withheld is None


def test_drivers_of_too_many_pairs_are_refused(answers: Answers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("serving.answering.risks.MOST_EXPLAINED", 8)
    with pytest.raises(FieldError, match="8 pairs of hazard and site, not 10") as told:
        several(answers, SMALL, COAST, include=["drivers"])
    assert told.value.field == "include"


def test_an_answer_of_too_many_periods_is_refused(answers: Answers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("serving.answering.risks.MOST_PERIODS", 9)
    with pytest.raises(FieldError, match="would hold 10 periods, more than 9"):
        one(answers)


def test_thresholds_of_several_hazards_are_given_by_hazard(answers: Answers) -> None:
    told = several(answers, SMALL, COAST, thresholds_of={SMALL: [10, 30]})
    assert [one.threshold for one in told.answers[0].forecasts[0].periods[0].thresholds] == [10, 30]
    assert told.answers[0] == one(answers, thresholds=[10, 30])
    assert told.answers[1].forecasts[0].periods[0].thresholds == []


@pytest.mark.parametrize(
    ("stated", "field"),
    [
        ({"hazard": SMALL}, "hazard"),
        ({"hazards": [SMALL, "small_rian"]}, "hazards.1"),
        ({"hazards": [SMALL], "thresholds": [10]}, "thresholds"),
        ({"hazards": [SMALL], "thresholds_of": {COAST: [30]}}, "thresholds_of"),
        ({"hazards": [SMALL], "thresholds_of": {SMALL: [10, 1000]}}, f"thresholds_of.{SMALL}.1"),
        ({"hazards": [SMALL], "sites": ["S1", "Atlantis"]}, "sites.1"),
    ],
)
def test_a_question_about_several_hazards_that_cannot_be_used_names_the_field(
    answers: Answers, stated: dict[str, object], field: str
) -> None:
    with pytest.raises(FieldError) as told:
        risks(answers, RisksQuestion.model_validate({"hazards": [SMALL]} | stated), now=NOW)
    assert told.value.field == field
