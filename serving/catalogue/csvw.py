"""The schema of a dataset as CSV on the Web (https://www.w3.org/TR/tabular-metadata/)."""

from collections.abc import Mapping
from types import MappingProxyType

from serving.catalogue.datasets import Column, Dataset, Kind

MEDIA_TYPE = "application/csvm+json"
_TYPES: Mapping[Kind, str] = MappingProxyType(
    {"text": "string", "number": "double", "integer": "integer", "moment": "dateTime", "yes or no": "boolean"}
)


def schema_of(dataset: Dataset, address: str) -> dict[str, object]:
    """The schema: columns with types, units and descriptions in both languages, and the key.

    Args:
        dataset: which.
        address: of this schema.
    """
    return {
        "@context": "http://www.w3.org/ns/csvw",
        "@id": address,
        "@type": "Schema",
        "columns": [_column(column) for column in dataset.columns],
        "primaryKey": dataset.key,
    }


def _column(column: Column) -> dict[str, object]:
    told: dict[str, object] = {
        "name": column.name,
        "titles": column.name,
        "datatype": _TYPES[column.kind],
        "required": column.key,
        "dc:description": [
            {"@value": column.vi, "@language": "vi"},
            {"@value": column.en, "@language": "en"},
        ],
    }
    return told if column.unit is None else told | {"schema:unitText": column.unit}
