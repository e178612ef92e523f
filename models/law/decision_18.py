"""Decision 18/2021/QĐ-TTg of 22 April 2021, in force since 1 July 2021, as data.

The data are `decision_18.json` beside this module. Only cells with the mark V were read in the law itself, and the
whole has not been compared with the gazette; every cell carries its mark, and the conflict between its sources.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, get_args

from features.errors import UnknownNameError
from models.law.matrix import NOTHING, Cell, Mark, Table, Text


@dataclass(frozen=True)
class Level:
    """A level of Article 4.

    Attributes:
        number: 0 (our own: below level 1) to 5.
        name: the law's Vietnamese name; the English one is ours.
        colour: the law's.
        hex: colour on screens, ours.
        cap_severity: severity in a CAP 1.2 message, our proposal; None below level 1.
        mark: of name and colour.
    """

    number: int
    name: Text
    colour: Text
    hex: str
    cap_severity: str | None
    mark: Mark


@dataclass(frozen=True)
class Compound:
    """Clause 4 of Article 4: by how much the level of several hazards may be raised.

    Attributes:
        article: article and clause.
        mark: how far it was verified.
        rise: levels, where two or more hazards come at once or in succession.
        rise_where_serious_loss_is_feared: levels, where serious loss of life and property is feared.
        highest: no level is raised above it.
    """

    article: str
    mark: Mark
    rise: int
    rise_where_serious_loss_is_feared: int
    highest: int


@dataclass(frozen=True)
class Decision:
    """The Decision, as far as it is encoded.

    Attributes:
        number: of the Decision.
        version: of this encoding; it changes with every change of a cell.
        issued: date, ISO 8601.
        in_force: since which date, ISO 8601.
        gazette: where it is printed.
        compared_with_gazette: whether somebody has compared every cell with the print.
        reference: where Article 4 was read.
        intervals: to which class a value on a bound belongs.
        marks: what the marks mean.
        levels: 0 to 5.
        compound: the rule of Article 4 for several hazards.
        beaufort: slowest wind of each Beaufort number, m/s.
        tables: by hazard.
    """

    number: str
    version: str
    issued: str
    in_force: str
    gazette: str
    compared_with_gazette: bool
    reference: str
    intervals: Text
    marks: Mapping[str, Text]
    levels: tuple[Level, ...]
    compound: Compound
    beaufort: Mapping[int, float]
    tables: Mapping[str, Table]

    def table(self, hazard: str) -> Table:
        """The matrix of a hazard.

        Raises:
            UnknownNameError: if none is encoded.
        """
        if hazard not in self.tables:
            raise UnknownNameError("hazard of Decision 18/2021", hazard, self.tables)
        return self.tables[hazard]

    def speed_table(self, hazard: str) -> Table:
        """The matrix of a hazard of wind, its bounds in m/s in place of Beaufort numbers.

        Raises:
            UnknownNameError: if none is encoded.
            ValueError: if the hazard is not one of wind.
        """
        table = self.table(hazard)
        if table.unit != "Beaufort":
            raise ValueError(f"{hazard} is measured in {table.unit}, not in Beaufort numbers")
        return replace(table, unit="m/s", bounds=tuple(self.beaufort[int(bound)] for bound in table.bounds))

    def stage_table(self, hazard: str) -> Table:
        """The matrix of floods as far as a stage above alarm level I tells it: its first class, from 0 m on.

        How far BĐ2 and BĐ3 lie above BĐ1 differs from station to station and is not in the data, so that the level is
        a lowest one.

        Raises:
            UnknownNameError: if none is encoded.
            ValueError: if the hazard is not one of a river's stage.
        """
        table = self.table(hazard)
        if table.unit != "alarm class":
            raise ValueError(f"{hazard} is measured in {table.unit}, not in alarm classes")
        return replace(table.as_far_as((1.0,)), unit="m", bounds=(0.0,))

    def measured_table(self, hazard: str) -> Table:
        """The matrix of a hazard, its bounds in the unit in which the quantity is measured.

        Raises:
            UnknownNameError: if none is encoded.
        """
        as_measured = {"Beaufort": self.speed_table, "alarm class": self.stage_table}
        return as_measured.get(self.table(hazard).unit, self.table)(hazard)


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
