# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What nobody outside RunCloud knows, each as a named switch; the default is the best guess."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Switches(BaseModel):
    """Every switch with its values; the README holds the same table, and a test compares the two."""

    model_config = ConfigDict(extra="forbid")

    duplicate_domain: Literal["errors", "message"] = Field(
        "errors", description="422 with `errors.name`, or `message` only"
    )
    promote_primary: Literal["demotes", "refused"] = Field(
        "demotes", description="`type: primary` makes the old primary an alias, or answers 422"
    )
    demote_primary: Literal["refused", "allowed"] = Field(
        "refused", description="giving the primary another type; allowed leaves the app without one"
    )
    delete_primary: Literal["refused", "allowed"] = Field("refused", description="removing the primary")
    domain_on_other_app: Literal["refused", "allowed"] = Field(
        "refused", description="a name that another app of the same server has"
    )
    domain_on_other_server: Literal["allowed", "refused"] = Field(
        "allowed", description="a name that an app of another server has"
    )
    www_overlap: Literal["accepted", "refused"] = Field(
        "accepted", description="a record `www.X` beside a record X with www on (same app)"
    )
    redirection_without_www: Literal["accepted", "refused"] = Field(
        "accepted", description="`redirection` other than none together with `www: false`"
    )
    wildcard_names: Literal["accepted", "refused"] = Field(
        "accepted", description="`*.example.com` as a name: stored with `wildcard: 1`, or 422"
    )
    upper_case_names: Literal["refused", "lowered"] = Field("refused", description="422, or stored in lower case")
    meta_omitted: Literal["refused", "keeps"] = Field(
        "refused", description="a field left out of `PATCH meta`: 422, or the record's value stays"
    )
    offline_writes: Literal["accepted", "refused"] = Field(
        "accepted", description="writes while the server is not connected or not online"
    )
    write_body: Literal["documented", "empty", "braces"] = Field(
        "documented", description="body of a successful POST, PATCH or DELETE: as documented, nothing, or `{}`"
    )
    pagination_meta: Literal["pagination", "lastPage", "last_page", "none"] = Field(
        "pagination", description="`meta.pagination.total_pages`, `meta.lastPage`, flat `meta.last_page`, or no meta"
    )
    per_page: Literal["honoured", "ignored"] = Field(
        "honoured", description="`perPage` counts, or the default size always"
    )
    per_page_over_40: Literal["clamp", "refused"] = Field("clamp", description="treated as 40, or 422")
    default_page_size_v2: int = Field(15, ge=1, description="rows per page without `perPage` in v2")
    default_page_size_v3: int = Field(20, ge=1, description="rows per page without `perPage` in v3")
    links_next: Literal["present", "absent"] = Field(
        "present", description="`links.next` and `links.previous`, or always `{}`"
    )
    links_query: Literal["page", "all"] = Field(
        "page", description="links carry `page` alone (Laravel's default), or also `perPage` and the rest"
    )
    retry_after: Literal["seconds", "date", "none"] = Field("seconds", description="form of `Retry-After` on 429")
    generic_user_agents: Literal["urllib", "all"] = Field(
        "urllib",
        description="refused at the edge: `Python-urllib*` and none, or those of other tools (curl, requests, …) too",
    )
    ssl_absent: Literal["404", "message"] = Field(
        "404", description="reading a certificate that is not there: 404, or 200; both with `SSL not installed!`"
    )
    ssl_read_v2: Literal["flat", "wrapped", "domains"] = Field(
        "flat",
        description="`GET …/ssl` of a web app in v2: the bare object, `{data: {…}}`, or a list with a row a domain",
    )
    ssl_read_v3: Literal["domains", "flat", "wrapped"] = Field("domains", description="the same in v3")
    ssl_pages: Literal["whole", "paged"] = Field(
        "whole", description="the list with a row a domain: in one, or in pages"
    )
    ssl_write_body: Literal["documented", "empty", "braces", "object"] = Field(
        "documented",
        description="body of a successful write below `ssl`: the object in v2 and `{}` in v3, nothing, `{}`, or the object",
    )
    basic_under_advanced: Literal["transient", "refused"] = Field(
        "transient",
        description="installing the web app's certificate in Advanced mode: 200 and an object that vanishes, or 422",
    )
    advanced_plan: Literal["allowed", "forbidden", "invalid"] = Field(
        "allowed", description="switching Advanced SSL on: the plan has it, or 403, or 422"
    )
    mode_switch: Literal["drops", "keeps"] = Field(
        "drops", description="certificates when the mode changes: all gone, or kept"
    )
    patch_certificate: Literal["taken", "ignored"] = Field(
        "taken", description="`certificate` and `privateKey` in a change of a custom certificate"
    )
    failed_install: Literal["keeps", "vanishes"] = Field(
        "keeps", description="an install that failed leaves an object without dates, or none"
    )
    issuance_polls: int = Field(2, ge=0, description="reads of an object until its order ends")
    issuance_seconds: int = Field(300, ge=0, description="seconds until an order ends that nobody reads")
    certificate_days: Literal[90, 64, 45, 6] = Field(90, description="lifetime of what Let's Encrypt issues")
    renewal: Literal["works", "never"] = Field(
        "works", description="the panel's own renewal at `renewalDate`, a try a day; or none, and no word about it"
    )
    paused_after: int = Field(1152, ge=1, description="failures in a row after which Let's Encrypt pauses a name")
    web_server: Literal["survives", "breaks", "confuses"] = Field(
        "survives",
        description="all sites while the journal holds a write: as before, pages with 502, or the certificate of `other.example`",
    )
