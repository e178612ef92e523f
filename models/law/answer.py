"""What a level answer can say of itself: article, verification mark, conflict, names, colours and CAP severity."""

from dataclasses import dataclass

from models.law.decision_18 import DECISION_18, Level
from models.law.matrix import Cell, Table, Text


@dataclass(frozen=True)
class Answer:
    """A level with its ground.

    Attributes:
        level: with name, colour, and the severity in CAP that we propose.
        hazard: name of the hazard.
        cell: the cell of the law that gives the level; None below every class.
        place: what the cell's place means; empty without a cell.
        ground: article, class, duration and place in a sentence.
        mark: what the cell's mark means; empty without a cell.
        caution: what a reader must know before use, empty where the words of the law were read and nothing conflicts.
        version: of the encoding of the Decision.
    """

    level: Level
    hazard: Text
    cell: Cell | None
    place: Text
    ground: Text
    mark: Text
    caution: Text
    version: str

    @property
    def verified(self) -> bool:
        """Whether the cell was read in the words of the law."""
        return self.cell is not None and self.cell.mark == "V"

    @property
    def conflicting(self) -> bool:
        """Whether the sources give different levels: not to be used before a look into the gazette."""
        return self.cell is not None and self.cell.other_level is not None

    @property
    def is_law(self) -> bool:
        """Whether the level is said to be the law's, not a choice of this service."""
        return self.cell is not None and self.cell.mark != "D"


def answer(table: Table, cell: int) -> Answer:
    """The answer of a cell in force.

    Args:
        table: the matrix.
        cell: position among the table's cells, as `levels_of_course` gives it where the level is known; -1 where no
            class holds.

    Raises:
        IndexError: if the table has no such cell.
    """
    if cell < 0:
        article = f"Điều {table.article}, Quyết định {DECISION_18.number}"
        ground = Text(
            f"{article}: không đạt mức nào",
            f"Article {table.article}, Decision {DECISION_18.number}: no class is reached",
        )
        empty = Text("", "")
        return Answer(DECISION_18.levels[0], table.title, None, empty, ground, empty, empty, DECISION_18.version)
    found = table.cells[cell]
    place, mark = table.places[found.place], DECISION_18.marks[found.mark]
    unit = DECISION_18.table(table.hazard).unit
    steps = _STEPS[table.counted, table.step]
    ground = Text(
        f"Điều {found.article}, Quyết định {DECISION_18.number}: {table.value.vi} {found.values} {unit}, "
        f"{steps.vi} {found.duration}, {place.vi}",
        f"Article {found.article}, Decision {DECISION_18.number}: {table.value.en} {found.values} {unit}, "
        f"{steps.en} {found.duration}, {place.en}",
    )
    caution = Text("", "")
    if found.mark != "V" or found.note.vi:
        caution = Text(f"{mark.vi}. {found.note.vi}".strip(), f"{mark.en}. {found.note.en}".strip())
    level = DECISION_18.levels[found.level]
    return Answer(level, table.title, found, place, ground, mark, caution, DECISION_18.version)


_STEPS = {
    ("spell", "day"): Text("số ngày", "days"),
    ("spell", "month"): Text("số tháng", "months"),
    ("days_before", "day"): Text("số ngày mưa trước đó", "prior rain days"),
}
