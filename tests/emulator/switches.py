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
