"""The demonstration: the whole chain on one case, from entries to an answer over HTTP."""

import time
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pandas as pd
from rich.rule import Rule

from features.errors import HaidangError, UnknownNameError
from features.ingest import ingest
from features.settings import Settings
from haidang.chain import fitting, issuing
from haidang.chain.serve import serving
from haidang.chain.simulation import judge_champion
from haidang.champions.promoting import challenge, promote_by_force
from haidang.demonstration.cases import CASES, Case
from haidang.demonstration.figures import as_table, figures, run_case
from haidang.views.answers import show_issued, show_risk
from haidang.views.archive import show_receipt
from haidang.views.console import console, counting, steps, waiting
from haidang.views.fits import show_decision, show_trained
from haidang.views.scores import show_figures, show_judged
from models.hazard import Hazard
from serving.deployment import Deployment, open_deployment
from serving.schemas.answer_models import RiskAnswer

_FRESH_YEARS = 2
_BY = "haidang demo"
_LONG_AGO = pd.Timestamp("1800-01-01", tz="UTC")
_FAR_AHEAD = pd.Timestamp("2100-01-01", tz="UTC")


def run_demo(name: str, home: Path, data: Path | None) -> None:
    """Ingests, backtests, fits, tracks, promotes, issues, serves and asks; run again it goes on where it stood.

    Args:
        name: one of `CASES`.
        home: the deployment's folder.
        data: folder with the case's data, where it needs some.

    Raises:
        UnknownNameError: if there is no such case.
        HaidangError: if the data are missing.
    """
    if name not in CASES:
        raise UnknownNameError("case", name, CASES)
    case = CASES[name]
    case.prepare(home, data)
    settings = Settings(home=home)
    deployment = open_deployment(settings)
    for source in case.sources(data):
        console.print(Rule(f"ingest {source.name}", align="left"))
        with counting(f"ingest {source.name}") as told:
            receipt = ingest(source, deployment.archive, _LONG_AGO, _FAR_AHEAD, progress=told)
        show_receipt(source.name, receipt, None)
    for hazard in case.hazards:
        _train_and_issue(name, case, deployment, hazard)
    console.print(Rule("serve and ask", align="left"))
    with serving(settings) as address:
        for hazard in case.hazards:
            _ask(address, hazard)
    console.print(
        f"\nServe it:  haidang --home {home} serve\n"
        f"Ask it:    curl -s http://{settings.host}:{settings.port}/risk -H 'content-type: application/json' "
        f'-d \'{{"hazard": "{case.hazards[0]}"}}\'\n'
        f"Look at the runs:  mlflow ui --backend-store-uri {settings.tracking}",
        highlight=False,
        soft_wrap=True,
        markup=False,
    )


def _train_and_issue(of_case: str, case: Case, deployment: Deployment, name: str) -> None:
    hazard = deployment.hazard(name)
    console.print(Rule(f"{hazard.title_vi} / {hazard.title_en}", align="left"))
    with steps(f"backtest {name}") as told:
        tested = run_case(case, deployment, name, progress=told)
    with waiting(f"fit {name}"):
        trained = fitting.train(deployment, hazard, tested)
    show_trained(trained)
    if case.folder is not None:
        show_figures(as_table(figures(of_case, case, tested, deployment.archive)))
    now, registered = pd.Timestamp(datetime.now(UTC)), trained.tracked.registered_version
    show_decision(challenge(deployment, hazard, registered, now, by=_BY), as_json=False)
    if not _answers(deployment, hazard):
        console.print("it answers all the same: this is a demonstration, and nobody else does")
        promote_by_force(deployment, hazard, registered, now, reason="nobody else answers in a demonstration", by=_BY)
    latest = min(now, deployment.archive.ends(hazard.target.variable))
    new = issuing.issue_now(deployment, hazard, latest, now)
    show_issued(deployment.issued.at(name, latest), new, deployment.settings.local_zone)
    if deployment.settings.simulated.exists():
        with steps(f"oracle {name}") as told:
            judged = judge_champion(deployment, hazard, years=_FRESH_YEARS, seed=1, ceiling_years=0, progress=told)
        show_judged(hazard, judged)


def _answers(deployment: Deployment, hazard: Hazard) -> bool:
    try:
        deployment.shelf.champion(hazard)
    except HaidangError:
        return False
    return True


def _ask(address: str, hazard: str) -> None:
    began = time.perf_counter()
    response = httpx.post(f"{address}/risk", json={"hazard": hazard}, timeout=30)
    took = time.perf_counter() - began
    response.raise_for_status()
    answer = RiskAnswer.model_validate_json(response.content)
    console.print(
        f"POST /risk {hazard}: {response.status_code}, {len(answer.forecasts)} sites, {len(response.content):,} bytes, "
        f"{1000 * took:.0f} ms",
        highlight=False,
    )
    top = max(answer.forecasts, key=lambda forecast: max(p.expected or 0.0 for p in forecast.periods))
    show_risk(answer.model_copy(update={"forecasts": [top]}), as_json=False)
