"""The only way in for instances from machines: check, recognise duplicates, store, queue."""

from dataclasses import dataclass
from enum import IntEnum
from typing import IO
from uuid import UUID

from app.accounts.principal import Principal
from app.core.blobs import BlobStoreFullError
from app.core.ids import new_id
from app.core.problems import Problem
from app.core.state import State
from app.core.uploads import Upload
from app.dicom.classes import SOP_CLASSES, TRANSFER_SYNTAXES
from app.dicom.head import Head, read_head
from app.images.tables import ImageSource
from app.instances import records as instances
from app.instances.records import InstanceCode
from app.segment.quotas import require_room
from app.segment.service import Order, accept, make_durable


class Reason(IntEnum):
    """Why an instance is refused: statuses of C-STORE (PS3.4 B.2.3), failure reasons of STOW-RS
    (PS3.18 I.2.2)."""

    OUT_OF_RESOURCES = 0xA700
    WRONG_STUDY = 0xA901
    NOT_UNDERSTOOD = 0xC000
    CLASS_NOT_SUPPORTED = 0x0122
    SYNTAX_NOT_SUPPORTED = 0xC122
    NOT_ALLOWED = 0x0124
    PROCESSING_FAILURE = 0x0110


class RefusedError(Exception):
    """An instance is refused; the message contains nothing from the file.

    Args:
        full: whether the site has no room for any instance.
        later: the problem that says why it may not be sent yet, and when it may.
    """

    def __init__(
        self,
        reason: Reason,
        detail: str,
        head: Head | None = None,
        full: bool = False,
        later: Problem | None = None,
    ) -> None:
        super().__init__(detail)
        self.full = full
        self.later = later
        self.reason = reason
        self.detail = detail
        self.head = head


@dataclass(frozen=True, slots=True)
class Received:
    """A stored instance.

    Attributes:
        job_id: the job that makes an image of it; None if the image already exists.
        duplicate: whether the same bytes came before.
    """

    head: Head
    job_id: UUID | None
    duplicate: bool


def receive(
    state: State,
    principal: Principal,
    file: IO[bytes],
    study: str | None = None,
    source: ImageSource = ImageSource.PACS,
) -> Received:
    """Store one instance; once this returns, it survives a power cut.

    Args:
        principal: the sender, in the project that the instance goes to.
        file: a Part 10 file.
        study: UID of the study that it must belong to; None allows any.
        source: how it came.

    Raises:
        RefusedError: the instance is refused.
    """
    head = read_head(file)
    if head is None or not head.instance or not head.sop_class:
        raise RefusedError(
            Reason.NOT_UNDERSTOOD, "This is not a DICOM Part 10 file that names its instance.", head
        )
    check(head)
    if study is not None and head.study != study:
        raise RefusedError(
            Reason.WRONG_STUDY, "The instance belongs to another study than the address.", head
        )
    upload = Upload.of(file)
    if upload.size > state.settings.max_upload_bytes:
        limit = state.settings.max_upload_bytes
        raise RefusedError(
            Reason.OUT_OF_RESOURCES, f"The instance is larger than {limit:,} bytes.", head
        )
    coded = InstanceCode(
        instances.code(state.site_key, head.instance), instances.code(state.site_key, upload.sha256)
    )
    with state.database.read() as session:
        known = instances.known(session, principal.project, coded)
    if known is not None:
        if known.job_id is not None and known.image_id is None:
            make_durable(state, known.job_id)
        return Received(head, None if known.image_id else known.job_id, duplicate=True)
    order = Order(
        model=None,
        subject=None,
        store=True,
        waits=False,
        source=source,
        instance=head.instance,
    )
    try:
        require_room(state, principal, None, upload.size)
        job_id = accept(state, principal, upload, order, None, new_id())
        make_durable(state, job_id)
    except Problem as problem:
        full = problem.status in (413, 429, 507)
        reason = Reason.OUT_OF_RESOURCES if full else Reason.PROCESSING_FAILURE
        later = problem if problem.status == 429 else None
        raise RefusedError(reason, str(problem), head, problem.status == 507, later) from problem
    except BlobStoreFullError as error:
        raise RefusedError(Reason.OUT_OF_RESOURCES, str(error), head, full=True) from error
    return Received(head, job_id, duplicate=False)


def check(head: Head) -> None:
    """Refuse an instance that no worker can make an image of.

    Raises:
        RefusedError: its class or its transfer syntax is not accepted.
    """
    if head.sop_class not in SOP_CLASSES:
        raise RefusedError(
            Reason.CLASS_NOT_SUPPORTED,
            "Only ultrasound images and secondary captures are accepted.",
            head,
        )
    if head.transfer_syntax not in TRANSFER_SYNTAXES:
        raise RefusedError(
            Reason.SYNTAX_NOT_SUPPORTED, "This transfer syntax cannot be decoded here.", head
        )
