"""Access control: the caller's role in the project of a request, and whether it suffices.

Every route names a role and a scope, or is marked as public; `require_guards` refuses to start an
app with a route that does neither. Only the guard determines which project a request is about: that
of the object in its path, else the one that it names, else the only one that the caller belongs to.
An object of a project that the caller does not belong to is treated as missing, before the route
does anything.
"""

import re
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import replace
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, FastAPI, Query, Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts
from fastapi.security import APIKeyCookie, HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy import select
from starlette.concurrency import run_in_threadpool
from starlette.routing import Mount

from app.accounts import looking
from app.accounts.authentication import (
    authenticate,
    not_signed_in,
    refuse_cross_site,
    require_session,
)
from app.accounts.principal import Principal as Principal
from app.accounts.principal import Scope as Scope
from app.accounts.principal import no_project
from app.accounts.tables import ApiToken, Role
from app.core.database import Base
from app.core.problems import Problem, not_found
from app.core.queries import check_query
from app.core.state import AppState, State, get_state, write_session

PROJECT = "project"


class Where(StrEnum):
    """The subject of a route."""

    PROJECT = "project"
    """One project: that of the object in the path, or the one that the request names."""
    PROJECTS = "projects"
    """Something of the caller's own in any project; a role in one project is enough."""
    SITE = "site"
    """People, tokens, sessions, the audit log. The role admin means site admin."""


# Only for the OpenAPI document: `authenticate` reads the headers itself.
_BEARER = HTTPBearer(scheme_name="token", description="An API token, `slp_…`.", auto_error=False)
_COOKIE = APIKeyCookie(
    name="sonoloop",
    scheme_name="session",
    description="Set by `POST /session`; named `__Host-sonoloop` where the site has https.",
    auto_error=False,
)


class Guard:
    """A dependency that admits callers with a role and a scope and refuses everybody else.

    Args:
        role: the lowest role that is admitted.
        scope: the scope that a token needs; None admits no tokens, only signed-in browsers.
        where: whether the role must be held in the request's project, in any project or on the
            site.
    """

    def __init__(self, role: Role, scope: Scope | None, where: Where = Where.PROJECT) -> None:
        self.role = role
        self.scope = scope
        self.where = where

    def __call__(
        self,
        request: Request,
        state: AppState,
        _token: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)] = None,
        _session: Annotated[str | None, Depends(_COOKIE)] = None,
    ) -> Principal:
        passed: dict[Guard, Principal] = request.scope.setdefault("sonoloop.passed", {})
        if self not in passed:
            principal = self._let_in(request, state)
            if principal.token and not passed:
                _count(state, principal.token)
            passed[self] = principal
        return passed[self]

    def recheck(self, request: Request, state: State) -> Principal:
        """Check the caller again in the middle of a long answer.

        Raises:
            Problem: the caller is no longer admitted.
        """
        return self._let_in(request, state)

    def _let_in(self, request: Request, state: State) -> Principal:
        principal = authenticate(request, state)
        if principal is None:
            raise not_signed_in()
        if self.scope is None:
            require_session(principal, "do this")
        if principal.token and self.scope not in principal.token.scopes:
            raise Problem(
                403,
                "scope-missing",
                f"This token lacks the scope “{self.scope}”; make one that has it.",
            )
        if self.where is Where.SITE:
            self._require_site(principal)
        elif not principal.has_anywhere(self.role):
            # Before any object is read, so that the answer reveals nothing about it.
            raise self._role_missing() if principal.projects else no_project()
        check_query(request)
        if self.where is Where.PROJECT:
            return self._in_project(principal, request, state)
        return principal

    def _require_site(self, principal: Principal) -> None:
        if principal.token and principal.token.project_id:
            raise Problem(
                403, "token-confined", "This token is for one project; use one that is for all."
            )
        if self.role is Role.ADMIN and not principal.user.site_admin:
            raise self._role_missing()

    def _in_project(self, principal: Principal, request: Request, state: State) -> Principal:
        """Return the caller in the request's project.

        Raises:
            Problem: 404, as for a missing object, if it belongs to a project that is not the
                caller's or not the one named, or if the caller's role there is too low; 403 if the
                role is too low and the object is the caller's own or the path names none.
        """
        kind = object_of(request.path_params)
        named = _uuid(request.query_params.get("project"))
        if kind is None:
            principal = principal.entering(named)
            if not principal.has(self.role):
                raise self._role_missing()
            return principal
        object_id = _uuid(request.path_params[f"{kind}_id"])
        if object_id is None:  # FastAPI refuses it with the reason
            return principal
        project_id, mine = _project_of_object(state, kind, object_id, principal.user.id)
        if project_id is None or project_id not in principal.projects:
            raise not_found(kind)
        if named is not None and named != project_id:
            raise not_found(kind)
        principal = replace(principal, project_id=project_id)
        if not principal.has(self.role):
            raise self._role_missing() if mine else not_found(kind)
        if (
            kind == "image"
            and state.settings.record_views
            and looking.is_look(request.method, request.url.path)
        ):
            looking.record(state.database, state.site_key, principal.actor, object_id)
        return principal

    def _role_missing(self) -> Problem:
        return Problem(403, "role-missing", f"This needs the role “{self.role}”.")


class ProjectGuard(Guard):
    """A :class:`Guard` for a list or an act whose path names no object: the query names the
    project, which callers who belong to only one may omit."""

    def __call__(
        self,
        request: Request,
        state: AppState,
        _token: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)] = None,
        _session: Annotated[str | None, Depends(_COOKIE)] = None,
        _project: Annotated[
            UUID | None,
            Query(alias="project", description="Which project; default: the caller's only one."),
        ] = None,
    ) -> Principal:
        return super().__call__(request, state)


def _count(state: State, token: ApiToken) -> None:
    """Refuse a script that exceeds the number of requests allowed per token.

    Raises:
        Problem: 429 with ``Retry-After``.
    """
    most = state.settings.token_requests_per_minute
    wait = state.rates.take(token.id, most)
    if wait:
        raise Problem(
            429,
            "too-many-requests",
            f"This token sends more than {most:,} requests a minute. Send fewer, for instance by "
            "waiting for results (`wait`) instead of asking for them.",
            headers={"Retry-After": str(wait)},
        )


def object_of(path: Iterable[str]) -> str | None:
    """Return the kind of object that a path's parameters are about: the table that the first id
    names, if its rows belong to a project."""
    first = next((name for name in path if name.endswith("_id")), "")
    kind = first.removesuffix("_id")
    if kind == PROJECT:
        return kind
    table = Base.metadata.tables.get(kind)
    return kind if table is not None and "project_id" in table.columns else None


def _uuid(value: object) -> UUID | None:
    try:
        return UUID(str(value)) if value is not None else None
    except ValueError:
        return None


def _project_of_object(
    state: State, kind: str, object_id: UUID, user_id: UUID
) -> tuple[UUID | None, bool]:
    """Return the project of an object, and whether the object is that person's own."""
    if kind == PROJECT:
        return object_id, False
    table = Base.metadata.tables[kind]
    owner = table.c.owner_id if "owner_id" in table.c else table.c.created_by_id
    query = select(table.c.project_id, owner).where(table.c.id == object_id)
    with state.database.read() as session:
        row = session.execute(query).first()
    return (row[0], row[1] == user_id) if row else (None, False)


class GuardedRoute(APIRoute):
    """Calls its guards before the first byte of the body is read.

    FastAPI reads and parses a JSON body before it calls any dependency. A guard stores its result
    with the request, so that it checks only once.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()
        calls = [dependency.call for dependency in self.dependant.dependencies]
        guards = [call for call in calls if isinstance(call, Guard)]
        if self.body_field is None or not guards:
            return handle

        async def guarded(request: Request) -> Response:
            for guard in guards:
                await run_in_threadpool(guard, request, get_state(request))
            return await handle(request)

        return guarded


ANNOTATOR_READ = Guard(Role.ANNOTATOR, Scope.READ)
ANNOTATOR_WRITE = Guard(Role.ANNOTATOR, Scope.WRITE)
ANNOTATOR_SEGMENT = Guard(Role.ANNOTATOR, Scope.SEGMENT)
REVIEWER_WRITE = Guard(Role.REVIEWER, Scope.WRITE)
ADMIN = Guard(Role.ADMIN, Scope.ADMIN)

ANNOTATOR_LIST = ProjectGuard(Role.ANNOTATOR, Scope.READ)
SEGMENT_LIST = ProjectGuard(Role.ANNOTATOR, Scope.SEGMENT)
WRITE_LIST = ProjectGuard(Role.ANNOTATOR, Scope.WRITE)
REVIEWER_LIST = ProjectGuard(Role.REVIEWER, Scope.READ)
REVIEWER_ACT = ProjectGuard(Role.REVIEWER, Scope.WRITE)
ADMIN_LIST = ProjectGuard(Role.ADMIN, Scope.ADMIN)

ANYWHERE_READ = Guard(Role.ANNOTATOR, Scope.READ, Where.PROJECTS)
ANYWHERE_SEGMENT = Guard(Role.ANNOTATOR, Scope.SEGMENT, Where.PROJECTS)

TOKEN_KEEPER = Guard(Role.ANNOTATOR, Scope.ADMIN, Where.SITE)
SITE_ADMIN = Guard(Role.ADMIN, Scope.ADMIN, Where.SITE)
SIGNED_IN = Guard(Role.ANNOTATOR, None, Where.SITE)
SIGNED_IN_ADMIN = Guard(Role.ADMIN, None, Where.SITE)

# For one object, whose project is the request's.
Reader = Annotated[Principal, Depends(ANNOTATOR_READ)]
Writer = Annotated[Principal, Depends(ANNOTATOR_WRITE)]
Segmenter = Annotated[Principal, Depends(ANNOTATOR_SEGMENT)]
ReviewingWriter = Annotated[Principal, Depends(REVIEWER_WRITE)]
Admin = Annotated[Principal, Depends(ADMIN)]
# For a project that the query names.
ProjectReader = Annotated[Principal, Depends(ANNOTATOR_LIST)]
ProjectSegmenter = Annotated[Principal, Depends(SEGMENT_LIST)]
ProjectWriter = Annotated[Principal, Depends(WRITE_LIST)]
ProjectReviewer = Annotated[Principal, Depends(REVIEWER_LIST)]
ProjectReviewingWriter = Annotated[Principal, Depends(REVIEWER_ACT)]
ProjectAdmin = Annotated[Principal, Depends(ADMIN_LIST)]
# For all of the caller's projects.
AnywhereReader = Annotated[Principal, Depends(ANYWHERE_READ)]
AnywhereSegmenter = Annotated[Principal, Depends(ANYWHERE_SEGMENT)]
# For the site.
TokenKeeper = Annotated[Principal, Depends(TOKEN_KEEPER)]
SiteAdmin = Annotated[Principal, Depends(SITE_ADMIN)]
SignedIn = Annotated[Principal, Depends(SIGNED_IN)]
SignedInAdmin = Annotated[Principal, Depends(SIGNED_IN_ADMIN)]


def public(request: Request) -> None:
    """Mark a route that anybody may call; cross-origin writes are still refused."""
    refuse_cross_site(request)
    check_query(request)


def page(request: Request) -> None:
    """Mark a page of the front end, whose query is not checked."""
    refuse_cross_site(request)


Public = Depends(public)
Page = Depends(page)


def routes(app: FastAPI) -> list[RouteContext]:
    """Return every route of the app and its included routers, except mounted folders of files."""
    contexts = iter_route_contexts(app.routes)
    return [context for context in contexts if not isinstance(context.original_route, Mount)]


def guards(route: RouteContext) -> list[Any]:
    """Return the guards of a route: :class:`Guard` objects, :func:`public` or :func:`page`."""
    return [call for call in _calls(route) if isinstance(call, Guard) or call in (public, page)]


def _calls(route: RouteContext) -> list[Any]:
    """Return the dependencies of a route in the order in which they are called."""

    def walk(dependant: Dependant) -> list[Any]:
        inner = [call for child in dependant.dependencies for call in walk(child)]
        return [*inner, dependant.call]

    return walk(route.dependant) if isinstance(route.original_route, APIRoute) else []


def require_guards(app: FastAPI) -> None:
    """Deny by default: refuse to start with a route that has no guard.

    A guard must run before the body is parsed. It must also run before the route's writing session
    opens: it may itself write (when a person was last seen), which on SQLite would wait for a lock
    that its own request holds.

    Raises:
        RuntimeError: the message names the routes.
    """
    bare = [str(route.path) for route in routes(app) if not guards(route)]
    if bare:
        raise RuntimeError(f"routes without a guard: {', '.join(bare)}")
    for route in routes(app):
        calls = _calls(route)
        _require_project(route, calls)
        parsed = isinstance(route.original_route, APIRoute) and route.body_field
        if parsed and public not in calls and type(route.original_route) is not GuardedRoute:
            raise RuntimeError(f"{route.path} reads its body before its guard")
        if write_session in calls and calls.index(write_session) < calls.index(guards(route)[0]):
            raise RuntimeError(f"{route.path} opens its writing session before its guard")


def _require_project(route: RouteContext, calls: list[Any]) -> None:
    """Refuse a guard that does not fit the path: it looks for a project where there is none, or
    ignores the one that there is."""
    names = dict.fromkeys(re.findall(r"{(\w+)", str(route.path)))
    kind = object_of(names)
    for guard in calls:
        if not isinstance(guard, Guard):
            continue
        confined = guard.where is Where.PROJECT
        if (kind is not None) != confined and not isinstance(guard, ProjectGuard):
            raise RuntimeError(f"{route.path} is about a project, or is not: its guard disagrees")
        if kind is not None and isinstance(guard, ProjectGuard):
            raise RuntimeError(f"{route.path} names an object, whose project is known")
