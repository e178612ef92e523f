"""Scenarios in words, Vietnamese and English."""

from collections.abc import Mapping, Sequence

from features.displaced import MOVED
from features.variables import variable_named
from serving.scenarios.change_models import DisplaceTrack, Scale
from serving.scenarios.changes import OfHazard
from serving.scenarios.scenario_models import Told

MARK = ("GIẢ ĐỊNH, không phải dự báo đã phát: ", "SCENARIO, not an issued forecast: ")
VERDICTS: Mapping[Told, tuple[str, str]] = {
    "inside": (
        "mọi đầu vào nằm trong phạm vi đã học: có thể hỏi mô hình điều này",
        "all inputs lie within the range of training: the model may be asked that",
    ),
    "outside": (
        "có đầu vào vượt ngoài phạm vi đã học, mô hình phải suy ngoài những gì từng thấy: hãy tin ít hơn",
        "some inputs lie outside the range of training, the model goes beyond all it has seen: trust it less",
    ),
    "held at the edge": (
        "có đầu vào vượt ngoài phạm vi đã học; xác suất được giữ không thấp hơn mức tại đầu vào gần nhất từng thấy",
        "some inputs lie outside the range of training; a probability is held to that at the nearest input seen",
    ),
    "no range": (
        "trả lời theo một quy tắc đã công bố, không có phạm vi đã học",
        "a published rule answers, which has no range of training",
    ),
}


def change_in_words(one: OfHazard, values: int) -> tuple[str, str]:
    """What a change of so many known values does for a hazard, in Vietnamese and in English."""
    if not one.variables:
        return "không đổi gì: loại này không đọc biến đó", "changes nothing: the hazard does not read it"
    vi, en = _what(one)
    if values:
        return vi, en
    return f"{vi}: không đổi gì, chưa biết giá trị nào", f"{en}: changes nothing, no value of it is known"


def _what(one: OfHazard) -> tuple[str, str]:
    if isinstance(one.asked, DisplaceTrack):
        return _of_track(one.asked, one.left)
    variables = [variable_named(name) for name in one.variables]
    titles_vi, titles_en = ("; ".join(getattr(v, name) for v in variables) for name in ("title_vi", "title_en"))
    change = one.change
    back = None if change is None else change.days_before
    when_vi, when_en = (
        ("từ ngày phát trở đi", "from the issue day on")
        if back is None
        else (f"{back} ngày trước ngày phát", f"the {back} days before the issue day")
    )
    if change is not None and isinstance(one.asked, Scale):
        return f"{titles_vi} × {change.factor:g}, {when_vi}", f"{titles_en} × {change.factor:g}, {when_en}"
    by = "" if change is None else f"{change.offset:+g} {variables[0].unit}"
    return f"{titles_vi} {by}, {when_vi}", f"{titles_en} {by}, {when_en}"


def _of_track(asked: DisplaceTrack, left: Sequence[str]) -> tuple[str, str]:
    east, north = asked.east_km, asked.north_km
    told = [(abs(east), "đông" if east > 0 else "tây", "east" if east > 0 else "west")] if east else []
    told += [(abs(north), "bắc" if north > 0 else "nam", "north" if north > 0 else "south")] if north else []
    vi = ", ".join(f"{km:g} km về phía {where}" for km, where, _ in told) or "0 km"
    en = ", ".join(f"{km:g} km {where}" for km, _, where in told) or "0 km"
    moved, stays = ", ".join(MOVED), ", ".join(left) or "-"
    vi_told = (
        f"đường đi của bão dời {vi}: khoảng cách tính từ khoảng cách tại mọi điểm, gió và mưa của bão theo tỷ lệ đã "
        f"công bố ({moved}); những gì mô hình thời tiết dự báo giữ nguyên ({stays})"
    )
    en_told = (
        f"the tracks of storms {en}: distances by those of all sites, wind and rain of the storm in proportion to "
        f"published profiles ({moved}); what weather models forecast stays as it is ({stays})"
    )
    return vi_told, en_told
