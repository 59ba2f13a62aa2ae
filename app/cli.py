"""The `sonoloop` program: a group of commands, each imported only when it is called."""

import ast
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from pathlib import Path

import click

from app.core.imports import lasting_imports

GROUP = "sonoloop.commands"
WITHOUT_TABLES = frozenset({"serve"})
"""Commands of the api that read and write no rows themselves; `serve` runs for months."""


class LazyGroup(click.Group):
    """A click group whose commands are entry points of the group ``sonoloop.commands``.

    The api's commands then start without loading a network, and this file does not depend on the
    worker or the training code.
    """

    def _entry_points(self) -> dict[str, EntryPoint]:
        return {point.name: point for point in entry_points(group=GROUP)}

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(self._entry_points())

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        point = self._entry_points().get(cmd_name)
        if point is None:
            return None
        try:
            with lasting_imports():
                if point.module.startswith("app.") and cmd_name not in WITHOUT_TABLES:
                    # A column with a foreign key has no type until the table that it points to is
                    # loaded, whichever tables the command itself uses.
                    import app.tables  # noqa: F401
                command = point.load()
        except ModuleNotFoundError as error:
            if error.name and error.name.split(".")[0] in {"app", "worker", "models"}:
                raise
            raise click.ClickException(
                f"`sonoloop {cmd_name}` needs the package {error.name!r}. "
                "Install the extra that brings it, for example: pip install 'sonoloop[cpu,train]'."
            ) from error
        if not isinstance(command, click.Command):
            raise TypeError(f"{point.value} is not a click command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        points = sorted(self._entry_points().items())
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary(point)) for name, point in points])


def summary(point: EntryPoint) -> str:
    """Return the first sentence of a command's docstring, read from its source.

    Importing every command just for its line of help would load torch.
    """
    spec = find_spec(point.module)
    if spec is None or spec.origin is None:
        return ""
    for node in ast.parse(Path(spec.origin).read_text("utf-8")).body:
        if isinstance(node, ast.FunctionDef) and node.name == point.attr:
            first = (ast.get_docstring(node) or "").split("\n\n")[0]
            return " ".join(first.split())
    return ""


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="sonoloop")
def main() -> None:
    """Ultrasound in, lesion mask out, and the doctor's correction back into the model."""
