"""Refine, box and click over HTTP, with a real API, broker and worker."""

from typing import Any

import httpx
import numpy as np
import pytest

from app.masks.runs import check_runs
from models.evaluation.metrics import dice
from tests.behaviour.interactive.conftest import HEIGHT, WIDTH, Drawing
from tests.synthetic import png_bytes, ultrasound
from worker.interactive import decode_runs, encode_runs
from worker.pipeline import Region

EMPTY = [0, HEIGHT * WIDTH]


def scribbled(rows: slice, columns: slice, label: int) -> list[int]:
    """Return the run-length code of one rectangular scribble."""
    scribbles = np.zeros((HEIGHT, WIDTH), np.uint8)
    scribbles[rows, columns] = label
    return encode_runs(scribbles)


def question(mask: list[int], scribbles: list[int], **changes: Any) -> dict[str, Any]:
    return {"width": WIDTH, "height": HEIGHT, "mask": mask, "scribbles": scribbles, **changes}


def bounds(lesion: np.ndarray, margin: int = 3) -> dict[str, int]:
    """Return a box around a mask."""
    rows, columns = np.flatnonzero(lesion.any(axis=1)), np.flatnonzero(lesion.any(axis=0))
    top, left = int(rows[0]) - margin, int(columns[0]) - margin
    height, width = int(rows[-1]) + 1 + margin - top, int(columns[-1]) + 1 + margin - left
    return {"top": top, "left": left, "height": height, "width": width}


def test_a_scribble_brings_back_what_the_mask_lacks(drawing: Drawing) -> None:
    lesion = drawing.lesion
    columns = np.flatnonzero(lesion.any(axis=0))
    half = lesion.copy()
    half[:, : int(np.median(columns))] = False
    lost = lesion & ~half
    row = int(np.median(np.nonzero(lost)[0]))
    column = int(np.median(np.nonzero(lost)[1]))
    scribbles = scribbled(slice(row - 2, row + 3), slice(column - 4, column + 5), 1)
    answer = drawing.ask("refine", question(encode_runs(half), scribbles))
    assert answer.status_code == 200, answer.text
    body = answer.json()
    check_runs(body["runs"], WIDTH, HEIGHT, 1)
    found = decode_runs(body["runs"], HEIGHT, WIDTH) > 0
    assert found[row - 2 : row + 3, column - 4 : column + 5].all()
    assert dice(found, lesion) > dice(half, lesion) + 0.05
    changed = np.zeros_like(lesion)
    changed[Region(**body["box"]).slices] = True
    assert ((found != half) <= changed).all()
    assert {"frame", "refine", "total"} <= body["timings_ms"].keys()

    again = drawing.ask("refine", question(body["runs"], scribbles)).json()
    assert again["runs"] == body["runs"]
    assert again["box"] is None


def test_a_click_and_a_stroke_outline_a_lesion_that_nobody_outlined(drawing: Drawing) -> None:
    rows, columns = np.nonzero(drawing.lesion)
    row, column = int(rows.mean()), int(columns.mean())
    point = {"row": row, "column": column}
    answer = drawing.ask("point", {"point": point})
    assert answer.status_code == 200, answer.text
    found = decode_runs(answer.json()["runs"], HEIGHT, WIDTH) > 0
    assert found[row, column]
    assert dice(found, drawing.lesion) > 0.7

    answer = drawing.ask("point", {"point": point, "mask": encode_runs(drawing.lesion)})
    assert answer.json()["runs"] == EMPTY

    stroke = scribbled(slice(row, row + 3), slice(column - 8, column + 9), 1)
    answer = drawing.ask("refine", question(EMPTY, stroke))
    found = decode_runs(answer.json()["runs"], HEIGHT, WIDTH) > 0
    assert dice(found, drawing.lesion) > 0.7


def test_a_click_outside_of_the_frame_is_refused(drawing: Drawing) -> None:
    answer = drawing.ask("point", {"point": {"row": HEIGHT, "column": 3}})
    assert answer.status_code == 422
    assert answer.json()["type"].endswith("point-outside")


def test_a_box_is_filled_beside_what_is_outlined(drawing: Drawing) -> None:
    box = bounds(drawing.lesion)
    alone = drawing.ask("box", {"box": box})
    assert alone.status_code == 200, alone.text
    found = decode_runs(alone.json()["runs"], HEIGHT, WIDTH) > 0
    assert dice(found, drawing.lesion) > 0.8
    taken = np.zeros_like(drawing.lesion)
    taken[:, : box["left"] + box["width"] // 2] = True
    beside = drawing.ask("box", {"box": box, "mask": encode_runs(taken)}).json()
    rest = decode_runs(beside["runs"], HEIGHT, WIDTH) > 0
    assert rest.any()
    assert not (rest & taken).any()


@pytest.mark.parametrize(
    ("kind", "body", "code"),
    [
        ("refine", question(EMPTY, EMPTY, width=WIDTH - 1), "wrong-size"),
        ("refine", question([0, 5], EMPTY), "broken-runs"),
        ("refine", question([2, HEIGHT * WIDTH], EMPTY), "broken-runs"),
        ("refine", question(EMPTY, [3, HEIGHT * WIDTH]), "broken-runs"),
        ("refine", question(EMPTY, EMPTY, model="no-such-model"), "unknown-model"),
        ("refine", question(EMPTY, [0, 1.5]), "invalid-request"),
        ("box", {"box": {"top": 0, "left": 0, "height": HEIGHT + 1, "width": 9}}, "box-outside"),
        ("box", {"box": {"top": -1, "left": 0, "height": 4, "width": 9}}, "invalid-request"),
        ("box", {"box": {"top": 0, "left": 0, "height": 4, "width": 9}, "mask": []}, "broken-runs"),
    ],
)
def test_a_broken_question_is_refused_with_a_reason(
    drawing: Drawing, kind: str, body: dict[str, Any], code: str
) -> None:
    answer = drawing.ask(kind, body)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


def test_the_whole_frame_as_noise_is_answered(drawing: Drawing) -> None:
    rng = np.random.default_rng(1)
    mask = encode_runs(rng.random((HEIGHT, WIDTH)) < 0.5)
    scribbles = encode_runs(rng.integers(0, 3, (HEIGHT, WIDTH), dtype=np.uint8))
    answer = drawing.ask("refine", question(mask, scribbles))
    assert answer.status_code == 200, answer.text
    found = decode_runs(answer.json()["runs"], HEIGHT, WIDTH) > 0
    labels = decode_runs(scribbles, HEIGHT, WIDTH)
    assert found[labels == 1].all()
    assert not found[labels == 2].any()


def test_a_frame_that_was_prepared_is_in_the_workers_memory(drawing: Drawing) -> None:
    frames = [ultrasound(HEIGHT, WIDTH, seed=seed, geometry="full") for seed in (31, 32)]
    with_uploads = drawing.site.start_worker("segment")
    images = []
    for frame in frames:
        sent = drawing.client.post("/segment?wait=60", content=png_bytes(frame.pixels))
        sent.raise_for_status()
        images.append(sent.json()["image_id"])
    drawing.site.kill(with_uploads)
    prepared, other = images
    answer = drawing.client.post(f"/images/{prepared}/prepare")
    assert (answer.status_code, answer.content) == (204, b"")
    drawing.ask("box", {"box": bounds(drawing.lesion)}).raise_for_status()  # it is read by now
    for file in (drawing.site.folder / "blobs").rglob("*"):
        if file.is_file() and any(image in str(file) for image in images):
            file.unlink()
    box = {"box": bounds(frames[0].mask)}
    asked = [drawing.client.post(f"/images/{image}/box", json=box) for image in (prepared, other)]
    assert [answer.status_code for answer in asked] == [200, 404]


def test_without_a_worker_the_doctor_is_told_to_go_on_by_hand(drawing: Drawing) -> None:
    """This test is the last one, because it kills the worker of this module."""
    for process in drawing.site.running[2:]:
        drawing.site.kill(process)
    _, url = drawing.site.start_api(interactive_seconds="1")  # the module's API waits longer
    answer = httpx.post(
        f"{url}/images/{drawing.image_id}/box",
        json={"box": bounds(drawing.lesion)},
        headers=drawing.client.headers,
        timeout=60,
    )
    assert (answer.status_code, answer.json()["code"]) == (503, "no-worker")
    assert "by hand" in answer.json()["detail"]
