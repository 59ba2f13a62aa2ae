"""Two versions on the same frozen images: a row for each, a verdict, nothing measured twice."""

import io
from collections.abc import Iterator
from uuid import UUID

import pypdf
import pytest
from sqlalchemy import func, select

from app.accounts import memberships
from app.accounts.tables import Role
from app.evaluations.tables import Evaluation, EvaluationRow
from app.projects.tables import DEFAULT_PROJECT
from tests.behaviour.promotions.judged import (
    BETTER,
    PATIENTS,
    SERVING,
    WORSE,
    Judged,
    judged_site,
)
from worker.tasks import evaluate as work
from worker.tasks.lease import LostLeaseError


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory, valkey: str) -> Iterator[Judged]:
    with judged_site(tmp_path_factory.mktemp("judged"), valkey) as opened:
        yield opened


def rows(judged: Judged, version: str) -> int:
    with judged.site.database.read() as session:
        query = select(func.count()).where(EvaluationRow.model_version == version)
        return session.scalar(query) or 0


def test_a_job_that_is_killed_goes_on_where_it_was(
    judged: Judged, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The job is cancelled after some images; the next evaluation measures only the rest."""
    measured = []
    row_of = work.row_of

    def counting(*arguments):  # type: ignore[no-untyped-def]
        measured.append(arguments)
        if len(measured) == 11:
            raise LostLeaseError("killed")
        return row_of(*arguments)

    monkeypatch.setattr(work, "row_of", counting)
    started = judged.admin.post("/evaluations", json={"model": BETTER}).json()
    again = judged.admin.post("/evaluations", json={"model": BETTER})
    assert (again.status_code, again.json()["code"]) == (409, "evaluated-now")
    judged.work()
    assert rows(judged, "1.1.0") == 5
    cancelled = judged.admin.delete(f"/evaluations/{started['id']}").json()
    assert (cancelled["state"], cancelled["verdict"]) == ("cancelled", None)
    done = judged.evaluate(BETTER)
    assert done["state"] == "done", done
    assert (done["look"], done["images"]) == (2, 4 * PATIENTS)
    assert len(measured) == 11 + 2 * (4 * PATIENTS - 5)
    assert rows(judged, "1.1.0") == rows(judged, "1.0.0") == 4 * PATIENTS


def test_better_and_worse_are_told_apart_with_figures(judged: Judged) -> None:
    better = judged.evaluate(BETTER)["verdict"]
    found = {check["key"]: check for check in better["checks"]}
    assert found["gain"]["standing"] == "pass", better["checks"]
    assert found["gain"]["low"] > 0
    assert found["gain"]["patients"] == PATIENTS
    assert found["loss"]["group"] == "Elsewhere"
    assert found["false-outlines"]["images"] == 2 * PATIENTS
    worse = judged.evaluate(WORSE)
    assert worse["standing"] == "fail"
    failed = {c["key"] for c in worse["verdict"]["checks"] if c["standing"] == "fail"}
    assert {"gain", "loss", "false-outlines"} <= failed
    worst = worse["verdict"]["worst"]
    assert len(worst) == 20
    assert worst[0]["after"] <= worst[-1]["after"] <= worst[-1]["before"]
    address = f"/evaluations/{worse['id']}/outlines/{worst[0]['mask_id']}"
    for whose in ("before", "after"):
        png = judged.admin.get(f"{address}/{whose}")
        assert png.content.startswith(b"\x89PNG")
    assert judged.admin.get(f"{address}/sideways").status_code == 422
    states = {one["version"]: one["state"] for one in judged.admin.get("/models").json()["items"]}
    assert states == {"1.0.0": "serving", "1.1.0": "evaluated", "2.0.0": "evaluated"}
    listed = judged.admin.get("/evaluations").json()["items"]
    assert [one["standing"] for one in listed] == ["fail", better["standing"]] + [
        one["standing"] for one in listed[2:]
    ]


def test_the_report_as_pdf_has_every_row_and_the_pictures_that_its_reader_may_see(
    judged: Judged,
) -> None:
    worse = judged.evaluate(WORSE)
    answer = judged.report(worse["id"])
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
    assert f'filename="evaluation_{worse["id"]}.pdf"' in answer.headers["content-disposition"]
    pages = pypdf.PdfReader(io.BytesIO(answer.content)).pages
    words = " ".join(" ".join(page.extract_text() for page in pages).split())
    assert "dark 2.0.0 does not pass the gate against dark 1.0.0" in words
    for check in worse["verdict"]["checks"]:
        assert " ".join(check["text"].split()) in words
        if check["key"] != "time" and check["low"] is not None:
            assert f"[{check['low']:+.3f}, {check['high']:+.3f}]" in words
    worst = worse["verdict"]["worst"]
    assert all(f"Image {one['image_id']}" in words for one in worst)
    assert sum(len(page.images) for page in pages) == 2 * len(worst)
    assert not list(judged.site.blobs.list("transient/"))
    # An admin of this project alone sees no pictures of another project.
    elsewhere = judged.site.add_person(project_id=judged.site.add_project())
    with judged.site.database.write() as session:
        memberships.put(session, DEFAULT_PROJECT, elsewhere.id, Role.ADMIN)
        tested = session.get_one(Evaluation, UUID(worse["id"])).set_ids[0]
    less = judged.report(worse["id"], judged.site.browser(elsewhere))
    assert less.status_code == 200
    pages = pypdf.PdfReader(io.BytesIO(less.content)).pages
    here = [one for one in worst if one["set_id"] == tested]
    assert 0 < len(here) < len(worst)
    assert sum(len(page.images) for page in pages) == 2 * len(here)
    running = judged.admin.post("/evaluations", json={"model": BETTER}).json()
    early = judged.admin.get(f"/evaluations/{running['id']}/report")
    assert (early.status_code, early.json()["code"]) == (409, "no-verdict")
    judged.admin.delete(f"/evaluations/{running['id']}").raise_for_status()


def test_what_cannot_be_compared_is_said(judged: Judged) -> None:
    serving = judged.admin.post("/evaluations", json={"model": SERVING})
    assert (serving.status_code, serving.json()["code"]) == (409, "serves-already")
    empty = judged.site.add_project()
    nothing = judged.admin.post("/evaluations", params={"project": empty}, json={"model": BETTER})
    assert (nothing.status_code, nothing.json()["code"]) == (409, "nothing-serves")
    body = {"project_id": str(empty), "name": "Empty"}
    refused = judged.admin.post("/reference-sets", json=body)
    assert (refused.status_code, refused.json()["code"]) == (409, "nothing-approved")
    sets = judged.admin.get("/reference-sets", params={"project": DEFAULT_PROJECT}).json()["items"]
    assert [(one["name"], one["images"]) for one in sets] == [("Elsewhere", 2 * PATIENTS)]
    assert judged.admin.delete(f"/reference-sets/{sets[0]['id']}").status_code == 204
    assert judged.admin.get("/reference-sets").json()["items"] == []
    again = judged.admin.delete(f"/reference-sets/{sets[0]['id']}")
    assert again.status_code == 404
