"""The audit: a chain of entries that cannot be changed unnoticed, also when several write at once."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy import text
from sqlalchemy.engine import Engine

from features.database import open_database
from serving.access.audit import Audit

AT = pd.Timestamp("2026-03-01 07:00", tz="Asia/Ho_Chi_Minh")


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return open_database(f"sqlite:///{tmp_path / 'haidang.db'}")


@pytest.fixture
def audit(engine: Engine) -> Audit:
    written = Audit(engine)
    for number in range(1, 6):
        written.write("Lan", "promote", "heavy_rain", {"version": number, "lý do": "mới hơn"}, AT)
    return written


def test_an_entry_is_told_as_it_was_written(audit: Audit) -> None:
    entries = audit.entries()
    assert [entry.number for entry in entries] == [1, 2, 3, 4, 5]
    third = entries[2]
    assert (third.who, third.what, third.about) == ("Lan", "promote", "heavy_rain")
    assert third.details == {"version": 3, "lý do": "mới hơn"}
    assert third.at == pd.Timestamp("2026-03-01 00:00", tz="UTC")
    assert third.previous == entries[1].digest


def test_entries_are_chosen_by_what_was_done_and_to_what(audit: Audit) -> None:
    audit.write("Lan", "roll back", "heavy_rain", {}, AT)
    audit.write("Lan", "roll back", "cold", {}, AT)
    assert [entry.number for entry in audit.entries(what="roll back")] == [6, 7]
    assert [entry.number for entry in audit.entries(what="roll back", about="cold")] == [7]


def test_a_whole_chain_has_no_fault(audit: Audit, engine: Engine) -> None:
    found = audit.verify()
    assert (found.entries, found.faults) == (5, ())
    assert found.digest == audit.entries()[-1].digest
    assert Audit(engine).verify() == found


def test_an_audit_without_entries_is_whole(engine: Engine) -> None:
    assert (Audit(engine).verify().entries, Audit(engine).verify().faults) == (0, ())


def renumbered(*moves: tuple[int, int]) -> str:
    return ";".join(f"UPDATE audit_entries SET number = {to} WHERE number = {number}" for number, to in moves)


CHANGES = {
    "changed": ("UPDATE audit_entries SET who = 'nobody' WHERE number = 3", ["entry 3 is not what was written"]),
    "changed details": (
        """UPDATE audit_entries SET details = replace(details, '3', '4') WHERE number = 3""",
        ["entry 3 is not what was written"],
    ),
    "removed": ("DELETE FROM audit_entries WHERE number = 2", ["entry 2 before entry 3 was removed"]),
    "first removed": ("DELETE FROM audit_entries WHERE number = 1", ["entry 1 before entry 2 was removed"]),
    "last removed": ("DELETE FROM audit_entries WHERE number >= 4", ["entries 4 to 5, the last of the chain"]),
    "reordered": (
        renumbered((2, 30), (3, 2), (30, 3)),
        ["entry 2 does not follow entry 1", "entry 2 is not what", "entry 3 does not follow entry 2", "entry 3 is not"],
    ),
    "removed and renumbered": (
        "DELETE FROM audit_entries WHERE number = 3;" + renumbered((4, 3), (5, 4)),
        ["entry 3 does not follow entry 2", "entry 3 is not what was written"],
    ),
}


@pytest.mark.parametrize("how", CHANGES)
def test_what_was_done_to_the_chain_is_named(audit: Audit, engine: Engine, how: str) -> None:
    statements, told = CHANGES[how]
    with engine.begin() as connection:
        for statement in statements.split(";"):
            connection.execute(text(statement))
    faults = audit.verify().faults
    for expected in told:
        assert any(fault.startswith(expected) for fault in faults), faults


def test_writers_at_the_same_time_come_one_after_the_other(engine: Engine) -> None:
    def write(writer: int) -> None:
        mine = Audit(engine)
        for number in range(5):
            mine.write(f"writer {writer}", "test", "audit", {"number": number}, AT)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))
    audit = Audit(engine)
    assert (audit.verify().entries, audit.verify().faults) == (20, ())
    for writer in range(4):
        own = [entry.details["number"] for entry in audit.entries() if entry.who == f"writer {writer}"]
        assert own == [0, 1, 2, 3, 4]
