"""What is published: for each dataset its version, its bulk files with checksums, and which files tell of changes.

It lies in a folder of files that never change, and one manifest that is replaced as a whole, so that nobody sees half
of a publication. A file is named after its part and the version in which it was written.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from features.errors import HaidangError, UnknownNameError
from serving.access.sharing import Sharing
from serving.catalogue.datasets import DATASETS
from serving.deployment import Deployment

MANIFEST = "publication.json"
BulkFormat = Literal["parquet", "csv"]
FORMATS: Mapping[BulkFormat, str] = {
    "parquet": "application/vnd.apache.parquet",
    "csv": "application/gzip",
}
ENDINGS: Mapping[BulkFormat, str] = {"parquet": "parquet", "csv": "csv.gz"}
_NAME = re.compile(r"[\w-]+(?:\.changes)?\.v(\d{1,9})\.(?:csv\.gz|parquet)", re.ASCII)


class _Kept(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class BulkFile(_Kept):
    """A file of a dataset."""

    name: str
    part: str
    format: BulkFormat
    version: int
    rows: int
    bytes: int
    sha256: str


class Part(_Kept):
    """A part of a dataset: its files, and the state of what it was made from."""

    state: str
    files: tuple[BulkFile, ...]


class Change(_Kept):
    """What a version changed: `inserted` are files of which every row is new, `altered` files tell it of each row."""

    version: int
    published_at: AwareDatetime
    inserted: tuple[BulkFile, ...]
    altered: tuple[BulkFile, ...]


class Origin(_Kept):
    """What a dataset was made from, beside other datasets."""

    title: str
    version: str | None = None
    licence: str | None = None
    terms: str | None = None


class Published(_Kept):
    """The state of one dataset: version 0 is the empty table; `oldest` is the first that changes can be told since."""

    version: int = 0
    oldest: int = 0
    modified_at: AwareDatetime | None = None
    begins: AwareDatetime | None = None
    ends: AwareDatetime | None = None
    origins: tuple[Origin, ...] = ()
    parts: dict[str, Part] = {}
    superseded: tuple[BulkFile, ...] = ()
    changes: tuple[Change, ...] = ()

    @property
    def files(self) -> list[BulkFile]:
        """The bulk files, which together are the dataset."""
        return [file for _, part in sorted(self.parts.items()) for file in part.files]

    def every_file(self) -> Iterator[BulkFile]:
        """All files that can be had: bulk, those of the version before, and changes; some more than once."""
        yield from self.files
        yield from self.superseded
        for change in self.changes:
            yield from change.inserted
            yield from change.altered


class Rules(_Kept):
    """What may be shared: of which sites, not of which variables, counts not `below`, and of which sources values."""

    sites: tuple[str, ...]
    variables: tuple[str, ...]
    below: int
    sources: tuple[str, ...] = ()

    def keep_back(self, other: "Rules") -> bool:
        """Whether they keep back anything that was written under other rules."""
        return not (
            set(other.sites) <= set(self.sites)
            and set(self.variables) <= set(other.variables)
            and self.below <= other.below
            and set(other.sources) <= set(self.sources)
        )


class Publication(_Kept):
    """The manifest: all datasets as of one moment, under whose name and licence, and under which rules.

    `public` says whether it is read without a key; `box` is west, south, east and north of the public sites, degrees.
    """

    published_at: AwareDatetime
    rules: Rules
    sharing: Sharing
    public: bool
    simulated: bool
    box: tuple[float, float, float, float]
    datasets: dict[str, Published]


class NotPublishedError(HaidangError):
    """Nothing is published, or not under the rules that hold now."""


class NotSharedError(HaidangError):
    """A dataset that there is not, or a file that was never published."""


class GoneError(HaidangError):
    """A version or file that there is no more; the text says what to do."""


def rules_of(deployment: Deployment, sources: Iterable[str]) -> Rules:
    """The rules of a deployment as everybody sees it, with the sources whose values may be passed on."""
    hides = deployment.hides
    return Rules(
        sites=deployment.sites.codes,
        variables=tuple(sorted(hides.variables)),
        below=hides.below,
        sources=tuple(sorted(sources)),
    )


def read_publication(folder: Path) -> Publication | None:
    """Reads the manifest of a folder; None where nothing was ever published.

    Raises:
        NotPublishedError: if it cannot be understood.
    """
    file = folder / MANIFEST
    try:
        return Publication.model_validate_json(file.read_bytes())
    except FileNotFoundError:
        return None
    except ValidationError as error:
        raise NotPublishedError(
            f"{file.name} is no manifest of this version: move the folder `published` away and run `haidang publish`"
        ) from error


class Publications:
    """The publication of a deployment, read anew when its manifest was replaced."""

    def __init__(self, deployment: Deployment) -> None:
        """Opens the folder of a deployment as everybody sees it."""
        self._folder, self._rules = deployment.settings.published, rules_of(deployment, ())
        self._held: tuple[tuple[int, int], Publication | None] = ((0, 0), None)

    def now(self) -> Publication:
        """The publication that holds.

        Raises:
            NotPublishedError: if there is none, or if what it holds has become restricted since.
        """
        try:
            told = (self._folder / MANIFEST).stat()
            mark = (told.st_mtime_ns, told.st_ino)
        except FileNotFoundError:
            mark = (0, 0)
        if mark != self._held[0]:
            self._held = (mark, read_publication(self._folder))
        publication = self._held[1]
        if publication is None:
            raise NotPublishedError(
                "nothing is published: state [sharing] in service.toml, with owner and licence, and run "
                "`haidang publish`"
            )
        if self._rules.model_copy(update={"sources": publication.rules.sources}).keep_back(publication.rules):
            raise NotPublishedError(
                "since the last publication other things have become restricted: run `haidang publish`"
            )
        return publication

    def dataset(self, name: str) -> Published:
        """The state of a dataset.

        Raises:
            NotSharedError: if there is no such dataset.
        """
        if name not in DATASETS:
            raise NotSharedError(str(UnknownNameError("dataset", name, DATASETS)))
        return self.now().datasets[name]

    def file(self, name: str, file: str) -> tuple[Path, BulkFile]:
        """Where a file of a dataset lies.

        Raises:
            GoneError: if the file was replaced.
            NotSharedError: if there is no such dataset, or the file never was.
        """
        published = self.dataset(name)
        found = next((one for one in published.every_file() if one.name == file), None)
        if found is not None:
            return self._folder / name / found.name, found
        told = _NAME.fullmatch(file)
        if told and int(told[1]) <= published.version:
            raise GoneError(f"{file} was replaced: see which files there are now at /v1/datasets/{name}/files")
        raise NotSharedError(f"{name} has no file {file[:100]!r}: see /v1/datasets/{name}/files")

    def changes(self, name: str, since: int, limit: int) -> tuple[Change, ...]:
        """What has changed since a version, the oldest first.

        Raises:
            NotSharedError: if there is no such dataset.
            GoneError: if changes are not told since so old a version.
            FutureVersionError: if there was no such version yet.
        """
        published = self.dataset(name)
        if since > published.version:
            raise FutureVersionError(f"{name} has the version {published.version}, and never had {since}")
        if since < published.oldest:
            raise GoneError(
                f"what has changed in {name} is told since version {published.oldest}, not since {since}: take all "
                f"bulk files at /v1/datasets/{name}/files, and ask again since the `version` that stands there"
            )
        return tuple(change for change in published.changes if change.version > since)[:limit]


class FutureVersionError(HaidangError):
    """A version that there never was."""
