"""Log records: one line each, with untrusted text escaped.

This module guards against two faults, for every logger of a process, ours and the libraries'. A
text with a line break or an escape sequence could forge log lines. And the message of an exception
often holds the value that it failed on: a parameter of SQL, an element of a DICOM file, a password.
So control characters are escaped, and an exception is logged with its type and where it was raised,
and with its message only if that cannot hold such a value.
"""

import logging
import re
import sys
import threading
import traceback
from types import TracebackType
from typing import Any

FORMAT = "%(asctime)s %(levelname)s %(name)s %(message)s"
LONGEST = 2000
"""Longest message in characters. A longer one came from outside and loses its middle, because a
traceback that a library passes as text names the error at its end."""
BEGINNING = 500
"""Characters kept from the beginning of a message that is too long."""

# C0 and C1 controls, line and paragraph separators, marks that change the direction of writing, and
# lone surrogates, which cannot be encoded.
_CONTROL = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
_WARNING_PLACE = re.compile(r"^.{0,400}?:\d+: \w+")
_TOLD = (AttributeError, NameError, ImportError, NotImplementedError, RecursionError, MemoryError)
"""Their messages name parts of the program, not values."""


def escape(text: str) -> str:
    r"""Return the text on one line, with control characters written as ``\x1b`` or ``\u2028``."""
    return _CONTROL.sub(_escaped, text)


def shortened(text: str) -> str:
    """Return the text, or its beginning and end if it is longer than :data:`LONGEST`."""
    if len(text) <= LONGEST:
        return text
    gap = " […] "
    return text[:BEGINNING] + gap + text[BEGINNING + len(gap) - LONGEST :]


def _escaped(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def summary(error: BaseException) -> str:
    """Return an exception's type, and its message if that holds no value of a user or a file."""
    name = type(error).__qualname__
    if isinstance(error, OSError):
        # Not the file's name. Subclasses may be raised with only a text.
        return f"{name}: {error.strerror}" if isinstance(error.errno, int) else name
    if _is_of_a_connection(error):
        # The state of the server or the connection; other errors of a database quote the row.
        lines = str(error.orig).splitlines()  # type: ignore[attr-defined]
        return f"{name}: {lines[0]}" if lines else name
    return f"{name}: {error}" if isinstance(error, _TOLD) else name


def _is_of_a_connection(error: BaseException) -> bool:
    errors = sys.modules.get("sqlalchemy.exc")  # if it was not imported, nothing raises its errors
    return errors is not None and isinstance(error, errors.OperationalError | errors.InterfaceError)


def describe(error: BaseException) -> list[str]:
    """Return lines that say where an exception and its causes were raised, without their values."""
    lines: list[str] = []
    seen: set[int] = set()

    def walk(one: BaseException, depth: int) -> None:
        if id(one) in seen or depth > 20:
            return
        seen.add(id(one))
        before = one.__cause__ or (None if one.__suppress_context__ else one.__context__)
        if before is not None:
            walk(before, depth + 1)
            lines.append("  which led to:")
        for entry in traceback.extract_tb(one.__traceback__):
            lines.append(f"  {entry.filename}:{entry.lineno} in {entry.name}")
        lines.append(f"  {shortened(escape(summary(one)))}")
        for part in getattr(one, "exceptions", ()):
            lines.append("  of which one is:")
            walk(part, depth + 1)

    walk(error, 0)
    return lines


class SafeFormatter(logging.Formatter):
    """Formats records according to :data:`FORMAT` and the rules of this module."""

    def __init__(self) -> None:
        super().__init__(FORMAT)

    def format(self, record: logging.LogRecord) -> str:
        """Return one line, followed by indented ones if there is an exception."""
        record.message = shortened(escape(_message(record)))
        record.asctime = self.formatTime(record)
        lines = [self.formatMessage(record)]
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            lines += describe(error)
        return "\n".join(lines)


def _message(record: logging.LogRecord) -> str:
    args: Any = record.args
    if isinstance(args, dict):
        # Celery passes the exception's text, the traceback and the task's arguments as text.
        hidden = {"exc", "traceback", "args", "kwargs", "return_value"}
        args = {
            key: "…" if key in hidden else _without_details(value) for key, value in args.items()
        }
    elif isinstance(args, tuple):
        args = tuple(_without_details(value) for value in args)
    try:
        text = str(_without_details(record.msg))
        text = text % args if args else text
    except Exception:
        text = f"a message that cannot be formatted, from {record.pathname}:{record.lineno}"
    if record.name == "py.warnings":
        place = _WARNING_PLACE.match(text.lstrip())
        return place[0] if place else "a warning"
    return text


def _without_details(value: Any) -> Any:
    return summary(value) if isinstance(value, BaseException) else value


def handler() -> logging.Handler:
    """Return a handler that writes to standard error."""
    made = logging.StreamHandler()
    made.setFormatter(SafeFormatter())
    return made


def configure(level: str) -> None:
    """Set up logging for this process, unless that was done before.

    Args:
        level: name of the lowest level to log, in upper or lower case.
    """
    logging.raiseExceptions = False  # else an unwritable record is printed with its values
    logging.basicConfig(level=level.upper(), handlers=[handler()])
    logging.captureWarnings(True)


def catch_uncaught() -> None:
    """Log uncaught exceptions of every thread; call it at the start of a process."""
    log = logging.getLogger("sonoloop.uncaught")

    def uncaught(
        kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
        else:
            log.critical("not caught", exc_info=(kind, error, trace))

    def uncaught_in_thread(found: threading.ExceptHookArgs) -> None:
        if found.exc_value is not None:
            log.error("not caught in a thread", exc_info=found.exc_value)

    def uncaught_at_exit(found: "sys.UnraisableHookArgs") -> None:
        if found.exc_value is not None:
            log.error("not caught where nobody could", exc_info=found.exc_value)

    sys.excepthook = uncaught
    threading.excepthook = uncaught_in_thread
    sys.unraisablehook = uncaught_at_exit
