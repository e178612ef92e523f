"""Tables of climate indices as NOAA writes them: rows of seasons, and rows of years with twelve months."""

from collections.abc import Iterator
from dataclasses import dataclass

from features.errors import HaidangError

SEASONS = ("DJF", "JFM", "FMA", "MAM", "AMJ", "MJJ", "JJA", "JAS", "ASO", "SON", "OND", "NDJ")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_Lines = list[tuple[int, str]]


@dataclass(frozen=True)
class Cell:
    """A value of a table, or a line that is none.

    Attributes:
        line: line of the text.
        row: the line as it stands.
        month: months since January 1970 of the month, or of the middle month of the season; None for a broken line.
        value: None where there is none, which is no fault, and in a broken line.
        fault: what is wrong; "" for nothing.
    """

    line: int
    row: str
    month: int | None
    value: float | None
    fault: str = ""


def read_seasons(text: str, where: str) -> list[Cell]:
    """Reads the table of CPC: SEAS YR TOTAL ANOM, one row per three months; the anomaly is the value.

    The year is that of the middle month: DJF 1951 is December 1950 to February 1951.
    https://www.cpc.ncep.noaa.gov/data/indices/oni.ascii.txt

    Raises:
        HaidangError: if it is no such table.
    """
    lines = _lines(text)
    if not lines or lines[0][1].split() != ["SEAS", "YR", "TOTAL", "ANOM"]:
        raise HaidangError(f"{where} does not begin with SEAS YR TOTAL ANOM: is it the table oni.ascii.txt of CPC?")
    return [_season(line, row) for line, row in lines[1:]]


def _season(line: int, row: str) -> Cell:
    fields = row.split()
    if len(fields) != 4 or fields[0] not in SEASONS or not fields[1].isdecimal():
        return Cell(line, row, None, None, "is not a season, a year and two numbers")
    return _cell(line, row, int(fields[1]), SEASONS.index(fields[0]), fields[3], missing=-99.9)


def read_years(text: str, where: str) -> list[Cell]:
    """Reads a table of a year and twelve months a row, in the format of PSL or of NCEI.

    PSL: the first line holds the first and the last year, the line after the last row the number that stands for none,
    then notes, http://www.esrl.noaa.gov/psd/data/timeseries/monthly/standard.html. NCEI: a title, the line Year Jan
    ... Dec, the rows, and 99.99 for none, https://www.ncei.noaa.gov/access/monitoring/pdo/.

    Raises:
        HaidangError: if it is neither, or is cut short.
    """
    lines = _lines(text)
    heads = [row.split() for _, row in lines]
    if heads and len(heads[0]) == 2 and all(field.isdecimal() for field in heads[0]):
        ends = next(
            (at for at, fields in enumerate(heads) if len(fields) == 1 and _number(fields[0]) is not None), None
        )
        if ends is None:
            raise HaidangError(
                f"{where} has no line with the number that stands for none: it is cut short, fetch it again"
            )
        rows, missing = lines[1:ends], float(heads[ends][0])
    elif ["Year", *MONTHS] in heads:
        rows, missing = lines[heads.index(["Year", *MONTHS]) + 1 :], 99.99
    else:
        raise HaidangError(f"{where} begins neither with two years (PSL) nor holds a line Year Jan ... Dec (NCEI)")
    return [cell for line, row in rows for cell in _year(line, row, missing)]


def _year(line: int, row: str, missing: float) -> Iterator[Cell]:
    year, *values = row.split()
    if len(values) != len(MONTHS) or not year.isdecimal():
        yield Cell(line, row, None, None, "is not a year and twelve numbers")
        return
    for month, value in enumerate(values):
        yield _cell(line, row, int(year), month, value, missing=missing)


def _cell(line: int, row: str, year: int, month: int, text: str, *, missing: float) -> Cell:
    number, since = _number(text), (year - 1970) * 12 + month
    if number is None:
        return Cell(line, row, since, None, f"tells {text!r}, not a number")
    return Cell(line, row, since, None if number == missing else number)


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if abs(number) < float("inf") else None


def _lines(text: str) -> _Lines:
    return [(number, line) for number, line in enumerate(text.splitlines(), start=1) if line.strip()]
