# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads a multisite over the REST API of Ultimate Multisite, of both its generations.

Up to 2.4.12 every parameter of a list goes to the plugin's database layer (``number``, ``offset``), and nothing says how
many rows there are, but ``count=1``. Newer ones page by ``page`` and ``per_page`` (100 at most) and send ``X-WP-Total``.
Both get all of these parameters. Values come as the database gave them: ``"1"``, ``1``, ``true``, ``""`` or null.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from ipaddress import ip_address
from typing import Any
from urllib.parse import SplitResult, urlsplit

from . import _snapshot
from ._rest_api import Api
from ._snapshot_words import SHORTEST_SECRET, ReadFailed, checked

PER_PAGE = 100
MAX_PAGES = 2500
SHOWN_SITES = 10

_BLOG = {"network_id": "site_id", **{key: key for key in ("public", "archived", "mature", "spam", "deleted")}}
_MAPPING = {"blog_id": "blog_id", "active": "active", "primary": "primary_domain", "secure": "secure"}
_RUN_AGAIN = (
    "Somebody may be changing sites or domains right now: run again. If it stays, exclude /wp-json/ from every cache."
)


def read(params: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """The snapshot of the network whose REST API is at ``rest_url``, and warnings.

    :raises ReadFailed: nothing was read, or not all of it.
    """
    wrong = list(_mistakes(params))
    if wrong:
        raise ReadFailed(" ".join(wrong))
    url = params["rest_url"].strip().rstrip("/")
    api = Api(url, params)
    try:
        sites, domains = _List(api, "site", "blog_id"), _List(api, "domain", "id")
        blogs = sorted((_blog(row) for row in sites.rows), key=_id)
        mappings = sorted((_mapping(row) for row in domains.rows), key=_id)
        counts = {"networks": None, "blogs": sites.total, "mappings": domains.total}
        snapshot = checked(
            _snapshot_of(_networks(urlsplit(url), blogs), blogs, mappings, counts),
            "Look at these rows in the network's admin.",
        )
    except ReadFailed as error:
        raise ReadFailed(f"Cannot read the multisite at {url}: {error}") from None
    finally:
        api.close()
    return snapshot, _warnings(snapshot, sites, domains)


def _warnings(snapshot: dict[str, Any], *lists: _List) -> list[str]:
    found = [
        f"The API does not say how many rows {one.route} has; the list was read until nothing more came."
        for one in lists
        if one.total is None
    ]
    blogs = {blog["id"] for blog in snapshot["blogs"]}
    strange = sorted({row["blog_id"] for row in snapshot["mappings"]} - blogs)
    if strange:
        more = f" and {len(strange) - SHOWN_SITES} more" if len(strange) > SHOWN_SITES else ""
        found.append(
            f"Domains are mapped to sites that the API does not list: {', '.join(map(str, strange[:SHOWN_SITES]))}{more}. They were deleted, "
            "or belong to another network, and then the multisite must be read with php, database or wp_cli."
        )
    return found


# -- options -----------------------------------------------------------------------------------------------------------


def _mistakes(params: Mapping[str, Any]) -> Iterator[str]:
    for name in ("rest_key", "rest_secret"):
        value = params[name] or ""
        if len(value) < SHORTEST_SECRET:
            yield (
                f"{name} is shorter than {SHORTEST_SECRET} characters, so it is none of the plugin's; as a secret it would also be "
                "masked all over the output."
            )
        if not re.fullmatch("[!-~]*", value):
            yield f"{name} holds blanks or other characters that the plugin never makes: it was probably copied wrongly."
    yield from _wrong_url(params["rest_url"] or "")
    if params["mapping_plugin"] != "ultimate_multisite":
        yield (
            f"mapping_plugin is {params['mapping_plugin']}, but source: rest is the API of Ultimate Multisite: read other "
            "plugins with php, database or wp_cli."
        )
    if params["timeout"] < 1:
        yield "timeout must be at least 1 second."
    if params["ca_path"] and not os.path.exists(params["ca_path"]):
        yield f"ca_path: there is no {params['ca_path']}."


def _wrong_url(text: str) -> Iterator[str]:
    try:
        parts = urlsplit(text.strip())
        host, port = parts.hostname, parts.port
    except ValueError:
        parts, host, port = urlsplit(""), None, None
    if not host or port == 0 or "@" in parts.netloc or parts.query or parts.fragment:
        yield "rest_url must be the plain address of the network, such as https://network.com/."
    elif "wp-json" in parts.path.split("/"):
        yield "rest_url must be the address of the network, without /wp-json and what follows it."
    elif parts.scheme != "https" and not (parts.scheme == "http" and _is_loopback(host)):
        yield "rest_url must begin with https:// (plain http is for loopback alone): the key would travel in the clear."


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


# -- lists -------------------------------------------------------------------------------------------------------------


class _List:
    """All rows of a route, and their number as the API itself counts them; None when it does not."""

    def __init__(self, api: Api, route: str, key: str) -> None:
        self.route = route
        self.rows: list[dict[str, Any]] = []
        total: int | None = None
        seen: set[Any] = set()
        for page in range(1, MAX_PAGES + 1):
            answer, headers = api.get(route, _query(page))
            if not isinstance(answer, list) or not all(isinstance(row, dict) for row in answer):
                raise ReadFailed(
                    f"{route}: the answer is no list of rows. Check that rest_url is a network of Ultimate Multisite."
                )
            now = _number(headers.get("X-WP-Total"))
            if page > 1 and now != total:
                raise ReadFailed(f"{route}: the total changed from {total} to {now} between two pages. {_RUN_AGAIN}")
            total = now
            for row in answer:
                which = _integer(row, key, route)
                if which is None:
                    raise ReadFailed(f"{route}: {key} of a row is empty. Is this the API of Ultimate Multisite?")
                if which in seen:
                    raise ReadFailed(f"{route}: row {which} came twice, again on page {page}. {_RUN_AGAIN}")
                seen.add(which)
            self.rows += answer
            # Without a total only an empty page says that the one before was the last: a short one may have been cut.
            if not answer or (total is not None and len(self.rows) >= total):
                break
        else:
            raise ReadFailed(f"{route}: more than {MAX_PAGES} pages came. {_RUN_AGAIN}")
        if total is None:
            total = _number(api.get(route, {"count": 1})[0])
        if total is not None and total != len(self.rows):
            raise ReadFailed(f"{route}: the API counts {total} rows, but {len(self.rows)} came. {_RUN_AGAIN}")
        self.total = total


def _query(page: int) -> dict[str, Any]:
    return {
        "page": page,
        "per_page": PER_PAGE,
        "number": PER_PAGE,
        "offset": (page - 1) * PER_PAGE,
        "orderby": "id",
        "order": "ASC",
    }


def _number(value: Any) -> int | None:
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        return None
    return int(value) if re.fullmatch(r"[0-9]{1,18}", str(value)) else None


# -- rows --------------------------------------------------------------------------------------------------------------


def _integer(row: dict[str, Any], key: str, route: str) -> int | None:
    """A whole number in any of the ways in which the API writes one; an empty text is null. Anything else is not guessed at."""
    if key not in row:
        raise ReadFailed(f"{route}: a row has no {key}. Is this the API of Ultimate Multisite?")
    value = row[key]
    if value is None or value == "":
        number = None
    elif isinstance(value, (bool, int)) or (isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,18}", value)):
        number = int(value)
    else:
        raise ReadFailed(
            f"{route}: {key} is {ascii(value)[:60]}, not a whole number. Correct it in the network's admin."
        )
    return number


def _integers(row: dict[str, Any], keys: dict[str, str], route: str) -> dict[str, int | None]:
    return {name: _integer(row, key, route) for name, key in keys.items()}


def _blog(row: dict[str, Any]) -> dict[str, Any]:
    numbers = _integers(row, _BLOG, "site")
    # Not its id: older versions give 0 for every site.
    return {"id": _integer(row, "blog_id", "site"), "domain": row.get("domain"), "path": row.get("path"), **numbers}


def _mapping(row: dict[str, Any]) -> dict[str, Any]:
    numbers = _integers(row, _MAPPING, "domain")
    if "stage" not in row:
        raise ReadFailed("domain: a row has no stage. Is this the API of Ultimate Multisite?")
    return {"id": _integer(row, "id", "domain"), "domain": row.get("domain"), "stage": row["stage"], **numbers}


def _id(row: dict[str, Any]) -> int:
    return row["id"] or 0


def _networks(url: SplitResult, blogs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The one network, whose domain is that of its main site, which ``rest_url`` must name.

    The API knows nothing of networks. A network's first site is its main site unless somebody moved it, so another site's
    address is refused: its domain must never pass for the network's.
    """
    ids = sorted({str(blog["network_id"]) for blog in blogs})
    if len(ids) > 1:
        raise ReadFailed(
            f"its sites belong to the networks {', '.join(ids)}, and the API does not know their domains. Read them with php, "
            "database or wp_cli."
        )
    if not blogs:
        raise ReadFailed(
            "site: no site came, and no multisite is without one. Check the plugin's version, and read with php."
        )
    first = blogs[0]
    domain, path = str(first["domain"]).lower(), str(first["path"])
    if domain not in (url.netloc.lower(), url.hostname) or path.lower() != f"{url.path.rstrip('/')}/".lower():
        raise ReadFailed(
            f"rest_url is not the address of the network's first site, which is https://{domain}{path}. Set it to that."
        )
    return [{"id": first["network_id"], "domain": first["domain"], "path": path}]


def _snapshot_of(
    networks: list[dict[str, Any]],
    blogs: list[dict[str, Any]],
    mappings: list[dict[str, Any]],
    counts: dict[str, int | None],
) -> dict[str, Any]:
    nothing = (
        "version",
        "subdomain_install",
        "domain_current_site",
        "environment_type",
        "runtime_url",
        "root",
        "root_real",
    )
    return {
        "format": _snapshot.FORMAT,
        "source": "rest",
        "wordpress": dict.fromkeys(nothing),
        "mapping_plugin": {"name": "ultimate_multisite", "version": None, "schema": None, "unread_rows": None},
        "settings": {
            "enable_domain_mapping": None,
            "auto_create_www_subdomain": None,
            "runcloud_integration": {"enabled": None, "configured": None},
        },
        "networks": networks,
        "blogs": blogs,
        "mappings": mappings,
        "counts": counts,
    }
