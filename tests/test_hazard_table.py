"""The table of hazards in the README."""

from pathlib import Path

import pytest

from features.errors import HaidangError
from haidang.views.hazard_table import BEGIN, END, table, with_table
from models.catalogue import read_hazards

README = Path(__file__).parents[1] / "README.md"


def test_the_readme_lists_the_hazards_of_the_folder() -> None:
    text = README.read_text(encoding="utf-8")
    assert with_table(text, read_hazards().values()) == text, "run `make hazards`"


def test_a_hazard_is_told_in_both_languages_with_its_events_and_periods() -> None:
    line = table([read_hazards()["landslide"]]).splitlines()[-1]
    assert line == (
        "| `landslide` | Sạt lở đất, lũ quét / Landslides and flash floods | >= 1 count | 5 days | published rule |"
    )


def test_what_stands_around_the_table_stays() -> None:
    assert with_table(f"before {BEGIN} old {END} after", []).startswith(f"before {BEGIN}\n")
    assert with_table(f"before {BEGIN} old {END} after", []).endswith(f"{END} after")


def test_a_text_without_marks_is_refused() -> None:
    with pytest.raises(HaidangError, match="stands between two lines"):
        with_table("no marks", [])
