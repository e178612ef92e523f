"""What a decision on disaster-risk levels holds: its levels, the rule for several hazards, a matrix for each hazard."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from features.errors import UnknownNameError
from models.law.matrix import Mark, Table, Text


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
