"""A secondary capture shows the picture as it is now, and says whether it may still show text."""

import io
from uuid import UUID

from pydicom import Dataset, dcmread

from tests.behaviour.redaction.conftest import Product, rectangle
from tests.synthetic import ultrasound
from worker.pipeline import encode_png


def stored(product: Product, seed: int) -> UUID:
    """An image with a lesion, in which an area looks like text."""
    answer = product.admin.post(
        "/segment?wait=60",
        content=encode_png(ultrasound(seed=seed).pixels),
        headers={"Content-Type": "image/png"},
    )
    assert answer.status_code == 200, answer.text
    found = UUID(answer.json()["image_id"])
    product.site.add_suspected(found, (200, 240, 12, 40))
    return found


def written(product: Product, image_id: UUID, kind: str) -> Dataset:
    answer = product.admin.get(f"/images/{image_id}/dicom", params={"kind": kind})
    assert answer.status_code == 200, answer.text
    return dcmread(io.BytesIO(answer.content))


def test_a_capture_after_a_redaction_is_another_object(product: Product) -> None:
    image_id = stored(product, 4)
    before = {kind: written(product, image_id, kind) for kind in ("sc", "seg")}
    assert before["sc"].pixel_array[200:212, 240:280].any()
    product.black_out(image_id, rectangle(198, 238, 16, 44))
    after = {kind: written(product, image_id, kind) for kind in ("sc", "seg")}
    # A PACS ignores another file with the UID of one that it has.
    assert after["sc"].SOPInstanceUID != before["sc"].SOPInstanceUID
    assert after["sc"].SeriesInstanceUID == before["sc"].SeriesInstanceUID
    assert written(product, image_id, "sc").SOPInstanceUID == after["sc"].SOPInstanceUID
    assert after["seg"].SOPInstanceUID == before["seg"].SOPInstanceUID


def test_a_capture_says_no_burned_in_text_only_once_that_is_judged(product: Product) -> None:
    image_id = stored(product, 5)
    assert written(product, image_id, "sc").BurnedInAnnotation == "YES"
    (area,) = product.image(image_id)["text"]["suspected"]
    judged = product.admin.put(
        f"/images/{image_id}/suspected-text/{area['id']}", json={"judgement": "kept"}
    )
    assert judged.status_code == 200, judged.text
    assert written(product, image_id, "sc").BurnedInAnnotation == "NO"
