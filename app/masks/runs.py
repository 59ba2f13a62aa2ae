"""Masks on the wire: row-major run-length code, ``[label, length, label, length, …]``.

The code is canonical: adjacent runs differ and every run has a length, so equal masks have equal
codes. It is checked here without numpy: the api never decodes pixels.
"""

RUNS_LIMIT = 2_000_000
"""The most numbers that one code may have. A frame with a lesion has a few thousand."""


def check_runs(runs: list[int], width: int, height: int, labels: int = 254) -> None:
    """Refuse a sequence that is not the run-length code of a label map.

    Args:
        runs: labels and lengths in turn, row by row; 0 is background.
        width: columns of the frame, px.
        height: rows of the frame, px.
        labels: the highest label.

    Raises:
        ValueError: with one sentence that says what is wrong.
    """
    if width < 1 or height < 1:
        raise ValueError(f"A frame has at least one pixel; {width} × {height} has none.")
    if len(runs) > RUNS_LIMIT:
        raise ValueError(
            f"The runs have {len(runs):,} numbers and at most {RUNS_LIMIT:,} are taken; "
            "smooth the mask first."
        )
    if len(runs) % 2:
        raise ValueError("Runs are pairs of a label and a length; the last length is missing.")
    total, before = 0, -1
    for at in range(0, len(runs), 2):
        label, length = runs[at], runs[at + 1]
        if not 0 <= label <= labels:
            raise ValueError(f"Run {at // 2} has the label {label}; labels are 0 to {labels}.")
        if length < 1:
            raise ValueError(f"Run {at // 2} has the length {length}; a run has at least 1 pixel.")
        if label == before:
            raise ValueError(f"Runs {at // 2 - 1} and {at // 2} have the same label; join them.")
        total, before = total + length, label
    if total != width * height:
        raise ValueError(
            f"The runs have {total:,} pixels and the frame has {width} × {height} = "
            f"{width * height:,}; send the code of the whole frame."
        )
