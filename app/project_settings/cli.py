"""``sonoloop project``: for whoever has access to the machine, without signing in."""

import click
from rich.console import Console
from rich.table import Table
from sqlalchemy import func, select

from app.accounts.cli import Site, on_site
from app.core.audit import SYSTEM
from app.core.logs import escape
from app.project_settings import service
from app.project_settings.schemas import NewProject
from app.projects.tables import TRASH, Membership, Project


@click.group()
def project() -> None:
    """Projects, each with its images, members and rules."""


@project.command("list")
@on_site
def list_projects(site: Site) -> None:
    """Show all projects."""
    table = Table("name", "organ or purpose", "members")
    members = select(func.count()).where(Membership.project_id == Project.id).scalar_subquery()
    with site.database.read() as session:
        shown = select(Project, members).where(Project.id != TRASH)
        for one, number in session.execute(shown.order_by(Project.id)):
            cells = (one.name, one.purpose, str(number))
            table.add_row(*(escape(cell) for cell in cells))
    Console(markup=False, emoji=False).print(table)


@project.command("create")
@click.option("--name", required=True)
@click.option("--purpose", default="", help="The organ, or what the images are for.")
@on_site
def create_project(site: Site, name: str, purpose: str) -> None:
    """Make a project. Site admins see it at once; others are added on its page."""
    if not name.strip():
        raise click.ClickException("The name is empty.")
    new = NewProject(name=name.strip()[:120], purpose=purpose.strip()[:200])
    with site.database.write() as session:
        service.create(session, site.key, SYSTEM, None, new)
    click.echo(f"“{escape(new.name)}” is made.")
