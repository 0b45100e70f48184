# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The API's paths and verbs, v2 and v3. Certificates are in ``ssl_routes``; here is only their mode, to be read."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, Query, Request, Security
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBasic, HTTPBasicCredentials, HTTPBearer
from pydantic import ValidationError
from starlette.exceptions import HTTPException

from . import domains as rules
from .control import control
from .errors import ApiError, invalid
from .faults import Fault
from .listing import page
from .models import (
    DnsHint,
    Domain,
    DomainBody,
    DomainOut,
    MetaBody,
    PageQuery,
    Row,
    SearchQuery,
    Server,
    ServerOut,
    SortQuery,
    SslMode,
    UserOut,
    WebApp,
    WebAppOut,
    wire,
)
from .panel import Entry, Panel, World

UPDATED = "Domain settings have been successfully updated."


@dataclass
class Call:
    """What a handler works with; the gateway puts it into the ASGI scope."""

    panel: Panel
    world: World  # the panel's own, or a copy when the write is to be lost
    entry: Entry
    fault: Fault | None


async def _call(request: Request) -> Call:
    call: Call = request.scope["emulator"]
    return call


Current = Annotated[Call, Depends(_call)]
_Bearer = Annotated[HTTPAuthorizationCredentials | None, Security(HTTPBearer(auto_error=False))]
_Basic = Annotated[HTTPBasicCredentials | None, Security(HTTPBasic(auto_error=False))]


async def _bearer(call: Current, bearer: _Bearer) -> None:
    if bearer is None:
        raise ApiError(401, "Missing API Token.")
    tokens = call.world.data.tokens
    if not any(hmac.compare_digest(bearer.credentials.encode(), token.encode()) for token in tokens):
        raise ApiError(401, "Invalid API Token.")


async def _basic_or_bearer(call: Current, basic: _Basic, bearer: _Bearer) -> None:
    if bearer is not None:
        await _bearer(call, bearer)
    elif basic is None or (basic.username, basic.password) not in [(k.key, k.secret) for k in call.world.data.keys]:
        raise ApiError(401, "Invalid credentials.")


EITHER = [Depends(_basic_or_bearer)]
BEARER = [Depends(_bearer)]
v2 = APIRouter(prefix="/api/v2", dependencies=EITHER, tags=["v2"])
v3 = APIRouter(prefix="/api/v3", dependencies=BEARER, tags=["v3"])

SERVERS = "/servers"
SERVER = SERVERS + "/{server_id:int}"
WEBAPPS = SERVER + "/webapps"
WEBAPP = WEBAPPS + "/{webapp_id:int}"
DOMAINS = WEBAPP + "/domains"
DOMAIN = DOMAINS + "/{domain_id:int}"


async def _server(call: Current, server_id: int) -> Server:
    return call.world.server(server_id)


async def _webapp(call: Current, server: AServer, webapp_id: int) -> WebApp:
    return call.world.webapp(server.id, webapp_id)


async def _domain(call: Current, app: AWebApp, domain_id: int) -> Domain:
    return call.world.domain(app.id, domain_id)


async def _writable(call: Current, server: AServer) -> None:
    if call.panel.switches.offline_writes == "refused" and not (server.connected and server.online):
        raise ApiError(422, "The server is not connected.")


AServer = Annotated[Server, Depends(_server)]
AWebApp = Annotated[WebApp, Depends(_webapp)]
ADomain = Annotated[Domain, Depends(_domain)]
WRITE = [Depends(_writable)]


def listed(request: Request, call: Call, query: PageQuery, records: Sequence[Row]) -> JSONResponse:
    """One page of a list."""
    call.entry.unknown_fields += [f"query:{name}" for name in query.model_extra or {}]
    return JSONResponse(page(request, call.panel.switches, call.entry.version, query, call.fault, records))


def _named(records: Sequence[Server | WebApp], search: str) -> list[Any]:
    """``search`` looks into the name, never into an app's domains."""
    return [record for record in records if search.lower() in record.name.lower()]


def _written(call: Call, document: dict[str, Any]) -> Response:
    if call.panel.switches.write_body == "empty":
        return Response(media_type="application/json")
    return JSONResponse({} if call.panel.switches.write_body == "braces" else document)


@v2.get("/ping")
@v3.get("/ping")
async def ping() -> dict[str, str]:
    """Proves the credentials."""
    return {"message": "pong"}


@v2.get(SERVERS)
@v3.get(SERVERS)
async def list_servers(request: Request, call: Current, query: Annotated[SearchQuery, Query()]) -> Response:
    """The workspace's own servers."""
    own = [server for server in call.world.data.servers if not server.shared]
    return listed(request, call, query, _named(own, query.search))


@v2.get(SERVERS + "/shared")
@v3.get(SERVERS + "/shared")
async def list_shared_servers(request: Request, call: Current, query: Annotated[SearchQuery, Query()]) -> Response:
    """Servers that others share with the workspace."""
    shared = [server for server in call.world.data.servers if server.shared]
    return listed(request, call, query, _named(shared, query.search))


@v2.get(SERVER, response_model=ServerOut)
@v3.get(SERVER, response_model=ServerOut)
async def show_server(server: AServer) -> Response:
    """One server, bare."""
    return JSONResponse(wire(server))


@v2.get(SERVER + "/users")
@v3.get(SERVER + "/users")
async def list_users(
    request: Request, call: Current, server: AServer, query: Annotated[PageQuery, Query()]
) -> Response:
    """The system users of a server."""
    return listed(request, call, query, call.world.users(server.id))


@v2.get(SERVER + "/users/{user_id:int}", response_model=UserOut)
@v3.get(SERVER + "/users/{user_id:int}", response_model=UserOut)
async def show_user(call: Current, server: AServer, user_id: int) -> Response:
    """One system user, bare."""
    for user in call.world.users(server.id):
        if user.id == user_id:
            return JSONResponse(wire(user))
    raise ApiError(404, "Not Found")


@v2.get(WEBAPPS)
async def list_webapps_v2(
    request: Request, call: Current, server: AServer, query: Annotated[SearchQuery, Query()]
) -> Response:
    """The web apps of a server."""
    return listed(request, call, query, _named(call.world.webapps(server.id), query.search))


@v3.get(WEBAPPS)
async def list_webapps_v3(
    request: Request, call: Current, server: AServer, query: Annotated[SortQuery, Query()]
) -> Response:
    """The web apps of a server, sorted as asked."""
    apps = _named(call.world.webapps(server.id), query.search)
    apps.sort(key=lambda app: getattr(app, query.sortColumn), reverse=query.sortDirection == "desc")
    return listed(request, call, query, apps)


@v2.get(WEBAPP, response_model=WebAppOut)
@v3.get(WEBAPP, response_model=WebAppOut)
async def show_webapp(app: AWebApp) -> Response:
    """One web app, bare; it carries secrets."""
    return JSONResponse(wire(app))


@v2.get(WEBAPP + "/ssl/advanced")
@v3.get(WEBAPP + "/ssl/advanced")
async def show_ssl_mode(app: AWebApp) -> SslMode:
    """The mode of a web app's certificates, bare; it holds no certificate and no id."""
    return SslMode(advancedSSL=app.advancedSSL, autoSSL=app.autoSSL)


@v2.get(DOMAINS)
@v3.get(DOMAINS)
async def list_domains(request: Request, call: Current, app: AWebApp, query: Annotated[PageQuery, Query()]) -> Response:
    """The domains of a web app."""
    return listed(request, call, query, call.world.domains(app.id))


@v2.post(DOMAINS, response_model=DomainOut, dependencies=WRITE)
@v3.post(DOMAINS, response_model=DomainOut, dependencies=WRITE)
async def create_domain(call: Current, app: AWebApp, body: DomainBody) -> Response:
    """Add a domain; answers the new object with status 200."""
    call.entry.unknown_fields += list(body.model_extra or {})
    domain = rules.create(call.world, call.panel.switches, app, body, call.panel.now())
    call.panel.authority(call.world).added(app, domain)
    return _written(call, wire(domain))


@v2.get(DOMAIN, response_model=DomainOut)
@v3.get(DOMAIN, response_model=DomainOut)
async def show_domain(domain: ADomain) -> Response:
    """One domain, bare."""
    return JSONResponse(wire(domain))


@v3.patch(DOMAIN + "/meta", dependencies=WRITE)
async def change_domain(call: Current, domain: ADomain, body: MetaBody) -> Response:
    """Change type, redirection and www; answers a message, not the object. v2 has no such path."""
    call.entry.unknown_fields += list(body.model_extra or {})
    rules.change(call.world, call.panel.switches, domain, body)
    return _written(call, {"message": UPDATED})


@v3.get(DOMAIN + "/dns", response_model=list[DnsHint])
async def show_dns(server: AServer, domain: ADomain) -> Response:
    """The DNS records a customer has to make, as a bare array."""
    return JSONResponse(rules.hints(server, domain))


@v2.delete(DOMAIN, response_model=DomainOut, dependencies=WRITE)
@v3.delete(DOMAIN, response_model=DomainOut, dependencies=WRITE)
async def delete_domain(call: Current, domain: ADomain) -> Response:
    """Remove a domain; answers the object that is gone."""
    gone = rules.delete(call.world, call.panel.switches, domain)
    call.panel.authority(call.world).removed(gone)
    return _written(call, wire(gone))


# --- errors -----------------------------------------------------------------------------------------------------

_TEXTS = {
    "missing": "The {} field is required.",
    "bool_type": "The {} field must be true or false.",
    "string_type": "The {} must be a string.",
    "literal_error": "The selected {} is invalid.",
}


async def _refused(_request: Request, error: ApiError) -> JSONResponse:
    return JSONResponse(error.document, error.status)


async def _invalid(request: Request, error: RequestValidationError) -> JSONResponse:
    errors: dict[str, list[str]] = {}
    for one in error.errors():
        name = str(one["loc"][-1])
        errors.setdefault(name, []).append(_TEXTS.get(one["type"], "The {} is invalid.").format(name))
    return await _refused(request, invalid(errors))


async def _misused(_request: Request, error: ValidationError) -> JSONResponse:
    """A seed, switch or fault rule that there is not, at a control endpoint."""
    return JSONResponse({"message": str(error)}, 422)


async def _unmatched(request: Request, error: HTTPException) -> JSONResponse:
    """404 for an unknown path, Laravel's 405 for a wrong verb on a known one."""
    text = {401: "Invalid credentials.", 404: "Not Found"}.get(error.status_code, str(error.detail))
    if error.status_code == 405:
        route = request.url.path.strip("/")
        text = f"The {request.method} method is not supported for route {route}."
    return JSONResponse({"message": text}, error.status_code, headers=error.headers)


app = FastAPI(
    title="RunCloud API, emulated",
    openapi_url="/_emulator/openapi.json",
    docs_url=None,
    redoc_url=None,
    redirect_slashes=False,
    exception_handlers={
        ApiError: _refused,
        RequestValidationError: _invalid,
        ValidationError: _misused,
        HTTPException: _unmatched,
    },
)
app.include_router(v2)
app.include_router(v3)
app.include_router(control)
