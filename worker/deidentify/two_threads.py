"""Processing of a picture's pieces on two threads: each text network runs on one.

Each piece is still one network run on one thread, so the answer is byte for byte the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

_Piece = TypeVar("_Piece")
_Result = TypeVar("_Result")

_other = ThreadPoolExecutor(1, thread_name_prefix="text")


def on_two_threads(
    work: Callable[[_Piece], _Result], pieces: Sequence[_Piece], cost: Callable[[_Piece], float]
) -> list[_Result]:
    """Return the results of the work on each piece, in the order of the pieces.

    This thread starts from the most expensive piece, the other from the cheapest, until they meet.
    If the other thread is busy with another picture, this one does all of them.

    Args:
        work: may be called from both threads at once.
        pieces: pieces of one picture.
        cost: cost of a piece, in any unit.
    """
    order = sorted(range(len(pieces)), key=lambda number: -cost(pieces[number]))
    results: dict[int, _Result] = {}
    if len(order) < 2:
        return [work(piece) for piece in pieces]
    waiting = list(order)

    def help_out() -> None:
        while True:
            try:
                number = waiting.pop()
            except IndexError:
                return
            results[number] = work(pieces[number])

    helped = _other.submit(help_out)
    try:
        while True:
            try:
                number = waiting.pop(0)
            except IndexError:
                break
            results[number] = work(pieces[number])
    finally:
        waiting.clear()
        if not helped.cancel():
            helped.result()
    return [results[number] for number in range(len(pieces))]
