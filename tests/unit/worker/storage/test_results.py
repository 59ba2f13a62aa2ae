"""The DICOM of an answer that is not stored names the same classes as its JSON."""

from io import BytesIO
from pathlib import Path

import numpy as np
from pydicom import dcmread

from app.core.ids import now
from tests.unit.worker.pipeline.dark import write_classes_model
from tests.unit.worker.pipeline.test_classes import SETTINGS, picture
from worker.dicom.objects import write
from worker.dicom.result import Kind
from worker.dicom.source import pseudonymous
from worker.pipeline import Frame, Network
from worker.storage.results import result_of_answer
from worker.tasks.process import predict_frame


def test_segments_have_the_names_of_the_models_classes(tmp_path: Path) -> None:
    network = Network.load(write_classes_model(tmp_path, pipeline=SETTINGS))
    frame = Frame(picture())
    said = predict_frame(frame, network, 0.0)
    names = {one.label: one.class_name for one in said.result.lesions if one.class_name}
    assert set(names.values()) == {"cyst", "calcification"}
    source = pseudonymous(
        image="i",
        study="s",
        subject="p",
        height=frame.height,
        width=frame.width,
        frames=1,
        colour=frame.pixels.ndim == 3,
        body_part="",
    )
    result = result_of_answer(
        now(), source, frame, said.mask_png, None, said.result.provenance, said.numbers, names
    )
    written = write(result, [Kind.SEG, Kind.SR])
    assert Kind.SR in written
    found = dcmread(BytesIO(written[Kind.SEG]))
    assert [one.SegmentLabel for one in found.SegmentSequence] == ["cyst", "calcification"]
    planes = np.atleast_3d(found.pixel_array) > 0
    assert said.numbers is not None
    assert planes.sum() == np.count_nonzero(said.numbers)
