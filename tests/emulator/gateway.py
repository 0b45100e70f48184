# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands before the API: journal, edge, faults, required headers, rate limit. Plain ASGI, outermost."""

from __future__ import annotations

import asyncio
import copy
import re
from collections.abc import Mapping
from email.utils import formatdate
from urllib.parse import parse_qsl

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .faults import Answer, Fault, afterwards, instead
from .panel import Entry, Panel, parse_json, update
from .routes import Call

EDGE_REFUSAL = "<!DOCTYPE html><html><head><title>Access denied</title></head><body>error code: 1010</body></html>"
_API = re.compile(r"/api/(v2|v3)(/.*)")
_URLLIB = re.compile(r"Python-urllib")
_GENERIC = re.compile(r"Python-urllib|python-requests|python-httpx|curl/|ansible-httpget")


class Gateway:
    """Wraps the application of all emulators for one panel."""

    def __init__(self, app: ASGIApp, panel: Panel) -> None:
        self.app = app
        self.panel = panel

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        raw = await _read(receive)
        if scope["path"].startswith("/_emulator/"):
            scope["panel"] = self.panel
            with self.panel.lock:
                answer = await _capture(self.app, scope, raw)
            await _send(send, answer)
            return
        with self.panel.lock:
            entry = self._record(scope, raw)
            fault = next((rule for rule in self.panel.faults if _wants(rule, entry)), None)
            entry.fault = fault.action if fault else None
        action = fault.action if fault else ""
        wait = self.panel.latency + (fault.seconds if fault and action == "delay" else 0)
        if action == "drop_before" or not await _wait(wait, receive):
            await _cut(scope, receive)
            return
        with self.panel.lock:
            answer = await self._answer(scope, raw, entry, fault)
            answer.headers["date"] = formatdate(self.panel.clock(), usegmt=True)
        wait = fault.seconds if fault and action == "delay_after" else 0
        if action == "drop_after" or not await _wait(wait, receive):
            await _cut(scope, receive)
            return
        if action == "drop_body":
            await _send(send, answer, len(answer.body) // 2)
            await _cut(scope, receive)
            return
        # Before the bytes leave: a client that has its answer must find the status in the journal.
        entry.status = answer.status
        await _send(send, answer)

    def _record(self, scope: Scope, raw: bytes) -> Entry:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        below = _API.fullmatch(scope["path"])
        query_string = scope["query_string"].decode("latin-1")
        body, is_json = parse_json(raw)
        entry = Entry(
            method=scope["method"],
            version=below[1] if below else "",
            path=below[2] if below else scope["path"],
            query_string=query_string,
            query=dict(parse_qsl(query_string, keep_blank_values=True)),
            headers=headers,
            body=body,
            raw=raw.decode(errors="replace"),
            complaints=_complaints(scope["method"], headers, raw, is_json),
        )
        self.panel.entries.append(entry)
        return entry

    async def _answer(self, scope: Scope, raw: bytes, entry: Entry, fault: Fault | None) -> Answer:
        """The fault's answer, a refusal, or the API's own, the latter with what the fault makes of it."""
        panel = self.panel
        if fault and (answer := instead(fault, panel.retry_after(fault.seconds))):
            return answer if fault.action == "html" else _limited(panel, answer)
        generic = _GENERIC if panel.switches.generic_user_agents == "all" else _URLLIB
        agent = entry.headers.get("user-agent", "")
        if not agent or generic.match(agent):
            entry.complaints.append("generic User-Agent")
            return Answer.html(403, EDGE_REFUSAL)
        if not panel.limit.take(panel.clock()):
            wait = max(0.0, (panel.limit.ends or 0) - panel.clock())
            answer = Answer.json(429, {"message": "Too Many Attempts."})
            answer.headers |= panel.retry_after(wait) | {"x-ratelimit-reset": str(int(panel.clock() + wait))}
            return _limited(panel, answer)
        if missing := [text for text in entry.complaints if text in _REQUIRED.values()]:
            return _limited(panel, Answer.json(400, {"message": f"Refused by the emulator: {', '.join(missing)}"}))
        panel.authority(panel.world).settle()
        world = copy.deepcopy(panel.world) if fault and fault.action == "ignore_write" else panel.world
        scope["emulator"] = Call(panel, world, entry, fault)
        answer = _limited(panel, await _capture(self.app, scope, raw))
        if fault and fault.action == "alter_write" and answer.status == 200 and entry.method in ("POST", "PATCH"):
            by_path = re.search(r"/domains/(\d+)", entry.path)
            stored = world.data.domains
            written = [domain for domain in stored if by_path and domain.id == int(by_path[1])] or stored[-1:]
            update(written[0], fault.fields)
        return afterwards(fault, answer) if fault else answer


_REQUIRED = {
    "accept": "Accept: application/json is missing",
    "content-type": "Content-Type: application/json is missing",
}


def _complaints(method: str, headers: Mapping[str, str], raw: bytes, is_json: bool) -> list[str]:
    """What is wrong with a request; the two required headers are documented for every request, GET too."""
    found = []
    for name, text in _REQUIRED.items():
        values = [part.split(";")[0].strip().lower() for part in headers.get(name, "").split(",")]
        if "application/json" not in values:
            found.append(text)
    if not is_json:
        found.append("the body is not JSON")
    if raw and method in ("GET", "DELETE"):
        found.append(f"{method} with a body")
    return found


def _wants(rule: Fault, entry: Entry) -> bool:
    return rule.wants(entry.method, entry.version, entry.path, entry.query)


def _limited(panel: Panel, answer: Answer) -> Answer:
    answer.headers = panel.rate_headers() | answer.headers
    return answer


async def _read(receive: Receive) -> bytes:
    raw = b""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return raw
        raw += bytes(message.get("body", b""))
        if not message.get("more_body", False):
            return raw


async def _capture(app: ASGIApp, scope: Scope, raw: bytes) -> Answer:
    """Run the application on a body that was read already, and keep its answer back."""
    answer = Answer(500)
    _, is_json = parse_json(raw)
    # What is no JSON, or no body at all, is an empty input to Laravel: the fields are missing.
    body = raw if raw and is_json else b"{}" if scope["method"] in ("POST", "PUT", "PATCH") else b""

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            answer.status = message["status"]
            answer.headers = {name.decode(): value.decode() for name, value in message["headers"]}
        else:
            answer.body += message.get("body", b"")

    await app(scope, receive, send)
    return answer


async def _send(send: Send, answer: Answer, cut_at: int | None = None) -> None:
    """Send an answer whose Content-Length is that of its body, though with ``cut_at`` not all of it comes."""
    headers = answer.headers | {"content-length": str(len(answer.body))}
    pairs = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": pairs})
    await send({"type": "http.response.body", "body": answer.body[:cut_at], "more_body": cut_at is not None})


async def _wait(seconds: float, receive: Receive) -> bool:
    """Wait; False when the client hung up meanwhile."""
    if seconds <= 0:
        return True
    try:
        await asyncio.wait_for(_gone(receive), seconds)
    except TimeoutError:
        return True
    return False


async def _cut(scope: Scope, receive: Receive) -> None:
    """Abort the TCP connection. Returning without an answer would make the server send a 500."""
    scope["state"]["transport"].abort()
    await _gone(receive)


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
