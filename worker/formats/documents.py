"""Reading JSON and text from other tools in bounded memory and time."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Collection, Iterator
from typing import Any

from worker.formats.source import LabelError, Tree, clean_name

JSON_LIMIT = 256 * 1024 * 1024
"""Most bytes of one JSON file of annotations."""
ENTRY_LIMIT = 8 * 1024 * 1024
"""Most bytes of one entry of a list. Its values take about ten times as much memory."""
DEEPEST = 64
"""Most levels of brackets. Labels have about ten."""
MOST_VALUES = 2_000_000
"""Most values in a JSON that is read as a whole; they take about 100 bytes each."""
TEXT_LIMIT = 16 * 1024 * 1024
NOT_JSON = "This is not JSON; export it from its tool again."
_NOT_UTF8 = "The text is not in UTF-8; save it so."
_TOO_MUCH = "The file has too many values, or one that is too long; export it in parts."
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_TOKEN = re.compile(rb'["\[\]{}]')
# Groups are not possessive: Python before 3.11.5, as in Debian 12, matches possessive groups with
# alternatives wrongly (CPython issue 106052). Only a missing quote can fail after them, so their
# time is still proportional to the length of a piece.
_REST_OF_STRING = re.compile(rb'(?:[^"\\]++|\\.)*', re.DOTALL)
_NO_BRACKET = re.compile(rb'(?:[^"\[\]{}]++|"(?:[^"\\]++|\\.)*"|\[[^"\[\]{}]*+\])+', re.DOTALL)
"""Text, with strings and lists of numbers, up to the next bracket: it need not be split within an
entry.
"""
_NUMBER = re.compile(r"[0-9]{1,3}")
"""`str.isdigit` is also true for "²", but `int` refuses that, and also 5,000 digits."""
_CLOSES = {b"[": b"]", b"{": b"}"}
_KEY_LIMIT = 200
_GAPS = b" \t\r\n,"
_TOO_DEEP = "The JSON is nested too deeply to be labels."


def encoding_of(start: bytes) -> tuple[str, int]:
    """Return the encoding indicated by a text's first bytes, and the length of its byte order mark.

    Without a mark, JSON and tables start with an ASCII character (RFC 4627 section 3), whose zero
    byte indicates UTF-16.
    """
    for mark, encoding in _MARKS:
        if start.startswith(mark):
            return encoding, len(mark)
    if len(start) >= 2 and start[0] == 0 and start[1]:
        return "utf-16-be", 0
    if len(start) >= 2 and start[0] and start[1] == 0:
        return "utf-16-le", 0
    return "utf-8", 0


def read_text(tree: Tree, name: str, limit: int = TEXT_LIMIT) -> str:
    """Read a text in UTF-8 or UTF-16, with or without a mark.

    Raises:
        LabelError: it has another encoding, is damaged or too large.
    """
    data = tree.read(name, limit)
    encoding, mark = encoding_of(data[:4])
    try:
        return data[mark:].decode(encoding)
    except UnicodeDecodeError:
        raise LabelError("not-utf8", _NOT_UTF8) from None


def utf8_pieces(
    tree: Tree, name: str, limit: int = JSON_LIMIT, *, errors: str = "strict"
) -> Iterator[bytes]:
    """Yield a text in pieces, as UTF-8 without a mark.

    Args:
        errors: what to do with bytes of another encoding, as in `bytes.decode`.

    Raises:
        LabelError: it has another encoding, is damaged or too large.
    """
    pieces = tree.pieces(name, limit)
    first = b""
    while len(first) < 4 and (piece := next(pieces, None)) is not None:
        first += piece
    encoding, mark = encoding_of(first[:4])
    decoder = codecs.getincrementaldecoder(encoding)(errors)
    try:
        yield decoder.decode(first[mark:]).encode()
        for piece in pieces:
            yield decoder.decode(piece).encode()
        yield decoder.decode(b"", final=True).encode()
    except UnicodeError:
        raise LabelError("not-utf8", _NOT_UTF8) from None


def read_json(tree: Tree, name: str) -> Any:
    """Return the value in a JSON file.

    Raises:
        LabelError: it is not JSON, or too large.
    """
    data = b"".join(utf8_pieces(tree, name))
    if sum(data.count(mark) for mark in (b",", b"[", b"{")) > MOST_VALUES:
        raise LabelError("too-large", _TOO_MUCH)
    return _value(data)


def _value(data: bytes) -> Any:
    """Accepts NaN and infinity, which Python's own tools write; later checks refuse them."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        raise LabelError("not-json", NOT_JSON) from None


def count_in(tree: Tree, name: str, word: bytes) -> int:
    """Count a word in a text, except where it is split between pieces.

    Raises:
        LabelError: it is damaged or too large.
    """
    return sum(piece.count(word) for piece in utf8_pieces(tree, name, errors="replace"))


def top_keys(tree: Tree, name: str, *enough: Collection[str]) -> set[str]:
    """Return the keys of the object in a JSON file; empty if it is not an object.

    They show the format of a file in any encoding, so that its reader can report what is wrong.

    Args:
        enough: reading stops when all keys of one of these are found.

    Raises:
        LabelError: the file is damaged or too large.
    """
    found: set[str] = set()
    try:
        for key, value in _walk(tree, name, (), errors="replace"):
            if value is None:
                found.add(key)
            if any(found.issuperset(keys) for keys in enough):
                break
    except LabelError as error:
        if error.code not in ("not-json", "too-deep"):
            raise
    return found


def entries(tree: Tree, name: str, lists: Collection[str]) -> Iterator[tuple[str, Any]]:
    """Yield the entries of these lists of the object in a JSON file one by one: key and value.

    The file may be larger than memory, and its lists may be in any order.

    Raises:
        LabelError: it is not a JSON object, is damaged or too large, one of the lists is not a
            list, or an entry is neither an object nor a list.
    """
    for key, value in _walk(tree, name, lists):
        if value is not None:
            yield key, _value(value)


def _walk(
    tree: Tree, name: str, lists: Collection[str], errors: str = "strict"
) -> Iterator[tuple[str, bytes | None]]:
    """Yield keys of the outermost object, each with None, and the bytes of entries of `lists`.

    A parser that reports whole paths, such as ijson, uses memory that grows with the square of the
    depth, and no incremental parser accepts NaN. This one only finds strings and brackets; `json`
    then parses each entry.
    """
    open_: list[bytes] = []  # the closing bracket of each open one
    key, string = "", b""
    entry = bytearray()
    started = due = False  # due: a list must follow
    for kind, data in _tokens(utf8_pieces(tree, name, errors=errors)):
        depth = len(open_)
        if due and (kind != "rest" or data.strip(_GAPS)):
            if (kind, data) != ("mark", b"["):
                raise LabelError("not-coco", f"“{key}” is no list.")
            due = False
        wanted = depth > 1 and open_[1] == b"]" and key in lists
        if depth > 2 and wanted:
            entry += data
            if len(entry) > ENTRY_LIMIT:
                raise LabelError("too-large", _TOO_MUCH)
        elif depth == 2 and wanted and kind != "mark" and data.strip(_GAPS):
            raise LabelError("bad-entry", "An entry of a list is a word or a number.")
        if depth == 0 and kind != "mark" and data.strip():
            raise LabelError("not-json", NOT_JSON)
        if kind == "mark" and data in _CLOSES:
            if (not depth and (started or data != b"{")) or depth >= DEEPEST:
                code = "too-deep" if depth else "not-json"
                raise LabelError(code, _TOO_DEEP if depth else NOT_JSON)
            started = True
            open_.append(_CLOSES[data])
            if depth == 2 and wanted:
                entry = bytearray(data)
        elif kind == "mark":
            if not open_ or open_.pop() != data:
                raise LabelError("not-json", NOT_JSON)
            if depth == 3 and wanted:
                yield key, bytes(entry)
        elif depth == 1 and kind == "string":
            string = data[:_KEY_LIMIT]
        elif depth == 1 and kind == "more":
            string += data[: _KEY_LIMIT - len(string)]
        elif depth == 1 and data.lstrip().startswith(b":"):
            key = _key(string)
            due = key in lists
            if due and data.lstrip()[1:].strip(_GAPS):
                raise LabelError("not-coco", f"“{key}” is no list.")
            yield key, None
    if open_ or not started:
        raise LabelError("not-json", NOT_JSON)


def _key(string: bytes) -> str:
    try:
        return str(json.loads(string))
    except ValueError:
        return string.decode("utf-8", "replace")


def _tokens(pieces: Iterator[bytes]) -> Iterator[tuple[str, bytes]]:
    """Split the bytes into tokens.

    They are `mark` (a bracket), `string` (the start of one, or all of it), `more` (the continuation
    of a string that a piece split) and `rest`, which includes strings within entries.
    """
    inside, pending, depth = False, b"", 0
    for piece in pieces:
        data, at = pending + piece, 0
        pending = b""
        while at < len(data):
            kind, start = "more", at
            if depth > 2 and not inside and (hit := _NO_BRACKET.match(data, at)):
                yield "rest", data[at : hit.end()]
                start = at = hit.end()
                if at == len(data):
                    break
            if not inside:
                hit = _TOKEN.search(data, at)
                start = hit.start() if hit else len(data)
                if start > at:
                    yield "rest", data[at:start]
                if hit is None:
                    break
                if data[start : start + 1] != b'"':
                    mark, at = data[start : start + 1], start + 1
                    depth += 1 if mark in _CLOSES else -1
                    yield "mark", mark
                    continue
                kind, at = "string", start + 1
            hit = _REST_OF_STRING.match(data, at)
            at = hit.end() if hit else at
            inside = data[at : at + 1] != b'"'
            if inside:
                pending, at = data[at:], len(data) - len(data[at:])  # a backslash, or nothing
                yield kind, data[start:at]
                break
            at += 1
            yield kind, data[start:at]
    if inside or pending:
        raise LabelError("not-json", NOT_JSON)


def names_by_number(text: str | None) -> dict[int, str]:
    """Names by lesion number, as in the `samples.csv` of an export: `{"1": "cyst"}`.

    Invalid ones are left out.
    """
    try:
        found = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return {}
    if not isinstance(found, dict):
        return {}
    return {
        int(number): cleaned
        for number, value in found.items()
        if _NUMBER.fullmatch(number) and (cleaned := clean_name(value))
    }
