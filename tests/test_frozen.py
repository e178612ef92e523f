"""The frozen part: left alone by backtests and tuning, looked at once by a release, each look written down."""

from datetime import UTC, datetime

import pandas as pd
import pytest
from tiny_deployment import SMALL, a_copy, local, opened
from typer.testing import CliRunner

from features.errors import HaidangError
from haidang.chain import backtesting
from haidang.cli import app
from serving.deployment import Deployment
from training.frozen import Look, allow, frozen_from
from training.tracking import open_tracking

NOW = pd.Timestamp("2023-07-02", tz="UTC")


@pytest.fixture(scope="module")
def frozen(tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    """The small deployment with the last year of its two and a half frozen."""
    home = a_copy(tmp_path_factory, tmp_path_factory.mktemp("frozen") / "home")
    settings = home / "haidang.toml"
    settings.write_text(settings.read_text(encoding="utf-8").replace("frozen_years = 0", "frozen_years = 1"))
    return opened(home)


def look(frozen: Deployment, reason: str = "") -> str:
    hazard = frozen.hazard(SMALL)
    return backtesting.look_at_frozen(
        frozen, hazard, who="lan", now=NOW, reason=reason, progress=lambda done, of: None
    )[1]


def a_look(**changes: object) -> Look:
    moment = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
    stated: dict[str, object] = {
        "hazard": "cold", "code_version": "abc", "fingerprint": "123", "who": "lan",
        "at": moment, "start": moment, "end": moment,
    }  # fmt: skip
    return Look.model_validate(stated | changes)


def test_a_backtest_ends_where_the_frozen_part_begins(frozen: Deployment) -> None:
    hazard = frozen.hazard(SMALL)
    # the last value is known on 30 June 2023 at six; two periods of a day, the day after, one day to settle
    begins = local("2022-06-26 06:00")
    assert frozen_from(hazard, frozen.archive, 1) == begins
    assert backtesting.test_span(frozen, hazard, local("2022-01-01"), None) == (local("2022-01-01"), begins)
    assert backtesting.test_span(frozen, hazard, local("2022-01-01"), local("2022-03-01"))[1] == local("2022-03-01")


def test_what_is_frozen_cannot_be_asked_for(frozen: Deployment) -> None:
    with pytest.raises(HaidangError, match=r"frozen \(frozen_years = 1\); start earlier, look once with"):
        backtesting.test_span(frozen, frozen.hazard(SMALL), local("2022-12-01"), None)


def test_a_release_looks_once_and_again_with_a_reason_and_all_is_logged(frozen: Deployment) -> None:
    tracking = open_tracking(frozen.settings)
    assert tracking.looks(SMALL) == []
    look(frozen)
    (first,) = tracking.looks(SMALL)
    assert (first.who, first.at, first.reason) == ("lan", NOW, "")
    assert (first.start, first.fingerprint) == (
        local("2022-06-26 06:00"),
        frozen.hazard(SMALL).fingerprint,
    )
    with pytest.raises(
        HaidangError, match=r"looked at before by this release, .* lan on 2023-07-02 00:00\. .*--again REASON"
    ):
        look(frozen)
    assert len(tracking.looks(SMALL)) == 1
    run = look(frozen, reason="a wrong gauge was mended")
    assert [one.reason for one in tracking.looks(SMALL)] == ["", "a wrong gauge was mended"]
    seen = tracking._client.get_run(run).data
    assert seen.metrics["skill_climatology_5"] > 0
    assert seen.tags["kind"] == "frozen_look"


def test_another_release_or_another_hazard_may_look() -> None:
    before = [a_look()]
    for changes in (
        {"code_version": "abd"},
        {"fingerprint": "124"},
        {"hazard": "heat"},
        {"reason": "asked by the chief"},
    ):
        allow(before, a_look(**changes))
    with pytest.raises(HaidangError, match="the frozen part of cold was looked at before"):
        allow(before, a_look(who="minh"))


def test_where_nothing_is_frozen_there_is_nothing_to_look_at(tmp_path_factory: pytest.TempPathFactory) -> None:
    home = a_copy(tmp_path_factory, tmp_path_factory.mktemp("open") / "home")
    with pytest.raises(HaidangError, match="nothing of small_rain is frozen"):
        look(opened(home))


def test_the_command_line_takes_the_frozen_part_whole_or_not_at_all(frozen: Deployment) -> None:
    def refused(*words: str) -> str:
        told = CliRunner().invoke(app, ["--home", str(frozen.settings.home), "backtest", SMALL, *words])
        return str(told.exception)

    assert "--frozen tests the whole frozen part" in refused("--frozen", "--from", "2023-01-01")
    assert "--again takes the reason" in refused("--again", "because")
    assert "--again takes the reason" in refused("--frozen", "--again", " ")


def test_seasons_and_groups_are_left_out_before_the_frozen_part(frozen: Deployment) -> None:
    hazard = frozen.hazard(SMALL)
    for what in ("season", "coastal"):
        tested = backtesting.run_held_out(
            frozen, hazard, what, start=local("2022-01-01"), progress=lambda done, of: None
        )
        assert tested.issue_times[-1] < frozen_from(hazard, frozen.archive, 1)
    with pytest.raises(HaidangError, match="holds no storm_distance"):
        backtesting.run_held_out(frozen, hazard, "storm", progress=lambda done, of: None)
