"""Models are found by name and version, and a broken one does not affect others."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.unit.worker.pipeline.dark import write_dark_model
from worker.pipeline import ModelError, find_model, find_models, load_default, model_roots
from worker.pipeline.zoo import DEFAULT_MODEL, version_key


def test_versions_are_ordered_as_semantic_versioning_says() -> None:
    ordered = ["1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta.2"]
    ordered += ["1.0.0-beta.11", "1.0.0-rc.1", "1.0.0", "1.9.0", "1.10.0", "2.0.0"]
    assert sorted(set(ordered), key=version_key) == ordered


def test_newest_first_and_by_name(tmp_path: Path) -> None:
    for name, version in (("b", "1.0.0"), ("a", "1.9.0"), ("a", "1.10.0")):
        write_dark_model(tmp_path, name, version)
    found = [(m.card.name, m.card.version) for m in find_models(tmp_path)]
    assert found == [("a", "1.10.0"), ("a", "1.9.0"), ("b", "1.0.0")]
    assert find_model([tmp_path], "a").card.version == "1.10.0"
    assert find_model([tmp_path], "a@1.9.0").card.version == "1.9.0"
    assert find_model([tmp_path]).card.name == "a"


def test_the_default_is_the_shipped_one_where_it_is(tmp_path: Path) -> None:
    write_dark_model(tmp_path, "a")
    write_dark_model(tmp_path, DEFAULT_MODEL)
    assert find_model([tmp_path]).card.name == DEFAULT_MODEL


def test_an_earlier_root_wins(tmp_path: Path) -> None:
    write_dark_model(tmp_path / "site", "a")
    write_dark_model(tmp_path / "shipped", "a")
    (found,) = find_models(tmp_path / "site", tmp_path / "shipped")
    assert found.folder == tmp_path / "site" / "a" / "1.0.0"
    assert model_roots(tmp_path)[0] == tmp_path / "models"


def test_a_broken_card_or_a_renamed_folder_is_passed_over(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write_dark_model(tmp_path, "good")
    (write_dark_model(tmp_path, "broken") / "card.json").write_text("{")
    shutil.copytree(tmp_path / "good", tmp_path / "copy")
    assert [m.card.name for m in find_models(tmp_path)] == ["good"]
    assert caplog.text.count("passed over") == 2


def test_an_unknown_model_is_answered_with_those_there_are(tmp_path: Path) -> None:
    write_dark_model(tmp_path, "a")
    with pytest.raises(ModelError, match=r"a@1\.0\.0"):
        load_default(tmp_path, name="b")
    with pytest.raises(ModelError, match="No model"):
        find_model([tmp_path / "empty"])


def test_names_do_not_leave_the_folder(tmp_path: Path) -> None:
    write_dark_model(tmp_path / "models", "a")
    with pytest.raises(ModelError):
        find_model([tmp_path / "models"], "../models/a")
