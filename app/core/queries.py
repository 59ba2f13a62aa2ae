"""Query parameters are checked like the fields of a form: unknown ones are refused.

Otherwise a misspelt `stored=false` would keep an image that must not be kept.
"""

from fastapi import Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from app.core.problems import Problem


def check_query(request: Request) -> None:
    """Refuse a query with a parameter that is unknown to the route or sent twice.

    Raises:
        Problem: 422 that names the parameter and the known ones.
    """
    sent = request.query_params.multi_items()
    if not sent:
        return
    route = request.scope.get("route")
    known = _known(route.dependant) if isinstance(route, APIRoute) else frozenset()
    names = [name for name, _ in sent]
    for name, value in sent:
        if name not in known:
            raise _refused(
                "unknown-parameter", name, "is not a query parameter of this address", known
            )
        if names.count(name) > 1:
            raise _refused("invalid-request", name, "was sent more than once", known)
        if "\x00" in value:
            raise _refused("invalid-request", name, "holds a NUL character", known)


def _refused(code: str, name: str, why: str, known: frozenset[str]) -> Problem:
    shown = "".join(sign if sign.isprintable() else "�" for sign in name[:80])
    there = ", ".join(f"“{one}”" for one in sorted(known))
    usable = f"It takes {there}." if there else "It takes none."
    return Problem(
        422,
        code,
        f"“{shown}” {why}. {usable} Correct the request and send it again.",
        errors=[{"where": f"query.{shown}", "message": why}],
        known=sorted(known),
    )


_KNOWN: dict[int, frozenset[str]] = {}


def _known(dependant: Dependant) -> frozenset[str]:
    """Return the names of the query parameters of a route and of its dependencies."""
    key = id(dependant)  # routes live as long as the process
    if key not in _KNOWN:
        _KNOWN[key] = frozenset(_walk(dependant))
    return _KNOWN[key]


def _walk(dependant: Dependant) -> set[str]:
    found = {field.alias for field in dependant.query_params}
    for child in dependant.dependencies:
        found |= _walk(child)
    return found
