"""From a blind double reading to the training pool, its export, and an empty installation."""

import hashlib
import io
import re
import secrets
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import Visit
from tests.e2e.image_page import ImagePage
from tests.e2e.people import Person, square
from tests.e2e.serving import Served, serving
from tests.processes import wait_until

SAME = np.testing.assert_array_equal
SLOW = 60_000


def dice(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> float:
    """Return the Dice of two label maps, lesion against background."""
    a, b = first != 0, second != 0
    return float(2 * (a & b).sum() / (a.sum() + b.sum()))


def open_from_queue(page: Page, url: str, queue: str, image_id: str) -> None:
    """Open an image from a queue, as its reader does."""
    page.goto(f"{url}/ui/worklist?queue={queue}")
    page.locator(f'a[href*="{image_id}"]').first.click()


def figure(page: Page, label: str) -> Locator:
    """Return a figure on the page by the label above it."""
    return page.locator("dl > div").filter(has=page.get_by_text(label, exact=True)).locator("dd")


def test_a_blind_double_reading_from_assigning_to_approval(
    visit: Visit, served: Served, admin: Person, reviewer: Person
) -> None:
    names = [f"{first} {secrets.token_hex(2)} Reader" for first in ("Bea", "Cem")]
    readers = [admin.invite(name, "annotator") for name in names]
    image_id = admin.upload()
    url = served.url

    # The reviewer gives the image to two people who must not see each other.
    desk = visit(reviewer)
    desk.goto(f"{url}/ui/worklist?queue=unassigned&sort=newest")
    desk.get_by_label(f"Select Image {image_id[-6:]}").check()
    desk.get_by_role("button", name="Assign a", exact=True).click()
    dialog = desk.get_by_role("dialog", name="Assign 1 image")
    for reader in readers:
        dialog.get_by_label("Who reads").fill(reader.name)
        desk.get_by_role("option", name=reader.name).click()
    desk.keyboard.press("Escape")
    dialog.get_by_label("Blind double reading").check()
    dialog.get_by_role("button", name="Assign", exact=True).click()
    expect(dialog).to_be_hidden()

    # Both draw at the same time, and neither sees the other.
    pages = [ImagePage(visit(reader), url, image_id) for reader in readers]
    for reading in pages:
        open_from_queue(reading.page, url, "to-correct", image_id)
        reading.shown()
    drawn = [
        reading.draw(*points)
        for reading, points in zip(
            pages, (((60, 200), (140, 240)), ((80, 200), (160, 240))), strict=True
        )
    ]
    pages[0].submit()
    submitted = readers[0]
    wait_until(lambda: submitted.get(f"/images/{image_id}")["reading"]["state"] == "submitted")
    unaware = readers[1]
    seen = unaware.get(f"/images/{image_id}")
    assert [mask["source"] for mask in seen["masks"]] == ["model"]
    assert [one["reader"]["name"] for one in seen["readings"]] == [unaware.name]
    assert seen["people"] == []
    for path in ("masks/2/labels", "mask?revision=2", "overlay?revision=2"):
        assert unaware.client.get(f"/images/{image_id}/{path}").status_code == 404
    expect(pages[1].page.get_by_test_id("presence")).to_have_count(0)
    expect(pages[1].page.get_by_test_id("newer-revision")).to_have_count(0)
    pages[1].submit()

    # Side by side: their agreement and their STAPLE consensus.
    wait_until(lambda: reviewer.get(f"/images/{image_id}")["state"] == "submitted")
    open_from_queue(desk, url, "to-adjudicate", image_id)
    desk.wait_for_url("**/adjudicate*")
    first, second = desk.get_by_label("First reading"), desk.get_by_label("Second reading")
    for column in (first, second):
        expect(column).to_contain_text("Reader")
    expect(figure(desk, "Dice")).to_have_text(f"{dice(*drawn):.3f}", timeout=SLOW)
    expect(figure(desk, "Is there a lesion?")).to_have_text("Both readers see a lesion")
    desk.get_by_role("radiogroup", name="Third image").get_by_text("Consensus").click()
    desk.get_by_role("button", name="Weighted by reader").click()
    expect(desk.get_by_role("button", name="Approve revision 4 of Consensus")).to_be_visible(
        timeout=SLOW
    )
    consensus = reviewer.mask(image_id, 4)
    a, b = (labels != 0 for labels in drawn)
    assert (a & b & ~consensus).sum() == 0
    assert (consensus & ~(a | b)).sum() == 0

    # One is returned with a comment, corrected, and approved.
    desk.get_by_role("button", name=f"Return revision 2 of {submitted.name}").click()
    desk.get_by_label("What should be changed?").fill("The lower margin is missing.")
    desk.get_by_role("button", name="Return", exact=True).click()
    wait_until(lambda: submitted.get("/queues")["returned"] == 1)
    open_from_queue(pages[0].page, url, "returned", image_id)
    pages[0].shown()
    expect(pages[0].page.get_by_label("Review")).to_contain_text("The lower margin is missing.")
    SAME(pages[0].labels, drawn[0])
    corrected = pages[0].draw((100, 240), (100, 290))
    pages[0].submit()
    wait_until(lambda: submitted.get(f"/images/{image_id}")["reading"]["submitted_revision"] == 5)
    before = reviewer.get("/pool")["images"]
    open_from_queue(desk, url, "to-adjudicate", image_id)
    desk.get_by_role("button", name=f"Approve revision 5 of {submitted.name}").click()
    wait_until(lambda: reviewer.get(f"/images/{image_id}")["state"] == "approved")
    SAME(reviewer.labels(image_id, 5), corrected)
    assert reviewer.get(f"/images/{image_id}")["approved_revision"] == 5
    assert reviewer.get("/pool")["images"] == before + 1

    # The effort page shows the readers' effort and agreement.
    wait_until(lambda: reviewer.get(f"/images/{image_id}")["masks"][0]["dice"] is not None)
    desk.goto(f"{url}/ui/effort")
    handed_in = sum(one["images"] for one in reviewer.get("/effort")["buckets"])
    expect(figure(desk, "Images submitted")).to_have_text(str(handed_in))
    pair = desk.get_by_role("row").filter(has_text=readers[0].name).filter(has_text="and")
    expect(pair).to_contain_text(readers[1].name)
    expect(pair).to_contain_text(f"{dice(*drawn):.3f}")
    expect(figure(desk, "Dice with the model")).not_to_contain_text("–")


def test_a_review_by_keyboard_alone_and_taken_back(
    visit: Visit, annotator: Person, reviewer: Person, served: Served
) -> None:
    image_id = annotator.upload()
    first = annotator.hand_in(image_id, square(100))
    state = lambda: annotator.get(f"/images/{image_id}")["state"]  # noqa: E731
    desk = visit(reviewer)
    address = f"{served.url}/ui/images/{image_id}?queue=to-review"
    desk.goto(address)
    expect(desk.get_by_role("button", name="Approve")).to_be_visible()
    drawing = ImagePage(desk, served.url, image_id).shown()
    # Letter keys choose tools, even while a decision is pending.
    desk.keyboard.press("a")
    expect(drawing.tool("Freehand lasso")).to_have_attribute("aria-pressed", "true")
    assert state() == "submitted"
    desk.keyboard.press("Alt+r")
    desk.keyboard.type("Please mark the septum.")
    desk.keyboard.press("Control+Enter")
    wait_until(lambda: state() == "returned")
    returned = annotator.get(f"/images/{image_id}")["reviews"][0]
    assert returned["comment"] == "Please mark the septum."
    expect(desk.get_by_text("was returned with your comment")).to_be_visible()
    undone = desk.get_by_text("is back in review")
    for _ in range(3):  # keys are ignored while the page changes to the next image
        desk.keyboard.press("Alt+z")
        with suppress(AssertionError):
            expect(undone).to_be_visible(timeout=3000)
            break
    expect(undone).to_be_visible()
    assert state() == "submitted"
    assert annotator.get(f"/images/{image_id}")["reviews"] == []

    desk.wait_for_url(f"**/{image_id}?*")
    expect(desk.get_by_role("button", name="Approve")).to_be_visible()
    desk.keyboard.press("Alt+a")
    wait_until(lambda: state() == "approved")
    assert reviewer.get(f"/images/{image_id}")["approved_revision"] == first
    expect(desk.get_by_text("was approved")).to_be_visible()
    desk.get_by_role("button", name="Undo").last.click()
    wait_until(lambda: state() == "submitted")


def approved(admin: Person) -> dict[str, tuple[NDArray[np.uint8], NDArray[np.bool_]]]:
    """Return labels and mask of every approved image, by the digest of the image's pixels."""
    found = {}
    for item in admin.get("/images", queue="approved", owner="all", limit=100)["items"]:
        image = admin.get(f"/images/{item['id']}")
        revision = image["approved_revision"]
        frame = admin.client.get(f"/images/{item['id']}/frame").content
        pixels = np.asarray(Image.open(io.BytesIO(frame)))
        digest = hashlib.sha256(repr(pixels.shape).encode() + pixels.tobytes()).hexdigest()
        labels = admin.labels(item["id"], revision)
        found[digest] = (labels, admin.mask(item["id"], revision))
    return found


@pytest.fixture(scope="module")
def pool(admin: Person, annotator: Person, reviewer: Person) -> int:
    """The number of approved images: noise, two lesions, hairlines, none, and other tests' ones."""
    rng = np.random.default_rng(5)
    noise = (rng.random((384, 512)) < 0.3).astype(np.uint8)
    two = np.zeros((384, 512), np.uint8)
    two[100:200, 100:200] = 1
    two[150:260, 180:300] = 2
    hair = np.zeros((384, 512), np.uint8)
    hair[:, 77] = hair[5] = 1
    for labels in (noise, two, hair, np.zeros((384, 512), np.uint8)):
        image_id = annotator.upload()
        revision = annotator.hand_in(image_id, labels)
        reviewer.client.post(
            f"/images/{image_id}/reviews", json={"revision": revision, "verdict": "approved"}
        ).raise_for_status()
    # An export of a cine is imported as stills, so the cines that other tests approved are deleted.
    for item in admin.get("/images", queue="approved", owner="all", limit=100)["items"]:
        if item["frame_count"] > 1:
            admin.client.delete(f"/images/{item['id']}").raise_for_status()
    return int(admin.get("/pool")["images"])


def export(desk: Page, admin: Person, name: str, folder: Path) -> Path:
    """Export the whole pool in that format, download it, and return its path."""
    before = len(admin.get("/exports")["items"])
    desk.goto(f"{admin.url}/ui/exports")
    desk.get_by_role("radio", name=name).check()
    desk.get_by_role("button", name="Export", exact=True).click()
    rows = desk.get_by_role("row").filter(has=desk.get_by_role("cell"))
    expect(rows).to_have_count(before + 1, timeout=SLOW)
    row = rows.first
    expect(row).to_contain_text(name)
    expect(row.get_by_text("Ready", exact=True)).to_be_visible(timeout=SLOW)
    with desk.expect_download() as download:
        row.get_by_role("link", name="Download").click()
    archive = folder / download.value.suggested_filename
    download.value.save_as(archive)
    return archive


def send(desk: Page, url: str, archive: Path) -> Locator:
    """Upload an archive to be checked and return its report."""
    desk.goto(f"{url}/ui/imports")
    expect(desk.get_by_role("button", name="Choose a ZIP")).to_be_visible()
    already = desk.get_by_role("article").count()
    desk.locator('input[type=file][accept*="zip"]').set_input_files(archive)
    expect(desk.get_by_role("article")).to_have_count(already + 1, timeout=SLOW)
    report = desk.get_by_role("article").first
    expect(report).to_contain_text("Checked. Nothing is stored yet", timeout=SLOW)
    return report


def test_what_was_exported_is_the_same_in_an_empty_installation(
    visit: Visit, served: Served, admin: Person, pool: int, tmp_path: Path
) -> None:
    desk = visit(admin)
    desk.goto(f"{served.url}/ui/pool")
    expect(figure(desk, "Images")).to_have_text(str(pool))
    archives = [export(desk, admin, name, tmp_path) for name in ("PNG masks", "COCO")]

    password = secrets.token_urlsafe()
    settings = {"admin_email": "other@example.org", "admin_password": password}
    folder = tmp_path / "second"
    folder.mkdir()
    with serving(folder, **settings) as second:
        other = Person(second.url, "Other Admin", "other@example.org", password)
        assert other.get("/pool")["images"] == 0
        page = visit(other)
        report = send(page, second.url, archives[0])
        report.get_by_label("Approved").check()
        button = report.get_by_role("button", name=re.compile("^Store|^Nothing"))
        expect(button, report.inner_text()).to_have_text(f"Store {pool} labels")
        button.click()
        expect(report).to_contain_text("as approved", timeout=SLOW)

        ours, theirs = approved(admin), approved(other)
        assert len(ours) == pool
        assert theirs.keys() == ours.keys()
        for digest, (labels, mask) in ours.items():
            SAME(theirs[digest][0], labels)
            SAME(theirs[digest][1], mask)
        page.goto(f"{second.url}/ui/pool")
        expect(figure(page, "Images")).to_have_text(str(pool))

        # The other format holds the same masks, so there is nothing to store.
        report = send(page, second.url, archives[1])
        expect(report).to_contain_text("Already here, identical")
        expect(report.get_by_role("button", name="Nothing new to store")).to_be_disabled()
