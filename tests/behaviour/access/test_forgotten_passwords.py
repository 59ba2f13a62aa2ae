"""Forgotten passwords and invitations by e-mail, with a real SMTP server; no stranger learns who
has an account."""

import asyncio
import re
import ssl
import threading
from collections.abc import Iterator
from email import message_from_string, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword

from app.accounts.tables import User
from app.core.settings import Settings
from app.mail.sending import send
from tests.certificates import self_signed
from tests.conftest import fresh_settings
from tests.processes import wait_until
from tests.running_site import PASSWORD, Site, running_site


class Mailbox:
    """A real SMTP server that requires STARTTLS and signing in, and stores the messages it
    receives."""

    USER, PASSWORD = "sonoloop", "a mail lantern"

    def __init__(self, certificate: Path, key: Path) -> None:
        self.received: list[tuple[str, str]] = []
        self.signed_in: list[bytes] = []
        self.tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self.tls.load_cert_chain(certificate, key)
        self._loop = asyncio.new_event_loop()
        made = self._loop.create_server(self._talk, "127.0.0.1", 0)
        self._server = self._loop.run_until_complete(made)
        self.port = self._server.sockets[0].getsockname()[1]
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def _talk(self) -> SMTP:
        return SMTP(
            self,
            tls_context=self.tls,
            require_starttls=True,
            auth_required=True,
            authenticator=self._knows,
        )

    def _knows(self, *asked: Any) -> AuthResult:
        given: LoginPassword = asked[-1]
        known = (given.login, given.password) == (self.USER.encode(), self.PASSWORD.encode())
        if known:
            self.signed_in.append(given.login)
        return AuthResult(success=known)

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Envelope) -> str:
        self.received += [(to, envelope.content.decode()) for to in envelope.rcpt_tos]
        return "250 good"

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._server.close)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return self_signed(tmp_path_factory.mktemp("certificate"))


@pytest.fixture(scope="module")
def server(certificate: tuple[Path, Path]) -> Iterator[Mailbox]:
    box = Mailbox(*certificate)
    yield box
    box.close()


@pytest.fixture(autouse=True)
def trusted(monkeypatch: pytest.MonkeyPatch, certificate: tuple[Path, Path]) -> None:
    """Trust the hospital's certificate authority, as its machines do."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))


def by_mail(data_dir: Path, valkey: str, server: Mailbox, **changes: Any) -> Settings:
    """Return settings of a site that sends its e-mail through this server."""
    given = {
        "smtp_host": "localhost",
        "smtp_port": server.port,
        "smtp_security": "starttls",
        "smtp_user": Mailbox.USER,
        "smtp_password": Mailbox.PASSWORD,
        "smtp_from": "sonoloop@example.org",
        "site_name": "St. Ada",
    }
    return fresh_settings(data_dir, valkey, **(given | changes))


@pytest.fixture(scope="module")
def mailing(
    tmp_path_factory: pytest.TempPathFactory, valkey: str, server: Mailbox
) -> Iterator[Site]:
    """A site that sends e-mail."""
    settings = by_mail(Path(tmp_path_factory.mktemp("site")), valkey, server)
    with running_site(settings) as site:
        yield site


def message_to(server: Mailbox, to: str) -> EmailMessage:
    """Return the last message to a person."""
    wait_until(lambda: any(one == to for one, _ in server.received))
    text = next(text for one, text in reversed(server.received) if one == to)
    message = message_from_string(text, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def link_in(server: Mailbox, to: str) -> str:
    """Return the secret in the last message to a person."""
    message = message_to(server, to)
    found = re.search(r"#token=(\S+)", message.get_content())
    assert found
    assert message["From"] == "sonoloop@example.org"
    return found[1]


def ask(site: Site, email: str, headers: dict[str, str] | None = None) -> httpx.Response:
    client = site.anonymous(Origin=site.url)
    return client.post("/forgotten-passwords", json={"email": email}, headers=headers)


def test_a_link_by_email_sets_a_new_password(mailing: Site, server: Mailbox) -> None:
    person = mailing.add_person(email="grace@example.org")
    assert ask(mailing, " Grace@example.org ").status_code == 202
    accepted = mailing.anonymous(Origin=mailing.url).post(
        "/invitations/accept",
        json={"token": link_in(server, "grace@example.org"), "password": "quite another lantern"},
    )
    assert accepted.status_code == 200
    assert accepted.json()["id"] == str(person.id)
    old = {"email": "grace@example.org", "password": PASSWORD}
    assert mailing.anonymous(Origin=mailing.url).post("/session", json=old).status_code == 401


def test_the_answer_is_the_same_to_everybody_and_only_people_get_a_link(
    mailing: Site, server: Mailbox
) -> None:
    admin = mailing.browser("admin")
    gone = mailing.add_person(email="gone@example.org")
    admin.patch(f"/users/{gone.id}", json={"active": False}).raise_for_status()
    invited = {"name": "New", "email": "new@example.org", "role": "annotator"}
    assert admin.post("/users", json=invited).json()["mailed"] is True
    first = link_in(server, "new@example.org")
    mailing.add_person(email="here@example.org")
    answers = [
        ask(mailing, f"{who}@example.org") for who in ("gone", "new", "nobody", "service", "here")
    ]
    assert {(one.status_code, one.content) for one in answers} == {(202, answers[0].content)}
    link_in(server, "here@example.org")
    told = [to for to, _ in server.received]
    assert "gone@example.org" not in told
    assert "nobody@example.org" not in told
    # The invitation still works: a stranger cannot invalidate it.
    look = mailing.anonymous().post("/invitations/lookup", json={"token": first})
    assert look.json()["purpose"] == "invitation"


def test_requests_for_one_account_are_limited_whether_there_is_one_or_not(mailing: Site) -> None:
    mailing.add_person(email="known@example.org")
    for email in ("known@example.org", "unknown@example.org"):
        answers = [ask(mailing, email) for _ in range(4)]
        assert [one.status_code for one in answers] == [202, 202, 202, 429]
        assert "Look for the message" in answers[-1].json()["detail"]


def test_a_site_without_email_says_whom_to_ask(shared_site: Site) -> None:
    shared_site.add_person(email="grace@example.org")
    answers = [ask(shared_site, f"{who}@example.org") for who in ("grace", "nobody")]
    assert {(one.status_code, one.json()["code"]) for one in answers} == {(409, "no-mail")}


def test_a_server_that_does_not_answer_leaves_the_link_to_pass_on(
    tmp_path: Path, valkey: str
) -> None:
    settings = fresh_settings(
        tmp_path, valkey, smtp_host="127.0.0.1", smtp_port=1, smtp_from="sonoloop@example.org"
    )
    with running_site(settings) as site:
        invited = {"name": "New", "email": "new@example.org", "role": "annotator"}
        made = site.browser("admin").post("/users", json=invited).json()
        assert (made["mailed"], "#token=" in made["set_up_url"]) == (False, True)


def test_an_invitation_ends_when_it_is_revoked_and_another_is_sent(shared_site: Site) -> None:
    admin = shared_site.browser("admin")
    invited = {"name": "New", "email": "late@example.org", "role": "annotator"}
    made = admin.post("/users", json=invited).json()
    assert made["user"]["link_expires_at"]
    one = f"/users/{made['user']['id']}/reset-link"
    assert admin.delete(one).status_code == 204
    assert admin.delete(one).status_code == 204

    def look_up(url: str) -> int:
        token = {"token": url.partition("#token=")[2]}
        return shared_site.anonymous().post("/invitations/lookup", json=token).status_code

    assert look_up(made["set_up_url"]) == 410
    assert look_up(admin.post(one).json()["set_up_url"]) == 200
    revoked = admin.get("/audit", params={"action": "link.revoked"}).json()["items"]
    assert [event["object_id"] for event in revoked].count(made["user"]["id"]) == 1


@pytest.mark.parametrize(
    ("language", "page", "subject", "says"),
    [
        ("de", "en", "St. Ada: neues Passwort", "Über diesen Link"),
        ("es", None, "St. Ada: contraseña nueva", "Con este enlace"),
        (None, "fr, zh-CN;q=0.8, en;q=0.5", "St. Ada：设置新密码", "您可以通过此链接"),
        (None, None, "St. Ada: a new password", "This link"),
    ],
)
def test_a_message_is_in_the_language_of_whom_it_goes_to(
    mailing: Site,
    server: Mailbox,
    language: str | None,
    page: str | None,
    subject: str,
    says: str,
) -> None:
    email = f"{language}-{len(page or '')}@example.org".lower()
    person = mailing.add_person(email=email)
    with mailing.database.write() as session:
        session.get_one(User, person.id).language = language
    said = {"Accept-Language": page} if page else {}
    assert ask(mailing, email, said).status_code == 202
    message = message_to(server, email)
    assert message["Subject"] == subject
    assert says in message.get_content()
    link_in(server, email)


def test_messages_go_encrypted_and_signed_in_or_not_at_all(
    tmp_path: Path, valkey: str, server: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = len(server.signed_in)
    good = by_mail(tmp_path, valkey, server)
    assert send(good, "grace@example.org", "Hello", "Text")
    assert len(server.signed_in) == before + 1
    for wrong in ({"smtp_password": "another"}, {"smtp_user": ""}, {"smtp_security": "none"}):
        refused = by_mail(tmp_path, valkey, server, **wrong)
        assert not send(refused, "nobody@example.org", "Hello", "Text"), wrong
    monkeypatch.delenv("SSL_CERT_FILE")
    assert not send(good, "nobody@example.org", "Hello", "Text"), "an unknown certificate"
    assert "nobody@example.org" not in [to for to, _ in server.received]
