"""A file's name and case: found by those who may see the image, and readable nowhere else."""

import base64
from collections.abc import Iterator
from urllib.parse import quote

import httpx
import pytest

from app.accounts.principal import Scope
from tests.files import files_under
from tests.processes import Processes
from tests.synthetic import ultrasound_png

# Each has a letter that no id in a log can contain, because ids are hexadecimal.
FAILED = "Slartibartfast qx.png"
NAME, CASE = "Trillian-Astra McMillan 1977 links.png", "KH-Ülm/4711-q"


@pytest.fixture(scope="module")
def image_id(client: httpx.Client) -> Iterator[str]:
    """An image uploaded with both."""
    sent = client.post(
        "/segment",
        files={"file": ("image", ultrasound_png(seed=4711))},
        data={"wait": "60", "name": NAME, "case": CASE},
    )
    assert sent.status_code == 200, sent.text
    yield sent.json()["image_id"]


def found(client: httpx.Client, text: str) -> list[str]:
    answer = client.get("/images", headers={"Sonoloop-Search": quote(text)})
    assert answer.status_code == 200, answer.text
    return [one["id"] for one in answer.json()["items"]]


@pytest.mark.parametrize(
    "text", ["mcmillan", "MILLAN 19", "4711-q", "ulm/47", "Ülm", "links trillian", CASE, NAME]
)
def test_any_part_that_a_person_would_type_finds_it(
    client: httpx.Client, image_id: str, text: str
) -> None:
    assert found(client, text) == [image_id]


def test_any_part_of_a_subject_code_or_an_id_finds_it(client: httpx.Client, image_id: str) -> None:
    code = client.get(f"/images/{image_id}").json()["subject"]["code"]
    for text in (code, code[3:7].lower(), image_id, image_id[20:], image_id.replace("-", "")[13:]):
        assert image_id in found(client, text)


@pytest.mark.parametrize("text", ["mcmillian", "4712", "trillian rechts", "%", "_"])
def test_other_text_does_not(client: httpx.Client, image_id: str, text: str) -> None:
    assert image_id not in found(client, text)


def test_whoever_may_see_the_image_reads_it(client: httpx.Client, image_id: str) -> None:
    local = client.get(f"/images/{image_id}").json()["local"]
    assert local == {"name": NAME, "case": CASE}


def test_the_case_names_the_patient(client: httpx.Client, image_id: str) -> None:
    with_case = client.get(f"/images/{image_id}").json()["subject"]
    other = client.post(
        "/segment",
        files={"file": ("image", ultrasound_png(seed=4712))},
        data={"wait": "60", "case": CASE.upper()},
    ).json()["image_id"]
    assert with_case is not None
    assert client.get(f"/images/{other}").json()["subject"]["id"] == with_case["id"]


def test_neither_job_nor_event_tells_it(client: httpx.Client, image_id: str) -> None:
    told = client.get("/jobs").text
    assert image_id in told
    assert "McMillan" not in told
    assert "4711-q" not in told


def test_only_the_list_of_an_admin_names_an_upload_that_failed(
    running: tuple[Processes, str], client: httpx.Client
) -> None:
    sent = client.post(
        "/segment",
        files={"file": ("image", ultrasound_png(seed=4715)[:3000])},
        data={"wait": "60", "name": FAILED},
    )
    assert sent.status_code == 400, sent.text
    assert FAILED not in sent.text
    assert FAILED not in client.get("/jobs").text
    asked = {"url": "/project-jobs", "params": {"state": "failed"}}
    assert client.get(**asked).status_code == 403
    admin = {"Authorization": f"Bearer {running[0].token(Scope.ADMIN)}"}
    failed = client.get(**asked, headers=admin).json()["items"]
    assert {"name": FAILED, "case": None} in [one["local"] for one in failed]


def test_no_file_of_the_site_holds_it(
    running: tuple[Processes, str], client: httpx.Client, image_id: str
) -> None:
    """The files are the database, its log, blobs and program logs; searching writes none of it."""
    assert found(client, "McMillan") == [image_id]
    site, _ = running
    parts = [b"McMillan", b"Trillian", b"4711-q", "Ülm".encode(), b"Slartibartfast"]
    needles = parts + [part.lower() for part in parts]
    needles += [base64.b64encode(part)[:-4] for part in parts if len(part) > 6]
    needles += [part.decode().encode("utf-16-le") for part in parts]
    site.wait_until_sources_are_gone()
    searched = 0
    for path, data in files_under(site.folder):
        searched += len(data)
        assert not [one for one in needles if one in data], path.name
    assert searched > 100_000
    assert "/segment" in site.log("api")


def test_it_goes_with_the_image(client: httpx.Client) -> None:
    sent = client.post(
        "/segment",
        files={"file": ("image", ultrasound_png(seed=4713))},
        data={"wait": "60", "name": "Zaphod.png"},
    ).json()["image_id"]
    assert found(client, "zaphod") == [sent]
    assert client.delete(f"/images/{sent}").status_code == 204
    assert found(client, "zaphod") == []


def test_an_address_takes_neither(client: httpx.Client) -> None:
    png = ultrasound_png(seed=4714)
    for name in ("name", "case"):
        answer = client.post(f"/segment?wait=0&{name}=Jane", content=png)
        assert (answer.status_code, answer.json()["code"]) == (422, "unknown-parameter")
