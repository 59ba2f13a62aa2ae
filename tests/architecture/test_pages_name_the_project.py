"""The pages name their project wherever the API asks for it. If they did not, people in one
project would not notice, but people in two would be refused."""

import re
from pathlib import Path

from app.core.settings import Settings
from app.main import create_app

SOURCE = Path(__file__).parents[2] / "frontend" / "src" / "api" / "project.ts"
OTHERS = ("/dicomweb/", "/reference-sets")
"""Addresses that no page calls, and one whose query names the project only for reading; creating
a set names it in the body."""


def test_every_address_of_a_project_is_known_to_the_pages() -> None:
    source = SOURCE.read_text("utf-8")
    named = set(re.findall(r"^  '(/[^']+)',$", source, re.MULTILINE))
    pattern = re.search(r"OF_A_MODEL = /(.+)/;", source)
    assert pattern
    paths = create_app(Settings(_env_file=None)).openapi()["paths"]
    takes = {
        (path, method): any(one["name"] == "project" for one in operation.get("parameters", ()))
        for path, operations in paths.items()
        for method, operation in operations.items()
    }
    asks = {path for (path, _), taken in takes.items() if taken}
    of_models = {path for path in asks if re.search(pattern[1].replace(r"\/", "/"), path)}
    assert {one for one in asks if not one.startswith(OTHERS)} == named | of_models
    refuses = [one for one, taken in takes.items() if not taken and one[0] in named | of_models]
    assert not refuses, "the pages add the project whatever the method"
