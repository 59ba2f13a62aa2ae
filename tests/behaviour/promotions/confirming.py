"""Promote past the gate with two admins: one asks, another confirms."""

from typing import Any

import httpx

from app.accounts.tables import Role
from tests.running_site import Site


def let_serve(site: Site, admin: httpx.Client, model: str, **body: Any) -> list[dict[str, Any]]:
    """Deploy a version, whatever the gate's verdict, and return the history."""
    params = {"project": body.pop("project")} if "project" in body else {}
    body = {"model": model, "reason": "Better.", **body}
    answer = admin.post("/deployments", params=params, json=body)
    if answer.status_code == 409 and answer.json()["code"] == "gate-shut":
        second = site.browser(site.add_person(Role.ADMIN))
        asked = admin.post("/promotion-requests", params=params, json=body)
        assert asked.status_code == 201, asked.text
        answer = second.post(f"/promotion-requests/{asked.json()['id']}/confirmation")
    assert answer.status_code == 201, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items
