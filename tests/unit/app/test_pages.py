"""Scripts and styles are sent in the smallest coding that the browser accepts; the page of an
image requests its picture at once."""

import gzip
from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from app.pages import first_picture, install

SCRIPT = b"export const words = 'lesion lesion lesion'\n" * 50


@pytest.fixture
def client(tmp_path: Path) -> TestClient:
    assets = tmp_path / "assets"
    assets.mkdir()
    (assets / "page-1.js").write_bytes(SCRIPT)
    (assets / "page-1.js.gz").write_bytes(gzip.compress(SCRIPT))
    (assets / "page-2.css").write_bytes(b"a{}")
    app = FastAPI()
    install(app, tmp_path)
    return TestClient(app)


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [("gzip, br", "gzip"), ("br", None), ("identity", None), ("gzip;q=0, br", None), ("", None)],
)
def test_a_script_is_sent_in_a_coding_that_is_accepted(
    client: TestClient, accepted: str, coding: str | None
) -> None:
    answer = client.get("/assets/page-1.js", headers={"Accept-Encoding": accepted})
    assert answer.content == SCRIPT
    assert answer.headers.get("Content-Encoding") == coding
    assert answer.headers["Content-Type"].startswith("text/javascript")
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert "immutable" in answer.headers["Cache-Control"]
    if coding:
        assert int(answer.headers["Content-Length"]) < len(SCRIPT) / 5
    known = {"Accept-Encoding": accepted, "If-None-Match": answer.headers["ETag"]}
    assert client.get("/assets/page-1.js", headers=known).status_code == 304


def test_a_file_that_is_small_anyway_is_sent_as_it_is(client: TestClient) -> None:
    answer = client.get("/assets/page-2.css", headers={"Accept-Encoding": "gzip"})
    assert (answer.content, answer.headers.get("Content-Encoding")) == (b"a{}", None)


def test_the_page_of_an_image_asks_for_its_picture_and_no_other_page_does() -> None:
    ahead, picture = first_picture("images/01a22771-7583-75dd-a469-88b65456ebc4", "once")
    assert 'href="/images/01a22771-7583-75dd-a469-88b65456ebc4/poster"' in ahead
    assert '<style nonce="once">' in ahead
    assert 'src="/images/01a22771-7583-75dd-a469-88b65456ebc4/poster"' in picture
    paths = ("", "worklist", "images/", f"images/{'a' * 36}", 'images/x"><script>', "images/../x")
    assert [first_picture(path, "once") for path in paths] == [("", "")] * len(paths)
