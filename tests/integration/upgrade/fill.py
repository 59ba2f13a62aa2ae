"""Fill a site with one of everything over HTTP, and store its rows, blobs and responses.

    python -m tests.integration.upgrade.fill FILE.zip

Run it with the code of the version whose data is to be kept. `schema_0006.zip` was made this way by
the last version with that schema. Every image is simulated.
"""

import io
import json
import sqlite3
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from tests.faults.conftest import prepare
from tests.processes import Processes, wait_until
from tests.synthetic import (
    dicom_bytes,
    png_bytes,
    ultrasound,
    ultrasound_dataset,
    ultrasound_region,
)

HEIGHT, WIDTH = 72, 96
PASSWORD = "correct lantern sonography"
PEOPLE = {"ada": "annotator", "ben": "annotator", "cyd": "annotator", "rae": "reviewer"}
SITE_KEY = "a site key that only tests know, 32 characters or more"


class Filling:
    """People at a running site."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.people: dict[str, httpx.Client] = {}
        self.images: dict[str, str] = {}
        self.sign_in("admin", "admin@example.org", "correct horse battery staple")
        for name, role in PEOPLE.items():
            self.invite(name, role)

    def sign_in(self, name: str, email: str, password: str) -> None:
        client = httpx.Client(base_url=self.url, headers={"Origin": self.url}, timeout=120)
        good(client.post("/session", json={"email": email, "password": password}))
        self.people[name] = client

    def invite(self, name: str, role: str) -> None:
        email = f"{name}@example.org"
        new = {"name": name.title(), "email": email, "role": role}
        link = good(self.people["admin"].post("/users", json=new))["set_up_url"]
        token = link.partition("#token=")[2]
        answer = {"token": token, "password": PASSWORD}
        good(
            httpx.post(f"{self.url}/invitations/accept", json=answer, headers={"Origin": self.url})
        )
        self.sign_in(name, email, PASSWORD)

    def id_of(self, name: str) -> str:
        return str(good(self.people[name].get("/session"))["user"]["id"])

    def send(self, name: str, who: str, data: bytes, **options: Any) -> str:
        """Upload an image to be segmented, remember it by this name, and return its id."""
        answer = self.people[who].post("/segment", params={"wait": 60, **options}, content=data)
        self.images[name] = good(answer)["image_id"]
        return self.images[name]

    def draw(self, name: str, who: str, left: int = 30, parent: int | None = 1, **more: Any) -> int:
        """Save a drawing of two lesions, one of them named; return its revision once measured."""
        body = {
            "parent_revision": parent,
            "labels": drawing(left) if more.get("answer", "lesions") == "lesions" else drawing(),
            "answer": "lesions",
            "seconds": 21.5,
            **more,
        }
        headers = {"Idempotency-Key": f"{name}-{who}-{left}-{parent}"}
        path = f"/images/{self.images[name]}/masks"
        revision = int(good(self.people[who].post(path, json=body, headers=headers))["revision"])
        wait_until(lambda: good(self.people[who].get(f"{path}/{revision}"))["result"])
        return revision

    def post(self, name: str, who: str, act: str, body: dict[str, Any]) -> Any:
        return good(self.people[who].post(f"/images/{self.images[name]}/{act}", json=body))

    def done(self, who: str, job: str) -> dict[str, Any]:
        """Wait until the job has ended and return it."""

        def ended() -> dict[str, Any] | None:
            found: dict[str, Any] = good(self.people[who].get(f"/jobs/{job}"))
            return found if found["state"] in ("done", "failed") else None

        return wait_until(ended)


def good(answer: httpx.Response) -> Any:
    """Return the JSON of a successful response."""
    assert answer.status_code < 300, answer.text
    return answer.json() if answer.content else None


def drawing(left: int | None = None) -> dict[str, Any]:
    """Return labels of two lesions, or of none."""
    labels = np.zeros((HEIGHT, WIDTH), np.uint8)
    if left is not None:
        labels[30:42, left : left + 14] = 1
        labels[44:50, left + 6 : left + 12] = 2
    flat = labels.ravel()
    starts = np.flatnonzero(np.diff(flat, prepend=255))
    lengths = np.diff(starts, append=flat.size)
    runs = [int(n) for pair in zip(flat[starts], lengths, strict=True) for n in pair]
    names = {"1": "Cyst"} if left is not None else {}
    return {"width": WIDTH, "height": HEIGHT, "runs": runs, "names": names}


def png(seed: int) -> bytes:
    return png_bytes(ultrasound(HEIGHT, WIDTH, seed, geometry="full").pixels)


def dicom(seed: int, **attributes: Any) -> bytes:
    """Return a DICOM file with a calibrated region, of an invented patient."""
    pixels = ultrasound(HEIGHT, WIDTH, seed, geometry="full").pixels
    region = ultrasound_region((2, 2, HEIGHT - 4, WIDTH - 4))
    return dicom_bytes(ultrasound_dataset(pixels, [region], **attributes))


def fill(filling: Filling, worker: Any) -> None:
    """Create one of everything that this version supports."""
    # Only a model's masks, two of them.
    filling.send("predicted", "ada", png(1))
    again = filling.post("predicted", "ada", "segment", {"model": "sonoloop-lite0"})
    filling.done("ada", again["id"])
    # Calibrated, of a known patient, corrected twice, restored, approved: in the pool.
    filling.send("approved", "ada", dicom(2))
    filling.draw("approved", "ada")
    filling.draw("approved", "ada", 40, 2)
    restored = filling.post("approved", "ada", "masks/2/restore", {"parent_revision": 3})
    filling.draw("approved", "ada", 34, restored["revision"], submit=True)
    review = {"revision": 5, "verdict": "approved", "comment": "Well seen."}
    filling.post("approved", "rae", "reviews", review)
    # An unsaved draft, of a known patient.
    filling.send("drafted", "ada", png(3), subject="patient 7")
    draft = {"version": 0, "parent_revision": 1, "labels": drawing(20), "seconds": 3.0}
    good(filling.people["ada"].put(f"/images/{filling.images['drafted']}/draft", json=draft))
    # A blind double reading, compared and merged, with an approved consensus.
    filling.send("merged", "ada", dicom(4, PatientID="TEST-0002"))
    readers = {"reader_ids": [filling.id_of("ben"), filling.id_of("cyd")], "blind": True}
    filling.post("merged", "rae", "readings", readers)
    first = filling.draw("merged", "ben", 30, submit=True)
    second = filling.draw("merged", "cyd", 33, submit=True)
    path = f"/images/{filling.images['merged']}/agreement"
    wait_until(lambda: filling.people["rae"].get(path).status_code == 200)
    wanted = {"method": "staple", "revisions": [first, second]}
    job = filling.post("merged", "rae", "consensus", wanted)
    filling.done("rae", job["id"])
    review = {"revision": second + 1, "verdict": "approved", "comment": None}
    filling.post("merged", "rae", "reviews", review)
    # Also blind, one reading unfinished: each reader sees only their own.
    filling.send("blind", "ada", png(5))
    filling.post("blind", "rae", "readings", {**readers, "due_at": "2027-01-01T00:00:00Z"})
    filling.draw("blind", "ben", 50, submit=True)
    # Returned with a reason; submitted without a lesion; submitted as impossible to judge.
    filling.send("returned", "ben", png(6))
    returned = filling.draw("returned", "ben", submit=True)
    review = {"revision": returned, "verdict": "returned", "comment": "The rim is too wide."}
    filling.post("returned", "rae", "reviews", review)
    filling.send("empty", "ben", png(7))
    filling.draw("empty", "ben", answer="no-lesion", submit=True)
    filling.send("unclear", "ben", png(8))
    reason = "Shadow of a rib."
    filling.draw("unclear", "ben", answer="cannot-judge", answer_reason=reason, submit=True)
    # An export of the pool, and an import of another image as approved.
    order = {"format": "png", "filters": {"states": ["approved"]}}
    export = good(filling.people["admin"].post("/exports", json=order))
    filling.done("admin", export["links"]["job"].rpartition("/")[2])
    imported = io.BytesIO()
    with zipfile.ZipFile(imported, "w") as archive:
        archive.writestr("images/one.png", png(9))
        mask = np.zeros((HEIGHT, WIDTH), np.uint8)
        mask[20:40, 30:50] = 255
        archive.writestr("masks/one.png", png_bytes(mask))
    files = {"file": ("labels.zip", imported.getvalue())}
    new = good(filling.people["admin"].post("/imports", files=files))
    filling.done("admin", new["links"]["job"].rpartition("/")[2])
    as_approved = {"stored_as": "approved"}
    new = good(filling.people["admin"].post(f"/imports/{new['id']}/apply", json=as_approved))
    filling.done("admin", new["links"]["job"].rpartition("/")[2])
    good(filling.people["admin"].get("/pool"))
    token = {"name": "script", "scopes": ["segment", "read"]}
    good(filling.people["ada"].post("/tokens", json=token))
    # Jobs: one that failed, one that stores nothing, and one still queued.
    broken = filling.people["ada"].post("/segment?wait=60", content=png(10)[:200])
    assert broken.status_code == 400, broken.text
    good(filling.people["ada"].post("/segment?wait=60&store=false", content=png(11)))
    worker.terminate()
    worker.wait(60)
    waiting = filling.people["ada"].post("/segment?wait=0", content=png(12))
    assert waiting.status_code == 202, waiting.text


def seen(filling: Filling) -> dict[str, Any]:
    """Return the JSON of every address, by person and path."""
    answers: dict[str, Any] = {}
    for name, client in filling.people.items():
        paths = ["/images?limit=200", "/queues"]
        if name == "admin":
            paths += ["/audit?limit=200", "/exports", "/imports", "/pool", "/effort", "/agreement"]
        for image_id in good(client.get("/images?limit=200"))["items"]:
            image = good(client.get(f"/images/{image_id['id']}"))
            paths += [f"/images/{image['id']}{part}" for part in ("", "/draft", "/agreement")]
            for mask in image["masks"]:
                one = f"/images/{image['id']}/masks/{mask['revision']}"
                paths += [one, f"{one}/labels"]
        found = {path: client.get(path) for path in paths}
        answers[name] = {
            path: answer.json() for path, answer in found.items() if answer.status_code == 200
        }
    return answers


def keep(database: Path, blobs: Path, answers: dict[str, Any], kept: Path) -> None:
    """Write rows, blobs and answers into one archive."""
    connection = sqlite3.connect(database)
    connection.row_factory = sqlite3.Row
    names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    rows = {
        name: [dict(row) for row in connection.execute(f'SELECT * FROM "{name}"')]
        for (name,) in names
        if not name.startswith("sqlite_")
    }
    # Momentary values, such as who was signed in and which processes were alive.
    for passing in ("session", "presence", "worker_heartbeat", "model_version", "alembic_version"):
        rows.pop(passing)
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in (("rows.json", rows), ("answers.json", answers)):
            archive.writestr(name, json.dumps(content, separators=(",", ":"), sort_keys=True))
        for path in sorted(blobs.rglob("*")):
            if path.is_file():
                archive.write(path, Path("blobs", path.relative_to(blobs)))


def main(kept: Path) -> None:
    """Start the product, fill it, and write its content to the archive."""
    with tempfile.TemporaryDirectory() as data:
        processes = Processes(Path(data), site_key=SITE_KEY)
        try:
            prepare(processes)
            worker = processes.start_worker()
            _, url = processes.start_api()
            filling = Filling(url)
            fill(filling, worker)
            answers = seen(filling)
        finally:
            processes.close()
        keep(Path(data, "sonoloop.sqlite3"), Path(data, "blobs"), answers, kept)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
