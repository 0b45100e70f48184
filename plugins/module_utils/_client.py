# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one place that speaks HTTP to RunCloud: session, authentication, pacing, retries, paging and error texts.

Facts about the API come from RunCloud's public documentation (https://runcloud.io/docs/api/v3 and /v2); what it leaves
open is handled defensively and named in docs/architecture.md. Nothing here knows Ansible; it raises, it never exits.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from random import random
from typing import Any, Callable, NamedTuple

try:
    import requests
    from urllib3.exceptions import NewConnectionError
except ImportError:
    requests = None  # type: ignore[assignment]

from ._pace import Pace
from ._version import VERSION

USER_AGENT = "wpmultisite.runcloud/%s (Ansible collection)" % VERSION
PER_PAGE = 40  # RunCloud's documented maximum
MAX_PAGES = 2500
CONNECT_TIMEOUT = 10.0

# Every write that the API documents below a web app, and whether it may be sent again when its first answer was lost.
# A POST makes something new each time; below ssl a PUT or PATCH is a new certificate order each time.
_WRITES = (
    ("POST", r"domains", False),
    ("PATCH", r"domains/\d+/meta", True),
    ("DELETE", r"domains/\d+", True),
    ("POST", r"(domains/\d+/)?ssl", False),
    ("POST", r"ssl/advanced", False),
    ("PATCH", r"(domains/\d+/)?ssl/\d+", False),
    ("PUT", r"(domains/\d+/)?ssl/\d+", False),
    ("DELETE", r"(domains/\d+/)?ssl/\d+", True),
)
# An order at the certificate authority, which counts how many it gets. "Unavailable" is mostly, but not surely, said before one was sent.
_ORDER = re.compile(r"(POST|PUT) .*/ssl(/\d+)?")

_HINTS = {
    401: "The panel refuses the credentials. Three causes look alike: the token (or key and secret) is wrong or was revoked; "
    "API access is not enabled for the account or its plan; this machine's address is not on the account's IP allow-list.",
    403: "The panel understood the request and refuses it: the token's owner lacks access to this server, or the plan or its monthly call quota "
    "does not allow it.",
    404: "The panel knows no such thing, or these credentials may not see it: check the ids (server_id, webapp_id) and api_url.",
    405: "The panel does not know this operation in this API version.",
    422: "The panel refuses the values; its words say which.",
    429: "Too many calls: wait, raise retry_budget, or check the plan's monthly call quota.",
}
_EDGE_HINT = "This page came from the network edge in front of RunCloud, not from the panel: the User-Agent or this machine's address is blocked there."
# What is said once a month's calls are used up is not known, nor with which status (403 or 429, or 402, which is made for it): words decide, and how
# long it asks to wait.
_QUOTA = re.compile(r"\b(quota|monthly|per month|billing (cycle|period)|(api )?usage limit|api usage)\b", re.IGNORECASE)
_SHORT = re.compile(r"\bper (second|minute|hour)\b", re.IGNORECASE)
_QUOTA_WAIT = 3600.0  # seconds; a rate limit is one of a minute
_QUOTA_HINT = (
    "The monthly quota of API calls seems to be used up. The call was not repeated, and nothing more was asked. It begins anew with the billing cycle, and "
    "RunCloud sells more calls; fewer are made where full checks are rarer (multisite_domains_full_check_every)."
)
_LIMIT_HINT = "What was done before it is told. Raise max_api_calls if the run needs more; a run that suddenly does may have a fault."
_UNCLEAR = "The panel's answer was lost, so whether the write took effect is only known from a new listing; the call was not repeated."


class ApiError(Exception):
    """A call that did not succeed, told to a person.

    ``status`` is None when no HTTP answer came; ``unclear`` is true when a write may have taken effect all the same.
    """

    def __init__(
        self,
        method: str,
        path: str,
        status: int | None,
        message: str,
        errors: dict[str, list[str]] | None = None,
        html: bool = False,
        unclear: bool = False,
        hint: str = "",
        retry_after: str = "",
    ) -> None:
        self.method, self.path, self.status, self.message = method, path, status, message
        self.errors, self.html, self.unclear = errors or {}, html, unclear
        self.retry_after = retry_after
        self.hint = hint or (_EDGE_HINT if html and status == 403 else _HINTS.get(status or 0, ""))
        text = "%s %s: %s%s" % (method, path, "HTTP %d: " % status if status else "", message)
        for field in sorted(self.errors):
            text += " [%s: %s]" % (field, ", ".join(self.errors[field]))
        text = text if text.endswith((".", "]", "!")) else text + "."
        hint = " " + self.hint if self.hint else ""
        self.settled = text + hint  # for those who have listed since and know what became of the write
        super().__init__(text + (" " + _UNCLEAR if unclear else "") + hint)


class Exhausted(ApiError):
    """No call after this one can succeed, and the client makes none: the account's quota, or the run's own limit, is used up."""


class WriteRefused(Exception):
    """A write that this transport does not permit: check mode, or not a documented write below the configured web app."""


class ListingError(Exception):
    """A listing whose pages do not add up."""


class Settings(NamedTuple):
    """How to reach the API. ``auth`` changes a prepared request; ``verify`` is True, False or the path of a CA bundle.

    ``max_calls``: beyond it none is made. ``pace_key``: all clients of this user with the same one take turns.
    """

    base_url: str
    auth: Callable[[Any], Any]
    verify: bool | str = True
    timeout: float = 30.0
    write_interval: float = 1.0
    retry_budget: float = 120.0
    max_calls: int | None = None
    pace_key: str = ""


class BearerAuth:
    """A token. An auth object and not a header, because requests lets a .netrc entry replace a header."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: Any) -> Any:
        request.headers["Authorization"] = "Bearer %s" % self._token
        return request


class Client:
    """One keep-alive session to one API.

    :arg read_only: refuse every write (check mode).
    :arg write_root: the web app's path; writes are permitted only below it. None permits none.
    """

    def __init__(
        self,
        settings: Settings,
        read_only: bool = True,
        write_root: str | None = None,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(timezone.utc),
        jitter: Callable[[], float] = random,
    ) -> None:
        self._settings = settings
        self._read_only = read_only
        self._write_root = write_root
        self.sleep, self.monotonic, self.now, self._jitter = sleep, monotonic, now, jitter
        self._session = requests.Session()
        self._session.headers.update(
            {"Accept": "application/json", "Content-Type": "application/json", "User-Agent": USER_AGENT}
        )
        self._waited = 0.0
        self._last_write: float | None = None
        self._pace = Pace(settings.pace_key, lambda: self.now().timestamp())
        self._ended: Exhausted | None = None
        self.calls: Counter[str] = Counter()

    # -- calls ---------------------------------------------------------------------------------------------------------

    def get(self, path: str, query: dict[str, Any] | None = None) -> Any:
        """The parsed JSON body, None for an empty one. Repeated after any passing fault.

        :raises ApiError: for everything else.
        """
        return self._call("GET", path, query, None, True)

    def write(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """One documented write below the web app; the parsed body or None.

        :raises WriteRefused: in check mode, and for any other write.
        :raises ApiError: when the panel refuses, or when its answer was lost (``unclear``).
        """
        repeatable = self._permit(method, path)
        if self._last_write is not None:
            left = self._last_write + self._settings.write_interval - self.monotonic()
            if left > 0:
                self.sleep(left)
        try:
            return self._call(method, path, None, body, repeatable)
        finally:
            self._last_write = self.monotonic()

    def listing(self, path: str, query: dict[str, Any] | None = None) -> list[dict[str, Any]]:
        """Every row of a paged list, in the panel's order.

        A listing that does not add up is fetched once more, then refused: a missed page must never look like missing rows.

        :raises ApiError: when a call fails, or when the second listing does not add up either.
        """
        try:
            return self._pages(path, query or {})
        except ListingError:
            pass
        try:
            return self._pages(path, query or {})
        except ListingError as exc:
            raise ApiError(
                "GET",
                path,
                None,
                "the listing does not add up, twice in a row: %s" % exc,
                hint="Somebody may be changing domains right now. Nothing was changed; run again in a minute.",
            ) from exc

    # -- writes --------------------------------------------------------------------------------------------------------

    def _permit(self, method: str, path: str) -> bool:
        if self._read_only:
            raise WriteRefused("%s %s: check mode never writes." % (method, path))
        root = self._write_root
        if root and path.startswith(root + "/"):
            for verb, pattern, repeatable in _WRITES:
                if verb == method and re.fullmatch(pattern, path[len(root) + 1 :]):
                    return repeatable
        raise WriteRefused("%s %s: not a documented write below the configured web app." % (method, path))

    # -- one call, with its repeats ------------------------------------------------------------------------------------

    def _call(self, method: str, path: str, query: dict[str, Any] | None, body: Any, repeatable: bool) -> Any:
        attempt, lost, doubted = 0, False, False
        while True:
            self._admit(method, path)
            try:
                return self._answer(method, path, query, body)
            except ApiError as exc:
                if method == "DELETE" and exc.status == 404 and lost:
                    return None  # the first attempt took effect, only its answer was lost
                error, delay = exc, self._delay(exc, attempt, repeatable)
                # "Unavailable" is mostly said before anything was done; where a repeat is then refused, perhaps not.
                error.unclear = error.unclear or (doubted and method != "GET")
                doubted = doubted or exc.status == 503
            except OSError as exc:  # all of requests' own errors are; a CA bundle that is not there is a bare one
                error, passing = _network_error(method, path, exc)
                delay = self._backoff(attempt) if repeatable and passing and attempt < 3 else None
            if delay is None or not self._wait(delay):
                raise error
            lost = lost or error.unclear
            attempt += 1

    def _admit(self, method: str, path: str) -> None:
        """Wait for the turn of this call, which other tasks may hold up; that is no fault, so the budget is not for it.

        :raises Exhausted: when no call may be made any more.
        """
        most, made = self._settings.max_calls, sum(self.calls.values())
        if most is not None and made >= most and self._ended is None:
            self._ended = Exhausted(
                method, path, None, "not called: max_api_calls (%d) is used up" % most, hint=_LIMIT_HINT
            )
        if self._ended is not None:
            raise self._ended
        wait = self._pace.take()
        while wait > 0:
            self.sleep(wait)
            wait = self._pace.again()

    def _answer(self, method: str, path: str, query: dict[str, Any] | None, body: Any) -> Any:
        """One call.

        :raises ApiError: with the panel's refusal; OSError: when no answer came.
        """
        limits = 0, 0
        try:
            response = self._send(method, path, query, body)
            limits = _limits(response)
        finally:
            self._pace.heard(*limits)
        try:
            return _read(method, path, response)
        except ApiError as exc:
            asked = self._retry_after(exc.retry_after) if exc.status == 429 else None
            if (asked is not None and asked >= _QUOTA_WAIT) or _is_quota(exc):
                self._ended = Exhausted(method, path, exc.status, exc.message, exc.errors, hint=_QUOTA_HINT)
                raise self._ended from None
            if asked is not None:
                self._pace.refused(asked)
            raise

    def _delay(self, error: ApiError, attempt: int, repeatable: bool) -> float | None:
        """Seconds until the same call may be sent again, or None for never."""
        status = error.status
        if isinstance(error, Exhausted):
            return None
        if status == 429 and attempt < 10:
            asked = self._retry_after(error.retry_after)
            return asked if asked is not None else self._backoff(attempt)
        if ((status == 503 and not error.unclear) or (status == 403 and error.html)) and attempt < 3:
            asked = self._retry_after(error.retry_after)
            return asked if asked is not None else self._backoff(attempt)
        if status in (500, 502, 504) and repeatable and attempt < 3:
            return self._backoff(attempt)
        return None

    def _backoff(self, attempt: int) -> float:
        return min(60.0, 2.0 ** (attempt + 1)) * (0.75 + self._jitter() / 4)

    def _retry_after(self, text: str) -> float | None:
        if text.isdigit():
            return float(text)
        try:
            at = parsedate_to_datetime(text)
        except (TypeError, ValueError):
            return None
        return max(0.0, (at - self.now()).total_seconds()) if at.tzinfo else None

    def _wait(self, seconds: float) -> bool:
        """Sleep within the run's budget; False (without sleeping) when the budget does not reach."""
        if self._waited + seconds > self._settings.retry_budget:
            return False
        self._waited += seconds
        self.sleep(seconds)
        return True

    def _send(self, method: str, path: str, query: dict[str, Any] | None, body: Any) -> Any:
        self.calls[method] += 1
        try:
            return self._session.request(
                method,
                self._settings.base_url + path,
                params=query,
                json=body,
                auth=self._settings.auth,
                timeout=(min(CONNECT_TIMEOUT, self._settings.timeout), self._settings.timeout),
                allow_redirects=False,
                # Passed per request: a bundle from the environment would win over the session's setting.
                verify=self._settings.verify,
            )
        except OSError:
            raise
        except ValueError:
            # requests looks at a redirect's address, even where it is told not to follow it; its words may hold a secret.
            raise _redirected(method, path, None, "a redirect to no address, which is never followed") from None

    # -- pages ---------------------------------------------------------------------------------------------------------

    def _pages(self, path: str, query: dict[str, Any]) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        seen: set[int] = set()
        said: _Paging | None = None
        page = 1
        while True:
            try:
                answer = self.get(path, dict(query, page=page, perPage=PER_PAGE))
            except ApiError as exc:
                if page > 1 and exc.status == 404:
                    raise ListingError("page %d vanished" % page) from exc
                raise
            data = answer.get("data") if isinstance(answer, dict) else None
            if not isinstance(data, list) or not all(isinstance(row, dict) for row in data):
                raise ApiError("GET", path, 200, "the answer holds no list of records")
            now = _paging(answer)
            if now.current not in (None, page):
                raise ListingError("page %d was asked for, page %s came" % (page, now.current))
            if said and (now.total, now.last) != (said.total, said.last):
                raise ListingError("the totals changed from %s to %s while reading" % (said[:2], now[:2]))
            said = now
            if page > 1 and not data and (now.next or (now.last or 0) >= page):
                raise ListingError("page %d is empty" % page)
            for row in data:
                key = row.get("id")
                if not isinstance(key, int) or isinstance(key, bool):
                    raise ApiError("GET", path, 200, "a record without an id")
                if key in seen:
                    raise ListingError("record %d came twice" % key)
                seen.add(key)
            rows += data
            if now.last is not None:
                more = page < now.last
            elif now.total is not None:
                more = len(rows) < now.total and bool(data)
            else:
                # Without a word about how many there are only an empty page says that the one before was the last.
                more = bool(data)
            if not (more or now.next):
                break
            page += 1
            if page > MAX_PAGES:
                raise ListingError("more than %d pages" % MAX_PAGES)
        if said.total is not None and said.total != len(rows):
            raise ListingError("the panel counts %d records, %d came" % (said.total, len(rows)))
        return rows


class _Paging(NamedTuple):
    total: int | None
    last: int | None
    current: int | None
    next: bool


def _paging(answer: dict[str, Any]) -> _Paging:
    """What a list says about its pages: ``meta.pagination``, the flat ``meta.lastPage`` that clients also met, or Laravel's top level."""
    meta = answer.get("meta")
    meta = meta if isinstance(meta, dict) else {}
    nested = meta.get("pagination")
    places = [nested if isinstance(nested, dict) else {}, meta, answer]

    def number(*names: str) -> int | None:
        for place in places:
            for name in names:
                value = place.get(name)
                if isinstance(value, int) and not isinstance(value, bool):
                    return value
        return None

    last = number("total_pages", "lastPage", "last_page")
    links = [place.get("links") for place in places]
    has_next = any(isinstance(link, dict) and link.get("next") for link in links) or bool(answer.get("next_page_url"))
    return _Paging(number("total"), last, number("current_page", "currentPage"), has_next)


def _read(method: str, path: str, response: Any) -> Any:
    status = response.status_code
    text = response.text
    html = text.lstrip()[:1] == "<"
    try:
        body = response.json() if text.strip() else None
        parsed = True
    except ValueError:
        body, parsed = None, False
    write = method != "GET"
    if 200 <= status < 300:
        if parsed:
            return body
        what = "an HTML page" if html else "something that is not JSON"
        raise ApiError(
            method,
            path,
            status,
            "%s came instead of JSON" % what,
            html=html,
            unclear=write,
            hint="Check api_url, and whether a proxy answers in RunCloud's place.",
        )
    if 300 <= status < 400:
        raise _redirected(method, path, status, "a redirect, which is never followed")
    message, errors = _panel_words(body)
    if not message:
        message = "an HTML page" if html else ("no message" if parsed else "something that is not JSON")
    # A refusal (4xx) and 503 say that nothing was done; after the others nobody knows.
    untaken = status < 500 or (status == 503 and not _ORDER.fullmatch("%s %s" % (method, path)))
    raise ApiError(
        method,
        path,
        status,
        message,
        errors,
        html=not parsed,
        unclear=write and not untaken,
        retry_after=response.headers.get("Retry-After", "").strip(),
    )


def _limits(response: Any) -> tuple[int, int]:
    """The documented headers: how many calls a window has, and how many of them are left; 0 and 0 where they do not say it."""
    try:
        return int(response.headers["X-RateLimit-Limit"]), int(response.headers["X-RateLimit-Remaining"])
    except (KeyError, ValueError):
        return 0, 0


def _is_quota(error: ApiError) -> bool:
    if error.html or error.status not in (402, 403, 429):
        return False
    return bool(_QUOTA.search(error.message)) and not _SHORT.search(error.message)


def _redirected(method: str, path: str, status: int | None, words: str) -> ApiError:
    hint = "Check api_url; the panel's address is https://manage.runcloud.io/api."
    return ApiError(method, path, status, words, unclear=method != "GET", hint=hint)


def _panel_words(body: Any) -> tuple[str, dict[str, list[str]]]:
    """The panel's message and field errors; any of the forms that Laravel applications give."""
    if not isinstance(body, dict):
        return "", {}
    message = body.get("message") or body.get("error") or ""
    fields = body.get("errors")
    errors = {}
    if isinstance(fields, dict):
        for name, texts in fields.items():
            errors[_shown(name)] = [_shown(text) for text in (texts if isinstance(texts, list) else [texts])]
    return _shown(message) if not isinstance(message, (dict, list)) else "", errors


def _shown(words: Any) -> str:
    """A text of the panel's on one line; nothing in it steers a terminal, on which Ansible shows why a task failed."""
    return "".join(char if char.isprintable() else "?" for char in " ".join(str(words).split()))


def _network_error(method: str, path: str, exc: OSError) -> tuple[ApiError, bool]:
    """The error for a call without an answer, and whether another try may help."""
    # The exception's own text can hold the whole URL of a proxy with its password: it is not repeated.
    sent, passing = False, True
    reason = getattr(exc.args[0], "reason", None) if exc.args else None
    if isinstance(exc, requests.exceptions.SSLError) and "CERTIFICATE" in str(exc).upper():
        what, passing = "the TLS certificate is not accepted", False
        hint = "Check api_url; a private authority is named by ca_path."
    elif isinstance(exc, requests.exceptions.SSLError):
        what, passing = "no TLS connection could be made", False
        hint = "Check api_url: does it begin with https:// where plain http is spoken?"
    elif not isinstance(exc, requests.RequestException):
        what, passing = "the bundle of certificate authorities cannot be read", False
        hint = "Check REQUESTS_CA_BUNDLE and CURL_CA_BUNDLE, or give ca_path."
    elif isinstance(exc, ValueError):
        what, passing = "the address or its proxy is not usable", False
        hint = "Check api_url, HTTPS_PROXY, HTTP_PROXY and NO_PROXY."
    elif isinstance(exc, requests.exceptions.ProxyError):
        what, hint = "the proxy from the environment did not connect", "Check HTTPS_PROXY and NO_PROXY."
    elif isinstance(exc, requests.exceptions.ConnectTimeout):
        what, hint = "no connection in time", "Check the network, api_url and any proxy."
    elif isinstance(exc, requests.exceptions.Timeout):
        what, hint, sent = "no answer in time", "Raise timeout, or look at the panel's status page.", True
    elif isinstance(reason, NewConnectionError):
        what, hint = "cannot connect", "Check the network, api_url and any proxy."
    else:
        what, hint, sent = "the connection was lost", "Run again; if it stays, look at the panel's status page.", True
    return ApiError(method, path, None, what, unclear=sent and method != "GET", hint=hint), passing
