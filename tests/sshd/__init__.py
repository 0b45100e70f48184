# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real web host for tests: an SSH server on loopback that lets in one system user, made for it and gone after it.

Load the fixtures with the plugin ``tests.sshd.plugin``: ``sshd`` is one server for the whole run. Needs root, because only root makes users, and the Debian
package openssh-server.
"""

from __future__ import annotations

from .server import Sshd
from .site import give_site

__all__ = ["Sshd", "give_site"]
