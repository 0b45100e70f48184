#!/usr/bin/python
# Copyright (c) 2026 the wpmultisite.runcloud authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: wp_config_info
short_description: What a wp-config.php sets up, and what the database says of it
version_added: 0.1.0
description:
  - Runs C(wp-config.php) by the host's own PHP up to the line that loads WordPress, and asks the database which networks there are. WordPress and its plugins
    are not loaded, so it also works where they are broken, and on a WordPress that is not switched to multisite yet.
  - No secret is returned. Of the constants of the RunCloud integration only the names are told.
requirements:
  - On the managed host, PHP 7.2 or newer for the command line with the extensions mysqli and tokenizer.
options:
  http_host:
    description:
      - The host name, with a port if need be, as C(wp-config.php) finds it in C($_SERVER['HTTP_HOST']).
    type: str
extends_documentation_fragment:
  - wpmultisite.runcloud.php
  - wpmultisite.runcloud.attributes
  - wpmultisite.runcloud.attributes.info_module
notes:
  - Run it as the site's user.
seealso:
  - module: wpmultisite.runcloud.wp_config_constants
  - module: wpmultisite.runcloud.multisite_info
author:
  - wpmultisite.runcloud authors (@wpmultisite)
"""

EXAMPLES = r"""
- name: Is this WordPress a multisite, and what would its constants be
  wpmultisite.runcloud.wp_config_info:
    path: /home/network/webapps/app
  become: true
  become_user: network
  register: found
"""

RETURN = r"""
config:
  description: The path of C(wp-config.php), links followed.
  returned: success
  type: str
  sample: /home/network/webapps/app/wp-config.php
table_prefix:
  description: Of the tables of WordPress.
  returned: success
  type: str
  sample: wp_
constants:
  description: Those of C(WP_ALLOW_MULTISITE), C(MULTISITE), C(SUBDOMAIN_INSTALL), C(DOMAIN_CURRENT_SITE), C(PATH_CURRENT_SITE), C(SITE_ID_CURRENT_SITE),
    C(BLOG_ID_CURRENT_SITE), C(SUNRISE), C(COOKIE_DOMAIN), C(VHOST) and C(WP_ENVIRONMENT_TYPE) that are set, wherever that happened.
  returned: success
  type: dict
  sample: {MULTISITE: true, DOMAIN_CURRENT_SITE: network.com}
runcloud_constants:
  description: The names of those constants of the plugin's RunCloud integration that are set.
  returned: success
  type: list
  elements: str
  sample: [WU_RUNCLOUD_API_TOKEN]
networks:
  description: The networks in the database; none where the tables of a multisite are missing.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: The number of the network, for C(SITE_ID_CURRENT_SITE).
      type: int
    domain:
      description: For C(DOMAIN_CURRENT_SITE).
      type: str
    path:
      description: For C(PATH_CURRENT_SITE).
      type: str
    main_site:
      description: The number of its main site, for C(BLOG_ID_CURRENT_SITE). V(null) where no site has the network's domain and path.
      type: int
    subdomain_install:
      description: For C(SUBDOMAIN_INSTALL). V(null) where the database does not say it.
      type: bool
plugin:
  description: Ultimate Multisite as it lies on the disk, V(null) where it does not.
  returned: success
  type: dict
  sample: {folder: /home/network/webapps/app/wp-content/plugins/ultimate-multisite, version: 2.4.13, active: true,
    sunrise: {path: /home/network/webapps/app/wp-content/plugins/ultimate-multisite/sunrise.php, product: ultimate_multisite, version: 2.0.0.10}}
sunrise:
  description: C(sunrise.php) where WordPress looks for it. C(product) is V(ultimate_multisite), V(other), or V(null) where there is none.
  returned: success
  type: dict
  sample: {path: /home/network/webapps/app/wp-content/sunrise.php, product: ultimate_multisite, version: 2.0.0.10}
integration:
  description: The plugin's own RunCloud integration, whether it is switched on (V(null) where that is not known), and the names of credentials that the
    plugin keeps in the database.
  returned: success
  type: dict
  sample: {enabled: false, stored: []}
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._snapshot_php import OPTIONS, mistakes
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._snapshot_words import ReadFailed
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._wp_config_survey import survey


def main() -> None:
    module = AnsibleModule(
        argument_spec=OPTIONS,
        supports_check_mode=True,
    )
    wrong = list(mistakes(module.params))
    if wrong:
        module.fail_json(msg=" ".join(wrong))
    try:
        found = survey(module.params)
    except ReadFailed as error:
        module.fail_json(msg=str(error))
    module.exit_json(changed=False, **found)


if __name__ == "__main__":
    main()
