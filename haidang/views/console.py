"""Where the command line prints: its two streams, progress, tables, JSON, and errors."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import pandas as pd
from pydantic import BaseModel
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from features.entries import Receipt

_WIDTH_IN_A_FILE = 150
console = Console(width=None if sys.stdout.isatty() else _WIDTH_IN_A_FILE)
errors = Console(stderr=True)


@contextmanager
def counting(title: str) -> Iterator[Callable[[Receipt, pd.Timestamp | None], None]]:
    """A spinner that counts what was taken, and says until when all of it is stored."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=errors, transient=True, disable=not errors.is_terminal) as progress:
        task = progress.add_task(title, total=None)
        whole = Receipt()

        def told(receipt: Receipt, until: pd.Timestamp | None) -> None:
            nonlocal whole
            whole += receipt
            reached = "" if until is None else f", all until {until:%Y-%m-%d}"
            progress.update(
                task, description=f"{title}: {whole.accepted:,} accepted, {whole.duplicates:,} held already{reached}"
            )

        yield told


@contextmanager
def steps(title: str) -> Iterator[Callable[[int, int], None]]:
    """A bar over a known number of steps."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=errors, transient=True, disable=not errors.is_terminal) as progress:
        task = progress.add_task(title, total=None)
        yield lambda done, of: progress.update(task, completed=done, total=of)


@contextmanager
def waiting(title: str) -> Iterator[None]:
    """A spinner for a step of unknown length."""
    with errors.status(title):
        yield


def show_error(error: object) -> None:
    """What went wrong, in one line."""
    errors.print(f"error: {error}", style="red", markup=False, highlight=False, soft_wrap=True)


def table_of(*headings: str) -> Table:
    """An empty table with headings."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in headings:
        table.add_column(heading)
    return table


def print_models(views: Sequence[BaseModel]) -> None:
    """Prints models as a JSON list."""
    console.print_json(f"[{','.join(view.model_dump_json() for view in views)}]")


def as_time(moment: object) -> str:
    """A moment, or a dash where there is none."""
    return "-" if moment is None else f"{moment:%Y-%m-%d %H:%M%z}"
