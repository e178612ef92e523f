"""The database of a deployment, for what operators and agencies keep: SQLite in its folder, or PostgreSQL."""

from functools import cache
from pathlib import Path

from sqlalchemy import MetaData, create_engine, event
from sqlalchemy.engine import Engine, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import IntegrityError, OperationalError, ProgrammingError
from sqlalchemy.pool import ConnectionPoolEntry

BUSY_SECONDS = 30


@cache
def open_database(address: str) -> Engine:
    """Opens a database; one engine serves a whole process.

    A SQLite file is made with its folder, and writes ahead (WAL), so that readers and a writer do not wait for each
    other.

    Args:
        address: as SQLAlchemy writes it, `sqlite:///FILE` or `postgresql+psycopg://...`.
    """
    url = make_url(address)
    if url.get_backend_name() != "sqlite":
        return create_engine(url, pool_pre_ping=True)
    if url.database:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS})
    event.listen(engine, "connect", _write_ahead)
    return engine


def make_tables(metadata: MetaData, engine: Engine) -> None:
    """Makes the tables of a store that are not there; several processes may open it at the same moment."""
    for _ in metadata.tables:
        try:
            metadata.create_all(engine)
        except (IntegrityError, OperationalError, ProgrammingError):  # another process was quicker with one of them
            continue
        return
    metadata.create_all(engine)


def _write_ahead(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()
