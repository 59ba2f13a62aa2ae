"""Settings that can be changed while the site runs, and the values that they may have."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from app.core.languages import Language
from app.core.settings import GIB, HOST_NAME, MIB

LARGEST = 1024 * 1024 * GIB
"""Upper limit of settings in bytes: more than any disk has."""
DAY = 24 * 3600

Line = Annotated[
    str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]*$", strip_whitespace=True, max_length=500)
]
Most = Annotated[int, Field(ge=0, le=LARGEST, description="0: no limit.")]
Share = Annotated[float, Field(ge=0, le=1)]


def _host(name: str) -> str:
    if not HOST_NAME.fullmatch(name):
        raise ValueError("write a host name alone, such as his.example.org")
    return name.lower()


Host = Annotated[str, StringConstraints(max_length=253), AfterValidator(_host)]


class Changeable(BaseModel):
    """Settings of the site, each named as in `app.core.settings.Settings`.

    What is left out stays; null returns a setting to the environment. The upper limits protect
    against typing errors; the environment has none.
    """

    model_config = ConfigDict(extra="forbid")

    site_name: Annotated[Line, StringConstraints(max_length=80)] | None = None
    sign_in_notice: Line | None = None
    default_language: Literal["browser"] | Language | None = None
    record_views: bool | None = None
    retain_patient_characteristics: bool | None = None
    retain_shifted_dates: bool | None = None

    session_hours: Annotated[float, Field(gt=0, le=24 * 365)] | None = None
    sign_in_attempts: Annotated[int, Field(ge=1, le=100)] | None = None

    max_upload_bytes: Annotated[int, Field(ge=1024, le=4 * GIB)] | None = None
    max_import_bytes: Annotated[int, Field(ge=1024, le=LARGEST)] | None = None
    queued_jobs_per_person: Annotated[int, Field(ge=1, le=10_000_000)] | None = None
    queued_bytes_per_person: Annotated[int, Field(ge=MIB, le=LARGEST)] | None = None
    images_per_person: Most | None = None
    stored_bytes_per_person: Most | None = None
    stored_bytes: Most | None = None
    token_requests_per_minute: Annotated[int, Field(ge=1, le=1_000_000)] | None = None

    deleted_images_days: Annotated[float, Field(ge=0, le=3650)] | None = None
    failed_upload_seconds: Annotated[float, Field(ge=0, le=365 * DAY)] | None = None
    import_seconds: Annotated[float, Field(ge=3600, le=3650 * DAY)] | None = None

    double_reading_share: Share | None = None
    allow_self_approval: bool | None = None
    export_licence: Annotated[Line, StringConstraints(min_length=1)] | None = None
    export_suspected_text: Literal["ask", "refuse"] | None = None
    webhook_hosts: Annotated[list[Host], Field(max_length=100)] | None = None


CHANGEABLE = tuple(Changeable.model_fields)
FREE_TEXT = frozenset({"site_name", "sign_in_notice", "export_licence"})
"""Free text from people, which is kept out of a log that cannot be corrected."""
