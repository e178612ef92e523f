"""What is forecast, and where: the hazards with what they need and how good they are, and the sites."""

from collections.abc import Sequence

from haidang.views.console import as_time, console, print_models, table_of
from models.targets import SIGNS
from serving.schemas.hazard_models import HazardView, SiteView

_BASES = {"model": "mô hình / model", "rule": "quy tắc / rule", None: "không / none"}


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
            f"{_BASES[hazard.basis]}\n{hazard.model_version or '-'}\n{as_time(hazard.latest_issue_time)}",
        )
    console.print(table)


def show_sites(sites: Sequence[SiteView], *, as_json: bool) -> None:
    """The sites."""
    if as_json:
        print_models(sites)
        return
    table = table_of("code", "vi", "en", "latitude", "longitude")
    for site in sites:
        table.add_row(site.code, site.name_vi, site.name_en, f"{site.latitude:.4f}", f"{site.longitude:.4f}")
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
