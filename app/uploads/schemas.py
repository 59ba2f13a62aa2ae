"""Files in parts as JSON."""

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.core.settings import MIB

PART_BYTES = 8 * MIB


class NewUpload(BaseModel):
    """A file that will come in parts."""

    model_config = ConfigDict(extra="forbid")

    size: Annotated[int, Field(ge=1, le=2**53, description="Bytes of the whole file.")]


class UploadDetails(BaseModel):
    """The part of a file that has arrived."""

    id: UUID
    size: int
    received: int = Field(description="The next part begins at this byte.")
    part_bytes: int = Field(PART_BYTES, description="Largest size of a part.")
    job_id: UUID | None = Field(
        description="Job that processes the file, once `POST /segment` named it."
    )
