# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Control over HTTP under ``/_emulator/``, for other processes. It is in no journal and needs no credentials."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Request

from .panel import Panel

control = APIRouter(prefix="/_emulator", tags=["emulator"])


async def _panel(request: Request) -> Panel:
    panel: Panel = request.scope["panel"]
    return panel


ThePanel = Annotated[Panel, Depends(_panel)]
Json = Annotated[dict[str, Any], Body()]


@control.post("/reset")
async def reset(panel: ThePanel) -> None:
    """All back to the defaults."""
    panel.reset()


@control.get("/state")
async def get_state(panel: ThePanel) -> dict[str, Any]:
    """All records, in the form of a seed."""
    return panel.world.data.model_dump()


@control.put("/state")
async def put_state(panel: ThePanel, seed: Json) -> None:
    """Replace all records."""
    panel.seed(seed)


@control.get("/journal")
async def get_journal(panel: ThePanel) -> list[dict[str, Any]]:
    """All requests."""
    return [entry.model_dump() for entry in panel.journal]


@control.delete("/journal")
async def delete_journal(panel: ThePanel) -> None:
    """Forget them."""
    panel.clear_journal()


@control.get("/switches")
async def get_switches(panel: ThePanel) -> dict[str, Any]:
    """All switches."""
    return panel.switches.model_dump()


@control.patch("/switches")
async def patch_switches(panel: ThePanel, values: Json) -> dict[str, Any]:
    """Set some of them."""
    panel.switch(**values)
    return panel.switches.model_dump()


@control.get("/faults")
async def get_faults(panel: ThePanel) -> list[dict[str, Any]]:
    """All rules, with how often each fired."""
    return [fault.model_dump() for fault in panel.faults]


@control.post("/faults")
async def post_fault(panel: ThePanel, rule: Json) -> dict[str, Any]:
    """Add a rule."""
    return panel.fault(**rule).model_dump()


@control.delete("/faults")
async def delete_faults(panel: ThePanel) -> None:
    """Remove all rules."""
    panel.clear_faults()


@control.put("/rate-limit")
async def put_rate_limit(
    panel: ThePanel,
    limit: Annotated[int | None, Body()] = None,
    remaining: Annotated[int | None, Body()] = None,
    window: Annotated[float, Body()] = 60,
) -> None:
    """``window`` in seconds; an empty object takes the limit away."""
    panel.rate_limit(limit, remaining, window)


@control.put("/latency")
async def put_latency(panel: ThePanel, seconds: Annotated[float, Body(embed=True)]) -> None:
    """How long each request waits."""
    panel.latency = seconds


@control.post("/clock")
async def post_clock(panel: ThePanel, seconds: Annotated[float, Body(embed=True)]) -> dict[str, str]:
    """Let time pass; answers the panel's time (UTC)."""
    panel.advance(seconds)
    return {"now": panel.now()}


@control.get("/domains/{webapp_id}")
async def get_domains(panel: ThePanel, webapp_id: int) -> list[dict[str, Any]]:
    """A web app's domains."""
    return panel.domains(webapp_id)


@control.put("/domains/{webapp_id}/{name}")
async def put_domain(panel: ThePanel, webapp_id: int, name: str, fields: Json) -> dict[str, Any]:
    """Add one by hand."""
    return panel.put_domain(webapp_id, name, **fields)


@control.patch("/domains/{webapp_id}/{name}")
async def patch_domain(panel: ThePanel, webapp_id: int, name: str, fields: Json) -> dict[str, Any]:
    """Change one by hand."""
    return panel.edit_domain(webapp_id, name, **fields)


@control.delete("/domains/{webapp_id}/{name}")
async def delete_domain(panel: ThePanel, webapp_id: int, name: str) -> None:
    """Remove one by hand."""
    panel.drop_domain(webapp_id, name)


@control.put("/resolver")
async def put_resolver(panel: ThePanel, address: Annotated[str, Body()], port: Annotated[int, Body()] = 53) -> None:
    """The recursive resolver that validation asks."""
    panel.resolve_by(address, port)


@control.put("/reaching")
async def put_reaching(panel: ThePanel, addresses: Annotated[list[str], Body(embed=True)]) -> None:
    """Further addresses that lead to the web server."""
    panel.reach_by(*addresses)


@control.get("/orders")
async def get_orders(panel: ThePanel) -> list[dict[str, Any]]:
    """All orders at Let's Encrypt."""
    return [order.model_dump() for order in panel.orders]


@control.get("/certificates/{webapp_id}")
async def get_certificates(panel: ThePanel, webapp_id: int) -> list[dict[str, Any]]:
    """The SSL objects of a web app and its domains."""
    return [certificate.model_dump() for certificate in panel.certificates(webapp_id)]


@control.post("/certificates/{webapp_id}")
async def post_certificate(panel: ThePanel, webapp_id: int, fields: Json) -> dict[str, Any]:
    """Add one by hand; the body is that of a seed."""
    return panel.put_certificate(webapp_id, **fields).model_dump()
