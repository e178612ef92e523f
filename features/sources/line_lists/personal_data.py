"""Personal data: what in a list of events tells who somebody is, so that it can be kept out.

Names in free text cannot be recognised; columns can, by their headers, and numbers and addresses of the telephone, the
identity card and electronic mail by their form. Numbers of identity cards have 12 digits (Law on Identification
26/2023/QH15, article 12), older ones 9; telephone numbers begin with 0 or +84, with nine digits after it for mobiles
(ten before 2018) and ten for the fixed network (https://www.wikiwand.com/en/articles/+84).
"""

import re
from collections.abc import Collection

import pandas as pd

from features.errors import plain_letters
from features.sources.tables.cells import cell_texts

WITHHELD = "(withheld)"
_VIETNAMESE = (
    r"ho (va )?ten|benh nhan|nan nhan|ho (nuoi|gia dinh|dan)|(ten|ma) ho|dien thoai|sdt|so dt|zalo|cmnd|cccd|cmt",
    r"can cuoc|dinh danh|ho chieu|dia chi|so nha(?= (duong|pho|ngo|to|thon|khu)\b|$)|(ngay|nam) sinh|bhyt|the bao hiem",
    r"(chu|nguoi|dai dien) (ho|ao|dam|trai|be|co so|tau|nha|nuoi|bao|khai|lay|lien|giao|nhan|benh)",
)
_ENGLISH = (
    r"(full|first|last|family|given|patient|farmer|owner|reporter) ?names?|surname|owner|patient|farmer|contact",
    r"house ?hold (id|head|number|no|code|name)|phone|telephone|mobile|e ?mail|passport|address|id (card|number)",
    r"(national|citizen|identity|personal) ?(id|card|number)|date of birth|birth ?(date|day|year)|year of birth|dob",
)
_HOW_MANY = re.compile(r"^(tong )?so (ho|chu|nguoi)( (ho|nuoi|gia dinh|dan|benh))*")
_HEADERS = re.compile(rf"\b({'|'.join(_VIETNAMESE + _ENGLISH)})\b|^(ten|names?)$")
_DATE_LIKE = r"(?!\d{1,2}[-.]\d{1,2}[-.]\d{4})"
_GAP = r"[ .\-]?"
_CONTENT = re.compile(
    rf"[^\s@]+@[^\s@]+\.[a-z]{{2,}}|(?<![\d.,])(?:\d{{9}}|\d{{12}})(?![\d]|[.,]\d)"
    rf"|(?<![\d.,/]){_DATE_LIKE}(?:\(?\+?84\)?|0){_GAP}"
    rf"(?:1(?:{_GAP}\d){{9}}|[35789](?:{_GAP}\d){{8}}|2(?:{_GAP}\d){{9}})(?!\d)"
    rf"|\+\d{{1,3}}{_GAP}\(?\d(?:[ .\-()]{{0,2}}\d){{6,}}",
    re.IGNORECASE,
)


def looks_personal(header: str) -> bool:
    """Whether a header, Vietnamese or English, speaks of a name, number or address of a person or household."""
    words = " ".join(re.findall(r"[^\W_]+", plain_letters(header)))
    return _HEADERS.search(_HOW_MANY.sub("", words)) is not None


def holds_personal(text: str) -> bool:
    """Whether a text holds a telephone number, the number of an identity card, or an address of electronic mail."""
    return _CONTENT.search(text) is not None


def without_personal(
    cells: pd.DataFrame, numbers: Collection[str], kept: Collection[str]
) -> tuple[pd.DataFrame, pd.Series]:
    """Cells without those that look personal, so that nothing made of them, an error either, can hold them.

    Args:
        cells: the columns that are read.
        numbers: columns of numbers; in these digits without signs between them are a number like any other.
        kept: columns that would be kept, or named in an error.

    Returns:
        The cells, `(withheld)` in the place of what looks personal; and the first of the kept columns and those of
        numbers in which each row has such a cell ("" if none).
    """
    withheld, where = cells.copy(), pd.Series("", index=cells.index, dtype=object)
    for column in cells:
        texts = cell_texts(cells[column])
        personal = texts.map(holds_personal).astype(bool)
        if column in numbers:
            personal &= ~texts.str.fullmatch("[+-]?[0-9.,]*").astype(bool)
        withheld[column] = cells[column].mask(personal, WITHHELD)
        if column in kept or column in numbers:
            where = where.mask(personal & (where == ""), str(column))
    return withheld, where
