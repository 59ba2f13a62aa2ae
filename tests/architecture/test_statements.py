"""Statements that are built at import time know the types of their parameters.

A column with a foreign key has no type until the table that it references is imported. A parameter
compared with it before then has no type either, and a UUID without a type matches no row in SQLite.
"""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
LOOK = """
import importlib, os, sys
import celery, fastapi, pydantic_settings, redis.asyncio, sqlalchemy.orm
from sqlalchemy import BindParameter
from sqlalchemy.sql import visitors
from sqlalchemy.sql.elements import ClauseElement

for name in sys.argv[1:]:
    child = os.fork()
    if child == 0:
        found = vars(importlib.import_module(name)).items()
        for word, statement in found:
            if isinstance(statement, ClauseElement):
                for part in visitors.iterate(statement):
                    if isinstance(part, BindParameter) and part.required and part.type._isnull:
                        print(f"{name}.{word}: {part.key}", flush=True)
        os._exit(0)
    if os.waitpid(child, 0)[1]:
        print(f"{name} cannot be imported alone")
"""


def test_parameters_of_statements_have_types_whatever_is_imported_first() -> None:
    names = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for folder in ("app", "worker")
        for path in sorted((ROOT / folder).rglob("*.py"))
        if "bindparam(" in path.read_text()
    ]
    assert "worker.tasks.lease" in names
    command = [sys.executable, "-c", LOOK, *names]
    seen = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    assert seen.stdout == "", seen.stdout
