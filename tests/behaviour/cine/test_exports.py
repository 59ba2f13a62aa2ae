"""Two corrected frames reach the pool: approved together, each exported with its time."""

import csv
import io
import zipfile
from typing import Any

from tests.behaviour.cine.conftest import Working, good
from tests.behaviour.masks.sending import runs_of
from tests.cines import cine_dicom, cine_frames

COUNT = 9
FRAMES, MASKS = cine_frames(COUNT)


def drawn(index: int) -> dict[str, Any]:
    height, width = MASKS[index].shape
    runs = runs_of(MASKS[index].ravel().astype(int).tolist())
    return {"width": width, "height": height, "runs": runs, "names": {}}


def test_corrected_frames_are_items_of_exports_and_one_image_of_the_pool(working: Working) -> None:
    image_id = working.stored(cine_dicom(FRAMES))
    for index in (3, 7):
        masks = good(working.reader.get(f"/images/{image_id}/frames/{index}"))["masks"]
        new = {
            "parent_revision": masks[0]["revision"] if masks else None,
            "labels": drawn(index),
            "answer": "lesions",
            "seconds": 5,
            "submit": index == 7,
        }
        good(working.reader.post(f"/images/{image_id}/frames/{index}/masks", json=new))
    newest = working.frames(image_id)[3]["revision"]
    verdict = {"revision": newest, "verdict": "approved"}
    good(working.reviewer.post(f"/images/{image_id}/frames/3/reviews", json=verdict))
    working.work()
    pool = good(working.reviewer.get("/pool"))
    assert (pool["images"], pool["lesions"]) == (1, 2)
    assert sum(pool["by_split"].values()) == pool["by_format"][0]["count"] == 1
    order = {"format": "png", "suspected_text": "include"}
    export = good(working.reviewer.post("/exports", json=order))
    working.work()
    archive = working.reviewer.get(f"/exports/{export['id']}/archive")
    with zipfile.ZipFile(io.BytesIO(archive.content)) as opened:
        rows = list(csv.DictReader(io.StringIO(opened.read("samples.csv").decode())))
        names = [name for name in opened.namelist() if name.startswith("images/")]
    assert len(names) == len(rows) == 2
    assert [(row["frame_index"], row["time_ms"]) for row in rows] == [
        ("3", "150.0"),
        ("7", "350.0"),
    ]
    assert len({row["cine"] for row in rows}) == 1
    assert rows[0]["cine"]
    assert [int(row["lesion_px"]) for row in rows] == [int(MASKS[one].sum()) for one in (3, 7)]
