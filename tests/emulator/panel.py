# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The emulated panel: what it holds, its switches, faults, limits and journal, and the handles tests use on them."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import formatdate
from math import ceil
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel

from .acme import LetsEncrypt
from .errors import ApiError
from .faults import Fault
from .models import Domain, Seed, Server, User, WebApp, wire
from .ssl_models import Order
from .ssl_panel import SslPanel
from .switches import Switches

Record = TypeVar("Record")


class Entry(BaseModel):
    """One request as it came in, and the status it was answered with (None when the line was cut)."""

    method: str
    version: str  # "v2", "v3", or "" for a path outside the API
    path: str  # below /api/vN; the whole path when it is outside the API
    query_string: str
    query: dict[str, str]
    headers: dict[str, str]  # names in lower case
    body: Any  # parsed JSON, or None
    raw: str
    status: int | None = None
    fault: str | None = None  # the action of the rule that acted on it
    unknown_fields: list[str] = []
    complaints: list[str] = []

    def __str__(self) -> str:
        return f"{self.method} {self.path}{'?' if self.query_string else ''}{self.query_string}"


class World:
    """The records of the panel, with the look-ups that answer 404."""

    def __init__(self, seed: Seed) -> None:
        self.data = seed
        self._last_id = max([700, *(domain.id for domain in seed.domains)])
        self.orders: list[Order] = []
        self.letsencrypt = LetsEncrypt()
        self.last_ssl_id = max([54, *(certificate.id for certificate in seed.certificates)])
        self.last_serial = 1000

    def server(self, server_id: int) -> Server:
        """A server by its id."""
        return _one(self.data.servers, lambda server: server.id == server_id)

    def users(self, server_id: int) -> list[User]:
        """The system users of a server."""
        return [user for user in self.data.users if user.server_id == server_id]

    def webapps(self, server_id: int) -> list[WebApp]:
        """The web apps of a server."""
        return [app for app in self.data.webapps if app.server_id == server_id]

    def webapp(self, server_id: int, webapp_id: int) -> WebApp:
        """A web app by its id; another server's is not found."""
        return _one(self.webapps(server_id), lambda app: app.id == webapp_id)

    def domains(self, webapp_id: int) -> list[Domain]:
        """The domains of a web app, oldest first."""
        return [domain for domain in self.data.domains if domain.webapp_id == webapp_id]

    def domain(self, webapp_id: int, domain_id: int) -> Domain:
        """A domain by its id; another app's is not found."""
        return _one(self.domains(webapp_id), lambda domain: domain.id == domain_id)

    def named(self, webapp_id: int, name: str) -> Domain:
        """A domain by its name as stored."""
        return _one(self.domains(webapp_id), lambda domain: domain.name == name)

    def add(self, domain: Domain) -> Domain:
        """Store a new domain; ids are never used twice."""
        self._last_id += 1
        domain.id = self._last_id
        self.data.domains.append(domain)
        return domain

    def remove(self, domain: Domain) -> None:
        """Forget a domain."""
        self.data.domains.remove(domain)


def _one(records: list[Record], test: Callable[[Record], bool]) -> Record:
    for record in records:
        if test(record):
            return record
    raise ApiError(404, "Not Found")


@dataclass
class RateLimit:
    """A fixed window, as Laravel's throttle; ``limit`` None means that nothing is counted or refused."""

    limit: int | None
    remaining: int
    window: float
    ends: float | None = None

    def take(self, now: float) -> bool:
        """Count one request; False when it is over the limit."""
        if self.limit is None:
            return True
        if self.ends is not None and now >= self.ends:
            self.ends, self.remaining = None, self.limit
        if self.ends is None:
            self.ends = now + self.window
        if self.remaining <= 0:
            return False
        self.remaining -= 1
        return True


class Panel(SslPanel):
    """State under one lock, and the functions tests steer it with. ``clock``: seconds since the epoch."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self.lock = threading.RLock()
        self._clock = clock
        self.reset()

    def clock(self) -> float:
        """The panel's time, in seconds since the epoch."""
        return self._clock() + self._ahead

    def advance(self, seconds: float) -> None:
        """Let time pass at once."""
        with self.lock:
            self._ahead += seconds

    def reset(self) -> None:
        """Back to the default records, no faults, default switches, no limit, empty journal."""
        with self.lock:
            self.world = World(Seed())
            self.switches = Switches()
            self.faults: list[Fault] = []
            self.entries: list[Entry] = []
            self.latency = self._ahead = 0.0
            self.rate_limit()
            self.reset_ssl()

    def seed(self, seed: dict[str, Any] | str | Path) -> None:
        """Replace all records: a dict, or the path of a YAML or JSON file."""
        given = seed if isinstance(seed, dict) else yaml.safe_load(Path(seed).read_text(encoding="utf-8"))
        world = World(Seed.model_validate(given))
        with self.lock:
            self.world = world
            self.date_certificates()

    def switch(self, **values: Any) -> None:
        """Set switches by name; an unknown name or value raises pydantic.ValidationError."""
        with self.lock:
            self.switches = Switches.model_validate({**self.switches.model_dump(), **values})

    def fault(self, **rule: Any) -> Fault:
        """Add a fault rule; the returned rule tells later how often it fired."""
        fault = Fault.model_validate(rule)
        with self.lock:
            self.faults.append(fault)
        return fault

    def clear_faults(self) -> None:
        """Nothing goes wrong any more."""
        with self.lock:
            self.faults = []

    def rate_limit(self, limit: int | None = None, remaining: int | None = None, window: float = 60) -> None:
        """``limit`` requests per ``window`` seconds, ``remaining`` of them left now; without arguments: no limit."""
        with self.lock:
            left = remaining if remaining is not None else (60 if limit is None else limit)
            self.limit = RateLimit(limit, left, window)

    # --- journal ---------------------------------------------------------------------------------------------------

    @property
    def journal(self) -> list[Entry]:
        """All requests since the last ``clear_journal``, in the order they came in."""
        with self.lock:
            return list(self.entries)

    def clear_journal(self) -> None:
        """Forget the requests so far."""
        with self.lock:
            self.entries = []

    def calls(self) -> list[str]:
        """The requests as ``METHOD /path?query``."""
        return [str(entry) for entry in self.journal]

    def writes(self) -> list[tuple[str, str, Any]]:
        """Method, path and body of all that was no GET, whatever it was answered."""
        return [(entry.method, entry.path, entry.body) for entry in self.journal if entry.method not in ("GET", "HEAD")]

    # --- changes by hand in the panel, which no journal shows -------------------------------------------------------

    def broken(self, how: str) -> bool:
        """Whether a write has broken the web server that visitors meet in this way."""
        return self.switches.web_server == how and bool(self.writes())

    @property
    def token(self) -> str:
        """A token that is valid."""
        return self.world.data.tokens[0]

    def domains(self, webapp_id: int) -> list[dict[str, Any]]:
        """The domains of a web app as the API would show them."""
        with self.lock:
            return [wire(domain) for domain in self.world.domains(webapp_id)]

    def put_domain(self, webapp_id: int, name: str, **fields: Any) -> dict[str, Any]:
        """Add a record, however odd."""
        domain = Domain.model_validate({"type": "alias", **fields, "webapp_id": webapp_id, "name": name})
        with self.lock:
            return wire(self.world.add(domain))

    def edit_domain(self, webapp_id: int, name: str, **fields: Any) -> dict[str, Any]:
        """Change fields of a record."""
        with self.lock:
            return wire(update(self.world.named(webapp_id, name), fields))

    def drop_domain(self, webapp_id: int, name: str) -> None:
        """Remove a record."""
        with self.lock:
            domain = self.world.named(webapp_id, name)
            self.world.remove(domain)
            self.authority(self.world).removed(domain)

    # --- for the server ---------------------------------------------------------------------------------------------

    def rate_headers(self) -> dict[str, str]:
        """The two headers the documentation promises on every response."""
        limit = self.limit.limit or 60
        return {"x-ratelimit-limit": str(limit), "x-ratelimit-remaining": str(max(0, self.limit.remaining))}

    def retry_after(self, seconds: float) -> dict[str, str]:
        """``Retry-After`` in the form that the switch says."""
        if self.switches.retry_after == "none":
            return {}
        if self.switches.retry_after == "date":
            return {"retry-after": formatdate(ceil(self.clock() + seconds), usegmt=True)}
        return {"retry-after": str(ceil(seconds))}

    def now(self) -> str:
        """The clock in the API's form, without a zone (UTC)."""
        return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(self.clock()))


def update(domain: Domain, fields: dict[str, Any]) -> Domain:
    """Change a record in place, with the types of the model."""
    checked = Domain.model_validate({**domain.model_dump(), **fields})
    for name in fields:
        setattr(domain, name, getattr(checked, name))
    return domain


def parse_json(raw: bytes) -> tuple[Any, bool]:
    """The parsed body and whether it was JSON; an empty body counts as none."""
    if not raw:
        return None, True
    try:
        return json.loads(raw), True
    except ValueError:
        return None, False
