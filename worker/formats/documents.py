"""JSON and text that other tools wrote, read in bounds of memory and time."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Collection, Iterator
from typing import Any

from worker.formats.source import LabelError, Tree, clean_name

JSON_LIMIT = 256 * 1024 * 1024
"""Bytes of one JSON file of annotations."""
ENTRY_LIMIT = 8 * 1024 * 1024
"""Bytes of one entry of a list. Its values take some ten times as much memory."""
DEEPEST = 64
"""Levels of brackets. Labels have some ten."""
MOST_VALUES = 2_000_000
"""Values in a JSON that is read as a whole; they take about 100 bytes each."""
TEXT_LIMIT = 16 * 1024 * 1024
NOT_JSON = "This is no JSON; export it from its tool again."
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
# Groups are not possessive: Python before 3.11.5, as in Debian 12, matches those with alternatives
# wrongly (CPython issue 106052). Only a missing quote can fail after them, so they take time by the
# length of a piece all the same.
_REST_OF_STRING = re.compile(rb'(?:[^"\\]++|\\.)*', re.DOTALL)
_NO_BRACKET = re.compile(rb'(?:[^"\[\]{}]++|"(?:[^"\\]++|\\.)*"|\[[^"\[\]{}]*+\])+', re.DOTALL)
"""Text, with strings and lists of numbers, up to the next bracket: what need not be cut within an
entry."""
_NUMBER = re.compile(r"[0-9]{1,3}")
"""`str.isdigit` is true of "²" too, and `int` refuses it, as it does 5,000 digits."""
_CLOSES = {b"[": b"]", b"{": b"}"}
_KEY_LIMIT = 200
_GAPS = b" \t\r\n,"
_TOO_DEEP = "The JSON is nested too deeply to be labels."


def encoding_of(start: bytes) -> tuple[str, int]:
    """The encoding that a text's first bytes tell, and the length of its mark.

    Without a mark, JSON and tables begin with an ASCII character (RFC 4627 section 3), whose zero
    byte tells UTF-16.
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
    """A text in UTF-8 or UTF-16, with or without a mark.

    Raises:
        LabelError: it is in another encoding, damaged or too large.
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
    """A text in pieces, as UTF-8 without a mark.

    Args:
        errors: what to do with bytes of another encoding, as `bytes.decode` has it.

    Raises:
        LabelError: it is in no such encoding, damaged or too large.
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
    """The value in a JSON file.

    Raises:
        LabelError: it is no JSON, or too much.
    """
    data = b"".join(utf8_pieces(tree, name))
    if sum(data.count(mark) for mark in (b",", b"[", b"{")) > MOST_VALUES:
        raise LabelError("too-large", _TOO_MUCH)
    return _value(data)


def _value(data: bytes) -> Any:
    """NaN and infinity, which Python's own tools write, are taken; deeper checks refuse them."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        raise LabelError("not-json", NOT_JSON) from None


def count_in(tree: Tree, name: str, word: bytes) -> int:
    """Occurrences of a word in a text, but for those that a piece of it cuts.

    Raises:
        LabelError: it is damaged or too large.
    """
    return sum(piece.count(word) for piece in utf8_pieces(tree, name, errors="replace"))


def top_keys(tree: Tree, name: str, *enough: Collection[str]) -> set[str]:
    """Keys of the object in a JSON file; none where it is no object.

    They tell the format of a file in any encoding, so that its reader can say what is wrong.

    Args:
        enough: reading ends where all of one of these are found.

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
    """The entries of these lists of the object in a JSON file, one by one: key and value.

    The file may be larger than memory, and its lists in any order.

    Raises:
        LabelError: it is no JSON object, damaged or too much, one of the lists is none, or an entry
            is no object or list.
    """
    for key, value in _walk(tree, name, lists):
        if value is not None:
            yield key, _value(value)


def _walk(
    tree: Tree, name: str, lists: Collection[str], errors: str = "strict"
) -> Iterator[tuple[str, bytes | None]]:
    """Keys of the outermost object, each with None, and the bytes of entries of `lists`.

    A parser that hands over whole paths, such as ijson, takes memory by the square of the depth,
    and none that reads in pieces takes NaN. This one finds strings and brackets alone; each entry
    is then parsed by `json`.
    """
    open_: list[bytes] = []  # what will close each bracket
    key, string = "", b""
    entry = bytearray()
    started = due = False  # due: a list has to follow
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
    """The bytes as they are, cut into `mark` (a bracket), `string` (the start of one, or all of
    it), `more` (of a string that a piece cut) and `rest`, which has the strings within entries."""
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
    """Names by the lesion's number, as `samples.csv` of an export has them: `{"1": "cyst"}`.

    What is none is left out.
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
