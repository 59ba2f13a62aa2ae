"""Log records: one line each, with untrusted text escaped.

Two faults are met here, once for every logger of a process, ours and the libraries'. A text that
holds a line break or an escape sequence would write lines of its own. And the message of an
exception often holds what it failed on: a parameter of SQL, an element of a DICOM file, a password.
So control characters are escaped, and of an exception the log says its type, where it was raised,
and its message only where that cannot hold such a value.
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
"""Characters of a message; what is longer came from outside and loses its middle: a traceback that
a library hands over as text says at its end what went wrong."""
BEGINNING = 500
"""Characters that stay of the beginning of a message that is too long."""

# C0 and C1 controls, line and paragraph separators, marks that turn the direction of writing,
# and lone surrogates, which no file takes.
_CONTROL = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
_WARNING_PLACE = re.compile(r"^.{0,400}?:\d+: \w+")
_TOLD = (AttributeError, NameError, ImportError, NotImplementedError, RecursionError, MemoryError)
"""Their messages name parts of programs, not values."""


def escape(text: str) -> str:
    r"""The text on one line, control characters written as ``\x1b`` or ``\u2028``."""
    return _CONTROL.sub(_escaped, text)


def shortened(text: str) -> str:
    """The text, or its beginning and its end where it is longer than :data:`LONGEST`."""
    if len(text) <= LONGEST:
        return text
    gap = " […] "
    return text[:BEGINNING] + gap + text[BEGINNING + len(gap) - LONGEST :]


def _escaped(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def summary(error: BaseException) -> str:
    """An exception's type, and its message where that cannot hold a value of a user or a file."""
    name = type(error).__qualname__
    if isinstance(error, OSError):
        # Not the file's name. Sub-classes may be raised with a text alone.
        return f"{name}: {error.strerror}" if isinstance(error.errno, int) else name
    if _is_of_a_connection(error):
        # The server's state or the connection's; other errors of a database quote the row.
        lines = str(error.orig).splitlines()  # type: ignore[attr-defined]
        return f"{name}: {lines[0]}" if lines else name
    return f"{name}: {error}" if isinstance(error, _TOLD) else name


def _is_of_a_connection(error: BaseException) -> bool:
    errors = sys.modules.get("sqlalchemy.exc")  # where it was not imported, nothing raises its own
    return errors is not None and isinstance(error, errors.OperationalError | errors.InterfaceError)


def describe(error: BaseException) -> list[str]:
    """Lines that say where an exception and those before it were raised, without their values."""
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
    """Formats records as :data:`FORMAT` says, by the rules of this module."""

    def __init__(self) -> None:
        super().__init__(FORMAT)

    def format(self, record: logging.LogRecord) -> str:
        """One line, and indented ones below it where there is an exception."""
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
        # Celery hands the exception's text, the traceback and the task's arguments over as text.
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
    """A handler that writes to standard error."""
    made = logging.StreamHandler()
    made.setFormatter(SafeFormatter())
    return made


def configure(level: str) -> None:
    """Set up logging for this process, unless that was done before.

    Args:
        level: name of the least level, in any case.
    """
    logging.raiseExceptions = False  # else a record that cannot be written is printed with values
    logging.basicConfig(level=level.upper(), handlers=[handler()])
    logging.captureWarnings(True)


def catch_uncaught() -> None:
    """Log what no code catches, in the main thread or another; for the start of a process."""
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
