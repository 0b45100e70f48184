#!/usr/bin/python
# Copyright (c) 2026 the wpmultisite.runcloud authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: multisite_nudge
short_description: Let Ultimate Multisite check mapped domains again
version_added: 0.1.0
description:
  - Ultimate Multisite looks for DNS and a certificate of a mapped domain for some 25 minutes each. Then it gives up for good, and does not serve the domain
    when a certificate comes later. This module lets the plugin check such domains once more, as a person does who sets the stage back in the network admin.
  - It loads WordPress with all its plugins by the host's own PHP, and calls the plugin's own functions. The plugin decides by its own checks whether it serves
    the domain. No query of the database is made beside it, and WP-CLI is not needed.
  - Of each row it sets the stage back to C(checking-ssl-cert) or, from C(failed), to C(checking-dns), and puts the check into the plugin's queue. The WP-Cron
    of the network's main site works that queue off, usually within a minute.
  - A row that is gone, is for another domain, or has another stage than given is left alone, and so is one that has a check in the queue. A domain that is
    served is never touched.
  - A memory in O(state_dir), on the control node, keeps it to once per row and day, whatever came of it. What had to be left alone does not count.
  - No value of C(wp-config.php), nothing that a plugin prints and no message of the database is ever shown, because each may hold a secret.
requirements:
  - On the managed host, PHP 7.2 or newer for the command line with the extensions mysqli and tokenizer, and whatever the site's plugins need. Take the PHP that
    runs the site.
options:
  http_host:
    description:
      - The host name, with a port if need be, of the network's main site, as C(wp-config.php) and WordPress find it in C($_SERVER['HTTP_HOST']).
      - By default the constant C(DOMAIN_CURRENT_SITE).
    type: str
  mappings:
    description:
      - The rows to check again; the filter P(wpmultisite.runcloud.stuck_mappings#filter) makes such a list.
    type: list
    elements: dict
    required: true
    suboptions:
      id:
        description: The number of the row in the plugin's table, as RV(wpmultisite.runcloud.multisite_info#module:snapshot) has it.
        type: int
        required: true
      domain:
        description: The domain of the row, as stored.
        type: str
        required: true
      stage:
        description: The stage that the row was seen in. It is left alone when it has another one by now.
        type: str
        required: true
        choices: [ssl-failed, checking-ssl-cert, failed, checking-dns]
  state_dir:
    description:
      - The network's state directory on the control node, for the file C(nudges.json). The schema C(docs/schemas/nudges-1.json) of the collection describes it.
      - It must survive from one run to the next, or each run counts as the first of the day.
    type: str
    required: true
extends_documentation_fragment:
  - wpmultisite.runcloud.php
  - wpmultisite.runcloud.attributes
attributes:
  check_mode:
    support: full
    details:
      - WordPress is loaded in check mode, too.
  diff_mode:
    support: none
  idempotent:
    support: full
    details:
      - A second run finds the row in another stage, or its check in the queue, or the memory that it was asked for today.
notes:
  - Run it as the site's user. It refuses to run as root on a folder that belongs to somebody else.
  - It also runs an action plugin on the control node, which keeps the memory.
  - WordPress is loaded as C(wp-cron.php) loads it (C(DOING_CRON)).
seealso:
  - module: wpmultisite.runcloud.multisite_info
  - plugin: wpmultisite.runcloud.stuck_mappings
    plugin_type: filter
author:
  - wpmultisite.runcloud authors (@wpmultisite)
"""

EXAMPLES = r"""
- name: Read the domains of the network
  wpmultisite.runcloud.multisite_info:
    path: /home/network/webapps/app
  become: true
  become_user: network
  register: multisite

- name: Let the plugin check again what it gave up on and what has a certificate by now
  wpmultisite.runcloud.multisite_nudge:
    path: /home/network/webapps/app
    mappings: "{{ multisite.snapshot | wpmultisite.runcloud.stuck_mappings(['client-one.com', 'shop.client-two.com']) }}"
    state_dir: ~/.local/state/wpmultisite.runcloud/network.com
  become: true
  become_user: network

- name: Let it check one row again
  wpmultisite.runcloud.multisite_nudge:
    path: /home/network/webapps/app
    php_executable: /RunCloud/Packages/php83rc/bin/php
    mappings:
      - id: 7
        domain: client-one.com
        stage: ssl-failed
    state_dir: /var/lib/wpmultisite/network.com
  become: true
  become_user: network
"""

RETURN = r"""
mappings:
  description: One entry for each row of O(mappings), in that order.
  returned: when the options are right
  type: list
  elements: dict
  contains:
    id:
      description: The number of the row.
      type: int
    domain:
      description: The domain that was given.
      type: str
    stage:
      description: The stage that the row has now, in check mode the one that it would have. V(null) where nobody asked the plugin, or the row is gone.
      type: str
    state:
      description: V(requeued), V(skipped) or V(failed).
      type: str
    reason:
      description:
        - V(requeued); of a skipped row V(gone), V(renamed), V(moved) (it has another stage), V(queued) or V(asked) (within the last day).
        - Of a failed row V(refused), V(not_saved), V(not_queued), V(threw), V(stopped), V(not_tried) or V(unknown).
      type: str
    message:
      description: The same for a person.
      type: str
  sample:
    - id: 7
      domain: client-one.com
      stage: checking-ssl-cert
      state: requeued
      reason: requeued
      message: The plugin checks client-one.com again, in stage checking-ssl-cert.
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._nudge import ARGUMENTS, nudge, wrong_options


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    wrong = list(wrong_options(module.params))
    if wrong:
        module.fail_json(msg=" ".join(wrong))
    outcome = nudge(module.params, module.check_mode)
    changed = any(row["state"] == "requeued" for row in outcome.mappings)
    if outcome.fault is not None:
        module.fail_json(msg=outcome.fault, changed=changed, mappings=outcome.mappings)
    module.exit_json(changed=changed, mappings=outcome.mappings)


if __name__ == "__main__":
    main()
