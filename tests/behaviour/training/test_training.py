"""One button trains a candidate on the pool, and a cancelled run ends within seconds."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import psutil
import pytest
from click.testing import CliRunner

from app.accounts.tables import Role
from app.core.broker import TRAIN_QUEUE
from app.core.ids import now
from app.images.tables import Split
from app.jobs.tables import Job, JobState
from app.training.records import drop_leftovers, run_folder
from app.training.tables import TrainingRun
from models.commands.loop import loop
from models.commands.prepare import prepare
from tests.behaviour.exports.archives import exported
from tests.behaviour.promotions.judged import fill
from tests.behaviour.training.pooled import (
    CLASSES,
    RECIPE,
    SUBJECTS,
    Training,
    parent,
    training_site,
)
from tests.behaviour.training.rows import add_training_run
from tests.processes import wait_until
from worker.pipeline.artifact import read_artifact
from worker.tasks.run import finish_all, run
from worker.tasks.training_data import write_replay

EPOCHS = 2


@pytest.fixture
def training(tmp_path: Path, valkey: str) -> Iterator[Training]:
    """A new site for each test, so that a rerun test does not find its own leftovers."""
    with training_site(tmp_path / "site", valkey) as opened:
        yield opened


@pytest.fixture
def ready(training: Training, tmp_path: Path) -> Training:
    """The site with a deployed model and a pool to train on."""
    training.serve(tmp_path / "parent")
    training.fill()
    return training


def test_what_is_missing_is_said_before_anything_runs(training: Training, tmp_path: Path) -> None:
    admin = training.admin
    ready = admin.get("/training-readiness").json()
    assert (ready["problem"]["code"], ready["problem"]["count"]) == ("no-parent", None)
    training.serve(tmp_path)
    problem = admin.get("/training-readiness").json()["problem"]
    assert (problem["code"], problem["count"], problem["needed"]) == ("few-training", 0, 8)
    assert "in the training part: 0" in problem["text"]
    refused = admin.post("/training-runs", json={})
    assert (refused.status_code, refused.json()["code"]) == (409, "not-ready-to-train")
    training.fill()
    ready = admin.get("/training-readiness").json()
    assert ready["problem"] is None, ready
    assert sum(part["images"] for part in ready["parts"].values()) == SUBJECTS
    assert sum(part["lesion_free"] for part in ready["parts"].values()) == SUBJECTS // 4
    shown = {one["name"]: one["images"] for one in ready["classes"]}
    assert set(shown) == {*CLASSES, "calcification"}
    assert shown["calcification"] == 0
    with_lesion = ready["parts"]["train"]["images"] - ready["parts"]["train"]["lesion_free"]
    assert sum(shown.values()) == with_lesion
    few = {one["code"]: one for one in ready["warnings"]}
    assert few["few-of-class"]["name"] == "calcification", "the last that is said"
    assert "no-reference" in few
    assert "unknown-patients" not in few
    assert few["few-validating"]["count"] < few["few-validating"]["needed"] == 10
    assert "Patients who validate" in few["few-validating"]["text"]
    assert (ready["parent"], ready["suggested_name"]) == ("tiny@1.0.0", "tiny-pool")


def processes() -> list[psutil.Process]:
    """Return the training processes started by this test."""
    return [p for p in psutil.Process().children() if "models.loop" in " ".join(p.cmdline())]


def test_a_cancelled_run_ends_and_leaves_nothing(ready: Training) -> None:
    started = ready.admin.post("/training-runs", json={})
    assert started.status_code == 202, started.text
    again = ready.admin.post("/training-runs", json={})
    assert (again.status_code, again.json()["code"]) == (409, "trains-already")
    working = threading.Thread(target=run, args=(ready.runtime, TRAIN_QUEUE))
    working.start()
    wait_until(processes, what="for the process that trains")
    for process in processes():
        assert process.nice() == 19
        group = Path(f"/proc/{process.pid}/autogroup")
        if group.exists():  # the kernel weighs sessions against each other
            assert group.read_text().endswith("nice 19\n")
    gone = ready.admin.delete(f"/training-runs/{started.json()['id']}")
    assert gone.status_code == 200
    working.join(120)
    assert not working.is_alive()
    assert not processes()
    finish_all()
    folder = ready.runtime.settings.data_dir / "training"
    assert not list(folder.iterdir())
    assert gone.json()["state"] == "cancelled"


@pytest.mark.timeout(1800)
def test_both_candidates_come_in_and_the_command_on_an_export_makes_the_same_bytes(
    ready: Training, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run replays images of another project, whose validation split is the reference set."""
    monkeypatch.setattr("worker.tasks.train.NICE", 0)  # it would hardly run beside other tests
    admin, site = ready.admin, ready.site
    other = site.add_project()
    fill(site, other, Split.TRAIN, 300)
    fill(site, other, Split.VALIDATION, 400)
    named = {"project_id": str(other), "name": "Elsewhere"}
    admin.post("/reference-sets", json=named).raise_for_status()
    (replayed,) = admin.get("/training-readiness").json()["replay"]
    assert (replayed["name"], replayed["images"]) == ("Elsewhere", 2 * replayed["patients"])
    started = admin.post("/training-runs", json={"name": "own", "epochs": EPOCHS})
    assert started.status_code == 202, started.text
    assert run(ready.runtime, TRAIN_QUEUE)
    finish_all()
    done = admin.get(f"/training-runs/{started.json()['id']}").json()
    assert (done["state"], done["replay"]) == ("done", [replayed]), done["problem"]
    assert [one["epoch"] for one in done["log"] if one["epoch"]] == [1, 2]
    assert any(one["stage"] for one in done["log"]), "short stages may be missed, not all"
    models = {one["name"]: one for one in admin.get("/models").json()["items"]}
    assert "digest" in done["outcome"], done["outcome"]
    made = {"own": done["outcome"]["digest"], "own-int8": done["outcome"]["digest_in_8_bits"]}
    for name, digest in made.items():
        assert (models[name]["state"], models[name]["digest"]) == ("candidate", digest)

    export = exported(site, admin)
    (tmp_path / "export.zip").write_bytes(export)
    prepared = CliRunner().invoke(
        prepare, [str(tmp_path / "export.zip"), "--out", str(tmp_path / "pool")]
    )
    assert prepared.exit_code == 0, prepared.output
    with site.database.read() as session:
        found = session.get_one(TrainingRun, UUID(done["id"]))
        (again,) = write_replay(ready.runtime, found, tmp_path)
    parent(tmp_path / "models")
    monkeypatch.setenv("SONOLOOP_MODELS_DIR", str(tmp_path / "models"))
    told = {"data": tmp_path / "pool", "replay": again, "parent": "tiny", "name": "own"}
    told |= {"out": tmp_path / "out", "epochs": EPOCHS}
    told |= {name.replace("_", "-"): value for name, value in RECIPE.items()}
    arguments = [one for name, value in told.items() for one in (f"--{name}", str(value))]
    ran = CliRunner().invoke(loop, ["run", *arguments])
    assert ran.exit_code == 0, ran.output
    folders = [Path(line) for line in ran.stdout.strip().splitlines()]
    assert [read_artifact(folder).digest for folder in folders] == list(made.values())


def test_a_worker_that_died_leaves_no_pictures_behind(training: Training) -> None:
    settings, database = training.runtime.settings, training.site.database
    folders = {}
    for state, retryable, hours in (
        (JobState.RUNNING, False, 0),
        (JobState.FAILED, True, 1),
        (JobState.FAILED, True, 48),
        (JobState.CANCELLED, False, 0),
    ):
        run_id = add_training_run(training.site, training.site.person(Role.ADMIN))
        with database.write() as session:
            job = session.get_one(TrainingRun, run_id).job
            job.state, job.retryable = state, retryable
            job.finished_at = now() - timedelta(hours=hours)
        folder = run_folder(settings, run_id)
        (folder / "pool").mkdir(parents=True)
        folders[folder] = job.id
    assert drop_leftovers(database, settings) == 2
    assert [folder.exists() for folder in folders] == [True, True, False, False]
    with database.write() as session:
        for job_id in folders.values():
            session.get_one(Job, job_id).state = JobState.CANCELLED
            session.get_one(Job, job_id).retryable = False
    assert drop_leftovers(database, settings) == 2
