"""Disaster-risk levels in answers: by site and period, what is verified, and the proposal where hazards meet."""

import asyncio
import shutil
from datetime import datetime
from pathlib import Path

import httpx
import pandas as pd
import pytest
from tiny_deployment import COAST, ENDS, ISSUED, SMALL, a_copy, answering, opened

from models.issued import ISSUED as COLUMNS
from serving.access.refusals import FieldError
from serving.answering.answers import Answers
from serving.answering.levels import levels
from serving.api import build_api
from serving.schemas.answer_models import RiskAnswer, RiskQuestion
from serving.schemas.levels_models import FearedLoss, LevelsAnswer, LevelsQuestion

NOW = datetime.fromisoformat("2023-07-01T12:00+07:00")
FACTS = {"S1": ("no", "4"), "S2": ("no", "2"), "S3": ("no", "1"), "S4": ("no", ""), "S5": ("yes", "4")}
CUTS = [16.0, 25.0, 50.0, 100.0, 200.0, 400.0]
WET, DRY = [0.9, 0.9, 0.8, 0.5, 0.4, 0.1], [0.0] * 6


def law(home: Path, name: str, table: str) -> None:
    """Has a hazard read by a matrix of the law, as the forecast of heavy rain tells it."""
    file = home / "hazards" / f"{name}.py"
    text = file.read_text(encoding="utf-8")
    text = text.replace("from models.levels", "from models.law.legal_rule import LegalRule\nfrom models.levels")
    file.write_text(
        text.replace("    where=", f'    law=LegalRule("{table}", told_by="heavy_rain"),\n    where='), encoding="utf-8"
    )


def rain_records(issue_time: pd.Timestamp) -> pd.DataFrame:
    """A forecast of heavy rain for tomorrow and of none for the day after, at all sites."""
    first = issue_time.normalize() + pd.Timedelta(days=1)
    records = [
        {
            "hazard": "heavy_rain", "issue_time": issue_time.tz_convert("UTC"), "site": site, "period": lead,
            "lead": lead, "valid_from": (first + pd.Timedelta(days=lead - 1)).tz_convert("UTC"),
            "valid_to": (first + pd.Timedelta(days=lead)).tz_convert("UTC"), "cuts": CUTS,
            "probabilities": WET if lead == 1 else DRY, "expected": 1.0, "level": None, "missing": [],
            "forecaster": "by hand", "fingerprint": "by hand", "archive_version": 0, "inputs": "{}",
            "issued_at": ENDS.tz_convert("UTC"), "step": "full", "outside": "[]", "raised": False,
            "levels": None, "quantiles": None, "low": None, "high": None,
            "climatology": None, "persistence": None,
        }
        for site in FACTS
        for lead in (1, 2)
    ]  # fmt: skip
    return pd.DataFrame(records)[COLUMNS.names]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = a_copy(tmp_path_factory, tmp_path_factory.mktemp("law") / "home")
    lines = (home / "sites.csv").read_text(encoding="utf-8").splitlines()
    told = [f"{lines[0]},mountainous,landslide_susceptibility"]
    told += [f"{line},{','.join(FACTS[line[:2]])}" for line in lines[1:]]
    (home / "sites.csv").write_text("\n".join(told), encoding="utf-8")
    law(home, SMALL, "rain")
    law(home, COAST, "flash_flood")
    opened(home).issued.add(rain_records(ISSUED[-1]))
    return home


@pytest.fixture(scope="module")
def answers(home: Path) -> Answers:
    return answering(home)


def ask(answers: Answers, hazard: str, **stated: object) -> RiskAnswer:
    return answers.risk(RiskQuestion.model_validate({"hazard": hazard} | stated), now=NOW)


def test_each_period_has_the_probability_of_each_level_and_the_one_proposed(answers: Answers) -> None:
    tomorrow, after = ask(answers, SMALL, sites=["S1"]).forecasts[0].periods
    assert tomorrow.law is not None
    # Article 44, plains, one or two days: level 1 from 100 mm, 2 over 200, 3 over 400; no third day is at 100 mm.
    assert tomorrow.law.at_least == pytest.approx([0.5, 0.4, 0.1, 0.0], abs=0.004)
    assert tomorrow.law.level == 2
    assert after.law is not None
    assert (after.law.level, after.law.at_least, after.law.cell) == (0, [0, 0, 0, 0], None)


def test_the_answer_says_article_colour_mark_and_what_is_not_verified(answers: Answers) -> None:
    told = ask(answers, SMALL)
    assert told.law is not None
    assert (told.law.article, told.law.decision, told.law.told_by) == ("44", "18/2021/QĐ-TTg", "heavy_rain")
    assert not told.law.compared_with_gazette
    level = {one.level: one for one in told.law.levels}[2]
    assert (level.colour_vi, level.colour_en, level.hex, level.verified) == (
        "vàng nhạt", "light yellow", "#FFF3A0", True
    )  # fmt: skip
    of_plains = next(cell for cell in told.law.cells if "plains" in cell.ground_en)
    assert (of_plains.level, of_plains.mark, of_plains.verified) == (2, "S2", False)
    assert of_plains.caution_en == "two public encodings agree."
    assert of_plains.ground_vi.startswith("Điều 44, Quyết định 18/2021/QĐ-TTg: lượng mưa 24 giờ > 200–400 mm")


def test_the_answer_says_how_days_are_joined(answers: Answers) -> None:
    told = ask(answers, SMALL).law
    assert told is not None
    assert told.days_joined_en.endswith("correlation 0.50 of neighbouring days, a choice of this service")
    assert "tương quan 0.50" in told.days_joined_vi


def test_slopes_are_read_by_their_susceptibility_and_one_that_is_not_known_has_no_level(answers: Answers) -> None:
    told = ask(answers, COAST)
    assert told.law is not None
    assert told.law.article == "46"
    levels = {one.site: one.periods[0].law for one in told.forecasts}
    assert levels["S4"] is None
    # Over 200 mm with 0.4: on a slope of very high susceptibility level 2, whatever rained before.
    assert levels["S1"] is not None
    assert levels["S1"].level == 2
    marks = {cell.number: cell for cell in told.law.cells}
    assert levels["S1"].cell is not None
    assert marks[levels["S1"].cell].mark in ("S1", "D")
    assert not marks[levels["S1"].cell].verified


def test_a_hazard_without_a_matrix_has_no_law(home: Path, tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    shutil.copytree(home, bare)
    file = bare / "hazards" / f"{COAST}.py"
    kept = [line for line in file.read_text(encoding="utf-8").splitlines() if "law=" not in line]
    file.write_text("\n".join(kept), encoding="utf-8")
    answers = answering(bare)
    told = ask(answers, COAST)
    assert told.law is None
    assert all(period.law is None for one in told.forecasts for period in one.periods)
    found = levels(answers, LevelsQuestion(hazards=[COAST]), now=NOW)
    assert found.withheld == {COAST: "Decision 18/2021 as encoded has no matrix for it"}


def test_an_article_that_asks_for_what_is_not_known_is_named_with_its_reason(home: Path, tmp_path: Path) -> None:
    unread = tmp_path / "unread"
    shutil.copytree(home, unread)
    file = unread / "hazards" / f"{COAST}.py"
    text = file.read_text(encoding="utf-8").replace(
        "import LegalRule", "import Unread\nfrom models.law.matrix import Text"
    )
    stated = '    unread=Unread("49", Text("cần đo mặn", "it needs salinity")),'
    lines = [stated if "law=" in line else line for line in text.splitlines()]
    file.write_text("\n".join(lines), encoding="utf-8")
    answers = answering(unread)
    told = ask(answers, COAST)
    assert told.law is None
    assert told.unread is not None
    assert (told.unread.article, told.unread.reason_en) == ("49", "it needs salinity")
    found = levels(answers, LevelsQuestion(), now=NOW)
    assert (found.withheld_vi[COAST], found.withheld[COAST]) == ("cần đo mặn", "it needs salinity")


def test_without_a_forecast_of_rain_the_answer_says_why_it_has_no_level(answers: Answers) -> None:
    told = ask(answers, SMALL, issue_time="2023-06-27T08:00+07:00")
    assert told.law is not None
    assert told.law.withheld == "no forecast of heavy_rain stands at this issue time: issue it as well"
    assert told.forecasts[0].periods[0].law is None
    assert told.forecasts[0].periods[0].probabilities


def together(answers: Answers, **stated: object) -> LevelsAnswer:
    return levels(answers, LevelsQuestion.model_validate(stated), now=NOW)


def test_two_hazards_on_one_day_are_proposed_one_level_higher_with_the_reason(answers: Answers) -> None:
    found = together(answers, sites=["Hạ Long"])
    (site,) = found.sites
    tomorrow, after = site.days
    assert (site.site, str(tomorrow.day)) == ("S1", "2023-07-01")
    assert tomorrow.levels == {SMALL: 2, COAST: 2}
    assert tomorrow.proposal is not None
    assert (tomorrow.proposal.from_level, tomorrow.proposal.level, tomorrow.proposal.article) == (2, 3, "4.4")
    assert tomorrow.proposal.verified
    assert "Đây là đề xuất; người có thẩm quyền quyết định." in tomorrow.proposal.reason_vi
    assert "This is a proposal; the person in charge decides." in tomorrow.proposal.reason_en
    assert after.proposal is None
    assert found.together_en.endswith("the law gives no number of days")


def test_levels_stay_as_they_are_until_somebody_decides(answers: Answers) -> None:
    tomorrow = together(answers, sites=["S1"]).sites[0].days[0]
    assert max(tomorrow.levels.values()) == 2
    assert ask(answers, SMALL, sites=["S1"]).forecasts[0].periods[0].law.level == 2  # type: ignore[union-attr]


def test_where_a_person_fears_serious_loss_two_levels_are_proposed(answers: Answers) -> None:
    feared = FearedLoss(vi="hồ chứa có thể vỡ", en="a reservoir may break")
    tomorrow = levels(answers, LevelsQuestion(sites=["S1"], serious_loss=feared), now=NOW).sites[0].days[0]
    assert tomorrow.proposal is not None
    assert tomorrow.proposal.level == 4
    assert "hồ chứa có thể vỡ" in tomorrow.proposal.reason_vi


def test_one_hazard_alone_is_not_raised(answers: Answers) -> None:
    assert together(answers, hazards=[SMALL], sites=["S1"]).sites[0].days[0].proposal is None


def test_a_hazard_that_has_no_forecaster_is_withheld_and_the_others_are_told(answers: Answers) -> None:
    found = together(answers)
    assert "heavy_rain is not answered" in found.withheld["heavy_rain"]
    assert set(found.issue_times) == {SMALL, COAST}
    assert [site.site for site in found.sites] == list(FACTS)


def test_an_unknown_site_is_named(answers: Answers) -> None:
    with pytest.raises(FieldError, match="unknown site 'Hanoi'") as told:
        together(answers, sites=["S1", "Hanoi"])
    assert told.value.field == "sites.1"


def test_the_levels_are_asked_over_http(answers: Answers) -> None:
    api = build_api()
    api.state.answers = answers

    async def asked() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(api), base_url="http://haidang") as client:
            return await client.post("/v1/levels", json={"sites": ["S1"]})

    response = asyncio.run(asked())
    assert response.status_code == 200
    assert LevelsAnswer.model_validate_json(response.content).sites[0].site == "S1"
