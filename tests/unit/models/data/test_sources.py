"""Labels from other tools become data sets with the very same masks, and groups stay whole."""

from __future__ import annotations

import csv
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from models.commands.prepare import prepare as prepare_command
from models.data.classes import ClassLabels
from models.data.samples import DataError, in_folds, read_pixels, read_samples, require_disjoint
from models.data.sources import FolderTree, open_tree, prepare
from tests.synthetic import EllipseLesion, SyntheticImage, png_bytes, ultrasound
from worker.formats.labelme import LabelmeWriter
from worker.formats.png import PngWriter
from worker.formats.sample import Category, Sample, Writer
from worker.formats.tfrecord import TfrecordWriter
from worker.pipeline.components import numbered

COUNT = 8
KINDS = (Category(1, "cyst"), Category(2, "solid"))


def frame(number: int) -> SyntheticImage:
    lesion = EllipseLesion((60, 40 + 6 * number), (18, 11), 15.0 * number)
    return ultrasound(110, 130, seed=number, lesions=[lesion], geometry="full")


def exported(number: int) -> Sample:
    """Return one sample; each subject has two; subjects 0 and 1 train, 2 validates, 3 tests."""
    image = frame(number)
    subject = number // 2
    return Sample(
        name=f"{number:04}",
        split=("train", "train", "validation", "test")[subject],
        subject=f"s{subject}",
        frame_png=png_bytes(image.pixels),
        labels=numbered(image.mask),
        names={},
        source="human",
        device="Speckle One",
        categories={1: KINDS[number % 2]},
    )


def write(folder: Path, writer: Writer, table: bool = True) -> Path:
    """Write the files of an export, with the table that closes it."""
    writer.categories = KINDS
    notes = []
    for split in ("train", "validation", "test"):
        samples = [s for s in map(exported, range(COUNT)) if s.split == split]
        batches = [samples] if writer.samples_per_file > 1 else [[s] for s in samples]
        for batch in batches:
            for name, pieces in writer.members(batch, lambda s, _: notes.append(s.note())):
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                (folder / name).write_bytes(b"".join(pieces))
    if table:
        with (folder / "samples.csv").open("w", newline="") as stream:
            rows = csv.DictWriter(stream, list(notes[0]))
            rows.writeheader()
            rows.writerows(
                {k: json.dumps(v) if isinstance(v, dict) else v for k, v in note.items()}
                for note in notes
            )
    return folder


@pytest.mark.parametrize("writer", [LabelmeWriter, TfrecordWriter, PngWriter])
def test_a_pool_export_keeps_its_masks_subjects_parts_and_classes(
    tmp_path: Path, writer: type[Writer]
) -> None:
    done = prepare(open_tree(write(tmp_path / "export", writer())), tmp_path / "set")
    assert (done.images, done.groups, done.left_out, done.findings) == (6, 3, 2, [])
    assert set(done.classes) == {"cyst", "solid"}
    labels = ClassLabels(("solid", "cyst"), {})
    samples = read_samples(tmp_path / "set")
    require_disjoint(in_folds(samples, [1]), in_folds(samples, [2]))
    assert {s.group for s in in_folds(samples, [1])} == {"s0", "s1"}
    assert {s.group for s in in_folds(samples, [2])} == {"s2"}
    assert {s.attributes["device"] for s in samples} == {"Speckle One"}
    for sample in samples:
        image = frame(int(sample.id))
        pixels = read_pixels(sample)
        assert np.array_equal(pixels.mask > 0, image.mask)
        assert np.array_equal(pixels.image[..., 0], image.pixels)
        kind = 1 + ("solid", "cyst").index(KINDS[int(sample.id) % 2].name)
        assert np.array_equal(labels.read(sample).mask, kind * image.mask)


def test_a_zip_is_read_as_the_folder_it_was(tmp_path: Path) -> None:
    folder = write(tmp_path / "export", PngWriter())
    with zipfile.ZipFile(tmp_path / "export.zip", "w") as archive:
        for path in folder.rglob("*.*"):
            archive.write(path, path.relative_to(folder))
    out = [tmp_path / "from-zip", tmp_path / "from-folder"]
    prepare(open_tree(tmp_path / "export.zip"), out[0])
    prepare(open_tree(folder), out[1])
    files = [sorted(p.relative_to(o) for p in o.rglob("*.*")) for o in out]
    assert files[0] == files[1]
    assert all((out[0] / name).read_bytes() == (out[1] / name).read_bytes() for name in files[0])


def test_polygons_with_a_hole_and_several_shapes_are_filled(tmp_path: Path) -> None:
    """Hand-written labelme: a frame around a hole as one bridged polygon, and a rectangle."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.png").write_bytes(png_bytes(frame(0).pixels))
    outer = [[10, 10], [40, 10], [40, 40], [10, 40], [10, 10]]
    hole = [[20, 20], [20, 30], [30, 30], [30, 20], [20, 20]]
    shapes = [
        {"label": "lesion", "shape_type": "polygon", "points": [*outer, *hole]},
        {"label": "lesion", "shape_type": "rectangle", "points": [[60, 60], [79, 69]]},
    ]
    document = {"shapes": shapes, "imagePath": "a.png", "imageHeight": 110, "imageWidth": 130}
    (tmp_path / "in" / "a.json").write_text(json.dumps(document))
    prepare(open_tree(tmp_path / "in"), tmp_path / "set")
    mask = read_pixels(read_samples(tmp_path / "set")[0]).mask
    assert mask[12, 12] and mask[35, 35] and mask[60:70, 60:80].all()
    assert not mask[25, 25]
    assert not mask[50, 50]


def test_groups_come_out_of_names_and_never_cross_a_fold(tmp_path: Path) -> None:
    folder = write(tmp_path / "export", LabelmeWriter(), table=False)
    done = prepare(open_tree(folder), tmp_path / "set", folds=3, group_pattern=r"^(\d{3})")
    # Names 0000 to 0007 have one subject; without the pattern there are eight.
    assert (done.images, done.groups) == (COUNT, 1)
    assert len({s.fold for s in read_samples(tmp_path / "set")}) == 1
    alone = prepare(open_tree(folder), tmp_path / "alone", folds=3)
    assert alone.groups == COUNT
    assert len({s.fold for s in read_samples(tmp_path / "alone")}) > 1


def test_a_table_that_parts_a_subject_is_refused(tmp_path: Path) -> None:
    folder = write(tmp_path / "export", PngWriter())
    table = (folder / "samples.csv").read_text()
    (folder / "samples.csv").write_text(table.replace("s2", "s0"))
    with pytest.raises(DataError, match="several folds: s0"):
        prepare(open_tree(folder), tmp_path / "set")
    assert not (tmp_path / "set" / "samples.csv").exists()


def test_bad_and_repeated_files_are_named_and_the_others_kept(tmp_path: Path) -> None:
    folder = write(tmp_path / "export", PngWriter(), table=False)
    (folder / "images" / "train" / "0001.png").write_bytes(b"no picture")
    (folder / "images" / "train" / "again.png").write_bytes(
        (folder / "images" / "train" / "0000.png").read_bytes()
    )
    (folder / "masks" / "train" / "again.png").write_bytes(
        (folder / "masks" / "train" / "0000.png").read_bytes()
    )
    result = CliRunner().invoke(prepare_command, [str(folder), "--out", str(tmp_path / "set")])
    assert result.exit_code == 0, result.output
    assert result.stdout.strip() == str(tmp_path / "set")
    assert len(read_samples(tmp_path / "set")) == COUNT - 1
    assert "0001.png" in result.stderr
    assert "again.png" in result.stderr
    again = CliRunner().invoke(prepare_command, [str(folder), "--out", str(tmp_path / "set")])
    assert again.exit_code == 1
    assert "holds a data set already" in again.output


def test_names_cannot_leave_the_folder(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    writer = TfrecordWriter()
    sample = exported(0)
    evil = Sample(
        **{**{f: getattr(sample, f) for f in sample.__dataclass_fields__}, "name": "../../x"}
    )
    for _, pieces in writer.members([evil], lambda *_: None):
        (tmp_path / "in" / "a.tfrecord").write_bytes(b"".join(pieces))
    prepare(FolderTree(tmp_path / "in"), tmp_path / "deep" / "set")
    assert sorted(p.name for p in tmp_path.rglob("*x.png")) == ["_.._x.png", "_.._x.png"]
    assert all((tmp_path / "deep" / "set") in p.parents for p in tmp_path.rglob("*x.png"))


def test_nothing_to_train_on_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="No image with a label"):
        prepare(open_tree(tmp_path / "empty"), tmp_path / "set")
    (tmp_path / "file").write_bytes(b"x")
    with pytest.raises(DataError, match="neither a folder"):
        open_tree(tmp_path / "file")
