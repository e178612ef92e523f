"""The catalogue of the shared datasets in the W3C's vocabulary DCAT 3, as JSON-LD.

Classes and properties: https://www.w3.org/TR/vocab-dcat-3/; which of them catalogues ask for, and the tables of codes:
DCAT-AP 3 (https://semiceu.github.io/DCAT-AP/releases/3.0.0/); checksums: http://spdx.org/rdf/terms#.
"""

from collections.abc import Mapping
from typing import Any

from serving.catalogue.datasets import DATASETS, SERIES, Dataset
from serving.catalogue.publication import FORMATS, BulkFile, BulkFormat, Origin, Publication, Published

MEDIA_TYPE = "application/ld+json"
CONTEXT: Mapping[str, str] = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "dcterms": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "geosparql": "http://www.opengis.net/ont/geosparql#",
    "prov": "http://www.w3.org/ns/prov#",
    "spdx": "http://spdx.org/rdf/terms#",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
_EU = "http://publications.europa.eu/resource/authority"
_MEDIA = "https://www.iana.org/assignments/media-types/"
Node = dict[str, Any]


def catalogue(publication: Publication) -> Node:
    """The whole catalogue: every dataset with its owner, licence, version, schema, lineage and rhythm of renewal.

    A dataset in several parts has a distribution for each format that leads to the list of its files, and one for each
    file of its newest part; every file with its checksum stands in that list.
    """
    base = publication.sharing.address.rstrip("/")
    datasets = [_dataset(publication, base, DATASETS[name], one) for name, one in publication.datasets.items()]
    series = [_series(publication, base, name) for name in SERIES]
    note = ("Số liệu mô phỏng. ", "Simulated data. ") if publication.simulated else ("", "")
    return {
        "@context": dict(CONTEXT),
        "@id": f"{base}/v1/catalogue",
        "@type": "dcat:Catalog",
        **_titled("Danh mục dữ liệu Hải Đăng", "Data catalogue of Hải Đăng"),
        **_about(
            f"{note[0]}Dự báo, mức cảnh báo, thành tích, quan trắc công khai và dữ liệu chủ.",
            f"{note[1]}Forecasts, warning levels, track record, public observations and master data.",
        ),
        **_common(publication),
        "dcterms:language": [_id(f"{_EU}/language/{code}") for code in ("VIE", "ENG")],
        "dcterms:modified": _moment(publication.published_at.isoformat()),
        "dcterms:spatial": _box(publication),
        "dcat:dataset": [*series, *datasets],
        "dcat:service": [
            {
                "@id": f"{base}/v1",
                "@type": "dcat:DataService",
                **_titled("Giao diện lập trình Hải Đăng", "Hải Đăng risk API"),
                **_common(publication),
                "dcat:endpointURL": _id(f"{base}/v1"),
                "dcat:endpointDescription": _id(f"{base}/openapi.json"),
                "dcat:servesDataset": [_id(dataset["@id"]) for dataset in datasets],
            }
        ],
    }


def _dataset(publication: Publication, base: str, dataset: Dataset, published: Published) -> Node:
    address = f"{base}/v1/datasets/{dataset.name}"
    told: Node = {
        "@id": address,
        "@type": "dcat:Dataset",
        "dcterms:identifier": dataset.name,
        **_titled(dataset.title_vi, dataset.title_en),
        **_about(dataset.about_vi, dataset.about_en),
        **_common(publication),
        "dcat:version": str(published.version),
        "dcterms:accrualPeriodicity": _id(f"{_EU}/frequency/{dataset.frequency}"),
        "dcterms:conformsTo": _id(f"{address}/schema"),
        "dcterms:spatial": _box(publication),
        "prov:wasDerivedFrom": [
            *(_id(f"{base}/v1/datasets/{name}") for name in dataset.derived_from),
            *(_origin(origin) for origin in published.origins),
        ],
        "dcat:distribution": _distributions(publication, address, published),
    }
    if published.modified_at is not None:
        told["dcterms:modified"] = _moment(published.modified_at.isoformat())
    if published.begins is not None and published.ends is not None:
        told["dcterms:temporal"] = {
            "@type": "dcterms:PeriodOfTime",
            "dcat:startDate": _moment(published.begins.isoformat()),
            "dcat:endDate": _moment(published.ends.isoformat()),
        }
    if dataset.series is not None:
        told["dcat:inSeries"] = _id(f"{base}/v1/catalogue#{dataset.series}")
    return told


def _series(publication: Publication, base: str, name: str) -> Node:
    members = [one.name for one in DATASETS.values() if one.series == name]
    return {
        "@id": f"{base}/v1/catalogue#{name}",
        "@type": "dcat:DatasetSeries",
        **_titled(*SERIES[name]),
        **_about(*SERIES[name]),
        **_common(publication),
        "dcat:seriesMember": [_id(f"{base}/v1/datasets/{member}") for member in members],
    }


def _distributions(publication: Publication, address: str, published: Published) -> list[Node]:
    common = {"@type": "dcat:Distribution", "dcterms:conformsTo": _id(f"{address}/schema"), **_licence(publication)}
    lists = [
        {
            "@id": f"{address}/files#{form}",
            **common,
            **_titled(f"Mọi tệp {form}", f"All files, {form}"),
            "dcat:accessURL": _id(f"{address}/files?format={form}"),
            **_media(form),
        }
        for form in FORMATS
    ]
    newest = max(published.parts, default=None)
    files = () if newest is None else published.parts[newest].files
    changes = {
        "@id": f"{address}/changes",
        **common,
        **_titled("Thay đổi kể từ một phiên bản", "Changes since a version"),
        "dcat:accessURL": _id(f"{address}/changes?since=0"),
        "dcat:accessService": _id(address.partition("/datasets/")[0]),
        "dcat:mediaType": _id(f"{_MEDIA}application/json"),
    }
    return [*lists, changes, *(common | _file(address, file) for file in files)]


def _file(address: str, file: BulkFile) -> Node:
    where = f"{address}/files/{file.name}"
    return {
        "@id": where,
        **_titled(f"Phần {file.part}, {file.format}", f"Part {file.part}, {file.format}"),
        "dcat:accessURL": _id(where),
        "dcat:downloadURL": _id(where),
        **_media(file.format),
        "dcat:byteSize": {"@type": "xsd:nonNegativeInteger", "@value": str(file.bytes)},
        "spdx:checksum": {
            "@type": "spdx:Checksum",
            "spdx:algorithm": _id("spdx:checksumAlgorithm_sha256"),
            "spdx:checksumValue": {"@type": "xsd:hexBinary", "@value": file.sha256},
        },
    }


def _media(form: BulkFormat) -> Node:
    if form == "parquet":
        return {"dcat:mediaType": _id(_MEDIA + FORMATS[form])}
    return {"dcat:mediaType": _id(f"{_MEDIA}text/csv"), "dcat:compressFormat": _id(_MEDIA + FORMATS[form])}


def _common(publication: Publication) -> Node:
    sharing = publication.sharing
    rights = "PUBLIC" if publication.public else "RESTRICTED"
    owner = [_text(sharing.owner_vi, "vi"), _text(sharing.owner_en, "en")]
    return {
        "dcterms:publisher": {"@id": f"{sharing.contact}#owner", "@type": "foaf:Agent", "foaf:name": owner},
        "dcat:contactPoint": {
            "@type": "vcard:Organization",
            "vcard:fn": owner,
            "vcard:hasURL": _id(sharing.contact),
        },
        "dcterms:accessRights": _id(f"{_EU}/access-right/{rights}"),
        **_licence(publication),
    }


def _licence(publication: Publication) -> Node:
    licence = publication.sharing.licence
    return {} if licence is None else {"dcterms:license": _id(licence)}


def _origin(origin: Origin) -> Node:
    told: Node = {"@type": "prov:Entity", "dcterms:title": origin.title}
    if origin.version is not None:
        told["dcat:version"] = origin.version
    if origin.licence is not None:
        told["dcterms:license"] = _id(origin.licence)
    if origin.terms is not None:
        told["dcterms:rights"] = origin.terms
    return told


def _box(publication: Publication) -> Node:
    west, south, east, north = publication.box
    ring = ", ".join(
        f"{x:g} {y:g}" for x, y in ((west, south), (east, south), (east, north), (west, north), (west, south))
    )
    box = {"@type": "geosparql:wktLiteral", "@value": f"POLYGON (({ring}))"}
    return {"@type": "dcterms:Location", "dcat:bbox": box}


def _titled(vi: str, en: str) -> Node:
    return {"dcterms:title": [_text(vi, "vi"), _text(en, "en")]}


def _about(vi: str, en: str) -> Node:
    return {"dcterms:description": [_text(vi, "vi"), _text(en, "en")]}


def _text(text: str, language: str) -> Node:
    return {"@value": text, "@language": language}


def _id(address: str) -> Node:
    return {"@id": address}


def _moment(text: str) -> Node:
    return {"@type": "xsd:dateTime", "@value": text}
