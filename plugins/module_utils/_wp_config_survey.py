# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the PHP program of ``_wp_config_survey_program``."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from ._snapshot_php import ask, explain
from ._snapshot_tables import plan
from ._snapshot_words import ReadFailed
from ._wp_config_survey_program import PROGRAM

# Constants without a secret, whose values are told.
NAMES = (
    "WP_ALLOW_MULTISITE",
    "MULTISITE",
    "SUBDOMAIN_INSTALL",
    "DOMAIN_CURRENT_SITE",
    "PATH_CURRENT_SITE",
    "SITE_ID_CURRENT_SITE",
    "BLOG_ID_CURRENT_SITE",
    "SUNRISE",
    "COOKIE_DOMAIN",
    "VHOST",
    "WP_ENVIRONMENT_TYPE",
)
# What the plugin's RunCloud integration reads: the token since its version 2.4.9, key and secret before.
RUNCLOUD = (
    "WU_RUNCLOUD_API_TOKEN",
    "WU_RUNCLOUD_API_KEY",
    "WU_RUNCLOUD_API_SECRET",
    "WU_RUNCLOUD_SERVER_ID",
    "WU_RUNCLOUD_APP_ID",
)


def survey(params: Mapping[str, Any]) -> dict[str, Any]:
    """What wp-config.php sets up, and what the database says of it; the keys are those of the module's RETURN.

    :arg params: the options ``path``, ``php_executable``, ``http_host`` and ``timeout``, which have no ``mistakes``.
    :raises ReadFailed: nothing was read.
    """
    root, timeout = params["path"].rstrip("/") or "/", params["timeout"]
    about = plan("ultimate_multisite")
    try:
        if not os.path.isdir(root):
            raise ReadFailed("it is no folder that exists. Correct path, or run the module as the site's user.")
        asked = {
            "root": root,
            "http_host": params["http_host"],
            "names": NAMES,
            "runcloud": RUNCLOUD,
            "folders": about["folders"],
            "connect_timeout": max(1, min(15, timeout // 2)),
        }
        answer, _printed = ask(PROGRAM, asked, params["php_executable"], timeout)
        if "error" in answer:
            raise ReadFailed(explain(answer, about))
    except ReadFailed as error:
        raise ReadFailed(f"Cannot read the WordPress in {root}: {error}") from None
    return {"config": answer["config"], **answer["facts"]}
