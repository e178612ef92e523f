"""The examples of answers in OpenAPI: a deployment is asked, and they are written down.

`python -m haidang.api_examples HOME` does it. They are answers that were really given, each list cut
to its first element. The deployment states in its `service.toml` whose data are shared, and `haidang publish` was run.
"""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import httpx

from features.settings import Settings
from serving.answers import Answers
from serving.api import build_api
from serving.deployment import open_deployment
from serving.described import EXAMPLES
from serving.restricted import public
from serving.service_settings import ServiceSettings

_HAZARD, _SITE = "storm_wind", "06688"
_ONE = {"hazard": _HAZARD, "sites": [_SITE], "leads": [1], "thresholds": [20]}
_ASKED: dict[str, tuple[str, dict[str, Any] | None]] = {
    "post /risk": ("/risk", _ONE),
    "get /v1/forecasts/latest": (f"/v1/forecasts/latest?hazard={_HAZARD}&site={_SITE}", None),
    "get /v1/forecasts": (f"/v1/forecasts?hazard={_HAZARD}&site={_SITE}&limit=1", None),
    "get /v1/forecasts/{id}": ("/v1/forecasts/{id}", None),
    "get /v1/forecasts/{id}/passport": ("/v1/forecasts/{id}/passport", None),
    "get /v1/forecasts/{id}/replay": ("/v1/forecasts/{id}/replay", None),
    "get /v1/hazards": ("/v1/hazards", None),
    "get /v1/hazards/{name}": (f"/v1/hazards/{_HAZARD}", None),
    "get /v1/sites": ("/v1/sites", None),
    "get /v1/levels": ("/v1/levels", None),
    "post /v1/levels": ("/v1/levels", {"sites": [_SITE]}),
    "get /v1/sources": ("/v1/sources", None),
    "get /v1/catalogue": ("/v1/catalogue", None),
    "get /v1/datasets": ("/v1/datasets", None),
    "get /v1/datasets/{name}": ("/v1/datasets/sites", None),
    "get /v1/datasets/{name}/schema": ("/v1/datasets/sites/schema", None),
    "get /v1/datasets/{name}/files": ("/v1/datasets/sites/files", None),
    "get /v1/datasets/{name}/changes": ("/v1/datasets/sites/changes?since=0", None),
    "get /v1/explanations": (f"/v1/explanations?hazard={_HAZARD}&site={_SITE}&lead=1", None),
}


def shortened(answer: Any) -> Any:
    """An answer with one element of each list."""
    if isinstance(answer, dict):
        return {name: shortened(value) for name, value in answer.items()}
    if isinstance(answer, list):
        return [shortened(one) for one in answer[:1]]
    return answer


async def _answers(home: Path) -> dict[str, Any]:
    settings, api = Settings(home=home), build_api()
    api.state.answers = Answers(public(open_deployment(settings), ServiceSettings(home=home)))
    api.state.answers.refresh()
    told = {}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(api), base_url="http://haidang") as asking:
        first = await asking.get(f"/v1/forecasts?hazard={_HAZARD}&site={_SITE}&limit=1")
        found = first.raise_for_status().json()["forecasts"][0]["id"]
        for name, (path, body) in _ASKED.items():
            method = name.partition(" ")[0].upper()
            answer = await asking.request(method, path.replace("{id}", found), json=body)
            told[name] = shortened(answer.raise_for_status().json())
    return told


if __name__ == "__main__":
    examples = asyncio.run(_answers(Path(sys.argv[1])))
    EXAMPLES.write_text(json.dumps(examples, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
