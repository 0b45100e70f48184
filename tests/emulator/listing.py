# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists: one page of rows, with the meta and links that the switches say."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from typing import Any

from starlette.requests import Request

from .errors import invalid
from .faults import Fault
from .models import PageQuery, Row, wire
from .switches import Switches

MAX_PER_PAGE = 40


def page(
    request: Request,
    switches: Switches,
    version: str,
    query: PageQuery,
    fault: Fault | None,
    records: Sequence[Row],
) -> dict[str, Any]:
    """The document ``{data, meta}`` of one page; a page beyond the end is empty."""
    size = _size(switches, version, query.perPage)
    shift, total = _drift(fault, len(records))
    start = (query.page - 1) * size + shift
    rows = [wire(record) for record in records[max(0, start) : max(0, start + size)]]
    document: dict[str, Any] = {"data": rows}
    pages = max(1, ceil(total / size))
    if switches.pagination_meta == "pagination":
        document["meta"] = {
            "pagination": {
                "total": total,
                "count": len(rows),
                "per_page": size,
                "current_page": query.page,
                "total_pages": pages,
                "links": _links(request, switches, query.page, pages),
            }
        }
    elif switches.pagination_meta == "lastPage":
        document["meta"] = {"lastPage": pages}
    elif switches.pagination_meta == "last_page":
        document["meta"] = {"current_page": query.page, "last_page": pages, "per_page": size, "total": total}
    return document


def _size(switches: Switches, version: str, asked: int | None) -> int:
    if asked is not None and asked > MAX_PER_PAGE and switches.per_page_over_40 == "refused":
        raise invalid({"perPage": [f"The per page may not be greater than {MAX_PER_PAGE}."]})
    if asked is None or switches.per_page == "ignored":
        return switches.default_page_size_v2 if version == "v2" else switches.default_page_size_v3
    return min(asked, MAX_PER_PAGE)


def _drift(fault: Fault | None, total: int) -> tuple[int, int]:
    """How far the rows moved since the page before, and the total that is told now."""
    if fault is None or fault.action != "page_drift":
        return 0, total
    came = fault.rows if fault.drift == "insert" else -fault.rows
    return -came, total + came if fault.total == "moves" else total


def _links(request: Request, switches: Switches, current: int, pages: int) -> dict[str, str]:
    if switches.links_next == "absent":
        return {}
    base = request.url if switches.links_query == "all" else request.url.replace(query="")
    links = {}
    if current < pages:
        links["next"] = str(base.include_query_params(page=current + 1))
    if current > 1:
        links["previous"] = str(base.include_query_params(page=current - 1))
    return links
