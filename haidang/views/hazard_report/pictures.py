"""The pictures of a report, drawn for print and screen; labels in Vietnamese and English."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import TwoSlopeNorm
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from matplotlib.patheffects import withStroke
from shapely.geometry.base import BaseGeometry

from haidang.views.hazard_report.facts import Facts
from models.hazard import Hazard
from models.season import SEASONS

INK, FAINT, _UNTOLD = "#22303c", "#c8d1d8", "#eef1f3"
COLOURS = {"model": "#0b6b8a", "climatology": "#8b97a1", "persistence": "#d9822b"}
PEER_COLOUR = "#7b4ea3"
NAMES = {
    "model": "mô hình · model",
    "climatology": "khí hậu · climatology",
    "persistence": "quán tính · persistence",
}
SEASON_NAMES = {"DJF": "12–2 · DJF", "MAM": "3–5 · MAM", "JJA": "6–8 · JJA", "SON": "9–11 · SON"}
SIGN = {"at_least": "≥", "at_most": "≤"}
_SKILL, _DARK = "RdBu", 0.3


def pictures(facts: Facts, boundaries: Mapping[str, BaseGeometry]) -> dict[str, Figure]:
    """All pictures by name.

    Args:
        facts: what is shown.
        boundaries: areas of the sites, where the deployment has them.
    """
    drawn = {
        "skill": skill_by_lead(facts),
        "reliability": reliability(facts),
        "value": economic_value(facts),
        "murphy": murphy(facts),
        "discrimination": discrimination(facts),
        "map": skill_map(facts, boundaries),
    }
    return drawn if facts.by_season is None else drawn | {"seasons": seasons(facts.by_season, facts.hazard)}


def skill_by_lead(facts: Facts) -> Figure:
    """Brier skill of the model against each rival, a panel for each cut."""
    hazard, cuts = facts.hazard, facts.cuts[-4:]
    figure = _figure(3.1 * len(cuts) + 0.6, 3.5)
    panels = figure.subplots(1, len(cuts), sharey=True, squeeze=False)[0]
    rivals = [name for name in facts.tested.probabilities if name != "model"]
    lowest = 0.0
    for panel, cut in zip(panels, cuts, strict=True):
        table = facts.by_lead[cut]
        leads = table.index.to_numpy(float)
        step = np.diff(leads).min() if len(leads) > 1 else 1.0
        for place, name in enumerate(rivals):
            value = table[f"skill_{name}"].to_numpy(float)
            low, high = table[f"skill_{name}_low"].to_numpy(float), table[f"skill_{name}_high"].to_numpy(float)
            at = leads + step * 0.12 * (place - (len(rivals) - 1) / 2)
            panel.vlines(at, low, high, color=_colour(name), alpha=0.45, linewidth=2.5)
            panel.plot(at, value, "o-", color=_colour(name), markersize=4.5, linewidth=1.6, label=_name(name))
            lowest = min(lowest, float(np.nanmin(np.append(low, 0))))
        panel.axhline(0, color=INK, linewidth=0.8)
        panel.set_title(f"{SIGN[hazard.target.sense]} {cut:g} {hazard.target.unit}", fontsize=10, color=INK)
        panel.set(xlabel="thời hạn, ngày · lead, days", xticks=leads[:: max(1, len(leads) // 6)])
        _clean(panel)
    panels[0].set(ylabel="kỹ năng Brier so với · skill against", ylim=(max(-1.0, lowest - 0.05), 1.0))
    panels[-1].legend(frameon=False, fontsize=8.5)
    return figure


def reliability(facts: Facts) -> Figure:
    """CORP reliability with its band, beside the baselines, above a histogram of the forecasts."""
    figure = _figure(4.9, 5.4)
    above, below = figure.subplots(2, 1, height_ratios=(4.4, 1), sharex=True)
    reach = 0.0
    for name in ("persistence", "climatology", "model"):
        curve = facts.calibration[name].curve
        if name == "model":
            above.fill_between(
                curve["forecast"], curve["low"], curve["high"], color=_colour(name), alpha=0.18, linewidth=0
            )
            below.hist(curve["forecast"], bins=np.linspace(0, 1, 41), weights=curve["n"], color=_colour(name))
            reach = float(max(curve["forecast"].max(), curve["frequency"].max()))
        above.plot(
            curve["forecast"], curve["frequency"], color=_colour(name), linewidth=2 if name == "model" else 1.2,
            label=_name(name),
        )  # fmt: skip
    reach = min(1.0, 1.08 * reach + 0.01)
    above.plot([0, 1], [0, 1], color=INK, linewidth=0.8, linestyle=(0, (4, 4)))
    above.set(ylabel="tần suất sự kiện · event frequency", xlim=(0, reach), ylim=(0, reach))
    above.legend(frameon=False, fontsize=8.5, loc="upper left")
    below.set(xlabel="xác suất dự báo · forecast probability", yscale="log", ylabel="n")
    for panel in (above, below):
        _clean(panel)
    return figure


def economic_value(facts: Facts) -> Figure:
    """Relative value over the ratio of cost to loss, with the interval of the model."""
    figure = _figure(4.9, 3.6)
    panel = figure.subplots()
    for name, table in facts.value.items():
        if name == "model":
            panel.fill_between(table.index, table["low"], table["high"], color=_colour(name), alpha=0.18, linewidth=0)
        panel.plot(
            table.index, table["value"], color=_colour(name), linewidth=2 if name == "model" else 1.2, label=_name(name)
        )
    panel.axhline(0, color=INK, linewidth=0.8)
    panel.set(
        xlabel="chi phí / tổn thất · cost / loss", ylabel="giá trị tương đối · relative value", xscale="log",
        ylim=(-0.25, 1), xlim=(0.005, 0.95), xticks=[0.01, 0.03, 0.1, 0.3, 0.9],
    )  # fmt: skip
    panel.set_xticklabels(["0.01", "0.03", "0.1", "0.3", "0.9"])
    panel.legend(frameon=False, fontsize=8.5)
    _clean(panel)
    return figure


def murphy(facts: Facts) -> Figure:
    """Elementary scores over all thresholds of decision."""
    figure = _figure(4.9, 3.6)
    panel = figure.subplots()
    for name in facts.murphy:
        curve = facts.murphy[name]
        panel.plot(
            curve.index,
            curve,
            color=_colour(str(name)),
            linewidth=2 if name == "model" else 1.2,
            label=_name(str(name)),
        )
    panel.set(xlabel="ngưỡng quyết định · decision threshold", ylabel="điểm phạt · elementary score", xlim=(0, 1))
    panel.set_ylim(bottom=0)
    panel.legend(frameon=False, fontsize=8.5)
    _clean(panel)
    return figure


def discrimination(facts: Facts) -> Figure:
    """ROC and precision-recall side by side: diagnostics only."""
    figure = _figure(6.4, 3.2)
    left, right = figure.subplots(1, 2)
    for name, told in facts.discrimination.items():
        curve = told.curve
        detection, false = curve["detection"].to_numpy(), curve["false_detection"].to_numpy()
        left.plot(np.r_[1, false, 0], np.r_[1, detection, 0], color=_colour(name), label=_name(name), linewidth=1.5)
        right.plot(detection, curve["precision"], color=_colour(name), linewidth=1.5)
    left.plot([0, 1], [0, 1], color=INK, linewidth=0.8, linestyle=(0, (4, 4)))
    left.set(xlabel="báo nhầm · false detection", ylabel="phát hiện · detection", title="ROC")
    right.set(xlabel="phát hiện · detection", ylabel="độ chính xác · precision", title="PR", xlim=(0, 1), ylim=(0, 1))
    left.legend(frameon=False, fontsize=8)
    for panel in (left, right):
        _clean(panel)
    return figure


def seasons(table: pd.DataFrame, hazard: Hazard) -> Figure:
    """Skill against climatology by season and lead; a dot where it is better, a cross where it is worse."""
    leads = hazard.periods.leads
    held = [name for name in SEASONS if name in table.index.get_level_values("season")]
    figure = _figure(1.6 + 0.62 * len(leads), 1.3 + 0.5 * len(held))
    panel = figure.subplots()
    values = np.full((len(held), len(leads)), np.nan)
    marks = {"better": "●", "worse": "✕", "not told apart": "·", "too few events": ""}
    told = [(held.index(season), list(leads).index(lead)) for season, lead in table.index]
    for at, verdict, skill in zip(told, table["found_climatology"], table["skill_climatology"], strict=True):
        values[at] = np.nan if verdict == "too few events" else skill
    norm = _norm(values)
    for at, verdict in zip(told, table["found_climatology"], strict=True):
        ink = "white" if abs(norm(values[at]) - 0.5) > _DARK else INK
        panel.text(at[1], at[0], marks[verdict], ha="center", va="center", fontsize=9, color=ink)
    picture = panel.imshow(values, cmap=_SKILL, norm=norm, aspect="auto")
    panel.set_xticks(range(len(leads)), [f"{lead}" for lead in leads])
    panel.set_yticks(range(len(held)), [SEASON_NAMES[name] for name in held])
    panel.set(xlabel="thời hạn, ngày · lead, days")
    panel.tick_params(length=0, labelsize=9)
    for side in panel.spines.values():
        side.set_visible(False)
    panel.set_facecolor(_UNTOLD)
    figure.colorbar(picture, ax=panel, shrink=0.9, label="kỹ năng · skill", pad=0.02)
    return figure


def skill_map(facts: Facts, boundaries: Mapping[str, BaseGeometry]) -> Figure:
    """Skill against climatology at each site: its area where it is known, else a point; hollow with too few events."""
    figure = _figure(7.2, 5.2)
    panel = figure.subplots()
    table, sites = facts.by_site, facts.sites
    judged = table["found_climatology"] != "too few events"
    skill = table["skill_climatology"].where(judged)
    scale = ScalarMappable(_norm(skill.to_numpy(float)), _SKILL)
    figure.colorbar(scale, ax=panel, shrink=0.75, label="kỹ năng so với khí hậu · skill against climatology", pad=0.02)
    faces = {str(code): scale.to_rgba(value) for code, value in skill.dropna().items()}
    for code, area in boundaries.items():
        face = faces.get(code, _UNTOLD)
        panel.add_patch(PathPatch(_outline(area), facecolor=face, edgecolor="white", linewidth=0.6))
    points = [code for code in table.index if code not in boundaries]
    for code in points:
        face = faces.get(code, "none")
        panel.scatter(
            sites[code].longitude, sites[code].latitude, s=95, color=[face], edgecolor=INK, linewidth=0.6, zorder=2
        )
    for code in table.index if len(table) <= 12 else _extremes(skill):
        panel.annotate(
            sites[code].name_vi, (sites[code].longitude, sites[code].latitude), xytext=(7, 4), fontsize=8, color=INK,
            textcoords="offset points", path_effects=[withStroke(linewidth=2.5, foreground="white")],
        )  # fmt: skip
    panel.autoscale_view()
    panel.margins(0.08)
    panel.set_aspect(1 / np.cos(np.radians(np.mean([sites[code].latitude for code in table.index]))))
    panel.set(xlabel="kinh độ · longitude, °E", ylabel="vĩ độ · latitude, °N")
    _clean(panel)
    return figure


def _extremes(skill: pd.Series) -> list[str]:
    """The three sites of most and of least skill."""
    known = skill.dropna().sort_values()
    return [str(code) for code in [*known.index[:3], *known.index[-3:]]]


def _norm(values: np.ndarray) -> TwoSlopeNorm:
    """White at no skill, the same strength on either side."""
    known = np.abs(values[np.isfinite(values)])
    reach = max(0.05, float(known.max())) if known.size else 0.05
    return TwoSlopeNorm(0, -reach, reach)


def _outline(area: BaseGeometry) -> Path:
    rings = [ring for part in getattr(area, "geoms", [area]) for ring in (part.exterior, *part.interiors)]
    return Path.make_compound_path(*(Path(np.asarray(ring.coords)[:, :2], closed=True) for ring in rings))


def _figure(width: float, height: float) -> Figure:
    return Figure(figsize=(width, height), layout="constrained", facecolor="none")


def _clean(panel: Axes) -> None:
    panel.spines[["top", "right"]].set_visible(False)
    panel.spines[["left", "bottom"]].set_color(FAINT)
    panel.tick_params(colors=INK, labelsize=9, length=3)
    panel.xaxis.label.set(color=INK, fontsize=9)
    panel.yaxis.label.set(color=INK, fontsize=9)
    panel.grid(color=FAINT, linewidth=0.5, alpha=0.6)
    panel.set_axisbelow(True)
    panel.set_facecolor("none")


def _colour(name: str) -> str:
    return COLOURS.get(name, PEER_COLOUR)


def _name(name: str) -> str:
    return NAMES.get(name, name.replace("_", "-"))
