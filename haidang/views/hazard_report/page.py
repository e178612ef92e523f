"""The page of a report: one HTML file that needs nothing else, and the model card as Markdown, both from the facts."""

import base64
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import jinja2
import pandas as pd
from matplotlib import rc_context
from matplotlib.figure import Figure

from features.settings import Settings
from features.variables import VARIABLES
from haidang.views.hazard_report.facts import BASELINES, Facts
from haidang.views.hazard_report.pictures import NAMES, SEASON_NAMES, SIGN
from training.event_scores import ALARMS_PER_YEAR, GAP_DAYS
from training.fit import code_version
from training.scores import CONFIDENCE

_NONE = "–"
_VERDICTS = {
    "better": ("tốt hơn", "better"),
    "worse": ("kém hơn", "worse"),
    "not told apart": ("chưa phân biệt được", "not told apart"),
    "too few events": ("quá ít sự kiện", "too few events"),
}


@dataclass(frozen=True)
class Written:
    """What a report left behind.

    Attributes:
        page: the HTML file.
        card: the model card, Markdown.
    """

    page: Path
    card: Path


def write(facts: Facts, drawn: Mapping[str, Figure], folder: Path) -> Written:
    """Writes the page and the card.

    Args:
        facts: what is told.
        drawn: the pictures, by the names that the page knows.
        folder: where to; it is made.
    """
    folder.mkdir(parents=True, exist_ok=True)
    told = _told(facts) | {"pictures": {name: _inline(figure) for name, figure in drawn.items()}}
    written = Written(folder / f"{facts.hazard.name}.html", folder / f"{facts.hazard.name}-card.md")
    templates = _templates()
    written.page.write_text(templates.get_template("page.html.j2").render(told), encoding="utf-8")
    written.card.write_text(templates.get_template("card.md.j2").render(told), encoding="utf-8")
    return written


def _told(facts: Facts) -> dict[str, object]:
    """What the templates read."""
    tested, target = facts.tested, facts.hazard.target
    times = tested.issue_times.tz_convert(facts.zone)
    return {
        "facts": facts,
        "hazard": facts.hazard,
        "unit": target.unit,
        "sign": SIGN[target.sense],
        "rivals": [name for name in tested.probabilities if name != "model"],
        "baselines": BASELINES,
        "names": {name: NAMES.get(name, name.replace("_", "-")) for name in tested.probabilities},
        "verdicts": _VERDICTS,
        "season_names": SEASON_NAMES,
        "tested_from": times[0],
        "tested_until": times[-1],
        "code_version": code_version(),
        "budget": ALARMS_PER_YEAR,
        "gap_days": GAP_DAYS,
        "confidence": round(100 * CONFIDENCE),
        "variables": VARIABLES,
        "events_at": {cut: int(table["events"].sum()) for cut, table in facts.by_lead.items()},
        "ranked_sites": facts.by_site.sort_values("skill_climatology", ascending=False),
    }


def _templates() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=jinja2.select_autoescape(["html.j2"]),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"number": _number, "signed": _signed, "day": _day, "moment": _moment, "lead": _lead}
    return environment


def _number(value: float, digits: int = 3) -> str:
    return _NONE if pd.isna(value) else f"{value:,.{digits}f}"


def _signed(value: float, digits: int = 3) -> str:
    return _NONE if pd.isna(value) else f"{value:+.{digits}f}".replace("-", "−")


def _day(moment: pd.Timestamp) -> str:
    return f"{moment:%Y-%m-%d}"


def _moment(moment: pd.Timestamp, zone: str) -> str:
    return f"{moment.tz_convert(zone):%Y-%m-%d %H:%M}"


def _lead(hours: float) -> str:
    return _NONE if pd.isna(hours) else f"{hours:.0f} h"


def _inline(figure: Figure) -> str:
    """The picture as the address of an image."""
    drawn = io.BytesIO()
    with rc_context({"svg.hashsalt": "haidang", "font.family": "DejaVu Sans"}):
        figure.savefig(drawn, format="svg", metadata={"Date": None})
    return "data:image/svg+xml;base64," + base64.b64encode(drawn.getvalue()).decode("ascii")


def default_folder(settings: Settings) -> Path:
    """Where reports of a deployment lie."""
    return settings.home / "reports"
