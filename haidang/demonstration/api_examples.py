"""The examples of answers in OpenAPI: a deployment is asked, and they are written down.

`python -m haidang.demonstration.api_examples HOME` does it. They are answers that were really given, each list cut
to its first element. The deployment is simulated and has issued storm wind for more than a year; `haidang verify` and
`haidang publish` were run, some of its sites are restricted, and its `service.toml` states whose data are shared.
"""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import httpx

from features.settings import Settings
from serving.access.service_settings import ServiceSettings
from serving.answering.answers import Answers
from serving.answering.restricted import public
from serving.api import build_api
from serving.deployment import Deployment, open_deployment
from serving.web.described import EXAMPLES

Questions = dict[str, tuple[str, dict[str, Any] | None]]

_WHOLE = ("post /scenario", "post /explain")
"""Of one period, and so short that all of it can be shown: what is told adds up."""


def questions(hazard: str, site: str, threshold: float, driver: str) -> Questions:
    """What is asked for each resource, by its method and path: the address, and the body where there is one.

    Args:
        hazard: name of a hazard that was issued.
        site: code of a site at which it is forecast.
        threshold: in the hazard's unit, within its cuts.
        driver: that the hazard reads, of amounts that begin at zero.
    """
    one = {"hazard": hazard, "sites": [site], "leads": [1]}
    at_site = f"hazard={hazard}&site={site}"
    trigger: dict[str, Any] = {"hazard": hazard, "probabilities": [0.3], "cost": 2.0, "loss": 50.0, "prevented": 0.6}
    cheapest: dict[str, Any] = {"hazard": hazard, "cost": 2.0, "loss": 10.0}
    scenario = {"changes": [{"kind": "scale", "driver": driver, "percent": 50}], "include": ["drivers"]}
    return {
        "post /risk": ("/risk", one | {"thresholds": [threshold]}),
        "post /scenario": ("/scenario", one | scenario),
        "post /explain": ("/explain", one),
        "get /v1/forecasts/latest": (f"/v1/forecasts/latest?{at_site}", None),
        "get /v1/forecasts": (f"/v1/forecasts?{at_site}&limit=1", None),
        "get /v1/forecasts/{id}": ("/v1/forecasts/{id}", None),
        "get /v1/forecasts/{id}/passport": ("/v1/forecasts/{id}/passport", None),
        "get /v1/forecasts/{id}/replay": ("/v1/forecasts/{id}/replay", None),
        "get /v1/hazards": ("/v1/hazards", None),
        "get /v1/hazards/{name}": (f"/v1/hazards/{hazard}", None),
        "get /v1/sites": ("/v1/sites", None),
        "get /v1/levels": ("/v1/levels", None),
        "post /v1/levels": ("/v1/levels", {"sites": [site]}),
        "get /v1/sources": ("/v1/sources", None),
        "get /v1/catalogue": ("/v1/catalogue", None),
        "get /v1/datasets": ("/v1/datasets", None),
        "get /v1/datasets/{name}": ("/v1/datasets/sites", None),
        "get /v1/datasets/{name}/schema": ("/v1/datasets/sites/schema", None),
        "get /v1/datasets/{name}/files": ("/v1/datasets/sites/files", None),
        "get /v1/datasets/{name}/changes": ("/v1/datasets/sites/changes?since=0", None),
        "get /v1/explanations": (f"/v1/explanations?{at_site}&lead=1", None),
        "get /v1/verification": (f"/v1/verification?hazard={hazard}&scope=all sites&lead=1&limit=1", None),
        "get /v1/aggregates": (f"/v1/aggregates?hazard={hazard}", None),
        "get /v1/thresholds/simulate": (f"/v1/thresholds/simulate?{httpx.QueryParams(trigger)}", None),
        "post /v1/thresholds/simulate": ("/v1/thresholds/simulate", trigger),
        "get /v1/triggers": (f"/v1/triggers?{httpx.QueryParams(cheapest)}", None),
        "post /v1/triggers": ("/v1/triggers", cheapest),
    }


def shortened(answer: Any) -> Any:
    """An answer with one element of each list."""
    if isinstance(answer, dict):
        return {name: shortened(value) for name, value in answer.items()}
    if isinstance(answer, list):
        return [shortened(one) for one in answer[:1]]
    return answer


async def examples(deployment: Deployment, asked: Questions) -> dict[str, Any]:
    """What everybody is answered, by method and path; `{id}` stands for the first forecast that is listed."""
    api = build_api()
    api.state.answers = Answers(public(deployment, ServiceSettings(home=deployment.settings.home)))
    api.state.answers.refresh()
    told = {}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(api), base_url="http://haidang") as asking:
        first = await asking.get(asked["get /v1/forecasts"][0])
        found = first.raise_for_status().json()["forecasts"][0]["id"]
        for name, (path, body) in asked.items():
            method = name.partition(" ")[0].upper()
            answer = (await asking.request(method, path.replace("{id}", found), json=body)).raise_for_status().json()
            told[name] = answer if name in _WHOLE else shortened(answer)
    return told


if __name__ == "__main__":
    wanted = questions("storm_wind", "06688", 20, "wind_ahead")
    given = asyncio.run(examples(open_deployment(Settings(home=Path(sys.argv[1]))), wanted))
    EXAMPLES.write_text(json.dumps(given, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
