"""Every route has a guard, and none takes the write lock first, however routers are nested."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from fastapi import APIRouter, FastAPI
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from app.accounts.access import AnywhereReader, ProjectReader, Public, Reader, require_guards
from app.core.state import DatabaseRead, DatabaseWrite


def app_with(endpoint: Callable[..., Any], depth: int, **options: Any) -> FastAPI:
    """Return an app with the endpoint in routers nested to this depth."""
    router = APIRouter()
    router.get("/x", **options)(endpoint)
    for _ in range(depth):
        outer = APIRouter(prefix="/outer")
        outer.include_router(router)
        router = outer
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.include_router(router)
    return app


def bare(session: DatabaseRead) -> None: ...
def guarded(principal: AnywhereReader, session: DatabaseWrite) -> None: ...
def guarded_late(session: DatabaseWrite, principal: AnywhereReader) -> None: ...
def of_an_object(principal: Reader) -> None: ...


@pytest.mark.parametrize("depth", [0, 1, 2])
def test_a_route_without_guard_stops_the_start(depth: int) -> None:
    with pytest.raises(RuntimeError, match=r"without a guard: .*/x"):
        require_guards(app_with(bare, depth))
    require_guards(app_with(bare, depth, dependencies=[Public]))
    require_guards(app_with(guarded, depth))


def test_a_guard_given_for_the_whole_router_counts() -> None:
    router = APIRouter(dependencies=[Public])
    router.get("/x")(bare)
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.include_router(router)
    require_guards(app)


def test_a_guard_that_finds_no_project_stops_the_start() -> None:
    with pytest.raises(RuntimeError, match="its guard disagrees"):
        require_guards(app_with(of_an_object, 0))


@pytest.mark.parametrize("guard", [AnywhereReader, ProjectReader])
def test_a_guard_that_overlooks_the_project_of_an_object_stops_the_start(guard: Any) -> None:
    def endpoint(image_id: UUID, principal: Any) -> None: ...

    endpoint.__annotations__["principal"] = guard
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.get("/images/{image_id}")(endpoint)
    with pytest.raises(RuntimeError, match="/images"):
        require_guards(app)


def test_a_write_lock_taken_before_the_guard_stops_the_start() -> None:
    with pytest.raises(RuntimeError, match="before its guard"):
        require_guards(app_with(guarded_late, 1))


def test_a_route_of_starlettes_own_is_no_way_around() -> None:
    async def endpoint(request: Request) -> PlainTextResponse:
        return PlainTextResponse("x")

    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.router.routes.append(Route("/bare", endpoint))
    with pytest.raises(RuntimeError, match="/bare"):
        require_guards(app)
