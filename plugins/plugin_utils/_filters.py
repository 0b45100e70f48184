# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What makes a filter of a pure function."""

from __future__ import annotations

import functools
from typing import Any, Callable

from ansible.errors import AnsibleFilterError


def as_filter(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, whose ValueError becomes the error that Ansible shows, with the filter's name before it."""

    @functools.wraps(function)
    def call(*args: Any, **options: Any) -> Any:
        try:
            return function(*args, **options)
        except ValueError as exc:
            raise AnsibleFilterError("%s: %s" % (function.__name__, exc)) from exc

    return call
