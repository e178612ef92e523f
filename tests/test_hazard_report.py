"""The report of a hazard: one page that stands alone, in two languages, with the figures that were worked out."""

import base64
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from conftest import at
from matplotlib.figure import Figure
from shapely.geometry import box
from tiny_deployment import SMALL, a_copy
from typer.testing import CliRunner

from features.archive import Archive
from features.settings import Settings
from haidang.cli import app
from haidang.views.hazard_report.facts import Facts, gather, main_cut
from haidang.views.hazard_report.page import write
from haidang.views.hazard_report.pictures import pictures, skill_map
from models.baselines import Climatology
from models.forecaster import Forecaster
from models.hazard import Hazard
from training.backtest import Backtest, backtest
from training.tracking import open_tracking

VOID = {"meta", "img", "input", "br"}


class Outline(HTMLParser):
    """Checks that every element is closed, and gathers what is shown and what is loaded from elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.words: list[str] = []
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href")]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def read(page: Path) -> Outline:
    outline = Outline()
    outline.feed(page.read_text(encoding="utf-8"))
    assert outline.open == []
    return outline


@pytest.fixture(scope="module")
def facts(tiny_backtest: Backtest, tiny_archive: Archive, tiny_forecaster: Forecaster) -> Facts:
    return gather(tiny_backtest, tiny_archive, tiny_forecaster.card)


def test_the_page_stands_alone_and_tells_what_was_worked_out(facts: Facts, tmp_path: Path) -> None:
    written = write(facts, pictures(facts, {}), tmp_path / "out")
    outline = read(written.page)
    assert all(address.startswith(("data:image/svg+xml;base64,", "#")) for address in outline.addresses)
    images = [address for address in outline.addresses if address.startswith("data:")]
    assert len(images) == 7
    assert all(b"<svg" in base64.b64decode(image.split(",")[1]) for image in images)
    page, shown = written.page.read_text(encoding="utf-8"), " ".join("".join(outline.words).split())
    assert page.count('class="vi"') == page.count('class="en"') > 60, "both languages stand side by side"
    for words in (
        "Mưa thử",
        "Rain for tests",
        "Kỹ năng theo thời hạn",
        "Skill by lead",
        "Bỏ sót nặng nhất",
        "Model card",
    ):
        assert words in shown
    for lead, row in facts.by_lead[facts.cut].iterrows():
        assert f"{row['skill_climatology']:+.3f}".replace("-", "−") in shown, lead
        assert f"{row['n']:,}" in shown
    assert facts.card is not None
    assert facts.card.version in shown
    card = written.card.read_text(encoding="utf-8")
    assert f"version `{facts.card.version}`" in card
    table = [line for line in card.splitlines() if re.match(r"\| \d+ \|", line)]
    assert [line.split(" | ")[1] for line in table] == [f"{n:,}" for n in facts.by_lead[facts.cut]["n"]]


def test_the_facts_hold_together(facts: Facts, tiny_backtest: Backtest) -> None:
    assert facts.cut == 10.0
    assert facts.cuts == (10.0,), "30 mm came too seldom in a winter"
    assert facts.horizon in (None, 1, 4)
    assert facts.peers == ()
    assert facts.by_site["n"].sum() == len(tiny_backtest.outcome)
    assert {one.forecaster for one in facts.events} == {"model", "climatology", "persistence"}
    assert {"Brier 10", "log 10", "RPS", "FIRM"} <= set(facts.scores.index)
    corp = facts.calibration["model"]
    brier = corp.miscalibration - corp.discrimination + corp.uncertainty
    assert brier == pytest.approx(facts.scores.loc["Brier 10", "loss_model"])


def test_the_page_speaks_of_the_lowest_level_that_came_often_enough(tiny_hazard: Hazard) -> None:
    assert main_cut(tiny_hazard, {10.0: 100, 30.0: 40}) == 10.0
    late = replace(tiny_hazard, levels={"warning": tiny_hazard.levels["warning"]})
    assert main_cut(late, {10.0: 100, 30.0: 40}) == 30.0
    assert main_cut(late, {10.0: 100, 30.0: 5}) == 10.0
    assert main_cut(late, {10.0: 10, 30.0: 5}) == 10.0


def test_a_peer_stands_beside_the_baselines(tiny_hazard: Hazard, tiny_archive: Archive, tmp_path: Path) -> None:
    start, end = at("2022-12-15"), at("2023-01-15")
    further = {"other_system": lambda hazard: Climatology(hazard.target.severity_cuts, C=0.01)}
    told = gather(backtest(tiny_hazard, tiny_archive, start, end, further=further), tiny_archive, None)
    assert told.peers == ("other_system",)
    assert "skill_other_system" in told.by_lead[told.cut]
    page = write(told, dict.fromkeys(pictures(told, {}), Figure()), tmp_path).page
    shown = "".join(read(page).words)
    assert "other-system" in shown
    assert "No forecaster was trained" in shown


def test_areas_are_drawn_where_they_are_known(facts: Facts) -> None:
    areas = {"S1": box(106.9, 19.9, 107.1, 20.05), "S2": box(106.9, 20.05, 107.1, 20.15)}
    (panel, _) = skill_map(facts, areas).axes
    assert len(panel.patches) == 2
    assert len(panel.collections) == 3


def test_the_command_writes_page_and_card_and_keeps_them_in_mlflow(tmp_path_factory: pytest.TempPathFactory) -> None:
    home = a_copy(tmp_path_factory, tmp_path_factory.mktemp("report") / "home")
    told = CliRunner().invoke(
        app, ["--home", str(home), "report", SMALL, "--from", "2023-05-01", "--out", str(home / "out")]
    )
    assert told.exit_code == 0, told.exception
    shown = "".join(read(home / "out" / f"{SMALL}.html").words)
    assert "SIMULATED" not in shown
    assert (home / "out" / f"{SMALL}-card.md").exists()
    run = open_tracking(Settings(home=home))._client.get_run(told.stdout.split()[-1])
    assert run.data.tags["kind"] == "report"
    assert "skill_climatology" in run.data.metrics
    kept = {file.name for file in Path(run.info.artifact_uri.removeprefix("file://")).iterdir()}
    assert {f"{SMALL}.html", f"{SMALL}-card.md", "reliability.png", "map.png"} <= kept
