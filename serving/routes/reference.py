"""The resources that say what there is to ask about: hazards, sites, levels of the law and sources."""

import json
from datetime import UTC, datetime
from typing import Annotated, Literal

import pandas as pd
import shapely
from fastapi import Depends, FastAPI, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter
from starlette.responses import Response

from features.errors import UnknownNameError
from serving.answering.answers import Answers
from serving.answering.conditional import prepare, respond
from serving.schemas.hazard_models import HazardView, SiteView
from serving.schemas.problem_report import Problem
from serving.schemas.reference_models import LawView, SourceView
from serving.views.law_view import law_view
from serving.views.site_view import site_views
from serving.web.answers_for import answers_for
from serving.web.outlets import MEDIA_TYPES
from serving.web.resources import PROBLEMS, NotFoundError

_HAZARDS, _SITES, _SOURCES = TypeAdapter(list[HazardView]), TypeAdapter(list[SiteView]), TypeAdapter(list[SourceView])
_ASK_AGAIN = "no-cache"
_CONDITIONAL: dict[int | str, dict[str, object]] = {
    422: PROBLEMS[422],
    304: {"description": "the caller holds these very bytes, as its If-None-Match says"},
}
_NO_HAZARD: dict[str, object] = {"model": Problem, "description": "no hazard of this deployment has this name"}
_AS_AREAS = {"description": "the sites; in GeoJSON a feature for each", "content": {"application/geo+json": {}}}


class SitesQuestion(BaseModel):
    """The query of /v1/sites."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    hazard: str | None = Field(None, description="only sites at which it is forecast", examples=["heavy_rain"])
    format: Literal["json", "geojson"] = Field(
        "json", description="geojson has the boundaries of the sites, where the deployment knows them, else points"
    )


def add_reference(api: FastAPI) -> None:
    """Adds the resources to an application."""

    @api.get("/v1/hazards", response_model=list[HazardView], responses=_CONDITIONAL)
    def hazards(
        request: Request,
        answers: Annotated[Answers, Depends(answers_for)],
    ) -> Response:
        """The hazards, with their cuts, leads, levels, data, skill and law, and whether they are answered now."""
        return respond(request, prepare(_HAZARDS.dump_json(answers.hazard_views())), _ASK_AGAIN)

    @api.get("/v1/hazards/{name}", response_model=HazardView, responses={**_CONDITIONAL, 404: _NO_HAZARD})
    def hazard(
        name: Annotated[str, Path(max_length=100, description="name of a hazard", examples=["heavy_rain"])],
        request: Request,
        answers: Annotated[Answers, Depends(answers_for)],
    ) -> Response:
        """One hazard."""
        try:
            wanted = answers.deployment.hazard(name).name
        except UnknownNameError as error:
            raise NotFoundError(str(error)) from error
        view = next(one for one in answers.hazard_views() if one.name == wanted)
        return respond(request, prepare(view.model_dump_json()), _ASK_AGAIN)

    @api.get("/v1/sites", response_model=list[SiteView], responses={**_CONDITIONAL, 200: _AS_AREAS})
    def sites(
        request: Request,
        question: Annotated[SitesQuestion, Query()],
        answers: Annotated[Answers, Depends(answers_for)],
    ) -> Response:
        """The sites that are forecast, with their attributes and the hazards that are forecast there."""
        views = site_views(answers.deployment)
        if question.hazard is not None:
            wanted = answers.deployment.hazard(question.hazard).name
            views = [view for view in views if wanted in view.hazards]
        body = _SITES.dump_json(views) if question.format == "json" else _geojson(answers, views)
        return respond(request, prepare(body, MEDIA_TYPES[question.format]), _ASK_AGAIN)

    @api.get("/v1/levels", response_model=LawView, responses=_CONDITIONAL)
    def law(
        request: Request,
        answers: Annotated[Answers, Depends(answers_for)],
    ) -> Response:
        """The disaster-risk levels of Decision 18/2021/QĐ-TTg: every matrix by article, and how far it was verified."""
        return respond(request, prepare(law_view(answers.deployment.hazards).model_dump_json()), _ASK_AGAIN)

    @api.get("/v1/sources", response_model=list[SourceView], responses=_CONDITIONAL)
    def sources(
        request: Request,
        answers: Annotated[Answers, Depends(answers_for)],
    ) -> Response:
        """The sources of data: how the last ingest of each went, and how fresh its values are, by variable."""
        views = answers.freshness.views(pd.Timestamp(datetime.now(UTC)))
        return respond(request, prepare(_SOURCES.dump_json(views)), _ASK_AGAIN)


def _geojson(answers: Answers, views: list[SiteView]) -> bytes:
    areas = answers.positions.areas
    features = [
        {
            "type": "Feature",
            "id": view.code,
            "geometry": json.loads(
                shapely.to_geojson(areas.get(view.code, shapely.Point(view.longitude, view.latitude)))
            ),
            "properties": view.model_dump(mode="json"),
        }
        for view in views
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False).encode()
