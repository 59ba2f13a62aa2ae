"""With few patients, each patient's calibration and presence are judged by fits to the others."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from models.commands.calibrate import calibrate as calibrate_command
from models.commands.fit_presence import fit_presence as fit_presence_command
from models.data.samples import read_samples
from models.evaluation.calibration_report import AFTER, measure_calibration
from models.evaluation.presence_report import answers
from models.packaging.parting import parted
from models.packaging.tuning import calibrate, calibrations_of
from tests.unit.models.graphs import write_dark_finder
from tests.unit.worker.pipeline.dark import write_telling_model
from worker.pipeline import InputSpec, ModelCard, MorphologySettings, Network, PipelineSettings

HEIGHT, WIDTH = 64, 80
Drawn = tuple[str, int, tuple[int, int] | None]
"""Patient, radius of a dark spot in the middle, and centre of the lesion: the spot, another place,
or none."""
MIDDLE, ELSEWHERE = (40, 32), (12, 12)


def write(folder: Path, drawn: list[Drawn]) -> Path:
    """Write a data set of these images, all held out, and return its folder."""
    rng = np.random.default_rng(5)
    (folder / "images").mkdir(parents=True)
    (folder / "masks").mkdir()
    rows = ["id,patient,fold"]
    for number, (patient, radius, lesion) in enumerate(drawn):
        spot, mask = (np.zeros((HEIGHT, WIDTH), np.uint8) for _ in range(2))
        cv2.circle(spot, MIDDLE, radius, 1, -1)
        if lesion is not None:
            cv2.circle(mask, lesion, radius, 255, -1)
        grey = np.clip(rng.normal(120, 8, spot.shape) - 90.0 * spot, 0, 255).astype(np.uint8)
        cv2.imwrite(str(folder / "images" / f"{number}.png"), grey)
        cv2.imwrite(str(folder / "masks" / f"{number}.png"), mask)
        rows.append(f"{number},{patient},1")
    (folder / "samples.csv").write_text("\n".join(rows))
    return folder


def trained_on(folder: Path) -> dict[str, object]:
    source = {"folder": str(folder), "train_folds": [1], "validation_folds": [1]}
    return {"config": {"sources": [source], "augment": {}}}


def test_a_patients_calibration_is_that_of_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The network is right about one patient and wrong about the other, so their calibrations are
    opposite; a fold with both would give something in between."""
    drawn: list[Drawn] = [("right", 10 + n, MIDDLE) for n in range(4)]
    drawn += [("wrong", 10 + n, ELSEWHERE) for n in range(4)]
    data = write(tmp_path / "set", drawn)
    zoo = tmp_path / "site" / "models"
    folder = write_dark_finder(zoo, "dark-finder", training=trained_on(data))
    monkeypatch.setenv("SONOLOOP_DATA_DIR", str(tmp_path / "site"))
    network, samples = Network.load(folder), read_samples(data)
    bare = PipelineSettings(morphology=MorphologySettings(enabled=False))
    alone = {
        name: calibrate([one for one in samples if one.group == name], network, bare)
        for name in ("right", "wrong")
    }
    assert alone["wrong"].temperature > 2 * alone["right"].temperature
    crossed = calibrations_of(parted(samples), network)
    assert {one.group: crossed[one] for one in samples} == {
        "right": alone["wrong"],
        "wrong": alone["right"],
    }

    done = CliRunner().invoke(calibrate_command, ["--model", "dark-finder"])
    assert done.exit_code == 0, done.output
    report = json.loads(done.stdout)
    assert report["calibration_judged"]["by"] == "cross-validation over patients"
    assert report["calibration_judged"]["patients"] == {"set": 2}
    assert "check_half" not in report["uncertainty"], "nobody judges one patient alone"
    by_others, _ = measure_calibration(samples, network, calibrations=crossed)
    by_all, _ = measure_calibration(samples, network)
    said = report["calibration"]["set"][AFTER]
    assert said == json.loads(json.dumps(by_others["set"][AFTER].to_json()))
    assert said != json.loads(json.dumps(by_all["set"][AFTER].to_json()))
    assert ModelCard.read(folder).metrics["calibration_judged"] == report["calibration_judged"]


def test_a_patients_presence_is_that_of_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All images look alike, and half of the patients have hardly any lesion. Without a patient who
    has lesions, the others suggest that there is none, and vice versa."""
    drawn: list[Drawn] = []
    for patient, lesions in (("a", 11), ("b", 11), ("c", 1), ("d", 1)):
        drawn += [(patient, 12, MIDDLE)] * lesions + [(patient, 12, None)] * (12 - lesions)
    data = write(tmp_path / "set", drawn)
    folder = write_telling_model(
        tmp_path / "site" / "models",
        training=trained_on(data),
        input=InputSpec(area=4096, multiple=8),
        pipeline=PipelineSettings(morphology=MorphologySettings(enabled=False)),
    )
    monkeypatch.setenv("SONOLOOP_DATA_DIR", str(tmp_path / "site"))
    arguments = ["--model", "telling", "--most-lost", "0.2"]
    done = CliRunner().invoke(fit_presence_command, arguments)
    assert done.exit_code == 0, done.output
    report = json.loads(done.stdout)
    assert report["judged"]["by"] == "cross-validation over patients"
    assert (report["judged"]["patients"], report["judged"]["folds"]) == ({"set": 4}, 4)
    assert report["images"] == {"tuning": len(drawn), "check": 0}
    assert report["held_out"]["set"]["count"] == len(drawn)
    assert "check_half" not in report, "nobody judges two patients alone"
    crossed = report["held_out"]["set"]["presence"]["brier"]
    network = Network.load(folder)
    assert network.card.presence is not None
    found = answers(read_samples(data), network, PipelineSettings.for_card(network.card))
    by_all = np.mean([((one.presence or 0.0) - one.has_lesion) ** 2 for one in found])
    assert by_all == pytest.approx(0.25, abs=0.03)
    assert crossed > by_all + 0.05
