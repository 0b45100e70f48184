#!/usr/bin/python
# Copyright (c) 2026 the wpmultisite.runcloud authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: multisite_integration
short_description: Switch the RunCloud integration of Ultimate Multisite on or off
version_added: 0.1.0
description:
  - Ultimate Multisite can push each new domain to RunCloud by itself. This module sets that integration's own flag, as the plugin's network admin does.
  - It loads WordPress with all its plugins by the host's own PHP, and calls C(update_network_option()); no query of the database is made beside it, and WP-CLI
    is not needed. Flags of the plugin's other integrations stay as they are.
  - Its credentials are constants of C(wp-config.php), which the module M(wpmultisite.runcloud.wp_config_constants) sets.
requirements:
  - On the managed host, PHP 7.2 or newer for the command line with the extensions mysqli and tokenizer, and whatever the site's plugins need. Take the PHP that
    runs the site.
options:
  enabled:
    description: Whether the plugin pushes domains to RunCloud.
    type: bool
    required: true
  http_host:
    description:
      - The host name, with a port if need be, as C(wp-config.php) finds it in C($_SERVER['HTTP_HOST']).
      - By default the constant C(DOMAIN_CURRENT_SITE).
    type: str
extends_documentation_fragment:
  - wpmultisite.runcloud.php
  - wpmultisite.runcloud.attributes
attributes:
  check_mode:
    support: full
    details:
      - WordPress is loaded in check mode, too.
  diff_mode:
    support: full
  idempotent:
    support: full
notes:
  - Run it as the site's user. It refuses to run as root on a folder that belongs to somebody else.
  - WordPress is loaded as C(wp-cron.php) loads it (C(DOING_CRON)).
seealso:
  - module: wpmultisite.runcloud.wp_config_info
author:
  - wpmultisite.runcloud authors (@wpmultisite)
"""

EXAMPLES = r"""
- name: Let nobody but this collection write to RunCloud
  wpmultisite.runcloud.multisite_integration:
    path: /home/network/webapps/app
    enabled: false
  become: true
  become_user: network
"""

RETURN = r"""
enabled:
  description: The flag after the task, in check mode as it would be.
  returned: success
  type: bool
  sample: false
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._integration_program import PROGRAM
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._snapshot_php import OPTIONS, mistakes
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._snapshot_words import ReadFailed
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._wordpress import run

# Code of the program: what failed, and what to do next.
_WORDS = {
    "flag_unreadable": (
        "the network option wu_host_integrations_enabled is no list of integrations",
        "Save the plugin's settings of hosting integrations once in the network admin.",
    ),
    "flag_not_kept": (
        "WordPress did not keep the flag",
        "Another plugin filters the network option wu_host_integrations_enabled: look for it.",
    ),
    "stopped": ("PHP ended while the flag was set{place}", "Look there, or into PHP's log."),
}


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "enabled": {"type": "bool", "required": True},
            **OPTIONS,
        },
        supports_check_mode=True,
    )
    params = module.params
    wrong = list(mistakes(params))
    if wrong:
        module.fail_json(msg=" ".join(wrong))
    enabled = params["enabled"]
    try:
        before = run(PROGRAM, params, {"enabled": enabled, "check": module.check_mode}, _WORDS)["before"]
    except ReadFailed as error:
        module.fail_json(msg=f"Cannot switch the RunCloud integration of the multisite in {params['path']}: {error}")
    result = {"changed": before is not enabled, "enabled": enabled}
    if module._diff:
        result["diff"] = {"before": _told(before), "after": _told(enabled)}
    module.exit_json(**result)


def _told(enabled: bool) -> str:
    return f"RunCloud integration of the plugin: {'on' if enabled else 'off'}\n"


if __name__ == "__main__":
    main()
