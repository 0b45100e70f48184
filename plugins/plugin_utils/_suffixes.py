# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Below which names everybody registers, by the public suffix list that the library ships. Pure: nothing is fetched."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from ansible_collections.wpmultisite.runcloud.plugins.module_utils._names import fold


@lru_cache(maxsize=2)
def _list(only_icann: bool) -> Any:
    from publicsuffixlist import PublicSuffixList

    return PublicSuffixList(only_icann=only_icann)


def is_public_suffix(host: str, only_icann: bool = False) -> bool:
    """Whether everybody registers names below the host; ``only_icann``: leave out those that companies declared so."""
    return bool(_list(only_icann).publicsuffix(host) == host)


def is_registrable(host: str) -> bool:
    """Whether the host is exactly one label below a public suffix: ``client.co.uk``, ``client.github.io``."""
    return bool(_list(False).privatesuffix(host) == host)


def key_of(host: str) -> str:
    """The name of the entry for X and www.X; a www directly below a public suffix is a domain of its own."""
    key = fold(host)
    return host if key != host and is_public_suffix(key) else key
