"""Two projects with their own members and models: nothing of one is shown in the other, and a
member of both can switch between them by the keyboard alone."""

from collections.abc import Iterator
from dataclasses import dataclass
from secrets import token_hex
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.e2e.axe import violations
from tests.e2e.conftest import Visit
from tests.e2e.image_page import ImagePage
from tests.e2e.people import Person
from tests.processes import wait_until
from worker.interactive import encode_runs

BREAST, OVARY = "First project", "Ovary"
MODEL = "sonoloop-lite0"
SWITCH = "Project: "


@dataclass(frozen=True)
class Two:
    """People of two projects, and an image of each project."""

    owner: Person
    breast_reader: Person
    breast_reviewer: Person
    ovary_reader: Person
    ovary_id: str
    breast_image: str
    ovary_image: str


@pytest.fixture(scope="module")
def two(admin: Person) -> Two:
    """A second project, created by a site admin who belongs to both."""
    owner = admin.invite("Olga Owner", "admin")
    made = owner.client.post("/projects", json={"name": OVARY, "purpose": "ovarian tumours"})
    made.raise_for_status()
    ovary = made.json()["id"]
    wait_until(lambda: available(owner))
    body = {"model": available(owner)[0], "reason": "Ovaries are what it knows best."}
    # Two admins decide, because there are no approved images to evaluate the model on.
    asked = owner.client.post("/promotion-requests", params={"project": ovary}, json=body)
    asked.raise_for_status()
    confirmation = f"/promotion-requests/{asked.json()['id']}/confirmation"
    admin.client.post(confirmation).raise_for_status()
    breast_reader = admin.invite("Bea Breast", "annotator")
    ovary_reader = admin.invite("Ove Ovary", "reviewer", project=ovary)
    return Two(
        owner,
        breast_reader,
        admin.invite("Rea Viewer", "reviewer"),
        ovary_reader,
        ovary,
        breast_reader.upload(),
        ovary_reader.upload(),
    )


def available(person: Person) -> list[str]:
    """Return the versions of the model that can be deployed."""
    found = person.get("/models")["items"]
    versions = [one for one in found if one["name"] == MODEL and one["available"]]
    return [f"{one['name']}@{one['version']}" for one in versions]


def images(page: Page, url: str) -> set[str]:
    """Return the ids of the images linked in the person's worklist."""
    page.goto(f"{url}/ui/worklist")
    page.locator("a[href^='/ui/images/']").first.wait_for()
    links = page.locator("a[href^='/ui/images/']").all()
    return {str(link.get_attribute("href")).split("/")[3].split("?")[0] for link in links}


def test_members_see_their_own_project_alone(two: Two, visit: Visit) -> None:
    for person, own, other in (
        (two.ovary_reader, two.ovary_image, two.breast_image),
        (two.breast_reviewer, two.breast_image, two.ovary_image),
    ):
        page = visit(person)
        seen = images(page, person.url)
        assert own in seen
        assert other not in seen
        expect(page.get_by_label(SWITCH)).to_have_count(0)
        page.goto(f"{person.url}/ui/images/{other}")
        expect(page.get_by_text("There is no such image")).to_be_visible()
        listed = person.get("/images", limit=200)
        assert other not in {one["id"] for one in listed["items"]}
    assert two.ovary_reader.get("/images")["total"] == 1
    assert two.ovary_reader.get("/pool")["by_state"]["predicted"] == 1
    names = {one["name"] for one in two.ovary_reader.get("/readers")["items"]}
    assert names == {two.owner.name, two.ovary_reader.name}


def test_each_project_segments_with_what_is_deployed_for_it(two: Two) -> None:
    def model(person: Person, image_id: str) -> Any:
        return person.get(f"/images/{image_id}")["model"]["name"]

    assert model(two.ovary_reader, two.ovary_image) == MODEL
    assert model(two.breast_reader, two.breast_image) == "sonoloop-lite2"


@pytest.fixture(scope="module")
def kinds(two: Two) -> dict[str, str]:
    """The ovary project's classes: ids by name."""
    made = two.owner.client.post(
        "/label-sets", json={"name": "Ovarian tumours", "ready": "ovarian-tumours"}
    )
    made.raise_for_status()
    chosen = {"label_set_id": made.json()["id"]}
    two.owner.client.put(f"/projects/{two.ovary_id}/label-set", json=chosen).raise_for_status()
    return {one["name"]: one["id"] for one in made.json()["classes"]}


def test_each_project_draws_with_a_label_set_of_its_own(
    two: Two, kinds: dict[str, str], visit: Visit
) -> None:
    """One reader gives a lesion its class; the other project's reader is not asked for one."""
    ovary_image, breast_image = two.ovary_reader.upload(), two.breast_reader.upload()
    ovary = ImagePage(visit(two.ovary_reader), two.owner.url, ovary_image).open()
    breast = ImagePage(visit(two.breast_reader), two.owner.url, breast_image).open()
    for one in (ovary, breast):
        one.tool("Brush").click()
        one.page.keyboard.press("d")
        box = one.canvas.bounding_box()
        assert box
        # Beside the model's outline: a stroke across it could leave two separate areas.
        x, y = box["x"] + box["width"] / 2 + 150, box["y"] + box["height"] / 2
        one.page.mouse.move(x, y)
        one.page.mouse.down()
        one.page.mouse.move(x + 20, y, steps=4)
        one.page.mouse.up()
    missing = ovary.page.get_by_text("Choose a class")
    expect(missing.first).to_be_visible()
    ovary.page.keyboard.press("Control+Enter")
    expect(ovary.page.locator("[data-said$=-class]:focus")).to_have_count(1)
    lesions = ovary.page.locator("[data-said$=-class]").count()
    for _ in range(lesions):
        ovary.page.keyboard.press("Shift+Digit2")
        ovary.page.keyboard.press("l")
    expect(missing).to_have_count(0)
    assert violations(ovary.page) == []
    expect(breast.page.get_by_text("Choose a class")).to_have_count(0)
    for one in (ovary, breast):
        one.page.keyboard.press("Control+Enter")
        again = one.page.get_by_text("submit again")
        expect(again.or_(one.page.get_by_text("was submitted")).first).to_be_visible()
        if again.count():  # the model is unsure of its outline
            one.page.keyboard.press("Control+Enter")

    def submitted(person: Person, image: str) -> dict[str, Any]:
        """Wait until the image is submitted and return the classes of its newest mask."""
        wait_until(lambda: person.get(f"/images/{image}")["state"] == "submitted")
        found: dict[str, Any] = person.get(f"/images/{image}")["masks"][0]["classes"]
        return found

    second = list(kinds.values())[1]
    assert set(submitted(two.ovary_reader, ovary_image).values()) == {second}
    assert submitted(two.breast_reader, breast_image) == {}
    (only,) = two.breast_reader.get("/label-sets")["items"]
    assert [one["name"] for one in only["classes"]] == ["lesion"]
    for kind in kinds:
        expect(breast.page.get_by_text(kind)).to_have_count(0)


def test_a_person_decides_which_of_two_classes_keeps_the_pixels_that_both_claim(
    two: Two, kinds: dict[str, str], visit: Visit
) -> None:
    """Two readers draw overlapping lesions of different classes, and combine their drawings."""
    theirs, mine = list(kinds)[:2]
    image_id = two.ovary_reader.upload()
    desk = ImagePage(visit(two.ovary_reader), two.owner.url, image_id).open()
    other = desk.labels.copy()
    number = int(other.max()) + 1
    # One upright and one horizontal, so that each also has pixels that the other does not claim.
    other[100:240, 90:110] = number
    desk.page.keyboard.press("d")
    desk.stroke((60, 170), (140, 170))
    desk.expect_step("Brush")
    desk.page.keyboard.press("Shift+Digit2")
    drawn = desk.labels
    shared = (other == number) & (drawn == number)
    assert shared.any()

    height, width = other.shape
    labels = {"width": width, "height": height, "runs": encode_runs(other)}
    body = {
        "parent_revision": 1,
        "labels": {**labels, "names": {}, "classes": {str(number): kinds[theirs]}},
        "answer": "lesions",
        "seconds": 5,
    }
    two.owner.client.post(f"/images/{image_id}/masks", json=body).raise_for_status()
    expect(desk.page.get_by_test_id("newer-revision")).to_be_visible()
    desk.button("Save").click()
    merge = desk.page.get_by_role("dialog", name="Two drawings of this image")
    merge.get_by_text("Both combined").click()
    question = merge.get_by_role("group", name="which may not overlap. Which one keeps them?")
    expect(question).to_contain_text(f"would be {mine} and {theirs}")
    save = merge.get_by_role("button", name="Save on top of theirs")
    expect(save).to_be_disabled()
    question.get_by_role("button", name=theirs, exact=True).click()
    expect(merge).to_contain_text("Everything is decided.")
    save.click()
    desk.expect_revision(3)

    stored = two.owner.labels(image_id, 3)
    classes = two.owner.get(f"/images/{image_id}")["masks"][0]["classes"]
    [keeper] = np.unique(stored[shared])
    assert classes[str(keeper)] == kinds[theirs]
    [loser] = np.unique(stored[(drawn == number) & (other == 0)])
    assert classes[str(loser)] == kinds[mine]


def test_whoever_belongs_to_both_switches_by_the_keyboard(two: Two, visit: Visit) -> None:
    page = visit(two.owner)
    assert two.ovary_image not in images(page, two.owner.url)
    switch = page.get_by_role("button", name=SWITCH)
    expect(switch).to_contain_text(BREAST)
    switch.focus()
    page.keyboard.press("Enter")
    wanted = page.get_by_role("menuitem", name=OVARY)
    wanted.wait_for()
    for _ in range(4):
        page.keyboard.press("ArrowDown")
        if wanted.evaluate("item => item === document.activeElement"):
            break
    page.keyboard.press("Enter")
    expect(switch).to_contain_text(OVARY)
    page.locator(f"a[href*='{two.ovary_image}']").first.wait_for()
    shown = images(page, two.owner.url)  # also after reloading the page
    assert two.ovary_image in shown and two.breast_image not in shown
    page.goto(f"{two.owner.url}/ui/images/{two.breast_image}")
    expect(switch).to_contain_text(BREAST)


@pytest.fixture
def plain_rules(two: Two) -> Iterator[None]:
    """The ovary project has single, unblinded readings before and after the test."""

    def restore() -> None:
        rules = {"double_reading_share": None, "blind_to_model": False}
        two.owner.client.patch(f"/projects/{two.ovary_id}", json=rules).raise_for_status()

    restore()
    yield
    restore()


@pytest.mark.usefixtures("plain_rules")
def test_an_admin_keeps_rules_and_members_on_one_page(two: Two, visit: Visit) -> None:
    newcomer = two.owner.invite(f"Nora {token_hex(3)}", "annotator")
    page = visit(two.owner)
    page.goto(f"{two.owner.url}/ui/images/{two.ovary_image}")
    page.get_by_role("button", name=f"{SWITCH}{OVARY}").wait_for()
    page.get_by_role("link", name="Project", exact=True).click()
    expect(page.get_by_role("heading", name=OVARY, exact=True)).to_be_visible()
    assert violations(page) == []
    page.get_by_label("Read twice, blind (%)").fill("25")
    page.get_by_label("Readers do not see the model").focus()
    page.keyboard.press("Space")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(
        page.get_by_text("Saved. The rules apply to what is received from now on.")
    ).to_be_visible()
    rules = two.owner.get(f"/projects/{two.ovary_id}")
    assert (rules["double_reading_share"], rules["blind_to_model"]) == (0.25, True)
    page.get_by_label("Email").fill(newcomer.email)
    page.keyboard.press("Enter")
    row = page.get_by_role("row", name=newcomer.name)
    expect(row).to_be_visible()
    row.get_by_role("button", name=f"Remove {newcomer.name}").click()
    row.get_by_role("button", name=f"Remove {newcomer.name} now").click()
    expect(row).to_have_count(0)
    page.get_by_role("button", name="Set a rule for: Exports").click()
    expect(page.get_by_text("The rule would affect 0 items when it begins")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("button", name="Set the rule").click()
    rule = page.get_by_role("row", name="Exports")
    expect(rule).to_contain_text("Deleted after 365 days")
    rule.get_by_role("button", name="Remove Exports").click()
    rule.get_by_role("button", name="Remove Exports now").click()
    expect(rule).to_contain_text("Kept")
    assert two.owner.get(f"/projects/{two.ovary_id}/retention")["items"] == []


def test_a_group_brings_its_people_into_a_project_and_out_again(two: Two, visit: Visit) -> None:
    newcomer = two.owner.invite(f"Gina {token_hex(3)}", "annotator")
    page = visit(two.owner)
    page.goto(f"{two.owner.url}/ui/people")
    page.get_by_role("button", name="New group").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name", exact=True).fill("Sonographers")
    dialog.get_by_role("combobox", name="People").fill(newcomer.name)
    page.get_by_role("option", name=newcomer.name).click()
    dialog.get_by_label("Name", exact=True).click()  # closes the list of people
    expect(page.get_by_role("option")).to_have_count(0)
    assert violations(page) == []
    dialog.get_by_role("button", name="Create").click()
    group = page.get_by_role("row", name="Sonographers")
    expect(group).to_contain_text(newcomer.name)

    page.goto(f"{two.owner.url}/ui/images/{two.ovary_image}")
    page.get_by_role("button", name=f"{SWITCH}{OVARY}").wait_for()
    page.get_by_role("link", name="Project", exact=True).click()
    page.get_by_role("combobox", name="Group").click()
    page.get_by_role("option", name="Sonographers").click()
    page.get_by_role("button", name="Add", exact=True).last.click()
    expect(page.get_by_role("row", name=newcomer.name)).to_contain_text(
        "Annotator through Sonographers"
    )
    assert violations(page) == []
    assert two.ovary_id in {one["id"] for one in newcomer.get("/projects")["items"]}

    page.goto(f"{two.owner.url}/ui/people")
    expect(group).to_contain_text(f"{OVARY}: Annotator")
    page.get_by_role("button", name="Delete Sonographers").click()
    expect(dialog).to_contain_text("1 person loses the roles")
    dialog.get_by_role("button", name="Delete", exact=True).click()
    expect(group).to_have_count(0)
    assert two.ovary_id not in {one["id"] for one in newcomer.get("/projects")["items"]}


def test_a_new_project_is_made_and_entered(two: Two, visit: Visit) -> None:
    page = visit(two.owner)
    page.goto(f"{two.owner.url}/ui/project")
    page.get_by_role("button", name="New project").click()
    page.get_by_label("Name", exact=True).last.fill("Thyroid")
    assert violations(page) == []
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Thyroid", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name=SWITCH)).to_contain_text("Thyroid")
    page.get_by_role("link", name="Worklist", exact=True).click()
    expect(page.get_by_text(two.breast_image)).to_have_count(0)
    expect(page.locator("a[href^='/ui/images/']")).to_have_count(0)


def test_the_audit_log_calls_sets_and_groups_what_they_are_called_now(
    two: Two, visit: Visit
) -> None:
    client = two.owner.client
    made = client.post("/label-sets", json={"name": "Nodules", "ready": "ovarian-tumours"}).json()
    classes = [{"id": made["classes"][0]["id"], "name": "Nodule", "colour": "#4fc3f7"}]
    renamed = {"version": 1, "name": "Thyroid nodules", "archived": True, "classes": classes}
    client.put(f"/label-sets/{made['id']}", json=renamed).raise_for_status()
    group = client.post("/groups", json={"name": "Residents"}).json()
    page = visit(two.owner)
    for object_id, name in ((made["id"], "Label set Thyroid nodules"), (group["id"], "Residents")):
        page.goto(f"{two.owner.url}/ui/audit?object_id={object_id}")
        table = page.get_by_role("region", name="Audit log")
        expect(table.get_by_role("link", name=name).first).to_be_visible()
        assert "Nodules" not in table.inner_text()
        tab = page.get_by_role("navigation", name="Site").get_by_role("link", name="Audit")
        expect(tab).to_have_attribute("aria-current", "page")
