"""The shared datasets as they are described over HTTP, with their files and changes."""

from pydantic import AwareDatetime, ConfigDict, Field
from pydantic.config import JsonDict

from serving.catalogue.datasets import Kind
from serving.catalogue.publication import BulkFormat
from serving.schemas.strict_model import StrictModel

_FILE: JsonDict = {
    "name": "2026-11-26.v41.parquet",
    "href": "/v1/datasets/forecasts/files/2026-11-26.v41.parquet",
    "part": "2026-11-26",
    "format": "parquet",
    "media_type": "application/vnd.apache.parquet",
    "version": 41,
    "rows": 8640,
    "bytes": 182044,
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
}


class ColumnView(StrictModel):
    """A column of a dataset."""

    name: str
    type: Kind = Field(description="moments are UTC, in CSV as ISO 8601")
    unit: str | None = Field(description="where it is the same in all rows")
    key: bool = Field(description="whether it is part of what tells rows apart; then it is never empty")
    description_vi: str
    description_en: str


class OriginView(StrictModel):
    """What a dataset was made from, beside other datasets."""

    title: str
    version: str | None
    licence: str | None = Field(description="address of the licence under which it is passed on")
    terms: str | None = Field(description="what the source says of its terms")


class DatasetView(StrictModel):
    """A shared dataset."""

    name: str = Field(examples=["forecasts"])
    title_vi: str
    title_en: str
    description_vi: str
    description_en: str
    version: int = Field(description="counts the publications that changed any row; 0 is the empty table")
    changes_since: int = Field(description="the oldest version since which it is told what has changed")
    modified_at: AwareDatetime | None = Field(description="when that version was published; null before the first")
    begins: AwareDatetime | None = Field(description="where its parts begin; null where it has no time")
    ends: AwareDatetime | None = Field(description="where they end")
    parting: str = Field(description="what one file holds", examples=["day of issue"])
    frequency: str = Field(description="code of the EU's authority table of frequencies", examples=["DAILY"])
    rows: int
    bytes: int = Field(description="of all bulk files, in all formats")
    derived_from: list[str] = Field(description="datasets that it is made of")
    origins: list[OriginView]
    owner_vi: str
    owner_en: str
    licence: str | None = Field(description="address of the licence; null where a key is needed and none is stated")
    simulated: bool = Field(description="whether the deployment is one of simulated data")
    columns: list[ColumnView]


class FileView(StrictModel):
    """A file, which never changes: what replaces it has another name."""

    model_config = ConfigDict(frozen=True, extra="forbid", json_schema_extra={"examples": [_FILE]})

    name: str
    href: str = Field(description="where it is had, below the address of the service")
    part: str = Field(description="the day or month that it holds, or `all`")
    format: BulkFormat
    media_type: str
    version: int = Field(description="of the dataset, in which it was written")
    rows: int
    bytes: int
    sha256: str = Field(description="of its bytes, hexadecimal")


class FilesView(StrictModel):
    """The bulk files of a dataset; those of one format are the whole dataset."""

    dataset: str
    version: int = Field(description="ask for changes since this one when all files are read")
    files: list[FileView]


class ChangeView(StrictModel):
    """What one version changed."""

    version: int
    published_at: AwareDatetime
    inserted: list[FileView] = Field(description="files of which every row is new")
    altered: list[FileView] = Field(
        description="files with a column `_change_type` more: `insert`, `update_postimage` (the row as it is now) or "
        "`delete` (the row as it was), and `_commit_version`"
    )


class ChangesView(StrictModel):
    """What has changed since a version; applied in order by key it leads to the newest table."""

    dataset: str
    since: int
    version: int = Field(description="that these changes lead to: ask since this one next")
    newest: int = Field(description="the version of the dataset; where it is higher, there is more to ask for")
    key: list[str] = Field(description="columns that tell rows apart")
    changes: list[ChangeView]


class FilesQuestion(StrictModel):
    """The query of the files of a dataset."""

    format: BulkFormat | None = Field(None, description="only files of this format", examples=["parquet"])
    part: str | None = Field(None, max_length=40, description="only files of this part", examples=["2026-11-26"])


class ChangesQuestion(StrictModel):
    """The query of the changes of a dataset."""

    since: int = Field(ge=0, le=10**9, description="a version that the caller holds; 0 for none", examples=[0])
    limit: int = Field(100, ge=1, le=1000, description="most versions to tell of")
    format: BulkFormat | None = Field(None, description="only files of this format", examples=["parquet"])
