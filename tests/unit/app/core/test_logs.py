"""Logs: one line per record, no unescaped text from senders, no values."""

import io
import logging
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import celery.app.trace
import pydicom
import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, OperationalError

from app.core.database import Database
from app.core.logs import LONGEST, SafeFormatter, escape
from app.serve.logs import TAIL_LINES, ChildLog

SECRET = "DOE^JANE 1962-03-04"
FORGED = "x\n2026-11-28 12:00:00,000 INFO sonoloop.access \x1b[2Jforged\u2028\u202e\x9b\ud800"


@pytest.fixture
def written() -> Iterator[tuple[logging.Logger, io.StringIO]]:
    """Yield a logger and the buffer that it writes to, in the format of our processes."""
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(SafeFormatter())
    # Not a registered logger: pytest would keep its records, and xdist cannot send lone surrogates.
    log = logging.Logger("test.logs", logging.DEBUG)
    log.addHandler(handler)
    yield log, out


Written = tuple[logging.Logger, io.StringIO]


def test_a_record_is_one_line_whatever_it_holds(written: Written) -> None:
    log, out = written
    log.info("GET %s", FORGED)
    log.info(FORGED)
    lines = out.getvalue().splitlines()
    assert len(lines) == 2
    out.getvalue().encode("utf-8")
    for line in lines:
        assert line.isprintable()
        assert "\\x0a" in line
        assert "\\x1b[2J" in line
        assert "\\u2028\\u202e\\x9b\\ud800" in line


def test_of_a_long_message_the_beginning_and_the_end_stay(written: Written) -> None:
    """If a library logs a traceback as text, the reason is at its end."""
    log, out = written
    frames = "".join(f'  File "/a/long/path/{n}.py", line {n}, in run\n' for n in range(500))
    log.error("Traceback (most recent call last):\n%sValueError: no such scheme\n", frames)
    (line,) = out.getvalue().splitlines()
    assert "Traceback (most recent call last)" in line
    assert line.endswith("ValueError: no such scheme\\x0a")
    assert len(line) < LONGEST + 200


def test_what_is_printable_stays_as_it_is() -> None:
    assert escape("naïve 図 – “x”") == "naïve 図 – “x”"


def read_element() -> None:
    pydicom.DataElement("PatientBirthDate", "DA", SECRET, validation_mode=pydicom.config.RAISE)


def convert() -> None:
    int(SECRET)


def look_up() -> None:
    {}[SECRET]  # type: ignore[index]


def open_file() -> None:
    Path(f"/nowhere/{SECRET}").read_bytes()


def in_a_chain() -> None:
    try:
        convert()
    except ValueError as error:
        raise RuntimeError(f"cannot convert {SECRET}") from error


def in_a_group() -> None:
    raise ExceptionGroup(SECRET, [ValueError(SECRET), KeyError(SECRET)])


FAULTS: list[Callable[[], None]] = [
    read_element,
    convert,
    look_up,
    open_file,
    in_a_chain,
    in_a_group,
]


@pytest.mark.parametrize("fault", FAULTS)
def test_an_exception_is_logged_without_the_value_that_it_quotes(
    written: Written, fault: Callable[[], None]
) -> None:
    log, out = written
    try:
        fault()
    except Exception as error:
        assert SECRET in str(error)
        log.exception("it failed")
        log.warning("it failed: %s", error)
        log.warning(error)
        kind = type(error).__name__
    assert "DOE" not in out.getvalue()
    assert out.getvalue().count(kind) >= 3
    assert fault.__name__ in out.getvalue()  # where it was raised


def test_no_parameter_and_no_row_of_the_database_is_logged(
    written: Written, tmp_path: Path
) -> None:
    log, out = written
    database = Database(f"sqlite:///{tmp_path / 'x.sqlite3'}")
    insert = text("INSERT INTO person VALUES (:name)")
    try:
        with database.write() as session:
            session.execute(text("CREATE TABLE person (name TEXT CHECK (length(name) < 9))"))
        with pytest.raises(IntegrityError) as refused, database.write() as session:
            session.execute(insert, {"name": SECRET})
        assert "DOE" not in str(refused.value)
        log.error("database error", exc_info=refused.value)
        with pytest.raises(OperationalError) as missing, database.write() as session:
            session.execute(text("INSERT INTO nobody VALUES (:name)"), {"name": SECRET})
        log.error("database error", exc_info=missing.value)
    finally:
        database.dispose()
    assert "DOE" not in out.getvalue()
    assert "no such table: nobody" in out.getvalue()  # this helps, and identifies nobody


def test_celery_logs_no_exception_text_and_no_arguments(written: Written) -> None:
    log, out = written
    context = {
        "hostname": "w",
        "id": "1",
        "name": "sonoloop.job",
        "exc": repr(ValueError(SECRET)),
        "traceback": SECRET,
        "args": f"({SECRET!r},)",
        "kwargs": "{}",
        "description": "raised unexpected",
        "internal": False,
    }
    for form in (celery.app.trace.LOG_FAILURE, celery.app.trace.LOG_INTERNAL_ERROR):
        log.error(form.strip(), context)
    assert "DOE" not in out.getvalue()
    assert "sonoloop.job" in out.getvalue()


def test_a_warning_of_a_library_says_where_and_not_what(written: Written) -> None:
    log, out = written
    message = warnings.formatwarning(f"invalid value {SECRET}", UserWarning, "/lib/x.py", 7)
    record = logging.LogRecord("py.warnings", logging.WARNING, "", 0, "%s", (message,), None)
    log.handle(record)
    assert "/lib/x.py:7: UserWarning" in out.getvalue()
    assert "DOE" not in out.getvalue()


def test_a_record_that_cannot_be_formatted_tells_no_value() -> None:
    record = logging.LogRecord("x", logging.INFO, "app/x.py", 7, "%d images", (SECRET,), None)
    line = SafeFormatter().format(record)
    assert "cannot be formatted, from app/x.py:7" in line
    assert "DOE" not in line


def test_the_terminal_obeys_nothing_that_a_child_writes(tmp_path: Path) -> None:
    shown: list[str] = []
    log = ChildLog(tmp_path, "worker", shown.append)
    log.write(b"WARNING \x1b]0;title\x07\x1b[31mlibtiff: \xc2\x9b2J\r\n")
    log.close()
    assert shown == list(log.tail)
    assert all(line.isprintable() for line in shown)


def test_the_last_error_stays_among_the_last_words(tmp_path: Path) -> None:
    """However much a library logs after it."""
    log = ChildLog(tmp_path, "api", lambda _line: None)
    log.write(b"2026-11-28 12:00:00,000 ERROR uvicorn.error ValueError: no such scheme\n")
    for number in range(20):
        log.write(b"closing %d\n" % number)
    log.close()
    assert "no such scheme" in log.last_words[0]
    assert log.last_words[-1] == "closing 19"
    assert len(log.last_words) == TAIL_LINES + 1
