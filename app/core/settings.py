"""Settings, read once from the environment (``SONOLOOP_*``) and ``.env``.

Some can be changed while the site runs: `app.site_settings`.
"""

import re
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from app.core.languages import Language

VERSION = version("sonoloop")
MIB = 1024 * 1024
GIB = 1024 * MIB
HOST_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[?[0-9A-Fa-f:.]+\]?")


class Settings(BaseSettings):
    """Everything that a site can set. With the defaults, one machine serves itself.

    ``database_url``, ``redis_url`` and ``blob_url`` default to a SQLite file, a broker that
    ``sonoloop serve`` starts, and a folder, all inside ``data_dir``.
    """

    model_config = SettingsConfigDict(env_prefix="SONOLOOP_", env_file=".env", extra="ignore")

    data_dir: Path = Path("data")
    host: str = "127.0.0.1"
    port: int = Field(8000, ge=0, le=65535)
    public_url: str | None = None
    """Address that people use if there is a proxy in front (``https://sono.example.org``)."""
    allowed_hosts: Annotated[list[str], NoDecode] = []
    """Further names by which requests may ask for this site, besides those of ``public_url``,
    ``host`` and this machine itself; separated by commas."""

    database_url: str = ""
    redis_url: str = ""
    blob_url: str = ""
    """``file:///folder`` or ``s3://bucket/prefix``."""
    s3_endpoint: str | None = None
    s3_region: str = "us-east-1"
    s3_access_key_id: SecretStr | None = None
    s3_secret_access_key: SecretStr | None = None

    site_key: SecretStr | None = None
    """At least 32 characters; seals identities and signs the audit log. Without it a key is made
    once in ``data_dir/site.key``."""

    site_name: str = Field("", max_length=80)
    """The hospital's name for this site; shown beside the product's name."""
    sign_in_notice: str = Field("", max_length=500)
    """Shown on the sign-in page, for example whom to ask for an account."""
    default_language: Literal["browser"] | Language = "browser"
    """Language of the pages for people who have not chosen one; ``browser`` follows the browser."""
    record_views: bool = False
    """Whether the audit log records who looked at which image."""
    retain_patient_characteristics: bool = False
    """Keep sex, age, size, weight, pregnancy and smoking of DICOM files (PS3.15 E.3.7)."""
    retain_shifted_dates: bool = False
    """Keep dates of examinations, all of a patient's shifted by the same secret number of days
    (PS3.15 E.3.6)."""

    admin_email: str | None = None
    admin_password: SecretStr | None = None
    session_hours: float = Field(12, gt=0)
    sign_in_attempts: int = Field(10, ge=1)
    """Wrong passwords for an account from one address within ``sign_in_window_seconds`` before the
    next has to wait; five times as many from one address, ten times as many for one account."""
    sign_in_window_seconds: int = Field(900, ge=1)

    smtp_host: str = ""
    """Server for e-mail: invitations and forgotten passwords. Without it links are passed on by
    hand."""
    smtp_port: int = Field(587, ge=1, le=65535)
    smtp_security: Literal["starttls", "tls", "none"] = "starttls"
    smtp_user: str | None = None
    smtp_password: SecretStr | None = None
    smtp_from: str = ""
    """Sender's address of messages."""

    max_upload_bytes: int = Field(64 * MIB, ge=1024)
    max_study_bytes: int = Field(16 * GIB, ge=1024)
    """Largest total size of one STOW-RS request; each instance may have ``max_upload_bytes``."""
    max_pixels: int = Field(50_000_000, ge=1)
    max_side: int = Field(16_384, ge=1)
    max_frames: int = Field(2000, ge=2, le=10_000)
    """Most frames of a cine; longer ones are refused."""
    max_cine_pixels: int = Field(2_000_000_000, ge=1)
    """Most pixels of a cine, all frames together."""
    api_processes: int = Field(1, ge=1)

    dicom_port: int = Field(0, ge=0, le=65535)
    """The port of `sonoloop serve` for C-STORE; 0 turns it off. 104 and 11112 are usual."""
    dicom_host: str = "0.0.0.0"  # noqa: S104  (who may send is on a list)
    dicom_ae_title: str = Field("SONOLOOP", min_length=1, max_length=16)
    dicom_associations: int = Field(16, ge=1)
    """Most associations at once; further ones are rejected for now."""
    dicom_tls_certificate: Path | None = None
    """PEM; with it and ``dicom_tls_key`` peers must use TLS."""
    dicom_tls_key: Path | None = None
    dicom_tls_ca: Path | None = None
    """PEM; peers must then have a certificate of this authority."""
    dicom_spool_bytes: int = Field(4 * GIB, ge=1024)
    """Largest size of acknowledged instances that wait to be handed on, half of it for one peer;
    further ones are refused for now."""

    head_seconds: float = Field(10, gt=0)
    """Time in which the head of a request must arrive."""
    body_seconds: float = Field(30, gt=0)
    """A body that stalls for this long is given up, and so is one that is still slower than
    ``body_bytes_per_second`` after this time."""
    body_bytes_per_second: int = Field(1024, ge=1)
    answer_seconds: float = Field(60, gt=0)
    """An answer of which nothing is read for this long is cut off, and so is one that is still read
    more slowly than ``body_bytes_per_second`` after this time."""
    unread_bytes: int = Field(256 * 1024**2, ge=1)
    """Most bytes of unread answers in one api process; beyond that, the answers that have gone
    unread the longest are cut off."""
    connections: int = Field(2000, ge=1)
    """Connections to one api process; further ones are answered with 503."""
    connections_per_address: int = Field(500, ge=1)
    """Connections to one api process from an address that is no proxy; further ones get 429."""
    uploads_per_person: int = Field(64, ge=1)
    """Concurrent requests to ``POST /segment`` in one api process; further ones get 429."""
    questions_per_person: int = Field(8, ge=1)
    """Scribbles and boxes that wait for an answer, in one api process; further ones get 429."""
    event_streams_per_person: int = Field(16, ge=1)
    """Event streams in one api process; one more ends the oldest."""
    queued_jobs_per_person: int = Field(10_000, ge=1)
    """Jobs that may wait; further uploads get 429."""
    queued_bytes_per_person: int = Field(64 * GIB, ge=1)
    """Size of a person's uploads that wait; further ones get 429."""
    images_per_person: int = Field(0, ge=0)
    """Stored images, 0 for no limit; further uploads get 429."""
    stored_bytes_per_person: int = Field(0, ge=0)
    """Size of images, uploads, archives and exports, 0 for no limit; more uploads get 429."""
    stored_bytes: int = Field(0, ge=0)
    """The same for everybody together, 0 for no limit; further uploads get 507."""
    token_requests_per_minute: int = Field(6000, ge=1)
    """Requests with one token to one api process; further ones get 429."""

    models_dir: Path | None = None
    default_model: str = "sonoloop-lite2"
    execution_providers: Annotated[list[str], NoDecode] = ["auto"]
    """ONNX Runtime providers in order; ``auto`` is the installed ones of TensorRT, CUDA, CPU."""
    engine: Literal["auto", "onnxruntime", "openvino"] = "auto"
    """The engine of shipped networks; ``auto`` is OpenVINO for 8-bit ones if it is installed, there
    is no GPU, and the processor multiplies 8-bit numbers, else ONNX Runtime. ``openvino`` computes
    the others in bfloat16 if the processor can."""
    worker_concurrency: int = Field(2, ge=1)
    """Processes of a worker: while the network of one keeps the cores or the GPU busy, another
    decodes, refines and stores."""
    worker_silence_seconds: float = Field(150, gt=0)
    """A worker that takes no message for this long although the broker answers, ends, and whatever
    started it starts it again."""
    network_threads: int = Field(0, ge=0)
    """Threads per network; 0 means twice the cores divided among the worker's processes."""

    training_memory_bytes: int = Field(12 * GIB, ge=GIB)
    """Memory limit of the training process."""
    training_recipe: dict[str, int | float] = {}
    """Settings that override the defaults of the training recipe, as JSON: ``size``,
    ``batch_size``, ``learning_rate``, ``seed``, ``threads``."""

    trains_on_demand: bool = False
    """Whether a worker for training is started once a run waits for one. `sonoloop serve` sets it
    for the processes that it starts."""

    job_lease_seconds: float = Field(30, gt=0)
    job_time_limit_seconds: int = Field(120, ge=1)
    job_max_attempts: int = Field(3, ge=1)
    sweep_seconds: float = Field(2, gt=0)
    orphan_grace_seconds: float = Field(3600, ge=0)
    """Age after which a blob that no row references is deleted."""
    transient_seconds: float = Field(900, gt=0)
    """Time that the result of a ``store=false`` request waits to be fetched."""
    failed_upload_seconds: float = Field(24 * 3600, ge=0)
    """Time that the source of a job that failed through a fault of ours is kept for a retry."""

    deleted_images_days: float = Field(7, ge=0)
    """Time in which images deleted together can be restored before they are erased."""

    interactive_seconds: float = Field(10, gt=0, le=60)
    """Time that somebody who draws waits for a worker before being told to continue by hand."""

    allow_self_approval: bool = False
    """Whether a reviewer may approve what they drew themselves."""
    double_reading_share: float = Field(0.0, ge=0, le=1)
    """Share of new images that two people read, blind to each other."""

    export_licence: str = Field(
        "All rights reserved; research use by agreement", min_length=1, max_length=500
    )
    """The terms of use in the manifest of an export."""
    export_suspected_text: Literal["ask", "refuse"] = "ask"
    """Whether an admin may export images with suspected text that nobody has judged; they are left
    out unless asked for."""
    export_part_bytes: int = Field(64 * MIB, ge=1024)
    """An export is written in parts of about this many bytes; a killed worker loses at most one."""
    max_import_bytes: int = Field(16 * GIB, ge=1024)
    """Largest archive of labels that is accepted."""
    import_seconds: float = Field(7 * 24 * 3600, gt=0)
    """Time that an import is kept, with the file names in its report, once it no longer runs."""

    webhook_hosts: Annotated[list[str], NoDecode] = []
    """Hosts that may receive events by webhook, separated by commas."""
    webhook_private: bool = False
    """Whether these may be at private addresses, and be called without TLS."""
    send_after_seconds: float = Field(15, ge=0)
    """Time that an approval, which can be taken back, waits before its result goes to a PACS."""

    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @field_validator("execution_providers", "allowed_hosts", "webhook_hosts", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return (
            [part.strip() for part in value.split(",") if part.strip()]
            if isinstance(value, str)
            else value
        )

    @field_validator("allowed_hosts")
    @classmethod
    def _bare_names(cls, value: list[str]) -> list[str]:
        for name in value:
            if not HOST_NAME.fullmatch(name):
                raise ValueError(
                    f"{name!r} is not a host name; write names alone, without scheme, port or "
                    "path, such as sono.example.org"
                )
        return value

    @field_validator("public_url")
    @classmethod
    def _public_root(cls, value: str | None) -> str | None:
        if not value:
            return None
        parts = urlsplit(value.strip())
        if parts.scheme not in {"http", "https"} or not HOST_NAME.fullmatch(parts.hostname or ""):
            raise ValueError("write the whole address, such as https://sono.example.org")
        if parts.path.strip("/") or parts.query or parts.fragment or parts.username is not None:
            raise ValueError(
                "Sonoloop must be at the root of a host name: its cookie belongs to the whole "
                "host, and its pages to no path. Give it a name of its own, such as "
                f"{parts.scheme}://sono.example.org, and let the proxy pass every path on"
            )
        _ = parts.port  # raises ValueError if it is invalid
        return value.strip().rstrip("/")

    @field_validator("database_url")
    @classmethod
    def _driver(cls, value: str) -> str:
        # People paste the URL that their provider shows; psycopg 3 is the only driver here.
        for scheme in ("postgres://", "postgresql://"):
            if value.startswith(scheme):
                return "postgresql+psycopg://" + value.removeprefix(scheme)
        return value

    @property
    def database(self) -> str:
        """SQLAlchemy URL of the database."""
        return self.database_url or f"sqlite:///{self.data_dir.absolute() / 'sonoloop.sqlite3'}"

    @property
    def blobs(self) -> str:
        """URL of the blob store."""
        return self.blob_url or (self.data_dir.absolute() / "blobs").as_uri()

    @property
    def url(self) -> str:
        """Address of this site for a browser, without a trailing slash."""
        if self.public_url:
            return self.public_url.rstrip("/")
        host = "127.0.0.1" if self.host in {"0.0.0.0", "::"} else self.host  # noqa: S104
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"

    @property
    def secure_cookies(self) -> bool:
        """Whether people reach this site by https, so that cookies may be ``Secure``."""
        return urlsplit(self.url).scheme == "https"

    @property
    def model_roots(self) -> list[Path]:
        """Folders that hold ``<name>/<version>/model.onnx``; the site's own come first."""
        shipped = Path(__file__).parents[2] / "models" / "zoo"
        own = self.models_dir or self.data_dir / "models"
        return [own, shipped]


@lru_cache
def get_settings() -> Settings:
    """Return the process's settings.

    Raises:
        pydantic.ValidationError: a variable has an invalid value.
    """
    return Settings()
