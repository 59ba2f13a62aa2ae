"""Send archives of labels to a running site, with the worker's own code."""

import io
import zipfile
from collections.abc import Mapping
from typing import Any

import httpx

from app.label_sets.tables import LESION_CLASS_ID
from tests.behaviour.exports.archives import work
from tests.running_site import Site


def zipped(files: Mapping[str, bytes]) -> bytes:
    """Return a ZIP of these files."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def checked(site: Site, client: httpx.Client, archive: bytes) -> dict[str, Any]:
    """Upload an archive, check it, and return the import."""
    answer = client.post("/imports", files={"file": ("labels.zip", archive)})
    assert answer.status_code == 202, answer.text
    work(site, answer.json()["links"]["job"])
    return dict(client.get(answer.json()["links"]["self"]).json())


def applied(
    site: Site, client: httpx.Client, archive: bytes, stored_as: str = "submitted"
) -> dict[str, Any]:
    """Check and store an archive; return the import. Classes not in the set become "lesion"."""
    details = checked(site, client, archive)
    assert details["state"] == "checked", details["problem"]
    mapping = dict.fromkeys(details["unmapped"], str(LESION_CLASS_ID))
    wish = {"stored_as": stored_as, "mapping": mapping}
    answer = client.post(details["links"]["apply"], json=wish)
    assert answer.status_code == 202, answer.text
    work(site, answer.json()["links"]["job"])
    done = dict(client.get(details["links"]["self"]).json())
    assert done["state"] == "applied", done["problem"]
    return done
