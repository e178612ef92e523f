"""Published datasets put into the shape of answers."""

from collections.abc import Iterable

from serving.catalogue.dataset_models import (
    ChangesQuestion,
    ChangesView,
    ChangeView,
    ColumnView,
    DatasetView,
    FilesQuestion,
    FilesView,
    FileView,
    OriginView,
)
from serving.catalogue.datasets import DATASETS, Dataset
from serving.catalogue.publication import FORMATS, BulkFile, BulkFormat, Change, Publication, Published


def dataset_view(publication: Publication, name: str) -> DatasetView:
    """A dataset with its columns, version and origins."""
    dataset, published, sharing = DATASETS[name], publication.datasets[name], publication.sharing
    return DatasetView(
        name=name,
        title_vi=dataset.title_vi,
        title_en=dataset.title_en,
        description_vi=dataset.about_vi,
        description_en=dataset.about_en,
        version=published.version,
        changes_since=published.oldest,
        modified_at=published.modified_at,
        begins=published.begins,
        ends=published.ends,
        parting=dataset.parting,
        frequency=dataset.frequency,
        rows=sum(file.rows for file in published.files if file.format == "parquet"),
        bytes=sum(file.bytes for file in published.files),
        derived_from=list(dataset.derived_from),
        origins=[OriginView(**origin.model_dump()) for origin in published.origins],
        owner_vi=sharing.owner_vi,
        owner_en=sharing.owner_en,
        licence=sharing.licence,
        simulated=publication.simulated,
        columns=[
            ColumnView(
                name=column.name,
                type=column.kind,
                unit=column.unit,
                key=column.key,
                description_vi=column.vi,
                description_en=column.en,
            )
            for column in dataset.columns
        ],
    )


def files_view(name: str, published: Published, question: FilesQuestion) -> FilesView:
    """The bulk files of a dataset that a question asks for."""
    wanted = (file for file in published.files if question.part in (None, file.part))
    return FilesView(dataset=name, version=published.version, files=_files(name, wanted, question.format))


def changes_view(
    dataset: Dataset, published: Published, question: ChangesQuestion, found: tuple[Change, ...]
) -> ChangesView:
    """What some versions changed, and the version to ask since next."""
    return ChangesView(
        dataset=dataset.name,
        since=question.since,
        version=found[-1].version if found else question.since,
        newest=published.version,
        key=dataset.key,
        changes=[
            ChangeView(
                version=change.version,
                published_at=change.published_at,
                inserted=_files(dataset.name, change.inserted, question.format),
                altered=_files(dataset.name, change.altered, question.format),
            )
            for change in found
        ],
    )


def _files(name: str, files: Iterable[BulkFile], wanted: BulkFormat | None) -> list[FileView]:
    return [
        FileView(**file.model_dump(), href=f"/v1/datasets/{name}/files/{file.name}", media_type=FORMATS[file.format])
        for file in files
        if wanted in (None, file.format)
    ]
