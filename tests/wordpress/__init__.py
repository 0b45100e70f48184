# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real WordPress multisite on a real, private MariaDB, for tests.

Load the fixtures with ``pytest_plugins = ["tests.wordpress.plugin"]`` in the outermost conftest; ``network`` is a subdomain
multisite and ``folder_network`` a subdirectory one, both as WordPress made them and reset for each test. What they can do
is told by :class:`tests.wordpress.network.Network`. Needs the Debian packages mariadb-server, php-cli, php-mysql and
php-xml; WordPress itself is taken from its Debian package, without installing it.
"""

from __future__ import annotations

from .mariadb import MariaDB
from .network import Network
from .packages import unpacked_wordpress

__all__ = ["MariaDB", "Network", "unpacked_wordpress"]
