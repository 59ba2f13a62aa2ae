"""Attacks on the registry: each ends in a refusal, in a version marked as broken with a reason, or
in a result by the previous version."""

import itertools
import json
import re
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from app.accounts.tables import Role
from app.core.broker import BACKGROUND_QUEUE, SEGMENT_QUEUE
from app.core.database import Database
from app.core.ids import new_id, now
from app.core.state import State
from app.deployments import imports
from app.model_versions.tables import ModelVersion
from app.status import checks
from app.status.records import LoadedModel, record_heartbeat
from tests.behaviour.deployments.versions import working
from tests.behaviour.promotions.confirming import let_serve
from tests.conftest import fresh_settings
from tests.running_site import Site, running_site
from tests.unit.worker.pipeline.dark import GAIN, write_dark_model, write_model
from worker import serving
from worker.pipeline import encode_png, vetting
from worker.pipeline.artifact import read_artifact
from worker.pipeline.verification import golden_picture
from worker.registry.intake import take_in
from worker.runtime import Runtime
from worker.tasks.run import finish_all, run

SIZE = 120


@dataclass
class Registry:
    """A site, a worker in this process, and an admin."""

    site: Site
    runtime: Runtime
    admin: httpx.Client

    def send(self, content: bytes) -> dict[str, Any]:
        """Import an archive and return its finished job."""
        sent = self.admin.post("/models", files={"file": ("model.zip", content)})
        assert sent.status_code == 202, sent.text
        assert run(self.runtime, BACKGROUND_QUEUE)
        finish_all()
        jobs: list[dict[str, Any]] = self.admin.get("/model-jobs").json()["items"]
        assert jobs[0]["id"] == sent.json()["id"]
        return jobs[0]

    def segment(self, picture: bytes) -> httpx.Response:
        """Send a picture through the queue and return the job."""
        sent = self.admin.post("/segment?wait=0&store=false", content=picture)
        assert run(self.runtime, SEGMENT_QUEUE)
        finish_all()
        return self.admin.get(f"/jobs/{sent.json()['id']}")

    def promote(self, name: str) -> httpx.Response:
        return self.admin.post("/deployments", json={"model": name, "reason": "Better."})


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory, valkey: str) -> Iterator[Registry]:
    settings = fresh_settings(tmp_path_factory.mktemp("registry"), valkey)
    with running_site(settings) as site, working(site) as runtime:
        yield Registry(site, runtime, site.browser(Role.ADMIN))


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look up the deployment each time."""
    monkeypatch.setattr(serving, "FOUND_SECONDS", 0.0)


def packed(folder: Path, **replaced: bytes | None) -> bytes:
    """Return a folder as people upload it, with files replaced or left out."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for path in sorted(folder.iterdir()):
            content = replaced.get(path.stem, path.read_bytes())
            if content is not None:
                archive.writestr(path.name, content)
    return out.getvalue()


def graph_of(tmp_path: Path, *nodes: Any, constants: dict[str, Any], **card: Any) -> Path:
    """Return a model of these nodes, from `image` to `logits`."""
    graph = helper.make_graph(
        list(nodes),
        "odd",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["n", 3, "h", "w"])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["n", 1, "h", "w"])],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    return write_model(tmp_path, model, "odd", card.pop("version"), **card)


def grey() -> Any:
    return helper.make_node("ReduceMean", ["image", "axes"], ["grey"], keepdims=1)


def not_a_number(tmp_path: Path, version: str) -> Path:
    nodes = [grey(), helper.make_node("Log", ["negative"], ["nan"])]
    nodes.append(helper.make_node("Add", ["grey", "nan"], ["logits"]))
    constants = {"axes": np.array([1]), "negative": np.float32([-1])}
    return graph_of(tmp_path, *nodes, constants=constants, version=version)


def the_same_everywhere(tmp_path: Path, version: str) -> Path:
    nodes = [grey(), helper.make_node("Mul", ["grey", "zero"], ["logits"])]
    constants = {"axes": np.array([1]), "zero": np.float32(0)}
    return graph_of(tmp_path, *nodes, constants=constants, version=version)


def huge_constant(tmp_path: Path, version: str) -> Path:
    """A file of some hundred bytes that requires 64 GiB."""
    value = helper.make_tensor("value", TensorProto.FLOAT, [1], [1.0])
    nodes = [
        grey(),
        helper.make_node("ConstantOfShape", ["shape"], ["much"], value=value),
        helper.make_node("ReduceMax", ["much"], ["one"], keepdims=0),
        helper.make_node("Mul", ["grey", "one"], ["logits"]),
    ]
    constants = {"axes": np.array([1]), "shape": np.array([2**17, 2**17])}
    return graph_of(tmp_path, *nodes, constants=constants, version=version)


def wrong_shape(tmp_path: Path, version: str) -> Path:
    nodes = [grey(), helper.make_node("MaxPool", ["grey"], ["logits"], kernel_shape=[2, 2])]
    return graph_of(tmp_path, *nodes, constants={"axes": np.array([1])}, version=version)


def endless(tmp_path: Path, version: str) -> Path:
    """A loop of 2⁶² iterations."""
    cond = helper.make_tensor_value_info("c", TensorProto.BOOL, [])
    body = helper.make_graph(
        [helper.make_node("Identity", ["c"], ["again"])],
        "body",
        [helper.make_tensor_value_info("i", TensorProto.INT64, []), cond],
        [helper.make_tensor_value_info("again", TensorProto.BOOL, [])],
    )
    nodes = [helper.make_node("Loop", ["rounds", "yes"], [], body=body)]
    nodes.append(helper.make_node("ReduceMean", ["image", "axes"], ["logits"], keepdims=1))
    constants = {"axes": np.array([1]), "rounds": np.int64(2**62), "yes": np.bool_(True)}
    return graph_of(tmp_path, *nodes, constants=constants, version=version)


def outside(tmp_path: Path, version: str) -> Path:
    folder = write_dark_model(tmp_path, "odd", version)
    model = onnx.load(folder / "model.onnx")
    kernel = model.graph.initializer[1]
    kernel.data_location = TensorProto.EXTERNAL
    entry = kernel.external_data.add()
    entry.key, entry.value = "location", "/etc/hostname"
    kernel.ClearField("raw_data")
    return write_model(tmp_path / "again", model, "odd", version)


@pytest.mark.parametrize(
    ("make", "version", "said"),
    [
        (not_a_number, "1.0.0", "not finite"),
        (the_same_everywhere, "1.0.1", "the same for every pixel"),
        (huge_constant, "1.0.2", "did not come to an end|ONNX Runtime|cannot be run"),
        (wrong_shape, "1.0.3", "of shape|cannot be run|did not come"),
        (endless, "1.0.4", "'Loop'"),
        (outside, "1.0.5", "data outside its file"),
    ],
)
def test_a_model_that_must_not_serve_comes_in_as_broken_and_says_why(
    registry: Registry,
    tmp_path: Path,
    make: Callable[[Path, str], Path],
    version: str,
    said: str,
) -> None:
    job = registry.send(packed(make(tmp_path, version)))
    assert job["state"] == "done", job
    assert job["standing"] == "broken"
    assert re.search(said, job["reason"]), job["reason"]
    assert str(tmp_path) not in job["reason"]
    refused = registry.promote(f"odd@{version}")
    assert (refused.status_code, refused.json()["code"]) == (409, "may-not-serve")


def lying(folder: Path, **changes: Any) -> bytes:
    card = json.loads((folder / "card.json").read_text())
    return packed(folder, card=json.dumps({**card, **changes}).encode())


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda f: packed(f, model=(f / "model.onnx").read_bytes()[:-9]), "SHA-256"),
        (lambda f: packed(f, model=None), "missing"),
        (lambda f: packed(f, card=None), "card"),
        (lambda f: packed(f)[:-60], "damaged or cut short"),
        (lambda f: lying(f, sha256="0" * 64), "SHA-256"),
        (lambda f: lying(f, files={"weights.safetensors": "0" * 64}), "missing"),
        (lambda f: lying(f, calibration={"temperature": 1, "threshold": 0.9}), "threshold"),
        (lambda f: lying(f, name="../../etc"), "not valid"),
    ],
    ids=["truncated", "no graph", "no card", "half", "digest", "files", "thresholds", "name"],
)
def test_an_archive_that_is_not_what_its_card_says_is_refused(
    registry: Registry, tmp_path: Path, spoil: Callable[[Path], bytes], said: str
) -> None:
    folder = write_dark_model(tmp_path, "liar", "1.0.0")
    job = registry.send(spoil(folder))
    assert job["state"] == "failed"
    assert job["problem"]["code"] == "model-refused"
    assert said in job["problem"]["detail"]
    assert tempfile.gettempdir() not in job["problem"]["detail"]
    names = {one["name"] for one in registry.admin.get("/models").json()["items"]}
    assert "liar" not in names


def test_the_same_number_with_other_bytes_is_refused_and_the_first_stays(
    registry: Registry, tmp_path: Path
) -> None:
    first = registry.send(packed(write_dark_model(tmp_path / "a", "twice", "1.0.0")))
    assert first["standing"] == "usable"
    again = registry.send(packed(write_dark_model(tmp_path / "b", "twice", "1.0.0")))
    assert again["standing"] == "usable", "the same bytes once more"
    other = registry.send(packed(write_dark_model(tmp_path / "c", "twice", "1.0.0", 2 * GAIN)))
    assert (other["state"], other["problem"]["code"]) == ("failed", "version-taken")


def test_what_breaks_while_it_serves_is_answered_for_by_the_version_before(
    registry: Registry, tmp_path: Path
) -> None:
    """The model returns NaN only for bright pictures: it passes verification and fails in use."""
    assert registry.send(packed(write_dark_model(tmp_path, "good", "1.0.0")))["standing"]
    nodes = [
        grey(),
        helper.make_node("ReduceMean", ["image", "all"], ["bright"], keepdims=1),
        helper.make_node("Sub", ["limit", "bright"], ["left"]),
        helper.make_node("Log", ["left"], ["nan"]),
        helper.make_node("Add", ["grey", "nan"], ["logits"]),
    ]
    constants = {"axes": np.array([1]), "all": np.array([1, 2, 3]), "limit": np.float32(170)}
    folder = graph_of(tmp_path, *nodes, constants=constants, version="2.0.0")
    assert golden_picture().mean() < 170
    assert registry.send(packed(folder))["standing"] == "usable"
    assert registry.promote("good@1.0.0").status_code == 201
    let_serve(registry.site, registry.admin, "odd@2.0.0")
    random = np.random.default_rng(0)
    dark = random.integers(30, 120, (SIZE, SIZE), dtype=np.uint8)
    bright = random.integers(215, 256, (SIZE, SIZE), dtype=np.uint8)

    def model(pixels: Any) -> str:
        job = registry.segment(encode_png(pixels)).json()
        assert job["state"] == "done", job
        return str(job["result"]["provenance"]["model"]["name"])

    assert model(dark) == "odd"
    assert model(bright) == "good", "one strange picture"
    assert model(dark) == "odd"
    assert [model(bright), model(bright)] == ["good", "good"]
    assert model(dark) == "good", "after the third it is broken"
    with registry.site.database.read() as session:
        row = session.get_one(ModelVersion, ("odd", "2.0.0"))
    assert row.reason and "not finite" in row.reason
    assert "odd 2.0.0" in checks_of(registry.site.database)
    verified = registry.admin.post("/models/odd/2.0.0/verification")
    assert verified.status_code == 202
    assert run(registry.runtime, BACKGROUND_QUEUE)
    assert model(dark) == "odd", "an admin had it verified anew"


def checks_of(database: Database) -> str:
    with database.write() as session:
        record_heartbeat(
            session, new_id(), "w", now(), [LoadedModel("good", "1.0.0", "0" * 64)], "CPU"
        )
    found = checks.model(database)
    assert not found.ok
    assert found.answering
    return found.detail


def test_a_graph_that_computes_for_ever_is_ended(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The graph has no loop, but layers that would take minutes."""
    monkeypatch.setattr(vetting, "_CLOCK_SECONDS", 3)
    names = ["image", *(f"layer{n}" for n in range(60))]
    nodes = [
        helper.make_node(
            "Conv", [before, "first" if before == "image" else "kernel"], [after], pads=[1] * 4
        )
        for before, after in itertools.pairwise(names)
    ]
    nodes.append(helper.make_node("ReduceMean", [names[-1], "axes"], ["logits"], keepdims=1))
    constants = {
        "axes": np.array([1]),
        "first": np.zeros((256, 3, 3, 3), np.float32),
        "kernel": np.zeros((256, 256, 3, 3), np.float32),
    }
    folder = graph_of(tmp_path, *nodes, constants=constants, version="3.0.0")
    job = registry.send(packed(folder))
    assert job["standing"] == "broken"
    assert "did not come to an end" in job["reason"]


def test_what_came_with_the_software_is_verified_as_well_once_and_after_the_start(
    registry: Registry, tmp_path: Path
) -> None:
    """The rows are as after the first start: stored, and not verified."""
    for made in (
        write_dark_model(tmp_path / "fine", "came", "1.0.0"),
        not_a_number(tmp_path / "nan", "9.0.0"),
    ):
        take_in(registry.runtime, read_artifact(made), {"shipped_with": "0"})
    state = State.open(registry.site.settings)
    assert imports.verify_shipped(state) == 0, "a start does not wait for it"
    came, odd = ("came", "1.0.0"), ("odd", "9.0.0")
    with registry.site.database.write() as session:
        for key in (came, odd):
            session.get_one(ModelVersion, key).registered_at = now() - imports.VERIFIED_AFTER
    assert imports.verify_shipped(state) == 2
    assert imports.verify_shipped(state) == 0, "once"
    state.close()
    while run(registry.runtime, BACKGROUND_QUEUE):
        finish_all()
    with registry.site.database.read() as session:
        fine, broken = (session.get_one(ModelVersion, key) for key in (came, odd))
        assert fine.standing == "usable"
        assert fine.verification
        assert fine.verification["golden"]
        assert broken.standing == "broken"
        assert "not finite" in (broken.reason or "")
