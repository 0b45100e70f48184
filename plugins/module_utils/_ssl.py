# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""RunCloud's SSL objects as plain data, and the calls that read and write them.

One object for the whole web app (Basic) or one for each domain (Advanced). Nothing public says what an answer to a write holds, so
it is ignored and the object read again; reading has six shapes, and each of them is understood.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta, timezone
from typing import Any, NamedTuple

from ._api import App, Record, SslMode, spelling
from ._client import PER_PAGE, ApiError

# The numbers of GET …/static/ssl/protocols (v3 docs api-8617065), by the lowest version that each permits.
PROTOCOLS = {"TLSv1.1": 1, "TLSv1.2": 2, "TLSv1.3": 3}
_PRIVATE = re.compile(r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----.*?(-----END [A-Z0-9 ]*PRIVATE KEY-----|$)", re.DOTALL)
_LONGEST_LINE = 500
_LOG_PAGES = 25  # no batch of orders writes more lines
_ODD = "Nothing is done with a certificate that cannot be told apart; report this with the API version."


class Certificate(NamedTuple):
    """An SSL object. None stands for what this API does not show; the private key, which v2 shows, is never kept.

    ``stamps``: the panel's own words for its dates; when they change, a new certificate is there.
    """

    id: int
    provider: str  # letsencrypt, custom, csr
    authorization_method: str | None = None
    environment: str | None = None  # live, staging
    external_api: int | None = None
    enable_http: bool | None = None
    enable_hsts: bool | None = None
    enable_hsts_preload: bool | None = None
    minimum_tls_version: str | None = None
    valid_until: datetime | None = None
    renewal_date: datetime | None = None
    created_at: str | None = None
    pem: str | None = None
    stamps: tuple[str, str] = ("", "")

    @property
    def issued(self) -> bool:
        """Whether a certificate is really there, and not only its order."""
        return bool(self.stamps[0])

    def days_left(self, now: datetime) -> int | None:
        """Whole days until it ends, negative when it has ended; None where no date is known."""
        return (self.valid_until - now) // timedelta(days=1) if self.valid_until else None


class Row(NamedTuple):
    """A domain with its SSL object, as the web app's listing shows them."""

    domain_id: int
    name: str
    certificate: Certificate | None


class Listing(NamedTuple):
    """``GET …/ssl`` of a web app: one object (``own``), or a row for each domain; ``rows`` is None when it does not list."""

    own: Certificate | None
    rows: list[Row] | None

    @property
    def varied(self) -> bool:
        """Whether domains have different objects, as in Advanced mode alone."""
        return len({row.certificate.id for row in self.rows or () if row.certificate}) > 1

    def shared(self) -> Certificate | None:
        """The web app's own certificate in Basic mode, which a listing with rows repeats for each domain."""
        if self.rows is None:
            return self.own
        found = {row.certificate.id: row.certificate for row in self.rows if row.certificate}
        counted = Counter(row.certificate.id for row in self.rows if row.certificate)
        return found[max(counted, key=lambda key: (counted[key], -key))] if found else None


class Wish(NamedTuple):
    """What somebody wants of a certificate; None is neither compared nor changed. ``minimum_tls_version`` is a key of PROTOCOLS."""

    provider: str | None = None
    authorization_method: str | None = None
    environment: str | None = None
    external_api: int | None = None
    enable_http: bool | None = None
    enable_hsts: bool | None = None
    enable_hsts_subdomains: bool | None = None
    enable_hsts_preload: bool | None = None
    minimum_tls_version: str | None = None
    certificate: str | None = None
    private_key: str | None = None


_FIELDS = {
    "enable_http": "enableHttp",
    "enable_hsts": "enableHsts",
    "enable_hsts_subdomains": "enableHstsSubdomains",
    "enable_hsts_preload": "enableHstsPreload",
    "authorization_method": "authorizationMethod",
    "external_api": "externalApi",
    "certificate": "certificate",
    "private_key": "privateKey",
}


def certificate(row: dict[str, Any], path: str) -> Certificate:
    """An SSL object from the API's.

    :arg path: where it came from, for the error.
    :raises ApiError: when it has no number.
    """
    key = row.get("id")
    if not isinstance(key, int) or isinstance(key, bool):
        raise ApiError("GET", path, 200, "an SSL object without a usable id", hint=_ODD)
    stamps = (_stamp(row.get("validUntil")), _stamp(row.get("renewalDate")))
    staging = _flag(row.get("staging"))
    names: dict[Any, str] = {number: name for name, number in PROTOCOLS.items()}
    return Certificate(
        id=key,
        provider=str(row.get("method") or ("letsencrypt" if row.get("authorizationMethod") else "unknown")),
        authorization_method=row.get("authorizationMethod") or None,
        environment=None if staging is None else ("staging" if staging else "live"),
        external_api=row.get("api_id") if isinstance(row.get("api_id"), int) else None,
        enable_http=_flag(row.get("enableHttp")),
        enable_hsts=_flag(row.get("enableHsts")),
        enable_hsts_preload=_flag(row.get("enableHstsPreload")),
        minimum_tls_version=names.get(row.get("ssl_protocol_id") or row.get("sslProtocolId")),
        valid_until=moment(stamps[0]),
        renewal_date=moment(stamps[1]),
        created_at=row.get("created_at"),
        pem=row.get("certificate") or None,
        stamps=stamps,
    )


def _stamp(value: Any) -> str:
    return str(value) if value else ""


def _flag(value: Any) -> bool | None:
    return None if value is None else value in (1, True, "1", "true")


def moment(text: str) -> datetime | None:
    """A date of the panel, which names no zone (taken for UTC); None for a text that is none."""
    for length, form in ((19, "%Y-%m-%d %H:%M:%S"), (10, "%Y-%m-%d")):
        try:
            return datetime.strptime(text[:length].replace("T", " "), form).replace(tzinfo=timezone.utc)
        except ValueError:
            continue
    return None


class Ssl:
    """The certificates of one web app. A place is a domain's number, or None for the web app's own. Every method raises ApiError."""

    def __init__(self, app: App) -> None:
        self._app, self._client = app, app.client

    def mode(self) -> SslMode | None:
        """How the certificates are kept; None where the panel refuses to say it although the web app is there.

        A plan without Advanced SSL may refuse the call; then there is nothing but Basic.
        """
        try:
            return self._app.ssl_mode()
        except ApiError as exc:
            if exc.html or exc.status not in (402, 403, 404):
                raise
        self._app.read()  # a 404 of a wrong number must not pass for an answer about certificates
        return None

    def set_mode(self, mode: SslMode) -> None:
        """Switch the mode. What becomes of the certificates that are there is not documented."""
        body = {"advancedSSL": mode.advanced, "autoSSL": mode.auto}
        self._client.write("POST", self._app.root + "/ssl/advanced", body)

    def listing(self) -> Listing:
        """What ``GET …/ssl`` of the web app shows, from all pages. The caller knows that the web app is there."""
        path = self._app.root + "/ssl"
        answer = self._get(path)
        data = answer.get("data") if isinstance(answer, dict) else None
        if not isinstance(data, list):
            return Listing(_single(answer, path), None)
        if _pages(answer) > 1:
            data = self._client.listing(path)
        return Listing(None, [_row(row, path) for row in data])

    def own(self) -> Certificate | None:
        """The web app's own certificate in Basic mode."""
        return self.listing().shared()

    def of(self, domain_id: int) -> Certificate | None:
        """A domain's own certificate."""
        path = self._path(domain_id)
        return _single(self._get(path), path)

    def by_domain(self, records: Iterable[Record]) -> list[Row]:
        """A row for each of these records in Advanced mode: one call where the API lists them, else one for each."""
        listing = self.listing()
        if listing.rows is not None:
            known = {row.domain_id: row for row in listing.rows}
            return [known.get(one.id) or Row(one.id, one.name, self.of(one.id)) for one in records]
        return [Row(one.id, one.name, self.of(one.id)) for one in records]

    def at(self, place: int | None) -> Certificate | None:
        """The certificate of a place."""
        return self.own() if place is None else self.of(place)

    def install(self, place: int | None, wish: Wish) -> None:
        """Order, or hand in, a certificate. Plain HTTP and HSTS are always told: their defaults are not documented."""
        wish = wish._replace(enable_http=bool(wish.enable_http), enable_hsts=bool(wish.enable_hsts))
        body = {"provider": wish.provider or "letsencrypt"}
        if body["provider"] == "letsencrypt":
            wish = wish._replace(authorization_method=wish.authorization_method or "http-01")
            body["environment"] = wish.environment or "live"
        self._client.write("POST", self._path(place), dict(body, **self._body(wish)))

    def change(self, place: int | None, ssl_id: int, wish: Wish) -> None:
        """Change what is given; nothing is ordered."""
        self._client.write("PATCH", "%s/%d" % (self._path(place), ssl_id), self._body(wish))

    def redeploy(self, place: int | None, ssl_id: int) -> None:
        """Order anew, for all names that the place has now (v2 docs api-9849816: no body)."""
        self._client.write("PUT", "%s/%d" % (self._path(place), ssl_id))

    def remove(self, place: int | None, ssl_id: int) -> None:
        """Remove it. One that is already gone counts as removed."""
        try:
            self._client.write("DELETE", "%s/%d" % (self._path(place), ssl_id))
        except ApiError as exc:
            if exc.status != 404 or exc.html:
                raise

    def log(self, since: int | None = None) -> list[tuple[int, str]]:
        """Number and text of the newest lines of the web app's log, newest first; empty where it cannot be read.

        :arg since: all pages down to this line, instead of the first one.
        """
        found: list[tuple[int, str]] = []
        for page in range(1, _LOG_PAGES + 1):
            try:
                answer = self._client.get(self._app.root + "/log", {"page": page, "perPage": PER_PAGE})
            except ApiError:
                break  # it only explains; without it the run is the same
            lines = _lines(answer)
            found += lines
            if since is None or not lines or lines[-1][0] <= since or _pages(answer) <= page:
                break
        return found

    def newest(self) -> int | None:
        """The number of the newest line of the log; None where it cannot be read, so that nobody takes an old line for a new one."""
        try:
            answer = self._client.get(self._app.root + "/log", {"page": 1, "perPage": PER_PAGE})
        except ApiError:
            return None
        return max((number for number, _said in _lines(answer)), default=0)

    def external_apis(self) -> list[tuple[int, str]]:
        """Number and label of the account's external APIs; their secrets are not kept."""
        rows = self._client.listing("/settings/externalapi")
        return [(row["id"], str(row.get("label") or "")) for row in rows]

    def knows(self, wish: Wish) -> list[str]:
        """The options that this API version does not know."""
        if self._app.ssl_fields.hsts_extras:
            return []
        return [name for name in ("enable_hsts_subdomains", "enable_hsts_preload") if getattr(wish, name) is not None]

    def _path(self, place: int | None) -> str:
        return self._app.root + ("/ssl" if place is None else "/domains/%d/ssl" % place)

    def _get(self, path: str) -> Any:
        try:
            return self._client.get(path)
        except ApiError as exc:
            if exc.status == 404 and not exc.html:
                return None
            raise

    def _body(self, wish: Wish) -> dict[str, Any]:
        body = {theirs: getattr(wish, ours) for ours, theirs in _FIELDS.items() if getattr(wish, ours) is not None}
        if wish.minimum_tls_version is not None:
            body[self._app.ssl_fields.protocol] = PROTOCOLS[wish.minimum_tls_version]
        return body


def _single(answer: Any, path: str) -> Certificate | None:
    """One object, bare or in ``data``; None for a message, an empty answer and nothing at all."""
    if isinstance(answer, dict) and "id" not in answer and isinstance(answer.get("data"), dict):
        answer = answer["data"]
    if not answer or (isinstance(answer, dict) and not answer.get("data") and set(answer) <= {"message", "data"}):
        return None
    if not isinstance(answer, dict):
        raise ApiError("GET", path, 200, "the answer is no SSL object", hint=_ODD)
    return certificate(answer, path)


def _row(row: Any, path: str) -> Row:
    key, name, shown = (row.get("id"), row.get("name"), row.get("ssl")) if isinstance(row, dict) else (None, None, None)
    if not isinstance(key, int) or not isinstance(name, str) or not isinstance(shown, (dict, type(None))):
        raise ApiError("GET", path, 200, "a row of the certificates without a usable id, name and ssl", hint=_ODD)
    return Row(key, spelling(name.strip().lower()), certificate(shown, path) if shown else None)


def _pages(answer: dict[str, Any]) -> int:
    """How many pages a list says that it has."""
    meta = answer.get("meta")
    meta = meta if isinstance(meta, dict) else {}
    paging = meta.get("pagination")
    places = (paging if isinstance(paging, dict) else {}, meta)
    pages = [place.get(word) for place in places for word in ("total_pages", "lastPage", "last_page")]
    return max((count for count in pages if isinstance(count, int)), default=1)


def _lines(answer: Any) -> list[tuple[int, str]]:
    """Number and text of the rows of a page of the log; what is no row is passed over."""
    rows = answer.get("data") if isinstance(answer, dict) else None
    return [
        (row["id"], _text(row))
        for row in (rows if isinstance(rows, list) else [])
        if isinstance(row, dict) and isinstance(row.get("id"), int)
    ]


def _text(row: dict[str, Any]) -> str:
    """What a row of the log says, as one line that can be shown."""
    words = [row.get(field) for field in ("content", "description", "message", "action", "kind")]
    said = next((word for word in words if isinstance(word, str) and word.strip()), "")
    line = " ".join(_PRIVATE.sub("(a private key)", said).split())
    return "".join(char if char.isprintable() else "?" for char in line[:_LONGEST_LINE])
