"""The sentences and outlines on the pages of images without a lesion, in a real browser.

    python -m bench.sentences --data ../shared/data/bus-uclm:4 [--count 20] [--pictures FOLDER]

The images are sent to a running site like any upload; each page is opened and read: the title above
the lesions, the number of solid, dashed and dotted outlines, and the sentence about the model's
answer. Then it counts pages with any outline (solid or dashed), with a confident one (a lesion
probability of 0.7 or more, not flagged), and pages on which the sentence and the outlines differ.
"""

from __future__ import annotations

import argparse
import os
import re
import secrets
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Page, sync_playwright

from bench.site import Site, site
from models.data.samples import Sample, in_folds, read_samples, without_lesion
from models.packaging.held_out import spread
from tests.e2e.conftest import FLAGS

EMAIL = "bench@example.org"
CONFIDENT = 0.7


def chosen(folder: Path, fold: int, count: int) -> list[Sample]:
    """Images of a fold with the label normal, evenly spaced in their order."""
    samples = without_lesion(in_folds(read_samples(folder), (fold,)), {"label": ("normal",)})
    return spread([sample for sample in samples if sample.mask is None], count)


def sent(product: Site, sample: Sample) -> str:
    """Send an image; return its id once the model has outlined it."""
    answer = httpx.post(
        f"{product.url}/segment",
        files={"file": (sample.image.name, sample.image.read_bytes())},
        headers=product.headers,
        timeout=300,
    )
    answer.raise_for_status()
    return str(answer.json()["image_id"])


def signed_in(page: Page, product: Site, password: str) -> None:
    page.goto(f"{product.url}/ui/sign-in")
    page.get_by_label("Email").fill(EMAIL)
    page.get_by_label("Password").first.fill(password)
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Upload", exact=True).wait_for()


def seen(page: Page, product: Site, image: str) -> dict[str, Any]:
    """Return the words and outlines on an image's page, and the API's result for it."""
    page.goto(f"{product.url}/ui/images/{image}")
    findings = page.get_by_role("complementary", name="Findings")
    answer = findings.locator("section", has_text="The model’s answer").last
    answer.wait_for()
    # The drawing is loaded after the frame; until then the title shows no count.
    title = findings.get_by_role("heading", name=re.compile(r"^(No lesions|\d+ .*lesion)"))
    title.wait_for()
    detail = httpx.get(f"{product.url}/images/{image}", headers=product.headers, timeout=60).json()
    result = detail["masks"][0]["result"]
    probabilities = [one["probability"] for one in result["lesions"]]
    return {
        "title": title.inner_text(),
        "sentence": answer.locator("p").first.inner_text(),
        # Suspected text has buttons to keep it as well.
        "keep": findings.get_by_role("button", name=re.compile("^Keep Lesion")).count(),
        "solid": sum(not one["possible"] for one in result["lesions"]),
        "dashed": sum(bool(one["possible"]) for one in result["lesions"]),
        "dotted": len(result["possible_lesions"]),
        "confident": max(probabilities, default=0) >= CONFIDENT and not result["out_of_domain"],
    }


def agrees(page: dict[str, Any]) -> bool:
    """Whether title, buttons and sentence agree with the outlines."""
    sentence, title = str(page["sentence"]), str(page["title"])
    if page["keep"] != page["dashed"] or ("possible" in title.lower()) != bool(page["dashed"]):
        return False
    if page["solid"] and page["dashed"]:
        return "solid outlines" in sentence and "dashed" in sentence
    if page["dashed"]:
        return sentence.startswith("Possible lesion")
    if page["solid"]:
        return sentence.startswith(("This is ", "Each outline"))
    return sentence.startswith(("Probably no lesion", "No lesion found", "Nothing is outlined"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", required=True, help="FOLDER:FOLD")
    parser.add_argument("--count", type=int, default=20)
    parser.add_argument("--pictures", type=Path, help="where screenshots of the pages go")
    options = parser.parse_args()
    folder, _, fold = options.data.rpartition(":")
    samples = chosen(Path(folder), int(fold), options.count)
    password = secrets.token_urlsafe()
    chromium = os.environ.get("SONOLOOP_CHROMIUM") or shutil.which("chromium")
    with (
        site(admin_email=EMAIL, admin_password=password) as product,
        sync_playwright() as playwright,
    ):
        images = [sent(product, sample) for sample in samples]
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.set_default_timeout(120_000)
        signed_in(page, product, password)
        pages = []
        for sample, image in zip(samples, images, strict=True):
            pages.append(seen(page, product, image))
            if options.pictures:
                options.pictures.mkdir(parents=True, exist_ok=True)
                page.screenshot(path=options.pictures / f"{sample.id}.png")
            one = pages[-1]
            print(
                f"{sample.id}: {one['title']} | solid {one['solid']}, dashed {one['dashed']}, "
                f"dotted {one['dotted']} | {one['sentence']}{'' if agrees(one) else ' | DISAGREES'}"
            )
        browser.close()
    counts = Counter(
        any_outline=sum(bool(one["solid"] + one["dashed"]) for one in pages),
        solid=sum(bool(one["solid"]) for one in pages),
        dashed_alone=sum(bool(one["dashed"] and not one["solid"]) for one in pages),
        confident=sum(one["confident"] for one in pages),
        contradictory=sum(not agrees(one) for one in pages),
    )
    print(f"of {len(pages)}: " + ", ".join(f"{name} {count}" for name, count in counts.items()))


if __name__ == "__main__":
    main()
