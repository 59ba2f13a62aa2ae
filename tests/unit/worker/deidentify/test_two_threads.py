"""Pieces of a picture on two threads: each is processed once, in order, also if one fails."""

import threading

import pytest

from worker.deidentify.two_threads import on_two_threads


@pytest.mark.parametrize("count", [0, 1, 2, 7, 40])
def test_each_piece_is_worked_on_once_and_results_keep_their_order(count: int) -> None:
    done: list[int] = []

    def work(piece: int) -> int:
        done.append(piece)
        return piece * piece

    pieces = list(range(count))
    assert on_two_threads(work, pieces, lambda piece: piece % 5) == [one * one for one in pieces]
    assert sorted(done) == pieces


def test_two_pieces_are_worked_on_at_the_same_time() -> None:
    both = threading.Barrier(2, timeout=60)
    assert on_two_threads(lambda piece: (both.wait(), piece)[1], ["a", "b"], len) == ["a", "b"]


def test_a_caller_does_all_where_the_other_thread_is_busy_with_another_picture() -> None:
    begun, go_on = threading.Event(), threading.Event()

    def hold(_: int) -> None:
        if threading.current_thread() is holder:
            assert begun.wait(60)
            return
        begun.set()
        assert go_on.wait(60)

    holder = threading.Thread(target=lambda: on_two_threads(hold, [1, 2], float))
    holder.start()
    try:
        assert begun.wait(60)
        where = on_two_threads(lambda _: threading.get_ident(), list(range(9)), float)
        assert set(where) == {threading.get_ident()}
    finally:
        go_on.set()
        holder.join(60)


def test_what_a_piece_raises_reaches_the_caller() -> None:
    def work(piece: int) -> int:
        if piece == 3:
            raise ValueError("three")
        return piece

    with pytest.raises(ValueError, match="three"):
        on_two_threads(work, list(range(6)), float)
