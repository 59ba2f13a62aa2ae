"""An admin imports a model, and another confirms deploying it without the gate; it outlines an
image, and the first admin rolls it back."""

import zipfile
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.e2e.axe import violations
from tests.e2e.conftest import Visit
from tests.e2e.people import Person
from tests.unit.worker.pipeline.dark import write_dark_model

NAME = "own-dark"


def archive(folder: Path, version: str) -> Path:
    """Return a model's folder as a ZIP."""
    made = write_dark_model(folder, NAME, version)
    path = folder / f"{version}.zip"
    with zipfile.ZipFile(path, "w") as packed:
        for file in made.iterdir():
            packed.write(file, file.name)
    return path


def decide(page: Page, button: str, why: str) -> None:
    """Fill in the open dialog."""
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Why").fill(why)
    dialog.get_by_role("button", name=button, exact=True).click()
    expect(dialog).to_have_count(0)


def test_import_promote_past_the_gate_by_two_and_go_back(
    admin: Person, visit: Visit, tmp_path: Path
) -> None:
    second = admin.invite("Second Admin", "admin")
    page = visit(admin)
    page.goto(f"{admin.url}/ui/models")
    jobs = page.get_by_role("list", name="Imports and verifications")
    cut = archive(tmp_path / "cut", "1.0.0")
    cut.write_bytes(cut.read_bytes()[:-60])
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose a ZIP").click()
    chooser.value.set_files(cut)
    expect(jobs).to_contain_text("damaged or cut short")
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose a ZIP").click()
    chooser.value.set_files(archive(tmp_path / "whole", "1.0.0"))
    expect(jobs).to_contain_text("verified, can be used")
    heading = page.get_by_role("heading", name="Dark regions")
    card = page.locator("section", has=heading).last
    expect(card).to_contain_text("Candidate")
    assert violations(page) == []
    card.get_by_role("button", name="Promote").click()
    expect(page.get_by_role("dialog").get_by_role("status")).to_contain_text(
        "has not been evaluated"
    )
    decide(page, "Ask a second admin", "Dark is what we look for.")
    waiting = page.get_by_role("region", name="Request for own-dark")
    expect(waiting.get_by_role("button", name="Withdraw")).to_be_visible()
    expect(waiting.get_by_role("button", name="Confirm")).to_have_count(0)
    theirs = visit(second)
    theirs.goto(f"{admin.url}/ui/models")
    theirs.get_by_role("button", name="Confirm and promote").click()
    expect(theirs.get_by_text(f"{NAME} 1.0.0 outlines new images")).to_be_visible()
    page.reload()
    expect(page.get_by_text(f"{NAME} 1.0.0 outlines new images")).to_be_visible()
    image = admin.upload()
    assert admin.get(f"/images/{image}")["model"]["name"] == NAME
    admin.client.delete(f"/images/{image}").raise_for_status()
    page.get_by_role("button", name="Go back to the previous version").click()
    decide(page, "Go back", "It outlines shadows.")
    history = page.get_by_role("region", name="History")
    expect(history.get_by_role("row").nth(1)).to_contain_text("It outlines shadows.")
    expect(history.get_by_role("row").nth(1)).to_contain_text(admin.name)
    expect(history.get_by_role("row").nth(2)).to_contain_text("Dark is what we look for.")
    expect(history.get_by_role("row").nth(2)).to_contain_text("confirmed by Second Admin")
    expect(card).to_contain_text("Retired")
    assert violations(page) == []
