"""People who use a served product, in the browser and through the API."""

import io
import itertools
import secrets
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

import httpx
import numpy as np
import pydicom
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import BrowserContext
from pydicom.uid import generate_uid

from tests.connections import BRIEFLY
from tests.synthetic import EllipseLesion, png_bytes, ultrasound
from worker.interactive import decode_runs, encode_runs
from worker.pipeline import decode_mask_png

_seeds = itertools.count(1001)


@dataclass(frozen=True)
class Person:
    """A person who can sign in to the product at `url`."""

    url: str
    name: str
    email: str
    password: str = field(default_factory=secrets.token_urlsafe, repr=False)

    def sign_in(self, context: BrowserContext) -> None:
        """Sign this person in to the browser context."""
        answer = context.request.post(
            f"{self.url}/session",
            data={"email": self.email, "password": self.password},
            headers={"Origin": self.url},
        )
        assert answer.status == 201, answer.text()

    @cached_property
    def client(self) -> httpx.Client:
        """An API client signed in as this person, with a session separate from their browsers'."""
        # Plain HTTP needs no certificates, and loading them takes longer than a request.
        client = httpx.Client(
            base_url=self.url,
            headers={"Origin": self.url},
            timeout=90,
            limits=BRIEFLY,
            verify=False,
        )
        credentials = {"email": self.email, "password": self.password}
        client.post("/session", json=credentials).raise_for_status()
        return client

    @cached_property
    def id(self) -> str:
        """The person's id."""
        return str(self.get("/session")["user"]["id"])

    def get(self, path: str, **query: Any) -> Any:
        """Return the JSON at a path."""
        answer = self.client.get(path, params=query)
        answer.raise_for_status()
        return answer.json()

    def invite(self, name: str, role: str, project: str | None = None) -> "Person":
        """Invite a person (admins only) and accept for them; None means the first project."""
        email = f"{name.split()[0].lower()}-{secrets.token_hex(3)}@example.org"
        person = Person(self.url, name, email)
        invited = self.client.post(
            "/users", json={"name": name, "email": email, "role": role, "project": project}
        )
        invited.raise_for_status()
        token = urlsplit(invited.json()["set_up_url"]).fragment.removeprefix("token=")
        httpx.post(
            f"{self.url}/invitations/accept",
            json={"token": token, "password": person.password},
            headers={"Origin": self.url},
            timeout=60,
        ).raise_for_status()
        return person

    def upload_lesion(self, seed: int) -> tuple[str, NDArray[np.bool_]]:
        """Upload an image of 512 × 384 px with a lesion 120 px wide and 76 px high centred at
        (256, 220); return its id and the lesion's pixels."""
        lesion = EllipseLesion((220, 256), (60, 38))
        made = ultrasound(seed=seed, lesions=[lesion], geometry="full")
        return self.upload(png_bytes(made.pixels)), made.mask

    def upload(self, data: bytes | None = None) -> str:
        """Upload an image, wait for the model's outline, and return the image's id.

        Args:
            data: a PNG or DICOM file. It is varied so that the product has not seen it: a rerun of
                a test must not find what the first try left. None makes a synthetic image of
                512 × 384 px that no other test uses.
        """
        data = data or png_bytes(ultrasound(seed=next(_seeds)).pixels)
        answer = self.client.post("/segment?wait=60", content=_as_another_file(data))
        answer.raise_for_status()
        assert answer.status_code == 200, answer.text
        return str(answer.json()["image_id"])

    def hand_in(self, image_id: str, labels: NDArray[np.uint8], parent: int = 1) -> int:
        """Save a drawing and submit it, as the page does; return its revision."""
        height, width = labels.shape
        runs = encode_runs(labels)
        answer = self.client.post(
            f"/images/{image_id}/masks",
            json={
                "parent_revision": parent,
                "labels": {"width": width, "height": height, "runs": runs, "names": {}},
                "answer": "lesions" if labels.any() else "no-lesion",
                "seconds": 12.5,
                "submit": True,
            },
        )
        answer.raise_for_status()
        return int(answer.json()["revision"])

    def save_frame(self, image_id: str, frame: int, left: int, height: int, width: int) -> int:
        """Save a lesion of 40 × 30 px on a frame of a cine and return its revision."""
        labels = np.zeros((height, width), np.uint8)
        labels[100:130, left : left + 40] = 1
        masks = self.get(f"/images/{image_id}/frames/{frame}")["masks"]
        answer = self.client.post(
            f"/images/{image_id}/frames/{frame}/masks",
            json={
                "parent_revision": masks[0]["revision"] if masks else None,
                "labels": {
                    "width": width,
                    "height": height,
                    "runs": encode_runs(labels),
                    "names": {},
                },
                "answer": "lesions",
                "seconds": 12.5,
            },
        )
        answer.raise_for_status()
        return int(answer.json()["revision"])

    def labels(self, image_id: str, revision: int) -> NDArray[np.uint8]:
        """Return the server's labels of a drawn revision, uint8 [H,W], after comparing them with
        its mask."""
        stored = self.get(f"/images/{image_id}/masks/{revision}/labels")
        labels = decode_runs(stored["runs"], stored["height"], stored["width"])
        np.testing.assert_array_equal(self.mask(image_id, revision), labels != 0)
        return labels

    def mask(self, image_id: str, revision: int) -> NDArray[np.bool_]:
        """Return the stored 1-bit mask, bool [H,W]."""
        answer = self.client.get(f"/images/{image_id}/mask", params={"revision": revision})
        answer.raise_for_status()
        return decode_mask_png(answer.content)

    def draft(self, image_id: str) -> NDArray[np.uint8]:
        """Return the labels of this person's draft on the server, uint8 [H,W]."""
        stored = self.get(f"/images/{image_id}/draft")["labels"]
        return decode_runs(stored["runs"], stored["height"], stored["width"])


def square(left: int) -> NDArray[np.uint8]:
    """Return labels with one lesion, 70 × 80 px, on an image of 512 × 384 px."""
    labels = np.zeros((384, 512), np.uint8)
    labels[150:220, left : left + 80] = 1
    return labels


def _as_another_file(data: bytes) -> bytes:
    """Return a file whose image differs by one level in some pixels in its middle.

    The product recognises an image by its SOP instance UID and by its stored pixels.
    """
    changed = io.BytesIO()
    if data.startswith(b"\x89PNG"):
        pixels = np.array(Image.open(io.BytesIO(data)))
        _vary(pixels)
        return png_bytes(pixels)
    dataset = pydicom.dcmread(io.BytesIO(data))
    dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    stored = np.frombuffer(dataset.PixelData, np.uint8).copy()
    frame = stored[: dataset.Rows * dataset.Columns * dataset.SamplesPerPixel]
    _vary(frame.reshape(dataset.Rows, dataset.Columns, -1))
    dataset.PixelData = stored.tobytes()
    dataset.save_as(changed)
    return changed.getvalue()


def _vary(pixels: NDArray[np.uint8]) -> None:
    """Change the lowest bit of some pixels in the middle of uint8 [H,W] or [H,W,C]."""
    height, width = pixels.shape[:2]
    some = pixels[height // 2 - 4 : height // 2 + 4, width // 2 - 4 : width // 2 + 4]
    some ^= np.frombuffer(secrets.token_bytes(some.size), np.uint8).reshape(some.shape) & 1
