"""Blobs as responses: small ones at once, large ones in pieces, and 304 if already known."""

import os
from pathlib import Path

import pytest
from fastapi import FastAPI, Request, Response
from fastapi.responses import StreamingResponse
from fastapi.testclient import TestClient

from app.core.blobs import CHUNK, BlobStore, open_blobs
from app.core.caching import blob_response
from app.core.settings import Settings
from tests.integration.servers import ObjectStore


@pytest.fixture(params=["folder", "s3"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> BlobStore:
    """A store of either kind."""
    more: dict[str, object] = {}
    if request.param == "s3":
        store: ObjectStore = request.getfixturevalue("object_store")
        more = store.settings()
    return open_blobs(Settings(_env_file=None, data_dir=tmp_path / "data", **more))


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 5 * CHUNK + 7])
def test_a_blob_of_any_size_arrives_whole_and_once(blobs: BlobStore, size: int) -> None:
    api = FastAPI()
    answers: list[Response] = []

    @api.get("/picture")
    def picture(request: Request) -> Response:
        answers.append(blob_response(request, blobs, "images/a/frame.png", "image/png", "a.png"))
        return answers[-1]

    data = os.urandom(size)
    blobs.put("images/a/frame.png", data)
    with TestClient(api) as client:
        first = client.get("/picture")
        assert first.content == data
        assert first.headers["Content-Length"] == str(size)
        assert first.headers["Content-Type"] == "image/png"
        assert isinstance(answers[0], StreamingResponse) == (size >= CHUNK)
        again = client.get("/picture", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
