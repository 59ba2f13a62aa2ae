"""The database: the source of truth, on SQLite (WAL) or PostgreSQL with the same queries.

Synchronous on purpose: the worker shares it. A reading session never commits; a writing session
commits once, at the end of its block, and what must follow a commit (waking a worker, notifying
browsers) is handed to :func:`after_commit`, so that no message ever announces a row that does not
exist.
"""

import logging
import re
import sqlite3
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, cast

from sqlalchemy import (
    JSON,
    Connection,
    DateTime,
    Dialect,
    Engine,
    Enum,
    Insert,
    MetaData,
    Table,
    Uuid,
    create_engine,
    event,
    insert,
    make_url,
)
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.types import TypeDecorator

from app.core.disk import sync

log = logging.getLogger(__name__)

BUSY_TIMEOUT_MS = 30_000
_WRITE = "sonoloop_write"
_DURABLE = "sonoloop_durable"
_SYNCHRONOUS = "sonoloop_synchronous"
_BEFORE_COMMIT = "before_commit"
_AFTER_COMMIT = "after_commit"
_SURROGATE = re.compile("[\ud800-\udfff]")


class UtcDateTime(TypeDecorator[datetime]):
    """A time in UTC with its zone; SQLite does not store the zone, so it is added on reading."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without zone cannot be stored; use app.core.ids.now()")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """Base of all tables; constraint names are fixed so that migrations can name them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar = {
        datetime: UtcDateTime,
        dict[str, Any]: JSON(none_as_null=True),
        list[Any]: JSON(none_as_null=True),
        # Stored as the enum's values, so that a new one needs no migration; read back as the enum.
        StrEnum: Enum(
            StrEnum,
            native_enum=False,
            create_constraint=False,
            length=20,
            values_callable=lambda kind: [word.value for word in kind],
        ),
    }


class ReadSession(Session):
    """A session that is rolled back at its end, so that a write through it has no effect."""


class WriteSession(Session):
    """A session that commits once, at the end of its block."""


def insert_row(
    session: Session,
    row: Base,
    statement: Insert | None = None,
    computed: Collection[str] = (),
    **parameters: Any,
) -> None:
    """Insert a row at once with its defaults filled in, without adding it to the session.

    For rows that reference each other: they are inserted in call order, without a flush after each.

    Args:
        statement: an INSERT with expressions for the columns that the database computes, made once
            for all rows, because comparing two such statements costs more than running one.
        computed: the names of those columns.
        parameters: the parameters of those expressions.
    """
    table = cast(Table, row.__table__)
    values = {name: value for name, value in vars(row).items() if name != "_sa_instance_state"}
    for column in table.columns:
        default = column.default
        if column.name in computed:
            values.pop(column.name, None)
        elif default is not None and column.name not in values:
            value = default.arg(None) if default.is_callable else default.arg  # type: ignore[attr-defined]
            values[column.name] = value
            setattr(row, column.name, value)
    session.execute(_insert(table) if statement is None else statement, values | parameters)


@cache
def _insert(table: Table) -> Insert:
    return insert(table)


def before_commit(session: Session, action: Callable[[], object]) -> None:
    """Run ``action`` at the end of the session's transaction, once all other rows are written."""
    session.info.setdefault(_BEFORE_COMMIT, []).append(action)


def after_commit(session: Session, action: Callable[[], object]) -> None:
    """Run ``action`` once the session's transaction is committed, and only then.

    An error of the action is logged and not raised: the row is authoritative, and the sweeper
    repeats a lost message.
    """
    session.info.setdefault(_AFTER_COMMIT, []).append(action)


class UnstorableError(ValueError):
    """A value that one of the two databases cannot store, so it is refused for both."""


_LARGEST_INTEGER = 2**63 - 1


def _check_parameters(
    _connection: Any, _cursor: Any, _statement: str, parameters: Any, _context: Any, _many: bool
) -> None:
    _refuse_unstorable(parameters)


def _refuse_unstorable(value: Any) -> None:
    """Refuse a value that SQLite or PostgreSQL cannot store, in a parameter, a row, or many rows.

    PostgreSQL rejects NUL in text, while SQLite stores it. Both fail with an unexpected error on
    half of a surrogate pair and on an integer of more than 64 bits.

    Raises:
        UnstorableError: the message names the fault, but not the value.
    """
    if isinstance(value, str):
        if "\x00" in value:
            raise UnstorableError("a text holds a NUL character")
        if not value.isascii() and _SURROGATE.search(value):
            raise UnstorableError("a text holds half of a surrogate pair")
    elif isinstance(value, int):
        if not -_LARGEST_INTEGER <= value <= _LARGEST_INTEGER:
            raise UnstorableError("an integer is too large")
    elif isinstance(value, dict | list | tuple):
        for part in value.values() if isinstance(value, dict) else value:
            _refuse_unstorable(part)


class Database:
    """Engine and sessions for one URL.

    Args:
        url: SQLAlchemy URL, ``sqlite:///file`` or ``postgresql+psycopg://…``.
    """

    def __init__(self, url: str) -> None:
        self.url = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        if self.is_sqlite:
            if self.url.database in (None, "", ":memory:"):
                raise ValueError("the database must be a file; several processes share it")
            Path(self.url.database).parent.mkdir(parents=True, exist_ok=True)
            self.engine = create_engine(self.url, hide_parameters=True)
            _prepare_sqlite(self.engine)
        else:
            self.engine = create_engine(
                self.url,
                hide_parameters=True,  # no values of rows in error messages
                pool_pre_ping=True,
                pool_size=10,
                max_overflow=40,
                pool_recycle=1800,
            )
        event.listen(self.engine, "before_cursor_execute", _check_parameters)

    @contextmanager
    def read(self) -> Iterator[ReadSession]:
        """Open a reading session; nothing done in it is kept."""
        with ReadSession(self.engine, expire_on_commit=False, autoflush=False) as session:
            yield session

    @contextmanager
    def write(
        self, *, durable: bool = True, otherwise: Callable[[], object] | None = None
    ) -> Iterator[WriteSession]:
        """Open a writing session, committed when the block ends without an error.

        Args:
            durable: if False, the commit does not wait for the disk: its rows survive a killed
                process, but a power cut only after :meth:`make_durable` or the next durable commit
                of any process.
            otherwise: called if nothing was committed, such as to delete blobs that no row
                references. It is not called if the commit itself fails, because the rows may have
                been committed nevertheless; the sweeper deletes what no row references.
        """
        committing = False
        try:
            with WriteSession(self.engine, expire_on_commit=False) as session:
                # SQLite: take the write lock at once. A reader that becomes a writer half way fails
                # with SQLITE_BUSY at once, whatever the time-out.
                connection = session.connection(execution_options={_WRITE: True, _DURABLE: durable})
                if not durable and not self.is_sqlite:
                    connection.exec_driver_sql("SET LOCAL synchronous_commit TO off")
                yield session
                session.flush()
                for action in session.info.pop(_BEFORE_COMMIT, []):
                    action()
                committing = True
                session.commit()
                for action in session.info.pop(_AFTER_COMMIT, []):
                    try:
                        action()
                    except Exception:
                        log.exception("an action after commit failed; the sweeper will catch up")
        except BaseException:
            if otherwise is not None and not committing:
                otherwise()
            raise

    def make_durable(self) -> None:
        """Return once everything committed so far survives a power cut."""
        if self.is_sqlite:
            # Commits append to this log; what is no longer in it has been synced to the database
            # file.
            sync(Path(f"{self.url.database}-wal"))
        else:
            # A commit that wrote to the log waits until the log is flushed up to its own position.
            with self.engine.begin() as connection:
                connection.exec_driver_sql("SELECT pg_logical_emit_message(true, 'durable', '')")

    def dispose(self) -> None:
        """Close all pooled connections."""
        self.engine.dispose()


def _prepare_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: Any) -> None:
        # _begin opens transactions, so the driver must not.
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
        cursor.execute("PRAGMA temp_store=MEMORY")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        wanted = "FULL" if options.get(_DURABLE, True) else "NORMAL"
        if connection.info.get(_SYNCHRONOUS) != wanted:
            # FULL: a commit waits for the disk. NORMAL: it only survives the death of its process.
            _execute_sqlite(connection, f"PRAGMA synchronous={wanted}")
            connection.info[_SYNCHRONOUS] = wanted
        write = options.get(_WRITE, False)
        _execute_sqlite(connection, "BEGIN IMMEDIATE" if write else "BEGIN")


def _execute_sqlite(connection: Connection, statement: str) -> None:
    """Run a statement without a result directly on the driver: through SQLAlchemy it takes ten
    times as long, and every session begins with one.

    Raises:
        OperationalError: SQLAlchemy's, as for every other statement.
    """
    driver = cast(sqlite3.Connection, connection.connection.dbapi_connection)
    try:
        driver.execute(statement)
    except sqlite3.OperationalError as error:
        raise OperationalError(statement, None, error) from error


__all__ = [
    "Base",
    "Database",
    "ReadSession",
    "UnstorableError",
    "UtcDateTime",
    "Uuid",
    "WriteSession",
    "after_commit",
    "before_commit",
    "insert_row",
]
