"""Passwords: long enough, not obvious, no other rules; the same on every keyboard."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.accounts.passwords import COMMONEST, DECORATION, MIN_DISTINCT, MIN_LENGTH, check_password
from app.core.problems import Problem
from app.core.security import hash_password, verify_password


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery",
        "ünïcödé läntern",
        "only lower case letters",
        "spaces   everywhere  ",
        "98234-71123-0455",
    ],
)
def test_any_long_password_that_is_not_obvious_is_good(password: str) -> None:
    check_password(password, "ada@example.org", "Ada Lovelace")


@pytest.mark.parametrize(
    ("password", "told"),
    [
        ("eleven char", "fewer than 12"),
        ("x" * 10_000, "more than 256"),
        ("password1234", "commonest"),
        ("PassWord1234", "commonest"),
        ("qwertyuiop1234!!!", "commonest"),
        ("abababababababab", "same few characters"),
        ("ada.lovelace@example.org", "email address or your name"),
        ("ADA.Lovelace1815!", "email address or your name"),
        ("augusta ada king", "email address or your name"),
    ],
)
def test_obvious_passwords_are_refused_with_the_reason(password: str, told: str) -> None:
    with pytest.raises(Problem) as refused:
        check_password(password, "ada.lovelace@example.org", "Augusta Ada King")
    assert refused.value.status == 422
    assert told in refused.value.detail
    assert password not in refused.value.detail


@given(st.text(min_size=MIN_LENGTH, max_size=40))
def test_only_length_and_obviousness_count(password: str) -> None:
    obvious = (
        password.casefold().strip(DECORATION) in COMMONEST
        or password.casefold() in COMMONEST
        or len(set(password.casefold())) < MIN_DISTINCT
    )
    if obvious:
        with pytest.raises(Problem):
            check_password(password)
    else:
        check_password(password)


def test_every_listed_password_could_be_chosen_otherwise() -> None:
    assert all(len(word) >= MIN_LENGTH and word == word.casefold() for word in COMMONEST)


def test_a_password_typed_on_another_keyboard_is_the_same() -> None:
    composed, decomposed = "caf\u00e9 lantern three", "cafe\u0301 lantern three"
    hashed = hash_password(composed)
    assert hashed.startswith("$argon2id$")
    assert verify_password(decomposed, hashed)
    assert not verify_password("cafe lantern three", hashed)
    assert not verify_password(composed, None)
