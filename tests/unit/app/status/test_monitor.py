"""Status requests never become a load and never wait longer than their limit."""

import threading
import time

from app.status.checks import Check
from app.status.monitor import MAX_AGE_SECONDS, Monitor
from tests.processes import wait_until


def passed(name: str = "x") -> Check:
    return Check(name, True, "fine")


def test_checks_run_side_by_side() -> None:
    meeting = threading.Barrier(3, timeout=60)

    def waits_for_the_others() -> Check:
        meeting.wait()
        return passed()

    monitor = Monitor(dict.fromkeys("abc", waits_for_the_others), limit_seconds=60)
    assert [(check.name, check.ok) for check in monitor.report()] == [
        ("a", True),
        ("b", True),
        ("c", True),
    ]


def test_a_check_that_hangs_is_reported_in_time_and_not_started_again() -> None:
    release, runs = threading.Event(), []

    def hangs() -> Check:
        runs.append(1)
        release.wait(120)
        return passed()

    monitor = Monitor({"quick": passed, "slow": hangs}, limit_seconds=1)
    for _ in range(2):
        quick, slow = monitor.report()
        assert (quick.ok, slow.ok) == (True, False)
        assert slow.fix
    assert len(runs) == 1
    release.set()
    wait_until(lambda: all(check.ok for check in monitor.report()))


def test_many_askers_cause_one_run() -> None:
    runs = []

    def counts() -> Check:
        runs.append(1)
        time.sleep(0.05)
        return passed()

    monitor = Monitor({"x": counts})
    askers = [threading.Thread(target=monitor.report) for _ in range(20)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()
    assert len(runs) == 1


def test_an_outcome_grows_old() -> None:
    outcomes = iter([Check("x", False, "broken"), passed()])
    monitor = Monitor({"x": lambda: next(outcomes)})
    assert monitor.report()[0].ok is False
    assert monitor.report()[0].ok is False
    time.sleep(MAX_AGE_SECONDS + 0.05)
    assert monitor.report()[0].ok is True


def test_a_check_that_raises_does_not_take_others_down() -> None:
    def breaks() -> Check:
        raise ValueError("secret detail")

    broken, fine = Monitor({"broken": breaks, "fine": passed}).report()
    assert (broken.ok, fine.ok) == (False, True)
    assert "secret" not in broken.detail
    assert "secret" in (broken.reason or "")
