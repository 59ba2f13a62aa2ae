"""The api: `create_app` wires the capabilities together; run it with uvicorn's factory option."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from app import pages
from app.accounts import group_routes as groups
from app.accounts import people_routes as people
from app.accounts import routes as accounts
from app.accounts import token_routes as tokens
from app.accounts.access import Public, guards, public, require_guards, routes
from app.activity import project_jobs
from app.activity import routes as activity
from app.audit import routes as audit
from app.bulk import routes as bulk
from app.bundles import routes as bundles
from app.calibration import routes as calibration
from app.core import logs, problem_answers, problems
from app.core.hosts import HostMiddleware
from app.core.http import PUBLIC_BODY, SMALL_BODY, HttpMiddleware
from app.core.methods import MethodsMiddleware
from app.core.settings import MIB, VERSION, Settings, get_settings
from app.core.state import State
from app.corrections import frame_routes as frames
from app.corrections import mask_routes as drawing
from app.corrections import routes as corrections
from app.deployments import routes as deployments
from app.destinations import routes as destinations
from app.dicom import archive_routes as dicom_archives
from app.dicom import routes as dicom
from app.dicom_results import routes as dicom_results
from app.drift import routes as drift
from app.exports import routes as exports
from app.housekeeping.sweeper import sweep_forever
from app.imports import routes as imports
from app.interactive import routes as interactive
from app.label_sets import routes as label_sets
from app.model_classes import routes as model_classes
from app.overlays import routes as overlays
from app.pins import routes as pins
from app.pool import routes as pool
from app.preferences import routes as preferences
from app.project_settings import routes as project_settings
from app.promotions import decision_routes as decisions
from app.promotions import routes as promotions
from app.redaction import routes as redaction
from app.redaction import search_routes as text_search
from app.retention import routes as retention
from app.reviews import routes as reviews
from app.segment import routes as segment
from app.segment import stored_routes as segment_stored
from app.shadows import routes as shadows
from app.site_settings import routes as site_settings
from app.site_settings.following import follow_forever
from app.status import routes as status
from app.suggestions import routes as suggestions
from app.training import routes as training
from app.uploads import routes as uploads
from app.uploads.schemas import PART_BYTES
from app.usage import routes as usage
from app.version_effort import routes as version_effort
from app.webhooks import routes as webhooks
from app.worklist import routes as worklist

DESCRIPTION = """Ultrasound in, lesion mask out. Errors are RFC 9457 problem details.
For research use only; not a medical device."""
MULTIPART_OVERHEAD = MIB
STUDIES = "/dicomweb/studies"
DRAWINGS = ("/masks", "/draft", "/refine", "/box")
"""Suffixes of the paths whose bodies contain a drawing."""
MODEL_BODY = 1024 * MIB
DRAWING_BODY = 8 * MIB
"""The runs of a frame with a lesion take about 20,000 bytes, those of noise millions."""


def create_app(settings: Settings | None = None) -> FastAPI:
    """Build the ASGI application.

    Raises:
        RuntimeError: a route has no guard.
        SiteKeyError: the site key is unusable.
    """
    settings = settings or get_settings()
    logs.configure(settings.log_level)

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        state = State.open(settings)
        app.state.sonoloop = state
        await state.events.start()
        forever = [
            asyncio.create_task(sweep_forever(state), name="sweeper"),
            asyncio.create_task(follow_forever(state), name="settings"),
        ]
        yield
        for task in forever:
            task.cancel()
        await asyncio.gather(*forever, return_exceptions=True)
        await state.events.stop()
        state.close()

    app = FastAPI(
        title="Sonoloop",
        version=VERSION,
        description=DESCRIPTION,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
    )

    def body_limit(path: str) -> int:
        if path in open_to_all:
            return PUBLIC_BODY
        now: Settings = app.state.sonoloop.settings
        if path == "/segment":
            return now.max_upload_bytes + MULTIPART_OVERHEAD
        if path in (STUDIES, "/images") or path.startswith(f"{STUDIES}/"):
            return now.max_study_bytes
        if path.startswith("/uploads/"):
            return PART_BYTES
        if path == "/models":
            return MODEL_BODY + MULTIPART_OVERHEAD
        if path == "/imports":
            return now.max_import_bytes + MULTIPART_OVERHEAD
        drawing = path.startswith("/images/") and path.endswith(DRAWINGS)
        return DRAWING_BODY if drawing else SMALL_BODY

    # The middleware added last sees a request first.
    app.add_middleware(MethodsMiddleware)
    app.add_middleware(HostMiddleware, settings=settings)
    app.add_middleware(HttpMiddleware, secure=settings.secure_cookies, body_limit=body_limit)
    problem_answers.install(app)
    for module in (
        status,
        accounts,
        people,
        groups,
        tokens,
        preferences,
        segment,
        uploads,
        dicom,
        dicom_archives,
        activity,
        project_jobs,
        worklist,
        bulk,
        corrections,
        segment_stored,
        drawing,
        frames,
        suggestions,
        calibration,
        interactive,
        overlays,
        dicom_results,
        destinations,
        webhooks,
        redaction,
        text_search,
        reviews,
        pins,
        pool,
        exports,
        imports,
        bundles,
        deployments,
        shadows,
        drift,
        version_effort,
        promotions,
        decisions,
        training,
        label_sets,
        model_classes,
        project_settings,
        retention,
        audit,
        site_settings,
        usage,
    ):
        # Not `include_router`, which rebuilds every route for each app and takes a third of a
        # second at every start; our routers have no prefix or anything else for it to add.
        app.router.routes.extend(module.router.routes)
    pages.install(app)

    @app.get("/openapi.json", include_in_schema=False, dependencies=[Public])
    def openapi_document() -> dict[str, Any]:
        return app.openapi()

    require_guards(app)
    open_to_all = {route.path for route in routes(app) if public in guards(route)}

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            schema = get_openapi(
                title=app.title,
                version=app.version,
                description=app.description,
                license_info=app.license_info,
                routes=app.routes,
            )
            components = schema.setdefault("components", {}).setdefault("schemas", {})
            components["ProblemDetails"] = problems.ProblemDetails.model_json_schema()
            components.pop("HTTPValidationError", None)
            components.pop("ValidationError", None)
            for operations in schema["paths"].values():
                for operation in operations.values():
                    names = {one["name"] for one in operation.get("parameters", ())}
                    keyed = "Idempotency-Key" in names
                    # A project that the caller does not belong to.
                    foreign = problems.responses(404) if "project" in names else {}
                    also = problems.EVERYWHERE | foreign | (problems.KEYED if keyed else {})
                    also |= problems.WITH_BODY if "requestBody" in operation else {}
                    for status, entry in also.items():
                        operation["responses"].setdefault(str(status), entry)
            app.openapi_schema = schema
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]
    return app
