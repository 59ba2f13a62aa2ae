"""Rows of a group and of a file uploaded in parts, as the API stores them."""

from uuid import UUID

from app.accounts import groups
from app.accounts.tables import User
from app.core.audit import SYSTEM
from app.core.ids import new_id
from app.uploads.tables import PartialUpload
from tests.running_site import Site


def add_group(site: Site, *people: User) -> UUID:
    """Create a group of these people and return its id."""
    with site.database.write() as session:
        group_id = groups.create(session, site.key, SYSTEM, f"Group {new_id().hex}")
        for person in people:
            groups.add(session, site.key, SYSTEM, group_id, person.id)
    return group_id


def add_upload(site: Site, owner: User, project: UUID) -> UUID:
    """Store an upload of nine bytes, none of which has arrived, and return its id."""
    with site.database.write() as session:
        row = PartialUpload(project_id=project, owner_id=owner.id, size=9)
        session.add(row)
    return row.id
