# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The paths of certificates, log, static data and external APIs, v2 and v3; with them the application is complete."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse, Response

from .certificates import ABSENT, Authority
from .errors import ApiError
from .models import Domain, PageQuery, SearchQuery, WebApp, wire
from .routes import (
    BEARER,
    DOMAIN,
    EITHER,
    WEBAPP,
    WRITE,
    ADomain,
    AWebApp,
    Call,
    Current,
    app,
    listed,
)
from .ssl_models import Certificate, InstallBody, ModeBody, Settings, SslRow

v2 = APIRouter(prefix="/api/v2", dependencies=EITHER, tags=["v2"])
v3 = APIRouter(prefix="/api/v3", dependencies=BEARER, tags=["v3"])

SSL, DOMAIN_SSL = WEBAPP + "/ssl", DOMAIN + "/ssl"
ONE, DOMAIN_ONE = SSL + "/{ssl_id:int}", DOMAIN_SSL + "/{ssl_id:int}"


async def _authority(call: Current) -> Authority:
    return call.panel.authority(call.world)


TheAuthority = Annotated[Authority, Depends(_authority)]


async def _of_app(authority: TheAuthority, app: AWebApp, ssl_id: int) -> Certificate:
    return _found(authority.of_app(app), ssl_id)


async def _of_domain(authority: TheAuthority, domain: ADomain, ssl_id: int) -> Certificate:
    return _found(authority.of_domain(domain), ssl_id)


OfApp = Annotated[Certificate, Depends(_of_app)]
OfDomain = Annotated[Certificate, Depends(_of_domain)]


def _found(certificate: Certificate | None, ssl_id: int) -> Certificate:
    if certificate is None or certificate.id != ssl_id:
        raise ApiError(404, "Not Found")
    return certificate


def _noted(call: Call, body: Settings | ModeBody) -> None:
    """Fields that nobody documents, and those of the other version."""
    other = "ssl_protocol_id" if call.entry.version == "v3" else "sslProtocolId"
    extras = () if call.entry.version == "v3" else ("enableHstsSubdomains", "enableHstsPreload")
    found = [name for name in (other, *extras) if getattr(body, name, None) is not None]
    call.entry.unknown_fields += [*(body.model_extra or {}), *found]
    if isinstance(body, Settings):
        # What the version does not know is ignored, as Laravel does.
        for name in found:
            setattr(body, name, None)


def _written(call: Call, certificate: Certificate) -> Response:
    kind = call.panel.switches.ssl_write_body
    if kind == "empty":
        return Response(media_type="application/json")
    bare = kind == "braces" or (kind == "documented" and call.entry.version == "v3")
    return JSONResponse({} if bare else certificate.wire(call.entry.version))


def _absent(call: Call) -> Response:
    return JSONResponse({"message": ABSENT}, 404 if call.panel.switches.ssl_absent == "404" else 200)


@v2.post(SSL + "/advanced", dependencies=WRITE)
@v3.post(SSL + "/advanced", dependencies=WRITE)
async def set_ssl_mode(call: Current, authority: TheAuthority, app: AWebApp, body: ModeBody) -> Response:
    """Switch between one certificate for all names and one for each; answers the new values."""
    _noted(call, body)
    authority.set_mode(app, body)
    return JSONResponse({"advancedSSL": app.advancedSSL, "autoSSL": app.autoSSL})


@v2.get(SSL)
@v3.get(SSL)
async def show_app_ssl(
    request: Request, call: Current, authority: TheAuthority, app: AWebApp, query: Annotated[PageQuery, Query()]
) -> Response:
    """The web app's certificate, or in v3 one row a domain; each read brings an order nearer to its end."""
    version, switches = call.entry.version, call.panel.switches
    shape = switches.ssl_read_v2 if version == "v2" else switches.ssl_read_v3
    if shape == "domains":
        rows = _rows(call, authority, app)
        if switches.ssl_pages == "paged":
            return listed(request, call, query, rows)
        return JSONResponse({"data": [wire(row) for row in rows]})
    certificate = authority.of_app(app)
    if certificate is not None:
        authority.poll(certificate)
        certificate = authority.of_app(app)
    if certificate is None:
        return _absent(call)
    document = certificate.wire(version)
    return JSONResponse({"data": document} if shape == "wrapped" else document)


def _rows(call: Call, authority: Authority, app: WebApp) -> list[SslRow]:
    domains = call.world.domains(app.id)
    for certificate in _shown(call, authority, app).values():
        authority.poll(certificate)
    shown = _shown(call, authority, app)
    return [_row(call, domain, shown.get(domain.id if app.advancedSSL else None)) for domain in domains]


def _shown(call: Call, authority: Authority, app: WebApp) -> dict[int | None, Certificate]:
    """The certificates that the rows show by their domain's number: in Basic mode the web app's own, under None."""
    if app.advancedSSL:
        mine = (one for one in call.world.data.certificates if one.webapp_id == app.id)
        return {one.domain_id: one for one in mine if one.domain_id is not None}
    own = authority.of_app(app)
    return {None: own} if own else {}


def _row(call: Call, domain: Domain, certificate: Certificate | None) -> SslRow:
    shown: dict[str, Any] | None = certificate.wire(call.entry.version) if certificate else None
    return SslRow(id=domain.id, name=domain.name, ssl=shown)


@v2.get(DOMAIN_SSL)
@v3.get(DOMAIN_SSL)
async def show_domain_ssl(call: Current, authority: TheAuthority, domain: ADomain) -> Response:
    """A domain's own certificate, bare."""
    certificate = authority.of_domain(domain)
    if certificate is not None:
        authority.poll(certificate)
        certificate = authority.of_domain(domain)
    return _absent(call) if certificate is None else JSONResponse(certificate.wire(call.entry.version))


@v2.post(SSL, dependencies=WRITE)
@v3.post(SSL, dependencies=WRITE)
async def install_app_ssl(call: Current, authority: TheAuthority, app: AWebApp, body: InstallBody) -> Response:
    """Order, or take, the web app's certificate."""
    _noted(call, body)
    return _written(call, authority.install(app, None, body))


@v2.post(DOMAIN_SSL, dependencies=WRITE)
@v3.post(DOMAIN_SSL, dependencies=WRITE)
async def install_domain_ssl(
    call: Current, authority: TheAuthority, app: AWebApp, domain: ADomain, body: InstallBody
) -> Response:
    """Order, or take, a domain's certificate (v3 docs api-8811386)."""
    _noted(call, body)
    return _written(call, authority.install(app, domain, body))


@v2.patch(ONE, dependencies=WRITE)
@v3.patch(ONE, dependencies=WRITE)
async def change_app_ssl(call: Current, authority: TheAuthority, certificate: OfApp, body: Settings) -> Response:
    """Change settings."""
    _noted(call, body)
    authority.change(certificate, body)
    return _written(call, certificate)


@v2.patch(DOMAIN_ONE, dependencies=WRITE)
@v3.patch(DOMAIN_ONE, dependencies=WRITE)
async def change_domain_ssl(call: Current, authority: TheAuthority, certificate: OfDomain, body: Settings) -> Response:
    """Change settings (v3 docs api-8812824)."""
    _noted(call, body)
    authority.change(certificate, body)
    return _written(call, certificate)


@v2.put(ONE, dependencies=WRITE)
@v3.put(ONE, dependencies=WRITE)
async def redeploy_app_ssl(call: Current, authority: TheAuthority, certificate: OfApp) -> Response:
    """Order anew; takes no body."""
    return _redeployed(call, authority, certificate)


@v2.put(DOMAIN_ONE, dependencies=WRITE)
@v3.put(DOMAIN_ONE, dependencies=WRITE)
async def redeploy_domain_ssl(call: Current, authority: TheAuthority, certificate: OfDomain) -> Response:
    """Order anew (v2 docs api-9849816); takes no body."""
    return _redeployed(call, authority, certificate)


def _redeployed(call: Call, authority: Authority, certificate: Certificate) -> Response:
    if call.entry.raw:
        call.entry.complaints.append("PUT with a body")
    authority.redeploy(certificate)
    return _written(call, certificate)


@v2.delete(ONE, dependencies=WRITE)
@v3.delete(ONE, dependencies=WRITE)
async def remove_app_ssl(call: Current, authority: TheAuthority, certificate: OfApp) -> Response:
    """Remove it."""
    authority.remove(certificate)
    return _written(call, certificate)


@v2.delete(DOMAIN_ONE, dependencies=WRITE)
@v3.delete(DOMAIN_ONE, dependencies=WRITE)
async def remove_domain_ssl(call: Current, authority: TheAuthority, certificate: OfDomain) -> Response:
    """Remove it; a new install gets another number."""
    authority.remove(certificate)
    return _written(call, certificate)


@v2.get(WEBAPP + "/log")
@v3.get(WEBAPP + "/log")
async def show_log(request: Request, call: Current, app: AWebApp, query: Annotated[SearchQuery, Query()]) -> Response:
    """The web app's log, newest first: the only place that explains why a certificate was not issued."""
    rows = [
        row for row in call.world.data.log if row.webapp_id == app.id and query.search.lower() in row.content.lower()
    ]
    return listed(request, call, query, sorted(rows, key=lambda row: -row.id))


@v2.get("/settings/externalapi")
@v3.get("/settings/externalapi")
async def list_external_apis(request: Request, call: Current, query: Annotated[SearchQuery, Query()]) -> Response:
    """The credentials of DNS providers; they carry secrets."""
    rows = [row for row in call.world.data.external_apis if query.search.lower() in row.label.lower()]
    return listed(request, call, query, rows)


@v2.get("/settings/externalapi/{api_id:int}")
@v3.get("/settings/externalapi/{api_id:int}")
async def show_external_api(call: Current, api_id: int) -> Response:
    """One of them, bare."""
    for row in call.world.data.external_apis:
        if row.id == api_id:
            return JSONResponse(wire(row))
    raise ApiError(404, "Not Found")


@v2.get("/static/ssl/protocols")
@v3.get("/static/ssl/protocols")
async def list_protocols() -> list[dict[str, Any]]:
    """The protocols by the numbers that an install takes."""
    names = ("TLSv1.1 TLSv1.2 TLSv1.3", "TLSv1.2 TLSv1.3", "TLSv1.3")
    return [{"id": number, "protocol": name} for number, name in enumerate(names, 1)]


app.include_router(v2)
app.include_router(v3)

__all__ = ["app"]
