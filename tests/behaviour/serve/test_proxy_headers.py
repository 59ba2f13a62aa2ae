"""`X-Forwarded-For` counts only from a known proxy."""

import pytest

from app.core.settings import Settings
from app.serve.api import build_server


def test_nobody_is_believed_without_a_proxy(settings: Settings) -> None:
    assert build_server(settings).config.proxy_headers is False


def test_a_public_url_names_a_proxy(settings: Settings) -> None:
    behind = settings.model_copy(update={"public_url": "https://sono.example.org"})
    config = build_server(behind).config
    assert config.proxy_headers is True
    assert set(str(config.forwarded_allow_ips).split(",")) <= {"127.0.0.1", "::1"}


def test_the_environment_names_a_proxy(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "10.0.0.5")
    config = build_server(settings).config
    assert config.proxy_headers is True
    assert config.forwarded_allow_ips == "10.0.0.5"
