"""Decision 18/2021/QĐ-TTg of 22 April 2021, in force since 1 July 2021, as data.

The data are `decision_18.json` beside this module. Only cells with the mark V were read in the law itself, and the
whole has not been compared with the gazette; every cell carries its mark, and the conflict between its sources.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, get_args

from models.law.decision import Compound, Decision, Level
from models.law.matrix import NOTHING, Cell, Mark, Table, Text


def _text(told: Mapping[str, str]) -> Text:
    return Text(told["vi"], told["en"])


def _cells(told: Mapping[str, Any]) -> tuple[Cell, ...]:
    conflicts = {(c["place"], c["class"], c["duration"]): c for c in told.get("conflicts", ())}
    cells = []
    for place in told["places"]:
        for k, (values, row) in enumerate(zip(told["classes"], place["cells"], strict=True)):
            for j, (duration, cell) in enumerate(zip(told["durations"], row, strict=True)):
                level, mark = cell.split()
                if mark not in get_args(Mark):
                    raise ValueError(f"Article {told['article']}, {place['name']}, {values['text']}: no mark {mark}")
                conflict = conflicts.pop((place["name"], k, j), None)
                note, other = (_text(conflict), conflict["other_level"]) if conflict else (NOTHING, None)
                printed = (told["article"], place["name"], values["text"], duration["text"])
                cells.append(Cell(*printed, int(level), mark, note, other))
    if conflicts:
        raise ValueError(f"Article {told['article']}: there is no cell {', '.join(map(str, conflicts))}")
    return tuple(cells)


def _table(told: Mapping[str, Any]) -> Table:
    return Table(
        hazard=told["hazard"],
        article=told["article"],
        title=_text(told["title"]),
        value=_text(told["value"]),
        unit=told["unit"],
        sense=told["sense"],
        counted=told["counted"],
        step=told["step"],
        durations=tuple(duration["from"] for duration in told["durations"]),
        bounds=tuple(float(values["bound"]) for values in told["classes"]),
        inclusive=tuple(values["inclusive"] for values in told["classes"]),
        places=MappingProxyType({place["name"]: _text(place) for place in told["places"]}),
        cells=_cells(told),
        remarks=tuple(map(_text, told["remarks"])),
    )


def _level(told: Mapping[str, Any]) -> Level:
    return Level(
        told["level"], _text(told["name"]), _text(told["colour"]), told["hex"], told["cap_severity"], told["mark"]
    )


def _read(path: Path) -> Decision:
    told = json.loads(path.read_text(encoding="utf-8"))
    return Decision(
        number=told["number"],
        version=told["version"],
        issued=told["issued"],
        in_force=told["in_force"],
        gazette=told["gazette"],
        compared_with_gazette=told["compared_with_gazette"],
        reference=told["reference"],
        intervals=_text(told["intervals"]),
        marks=MappingProxyType({mark: _text(meaning) for mark, meaning in told["marks"].items()}),
        levels=tuple(map(_level, told["levels"])),
        compound=Compound(**told["compound"]),
        beaufort=MappingProxyType({int(n): speed for n, speed in told["beaufort"]["from_metres_per_second"].items()}),
        tables=MappingProxyType({table["hazard"]: _table(table) for table in told["tables"]}),
    )


DECISION_18 = _read(Path(__file__).with_name("decision_18.json"))
