"""What a level answer says of itself, and the proposal of Article 4, clause 4, that a person decides on."""

import dataclasses

import pytest
import xarray as xr

from features.errors import UnknownNameError
from models.law.answer import Answer, answer
from models.law.compound import propose, propose_where_serious_loss_is_feared
from models.law.decision_18 import DECISION_18
from models.law.matrix import Text
from models.law.observed import cold_levels, flash_flood_levels, heat_levels, rain_levels, storm_levels

FEARED = Text("hồ chứa có thể vỡ", "a reservoir may break")


def of_last_day(levels: xr.Dataset, hazard: str) -> Answer:
    return answer(DECISION_18.table(hazard), int(levels["cell"].isel(day=-1).item()))


def days(*values: float) -> xr.DataArray:
    return xr.DataArray(list(values), dims="day")


# Answers


def test_an_answer_says_its_article_in_both_languages() -> None:
    told = of_last_day(rain_levels(days(0, 250, 250), "plain_coast"), "rain")
    assert told.level.number == 2
    assert told.ground == Text(
        "Điều 44, Quyết định 18/2021/QĐ-TTg: lượng mưa 24 giờ > 200–400 mm, số ngày 1–2, đồng bằng, ven biển",
        "Article 44, Decision 18/2021/QĐ-TTg: rain in 24 h > 200–400 mm, days 1–2, plains and coast",
    )
    assert (told.level.name.vi, told.level.colour.vi, told.level.cap_severity) == (
        "trung bình",
        "vàng nhạt",
        "Moderate",
    )


def test_a_cell_that_was_read_in_the_law_is_verified_and_needs_no_caution() -> None:
    told = of_last_day(rain_levels(days(0, 150), "mountain_midland"), "rain")
    assert told.verified
    assert told.is_law
    assert not told.conflicting
    assert told.mark == Text("đã đọc nguyên văn", "the words of the law were read")
    assert told.caution == Text("", "")


def test_a_cell_by_two_encodings_is_the_law_but_not_verified() -> None:
    told = of_last_day(heat_levels(days(38, 38, 38)), "heat")
    assert not told.verified
    assert told.is_law
    assert told.caution.en == "two public encodings agree."


@pytest.mark.parametrize(
    ("levels", "hazard", "level", "other"),
    [
        (flash_flood_levels(days(20, 20, 20, 450), "high"), "flash_flood", 3, 2),
        (cold_levels(days(*[6.0] * 11), "mountain_midland"), "cold", 2, 1),
    ],
)
def test_a_cell_on_which_sources_conflict_says_what_the_other_has(
    levels: xr.Dataset, hazard: str, level: int, other: int
) -> None:
    told = of_last_day(levels, hazard)
    assert told.conflicting
    assert not told.verified
    assert (told.level.number, told.cell.other_level if told.cell else None) == (level, other)
    assert told.caution.vi == f"các nguồn mâu thuẫn, phải đối chiếu Công báo. Một bản mã hóa khác ghi cấp {other}."
    assert told.caution.en == (
        f"sources conflict, to be compared with the gazette. Another encoding has level {other}."
    )


def test_a_level_of_our_choice_is_not_called_law() -> None:
    # More than 200 mm without prior rain: Article 46 is silent.
    told = of_last_day(flash_flood_levels(days(0, 300), "very_high"), "flash_flood")
    assert told.level.number == 2
    assert not told.is_law
    assert told.mark.en == "a choice of this service, not the law"
    assert told.ground.en.endswith("rain in 24 h > 200–400 mm, prior rain days 0, zone 3, very high susceptibility")


def test_below_every_class_no_cell_is_named() -> None:
    told = of_last_day(heat_levels(days(30)), "heat")
    assert (told.level.number, told.cell, told.level.cap_severity) == (0, None, None)
    assert not told.verified
    assert told.ground.vi == "Điều 47, Quyết định 18/2021/QĐ-TTg: không đạt mức nào"


def test_a_wind_in_metres_per_second_has_the_cell_of_its_beaufort_number() -> None:
    told = of_last_day(storm_levels(days(35.0), "coast_and_land"), "storm")
    assert (told.level.number, told.cell.values if told.cell else "") == (4, "12–13")


def test_a_cell_is_told_in_the_unit_it_was_printed_in_whatever_was_measured() -> None:
    of_speeds, of_stages = DECISION_18.speed_table("storm"), DECISION_18.stage_table("flood")
    assert "where the wind is felt 12–13 Beaufort," in answer(of_speeds, 3).ground.en
    assert "BĐ1–BĐ2 alarm class," in answer(of_stages, 0).ground.en


def test_every_cell_can_be_answered_in_both_languages() -> None:
    for table in DECISION_18.tables.values():
        for number, cell in enumerate(table.cells):
            told = answer(table, number)
            assert told.level.number == cell.level
            assert all((told.ground.vi, told.ground.en, told.mark.vi, told.mark.en, told.place.vi, told.place.en))
            assert bool(told.caution.vi) == bool(told.caution.en) == (cell.mark != "V" or cell.other_level is not None)
            assert told.version == DECISION_18.version


def test_the_encoding_says_that_it_was_not_compared_with_the_gazette() -> None:
    assert not DECISION_18.compared_with_gazette
    assert (DECISION_18.number, DECISION_18.issued, DECISION_18.in_force) == (
        "18/2021/QĐ-TTg", "2021-04-22", "2021-07-01"
    )  # fmt: skip


# Article 4, clause 4: two or more hazards at once or in succession may be raised by 1, by 2 where serious loss of life
# and property is feared, never above 5.


def test_two_hazards_at_once_may_be_raised_by_one_level() -> None:
    proposal = propose({"rain": 2, "flash_flood": 1})
    assert proposal is not None
    assert (proposal.level, proposal.from_level, proposal.article) == (3, 2, "4.4")
    assert proposal.hazards == {"rain": 2, "flash_flood": 1}
    assert proposal.reason == Text(
        "Mưa lớn cấp 2, Lũ quét, sạt lở đất cấp 1 xảy ra đồng thời hoặc liên tiếp: khoản 4 Điều 4 Quyết định "
        "18/2021/QĐ-TTg cho phép xem xét tăng từ cấp 2 lên cấp 3. Đây là đề xuất; người có thẩm quyền quyết định.",
        "Heavy rain level 2, Flash flood and landslide level 1 come at once or in succession: clause 4 of Article 4 of "
        "Decision 18/2021/QĐ-TTg allows a rise from level 2 to level 3. This is a proposal; the person in charge "
        "decides.",
    )


def test_where_serious_loss_is_feared_two_levels_may_be_proposed_with_the_reason() -> None:
    proposal = propose_where_serious_loss_is_feared({"storm": 3, "surge": 2}, feared=FEARED)
    assert proposal is not None
    assert (proposal.level, proposal.from_level) == (5, 3)
    assert "hồ chứa có thể vỡ" in proposal.reason.vi
    assert "a reservoir may break" in proposal.reason.en


@pytest.mark.parametrize(("storm", "level"), [(3, 5), (4, 5)])
def test_no_level_is_raised_above_5(storm: int, level: int) -> None:
    raised = propose_where_serious_loss_is_feared({"storm": storm, "surge": 3}, feared=FEARED)
    assert raised is not None
    assert raised.level == level


def test_at_level_5_nothing_is_left_to_propose() -> None:
    assert propose({"storm": 5, "surge": 3}) is None
    assert propose_where_serious_loss_is_feared({"storm": 5, "surge": 3}, feared=FEARED) is None


@pytest.mark.parametrize("levels", [{}, {"rain": 3}, {"rain": 3, "heat": 0}])
def test_one_hazard_alone_is_not_raised(levels: dict[str, int]) -> None:
    assert propose(levels) is None


def test_both_lines_of_salinity_are_one_hazard() -> None:
    assert propose({"salinity_1_permille": 2, "salinity_4_permille": 3}) is None


def test_a_feared_loss_must_be_named_in_both_languages() -> None:
    with pytest.raises(ValueError, match="say what serious loss is feared"):
        propose_where_serious_loss_is_feared({"storm": 3, "surge": 2}, feared=Text("hồ chứa", " "))


def test_a_hazard_that_the_decision_does_not_know_is_refused() -> None:
    with pytest.raises(UnknownNameError, match="shrimp"):
        propose({"rain": 2, "shrimp": 1})


def test_a_proposal_is_a_value_that_nothing_can_change() -> None:
    proposal = propose({"rain": 2, "flash_flood": 1})
    assert proposal is not None
    with pytest.raises(dataclasses.FrozenInstanceError):
        proposal.level = 5  # type: ignore[misc]
    with pytest.raises(TypeError):
        proposal.hazards["rain"] = 5  # type: ignore[index]
