# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two small clients: the handles of ``Panel`` for another process, and raw calls to the API for tests."""

from __future__ import annotations

from typing import Any

import requests


class Remote:
    """``url``: the emulator's root, without ``/api``; ``ca_file`` for https. A refusal raises requests.HTTPError."""

    def __init__(self, url: str, ca_file: str | None = None) -> None:
        self._base = url.rstrip("/").removesuffix("/api") + "/_emulator"
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.verify = ca_file or True

    def _do(self, method: str, path: str, document: Any = None) -> Any:
        response = self._session.request(method, self._base + path, json=document, timeout=10)
        if not response.ok:
            raise requests.HTTPError(f"{method} {path}: {response.status_code} {response.text}", response=response)
        return response.json()

    def reset(self) -> None:
        """All back to the defaults."""
        self._do("POST", "/reset")

    def seed(self, seed: dict[str, Any]) -> None:
        """Replace all records."""
        self._do("PUT", "/state", seed)

    def switch(self, **values: Any) -> None:
        """Set switches."""
        self._do("PATCH", "/switches", values)

    def fault(self, **rule: Any) -> None:
        """Add a fault rule."""
        self._do("POST", "/faults", rule)

    def clear_faults(self) -> None:
        """Remove all rules."""
        self._do("DELETE", "/faults")

    def rate_limit(self, **values: Any) -> None:
        """Set or take away the limit."""
        self._do("PUT", "/rate-limit", values)

    def advance(self, seconds: float) -> None:
        """Let time pass at once."""
        self._do("POST", "/clock", {"seconds": seconds})

    @property
    def journal(self) -> list[dict[str, Any]]:
        """All requests."""
        entries: list[dict[str, Any]] = self._do("GET", "/journal")
        return entries

    def clear_journal(self) -> None:
        """Forget them."""
        self._do("DELETE", "/journal")

    def domains(self, webapp_id: int) -> list[dict[str, Any]]:
        """A web app's domains."""
        rows: list[dict[str, Any]] = self._do("GET", f"/domains/{webapp_id}")
        return rows

    def put_domain(self, webapp_id: int, name: str, **fields: Any) -> None:
        """Add one by hand."""
        self._do("PUT", f"/domains/{webapp_id}/{name}", fields)

    def edit_domain(self, webapp_id: int, name: str, **fields: Any) -> None:
        """Change one by hand."""
        self._do("PATCH", f"/domains/{webapp_id}/{name}", fields)

    def drop_domain(self, webapp_id: int, name: str) -> None:
        """Remove one by hand."""
        self._do("DELETE", f"/domains/{webapp_id}/{name}")

    def resolve_by(self, address: str, port: int = 53) -> None:
        """The recursive resolver that validation asks."""
        self._do("PUT", "/resolver", {"address": address, "port": port})

    def reach_by(self, *addresses: str) -> None:
        """Further addresses that lead to the web server."""
        self._do("PUT", "/reaching", {"addresses": addresses})

    @property
    def orders(self) -> list[dict[str, Any]]:
        """All orders at Let's Encrypt."""
        rows: list[dict[str, Any]] = self._do("GET", "/orders")
        return rows

    def certificates(self, webapp_id: int) -> list[dict[str, Any]]:
        """The SSL objects of a web app and its domains."""
        rows: list[dict[str, Any]] = self._do("GET", f"/certificates/{webapp_id}")
        return rows

    def put_certificate(self, webapp_id: int, name: str | None = None, **fields: Any) -> None:
        """Add one by hand."""
        self._do("POST", f"/certificates/{webapp_id}", {"name": name, **fields})


class Raw(requests.Session):
    """Calls below ``<url>/<version>`` with the required headers and a token; follows nothing, obeys no environment."""

    def __init__(self, url: str, token: str, version: str = "v3", ca_file: str | None = None) -> None:
        super().__init__()
        self._base = f"{url}/{version}"
        self.trust_env = False
        self.verify = ca_file or True
        self.headers.update(
            {
                "Authorization": f"Bearer {token}",
                "Accept": "application/json",
                "Content-Type": "application/json",
                "User-Agent": "emulator-tests/1",
            }
        )

    def request(self, method: str | bytes, url: str | bytes, *args: Any, **kwargs: Any) -> requests.Response:
        """``url`` is the path below the version."""
        kwargs.update(allow_redirects=False)
        kwargs.setdefault("timeout", 10)
        return super().request(method, f"{self._base}{url!s}", *args, **kwargs)
