"""A page of another site cannot act through a signed-in person's browser."""

import pytest

from tests.running_site import PASSWORD, Site

GRACE = {"name": "Grace", "email": "grace@example.org", "role": "annotator"}
REFUSED = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "none"},
    {"Sec-Fetch-Site": "cross-site", "Origin": "SELF"},
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://["},
    {"Origin": "http://127.0.0.1"},
    {"Origin": "SELF.evil.example"},
    {"Origin": ""},
    {},
]


def headers_of(site: Site, headers: dict[str, str]) -> dict[str, str]:
    return {name: value.replace("SELF", site.url) for name, value in headers.items()}


@pytest.mark.parametrize("headers", REFUSED, ids=str)
def test_a_write_from_elsewhere_is_refused(shared_site: Site, headers: dict[str, str]) -> None:
    client = shared_site.browser("admin")
    del client.headers["Origin"]
    sent = headers_of(shared_site, headers)
    for method, address in (("POST", "/users"), ("DELETE", "/session")):
        body = GRACE if method == "POST" else None
        answer = client.request(method, address, json=body, headers=sent)
        assert (answer.status_code, answer.json()["code"]) == (403, "cross-site")
    assert client.get("/session").status_code == 200
    listed = client.get("/users", params={"limit": 200}).json()["items"]
    assert GRACE["email"] not in {user["email"] for user in listed}


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "same-origin"}, {"Origin": "SELF"}])
def test_a_write_from_the_sites_own_pages_goes_through(site: Site, headers: dict[str, str]) -> None:
    client = site.browser("admin")
    del client.headers["Origin"]
    answer = client.post("/users", json=GRACE, headers=headers_of(site, headers))
    assert answer.status_code == 201


def test_another_site_cannot_sign_a_browser_in(shared_site: Site) -> None:
    shared_site.person("annotator")
    body = {"email": "annotator@example.org", "password": PASSWORD}
    client = shared_site.anonymous()
    cross = client.post("/session", json=body, headers={"Sec-Fetch-Site": "cross-site"})
    assert cross.status_code == 403
    assert client.post("/session", json=body).status_code == 201  # a script without a browser


def test_a_token_is_not_bound_to_pages(shared_site: Site) -> None:
    script = shared_site.script("admin", "admin")
    answer = script.post("/users", json={**GRACE, "email": "by-script@example.org"})
    assert answer.status_code == 201
