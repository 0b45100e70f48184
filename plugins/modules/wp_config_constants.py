#!/usr/bin/python
# Copyright (c) 2026 the wpmultisite.runcloud authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: wp_config_constants
short_description: Set and remove constants in a wp-config.php
version_added: 0.1.0
description:
  - Sets and removes PHP constants in a C(wp-config.php). All that was asked for is done in one step, or nothing is.
  - It understands the file by PHP's own tokenizer on the host. The file is never run.
  - A constant that the file defines by a plain C(define) is changed where it stands; the line, its place and the comment on it stay. A plain one is a statement
    of its own at the top level, outside of any condition, loop and function, and with a literal name.
  - A new one becomes a line C(define( 'NAME', 'value' );) of its own, above the comment that holds the words C(stop editing), or above the statement that loads
    C(wp-settings.php). Ultimate Multisite's own writer recognises such lines; it may move them, and this module then changes nothing.
  - What cannot be changed safely is refused, with the line. That is a constant that is defined twice, inside a condition or a function, as in
    C(defined('X') || define('X', 1)), by C(const), or in an included file; C(define) with a variable for a name, or C(eval), unless the constant is as wanted
    already; and an included file whose path cannot be read, unless the constant is in the file itself. A C(const) that has the wanted value already is fine.
  - Before the file is replaced, C(php -l) checks the new text, and PHP's tokens of it must show exactly what was asked for. The new file takes the place of the
    old one in one step, and keeps owner, group and mode. A symbolic link stays one.
  - Of the file's own text nothing is ever shown but old values of the constants that change, and these only with C(--diff).
requirements:
  - On the managed host, PHP 7.2 or newer for the command line with the extension tokenizer. Take the PHP that runs the site.
options:
  path:
    description:
      - The absolute path of C(wp-config.php). A symbolic link is followed.
    type: path
    required: true
  php_executable:
    description:
      - Name or path of the PHP program for the command line.
    type: str
    default: php
  timeout:
    description:
      - How many seconds each call of PHP may take.
    type: int
    default: 60
  load_wordpress:
    description:
      - The absolute path of the WordPress folder. If given, WordPress is loaded with all its plugins, by the new file before it is put in its place, and once
        more afterwards. Where it does not load, or PHP does not have the constants as they were asked for, the old file stays or is put back, and the
        module fails.
      - Not for root where the folder belongs to somebody else.
    type: path
  http_host:
    description:
      - The host name with which WordPress is loaded. By default the constant C(DOMAIN_CURRENT_SITE).
    type: str
  constants:
    description:
      - Constants whose values may be seen in the output and in the diff.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: The name. Upper and lower case differ.
        type: str
        required: true
      value:
        description:
          - A text, a whole number, V(true), V(false) or V(null). The type counts, V('1') is not V(1).
          - A text must have no line break.
        type: raw
      expression:
        description:
          - An expression in PHP in the place of a value, on one line and without a comment. It is compared with what is there as it is spelt.
        type: str
      state:
        description: With V(present), exactly one of O(constants[].value) and O(constants[].expression) is needed, with V(absent) none.
        type: str
        choices: [present, absent]
        default: present
  secret_constants:
    description:
      - Constants whose values are never shown.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: The name. Upper and lower case differ.
        type: str
        required: true
      value:
        description:
          - A text of at least 8 characters, without a line break. Needed with O(secret_constants[].state=present).
          - A shorter one is refused, because Ansible masks a secret wherever it occurs.
        type: str
      state:
        description: Whether the constant shall be there.
        type: str
        choices: [present, absent]
        default: present
  backup:
    description:
      - Copy the file before it is changed, in the same folder, with its owner and mode, as C(wp-config-backup-<UTC time>.php). A web server executes a file of
        that name and never shows it.
    type: bool
    default: false
extends_documentation_fragment:
  - wpmultisite.runcloud.attributes
attributes:
  check_mode:
    support: full
    details:
      - The new text is checked by PHP in check mode, too.
  diff_mode:
    support: full
    details:
      - The diff holds a line for each constant that changes, and no other line of the file. In the place of a secret value, and of every old value but a
        number, V(true), V(false) or V(null), it says that it is not shown. A number is not shown either where the name looks secret (C(KEY), C(SECRET),
        C(TOKEN), C(PASS), C(SALT)).
  idempotent:
    support: full
notes:
  - Run it as the owner of the file or as root.
  - A PHP that keeps compiled files (OPcache) may need some seconds, or a reload, until it sees the new one.
seealso:
  - module: wpmultisite.runcloud.multisite_info
author:
  - wpmultisite.runcloud authors (@wpmultisite)
"""

EXAMPLES = r"""
- name: Switch multisite on
  wpmultisite.runcloud.wp_config_constants:
    path: /home/network/webapps/app/wp-config.php
    constants:
      - name: MULTISITE
        value: true
      - name: DOMAIN_CURRENT_SITE
        value: network.com
      - name: SITE_ID_CURRENT_SITE
        value: 1
      - name: WP_CONTENT_DIR
        expression: __DIR__ . '/content'
    backup: true
  become: true
  become_user: network

- name: Give the plugin its token, and take away what older versions of it needed
  wpmultisite.runcloud.wp_config_constants:
    path: /home/network/webapps/app/wp-config.php
    php_executable: /RunCloud/Packages/php83rc/bin/php
    secret_constants:
      - name: WU_RUNCLOUD_API_TOKEN
        value: "{{ runcloud_api_token }}"
      - name: WU_RUNCLOUD_API_SECRET
        state: absent
  become: true
  become_user: network
"""

RETURN = r"""
path_real:
  description: The path of the file behind all symbolic links.
  returned: success
  type: str
  sample: /home/network/webapps/app/wp-config.php
constants:
  description: One entry for each of O(constants), then one for each of O(secret_constants), in that order.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: The name.
      type: str
    state:
      description: V(added), V(changed), V(removed), V(unchanged), or V(absent) where it was not there and shall not be. In check mode, what would be done.
      type: str
    line:
      description: The line that it has now; of one that was removed, the line that it had; V(null) of one that is absent.
      type: int
  sample:
    - name: MULTISITE
      state: added
      line: 14
backup_file:
  description: The path of the copy.
  returned: when O(backup) is set and the file was changed
  type: str
  sample: /home/network/webapps/app/wp-config-backup-20260711T201501.123456Z.php
refused:
  description: The constants that cannot be changed safely. The message says the same.
  returned: when there are any; then nothing was written
  type: list
  elements: dict
  contains:
    name:
      description: The name.
      type: str
    line:
      description: The line that is the reason, of the file or, where RV(refused[].reason) says so, of an included one. V(null) if there is none.
      type: int
    reason:
      description: Why, and what to do.
      type: str
"""

import copy
import json
from typing import Any, NoReturn

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._snapshot_words import SHORTEST_SECRET
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._wp_config import ConfigFailed, converge
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._wp_config_input import (
    astray,
    constants,
    secrets,
    twice,
)

_STATE = {"type": "str", "choices": ["present", "absent"], "default": "present"}
_NAME = {"type": "str", "required": True}


_NOT_SHOWN = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"


class _Module(AnsibleModule):
    """``given``: the options as they came. The checked ones do not tell a value that is null from none."""

    given: dict[str, Any]
    checked = False

    def _load_params(self) -> None:
        super()._load_params()  # type: ignore[no-untyped-call]
        self.given = copy.deepcopy(self.params)

    def fail_json(self, msg: str, **kwargs: Any) -> NoReturn:
        # Ansible's own message about options that it refuses comes with all of them, and knows no secret in a place where none belongs.
        if not self.checked:
            self.params["secret_constants"] = _NOT_SHOWN
        for text in astray(self.given):
            if len(text) >= SHORTEST_SECRET:
                # As it is, and as a message quotes it.
                self.no_log_values |= {text, repr(text)[1:-1], json.dumps(text)[1:-1]}
        super().fail_json(msg, **kwargs)

    def _log_invocation(self) -> None:
        # The system's log would get the secrets in Python's spelling, in which Ansible does not recognise one with a quote or a backslash.
        return


def mask(module: AnsibleModule) -> None:
    """Keep the secrets out of the output, without letting Ansible mask a refused short text everywhere."""
    for value in [value for value in module.no_log_values if len(value) < SHORTEST_SECRET]:
        module.no_log_values.discard(value)
    for row in module.params["secret_constants"]:
        if row["value"] is not None:
            row["value"] = _NOT_SHOWN


def entries(given: Any) -> list[Any]:
    """The entries of an option as they came, if they came as a list."""
    return given if isinstance(given, list) else []


def main() -> None:
    module = _Module(  # type: ignore[no-untyped-call]
        argument_spec={
            "path": {"type": "path", "required": True},
            "php_executable": {"type": "str", "default": "php"},
            "timeout": {"type": "int", "default": 60},
            "load_wordpress": {"type": "path"},
            "http_host": {"type": "str"},
            "constants": {
                "type": "list",
                "elements": "dict",
                "default": [],
                "options": {"name": _NAME, "value": {"type": "raw"}, "expression": {"type": "str"}, "state": _STATE},
            },
            "secret_constants": {
                "type": "list",
                "elements": "dict",
                "default": [],
                "no_log": False,
                "options": {"name": _NAME, "value": {"type": "str", "no_log": True}, "state": _STATE},
            },
            "backup": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    module.checked = True
    params = module.params
    shown, faults = constants(params["constants"], entries(module.given.get("constants")))
    hidden, more = secrets(params["secret_constants"], entries(module.given.get("secret_constants")))
    mask(module)
    faults += [*more, *twice([*shown, *hidden])]
    if not params["path"].startswith("/") or "\0" in params["path"]:
        faults.append(f"path is {params['path']!r}, but must be the absolute path of a file.")
    if params["timeout"] < 1:
        faults.append("timeout must be at least 1 second.")
    if faults:
        module.fail_json(msg=" ".join(faults))
    try:
        outcome = converge(module, [*shown, *hidden])
    except ConfigFailed as error:
        more_told: dict[str, Any] = {} if error.refused is None else {"refused": error.refused}
        module.fail_json(msg=str(error), **more_told)
    result: dict[str, Any] = {"changed": outcome.changed, "path_real": outcome.real, "constants": outcome.rows}
    if outcome.backup_file is not None:
        result["backup_file"] = outcome.backup_file
    if module._diff:
        headers = dict.fromkeys(("before_header", "after_header"), outcome.real)
        result["diff"] = {"before": outcome.before, "after": outcome.after, **headers}
    module.exit_json(**result)


if __name__ == "__main__":
    main()
