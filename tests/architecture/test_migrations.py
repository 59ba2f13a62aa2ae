"""Migrations form one chain, so each database has exactly one way to upgrade."""

from alembic.config import Config
from alembic.script import ScriptDirectory


def test_there_is_one_newest_migration() -> None:
    config = Config()
    config.set_main_option("script_location", "migrations")
    script = ScriptDirectory.from_config(config)
    numbers = [one.revision for one in script.walk_revisions()]
    assert len(script.get_heads()) == 1
    assert sorted(numbers, reverse=True) == numbers, "their numbers say the order"
