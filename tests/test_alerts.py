"""Alerts: one is open at most of one kind about one thing, until it is settled."""

from pathlib import Path

import pandas as pd
import pytest

from features.database import open_database
from haidang.operations.alerts import Alerts

NOW = pd.Timestamp("2026-07-01T00:00Z")
LATER = NOW + pd.Timedelta(hours=1)


@pytest.fixture
def alerts(tmp_path: Path) -> Alerts:
    return Alerts(open_database(f"sqlite:///{tmp_path / 'haidang.db'}"))


def test_an_alert_that_is_raised_again_stays_one_with_its_beginning_and_the_newest_text(alerts: Alerts) -> None:
    assert alerts.raise_alert("silence", "heavy_rain", "none since Monday", NOW)
    assert not alerts.raise_alert("silence", "heavy_rain", "none since Monday, still", LATER)
    (alert,) = alerts.open_alerts()
    assert (alert.text, alert.raised_at, alert.told_at) == ("none since Monday, still", NOW, LATER)


def test_alerts_of_another_kind_or_about_another_thing_stand_apart(alerts: Alerts) -> None:
    for kind, about in (("silence", "heavy_rain"), ("drift", "heavy_rain"), ("silence", "heat")):
        assert alerts.raise_alert(kind, about, "look", NOW)
    assert [(one.kind, one.about) for one in alerts.open_alerts()] == [
        ("silence", "heavy_rain"),
        ("drift", "heavy_rain"),
        ("silence", "heat"),
    ]


def test_a_settled_alert_is_closed_and_the_next_one_is_new(alerts: Alerts) -> None:
    alerts.raise_alert("silence", "heavy_rain", "look", NOW)
    assert alerts.settle("silence", "heavy_rain", LATER)
    assert alerts.open_alerts() == []
    assert not alerts.settle("silence", "heavy_rain", LATER)
    assert alerts.raise_alert("silence", "heavy_rain", "look again", LATER)
    assert [one.raised_at for one in alerts.open_alerts()] == [LATER]


def test_an_alert_that_another_process_opened_is_seen(alerts: Alerts, tmp_path: Path) -> None:
    Alerts(open_database(f"sqlite:///{tmp_path / 'haidang.db'}?timeout=30")).raise_alert("failed", "ingest", "x", NOW)
    assert not alerts.raise_alert("failed", "ingest", "x", NOW)
    assert len(alerts.open_alerts()) == 1
