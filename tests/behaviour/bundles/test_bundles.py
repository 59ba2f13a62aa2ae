"""A bundle signed by one site is accepted by another that trusts it; it contains nothing about a
patient, and a bundle that was changed, truncated or signed by someone else is refused."""

import io
import json
import zipfile
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import SecretStr
from sqlalchemy import select

from app.accounts.tables import Role
from app.core.broker import BACKGROUND_QUEUE
from app.images.tables import Image, ImageState, Subject, frame_key, mask_key
from app.masks.tables import Mask
from tests.behaviour.deployments.versions import taken_in, working
from tests.behaviour.exports.archives import order, work
from tests.behaviour.promotions.judged import BETTER, Judged, judged_site
from tests.conftest import fresh_settings
from tests.running_site import Site, frame_of, running_site
from worker.runtime import Runtime
from worker.tasks.run import finish_all, run

OTHER_KEY = SecretStr("the other hospital's key, just as long as it should be")
PLANTED = "Frieda Beispiel 1951-02-03"


@dataclass
class Receiver:
    """The other installation, a worker in this process, and a site admin."""

    site: Site
    runtime: Runtime
    admin: httpx.Client

    def send(self, content: bytes, **fields: str) -> dict[str, Any]:
        """Import a bundle and return the result."""
        files = {"file": ("x.bundle.zip", content)}
        sent = self.admin.post("/bundles", files=files, data=fields)
        assert sent.status_code == 202, sent.text
        assert run(self.runtime, BACKGROUND_QUEUE)
        finish_all()
        found: dict[str, Any] = self.admin.get("/bundles").json()["items"][0]
        assert found["id"] == sent.json()["id"]
        return found

    def trust(self, key: str, name: str = "Northern hospital") -> httpx.Response:
        return self.admin.post("/bundle-keys", json={"key": key, "name": name})


@pytest.fixture(scope="module")
def sender(tmp_path_factory: pytest.TempPathFactory, valkey: str) -> Iterator[Judged]:
    with judged_site(tmp_path_factory.mktemp("sender"), valkey) as opened:
        assert opened.evaluate(BETTER)["verdict"]
        with opened.site.database.write() as session:
            for image in session.scalars(select(Image)):
                image.acquisition = {**image.acquisition, "InstitutionName": PLANTED}
        yield opened


@pytest.fixture(scope="module")
def receiver(tmp_path_factory: pytest.TempPathFactory, valkey: str) -> Iterator[Receiver]:
    settings = fresh_settings(tmp_path_factory.mktemp("receiver"), valkey)
    settings = settings.model_copy(update={"site_key": OTHER_KEY})
    with running_site(settings) as site, working(site) as runtime:
        yield Receiver(site, runtime, site.browser(Role.ADMIN))


@pytest.fixture(scope="module")
def update(sender: Judged) -> bytes:
    """The bundle of an evaluated version."""
    answer = sender.admin.get("/models/dark/1.1.0/bundle")
    assert answer.status_code == 200, answer.text
    return answer.content


def files_of(bundle: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(bundle)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def own_key(admin: httpx.Client) -> str:
    return str(admin.get("/bundle-keys").json()["own"])


def identities(site: Site) -> list[bytes]:
    """Return all ids, pseudonyms and names that identify anything on the sending site."""
    with site.database.read() as session:
        found = [PLANTED, "patient ", *session.scalars(select(Subject.pseudonym))]
        for model in (Image, Mask, Subject):
            found += [str(one) for one in session.scalars(select(model.id))]
    return [text.encode() for text in found]


def test_a_models_update_becomes_a_candidate_where_its_site_is_trusted(
    sender: Judged, receiver: Receiver, update: bytes
) -> None:
    key = own_key(sender.admin)
    assert key != own_key(receiver.admin)
    files = files_of(update)
    assert set(files) >= {"manifest.json", "manifest.sig", "card.json", "evaluation.json"}
    assert not [name for name in files if name.endswith(".png")]
    for content in files.values():
        assert not [one for one in identities(sender.site) if one in content]
    strange = receiver.send(update)
    assert (strange["state"], strange["problem"]["code"]) == ("failed", "key-not-trusted")
    assert key in strange["problem"]["detail"]
    assert receiver.trust(key).status_code == 201
    assert receiver.trust(key).json()["code"] == "trusted-already"
    assert receiver.trust(own_key(receiver.admin), "Us").json()["code"] == "own-key"
    assert receiver.trust("ed25519:short", "X").json()["code"] == "not-a-key"
    taken = receiver.send(update)
    assert taken["state"] == "done", taken["problem"]
    assert (taken["site"], taken["kind"]) == ("Northern hospital", "model")
    assert (taken["model"], taken["standing"]) == ("dark@1.1.0", "usable")
    assert taken["manifest"]["licence"] == sender.site.settings.export_licence
    test = next(one for one in taken["figures"] if one["set"] == "test part")
    before, after = test["iou"]
    assert (test["images"], test["patients"]) == (24, 12)
    assert after > before
    there = sender.admin.get("/models").json()["items"]
    here = receiver.admin.get("/models").json()["items"]
    digests = [
        next(one["digest"] for one in items if one["version"] == "1.1.0") for items in (there, here)
    ]
    assert digests[0] == digests[1], "the same bytes"
    refused = receiver.admin.post("/deployments", json={"model": "dark@9.9.9", "reason": "x"})
    assert refused.status_code == 404
    states = {f"{one['name']}@{one['version']}": one["state"] for one in here}
    assert states["dark@1.1.0"] == "candidate"


def test_where_the_name_is_taken_the_model_comes_in_under_another(
    sender: Judged, receiver: Receiver, tmp_path: Path
) -> None:
    receiver.trust(own_key(sender.admin))
    taken_in(receiver.runtime, tmp_path, "2.0.0", gain=0.3)
    bundle = sender.admin.get("/models/dark/2.0.0/bundle").content
    refused = receiver.send(bundle)
    assert (refused["state"], refused["problem"]["code"]) == ("failed", "version-taken")
    taken = receiver.send(bundle, name="northern-dark")
    assert (taken["model"], taken["standing"]) == ("northern-dark@2.0.0", "usable")
    items = receiver.admin.get("/models").json()["items"]
    card = next(one["card"] for one in items if one["name"] == "northern-dark")
    assert card["training"]["bundled_as"] == "dark@2.0.0"


def resigned(files: dict[str, bytes], **changes: Any) -> bytes:
    """Sign with another key, as an attacker would."""
    key = Ed25519PrivateKey.generate()
    public = urlsafe_b64encode(key.public_key().public_bytes_raw()).decode().rstrip("=")
    said = {**json.loads(files["manifest.json"]), "key": f"ed25519:{public}", **changes}
    manifest = json.dumps(said).encode()
    return packed({**files, "manifest.json": manifest, "manifest.sig": key.sign(manifest)})


def with_licence(files: dict[str, bytes]) -> bytes:
    manifest = json.loads(files["manifest.json"]) | {"licence": "Do as you like"}
    return packed({**files, "manifest.json": json.dumps(manifest).encode()})


def flipped(content: bytes) -> bytes:
    return bytes([content[0] ^ 1]) + content[1:]


SPOILT: dict[str, tuple[Callable[[dict[str, bytes]], bytes], str]] = {
    "another file": (
        lambda f: packed({**f, "model.onnx": flipped(f["model.onnx"])}),
        "wrong-digest",
    ),
    "shorter file": (lambda f: packed({**f, "model.onnx": f["model.onnx"][:-9]}), "wrong-digest"),
    "another manifest": (with_licence, "wrong-signature"),
    "another signature": (
        lambda f: packed({**f, "manifest.sig": flipped(f["manifest.sig"])}),
        "wrong-signature",
    ),
    "unsigned": (
        lambda f: packed({n: c for n, c in f.items() if n != "manifest.sig"}),
        "not-signed",
    ),
    "another key": (resigned, "key-not-trusted"),
    "one file more": (lambda f: packed({**f, "more.bin": b"x"}), "wrong-files"),
    "cut short": (lambda f: packed(f)[:-40], "bundle-damaged"),
    "no manifest that is one": (
        lambda f: packed({**f, "manifest.json": b"[]"}),
        "not-a-bundle",
    ),
}


@pytest.mark.parametrize("how", SPOILT)
def test_a_bundle_that_is_not_what_its_site_signed_is_refused(
    sender: Judged, receiver: Receiver, update: bytes, how: str
) -> None:
    receiver.trust(own_key(sender.admin))
    before = receiver.admin.get("/models").json()["items"]
    spoil, code = SPOILT[how]
    refused = receiver.send(spoil(files_of(update)))
    assert (refused["state"], refused["problem"]["code"]) == ("failed", code), refused
    assert receiver.admin.get("/models").json()["items"] == before
    assert refused["manifest"] is None, "nothing is noted of what nobody signed"


def test_what_is_too_large_and_what_is_no_bundle_is_refused_at_the_door(
    receiver: Receiver, update: bytes
) -> None:
    def answer(content: bytes, **fields: str) -> tuple[int, str]:
        files = {"file": ("x.bundle.zip", content)}
        said = receiver.admin.post("/bundles", files=files, data=fields)
        return said.status_code, said.json()["code"]

    assert answer(b"") == (400, "empty-file")
    assert answer(b"no zip at all") == (415, "not-a-bundle")
    assert answer(update, name="../etc") == (422, "bad-name")
    most = receiver.site.settings.max_import_bytes
    receiver.site.settings.max_import_bytes = 2048
    try:
        assert answer(update)[0] == 413
    finally:
        receiver.site.settings.max_import_bytes = most
    reviewer = receiver.site.browser(Role.REVIEWER)
    assert reviewer.get("/bundle-keys").status_code == 403


def masks(site: Site) -> dict[bytes, bytes]:
    """Return the packed mask of each approved image, by the image's pixels."""
    found = {}
    with site.database.read() as session:
        for image in session.scalars(select(Image).where(Image.state == ImageState.APPROVED)):
            mask_id = frame_of(session, image.id).approved_mask_id
            assert mask_id is not None
            pixels = site.blobs.get(frame_key(image.id, None))
            found[pixels] = site.blobs.get(mask_key(image.id, mask_id))
    return found


def test_a_pool_becomes_a_reference_set_and_a_key_that_is_revoked_brings_nothing_more(
    sender: Judged, receiver: Receiver
) -> None:
    receiver.trust(own_key(sender.admin))
    made = order(sender.admin)
    early = sender.admin.get(f"{made['links']['self']}/bundle")
    assert (early.status_code, early.json()["code"]) == (409, "not-finished")
    work(sender.site, made["links"]["job"])
    bundle = sender.admin.get(f"{made['links']['self']}/bundle").content
    files = files_of(bundle)
    inside = zipfile.ZipFile(io.BytesIO(files["pool.zip"]))
    content = b"".join(inside.read(name) for name in inside.namelist())
    content += files["manifest.json"]
    assert not [one for one in identities(sender.site) if one in content]
    taken = receiver.send(bundle)
    assert taken["state"] == "done", taken["problem"]
    assert (taken["kind"], taken["manifest"]["pool"]["images"]) == ("pool", 24)
    address = f"/imports/{taken['import_id']}"
    assert receiver.admin.get(address).json()["state"] == "checked"
    wish = {"stored_as": "approved", "mapping": {}}
    applied = receiver.admin.post(f"{address}/apply", json=wish)
    assert applied.status_code == 202, applied.text
    while run(receiver.runtime, BACKGROUND_QUEUE):
        finish_all()
    assert receiver.admin.get(address).json()["state"] == "applied"
    there, here = masks(sender.site), masks(receiver.site)
    assert len(here) == 24
    assert all(there[pixels] == mask for pixels, mask in here.items()), "bit for bit"
    with receiver.site.database.read() as session:
        splits = np.unique([str(one) for one in session.scalars(select(Image.split))])
    assert splits.tolist() == ["test"], "what was tested on there is not trained on here"
    project = receiver.admin.get("/projects").json()["items"][0]["id"]
    named = receiver.admin.post("/reference-sets", json={"project_id": project, "name": "Northern"})
    assert (named.status_code, named.json()["images"]) == (201, 24)
    key_id = receiver.admin.get("/bundle-keys").json()["items"][0]["id"]
    assert receiver.admin.delete(f"/bundle-keys/{key_id}").status_code == 204
    refused = receiver.send(bundle)
    assert refused["problem"]["code"] == "key-not-trusted"
