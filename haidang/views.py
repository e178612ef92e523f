"""What the command line shows: tables for people, JSON for machines."""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import pandas as pd
from pydantic import BaseModel
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from features.entries import Receipt
from models.targets import SIGNS
from serving.answer_models import RiskAnswer
from serving.explain_models import Explanation
from serving.forecast_models import PeriodForecast
from serving.hazard_models import HazardView, SiteView
from serving.law_models import LegalView
from training.decision import Decision

_WIDTH_IN_A_FILE = 150
_BASES = {"model": "mô hình / model", "rule": "quy tắc / rule", None: "không / none"}
_STEPS = {
    "no_forecast_weather": ("không có dự báo thời tiết", "without forecast weather"),
    "no_surveillance": ("không có số liệu giám sát", "without surveillance"),
    "climatology": ("chỉ theo khí hậu", "climatology alone"),
}
console = Console(width=None if sys.stdout.isatty() else _WIDTH_IN_A_FILE)
errors = Console(stderr=True)


@contextmanager
def counting(title: str) -> Iterator[Callable[[Receipt, pd.Timestamp | None], None]]:
    """A spinner that counts what was taken, and says until when all of it is stored."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=errors, transient=True, disable=not errors.is_terminal) as progress:
        task = progress.add_task(title, total=None)
        whole = Receipt()

        def told(receipt: Receipt, until: pd.Timestamp | None) -> None:
            nonlocal whole
            whole += receipt
            reached = "" if until is None else f", all until {until:%Y-%m-%d}"
            progress.update(
                task, description=f"{title}: {whole.accepted:,} accepted, {whole.duplicates:,} held already{reached}"
            )

        yield told


@contextmanager
def steps(title: str) -> Iterator[Callable[[int, int], None]]:
    """A bar over a known number of steps."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=errors, transient=True, disable=not errors.is_terminal) as progress:
        task = progress.add_task(title, total=None)
        yield lambda done, of: progress.update(task, completed=done, total=of)


@contextmanager
def waiting(title: str) -> Iterator[None]:
    """A spinner for a step of unknown length."""
    with errors.status(title):
        yield


def show_error(error: object) -> None:
    """What went wrong, in one line."""
    errors.print(f"error: {error}", style="red", markup=False, highlight=False, soft_wrap=True)


def show_receipt(source: str, receipt: Receipt, quarantined: pd.DataFrame | None) -> None:
    """What became of the records and of the entries made from them, and the newest reasons of the quarantine."""
    console.print(source, style="bold", highlight=False)
    if receipt.read:
        passed_over = "".join(f"   {count:,} {why}" for why, count in receipt.passed_over.items())
        console.print(
            f"records   read {receipt.read:,}   used {receipt.used:,}   unread {receipt.unread:,}{passed_over}",
            highlight=False,
        )
    for name, count in receipt.kept.items():
        console.print(f"{name:9} new {count:,}", highlight=False)
    console.print(
        f"entries   accepted {receipt.accepted:,}   held already {receipt.duplicates:,}   "
        f"quarantined {receipt.quarantined:,}",
        highlight=False,
    )
    for remark in receipt.remarks:
        console.print(f"  {remark}", style="dim", markup=False, highlight=False, soft_wrap=True)
    if quarantined is not None:
        for reason in quarantined["reason"].tail(5):
            console.print(f"  {reason}", style="yellow", markup=False, highlight=False, soft_wrap=True)


def show_hazards(hazards: Sequence[HazardView], *, as_json: bool) -> None:
    """The hazards."""
    if as_json:
        print_models(hazards)
        return
    table = table_of(
        "hazard", "dữ liệu / data", "mốc so sánh / baselines", "kỹ năng / skill", "đến / to", "cơ sở / basis"
    )
    table.columns[3].no_wrap = True
    for column, width in zip(table.columns, (26, 24, 22), strict=False):
        column.min_width = width
    for hazard in hazards:
        cuts = f"{SIGNS[hazard.sense]} {', '.join(f'{cut:g}' for cut in hazard.cuts)} {hazard.unit}"
        leads = f"{hazard.leads[0]}-{hazard.leads[-1]} d"
        table.add_row(
            f"[bold]{hazard.name}[/]\n{hazard.title_vi}\n{hazard.title_en}\n{cuts}\n{leads}",
            _needs(hazard),
            "\n".join(f"{one.told_vi} / {one.told_en}" for one in hazard.baselines),
            _skill(hazard),
            "-" if hazard.skill_horizon is None else f"{hazard.skill_horizon} d",
            f"{_BASES[hazard.basis]}\n{hazard.model_version or '-'}\n{_time(hazard.latest_issue_time)}",
        )
    console.print(table)


def _needs(hazard: HazardView) -> str:
    """How many of the variables are held, the oldest of those that forecasts read, and which are missing."""
    held = [need for need in hazard.needs if need.held]
    told = f"{len(held)}/{len(hazard.needs)}"
    known = [need.known_at for need in held if need.read and need.known_at is not None]
    if known:
        told += f", cũ nhất / oldest {min(known):%Y-%m-%d}"
    missing = [f"{need.variable}{' (kết quả / outcome)' * need.outcome}" for need in hazard.needs if not need.held]
    return "\n".join([told, *(f"thiếu / missing: {name}" for name in missing)])


def _skill(hazard: HazardView) -> str:
    """The skill at the first lead against both baselines, with n and interval."""
    if not hazard.skill:
        return "-"
    first = hazard.skill[0]
    if first.judged == "too few events":
        return f"quá ít sự kiện / too few events ({first.events})"
    return (
        f"{first.lead} d, {SIGNS[hazard.sense]} {first.cut:g}, {first.events:,} / n {first.n:,}\n"
        f"khí hậu / climatology {first.skill_climatology:+.2f} "
        f"[{first.skill_climatology_low:+.2f} {first.skill_climatology_high:+.2f}]\n"
        f"quán tính / persistence {first.skill_persistence:+.2f} "
        f"[{first.skill_persistence_low:+.2f} {first.skill_persistence_high:+.2f}]"
    )


def show_sites(sites: Sequence[SiteView], *, as_json: bool) -> None:
    """The sites."""
    if as_json:
        print_models(sites)
        return
    table = table_of("code", "vi", "en", "latitude", "longitude")
    for site in sites:
        table.add_row(site.code, site.name_vi, site.name_en, f"{site.latitude:.4f}", f"{site.longitude:.4f}")
    console.print(table)


def show_promoted(hazard: str, registered: str, forecaster: str) -> None:
    """Who is champion now."""
    console.print(f"{hazard}: version {registered} ({forecaster}) is the champion", highlight=False)


def show_decision(decision: Decision, *, as_json: bool) -> None:
    """What the gate says of a challenger, and why."""
    if as_json:
        console.print_json(json.dumps(decision.facts(), ensure_ascii=False))
        return
    told = {"promote": "thay / promote", "keep": "giữ / keep the champion", "refuse": "từ chối / refuse"}
    style = {"promote": "green", "keep": "yellow", "refuse": "red"}[decision.verdict]
    console.print(f"{decision.hazard}: {decision.challenger}: {told[decision.verdict]}", style=style, highlight=False)
    marks = {"holds": "+", "unproven": "?", "broken": "!"}
    for one in decision.findings:
        console.print(f"  {marks[one.found]} {one.vi}\n    {one.en}", highlight=False, soft_wrap=True, markup=False)


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
        f"{answer.title_vi} / {answer.title_en}   {answer.origin} {_time(answer.issue_time)}   "
        f"{answer.basis or 'model'} {answer.model_version}\n{answer.baselines_beaten}",
        highlight=False,
    )
    for age in answer.inputs:
        until = "nothing known" if age.data_until is None else f"until {age.data_until:%Y-%m-%d}"
        console.print(f"  {age.variable}: {until}, known {_time(age.known_at)}", style="dim", highlight=False)
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


def _amounts(period: PeriodForecast) -> tuple[str, str]:
    """The median and the 90 % interval."""
    if period.interval is None:
        return "-", "-"
    median = next(one.value for one in period.quantiles if one.level == 0.5)
    return f"{median:.1f}", f"{period.interval.low:.1f} - {period.interval.high:.1f}"


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


def show_explanation(explanation: Explanation, *, as_json: bool) -> None:
    """What drives a forecast."""
    if as_json:
        console.print_json(explanation.model_dump_json())
        return
    if explanation.simulated:
        console.print("DỮ LIỆU MÔ PHỎNG / SIMULATED DATA", style="bold yellow")
    console.print(
        f"{explanation.title_vi} / {explanation.title_en} {SIGNS[explanation.sense]} {explanation.cut:g} "
        f"{explanation.unit}   {explanation.site} {explanation.name_vi}   {_time(explanation.issue_time)}   "
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


def _cut_headings(answer: RiskAnswer) -> list[str]:
    periods = [period for forecast in answer.forecasts[:1] for period in forecast.periods[:1]]
    return [one.told for first in periods for one in (*first.probabilities, *first.thresholds)]


def table_of(*headings: str) -> Table:
    """An empty table with headings."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in headings:
        table.add_column(heading)
    return table


def _time(moment: object) -> str:
    return "-" if moment is None else f"{moment:%Y-%m-%d %H:%M%z}"


def print_models(views: Sequence[BaseModel]) -> None:
    """Prints models as a JSON list."""
    console.print_json(f"[{','.join(view.model_dump_json() for view in views)}]")
