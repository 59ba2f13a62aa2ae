"""Used storage as JSON."""

from uuid import UUID

from pydantic import BaseModel, Field


class ProjectStorage(BaseModel):
    """Storage of a project."""

    id: UUID
    name: str
    images: int
    image_bytes: int = Field(description="Pictures, masks, overlays and previews of its images.")
    deleted_images: int = Field(description="Deleted images that can still be restored.")
    deleted_bytes: int = Field(description="Bytes that erasing these would free.")
    export_bytes: int
    import_bytes: int = Field(description="Archives of imported labels.")
    upload_bytes: int = Field(description="Uploads that wait or may be retried.")


class SiteStorage(BaseModel):
    """The site's storage by project and use."""

    projects: list[ProjectStorage]
    model_bytes: int
    database_bytes: int
    free_bytes: int | None = Field(description="On the disk of the data folder; null with S3.")
    limit_bytes: int | None = Field(description="Total that everybody may store; null: no limit.")
