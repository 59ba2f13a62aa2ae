"""`sonoloop predict` writes what the pipeline finds and reports which files it could not read."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from tests.synthetic import (
    EllipseLesion,
    png_bytes,
    ultrasound,
    ultrasound_dicom,
    ultrasound_region,
)
from tests.unit.worker.pipeline.dark import write_dark_model
from worker.pipeline import decode_mask_png, decode_png
from worker.predict import predict

IMAGE = ultrasound(300, 400, seed=1, lesions=[EllipseLesion((165, 200), (45, 30), echo=0.02)])


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    write_dark_model(tmp_path / "site" / "models")
    monkeypatch.setenv("SONOLOOP_DATA_DIR", str(tmp_path / "site"))
    (tmp_path / "one.png").write_bytes(png_bytes(IMAGE.pixels))
    region = ultrasound_region(IMAGE.sector_box, (0.02, 0.02))
    (tmp_path / "two.dcm").write_bytes(ultrasound_dicom(IMAGE, [region]))
    (tmp_path / "bad.png").write_bytes(png_bytes(IMAGE.pixels)[:2000])
    return tmp_path


def run(folder: Path, *arguments: str) -> Result:
    command = ["--out", str(folder / "out"), "--model", "dark", *arguments]
    return CliRunner().invoke(predict, command)


def test_three_files_for_each_image(folder: Path) -> None:
    result = run(folder, str(folder / "one.png"), str(folder / "two.dcm"))
    assert result.exit_code == 0, result.output
    names = {f"{stem}{end}" for stem in ("one", "two") for end in
             ("_mask.png", "_overlay.png", ".json")}  # fmt: skip
    assert {path.name for path in (folder / "out").iterdir()} == names
    mask = decode_mask_png((folder / "out" / "one_mask.png").read_bytes())
    assert (mask & IMAGE.mask).sum() / (mask | IMAGE.mask).sum() > 0.7
    overlay = decode_png((folder / "out" / "one_overlay.png").read_bytes())
    assert overlay.shape == (300, 400, 3)
    one, two = (json.loads((folder / "out" / f"{s}.json").read_text()) for s in ("one", "two"))
    assert one["provenance"]["model"]["name"] == "dark"
    assert one["spacing_mm"] is None and one["lesions"][0]["long_axis_mm"] is None
    assert two["spacing_mm"] == pytest.approx({"row": 0.2, "column": 0.2})
    assert two["lesions"][0]["long_axis_mm"] == pytest.approx(0.2 * 90, rel=0.2)
    assert two["format"] == "dicom"


def test_nothing_of_the_patient_is_written(folder: Path) -> None:
    assert run(folder, str(folder / "two.dcm")).exit_code == 0
    written = b"".join(path.read_bytes() for path in (folder / "out").iterdir())
    for secret in (b"Doe", b"TEST-0001", b"19700101"):
        assert secret not in written
    overlay = decode_png((folder / "out" / "two_overlay.png").read_bytes())
    letters = (IMAGE.pixels > 100) & ~IMAGE.sector
    letters[IMAGE.sector_box[0] :] = False
    assert letters.any() and not overlay[letters].any()


def test_a_bad_file_is_named_and_the_good_ones_are_kept(folder: Path) -> None:
    missing = folder / "missing.png"
    result = run(folder, str(folder / "bad.png"), str(missing), str(folder / "one.png"))
    assert result.exit_code == 1
    assert "bad.png" in result.output and "missing.png" in result.output
    assert "one.png" not in result.output
    assert (folder / "out" / "one.json").is_file()
    assert not list((folder / "out").glob("bad*"))
    assert not list((folder / "out").glob(".*")), "no half-written file stays behind"


def test_a_folder_stands_for_the_files_in_it_without_hidden_ones_and_earlier_results(
    folder: Path,
) -> None:
    (folder / "images" / "more").mkdir(parents=True)
    for name in ("one.png", "more/two.png", ".hidden.png"):
        (folder / "images" / name).write_bytes(png_bytes(IMAGE.pixels))
    command = ["--out", str(folder / "images" / "out"), "--model", "dark", str(folder / "images")]
    for _ in range(2):
        result = CliRunner().invoke(predict, command)
        assert result.exit_code == 0, result.output
        written = {path.name for path in (folder / "images" / "out").glob("*.json")}
        assert written == {"one.json", "two.json"}


def test_an_empty_folder_and_one_that_the_results_go_to_are_refused(folder: Path) -> None:
    (folder / "out").mkdir()
    for path, why in ((folder / "out", "where the results go"), (folder / "none", "holds no file")):
        path.mkdir(exist_ok=True)
        result = run(folder, str(path))
        assert result.exit_code == 2 and why in " ".join(result.output.split())


def test_json_only(folder: Path) -> None:
    assert run(folder, "--json-only", str(folder / "one.png")).exit_code == 0
    assert [path.name for path in (folder / "out").iterdir()] == ["one.json"]


def test_two_files_of_one_stem_are_refused_before_anything_is_written(folder: Path) -> None:
    other = folder / "other"
    other.mkdir()
    (other / "one.png").write_bytes(png_bytes(np.zeros((40, 40), np.uint8)))
    result = run(folder, str(folder / "one.png"), str(other / "one.png"))
    assert result.exit_code == 2
    assert "rename" in result.output
    assert not (folder / "out").exists()


def test_the_crf_of_the_command_line_is_in_the_provenance(folder: Path) -> None:
    assert run(folder, "--crf", "grid", str(folder / "one.png")).exit_code == 0
    report = json.loads((folder / "out" / "one.json").read_text())
    assert report["provenance"]["settings"]["crf"]["engine"] == "grid"


def test_an_unknown_model_is_one_line(folder: Path) -> None:
    result = run(folder, str(folder / "one.png"), "--model", "nonesuch")
    assert result.exit_code == 1
    assert "nonesuch" in result.output and "Traceback" not in result.output
