"""A few hundred damaged files of every format; `python -m bench.fuzz` sends thousands."""

from bench.fuzz import run


def test_damaged_files_are_decoded_or_refused_and_cost_no_process_of_ours() -> None:
    found = run(300, seed=7, seconds=120)
    assert found.sound, found
    assert found.count >= 100, "the machine is too busy to say anything"
    assert found.decoded
    assert len(found.refused) > 5
