"""The resources of the shared datasets: their catalogue, schemas, bulk files, and what has changed since a version."""

import json
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Path, Query, Request
from pydantic import TypeAdapter
from starlette.responses import Response

from serving.access.refusals import FieldError
from serving.answering.conditional import prepare, respond
from serving.catalogue import csvw, dcat
from serving.catalogue.dataset_models import ChangesQuestion, ChangesView, DatasetView, FilesQuestion, FilesView
from serving.catalogue.dataset_views import changes_view, dataset_view, files_view
from serving.catalogue.datasets import DATASETS
from serving.catalogue.publication import FORMATS, FutureVersionError, Publications
from serving.schemas.problem_report import Problem
from serving.web.file_answers import send_file
from serving.web.outlets import preferred
from serving.web.resources import PROBLEMS

_LIST, _ASK_AGAIN = TypeAdapter(list[DatasetView]), "no-cache"
_HELD: dict[int | str, dict[str, Any]] = {
    304: {"description": "the caller holds these very bytes, as its If-None-Match says"}
}
_CONDITIONAL: dict[int | str, dict[str, Any]] = {**PROBLEMS, **_HELD}
_OF_ONE: dict[int | str, dict[str, Any]] = {
    **_CONDITIONAL,
    404: {"model": Problem, "description": "there is no such dataset, or it has no such file"},
}
_FILE: dict[str, Any] = {media: {} for media in FORMATS.values()}
_GONE: dict[int | str, dict[str, Any]] = {
    410: {"model": Problem, "description": "there was such a version or file, but no more: the problem says what to do"}
}
_OF_FILE: dict[int | str, dict[str, Any]] = {
    **_OF_ONE,
    **_GONE,
    200: {"description": "the file; Content-Digest tells its SHA-256 (RFC 9530)", "content": _FILE},
    206: {"description": "the part that the header Range asks for; Repr-Digest is of the whole", "content": _FILE},
    416: {"model": Problem, "description": "nothing of the file lies in the range"},
}
_LD = {
    dcat.MEDIA_TYPE: dcat.MEDIA_TYPE,
    "application/json": dcat.MEDIA_TYPE,
    "application/*": dcat.MEDIA_TYPE,
    "*/*": dcat.MEDIA_TYPE,
}
_NOT_SPOKEN: dict[int | str, dict[str, Any]] = {
    406: {"model": Problem, "description": "the header Accept asks only for formats that are not spoken here"}
}


class _JsonLd(Response):
    media_type = dcat.MEDIA_TYPE


Name = Annotated[str, Path(max_length=60, description="name of a dataset", examples=["forecasts"])]
FileName = Annotated[str, Path(max_length=200, description="`name` of a file", examples=["2026-11-26.v41.parquet"])]


def published(request: Request) -> Publications:
    """What is published, which is the same for every caller; a FastAPI dependency."""
    publications: Publications = request.app.state.answers.publications
    return publications


Shared = Annotated[Publications, Depends(published)]


def add_datasets(api: FastAPI) -> None:
    """Adds the resources to an application."""

    @api.get(
        "/v1/catalogue",
        response_class=_JsonLd,
        responses={**_CONDITIONAL, **_NOT_SPOKEN, 200: _document(dcat.MEDIA_TYPE, "the catalogue")},
    )
    def catalogue(request: Request, shared: Shared) -> Response:
        """The catalogue of the shared datasets in DCAT 3, as JSON-LD.

        It tells of each dataset the owner, licence, version, schema, lineage, extent, rhythm of renewal and files.
        """
        media_type = preferred(request.headers.get("accept", "*/*"), _LD)
        body = json.dumps(dcat.catalogue(shared.now()), ensure_ascii=False)
        return respond(request, prepare(body, media_type), _ASK_AGAIN)

    @api.get("/v1/datasets", response_model=list[DatasetView], responses=_CONDITIONAL)
    def datasets(request: Request, shared: Shared) -> Response:
        """The shared datasets, with their columns, versions and origins."""
        publication = shared.now()
        views = [dataset_view(publication, name) for name in publication.datasets]
        return respond(request, prepare(_LIST.dump_json(views)), _ASK_AGAIN)

    @api.get("/v1/datasets/{name}", response_model=DatasetView, responses=_OF_ONE)
    def dataset(name: Name, request: Request, shared: Shared) -> Response:
        """One shared dataset."""
        shared.dataset(name)
        return respond(request, prepare(dataset_view(shared.now(), name).model_dump_json()), _ASK_AGAIN)

    @api.get("/v1/datasets/{name}/schema", responses={**_OF_ONE, 200: _document(csvw.MEDIA_TYPE, "the schema")})
    def schema(name: Name, request: Request, shared: Shared) -> Response:
        """The schema of a dataset as CSV on the Web: columns, types, units, key, and what they mean."""
        shared.dataset(name)
        address = f"{shared.now().sharing.address.rstrip('/')}/v1/datasets/{name}/schema"
        body = json.dumps(csvw.schema_of(DATASETS[name], address), ensure_ascii=False)
        return respond(request, prepare(body, csvw.MEDIA_TYPE), _ASK_AGAIN)

    @api.get("/v1/datasets/{name}/files", response_model=FilesView, responses=_OF_ONE)
    def files(name: Name, request: Request, question: Annotated[FilesQuestion, Query()], shared: Shared) -> Response:
        """The bulk files of a dataset, with size, SHA-256 and version; those of one format are the whole dataset.

        CSV is in UTF-8 with a header, zipped (`.csv.gz`).
        """
        view = files_view(name, shared.dataset(name), question)
        return respond(request, prepare(view.model_dump_json()), _ASK_AGAIN)

    @api.get("/v1/datasets/{name}/files/{file}", responses=_OF_FILE, response_class=Response)
    async def file(name: Name, file: FileName, request: Request, shared: Shared) -> Response:
        """A file of a dataset.

        A transfer that takes too long is broken off: go on with the header Range, and If-Range with the ETag.
        """
        path, found = shared.file(name, file)
        return await send_file(request, path, found)

    @api.get("/v1/datasets/{name}/changes", response_model=ChangesView, responses={**_OF_ONE, **_GONE})
    def changes(
        name: Name, request: Request, question: Annotated[ChangesQuestion, Query()], shared: Shared
    ) -> Response:
        """What has changed in a dataset since a version, as files, and the version to ask since next.

        Who begins with the version 0 and an empty table, and does by key what the changes say, holds what the bulk
        files hold.
        """
        try:
            found = shared.changes(name, question.since, question.limit)
        except FutureVersionError as error:
            raise FieldError("since", str(error)) from error
        view = changes_view(DATASETS[name], shared.dataset(name), question, found)
        return respond(request, prepare(view.model_dump_json()), _ASK_AGAIN)


def _document(media_type: str, what: str) -> dict[str, Any]:
    return {
        "description": what,
        "content": {media_type: {"schema": {"type": "object", "required": ["@context", "@type"]}}},
    }
