"""Who asks, and whether they may: every route names a role and a scope, or that it is public.

`require_guards` refuses to start an app with a route that names neither.
"""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts
from fastapi.security import APIKeyCookie, HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy import select, update
from starlette.concurrency import run_in_threadpool
from starlette.routing import Mount

from app.accounts.tables import ApiToken, Role, SignInSession, User
from app.core.audit import Actor
from app.core.ids import now
from app.core.problems import Problem
from app.core.queries import check_query
from app.core.security import digest
from app.core.settings import Settings
from app.core.state import AppState, State, get_state, write_session

SEEN_EVERY = timedelta(minutes=5)
SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}


class Scope(StrEnum):
    """What an API token may be used for; a signed-in browser holds all of them."""

    SEGMENT = "segment"
    """Send images and fetch the results of one's own jobs."""
    READ = "read"
    """See images, masks and models."""
    WRITE = "write"
    """Change and delete images and masks."""
    ADMIN = "admin"
    """Invite annotators, rename and deactivate who is no admin, revoke tokens, read the audit log,
    export and import; needs the role admin as well. Never what would make an account of it."""


@dataclass(frozen=True, slots=True)
class Principal:
    """The authenticated caller of a request."""

    user: User
    token: ApiToken | None
    session_digest: str | None

    @property
    def actor(self) -> Actor:
        """How the audit log names this caller."""
        return Actor(self.user.id, self.token.id if self.token else None)

    def has(self, role: Role) -> bool:
        """Whether the caller's role is at least ``role``."""
        return self.user.role.allows(role)


def cookie_name(settings: Settings) -> str:
    """``__Host-`` binds the cookie to this host and to https, where there is https."""
    return "__Host-sonoloop" if settings.secure_cookies else "sonoloop"


# For the OpenAPI document only: `authenticate` reads the headers itself.
_BEARER = HTTPBearer(scheme_name="token", description="An API token, `slp_…`.", auto_error=False)
_COOKIE = APIKeyCookie(
    name="sonoloop",
    scheme_name="session",
    description="Set by `POST /session`; named `__Host-sonoloop` where the site has https.",
    auto_error=False,
)


class Guard:
    """A dependency that lets in callers with a role and a scope and refuses everybody else.

    Args:
        role: the least role.
        scope: what a token must be allowed to; None lets no token in, only signed-in browsers.
    """

    def __init__(self, role: Role, scope: Scope | None) -> None:
        self.role = role
        self.scope = scope

    def __call__(
        self,
        request: Request,
        state: AppState,
        _token: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)] = None,
        _session: Annotated[str | None, Depends(_COOKIE)] = None,
    ) -> Principal:
        passed: dict[Guard, Principal] = request.scope.setdefault("sonoloop.passed", {})
        if self not in passed:
            passed[self] = self._let_in(request, state)
        return passed[self]

    def _let_in(self, request: Request, state: State) -> Principal:
        principal = authenticate(request, state)
        if principal is None:
            raise _nobody()
        if self.scope is None:
            require_session(principal, "do this")
        if principal.token and self.scope not in principal.token.scopes:
            raise Problem(
                403,
                "scope-missing",
                f"This token lacks the scope “{self.scope}”; make one that has it.",
            )
        if not principal.has(self.role):
            raise Problem(403, "role-missing", f"This needs the role “{self.role}”.")
        check_query(request)
        return principal


class GuardedRoute(APIRoute):
    """Calls its guards before the first byte of the body is read.

    FastAPI reads and parses a JSON body before it calls any dependency. What a guard finds is kept
    with the request, so that it looks only once.
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
REVIEWER_READ = Guard(Role.REVIEWER, Scope.READ)
REVIEWER_WRITE = Guard(Role.REVIEWER, Scope.WRITE)
TOKEN_KEEPER = Guard(Role.ANNOTATOR, Scope.ADMIN)
ADMIN = Guard(Role.ADMIN, Scope.ADMIN)
SIGNED_IN = Guard(Role.ANNOTATOR, None)
SIGNED_IN_ADMIN = Guard(Role.ADMIN, None)

Reader = Annotated[Principal, Depends(ANNOTATOR_READ)]
Writer = Annotated[Principal, Depends(ANNOTATOR_WRITE)]
Segmenter = Annotated[Principal, Depends(ANNOTATOR_SEGMENT)]
Reviewer = Annotated[Principal, Depends(REVIEWER_READ)]
ReviewingWriter = Annotated[Principal, Depends(REVIEWER_WRITE)]
TokenKeeper = Annotated[Principal, Depends(TOKEN_KEEPER)]
Admin = Annotated[Principal, Depends(ADMIN)]
SignedIn = Annotated[Principal, Depends(SIGNED_IN)]
SignedInAdmin = Annotated[Principal, Depends(SIGNED_IN_ADMIN)]


def public(request: Request) -> None:
    """Marks a route that anybody may call; writes are still refused across origins."""
    refuse_cross_site(request)
    check_query(request)


def page(request: Request) -> None:
    """Marks a page of the front end, whose query is the front end's own business."""
    refuse_cross_site(request)


Public = Depends(public)
Page = Depends(page)


def authenticate(request: Request, state: State) -> Principal | None:
    """The caller by bearer token or session cookie; None where neither is valid."""
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer" and secret:
        return _by_token(state, secret.strip())
    cookie = request.cookies.get(cookie_name(state.settings))
    if not cookie:
        return None
    refuse_cross_site(request, browser=True)
    return _by_session(state, digest(cookie))


def require_session(principal: Principal, what: str) -> None:
    """Refuse tokens: what a script can do must not make more of it than its token.

    Raises:
        Problem: 403.
    """
    if principal.token:
        raise Problem(
            403,
            "session-needed",
            f"An API token cannot {what}; sign in with email and password.",
        )


def require_still(request: Request, state: State) -> None:
    """Refuse to go on for a caller whose session, token or account has ended meanwhile.

    Raises:
        Problem: 401.
    """
    if authenticate(request, state) is None:
        raise _nobody()


def _nobody() -> Problem:
    return Problem(
        401,
        "not-signed-in",
        "Sign in, or send a valid API token as `Authorization: Bearer …`.",
        headers={"WWW-Authenticate": 'Bearer realm="sonoloop"'},
    )


def refuse_cross_site(request: Request, *, browser: bool = False) -> None:
    """Refuse an unsafe request that another site's page made (CSRF).

    Browsers say where a request comes from; with ``browser`` a request that says nothing at all
    is refused too, since a cookie is something that only browsers have.

    Raises:
        Problem: 403.
    """
    if request.method in SAFE_METHODS:
        return
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin")
    if site is not None:
        allowed = site == "same-origin"
    elif origin is not None:
        host = request.headers.get("Host")
        allowed = origin in {f"http://{host}", f"https://{host}"}
    else:
        allowed = not browser
    if not allowed:
        raise Problem(
            403, "cross-site", "Requests from other sites are refused; use this site's own pages."
        )


def _by_token(state: State, secret: str) -> Principal | None:
    at = now()
    with state.database.read() as session:
        token = session.scalar(select(ApiToken).where(ApiToken.digest == digest(secret)))
    if token is None or token.revoked_at or (token.expires_at and token.expires_at <= at):
        return None
    if not token.user.active:
        return None
    if token.last_used_at is None or at - token.last_used_at > SEEN_EVERY:
        with state.database.write() as session:
            session.execute(update(ApiToken).where(ApiToken.id == token.id).values(last_used_at=at))
    return Principal(token.user, token, None)


def _by_session(state: State, session_digest: str) -> Principal | None:
    at = now()
    with state.database.read() as session:
        entry = session.get(SignInSession, session_digest)
    if entry is None or entry.expires_at <= at or not entry.user.active:
        return None
    seen = entry.user.last_seen_at
    if seen is None or at - seen > SEEN_EVERY:
        with state.database.write() as session:
            session.execute(update(User).where(User.id == entry.user_id).values(last_seen_at=at))
    return Principal(entry.user, None, session_digest)


def routes(app: FastAPI) -> list[RouteContext]:
    """Every route of the app, those of included routers too, but mounted folders of files."""
    contexts = iter_route_contexts(app.routes)
    return [context for context in contexts if not isinstance(context.original_route, Mount)]


def guards(route: RouteContext) -> list[Any]:
    """The guards of a route: :class:`Guard` objects, :func:`public` or :func:`page`."""
    return [call for call in _calls(route) if isinstance(call, Guard) or call in (public, page)]


def _calls(route: RouteContext) -> list[Any]:
    """What a route depends on, in the order in which it is called."""

    def walk(dependant: Dependant) -> list[Any]:
        inner = [call for child in dependant.dependencies for call in walk(child)]
        return [*inner, dependant.call]

    return walk(route.dependant) if isinstance(route.original_route, APIRoute) else []


def require_guards(app: FastAPI) -> None:
    """Deny by default: refuse to start with a route that has no guard.

    A guard must come before the body is parsed. It must come before the route's writing session as
    well: it may write itself (when a person was last seen), which on SQLite would wait for a lock
    that its own request holds.

    Raises:
        RuntimeError: names the routes.
    """
    bare = [str(route.path) for route in routes(app) if not guards(route)]
    if bare:
        raise RuntimeError(f"routes without a guard: {', '.join(bare)}")
    for route in routes(app):
        calls = _calls(route)
        parsed = isinstance(route.original_route, APIRoute) and route.body_field
        if parsed and public not in calls and type(route.original_route) is not GuardedRoute:
            raise RuntimeError(f"{route.path} reads its body before its guard")
        if write_session in calls and calls.index(write_session) < calls.index(guards(route)[0]):
            raise RuntimeError(f"{route.path} opens its writing session before its guard")
