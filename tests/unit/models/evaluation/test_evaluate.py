"""`sonoloop evaluate` runs the product's pipeline and reports the metrics of its masks."""

from __future__ import annotations

import json
import os
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner, Result

from models.commands.evaluate import evaluate
from models.data.samples import read_mask
from models.evaluation.ablation import ablated
from models.evaluation.metrics import iou
from tests.unit.models.graphs import write_dark_finder
from worker.ingest import DecodeLimits, decode
from worker.pipeline import Network, PipelineSettings, segment

MODEL = "dark-finder"


@pytest.fixture
def site_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a data folder with one model: a real graph that calls dark regions lesions."""
    write_dark_finder(tmp_path / "site" / "models", MODEL)
    monkeypatch.setenv("SONOLOOP_DATA_DIR", str(tmp_path / "site"))
    return tmp_path / "site"


def run(dataset: Path, *arguments: str, report: str = "-") -> Result:
    folders = ["--images", str(dataset / "images"), "--masks", str(dataset / "masks")]
    return CliRunner().invoke(evaluate, ["--model", MODEL, *folders, "--json", report, *arguments])


def test_figures_are_those_of_the_product_run_by_hand(site_folder: Path, dataset: Path) -> None:
    result = run(dataset)
    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    network = Network.load(site_folder / "models" / MODEL / "1.0.0")
    expected = []
    for path in sorted((dataset / "images").iterdir()):
        frame = decode(path.read_bytes(), DecodeLimits()).deidentified().frame
        mask = segment(frame, network, network.card.pipeline).mask
        expected.append(iou(mask, read_mask(dataset / "masks" / path.name) > 0))
    assert [image["lesion_iou"] for image in report["images"]] == pytest.approx(expected)
    assert report["overall"]["lesion_iou_mean"] == pytest.approx(np.mean(expected))
    # Dark ellipses on noise: the graph finds them, so a broken geometry would show.
    assert report["overall"]["lesion_iou_mean"] > 0.6


def test_report_says_what_was_measured_and_with_what(site_folder: Path, dataset: Path) -> None:
    target = dataset.parent / "report.json"
    result = run(dataset, report=str(target))
    assert result.exit_code == 0, result.output
    assert result.stdout == ""
    report = json.loads(target.read_text())
    assert set(report["overall"]) == {
        "count",
        "lesion_iou_mean",
        "lesion_dice_mean",
        "lesion_iou_pooled",
        "lesion_dice_pooled",
        "background_iou",
        "mean_iou",
        "pixel_accuracy",
        "hd95_mean",
        "boundary_f_mean",
        "missed_share",
        "seconds",
        "provenance",
    }
    assert report["overall"]["count"] == len(report["images"]) == 12
    provenance = report["overall"]["provenance"]
    card = json.loads((site_folder / "models" / MODEL / "1.0.0" / "card.json").read_text())
    assert provenance["sha256"] == card["sha256"]
    assert (provenance["model"], provenance["version"]) == (MODEL, "1.0.0")


def test_only_the_folds_asked_for_are_run(site_folder: Path, dataset: Path) -> None:
    table = str(dataset / "samples.csv")
    result = run(dataset, "--samples", table, "--fold", "1", "--fold", "3")
    assert result.exit_code == 0, result.output
    names = [image["id"] for image in json.loads(result.stdout)["images"]]
    assert names == [f"image-{n:02}" for n in (0, 1, 2, 3, 8, 9, 10, 11)]


def test_switches_reach_the_pipeline(site_folder: Path, dataset: Path) -> None:
    switches = ("--no-morphology", "--no-denoise", "--tta", "flip", "--input-area", "1024")
    result = run(dataset, "--crf", "grid", *switches)
    assert result.exit_code == 0, result.output
    provenance = json.loads(result.stdout)["overall"]["provenance"]
    assert provenance["input_area"] == 1024
    settings = provenance["settings"]
    assert settings["tta"] == "flip"
    assert settings["crf"]["engine"] == "grid"
    assert settings["morphology"]["enabled"] is False
    assert settings["denoise_sigma"] == 0


def test_another_input_area_is_what_the_network_sees(site_folder: Path, dataset: Path) -> None:
    network = Network.load(site_folder / "models" / MODEL / "1.0.0")
    small = network.with_area(1024)
    assert small.fit_size(64, 64)[:2] == (32, 32)
    assert network.fit_size(64, 64)[:2] == (64, 64)
    whole, part = network.card.architecture.macs, small.card.architecture.macs
    assert part == whole / 4 > 0


def test_ablation_changes_only_what_it_names() -> None:
    settings = PipelineSettings(denoise_sigma=2, threshold=0.4)
    assert ablated(settings) == settings
    assert ablated(settings, denoise=False) == settings.model_copy(update={"denoise_sigma": 0})
    with_crf = ablated(settings, crf="grid")
    assert with_crf.model_copy(update={"crf": settings.crf}) == settings


def test_mistakes_are_told_in_one_sentence(
    site_folder: Path, dataset: Path, tmp_path: Path
) -> None:
    cases: list[tuple[Result, str]] = [
        (run(dataset, "--fold", "1"), "--fold needs --samples"),
        (
            run(dataset, "--samples", str(dataset / "samples.csv"), "--fold", "9"),
            "no image",
        ),
        (run(tmp_path / "nowhere"), "There is no folder"),
        (run(dataset, "--samples", str(tmp_path / "no.csv"), "--fold", "1"), "cannot be read"),
    ]
    cv2.imwrite(str(dataset / "masks" / "image-00.png"), np.zeros((4, 4), np.uint8))
    cases.append((run(dataset), "but its image decodes to"))
    (dataset / "images" / "image-00.png").write_bytes(os.urandom(100))
    cases.append((run(dataset), "cannot be decoded"))
    (dataset / "masks" / "image-01.png").unlink()
    cases.append((run(dataset), "have no partner"))
    for result, message in cases:
        assert result.exit_code == 1
        assert result.stderr.startswith("Error: ") or "Error: " in result.stderr
        assert message in result.stderr
        assert "Traceback" not in result.stderr


def test_an_unknown_model_is_told(site_folder: Path, dataset: Path) -> None:
    folders = ["--images", str(dataset / "images"), "--masks", str(dataset / "masks")]
    result = CliRunner().invoke(evaluate, ["--model", "none-such", *folders, "--json", "-"])
    assert result.exit_code == 1
    assert "There is no model 'none-such'" in result.stderr
