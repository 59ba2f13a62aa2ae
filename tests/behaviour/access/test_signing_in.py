"""Signing in and out: the cookie, its session, and the limit on guesses."""

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from http.cookies import SimpleCookie
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select, update

from app.accounts.tables import SignInFailure, SignInSession
from app.core.ids import now
from app.core.settings import Settings
from tests.conftest import fresh_settings
from tests.running_site import PASSWORD, Site, running_site


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Settings with low limits on guesses, because hashing is deliberately slow."""
    return settings.model_copy(update={"sign_in_attempts": 3})


def sign_in(client: httpx.Client, email: str, password: str = PASSWORD) -> httpx.Response:
    return client.post("/session", json={"email": email, "password": password})


def test_a_person_signs_in_sees_who_they_are_and_signs_out(site: Site) -> None:
    client = site.anonymous(Origin=site.url)
    person = site.person("reviewer")
    answer = sign_in(client, "  REVIEWER@Example.org ")
    assert answer.status_code == 201
    assert answer.json()["id"] == str(person.id)
    assert client.get("/session").json()["user"]["role"] == "reviewer"
    secret = client.cookies["sonoloop"]
    answer = client.delete("/session")
    assert answer.status_code == 204
    assert answer.headers["Clear-Site-Data"] == '"cache"'
    assert "sonoloop" not in client.cookies
    stolen = site.anonymous(Cookie=f"sonoloop={secret}")
    assert stolen.get("/session").status_code == 401


def cookies_of(answer: httpx.Response) -> dict[str, dict[str, str]]:
    """Return the attributes of a response's cookies, by name."""
    return {
        name: {key: value for key, value in morsel.items() if value}
        for header in answer.headers.get_list("Set-Cookie")
        for name, morsel in SimpleCookie(header).items()
    }


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(site: Site) -> None:
    site.person("annotator")
    cookies = cookies_of(sign_in(site.anonymous(), "annotator@example.org"))
    common = {"path": "/", "httponly": True, "samesite": "strict"}
    assert cookies == {
        "sonoloop": {**common, "max-age": str(12 * 3600)},
        "sonoloop-device": {**common, "max-age": str(365 * 24 * 3600)},
    }


def test_the_cookie_is_bound_to_host_and_https_where_there_is_https(
    tmp_path: Path, valkey: str
) -> None:
    settings = fresh_settings(tmp_path, valkey, public_url="https://sono.example.org")
    with running_site(settings) as site:
        site.person("annotator")
        answer = sign_in(site.anonymous(), "annotator@example.org")
        cookies = cookies_of(answer)
        assert set(cookies) == {"__Host-sonoloop", "__Host-sonoloop-device"}
        for attributes in cookies.values():
            assert attributes["secure"] is True
            assert attributes["path"] == "/"
            assert "domain" not in attributes
        assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"


def test_a_session_planted_before_sign_in_is_worth_nothing_after_it(site: Site) -> None:
    client = site.browser("annotator")
    planted = client.cookies["sonoloop"]
    site.person("admin")
    assert sign_in(client, "admin@example.org").status_code == 201
    assert client.cookies["sonoloop"] != planted
    assert site.anonymous(Cookie=f"sonoloop={planted}").get("/session").status_code == 401


def test_a_session_ends_by_itself(site: Site) -> None:
    client = site.browser("annotator")
    assert client.get("/session").status_code == 200
    with site.database.write() as session:
        session.execute(update(SignInSession).values(expires_at=now() - timedelta(seconds=1)))
    assert client.get("/session").status_code == 401


def test_the_database_holds_no_cookie_that_can_be_used(site: Site) -> None:
    client = site.browser("annotator")
    with site.database.read() as session:
        stored = session.scalars(select(SignInSession.digest)).all()
    assert client.cookies["sonoloop"] not in stored
    for digest in stored:
        assert site.anonymous(Cookie=f"sonoloop={digest}").get("/session").status_code == 401


@pytest.fixture(autouse=True)
def behind_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make this machine a trusted proxy, so that clients can have many addresses."""
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "127.0.0.1")


def elsewhere(site: Site, number: int = 7) -> httpx.Client:
    """Return a client at another address, as stated by a proxy."""
    return site.anonymous(**{"X-Forwarded-For": f"198.51.{number // 250}.{number % 250 + 1}"})


def test_guesses_at_one_account_are_limited_and_the_right_password_waits_too(site: Site) -> None:
    site.person("annotator")
    client = site.anonymous()
    limit = site.settings.sign_in_attempts
    statuses = [
        sign_in(client, "annotator@example.org", f"wrong {n}").status_code for n in range(limit + 2)
    ]
    assert statuses == [401] * limit + [429, 429]
    answer = sign_in(client, "annotator@example.org")
    assert answer.status_code == 429
    assert answer.json()["code"] == "too-many-attempts"
    assert 0 < int(answer.headers["Retry-After"]) <= site.settings.sign_in_window_seconds
    with site.database.write() as session:
        older = timedelta(seconds=site.settings.sign_in_window_seconds + 1)
        session.execute(update(SignInFailure).values(at=now() - older))
    assert sign_in(client, "annotator@example.org").status_code == 201


def test_whoever_guesses_locks_themselves_out_and_not_the_person(site: Site) -> None:
    site.person("annotator")
    guesser = elsewhere(site)
    for n in range(site.settings.sign_in_attempts):
        assert sign_in(guesser, "annotator@example.org", f"wrong {n}").status_code == 401
    assert sign_in(guesser, "annotator@example.org").status_code == 429
    assert sign_in(site.anonymous(), "annotator@example.org").status_code == 201


def test_each_guess_too_many_waits_twice_as_long(site: Site) -> None:
    site.person("annotator")
    client = elsewhere(site)
    for n in range(site.settings.sign_in_attempts):
        sign_in(client, "annotator@example.org", f"wrong {n}")
    for wait in (10, 20, 40, 80, 160, 320, 640):
        answer = sign_in(client, "annotator@example.org", "wrong")
        assert answer.status_code == 429
        assert wait / 2 < int(answer.headers["Retry-After"]) <= wait
        with site.database.write() as session:  # simulate that this time has passed
            before = now() - timedelta(seconds=wait)
            session.execute(update(SignInFailure).values(at=before))
        assert sign_in(client, "annotator@example.org", "wrong").status_code == 401


def test_no_number_of_strangers_keeps_a_person_out_of_their_own_browser(
    tmp_path: Path, valkey: str
) -> None:
    with running_site(fresh_settings(tmp_path, valkey, sign_in_attempts=1)) as site:
        site.person("annotator")
        own = site.anonymous()
        assert sign_in(own, "annotator@example.org").status_code == 201
        statuses = [
            sign_in(elsewhere(site, n), "annotator@example.org", "guess").status_code
            for n in range(12)
        ]
        assert statuses == [401] * 10 + [429] * 2, "many addresses share one limit"
        refused = sign_in(elsewhere(site, 99), "annotator@example.org")
        assert refused.status_code == 429
        assert int(refused.headers["Retry-After"]) <= 60
        for _ in range(3):  # even from the guessers' address
            again = own.post(
                "/session",
                json={"email": "annotator@example.org", "password": PASSWORD},
                headers={"X-Forwarded-For": "198.51.0.1"},
            )
            assert again.status_code == 201
        assert sign_in(elsewhere(site, 50), "nobody@example.org").status_code == 401


def test_a_known_browser_has_a_limit_of_its_own(site: Site) -> None:
    site.person("annotator")
    client = site.anonymous()
    assert sign_in(client, "annotator@example.org").status_code == 201
    limit = site.settings.sign_in_attempts
    statuses = [
        sign_in(client, "annotator@example.org", f"wrong {n}").status_code for n in range(limit + 1)
    ]
    assert statuses == [401] * limit + [429]
    assert sign_in(elsewhere(site), "annotator@example.org").status_code == 201


def test_a_browser_is_known_for_each_of_its_people_and_their_present_password(
    tmp_path: Path, valkey: str
) -> None:
    with running_site(fresh_settings(tmp_path, valkey, sign_in_attempts=1)) as site:
        people = [site.add_person(email=f"p{n}@example.org") for n in range(3)]
        shared = site.anonymous(Origin=site.url)
        for person in people:
            assert sign_in(shared, person.email).status_code == 201
        old = shared.cookies["sonoloop-device"]
        for person in people:
            assert sign_in(elsewhere(site), person.email, "wrong").status_code in {401, 429}
            assert sign_in(shared, person.email).status_code == 201
        body = {"current_password": PASSWORD, "new_password": "a wholly new lantern"}
        assert shared.put("/session/password", json=body).status_code == 204
        guesser = elsewhere(site, 3)
        stolen = {"Cookie": f"sonoloop-device={old}"}
        email = people[2].email
        found = [
            guesser.post("/session", json={"email": email, "password": "x"}, headers=stolen)
            for _ in range(2)
        ]
        assert [answer.status_code for answer in found] == [401, 429], "known no more"
        assert sign_in(shared, email, "a wholly new lantern").status_code == 201


@pytest.mark.parametrize(
    "value", ["x", "~~~", "a.b~c.d", ".", "é", "a" * 3000, "~".join("ab" * 50)]
)
def test_a_made_up_device_is_nobodys(site: Site, value: str) -> None:
    site.person("annotator")
    cookie = f"sonoloop-device={value}".encode()
    body = {"email": "annotator@example.org", "password": "wrong"}
    statuses = [
        site.anonymous().post("/session", json=body, headers={b"Cookie": cookie}).status_code
        for _ in range(4)
    ]
    assert statuses == [401, 401, 401, 429]


def test_a_device_lets_nobody_in_and_names_nobody(site: Site) -> None:
    person = site.person("annotator")
    client = site.anonymous()
    sign_in(client, person.email)
    device = client.cookies["sonoloop-device"]
    assert str(person.id) not in device
    assert person.email not in device
    stolen = site.anonymous(Cookie=f"sonoloop-device={device}; sonoloop={device}")
    assert stolen.get("/session").status_code == 401


def test_guesses_do_not_keep_somebody_from_changing_their_password(site: Site) -> None:
    client = site.browser("annotator")
    stranger = site.anonymous()
    for n in range(site.settings.sign_in_attempts + 1):
        sign_in(stranger, "annotator@example.org", f"wrong {n}")
    body = {"current_password": PASSWORD, "new_password": "a wholly new lantern"}
    assert client.put("/session/password", json=body).status_code == 204


def test_many_guesses_at_once_do_not_slip_past_the_limit(site: Site) -> None:
    site.person("annotator")
    client = site.anonymous()

    def guess(n: int) -> int:
        return sign_in(client, "annotator@example.org", f"wrong {n}").status_code

    with ThreadPoolExecutor(12) as pool:
        assert Counter(pool.map(guess, range(12))) == {401: 3, 429: 9}


def test_one_address_cannot_try_one_password_on_everybody(tmp_path: Path, valkey: str) -> None:
    with running_site(fresh_settings(tmp_path, valkey, sign_in_attempts=1)) as site:
        client = site.anonymous()
        statuses = [sign_in(client, f"u{n}@example.org", "guess").status_code for n in range(7)]
        assert statuses == [401] * 5 + [429] * 2


def test_signing_in_oneself_does_not_buy_guesses_at_others(tmp_path: Path, valkey: str) -> None:
    with running_site(fresh_settings(tmp_path, valkey, sign_in_attempts=1)) as site:
        site.person("annotator")
        client = site.anonymous()
        found = []
        for n in range(6):
            found.append(sign_in(client, f"u{n}@example.org", "guess").status_code)
            found.append(sign_in(client, "annotator@example.org").status_code)
        # After the first sign-in the browser is known for its own account, but not for the others.
        assert found == [401, 201] * 5 + [429, 201]


def test_a_right_password_clears_the_accounts_count(site: Site) -> None:
    site.person("annotator")
    client = site.anonymous()
    for _ in range(2):
        for n in range(site.settings.sign_in_attempts - 1):
            assert sign_in(client, "annotator@example.org", f"wrong {n}").status_code == 401
        assert sign_in(client, "annotator@example.org").status_code == 201


def test_an_unknown_account_cannot_be_told_from_a_wrong_password(site: Site) -> None:
    known = [site.add_person() for _ in range(5)]
    client = site.anonymous()

    def timed(email: str) -> tuple[float, dict[str, object]]:
        started = time.perf_counter()
        answer = sign_in(client, email, "wrong password")
        assert answer.status_code == 401
        return time.perf_counter() - started, {**answer.json(), "request_id": None}

    timed("nobody@example.org")
    # Alternate, and take the fastest of each: other load on the machine slows single responses.
    pairs = [(timed(f"nobody{n}@example.org"), timed(one.email)) for n, one in enumerate(known)]
    unknown, wrong = zip(*pairs, strict=True)
    assert {str(body) for _, body in unknown} == {str(body) for _, body in wrong}
    ratio = min(seconds for seconds, _ in unknown) / min(seconds for seconds, _ in wrong)
    assert 0.4 < ratio < 2.5


def test_emails_and_addresses_of_failed_sign_ins_are_not_kept(site: Site) -> None:
    sign_in(site.anonymous(), "typed-my-password-here@example.org", "wrong")
    path = site.database.url.database
    assert path
    with site.database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    content = Path(path).read_bytes()
    assert b"typed-my-password-here" not in content
    assert b"127.0.0.1" not in content


def test_changing_the_password_ends_every_other_session(site: Site) -> None:
    here, elsewhere = site.browser("annotator"), site.browser("annotator")
    before = here.cookies["sonoloop"]
    body = {"current_password": PASSWORD, "new_password": "a wholly new lantern"}
    assert here.put("/session/password", json=body).status_code == 204
    assert elsewhere.get("/session").status_code == 401
    assert here.get("/session").status_code == 200
    assert here.cookies["sonoloop"] != before
    assert sign_in(site.anonymous(), "annotator@example.org").status_code == 401
    new = sign_in(site.anonymous(), "annotator@example.org", "a wholly new lantern")
    assert new.status_code == 201


@pytest.mark.parametrize("keep", [None, False, True])
def test_changing_the_password_ends_tokens_unless_asked_not_to(
    site: Site, keep: bool | None
) -> None:
    client, script = site.browser("annotator"), site.script("annotator", "read")
    other = site.script("reviewer", "read")
    body: dict[str, object] = {"current_password": PASSWORD, "new_password": "a new lantern here"}
    if keep is not None:
        body["keep_tokens"] = keep
    assert client.put("/session/password", json=body).status_code == 204
    assert script.get("/images").status_code == (200 if keep else 401)
    assert other.get("/images").status_code == 200
    events = site.browser("admin").get("/audit").json()["items"]
    [event] = [one for one in events if one["action"] == "user.password-changed"]
    assert event["detail"] == {"tokens_revoked": 0 if keep else 1}


def test_changing_the_password_ends_links_that_would_set_another(site: Site) -> None:
    person = site.person("annotator")
    link = site.browser("admin").post(f"/users/{person.id}/reset-link").json()["set_up_url"]
    body = {"current_password": PASSWORD, "new_password": "a wholly new lantern"}
    assert site.browser(person).put("/session/password", json=body).status_code == 204
    accepted = site.anonymous().post(
        "/invitations/accept",
        json={"token": link.partition("#token=")[2], "password": PASSWORD},
    )
    assert accepted.status_code == 410


def test_a_wrong_current_password_is_refused_and_counted(site: Site) -> None:
    client = site.browser("annotator")
    body = {"current_password": "not it", "new_password": "a wholly new lantern"}
    statuses = [
        client.put("/session/password", json=body).status_code
        for _ in range(site.settings.sign_in_attempts + 1)
    ]
    assert statuses == [422] * site.settings.sign_in_attempts + [429]


def test_a_deactivated_person_cannot_sign_in(site: Site) -> None:
    person = site.person("annotator")
    assert site.browser("admin").patch(f"/users/{person.id}", json={"active": False}).is_success
    assert sign_in(site.anonymous(), "annotator@example.org").status_code == 401
