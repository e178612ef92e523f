"""The table of hazards in the README, made of the hazard files: `python -m haidang.views.hazard_table README.md`."""

import sys
from collections.abc import Iterable
from pathlib import Path

from features.errors import HaidangError
from features.months import Months
from models.catalogue import read_hazards
from models.hazard import Hazard
from models.targets import SIGNS

BEGIN, END = "<!-- hazards: written by haidang.views.hazard_table -->", "<!-- end of hazards -->"
_HEAD = ("| hazard | what it is about | events | ahead | while no outcome is known |", "|---|---|---|---|---|")


def table(hazards: Iterable[Hazard]) -> str:
    """The hazards as a table in Markdown, a line for each."""
    return "\n".join([*_HEAD, *map(_line, hazards)])


def with_table(text: str, hazards: Iterable[Hazard]) -> str:
    """A text with the table between its two marks.

    Raises:
        HaidangError: if the text lacks a mark.
    """
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise HaidangError(f"the table of hazards stands between two lines: {BEGIN} and {END}")
    return f"{before}{BEGIN}\n\n{table(hazards)}\n\n{END}{after}"


def _line(hazard: Hazard) -> str:
    target, periods = hazard.target, hazard.periods
    cuts = ", ".join(f"{cut:.4g}" for cut in target.cuts)
    if isinstance(periods, Months):
        ahead = f"{periods.count} calendar months"
    elif periods.days == 1:
        ahead = f"{periods.count} days"
    else:
        ahead = f"{periods.count} stretches of {periods.days} days, to day {periods.reach}"
    instead = "-" if hazard.rule is None else "published rule"
    return (
        f"| `{hazard.name}` | {hazard.title_vi} / {hazard.title_en} | {SIGNS[target.sense]} {cuts} {target.unit} | "
        f"{ahead} | {instead} |"
    )


if __name__ == "__main__":
    file = Path(sys.argv[1])
    file.write_text(with_table(file.read_text(encoding="utf-8"), read_hazards().values()), encoding="utf-8")
