# Copyright (c) 2026 the wpmultisite.runcloud authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: desired_domains
author: wpmultisite.runcloud authors (@wpmultisite)
version_added: 0.1.0
short_description: What a WordPress multisite wants of each host name
description:
  - Takes a snapshot of the multisite and says which names have to be served, which stay as they are, and which cannot be used, each with its reason.
  - It asks neither RunCloud nor DNS. The same snapshot and options always give the same result.
  - Data never makes it fail. What forbids any change is listed in RV(ignore:refused), which M(wpmultisite.runcloud.runcloud_domains) then refuses.
positional: _input
requirements:
  - idna
  - publicsuffixlist
options:
  _input:
    description: The RV(wpmultisite.runcloud.multisite_info#module:snapshot).
    type: dict
    required: true
  environment:
    description:
      - What kind of environment the multisite is. It stands in for what the source does not know, and is refused where WordPress says otherwise.
      - Where the source knows neither V(WP_ENVIRONMENT_TYPE) nor V(DOMAIN_CURRENT_SITE), a staging copy, whose database still lists the production
        domains, cannot be told from the site. Then nothing may be changed until V(production) is given here.
    type: str
    choices: [production, staging, development, local]
  rewrite:
    description:
      - What production names are called on a staging clone. With it a clone is resolved instead of refused, and the production site is refused.
      - As with C(WP_ULTIMO_RUNTIME_URL_MAP) of Ultimate Multisite, each entry takes its name and everything below it, with all labels in front, and the
        longest name wins. What lies below a C(to) already stays as it is.
      - A host that no entry reaches is not wanted. It is listed in RV(ignore:unwanted), and so are all production names that nobody thought of.
      - O(extra_domains) are not rewritten. O(exclude) and O(deny) hold the rewritten names.
    type: list
    elements: dict
    default: []
    suboptions:
      from:
        description: The production name.
        type: str
        required: true
      to:
        description: The staging name.
        type: str
        required: true
  networks_in_scope:
    description:
      - Ids or domains of the networks that the list is about, where one database holds several. Empty means all.
      - The names of the others are neither added nor removed.
    type: list
    elements: raw
    default: []
  stage_policy:
    description:
      - What becomes of a mapping in a stage of the plugin, as a dict of stages. Only what is to be otherwise has to stand in it.
      - Stages are C(checking-dns), C(checking-ssl-cert), C(done), C(done-without-ssl), C(failed), C(ssl-failed), C(inactive) for a mapping that is
        switched off, and C(unknown) for any other stage.
      - V(ensure) wants the name. V(ready) wants it as soon as its DNS points here. V(keep) neither adds nor removes it. V(drop) does not want it.
      - Left out, C(failed) is V(ready), C(inactive) is V(drop), C(unknown) is V(keep) and all others are V(ensure). C(inactive) can only be V(keep) or
        V(drop). An empty stage is served by the plugin and always wanted.
    type: dict
    default: {}
  inactive_site_policy:
    description:
      - What becomes of the names of sites that are archived, deleted, not activated or spam.
      - V(keep) neither adds nor removes them. V(remove) does not want them.
    type: str
    choices: [keep, remove]
    default: keep
  www_policy:
    description:
      - V(keep) gives a new record www only if the multisite holds the name with C(www.) too, and leaves existing records alone.
      - V(always) wants www for every name. V(main_only) wants it for names directly below a public suffix, such as C(client.co.uk).
        V(setting) does what C(auto_create_www_subdomain) of Ultimate Multisite says, and is V(keep) where the source does not know it.
      - None of them wants www for sub-sites below the network's domain, for names that a wanted wildcard covers, or for kept names.
      - V(never) gives no new record www; an existing www is reported, not switched off.
    type: str
    choices: [keep, setting, always, main_only, never]
    default: keep
  www_dns_check:
    description:
      - Let www wait until C(www.) of the name resolves to the server. What decides is the option O(wpmultisite.runcloud.runcloud_domains#module:dns);
        without it nothing waits.
      - V(false) wants it at once.
    type: bool
    default: true
  redirection_policy:
    description:
      - V(keep) gives a new record V(none), because WordPress redirects by itself, and leaves existing records alone.
      - V(none) wants none. V(canonical) wants the panel to redirect to the spelling that WordPress redirects to.
    type: str
    choices: [keep, none, canonical]
    default: keep
  extra_domains:
    description:
      - Names that are wanted although the multisite does not know them. Each is a name, or a dict with C(name) and C(www).
      - Only here a wildcard such as V(*.network.com) may stand.
    type: list
    elements: raw
    default: []
  exclude:
    description:
      - Names that are neither added, changed nor removed, whatever the multisite says. The network's own domain cannot be excluded.
      - A name, V(.suffix) or V(*.suffix) for every name below it, or V(/regular expression/).
    type: list
    elements: str
    default: []
  deny:
    description:
      - Names that no site and no customer may ever get, each with everything below it. They are rejected.
      - The forms of O(exclude) are possible too.
    type: list
    elements: str
    default: []
  allow_reserved_tlds:
    description: Accept names below C(.test), C(.example), C(.local), C(.localhost), C(.invalid), C(.internal) and C(.onion).
    type: bool
    default: false
seealso:
  - module: wpmultisite.runcloud.multisite_info
  - module: wpmultisite.runcloud.domain_dns_info
  - module: wpmultisite.runcloud.runcloud_domains
  - plugin: wpmultisite.runcloud.explain
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Which names the multisite wants
  ansible.builtin.debug:
    msg: "{{ (snapshot | wpmultisite.runcloud.desired_domains(exclude=['.agency.com'])).domains | map(attribute='name') }}"
  vars:
    snapshot:
      format: wpmultisite.snapshot/1
      source: file
      wordpress: {version: 6.8.7, subdomain_install: true, domain_current_site: network.com, environment_type: production, runtime_url: false,
                  root: null, root_real: null}
      mapping_plugin: {name: ultimate_multisite, version: 2.4.13, schema: null, unread_rows: 0}
      settings: {enable_domain_mapping: true, auto_create_www_subdomain: always, runcloud_integration: {enabled: false, configured: false}}
      networks:
        - {id: 1, domain: network.com, path: /}
      blogs:
        - {id: 1, network_id: 1, domain: network.com, path: /, public: 1, archived: 0, mature: 0, spam: 0, deleted: 0}
      mappings: []
      counts: {networks: 1, blogs: 1, mappings: 0}
"""

RETURN = r"""
_value:
  description:
    - The desired document, in the format C(wpmultisite.desired/1) of C(docs/schemas/desired-1.json).
    - C(domains) is what O(wpmultisite.runcloud.runcloud_domains#module:domains) takes.
    - C(hosts_to_check) is what O(wpmultisite.runcloud.domain_dns_info#module:names) takes.
    - C(two_writers) says that the RunCloud integration of Ultimate Multisite is on, for O(wpmultisite.runcloud.runcloud_domains#module:two_writers).
    - C(rejected), C(ignored), C(unwanted) and C(warnings) are for a person.
    - C(refused) is not empty when nothing may be changed.
  type: dict
"""

from typing import Any, Callable

from ansible.errors import AnsibleFilterError
from ansible.module_utils.parsing.convert_bool import boolean
from ansible_collections.wpmultisite.runcloud.plugins.plugin_utils._desired import resolve
from ansible_collections.wpmultisite.runcloud.plugins.plugin_utils._policy import Policy


def desired_domains(snapshot: Any, **options: Any) -> dict[str, Any]:
    """The desired document of a snapshot; see DOCUMENTATION."""
    try:
        for name in ("www_dns_check", "allow_reserved_tlds"):
            # From the command line (-e name=false) every value is text.
            if isinstance(options.get(name), str):
                options[name] = boolean(options[name])
        return resolve(snapshot, Policy(**options))
    except ImportError as exc:
        raise AnsibleFilterError(
            "desired_domains needs the Python libraries idna and publicsuffixlist on the control node: %s" % exc
        ) from exc
    except (TypeError, ValueError) as exc:
        raise AnsibleFilterError("desired_domains: %s" % exc) from exc


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Name → function."""
        return {"desired_domains": desired_domains}
