"""A slow reader gets everything; one that reads nothing, or next to nothing, is late."""

from app.serve.reading import ReadProgress

SECONDS, RATE, KERNEL = 60.0, 1024, 4_000_000


def late_at(bytes_per_second: int, size: int, most: int = 10_000) -> int | None:
    """Return the second at which a reader at this rate is late, or None if it reads everything."""
    progress = ReadProgress(0.0)
    progress.look(0, 0, 0.0)
    progress.written = size
    for now in range(most):
        left = max(0, size - bytes_per_second * now)
        progress.look(max(0, left - KERNEL), min(left, KERNEL), float(now))
        if progress.is_late(float(now), SECONDS, RATE):
            return now
    return None


def test_who_reads_nothing_is_late_after_the_time() -> None:
    assert late_at(0, 20_000_000) == SECONDS + 1


def test_who_reads_slowly_gets_all() -> None:
    """Also while the reader only drains the system's buffer, so that nothing leaves the process."""
    assert late_at(2 * RATE, 20_000_000, most=20_000) is None


def test_a_few_bytes_now_and_then_are_not_enough() -> None:
    assert late_at(16, 20_000_000) is not None


def test_a_connection_that_waited_long_has_its_time_from_its_next_answer_on() -> None:
    progress = ReadProgress(0.0)
    progress.look(0, 0, 500.0)
    progress.written = 20_000_000
    progress.look(16_000_000, 4_000_000, 501.0)
    assert not progress.is_late(559.0, SECONDS, RATE)
    assert progress.is_late(561.0, SECONDS, RATE)
