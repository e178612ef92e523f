"""What is said: forecasts as they are issued, answers with the levels of the law, and what drives them."""

import pandas as pd

from haidang.views.console import as_time, console, table_of
from models.targets import SIGNS
from serving.schemas.answer_models import RiskAnswer
from serving.schemas.explain_models import Explanation
from serving.schemas.forecast_models import PeriodForecast
from serving.schemas.law_models import LegalView

_STEPS = {
    "no_forecast_weather": ("không có dự báo thời tiết", "without forecast weather"),
    "no_surveillance": ("không có số liệu giám sát", "without surveillance"),
    "climatology": ("chỉ theo khí hậu", "climatology alone"),
}


def show_issued(records: pd.DataFrame, new: int, zone: str) -> None:
    """What was issued, and which features could not be known at how many of the sites."""
    first = records.iloc[0]
    told = f"{new:,} forecasts issued" if new else "issued before; nothing was changed"
    console.print(f"{first['hazard']} at {first['issue_time'].tz_convert(zone).isoformat()}: {told}", highlight=False)
    missing = records[["site", "missing"]].explode("missing").dropna().groupby("missing")["site"].nunique()
    for feature, sites in missing.items():
        console.print(f"  not known at {sites} of {records['site'].nunique()} sites: {feature}", style="yellow")


def show_risk(answer: RiskAnswer, *, as_json: bool) -> None:
    """An answer."""
    if as_json:
        console.print_json(answer.model_dump_json())
        return
    if answer.simulated:
        console.print("DỮ LIỆU MÔ PHỎNG / SIMULATED DATA", style="bold yellow")
    if answer.basis == "rule":
        console.print("QUY TẮC ĐÃ CÔNG BỐ, KHÔNG PHẢI MÔ HÌNH / PUBLISHED RULE, NOT A MODEL", style="bold yellow")
    console.print(
        f"{answer.title_vi} / {answer.title_en}   {answer.origin} {as_time(answer.issue_time)}   "
        f"{answer.basis or 'model'} {answer.model_version}\n{answer.baselines_beaten}",
        highlight=False,
    )
    for age in answer.inputs:
        until = "nothing known" if age.data_until is None else f"until {age.data_until:%Y-%m-%d}"
        console.print(f"  {age.variable}: {until}, known {as_time(age.known_at)}", style="dim", highlight=False)
    legal = ("cấp / level",) if answer.law else ()
    amounts = ("trung vị / median", "90 %") if any(f.periods[0].interval for f in answer.forecasts) else ()
    table = table_of("site", "", "valid from", "lead", *_cut_headings(answer), "expected", *amounts, "warning", *legal)
    for forecast in answer.forecasts:
        for period in forecast.periods:
            table.add_row(
                forecast.site,
                forecast.name_vi,
                f"{period.valid_from:%Y-%m-%d}",
                f"{period.lead} d",
                *(f"{one.probability:.1%}" for one in (*period.probabilities, *period.thresholds)),
                "-" if period.expected is None else f"{period.expected:.1f} {answer.unit}",
                *(_amounts(period) if amounts else ()),
                period.level or "",
                *(_legal(answer, period) for _ in legal),
            )
    console.print(table)
    _show_cautions(answer)
    if answer.law:
        _show_law(answer.law)
    if answer.unread:
        console.print(f"{answer.unread.reason_vi} / {answer.unread.reason_en}", style="yellow", highlight=False)


def show_explanation(explanation: Explanation, *, as_json: bool) -> None:
    """What drives a forecast."""
    if as_json:
        console.print_json(explanation.model_dump_json())
        return
    if explanation.simulated:
        console.print("DỮ LIỆU MÔ PHỎNG / SIMULATED DATA", style="bold yellow")
    console.print(
        f"{explanation.title_vi} / {explanation.title_en} {SIGNS[explanation.sense]} {explanation.cut:g} "
        f"{explanation.unit}   {explanation.site} {explanation.name_vi}   {as_time(explanation.issue_time)}   "
        f"{explanation.model_version}",
        highlight=False,
    )
    for period in explanation.periods:
        vi, en = _STEPS.get(period.step or "", ("", ""))
        step = f"   {vi} / {en}" if vi else ""
        console.print(
            f"lead {period.lead} d: {period.probability:.2%}, khí hậu / climatology {period.climatology:.2%}, "
            f"đầu vào như thường lệ / usual inputs {period.usual:.2%}{step}",
            highlight=False,
        )
        for driver in period.drivers:
            console.print(
                f"  {driver.log_odds:+.2f}  {driver.told_vi} / {driver.told_en}", markup=False, highlight=False
            )


def _amounts(period: PeriodForecast) -> tuple[str, str]:
    """The median and the 90 % interval."""
    if period.interval is None:
        return "-", "-"
    median = next(one.value for one in period.quantiles if one.level == 0.5)
    return f"{median:.1f}", f"{period.interval.low:.1f} - {period.interval.high:.1f}"


def _cut_headings(answer: RiskAnswer) -> list[str]:
    periods = [period for forecast in answer.forecasts[:1] for period in forecast.periods[:1]]
    return [one.told for first in periods for one in (*first.probabilities, *first.thresholds)]


def _show_cautions(answer: RiskAnswer) -> None:
    """How many of the forecasts are not the full model's, or rest on inputs that were never seen."""
    periods = [period for forecast in answer.forecasts for period in forecast.periods]
    for step, (vi, en) in _STEPS.items():
        if count := sum(period.step == step for period in periods):
            console.print(f"  {vi} / {en}: {count} / {len(periods)}", style="yellow", highlight=False)
    for told, count in (
        ("đầu vào vượt phạm vi đã học / inputs beyond training", sum(bool(one.beyond_training) for one in periods)),
        ("nâng lên mức sàn / raised to the floor", sum(one.raised for one in periods)),
    ):
        if count:
            console.print(f"  {told}: {count} / {len(periods)}", style="yellow", highlight=False)


def _legal(answer: RiskAnswer, period: PeriodForecast) -> str:
    """The proposed level of the law on its colour, with the number of its cell."""
    if answer.law is None or period.law is None or period.law.level is None:
        return "?"
    colour = next(level.hex for level in answer.law.levels if level.level == period.law.level)
    cell = "" if period.law.cell is None else f" ({period.law.cell})"
    return f"[black on {colour}] {period.law.level} [/]{cell}"


def _show_law(law: LegalView) -> None:
    """What the levels rest on, and what of it nobody has verified."""
    told = f" {law.withheld}" if law.withheld else ""
    console.print(
        f"Điều {law.article}, Quyết định {law.decision}: {law.title_vi} / Article {law.article}: {law.title_en}. "
        f"Đề xuất từ {law.probability:.0%} / proposed from {law.probability:.0%}.{told}",
        highlight=False,
    )
    for cell in law.cells:
        doubt = f" {cell.caution_vi} / {cell.caution_en}" if cell.caution_vi else ""
        console.print(
            f"  ({cell.number}) {cell.ground_vi} / {cell.ground_en} {cell.mark}{doubt}",
            style="dim" if cell.verified else "yellow",
            markup=False,
            highlight=False,
        )
