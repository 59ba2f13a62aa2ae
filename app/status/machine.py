"""Checks of this machine and installation, for `sonoloop doctor`."""

import importlib
import json
import platform
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

from sqlalchemy.exc import DBAPIError

from app.core.database import Database
from app.core.security import SiteKeyError, load_site_key
from app.core.settings import Settings
from app.pages import DIST
from app.site.lock import Holder
from app.site.records import recorded_fingerprint
from app.status.checks import Check

MIN_PYTHON = (3, 11)
MIN_FREE_BYTES = 2 * 1024**3
MODELS_SECONDS = 600
LEAST_PARITY = 0.99
"""Share of equal labels; OpenVINO reaches more than 0.999 on the same graph."""
NATIVE = {
    "cv2": "opencv-python-headless",
    "PIL": "pillow",
    "onnxruntime": "onnxruntime",
    "obstore": "obstore",
    "psycopg": "psycopg[binary]",
    "pydicom": "pydicom",
    "libjpeg": "pylibjpeg-libjpeg",
    "openjpeg": "pylibjpeg-openjpeg",
    "argon2": "pwdlib[argon2]",
}
"""Import name and package of libraries that are not pure Python."""
CUDA_PROVIDERS = {"CUDAExecutionProvider", "TensorrtExecutionProvider"}


def python() -> Check:
    """Check that the interpreter is new enough."""
    found = platform.python_version()
    if sys.version_info[:2] < MIN_PYTHON:
        needed = ".".join(map(str, MIN_PYTHON))
        return Check("python", False, f"Python {found}.", f"Install Python {needed} or later.")
    return Check("python", True, f"Python {found} on {platform.platform(terse=True)}.")


def libraries() -> Check:
    """Check that every library with native code can be loaded."""
    broken = {}
    for module, package in NATIVE.items():
        try:
            importlib.import_module(module)
        except Exception as error:  # a broken native library may raise anything
            broken[package] = f"{type(error).__name__}: {error}"
    if broken:
        return Check(
            "libraries",
            False,
            f"Cannot be loaded: {', '.join(broken)}.",
            f"pip install --force-reinstall {' '.join(broken)}",
            "; ".join(broken.values()),
        )
    return Check("libraries", True, f"{len(NATIVE)} native libraries load.")


def device() -> Check:
    """Check that an existing GPU is used."""
    from onnxruntime import get_available_providers

    providers = set(get_available_providers())
    gpu = _nvidia_gpu()
    if gpu is None:
        return Check("device", True, "No NVIDIA GPU; networks run on the CPU.")
    if not providers & CUDA_PROVIDERS:
        return Check(
            "device",
            False,
            f"{gpu} is there, but this ONNX Runtime has no CUDA.",
            "pip uninstall -y onnxruntime && pip install --editable '.[gpu]'",
        )
    return Check("device", True, f"{gpu}, used through {', '.join(sorted(providers))}.")


def _nvidia_gpu() -> str | None:
    program = shutil.which("nvidia-smi")
    if program is None:
        return None
    try:
        listing = subprocess.run(  # noqa: S603  (a fixed command)
            [program, "-L"], capture_output=True, text=True, timeout=10, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return listing.stdout.partition("(UUID")[0].strip() or None


def disk(settings: Settings) -> Check:
    """Check that the disk has room for images."""
    folder = settings.data_dir.absolute()
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    detail = f"{free / 1024**3:.1f} GiB free at {settings.data_dir.absolute()}."
    if free < MIN_FREE_BYTES:
        return Check(
            "disk", False, detail, "Free space, or set SONOLOOP_DATA_DIR to a larger disk."
        )
    return Check("disk", True, detail)


def pages() -> Check:
    """Check that the front end is built."""
    if not (DIST / "index.html").is_file():
        return Check("pages", False, "The pages are not built.", "make frontend")
    return Check("pages", True, "Built.")


def models(settings: Settings) -> Check:
    """Check that the default model can serve and no model folder is broken."""
    name = settings.default_model.partition("@")[0]
    roots = [str(root.absolute()) for root in settings.model_roots]
    try:
        # The networks' code checks them in a separate process, as the api does not import it.
        answer = subprocess.run(  # noqa: S603  (a fixed command)
            [sys.executable, "-m", "worker.model_check", "survey", *roots],
            cwd=Path(__file__).parents[2],
            capture_output=True,
            text=True,
            timeout=MODELS_SECONDS,
            check=True,
        )
        found: dict[str, list[str]] = json.loads(answer.stdout)
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        return Check(
            "models", False, "The models could not be looked at.", "See the reason.", str(error)
        )
    names = ", ".join(found["models"]) or "none"
    if not any(model.partition(" ")[0] == name for model in found["models"]):
        return Check(
            "models",
            False,
            f"The default model {name} is not there; found: {names}.",
            "Put it into models/ of the data folder, or name another: SONOLOOP_DEFAULT_MODEL.",
            "\n".join(found["problems"]) or None,
        )
    if found["problems"]:
        return Check(
            "models",
            False,
            f"Found: {names}. {len(found['problems'])} cannot be used.",
            "Mend or remove what is named; till then an older version or a shipped model serves.",
            "\n".join(found["problems"]),
        )
    return Check("models", True, f"Found: {names}.")


def engines(settings: Settings) -> Check:
    """Check which engine runs the shipped networks, and that it agrees with ONNX Runtime."""
    try:
        answer = subprocess.run(  # noqa: S603  (a fixed command)
            [sys.executable, "-m", "worker.model_check", "engines", settings.engine],
            cwd=Path(__file__).parents[2],
            capture_output=True,
            text=True,
            timeout=MODELS_SECONDS,
            check=True,
        )
        rows: list[dict[str, Any]] = json.loads(answer.stdout)
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        return Check(
            "engines",
            False,
            f"SONOLOOP_ENGINE={settings.engine} does not run the shipped networks.",
            "Set SONOLOOP_ENGINE=onnxruntime, or install the extra 'openvino'.",
            str(error),
        )
    said = []
    for row in rows:
        text = f"{row['model']} on {row['provider']}"
        if "labels_equal" in row:
            text += (
                f" ({100 * row['labels_equal']:.2f} % of labels as on ONNX Runtime, "
                f"{row['times_faster']:g} times as fast)"
            )
        said.append(text)
    detail = "; ".join(said) + "."
    if any(row.get("labels_equal", 1.0) < LEAST_PARITY for row in rows):
        fix = "Set SONOLOOP_ENGINE=onnxruntime: the engine is wrong on this processor."
        return Check("engines", False, detail, fix)
    return Check("engines", True, detail)


def port(settings: Settings, running: Holder | None) -> Check:
    """Check that the port is ours or free."""
    if running is not None:
        return Check("port", True, f"Served by process {running.pid} at {running.url}.")
    with socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            return Check(
                "port",
                False,
                f"{settings.host} port {settings.port} cannot be used: {error.strerror}.",
                f"Stop what uses it, or choose another: SONOLOOP_PORT={settings.port + 1}",
            )
    return Check("port", True, f"{settings.host} port {settings.port} is free.")


def site_key(settings: Settings, database: Database) -> Check:
    """Check that the key is the one that this data was written with."""
    try:
        recorded = recorded_fingerprint(database)
    except DBAPIError:
        recorded = None  # not migrated yet, or not answering; the database check reports it
    kept = settings.site_key is not None or (settings.data_dir / "site.key").is_file()
    if not kept:
        if recorded is None:
            return Check("site key", True, "Made at the first start.")
        return Check(
            "site key",
            False,
            f"Missing, but the data was written with {recorded}.",
            "Restore site.key in the data folder from your backup, or set SONOLOOP_SITE_KEY.",
        )
    try:
        found = load_site_key(settings).fingerprint()
    except SiteKeyError as error:
        return Check("site key", False, "Cannot be used.", str(error))
    if recorded is not None and recorded != found:
        return Check(
            "site key",
            False,
            f"Fingerprint {found}, but the data was written with {recorded}.",
            "Restore the right key: SONOLOOP_SITE_KEY, or site.key in the data folder.",
        )
    return Check("site key", True, f"Fingerprint {found}.")


def permissions(settings: Settings) -> Check:
    """Check that nobody else on this machine can read the data folder."""
    folder: Path = settings.data_dir
    if not folder.exists():
        return Check("privacy", True, "The data folder is made at the first start.")
    if folder.stat().st_mode & 0o007:
        return Check(
            "privacy",
            False,
            "Every account of this machine may look into the data folder.",
            f"chmod 700 {folder.absolute()}",
        )
    return Check("privacy", True, "Only its owner reads the data folder.")
