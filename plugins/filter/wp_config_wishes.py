# Copyright (c) 2026 the wpmultisite.runcloud authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: wp_config_wishes
author: wpmultisite.runcloud authors (@wpmultisite)
version_added: 0.1.0
short_description: Which constants a multisite's wp-config.php should get
description:
  - Decides from what M(wpmultisite.runcloud.wp_config_info) found which constants are missing, and what speaks against them. No secret goes in or comes out.
positional: _input, integration
options:
  _input:
    description: The registered result of M(wpmultisite.runcloud.wp_config_info).
    type: dict
    required: true
  integration:
    description: Whether the plugin itself writes to RunCloud.
    type: str
    choices: [enabled, disabled]
    required: true
  multisite:
    description: Whether the constants of the multisite are wanted.
    type: bool
    default: true
  sunrise:
    description: Whether C(SUNRISE) and its file are.
    type: bool
    default: true
  domain:
    description: C(DOMAIN_CURRENT_SITE), where the database has several networks.
    type: str
  path:
    description: C(PATH_CURRENT_SITE), where it has several of that domain.
    type: str
  subdomain_install:
    description: C(SUBDOMAIN_INSTALL), where the database does not say it.
    type: bool
  server_id:
    description: Number of the server in RunCloud.
    type: int
  webapp_id:
    description: Number of the web app in RunCloud.
    type: int
  credentials:
    description: Names of the constants for which there is a value.
    type: list
    elements: str
    default: []
  remove_unused:
    description: Whether constants of an integration that is disabled are removed.
    type: bool
    default: false
  constants:
    description: Further constants, as in M(wpmultisite.runcloud.wp_config_constants).
    type: list
    elements: dict
    default: []
seealso:
  - module: wpmultisite.runcloud.wp_config_info
  - module: wpmultisite.runcloud.wp_config_constants
"""

EXAMPLES = r"""
- name: Which constants are missing
  ansible.builtin.debug:
    msg: "{{ survey | wpmultisite.runcloud.wp_config_wishes('disabled') }}"
  vars:
    survey:
      table_prefix: wp_
      constants: {MULTISITE: true, SUBDOMAIN_INSTALL: true, DOMAIN_CURRENT_SITE: network.com, PATH_CURRENT_SITE: /}
      runcloud_constants: [WU_RUNCLOUD_API_TOKEN]
      networks: [{id: 1, domain: network.com, path: /, main_site: 1, subdomain_install: true}]
      plugin:
      sunrise: {path: /home/network/webapps/app/wp-content/sunrise.php, product: ultimate_multisite, version: 2.0.0.10}
      integration: {enabled: false, stored: []}
"""

RETURN = r"""
_value:
  description:
    - C(constants) and C(secrets) (rows with name and state), C(copy_sunrise), C(switch) (V(on), V(off) or V(null), of the plugin's own flag), C(network)
      (its domain), C(wrong) (why nothing may be changed) and C(notes).
  type: dict
"""

from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.wpmultisite.runcloud.plugins.plugin_utils._wp_config_wishes import Asked, wishes


def wp_config_wishes(found: Mapping[str, Any], integration: str, **asked: Any) -> dict[str, Any]:
    """See DOCUMENTATION."""
    return wishes(found, Asked(integration, **asked))


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Name → function."""
        return {"wp_config_wishes": wp_config_wishes}
