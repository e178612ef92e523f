"""End to end: what the demonstration does, on a small deployment, and the real data that its cases stand on."""

from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest
from tiny_deployment import ENDS, ISSUED, SMALL, TEST_FROM, SmallProvince, answering, opened, write_settings

from features.archive import Archive
from features.errors import HaidangError, UnknownNameError
from features.ingest import ingest
from features.settings import Settings
from features.sites import read_sites
from features.sources.tables.mapping import read_mapping
from features.variables import VARIABLES
from haidang.chain import backtesting, fitting, issuing
from haidang.champions import crowning
from haidang.demonstration import cases, demo
from haidang.demonstration.cases import CASES
from serving.schemas.answer_models import RiskQuestion

MAPPINGS = sorted(Path(cases.__file__).parent.glob("*.toml"))
TOXINS = Path(__file__).parents[1].parent / "shared" / "data" / "domoic_acid"
EVER = pd.Timestamp("1900-01-01", tz="UTC"), pd.Timestamp("2100-01-01", tz="UTC")


def test_from_entries_to_an_answer(tmp_path: Path) -> None:
    """Law 10: ingest, fit, promote, issue, serve."""
    home = tmp_path / "home"
    write_settings(home)
    deployment = opened(home)
    hazard = deployment.hazard(SMALL)
    assert not answering(home).ready

    receipt = ingest(SmallProvince(), deployment.archive, *EVER)
    assert receipt.accepted > 10_000
    assert receipt.quarantined == 0
    tested = backtesting.run_backtest(deployment, hazard, start=TEST_FROM, progress=lambda done, of: None)
    trained = fitting.train(deployment, hazard, tested)
    assert deployment.shelf.tag(SMALL) is None
    promoted, registered = crowning.promote(deployment, hazard)
    assert (promoted.version, registered) == (trained.forecaster.version, trained.tracked.registered_version)
    assert issuing.issue_now(deployment, hazard, ISSUED[1], ENDS) == 10

    answers = answering(home)
    assert answers.ready
    now = datetime.fromisoformat("2023-07-01T12:00+07:00")
    answer = answers.risk(RiskQuestion(hazard=SMALL, sites=["Hạ Long"]), now=now)
    assert answer.model_version == trained.forecaster.version
    assert answer.baselines_beaten == trained.forecaster.card.baselines_beaten
    assert [period.lead for period in answer.forecasts[0].periods] == [1, 2]


@pytest.mark.parametrize("file", MAPPINGS, ids=lambda file: file.stem)
def test_the_mapping_of_a_case_is_whole_and_names_declared_variables(file: Path) -> None:
    mapping = read_mapping(file)
    assert {one.variable for one in mapping.measured.values()} <= set(VARIABLES)


def test_every_case_names_hazards_there_are(tmp_path: Path) -> None:
    hazards = opened(tmp_path).hazards
    for name, case in CASES.items():
        assert set(case.hazards) <= set(hazards) | {"domoic_acid", "cage_mortality"}, name


@pytest.mark.skipif(not TOXINS.is_dir(), reason="the toxin samples lie beside a checkout, not in it")
def test_the_real_toxin_samples_and_drivers_are_taken_whole(tmp_path: Path) -> None:
    case = CASES["domoic-acid"]
    case.prepare(tmp_path, TOXINS)
    settings = Settings(home=tmp_path)
    archive = Archive(settings.archive, read_sites(settings.sites), settings.local_zone)
    receipts = {source.name: ingest(source, archive, *EVER) for source in case.sources(TOXINS)}
    assert {name: receipt.quarantined for name, receipt in receipts.items()} == dict.fromkeys(receipts, 0)
    assert all(receipt.accepted > 1000 for receipt in receipts.values())
    assert opened(tmp_path).hazard("domoic_acid").where == "razor_clams"


@pytest.mark.parametrize("data", [None, Path("nowhere")])
def test_a_case_without_its_data_says_which_file_it_needs(tmp_path: Path, data: Path | None) -> None:
    with pytest.raises(HaidangError, match=r"the case needs --data with a folder that holds weekly_drivers.csv.gz"):
        demo.run_demo("domoic-acid", tmp_path, data)


def test_an_unknown_case_is_named_with_those_there_are(tmp_path: Path) -> None:
    named = "unknown case 'quangninh': there is quang-ninh, hong-kong-rain, salmon, vietnam-dengue, domoic-acid"
    with pytest.raises(UnknownNameError, match=named):
        demo.run_demo("quangninh", tmp_path, None)
