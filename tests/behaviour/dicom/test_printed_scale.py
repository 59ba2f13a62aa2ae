"""A scale printed in a picture arrives as a proposal; the letters beside it do not."""

import httpx
import numpy as np
import pytest

from tests.behaviour.dicom.sending import instance
from tests.behaviour.dicom.test_one_image import images, stow
from tests.running_site import Site
from tests.synthetic import png_bytes
from tests.unit.worker.depth_scale.drawn import echoes, ticks, write


@pytest.fixture
def machine(product: Site) -> httpx.Client:
    """A sender in a project for this test alone."""
    project = product.add_project()
    return product.script(product.add_person(project_id=project), "segment", "read")


def test_of_a_still_without_a_scale_of_its_own(machine: httpx.Client) -> None:
    picture = write(ticks(echoes(5), 38.0), "Depth 5.0 cm", (30, 20))
    sent = machine.post("/segment?wait=60", content=png_bytes(picture))
    assert sent.status_code == 200, sent.text
    image = machine.get(f"/images/{sent.json()['image_id']}").json()
    (region,) = image["frame"]["regions"]
    assert region["proposed_scale"]["px"] == pytest.approx(38.0, rel=0.01)
    assert region["proposed_scale"]["mm"] == 5.0
    assert region["row_mm"] is None and image["frame"]["spacing_mm"] is None
    assert all(one["long_axis_mm"] is None for one in sent.json()["lesions"])


def test_of_a_cine(machine: httpx.Client) -> None:
    frames = np.stack([ticks(echoes(seed), 19.0) for seed in range(3)])
    stow(
        machine,
        instance(
            71,
            SOPClassUID="1.2.840.10008.5.1.4.1.1.3.1",
            NumberOfFrames=3,
            Rows=480,
            Columns=640,
            FrameTime="40",
            PixelData=frames.tobytes(),
        ),
    )
    (one,) = images(machine, 1)
    (region,) = machine.get(f"/images/{one['id']}").json()["frame"]["regions"]
    assert region["proposed_scale"]["px"] == pytest.approx(19.0, rel=0.01)
    assert region["row_mm"] is None
