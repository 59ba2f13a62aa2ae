"""`sonoloop user` and `sonoloop token`, with the database that the settings name."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app.accounts.cli import token, user
from app.core.settings import Settings, get_settings
from tests.conftest import SITE_KEY
from tests.databases import migrate
from tests.running_site import PASSWORD, Site


def run(group: object, *arguments: str) -> Result:
    """Run a command with the settings read again, as in a new process."""
    get_settings.cache_clear()
    result = CliRunner().invoke(group, list(arguments))  # type: ignore[arg-type]
    get_settings.cache_clear()
    return result


@pytest.fixture(autouse=True)
def environment(settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Set the environment so that commands use the fixtures' site."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SONOLOOP_DATA_DIR", str(settings.data_dir))
    monkeypatch.setenv("SONOLOOP_SITE_KEY", SITE_KEY)
    monkeypatch.setenv("SONOLOOP_REDIS_URL", settings.redis_url)


CREATE = ("create", "--name", "PACS", "--scope", "segment")


def test_a_token_made_on_the_command_line_is_all_that_is_printed_and_works(site: Site) -> None:
    admin = site.person("admin")
    result = run(token, *CREATE, "--scope", "read")
    assert result.exit_code == 0
    assert result.stdout.startswith("slp_")
    assert len(result.stdout.split()) == 1
    script = site.anonymous(Authorization=f"Bearer {result.stdout.strip()}")
    assert script.get("/images").status_code == 200
    [listed] = site.browser(admin).get("/tokens").json()["items"]
    assert listed["scopes"] == ["segment", "read"]
    assert listed["owner"]["id"] == str(admin.id)
    assert listed["expires_at"] is None
    revoked = run(token, "revoke", listed["id"])
    assert revoked.exit_code == 0
    assert script.get("/images").status_code == 401


def test_a_token_can_be_another_persons_and_expire(site: Site) -> None:
    person = site.person("annotator")
    result = run(token, *CREATE, "--user", "Annotator@example.org", "--expires-days", "30")
    assert result.exit_code == 0
    [listed] = site.browser(person).get("/tokens").json()["items"]
    assert listed["expires_at"] is not None
    assert "annotator@example.org" in run(token, "list").stdout


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (CREATE, "no admin yet"),
        ((*CREATE, "--user", "annotator@example.org", "--scope", "admin"), "needs an admin"),
        ((*CREATE, "--user", "nobody@example.org"), "nobody with the email"),
        ((*CREATE, "--user", "nonsense"), "not an email address"),
        (("revoke", "01a20614-6d3f-7000-8000-000000000000"), "no token with this id"),
    ],
)
def test_what_cannot_be_done_is_said(site: Site, arguments: tuple[str, ...], told: str) -> None:
    site.person("annotator")
    result = run(token, *arguments)
    assert result.exit_code == 1
    assert result.stdout == ""
    assert told in result.stderr


def test_without_a_database_it_says_so_and_makes_none(settings: Settings) -> None:
    result = run(token, *CREATE)
    assert result.exit_code == 1
    assert "There is no database" in result.stderr
    assert not (settings.data_dir / "sonoloop.sqlite3").exists()


def test_a_database_that_is_not_migrated_is_named(settings: Settings) -> None:
    settings.data_dir.mkdir(parents=True)
    (settings.data_dir / "sonoloop.sqlite3").touch()
    result = run(token, *CREATE)
    assert result.exit_code == 1
    assert "sonoloop migrate" in result.stderr


def test_another_site_key_is_refused_before_it_spoils_the_log(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    migrate(settings)
    assert run(token, "list").exit_code == 0
    monkeypatch.setenv("SONOLOOP_SITE_KEY", "another key than the data was written with")
    result = run(token, *CREATE)
    assert result.exit_code == 1
    assert "site key" in result.stderr


def test_people_are_invited_listed_reset_and_deactivated(site: Site) -> None:
    site.person("admin")
    made = run(user, "create", "--email", "Grace@example.org", "--name", "Grace")
    assert made.exit_code == 0
    [link] = made.stdout.split()
    body = {"token": link.partition("#token=")[2], "password": PASSWORD}
    client = site.anonymous(Origin=site.url)
    assert client.post("/invitations/accept", json=body).json()["role"] == "annotator"
    assert "grace@example.org" in run(user, "list").stdout
    again = run(user, "create", "--email", "grace@example.org", "--name", "Grace")
    assert (again.exit_code, "already" in again.stderr) == (1, True)
    reset = run(user, "reset-link", "grace@example.org").stdout.strip().partition("#token=")[2]
    looked_up = client.post("/invitations/lookup", json={"token": reset}).json()
    assert looked_up["purpose"] == "reset"
    assert run(user, "deactivate", "grace@example.org").exit_code == 0
    assert client.get("/session").status_code == 401
    refused = run(user, "deactivate", "admin@example.org")
    assert (refused.exit_code, "last admin" in refused.stderr) == (1, True)


@pytest.mark.parametrize("group", [token, user], ids=["token", "user"])
def test_a_name_that_was_typed_cannot_steer_the_terminal(site: Site, group: object) -> None:
    """Escape sequences (C0, C1) hide rows; direction marks reverse the text beside them."""
    site.person("admin")
    name = "a\x1b[2J\x9b2J\u202eb\u2066c\u061cd\r"
    if group is token:
        assert run(token, "create", "--name", name, "--scope", "read").exit_code == 0
    else:
        made = run(user, "create", "--email", "grace@example.org", "--name", name)
        assert made.exit_code == 0
    listed = run(group, "list").stdout
    assert "a\\x1b[2J\\x9b2J\\u202eb\\u2066c\\u061cd" in listed
    assert not set(listed) & set("\x1b\x9b\u202e\u2066\u061c\r")
