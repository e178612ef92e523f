"""Back-ups: whole or not there, consistent while others write, checked, and the way back."""

import multiprocessing
import os
import shutil
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from features.errors import HaidangError
from features.settings import Settings
from haidang.upkeep.backup import back_up, outside, restore, verify_backup

NOW = pd.Timestamp("2026-07-01T19:30Z")
DAY = pd.Timedelta(days=1)


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[Settings]:
    """A deployment in small: a table, a database that is being written, a champion, and settings."""
    home = tmp_path / "home"
    issue(home, 1)
    issue(home, 2)
    (home / "shelf" / "rain").mkdir(parents=True)
    (home / "shelf" / "rain" / "latest").write_text("a-1")
    (home / "shelf" / "rain" / "a-1").mkdir()
    (home / "shelf" / "rain" / "a-1" / "card.json").write_text("{}")
    (home / "haidang.toml").write_text('local_zone = "Asia/Ho_Chi_Minh"\n')
    with closing(sqlite3.connect(home / "haidang.db")) as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("CREATE TABLE notes (text)")
        database.execute("INSERT INTO notes VALUES ('said')")
        database.commit()
        database.execute("INSERT INTO notes VALUES ('not yet said')")
        yield Settings(home=home)


def issue(home: Path, number: int) -> None:
    write_deltalake(str(home / "issued"), pa.table({"number": [number]}), mode="append")


def numbers(home: Path) -> list[int]:
    return sorted(DeltaTable(str(home / "issued")).to_pyarrow_table()["number"].to_pylist())


def notes(home: Path) -> list[str]:
    with closing(sqlite3.connect(home / "haidang.db")) as database:
        return [text for (text,) in database.execute("SELECT text FROM notes")]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name != ".lock")


def test_a_backup_is_restored_as_it_was_without_what_was_not_committed(settings: Settings, tmp_path: Path) -> None:
    whole = back_up(settings, tmp_path / "kept", NOW, keep=7)
    assert whole.name == "20260701T193000Z"
    restore(whole, tmp_path / "again")
    again = tmp_path / "again"
    assert (numbers(again), notes(again)) == ([1, 2], ["said"])
    assert (again / "shelf" / "rain" / "latest").read_text() == "a-1"
    assert names(again) == ["haidang.db", "haidang.toml", "issued", "shelf"]
    issue(again, 3)
    assert (numbers(again), numbers(settings.home)) == ([1, 2, 3], [1, 2])


def test_what_is_written_meanwhile_is_in_the_next_backup_and_tears_nothing(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy, written = shutil.copy2, []

    def copy_and_write(file: Path, to: Path) -> None:
        copy(file, to)
        if not written:
            written.append(file)
            issue(settings.home, 3)

    monkeypatch.setattr(shutil, "copy2", copy_and_write)
    whole = back_up(settings, tmp_path / "kept", NOW, keep=7)
    assert written[0].parent.name == "_delta_log"
    assert numbers(whole) == [1, 2]
    assert numbers(back_up(settings, tmp_path / "kept", NOW + DAY, keep=7)) == [1, 2, 3]


def be_killed(home: Path, to: Path) -> None:
    """Dies at the third file that it copies."""
    copied: list[Path] = []

    def die(file: Path, copy: Path) -> None:
        copied.append(copy)
        copy.write_bytes(file.read_bytes())
        if len(copied) == 3:
            os.kill(os.getpid(), signal.SIGKILL)

    shutil.copy2 = die
    back_up(Settings(home=home), to, NOW, keep=7)


def test_a_backup_that_is_killed_half_way_does_not_look_whole_and_the_next_one_clears_it(
    settings: Settings, tmp_path: Path
) -> None:
    kept = tmp_path / "kept"
    process = multiprocessing.get_context("spawn").Process(target=be_killed, args=(settings.home, kept))
    process.start()
    process.join(60)
    assert process.exitcode == -signal.SIGKILL
    assert names(kept) == [".unfinished-20260701T193000Z"]
    with pytest.raises(HaidangError, match=r"is no whole back-up: it has no SHA256SUMS"):
        restore(kept / ".unfinished-20260701T193000Z", tmp_path / "again")
    assert not (tmp_path / "again").exists()
    back_up(settings, kept, NOW + DAY, keep=7)
    assert names(kept) == ["20260702T193000Z"]


def test_the_newest_backups_are_kept(settings: Settings, tmp_path: Path) -> None:
    for day in range(4):
        back_up(settings, tmp_path / "kept", NOW + day * DAY, keep=2)
    assert names(tmp_path / "kept") == ["20260703T193000Z", "20260704T193000Z"]


@pytest.mark.parametrize("fault", ["changed", "missing", "added"])
def test_a_damaged_backup_is_refused_and_nothing_is_restored(settings: Settings, tmp_path: Path, fault: str) -> None:
    whole = back_up(settings, tmp_path / "kept", NOW, keep=7)
    file = whole / "shelf" / "rain" / "latest"
    if fault == "changed":
        file.write_text("b-1")
    elif fault == "missing":
        file.unlink()
    else:
        file.with_name("later").write_text("a-2")
    with pytest.raises(HaidangError, match=r"is damaged, take another back-up: shelf/rain/la.* \(1 files\)"):
        restore(whole, tmp_path / "again")
    assert not (tmp_path / "again").exists()


def test_a_deployment_is_not_overwritten(settings: Settings, tmp_path: Path) -> None:
    whole = back_up(settings, tmp_path / "kept", NOW, keep=7)
    with pytest.raises(HaidangError, match="is not empty: a back-up is restored into a new folder"):
        restore(whole, settings.home)
    assert numbers(settings.home) == [1, 2]


def test_a_backup_lies_outside_of_the_deployment(settings: Settings) -> None:
    with pytest.raises(HaidangError, match="lies in the deployment that is backed up"):
        back_up(settings, settings.home / "kept", NOW, keep=7)


def test_two_backups_into_one_folder_do_not_meet(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy, met = shutil.copy2, []

    def copy_and_back_up(file: Path, to: Path) -> None:
        copy(file, to)
        if not met:
            with pytest.raises(HaidangError, match="another back-up is being written") as error:
                back_up(settings, tmp_path / "kept", NOW + DAY, keep=7)
            met.append(error)

    monkeypatch.setattr(shutil, "copy2", copy_and_back_up)
    assert verify_backup(back_up(settings, tmp_path / "kept", NOW, keep=7)) > 0
    assert met and names(tmp_path / "kept") == ["20260701T193000Z"]


def test_what_lies_elsewhere_is_named_without_its_password(settings: Settings) -> None:
    elsewhere = settings.model_copy(update={"database_url": "postgresql+psycopg://me:secret@there/haidang"})
    assert outside(settings) == []
    assert outside(elsewhere) == ["database: postgresql+psycopg://me:***@there/haidang"]
