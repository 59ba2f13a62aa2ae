"""An order in which images that are alike do not follow each other.

Images of one patient are alike, and the model is as unsure of one as of the other: by uncertainty
alone they stand side by side, and a reader draws the same lesion again and again while the pool
learns little new.
"""

from collections.abc import Callable, Hashable, Sequence
from typing import TypeVar

T = TypeVar("T")

IN_A_ROW = 2
"""So many of one group may follow each other."""


def spread(items: Sequence[T], group: Callable[[T], Hashable]) -> list[T]:
    """The items in their order, but for those of a group that already stands twice in a row: the
    next of another group comes before them. Where only that group is left, it stays as it is.

    Args:
        items: best first.
        group: what is alike has the same.
    """
    left, order = list(items), list[T]()
    while left:
        last = [group(one) for one in order[-IN_A_ROW:]]
        full = len(last) == IN_A_ROW and len(set(last)) == 1
        at = 0
        if full:
            at = next((n for n, one in enumerate(left) if group(one) != last[0]), 0)
        order.append(left.pop(at))
    return order
