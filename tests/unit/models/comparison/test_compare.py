"""`sonoloop compare` from configuration to report, on ellipses and a budget of a few steps."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import cv2
import pytest
import torch
import yaml
from click.testing import CliRunner, Result

from models.classical import METHODS, ClassicalNetwork
from models.commands.compare import compare
from models.commands.evaluate import evaluate
from models.comparison.config import CompareConfig
from models.data.samples import Sample, in_folds, read_samples
from models.evaluation.metrics import summarise
from models.evaluation.per_image import evaluate_samples
from models.training.checkpoint import Checkpoint
from models.training.config import ConfigError, training_samples
from models.training.trainer import Trainer
from tests.unit.models.conftest import write_dataset
from tests.unit.models.graphs import write_dark_finder

METHODS_OF_FILE = [
    {"name": "unet", "network": {"architecture": "unet", "base_channels": 4}, "seeds": [5]},
    {"name": "otsu", "classical": "otsu"},
    {"name": "finder", "model": "dark-finder"},
    {
        "name": "finder-blurred",
        "of": "finder",
        "pipeline": {"denoise_sigma": 9.0},
        "adds": "a heavy blur",
    },
    {"name": "finder-small", "of": "finder", "input_area": 2048},
    {
        "name": "unet-unseen",
        "network": {"architecture": "unet", "base_channels": 4},
        "against": "unet",
        "without": {"synthetic": {"device": ["scanner <1>"]}},
    },
]
NAMES = [str(method["name"]) for method in METHODS_OF_FILE]


def content(dataset: Path, **changes: object) -> dict[str, Any]:
    return {
        "sources": [{"folder": str(dataset), "train_folds": [1, 2], "validation_folds": [3]}],
        "budget": {"steps": 3, "batch_size": 4, "size": 64, "precision": "fp32"},
        "methods": METHODS_OF_FILE,
        "input_area": 4096,
        "threads": 1,
        "notes": ["Ellipses on noise."],
        "bootstrap": 200,
        "by": ["device"],
        "organs": {"synthetic": "ellipse"},
        "near_duplicates": ["synthetic"],
        **changes,
    }


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a finished comparison, its data set and its site."""
    root = tmp_path_factory.mktemp("compare")
    dataset = write_dataset(root / "synthetic", 12)
    table = (dataset / "samples.csv").read_text().splitlines()
    devices = ["device", *(f"scanner <{n % 2}>" for n in range(12))]
    lines = [f"{line},{device}" for line, device in zip(table, devices, strict=True)]
    (dataset / "samples.csv").write_text("\n".join(lines))
    write_dark_finder(root / "site" / "models", "dark-finder")
    free = write_dataset(root / "free", 9)
    shutil.rmtree(free / "masks")
    configuration = content(dataset)
    configuration["sources"].append(
        {"folder": str(free), "train_folds": [], "validation_folds": [3]}
    )
    configuration["budget"] |= {"checkpoint_steps": 2, "curve_steps": 2}
    (root / "compare.yaml").write_text(yaml.safe_dump(configuration))
    result = run(root)
    assert result.exit_code == 0, result.output
    assert result.stdout.split() == [
        str(root / "out" / name) for name in ("report.md", "report.html", "report.json")
    ]
    return root


def run(root: Path, *arguments: str) -> Result:
    return CliRunner(env={"SONOLOOP_DATA_DIR": str(root / "site")}).invoke(
        compare,
        ["--config", str(root / "compare.yaml"), "--out", str(root / "out"), *arguments],
    )


def report(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "out" / "report.json").read_text())
    return found


def test_every_method_has_its_row_with_all_figures(folder: Path) -> None:
    found = report(folder)
    rows = {row["name"]: row for row in found["rows"]}
    assert list(rows) == NAMES
    assert (found["training_images"], found["images"], found["groups"]) == (8, 4, 2)
    # 8 images in batches of 4: 3 steps are rounded up to 2 passes of 2.
    assert rows["unet"]["steps"] == 4
    assert rows["unet"]["parameters"] > 100_000
    assert rows["otsu"]["parameters"] == 0
    for row in rows.values():
        assert row["count"] == 4
        low, high = row["lesion_iou_interval"]
        assert 0 <= low <= row["lesion_iou_mean"] <= high <= 1
        assert 0 < row["timing"]["network_ms"] < row["timing"]["total_ms"]
        assert row["timing"]["images"] == 7  # three of them without a lesion
    assert rows["finder"]["lesion_iou_mean"] > 0.6


def test_figures_are_those_of_the_products_pipeline(folder: Path) -> None:
    rows = {row["name"]: row for row in report(folder)["rows"]}
    settings = json.loads((folder / "out" / "otsu" / "settings.json").read_text())["settings"]
    network = ClassicalNetwork("otsu", METHODS["otsu"].model_validate(settings), 4096)
    held_out = in_folds(read_samples(folder / "synthetic"), [3])
    expected = summarise(
        r.metrics for r in evaluate_samples(held_out, network, network.card.pipeline)
    )
    assert {key: rows["otsu"][key] for key in expected} == pytest.approx(expected)


@pytest.mark.parametrize(
    ("row", "models", "options"),
    [
        ("unet", "out/unet/model", ["--model", "unet"]),
        ("finder", "site/models", ["--model", "dark-finder"]),
        ("finder-small", "site/models", ["--model", "dark-finder", "--input-area", "2048"]),
    ],
)
def test_evaluate_says_what_the_table_says(
    folder: Path, tmp_path: Path, row: str, models: str, options: list[str]
) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "models").symlink_to(folder / models)
    data = folder / "synthetic"
    result = CliRunner(env={"SONOLOOP_DATA_DIR": str(tmp_path / "site")}).invoke(
        evaluate,
        [
            *("--images", str(data / "images"), "--masks", str(data / "masks")),
            *("--samples", str(data / "samples.csv"), "--fold", "3"),
            *("--json", str(tmp_path / "evaluated.json"), "--threads", "1", *options),
        ],
    )
    assert result.exit_code == 0, result.output
    evaluated = json.loads((tmp_path / "evaluated.json").read_text())
    rows = {one["name"]: one for one in report(folder)["rows"]}
    overall = evaluated["overall"]
    assert overall["provenance"]["sha256"] == rows[row]["sha256"]
    expected = {key: value for key, value in overall.items() if key in rows[row]}
    assert {"lesion_iou_mean", "lesion_dice_pooled", "hd95_mean", "count"} <= set(expected)
    assert {key: rows[row][key] for key in expected} == expected
    per_image = json.loads((folder / "out" / row / "results.json").read_text())["images"]
    ious = {image["id"]: image["lesion_iou"] for image in per_image if image["truth"]}
    assert {image["id"]: image["lesion_iou"] for image in evaluated["images"]} == ious


def test_images_without_a_lesion_count_false_outlines_alone(folder: Path) -> None:
    found = report(folder)
    assert found["lesion_free_images"] == 3
    per_image = json.loads((folder / "out" / "otsu" / "results.json").read_text())["images"]
    outlined = [image["predicted"] > 0 for image in per_image if not image["truth"]]
    assert len(outlined) == 3
    (row,) = [one for one in found["rows"] if one["name"] == "otsu"]
    assert row["lesion_free_outlined"] == sum(outlined) / 3
    assert "share of 3 images without a lesion" in (folder / "out" / "report.md").read_text()


def test_a_network_has_its_curve_and_its_other_seeds(folder: Path) -> None:
    rows = {row["name"]: row for row in report(folder)["rows"]}
    curve = rows["unet"]["validation_curve"]
    assert [point["steps"] for point in curve] == [2, 4]
    assert all(0 <= point["lesion_iou"] <= 1 for point in curve)
    first, second = rows["unet"]["seeds"]
    assert (first["seed"], second["seed"]) == (0, 5)
    assert first["lesion_iou_mean"] == pytest.approx(rows["unet"]["lesion_iou_mean"])
    assert (folder / "out" / "unet-seed-5" / "last.pt").exists()
    assert rows["finder"]["seeds"] == []
    markdown = (folder / "out" / "report.md").read_text()
    assert "| method | 2 | 4 | last gain |" in markdown
    assert "| unet | 0, 5 | " in markdown


def test_a_network_is_trained_without_a_scanner_and_measured_on_it(folder: Path) -> None:
    (found,) = report(folder)["left_out"]
    assert (found["name"], found["against"]) == ("unet-unseen", "unet")
    assert (found["left_out"], found["count"]) == (["scanner <1>"], 2)
    rows = {row["name"]: row for row in report(folder)["rows"]}
    assert rows["unet-unseen"]["steps"] == 3  # four images are one batch: nothing to round up
    by_device = report(folder)["by"]["device"]["lesion_iou"]
    assert found["lesion_iou_mean"] == by_device["unet-unseen"]["scanner <1>"]
    assert found["trained_lesion_iou_mean"] == by_device["unet"]["scanner <1>"]
    card = json.loads(next((folder / "out" / "unet-unseen").rglob("card.json")).read_text())
    (first, _) = card["training"]["config"]["sources"]
    assert first["without"] == {"device": ["scanner <1>"]}
    assert {change["name"] for change in report(folder)["changes"]}.isdisjoint({"unet-unseen"})
    assert "| scanner <1> | 2 |" in (folder / "out" / "report.md").read_text()


def test_a_scanner_that_no_image_has_is_refused(folder: Path, tmp_path: Path) -> None:
    row = {**METHODS_OF_FILE[-1], "without": {"synthetic": {"device": ["scanner 9"]}}}
    changed = content(folder / "synthetic", methods=[METHODS_OF_FILE[0], row])
    (tmp_path / "compare.yaml").write_text(yaml.safe_dump(changed))
    result = run(tmp_path, "--no-pictures")
    assert result.exit_code == 1
    assert "has 'scanner 9' in the column device" in result.output


def test_every_row_is_held_against_the_best(folder: Path) -> None:
    rows = {row["name"]: row for row in report(folder)["rows"]}
    assert [name for name, row in rows.items() if row["best"]] == ["finder"]
    assert rows["finder"]["difference_to_best"] == [0, 0, 0]
    for row in rows.values():
        expected = row["lesion_iou_mean"] - rows["finder"]["lesion_iou_mean"]
        assert row["difference_to_best"][0] == pytest.approx(expected)


def test_a_variant_is_held_against_the_row_it_is_of(folder: Path) -> None:
    blurred, small = report(folder)["changes"]
    rows = {row["name"]: row for row in report(folder)["rows"]}
    gain = rows["finder-blurred"]["lesion_iou_mean"] - rows["finder"]["lesion_iou_mean"]
    assert blurred["lesion_iou_gain"][0] == pytest.approx(gain)
    assert small["of"] == "finder"
    assert rows["finder-small"]["input_area"] == 2048
    assert rows["finder"]["input_area"] != 2048
    text = (folder / "out" / "report.md").read_text()
    harms = text[text.index("## What does not help") :]
    assert "Makes it worse:\n\n- With a heavy blur (finder-blurred" in harms


def test_the_report_tells_figures_apart_and_shows_pictures(folder: Path) -> None:
    by = report(folder)["by"]
    assert by["device"]["counts"] == {"scanner <0>": 2, "scanner <1>": 2}
    assert by["organ"]["counts"] == {"ellipse": 4}
    assert set(by["organ"]["lesion_iou"]) == set(NAMES)
    assert list(by["lesion size"]["counts"].values()) == [1, 1, 1, 1]
    markdown = (folder / "out" / "report.md").read_text()
    assert "Ellipses on noise." in markdown
    assert "the same budget: 4 steps of 4 windows of 64 px" in markdown
    for name in ("lesion-iou", "distribution", "time", "curves", "changes"):
        assert f"({name}.svg)" in markdown
        assert "unet" in (folder / "out" / "lesion-iou.svg").read_text()
    for name in ("examples-unet", "examples-otsu", "worst-unet", "worst-finder-blurred"):
        assert f"({name}.jpg)" in markdown
        picture = cv2.imread(str(folder / "out" / f"{name}.jpg"))
        assert picture is not None
        assert picture.std() > 5


def test_the_page_needs_nothing_beside_it(folder: Path) -> None:
    html = (folder / "out" / "report.html").read_text()
    assert "scanner &lt;0&gt; (n=2)" in html
    assert "<0>" not in html
    sources = re.findall(r'(?:src|href)="([^"]*)"', html)
    anchors = set(re.findall(r'id="([^"]*)"', html))
    for source in sources:
        embedded = source.startswith("data:image/jpeg;base64,")
        assert embedded or source.removeprefix("#") in anchors, source[:80]
    assert sum(source.startswith("data:") for source in sources) == 10
    assert html.count("<svg ") == 5
    assert "url(http" not in html


def test_what_is_published_shows_no_patient(folder: Path, tmp_path: Path) -> None:
    page = tmp_path / "docs" / "comparison.md"
    result = run(folder, "--report", "--markdown", str(page))
    assert result.exit_code == 0, result.output
    text = page.read_text()
    assert "![" not in text
    assert "**Shipped models**" in text
    assert "| finder |" in text


def test_near_identical_views_are_compared(folder: Path) -> None:
    rows = {row["name"]: row for row in report(folder)["rows"]}
    assert rows["finder"]["consistency"]["groups"] == 2
    assert 0 < rows["finder"]["consistency"]["predicted_dice"] <= 1
    assert "Consistency over near-identical views" in (folder / "out" / "report.md").read_text()


def test_what_is_done_is_not_done_again(folder: Path) -> None:
    kept = [
        folder / "out" / name
        for name in ("unet/last.pt", "unet/results.json", "otsu/settings.json", "unet/timing.json")
    ]
    before = [(path.stat().st_mtime_ns, path.read_bytes()) for path in kept]
    first = report(folder)
    result = run(folder, "--no-pictures")
    assert result.exit_code == 0, result.output
    assert [(path.stat().st_mtime_ns, path.read_bytes()) for path in kept] == before
    assert report(folder) == first


def test_rows_that_nobody_ran_are_listed_as_such(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "compare.yaml").write_text((folder / "compare.yaml").read_text())
    (tmp_path / "site").symlink_to(folder / "site")
    nothing = run(tmp_path, "--report")
    assert nothing.exit_code == 1
    assert "unet: not run" in nothing.output
    result = run(tmp_path, "--only", "finder-blurred", "--no-pictures")
    assert result.exit_code == 0, result.output
    found = report(tmp_path)
    assert [row["name"] for row in found["rows"]] == ["finder-blurred"]
    assert found["missing"] == dict.fromkeys(set(NAMES) - {"finder-blurred"}, "not run")
    assert run(tmp_path, "--only", "otsu", "--no-pictures").exit_code == 0
    # The report has everything that is done, not only the last request.
    assert [row["name"] for row in report(tmp_path)["rows"]] == ["otsu", "finder-blurred"]
    assert "not run" in (tmp_path / "out" / "report.md").read_text()
    unknown = run(tmp_path, "--only", "nothing")
    assert unknown.exit_code == 1
    assert "has no method nothing" in unknown.output


def test_a_report_can_be_had_while_another_process_works(folder: Path) -> None:
    written = (folder / "out" / "unet" / "results.json").stat().st_mtime_ns
    result = run(folder, "--report", "--no-pictures")
    assert result.exit_code == 0, result.output
    assert len(report(folder)["rows"]) == len(METHODS_OF_FILE)
    assert (folder / "out" / "unet" / "results.json").stat().st_mtime_ns == written


def test_a_record_stands_for_a_training_whose_weights_are_gone(
    folder: Path, tmp_path: Path
) -> None:
    copied = shutil.copytree(folder, tmp_path / "copy", symlinks=True)
    records = copied / "records"
    arguments = ("--report", "--no-pictures", "--records", str(records))
    assert run(copied, *arguments).exit_code == 0
    whole = report(copied)
    trained = [str(m["name"]) for m in METHODS_OF_FILE if "network" in m]
    seeds = [f"unet-seed-{seed}" for seed in METHODS_OF_FILE[0]["seeds"]]
    kept = {path.name: path.read_bytes() for path in records.iterdir()}
    assert set(kept) == {f"{name}.json.gz" for name in (*trained, *seeds)}
    (copied / "out" / "unet" / "timing.json").unlink()
    assert run(copied, *arguments).exit_code == 0
    assert (records / "unet.json.gz").read_bytes() == kept["unet.json.gz"], "its time is kept"
    for name in (*trained, *seeds):
        shutil.rmtree(copied / "out" / name)
    result = run(copied, "--report", "--timings", "--records", str(records))
    assert result.exit_code == 0, result.output
    again = report(copied)
    for found in (whole, again):  # the others were timed again
        for row in found["rows"]:
            if row["name"] not in trained:
                row.pop("timing")
    assert again["rows"] == whole["rows"]
    assert again["missing"] == whole["missing"] == {}
    assert {path.name: path.read_bytes() for path in records.iterdir()} == kept
    changed = yaml.safe_load((copied / "compare.yaml").read_text())
    changed["budget"]["steps"] += 2
    (copied / "compare.yaml").write_text(yaml.safe_dump(changed))
    assert run(copied, *arguments).exit_code == 0
    assert set(report(copied)["missing"]) == set(trained), "a record of another budget"
    (records / "unet.json.gz").write_bytes(kept["unet.json.gz"][:100])
    assert run(copied, *arguments).exit_code == 0, "a record that was cut"


def test_a_cut_training_goes_on_from_its_last_checkpoint(folder: Path, tmp_path: Path) -> None:
    budget = {"steps": 4, "checkpoint_steps": 1, "batch_size": 4, "size": 64, "precision": "fp32"}
    unet = {**METHODS_OF_FILE[0], "seeds": []}
    changed = content(folder / "synthetic", methods=[unet], budget=budget)
    config = CompareConfig.model_validate(changed)
    training = training_samples(config.sources)
    run_config = config.training_of(config.methods[0], training)
    assert (run_config.epochs, config.steps_of(run_config, training)) == (4, 4)

    def cut(epoch: int, _step: int, _steps: int, _loss: float) -> None:
        if epoch == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Trainer(run_config, tmp_path / "out" / "unet").run(cut)
    (tmp_path / "compare.yaml").write_text(yaml.safe_dump(changed))
    result = run(tmp_path, "--no-pictures")
    assert result.exit_code == 0, result.output
    ended = Checkpoint.read(tmp_path / "out" / "unet" / "last.pt")
    whole = Trainer(run_config, tmp_path / "whole")
    whole.run()
    for name, value in whole.average.state_dict().items():
        assert torch.equal(value, ended.average[name]), name


def test_a_model_that_was_tuned_is_measured_again(folder: Path, tmp_path: Path) -> None:
    copied = shutil.copytree(folder, tmp_path / "copy")
    path = next((copied / "site" / "models").rglob("card.json"))
    card = json.loads(path.read_text())
    card["calibration"]["temperature"] = 2.5
    path.write_text(json.dumps(card))
    assert run(copied, "--report", "--no-pictures").exit_code == 0
    missing = set(report(copied)["missing"])
    assert missing == {"finder", "finder-blurred", "finder-small"}


def test_times_are_measured_anew_where_asked_for(folder: Path, tmp_path: Path) -> None:
    copied = shutil.copytree(folder, tmp_path / "copy", symlinks=True)
    paths = [copied / "out" / name / "timing.json" for name in ("unet", "otsu", "finder")]
    before = [path.stat().st_mtime_ns for path in paths]
    (copied / "compare.yaml").write_text((folder / "compare.yaml").read_text())
    result = run(copied, "--timings", "--report", "--no-pictures")
    assert result.exit_code == 0, result.output
    assert all(path.stat().st_mtime_ns > b for path, b in zip(paths, before, strict=True))


def test_a_method_that_fails_does_not_take_the_others_with_it(folder: Path, tmp_path: Path) -> None:
    methods = [
        {"name": "gone", "model": "no-such-model"},
        {"name": "gone-too", "of": "gone", "pipeline": {"denoise_sigma": 1}},
        {"name": "finder", "model": "dark-finder"},
    ]
    changed = content(folder / "synthetic", methods=methods)
    (tmp_path / "compare.yaml").write_text(yaml.safe_dump(changed))
    (tmp_path / "site").symlink_to(folder / "site")
    result = run(tmp_path, "--no-pictures")
    assert result.exit_code == 0, result.output
    found = report(tmp_path)
    assert [row["name"] for row in found["rows"]] == ["finder"]
    assert set(found["missing"]) == {"gone", "gone-too"}
    assert "There is no model" in (tmp_path / "out" / "report.md").read_text()
    shutil.rmtree(tmp_path / "out")
    nothing = run(tmp_path, "--only", "gone")
    assert nothing.exit_code == 1
    assert "There is no model" in nothing.output


def test_a_patient_on_both_sides_is_refused(dataset: Path, tmp_path: Path) -> None:
    sources = [{"folder": str(dataset), "train_folds": [1, 3], "validation_folds": [3]}]
    (tmp_path / "compare.yaml").write_text(yaml.safe_dump(content(dataset, sources=sources)))
    result = run(tmp_path)
    assert result.exit_code == 1
    assert "in training and in validation" in result.output


@pytest.mark.parametrize(
    ("method", "message"),
    [
        ({"name": "a"}, "exactly one of"),
        ({"name": "a", "classical": "otsu", "model": "m"}, "exactly one of"),
        ({"name": "a", "classical": "magic"}, "no method 'magic'"),
        ({"name": "a", "of": "b", "input_area": 4096}, "which is no row"),
        ({"name": "a", "model": "m", "pipeline": {"crf": {"engin": "grid"}}}, "engin"),
        ({"name": "a", "classical": "otsu", "input_area": 4096}, "like every other"),
        ({"name": "a", "of": "b"}, "needs pipeline"),
        ({"name": "a", "classical": "otsu", "seeds": [1]}, "neither seeds nor without"),
        ({"name": "a", "network": {}, "without": {"other": {"x": ["y"]}}}, "no data set of it"),
        ({"name": "a", "network": {"architecture": "unet", "width": 2}}, "width"),
        ({"name": "a", "network": {"encoder": "resnet18"}}, "no ImageNet weights"),
        ({"name": "a", "network": {"encoder": "resnet19", "imagenet": False}}, "no encoder"),
    ],
)
def test_a_wrong_row_is_explained(
    dataset: Path, tmp_path: Path, method: dict[str, object], message: str
) -> None:
    path = tmp_path / "compare.yaml"
    path.write_text(yaml.safe_dump(content(dataset, methods=[method])))
    with pytest.raises(ConfigError, match=message):
        CompareConfig.read(path)


def test_the_shipped_comparison_names_every_network_and_method() -> None:
    config = CompareConfig.read(Path("models/configs/compare.yaml"))
    assert {m.classical for m in config.methods if m.classical} == set(METHODS)
    networks = {m.network.architecture for m in config.methods if m.network}
    left_out = [m.without["bus-bra"]["device"] for m in config.methods if m.without]
    scanners = [{"device": device} for (device,) in left_out]
    samples = [
        Sample(str(n), Path(), Path(), str(n), ("mmotu", "bus-bra")[n % 2], None, scanners[n % 3])
        for n in range(1927)
    ]
    assert networks == {"patch-cnn", "fcn8s", "unet", "deeplabv2", "deeplabv3plus"}
    runs = [config.training_of(m, samples) for m in config.methods if m.network]
    assert {config.steps_of(run, samples) for run in runs} == {config.budget.steps}
