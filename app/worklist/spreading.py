"""An order in which similar images do not follow each other.

Images of one patient are similar, and the model is about equally unsure of them: sorted by
uncertainty alone they stand side by side, and a reader draws the same lesion again and again while
the pool gains little.
"""

from collections.abc import Callable, Hashable, Sequence
from typing import TypeVar

T = TypeVar("T")

IN_A_ROW = 2
"""The most images of one group that may follow each other."""


def spread(items: Sequence[T], group: Callable[[T], Hashable]) -> list[T]:
    """Return the items in their order, except that after two in a row of one group, the next item
    of another group comes first. If only that group is left, its order stays.

    Args:
        items: best first.
        group: returns the same value for similar items.
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
