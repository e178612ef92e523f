"""Text files of providers: read whole, or row by row where they are large."""

import csv
from collections.abc import Iterator
from pathlib import Path

from features.errors import HaidangError


def read_text(file: Path) -> str:
    """The text of a file.

    Raises:
        HaidangError: if it cannot be read, or is not UTF-8.
    """
    try:
        return file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise HaidangError(f"{file} cannot be read: {error.strerror}; check the path and the rights") from error
    except UnicodeDecodeError as error:
        raise HaidangError(f"{file} is not a text in UTF-8: {error}; fetch it again, or unpack it") from error


def csv_rows(file: Path) -> Iterator[tuple[int, list[str]]]:
    """Yields each row of a CSV that is not empty, and the line on which it ends; its cells are stripped.

    Raises:
        HaidangError: if the file cannot be read, is not UTF-8, or is no CSV.
    """
    try:
        with file.open(encoding="utf-8-sig", newline="") as opened:
            reader = csv.reader(opened)
            for row in reader:
                if any(row):
                    yield reader.line_num, [cell.strip() for cell in row]
    except OSError as error:
        raise HaidangError(f"{file} cannot be read: {error.strerror}; check the path and the rights") from error
    except UnicodeDecodeError as error:
        raise HaidangError(f"{file} is not a text in UTF-8: {error}; fetch it again, or unpack it") from error
    except csv.Error as error:
        raise HaidangError(f"{file} is no CSV: {error}; fetch it again") from error
