"""What `haidang drift` shows: a few lines for people, JSON for machines."""

import json
from dataclasses import asdict

import pandas as pd

from haidang.champions.watching import Watched
from haidang.views.console import console


def show_watched(watched: Watched, *, as_json: bool) -> None:
    """What was found."""
    if as_json:
        console.print_json(json.dumps(as_plain(watched), ensure_ascii=False))
    else:
        _show(watched)


def as_plain(watched: Watched) -> dict[str, object]:
    """What was found, as JSON takes it: moments as text, and null where nothing can be told."""
    found = {
        "at": watched.at,
        "alarms": [asdict(alarm) for alarm in watched.alarms],
        "quality": [asdict(alarm) for alarm in watched.quality],
        "drift": {name: asdict(one) for name, one in watched.drift.items()},
        "bias": None if watched.bias is None else asdict(watched.bias),
        "performance": {name: asdict(one) for name, one in watched.performance.items()},
    }
    plain = _plain(found)
    if not isinstance(plain, dict):
        raise TypeError("what was found is a table of parts")
    return plain


def _plain(value: object) -> object:
    if isinstance(value, dict):
        return {str(name): _plain(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    if isinstance(value, pd.Timestamp):
        return value.isoformat()
    return None if isinstance(value, float) and value != value else value


def _show(watched: Watched) -> None:
    for title, told in (
        ("drift", {name: f"{len(one.features)} inputs, {one.years} years" for name, one in watched.drift.items()}),
        ("performance", {name: f"{one.issues} issues verified" for name, one in watched.performance.items()}),
    ):
        for name, text in told.items():
            console.print(f"{title:12} {name:24} {text}", highlight=False)
    bias = watched.bias
    days = "cannot be told yet" if bias is None else f"{bias.judged_days} days judged, evidence {bias.evidence:.1f}"
    console.print(f"{'forecasts':12} {days}", highlight=False)
    for alarm in watched.alarms:
        console.print(f"{alarm.kind:16} {alarm.about}\n    {alarm.text}", style="red", highlight=False)
    if not watched.alarms:
        console.print("không có báo động / no alarm", highlight=False)
