# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults: what goes wrong on purpose, by rules that match requests."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field, replace
from http.client import responses
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

EDGE_PAGE = "<!DOCTYPE html><html><title>Attention Required!</title><body>Sorry, you have been blocked</body></html>"

Action = Literal[
    "status",
    "html",
    "redirect",
    "delay",
    "drop_before",
    "drop_after",
    "drop_body",
    "delay_after",
    "status_after",
    "truncate",
    "not_json",
    "ignore_write",
    "alter_write",
    "wrong_total",
    "duplicate_id",
    "lose_row",
    "page_drift",
    "vanished_page",
]


@dataclass
class Answer:
    """One HTTP answer; header names in lower case."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)

    @classmethod
    def json(cls, status: int, document: Any) -> Answer:
        """An answer with a JSON body."""
        return cls(status, json.dumps(document).encode(), {"content-type": "application/json"})

    @classmethod
    def html(cls, status: int, text: str) -> Answer:
        """A page, as the edge in front of the API sends it."""
        return cls(status, text.encode(), {"content-type": "text/html; charset=UTF-8"})


class Fault(BaseModel):
    """A rule: which requests (all given conditions hold), which of them (``skip`` then ``times``), and what happens.

    ``path`` is a regular expression searched for in the path below ``/api/vN``. Of several rules the first that
    wants to act does; the rules behind it do not count that request. ``fired`` tells how often it acted.
    """

    model_config = ConfigDict(extra="forbid")

    action: Action
    method: str | None = None
    path: str = ""
    version: Literal["v2", "v3"] | None = None
    page: int | None = Field(None, description="the `page` asked for (1 when none is given)")
    skip: int = 0
    times: int | None = Field(None, description="how often; without it, every time")

    status: int = Field(0, description="status, status_after (500), html (403), redirect (302)")
    body: Any = Field(None, description="JSON body of status and status_after; a `message` when left out")
    headers: dict[str, str] = {}
    text: str = Field(EDGE_PAGE, description="body of html")
    seconds: float = Field(1.0, description="delay, delay_after; also Retry-After of a status 429")
    location: str = Field("/login", description="redirect")
    fields: dict[str, Any] = Field({}, description="alter_write: what is stored instead")
    by: int = Field(1, description="wrong_total: added to the total")
    drift: Literal["insert", "remove"] = Field("insert", description="page_drift: rows that came or went at the front")
    rows: int = Field(1, description="page_drift: how many")
    total: Literal["moves", "stays"] = Field("moves", description="page_drift: does the total follow?")

    seen: int = 0
    fired: int = 0

    @model_validator(mode="after")
    def check(self) -> Fault:
        """Drift happens between two pages; writes are altered into something."""
        if self.action == "page_drift" and (self.page or 0) < 2:
            raise ValueError("page_drift needs page: 2 or more")
        if self.action == "alter_write" and not self.fields:
            raise ValueError("alter_write needs fields")
        re.compile(self.path)
        return self

    def wants(self, method: str, version: str, path: str, query: dict[str, str]) -> bool:
        """Whether this rule acts on the request; counts it."""
        matches = (
            (self.method is None or self.method.upper() == method)
            and (self.version is None or self.version == version)
            and (self.page is None or str(self.page) == query.get("page", "1"))
            and re.search(self.path, path) is not None
        )
        if not matches:
            return False
        self.seen += 1
        if self.seen <= self.skip or (self.times is not None and self.fired >= self.times):
            return False
        self.fired += 1
        return True


def instead(fault: Fault, retry_after: dict[str, str]) -> Answer | None:
    """The answer of a fault that keeps the request from the panel; ``retry_after`` is the header of a 429."""
    if fault.action == "html":
        return replace(Answer.html(fault.status or 403, fault.text), headers=_page_headers(fault))
    if fault.action == "redirect":
        return Answer(fault.status or 302, b"", {"location": fault.location, **_lower(fault.headers)})
    if fault.action == "status":
        return _status(fault, retry_after)
    return None


def afterwards(fault: Fault, answer: Answer) -> Answer:
    """What becomes of the panel's own answer; refusals (4xx) are only replaced by ``status_after``."""
    if fault.action == "status_after":
        return _status(fault, {})
    if answer.status != 200:
        return answer
    if fault.action == "truncate":
        return replace(answer, body=answer.body[: len(answer.body) // 2])
    if fault.action == "not_json":
        return replace(answer, body=b"OK: maintenance finished")
    if fault.action in ("wrong_total", "duplicate_id", "lose_row", "vanished_page") and _is_listing(answer):
        return replace(answer, body=json.dumps(_edit_listing(fault, json.loads(answer.body))).encode())
    return answer


def _is_listing(answer: Answer) -> bool:
    return answer.body.startswith(b'{"data":[')


def _edit_listing(fault: Fault, document: Any) -> Any:
    rows: list[Any] = document["data"]
    meta: dict[str, Any] = document.get("meta", {})
    counts = meta.get("pagination", meta)
    if fault.action == "wrong_total" and "total" in counts:
        counts["total"] += fault.by
    elif fault.action == "duplicate_id" and rows:
        rows[-1:] = [rows[0]] if len(rows) > 1 else [rows[0], rows[0]]
    elif fault.action == "lose_row":
        del rows[-1:]
    elif fault.action == "vanished_page":
        rows.clear()
        if "count" in counts:
            counts["count"] = 0
    return document


def _status(fault: Fault, retry_after: dict[str, str]) -> Answer:
    status = fault.status or 500
    text = "Too Many Attempts." if status == 429 else responses.get(status, "Server Error")
    answer = Answer.json(status, {"message": text} if fault.body is None else fault.body)
    if status == 429:
        answer.headers.update(retry_after)
    answer.headers.update(_lower(fault.headers))
    return answer


def _page_headers(fault: Fault) -> dict[str, str]:
    return {"content-type": "text/html; charset=UTF-8", **_lower(fault.headers)}


def _lower(headers: dict[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}
