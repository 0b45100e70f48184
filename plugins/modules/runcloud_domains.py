#!/usr/bin/python
# Copyright (c) 2026 the wpmultisite.runcloud authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: runcloud_domains
short_description: Makes the domains of a RunCloud web app match a list
version_added: 0.1.0
description:
  - Compares the whole list with the web app's records in one pass, checks its guards, then adds, updates and (only if asked) removes.
  - When everything is in sync it costs the pages of one listing and nothing else.
  - One name that fails does not stop the others. The task fails at the end and names each.
  - A record C(www.X) and a record C(X) belong together. A record C(www.X) serves the www of C(X), so C(X) is then added without www, and C(www.X) is
    never removed unless the record C(X) itself has its www flag on.
author: wpmultisite.runcloud authors (@wpmultisite)
extends_documentation_fragment:
  - wpmultisite.runcloud.api
  - wpmultisite.runcloud.api.connection
  - wpmultisite.runcloud.api.webapp
  - wpmultisite.runcloud.api.lock
  - wpmultisite.runcloud.attributes
  - wpmultisite.runcloud.attributes.actiongroup_runcloud
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  network:
    description:
      - The host name by which the web app is recognised, the network's own domain.
      - Nothing is written to a web app that does not serve it (with or without C(www.)), unless O(first_converge=true).
      - Required unless O(restore) is given, which says it itself.
    type: str
  domains:
    description:
      - The names that are wanted. The output RV(wpmultisite.runcloud.runcloud_domain_info#module:domains) is accepted as it is.
      - Each name stands once. An empty list is refused.
      - Required unless O(restore) is given.
    type: list
    elements: dict
    suboptions:
      name:
        description: Host name. It is brought to lower case and to its ASCII form.
        type: str
        required: true
      class:
        description:
          - V(ensure) means it must be there. V(keep) means it is neither added nor removed.
          - V(protected) means it must be there, is never removed and its type is never changed.
        type: str
        choices: [ensure, keep, protected]
        default: ensure
      type:
        description:
          - V(keep) leaves the type of an existing record alone and adds a new one as alias.
          - The list never touches the primary (an override can change its www and redirection), and never turns a redirect record into an alias.
          - V(unknown) is what older servers give, and is taken for V(keep).
        type: str
        choices: [keep, alias, redirect, primary, unknown]
        default: keep
      www:
        description:
          - Whether RunCloud serves C(www.) of the name as well.
          - V(keep) leaves an existing record alone; a new one gets www as O(domains[].forms) says.
          - V(avoid) gives a new record none, and reports an existing one without switching it off.
        type: str
        choices: [keep, avoid, 'true', 'false']
        default: keep
      redirection:
        description:
          - Redirection between the name and its C(www.).
          - V(keep) leaves an existing record alone and gives a new one V(none).
        type: str
        choices: [keep, none, www, non-www]
        default: keep
      forms:
        description:
          - Which spellings the source holds. With V(www) a record named C(www.X) is enough.
        type: str
        choices: [naked, www, both]
        default: naked
      needs_dns:
        description:
          - With O(domains[].class=keep), the name is wanted as soon as O(dns) calls it ready.
          - Until then one that is not on the web app is listed as waiting, and one that is there is left alone.
        type: bool
        default: false
      www_needs_dns:
        description:
          - Switch the www on only when O(dns) calls C(www.) of the name ready. Until then it is listed as waiting, and no redirection to it is set.
          - A www that is on is never switched off. Without O(dns) nothing is asked.
        type: bool
        default: false
      rule:
        description: Why the name is wanted; given back as the reason.
        type: str
        default: asked for
      covered_by:
        description: Accepted from the filter P(wpmultisite.runcloud.desired_domains#filter) and ignored; the web app's own records decide.
        type: str
      certificate:
        description: Accepted from the filter P(wpmultisite.runcloud.desired_domains#filter) and ignored.
        type: bool
      certificate_reason:
        description: Accepted from the filter P(wpmultisite.runcloud.desired_domains#filter) and ignored.
        type: str
      from:
        description: Accepted from the filter P(wpmultisite.runcloud.desired_domains#filter) and ignored.
        type: list
        elements: dict
      id:
        description: Accepted from RV(wpmultisite.runcloud.runcloud_domain_info#module:domains) and ignored.
        type: int
      wildcard:
        description: Accepted from RV(wpmultisite.runcloud.runcloud_domain_info#module:domains) and ignored.
        type: bool
      dns_integration:
        description: Accepted from RV(wpmultisite.runcloud.runcloud_domain_info#module:domains) and ignored.
        type: str
      status:
        description: Accepted from RV(wpmultisite.runcloud.runcloud_domain_info#module:domains) and ignored.
        type: str
      created_at:
        description: Accepted from RV(wpmultisite.runcloud.runcloud_domain_info#module:domains) and ignored.
        type: str
  dns:
    description:
      - What DNS says of the names, as RV(wpmultisite.runcloud.domain_dns_info#module:dns) holds it. Without it no name waits for its DNS.
      - A host that it does not hold, one whose name servers gave no usable answer, and every host of facts that are not valid is not known. Such a name is
        not ready, and nothing else follows from it.
      - No record is ever removed, and no www switched off, because of DNS.
    type: dict
  add_when:
    description:
      - When a name that is not on the web app is added. It needs O(dns), except V(row).
      - V(row) means at once. V(ready) means when its DNS reaches the server; until then it is listed as waiting.
      - V(auto) means at once, unless the name is not ready and would spoil a certificate, because the web app has one for all its names (Basic SSL) or
        orders them by itself (AutoSSL). To know that costs one call, made only when a name that is not ready would be added. Where the answer is
        refused, it waits. Without O(dns) it is V(row).
      - O(network) itself, wildcards and the names that a wildcard covers wait for nothing.
      - Of a source that holds C(www.X) alone (O(domains[].forms=www)) it is C(www.X) that has to be ready. If C(X) then leads elsewhere, the record is
        named C(www.X).
    type: str
    choices: [auto, row, ready]
    default: auto
  two_writers:
    description:
      - The multisite's plugin writes to this web app, too. Then names are only added. What differs is shown, and O(purge) has no effect.
    type: bool
    default: false
  restore:
    description:
      - A backup that an earlier run stored in O(state_dir), instead of O(domains). It must be of this web app, and of O(network) if that is given.
      - Names that are gone are added again and flags are reset, whoever owns the record. Nothing is removed, and the primary stays the primary.
      - What is added does not become ours, unless it was. Of the rows only the name, type, www and redirection are used; the other fields are ignored.
      - The names that O(keep) and O(overrides) leave alone, O(only) and the limits count as in every run.
    type: path
  state_dir:
    description:
      - The folder on the control node in which the memory of this network lies, its ledger and its backups. An absolute path, one for each network.
      - Without it nothing is remembered, so nothing is owned, and no backup is stored.
    type: path
  ownership:
    description:
      - V(all) means every record may be updated, and with O(purge) removed.
      - V(ledger) means only the records that the ledger in O(state_dir) knows as added or adopted by us. What differs elsewhere is shown.
      - V(none) means names are only added. What differs is shown.
    type: str
    choices: [all, ledger, none]
    default: all
  repair:
    description: Whether a record of ours that a person has changed since is put back. If not, it is shown.
    type: bool
    default: true
  assume_domains:
    description:
      - In check mode, or with O(paused), the records to start from in the place of a listing, as RV(domains) of a call before this one gives them.
      - So two calls say what two runs would do one after the other.
    type: list
    elements: dict
    default: []
  adopt:
    description:
      - Take over the records that the web app has and O(domains) wants, as they are. Writes the ledger and nothing else.
      - Names that the ledger of another network beside O(state_dir) holds for the same web app are refused.
    type: bool
    default: false
  backup:
    description: Before the first write, store the web app's listing in O(state_dir). The last 20 are kept.
    type: bool
    default: true
  listing_out:
    description:
      - Save the web app's listing in this file on the control node as soon as it is read, in check mode, too. An absolute path; its folder has to be there.
      - The format is C(wpmultisite.listing/1), that of a backup. The file is written whole or not at all, and only its owner may read it. It holds no secret.
      - Not with O(restore) or O(adopt).
    type: path
  listing_in:
    description:
      - In check mode, start from this saved listing and do not ask RunCloud, a file that a run with O(listing_out) wrote. An absolute path.
      - So a plan can be made where nobody has credentials, such as for a pull request. None are needed, no call is made, and a note says when the listing
        was taken. Whether the server is online and holds WordPress, and how certificates are kept, is not known then.
      - A listing of another network or web app is refused. Not with O(listing_out), O(restore) or O(adopt).
    type: path
  plan_out:
    description:
      - Save the plan of this run in this file on the control node, in check mode, too. An absolute path; its folder has to be there.
      - The format is C(wpmultisite.plan/1). The file is written whole or not at all, and only its owner may read it.
      - A file that is there is replaced only if it is an older plan of the same network and web app. Where a guard stops the run no plan is saved.
      - Not with O(restore) or O(adopt).
    type: path
  plan_in:
    description:
      - Do nothing but what this saved plan holds, a file that a run with O(plan_out) wrote. An absolute path.
      - The run makes its own plan as always, with all guards, and carries out what both hold with the same flags before and after.
      - A plan that was edited or is damaged, that is of another network or web app, or too old, is refused. Its digest is a guard against mistakes and no
        signature, so keep it where only those who may approve can write.
      - Removals need O(purge) as always. With O(only), what the plan holds of other names is not looked at.
      - Not with O(plan_out), O(restore) or O(adopt).
    type: path
  plan_max_age:
    description: The age in seconds up to which O(plan_in) is taken. At most ten years.
    type: int
    default: 86400
  planned_before:
    description:
      - The actions that a call before this one of the same run has saved in the same O(plan_out), as its RV(planned) gives them. They are written again, so
        that two calls end in one file.
    type: list
    elements: dict
    default: []
  paused:
    description: Hold the whole network. The plan is shown, nothing is written to RunCloud, and the run counts for no absence.
    type: dict
    suboptions:
      reason:
        description: Why.
        type: str
        required: true
      since:
        description: Since when, a date such as V(2026-11-20).
        type: str
        required: true
  purge:
    description:
      - Remove aliases that nothing wants, those that O(ownership) allows.
      - The primary, redirect records, wildcards and what they cover, and the names of O(keep) and O(protected) stay.
    type: bool
    default: false
  purge_refused:
    description: Reasons why the source must not be purged by, as the filter P(wpmultisite.runcloud.desired_domains#filter) gives them.
    type: list
    elements: str
    default: []
  grace_period:
    description:
      - Seconds since the first run that found an owned name missing from the source, before it may be removed. At most ten years.
      - Without a ledger that survived, O(purge) needs V(0) here and V(1) in O(min_absences).
    type: float
    default: 86400.0
  min_absences:
    description:
      - In how many converging runs, this one included, an owned name must have been missing from the source before it may be removed.
      - Runs in check mode, paused, stopped or narrowed by O(only) are not remembered as such.
    type: int
    default: 2
  keep:
    description:
      - Names that are neither added, changed nor removed.
      - A name, V(.suffix) or V(*.suffix) for every name below it, or V(/regular expression/).
      - A name (no pattern) that neither the source nor the web app holds may be misspelt, and is noted; so are those of O(protected).
    type: list
    elements: str
    default: []
  known:
    description: Names that the source holds besides O(domains), such as excluded ones. Nothing follows but that O(keep) and O(protected) may name them.
    type: list
    elements: str
    default: []
  protected:
    description: Names that are never removed and whose type is never changed, with and without C(www.).
    type: list
    elements: str
    default: []
  overrides:
    description: A person's word about single names; it beats O(domains).
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: The name, with or without C(www.).
        type: str
        required: true
      www:
        description: Switch www on or off.
        type: bool
      redirection:
        description: The redirection to set.
        type: str
        choices: [none, www, non-www]
      ignore:
        description: Neither add, change nor remove the name.
        type: bool
        default: false
      ssl_policy:
        description: For M(wpmultisite.runcloud.runcloud_certificates), which takes the same list; ignored here.
        type: str
      reason:
        description: Why; it is shown in the result.
        type: str
        default: ''
      until:
        description:
          - Until when reports hold what is said of the name for acknowledged, a date (that day included) or an ISO time, in UTC unless it says its zone.
          - It needs C(reason). Afterwards the override does what it did, and P(wpmultisite.runcloud.network_report#filter) asks for a person again.
        type: str
  only:
    description: Narrow the run to these names, with and without C(www.); a removal takes exactly the names given. Everything else is left alone.
    type: list
    elements: str
  refused:
    description: Reasons why nothing may be changed, as the filter P(wpmultisite.runcloud.desired_domains#filter) gives them.
    type: list
    elements: str
    default: []
  roots:
    description:
      - WordPress' folder on the web host, as given and with symbolic links resolved.
      - One of them has to be the web app's folder or lie below it.
    type: list
    elements: str
    default: []
  first_converge:
    description:
      - The web app is new and may not serve O(network) yet. It is then added first, and O(max_adds) does not count.
      - Has no effect, and a note says so, when the web app already serves another name of O(domains).
    type: bool
    default: false
  subdomain_install:
    description: Whether the network's sub-sites live on subdomains of O(network).
    type: bool
    default: false
  subdomain_sites:
    description:
      - What to do with sub-sites directly below O(network). If not set, those that a wildcard on the web app covers need no record, the others get one.
      - With more than 20 sub-sites and no wildcard to be seen it must be set before any of them is added.
      - V(wildcard) means a wildcard exists that the API does not show. V(individual) means a record for each. V(ignore) means they are neither added nor
        removed.
    type: str
    choices: [wildcard, individual, ignore]
  max_adds:
    description: Above this number of additions nothing at all is written.
    type: int
    default: 50
  max_updates:
    description: Above this number of updates nothing at all is written.
    type: int
    default: 10
  max_removals:
    description: Above this number of removals nothing at all is written.
    type: int
    default: 5
  max_removals_percent:
    description: Above this share of the web app's aliases (rounded up, at least 2) nothing at all is written.
    type: int
    default: 10
seealso:
  - module: wpmultisite.runcloud.runcloud_domain
  - module: wpmultisite.runcloud.runcloud_domain_info
  - plugin: wpmultisite.runcloud.desired_domains
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Every customer domain is on the web app
  wpmultisite.runcloud.runcloud_domains:
    api_token: "{{ runcloud_api_token }}"
    server_id: 1903
    webapp_id: 646
    network: network.com
    domains:
      - name: network.com
        class: protected
      - name: client-one.com
        www: 'true'
      - name: client-two.com
  delegate_to: localhost

- name: Add the names whose DNS is ready, and list which record the others need
  wpmultisite.runcloud.runcloud_domains:
    api_token: "{{ runcloud_api_token }}"
    server_id: 1903
    webapp_id: 646
    network: network.com
    domains:
      - name: network.com
        class: protected
      - name: client-one.com
        www: 'true'
        www_needs_dns: true
      - name: client-three.com
    add_when: ready
    # As domain_dns_info returned it.
    dns:
      format: wpmultisite.dns/1
      valid: true
      hosts:
        - {name: client-one.com, state: ready, ready: true, message: client-one.com points here., record: null}
        - {name: www.client-one.com, state: ready, ready: true, message: www.client-one.com points here., record: null}
        - name: client-three.com
          state: nxdomain
          ready: false
          message: client-three.com does not exist in the DNS.
          record: {type: A, name: client-three.com, value: 203.0.113.10}
  delegate_to: localhost

- name: Look at what would change if what nobody wants any more were removed at once
  wpmultisite.runcloud.runcloud_domains:
    api_token: "{{ runcloud_api_token }}"
    server_id: 1903
    webapp_id: 646
    network: network.com
    domains:
      - name: network.com
        class: protected
      - name: client-one.com
    keep:
      - hand-made.com
      - .agency.com
    purge: true
    grace_period: 0
    min_absences: 1
  check_mode: true
  diff: true
  delegate_to: localhost

- name: Save the listing, for those who have no credentials
  wpmultisite.runcloud.runcloud_domains:
    api_token: "{{ runcloud_api_token }}"
    server_id: 1903
    webapp_id: 646
    network: network.com
    domains:
      - name: network.com
        class: protected
      - name: client-one.com
    listing_out: "{{ playbook_dir }}/listing.json"
  check_mode: true
  delegate_to: localhost

- name: Plan from it without asking RunCloud
  wpmultisite.runcloud.runcloud_domains:
    server_id: 1903
    webapp_id: 646
    network: network.com
    domains:
      - name: network.com
        class: protected
      - name: client-one.com
      - name: client-four.com
    listing_in: "{{ playbook_dir }}/listing.json"
  check_mode: true
  delegate_to: localhost

- name: Save the plan, for a person to read and approve
  wpmultisite.runcloud.runcloud_domains:
    api_token: "{{ runcloud_api_token }}"
    server_id: 1903
    webapp_id: 646
    network: network.com
    domains:
      - name: network.com
        class: protected
      - name: client-one.com
      - name: client-four.com
    plan_out: "{{ playbook_dir }}/plan.json"
  check_mode: true
  delegate_to: localhost

- name: Carry out that plan, and nothing of what has come up since
  wpmultisite.runcloud.runcloud_domains:
    api_token: "{{ runcloud_api_token }}"
    server_id: 1903
    webapp_id: 646
    network: network.com
    domains:
      - name: network.com
        class: protected
      - name: client-one.com
      - name: client-four.com
      - name: client-five.com
    plan_in: "{{ playbook_dir }}/plan.json"
    plan_max_age: 3600
  delegate_to: localhost
"""

RETURN = r"""
added:
  description: Records that were added (in check mode, that would be).
  returned: when the listing could be read
  type: list
  elements: dict
  sample:
    - {name: client-one.com, id: 710, type: alias, www: true, redirection: none, reason: asked for}
updated:
  description: Records whose flags were changed.
  returned: when the listing could be read
  type: list
  elements: dict
  sample:
    - name: client-two.com
      before: {type: alias, www: false, redirection: none}
      after: {type: alias, www: true, redirection: none}
      reason: asked for
removed:
  description: Records that were removed.
  returned: when the listing could be read
  type: list
  elements: dict
  sample:
    - {name: gone.com, type: alias, www: false, redirection: none, reason: nothing wants it}
differs:
  description: Records that are not as wanted and are left alone.
  returned: when the listing could be read
  type: list
  elements: dict
  sample:
    - name: old.com
      current: {type: redirect, www: false, redirection: none}
      wanted: {type: alias, www: false, redirection: none}
      reason: a redirect record is never turned into an alias
waiting:
  description:
    - Names that are not added yet, and a C(www.) that is not switched on yet.
    - The message is the fact for a customer, empty where DNS is not the cause; the record is what the customer has to set, null where that is not known.
  returned: when the listing could be read
  type: list
  elements: dict
  sample:
    - name: new-client.com
      reason: "R2.3 stage checking-dns; its DNS is not ready: new-client.com leads elsewhere (A 198.51.100.7)."
      message: new-client.com leads elsewhere (A 198.51.100.7).
      record: {type: A, name: new-client.com, value: 203.0.113.10}
kept:
  description: Names that are left as they are although the list alone would say otherwise.
  returned: when the listing could be read
  type: list
  elements: dict
  sample:
    - {name: hand-made.com, reason: nothing wants it; purge is off}
covered:
  description: Wanted names that need no record of their own.
  returned: when the listing could be read
  type: list
  elements: dict
  sample:
    - {name: shop.network.com, reason: covered by *.network.com}
refused:
  description: Changes that could not be made. The task fails when there are any.
  returned: when the listing could be read
  type: list
  elements: dict
  sample:
    - {name: taken.com, action: add, reason: The panel's words and what to do.}
stops:
  description: Why nothing at all was written. The task fails when there are any.
  returned: when a guard stopped the run
  type: list
  elements: str
unchanged:
  description: Records that are as wanted, and whether the ledger knows them as ours.
  returned: when the listing could be read
  type: list
  elements: dict
  sample:
    - {name: client-one.com, ours: true}
due:
  description: Aliases that nothing wants and that may be removed; removed only with O(purge).
  returned: when the listing could be read
  type: list
  elements: dict
  sample:
    - {name: gone.com, reason: "nothing wants it; missing since 2026-11-20T09:15:00Z, in 2 reads"}
adopted:
  description: Records that were taken over.
  returned: with O(adopt)
  type: list
  elements: dict
  sample:
    - {name: client-one.com, type: alias, www: true, redirection: non-www}
complete:
  description: Whether every write was tried and what came of it was read back; false when a guard or the panel ended the run early.
  returned: when the listing could be read
  type: bool
  sample: true
paused:
  description: Why the network is held.
  returned: with O(paused)
  type: str
  sample: moving to another server, since 2026-11-20
ssl:
  description: How the web app keeps its certificates, whether each name has its own (advanced) and whether they are ordered by themselves (auto).
  returned: when it was read
  type: dict
  sample: {advanced: false, auto: false}
backup_file:
  description: Where the listing from before the first write was stored.
  returned: when records were written and O(state_dir) is set
  type: str
  sample: /var/lib/multisites/network.com/backups/20261120T091500.000000Z.json
plan_file:
  description: Where the plan was saved.
  returned: with O(plan_out), when it could be saved
  type: str
  sample: /var/lib/plans/network.com.json
planned:
  description: The actions of this call as the saved plan holds them; V(before) is null for an addition, V(after) for a removal.
  returned: with O(plan_out), unless a guard stopped the run
  type: list
  elements: dict
  sample:
    - kind: add
      name: client-one.com
      before: null
      after: {type: alias, www: true, redirection: none}
      reason: asked for
not_approved:
  description: What this run would do and the saved plan does not hold, or holds with other flags. It is not done.
  returned: with O(plan_in), when the listing could be read
  type: list
  elements: dict
  sample:
    - {name: new-client.com, kind: add, reason: "not in the plan; add alias, www off, redirection none (asked for)"}
not_applied:
  description: What the saved plan holds and is not done, because it is so already, the record is another one now, or this run would not do it.
  returned: with O(plan_in), when the listing could be read
  type: list
  elements: dict
  sample:
    - {name: client-one.com, kind: add, reason: it is so already}
notes:
  description: What a person should know besides.
  returned: when the listing could be read
  type: list
  elements: str
domains:
  description: The web app's records after the run (in check mode, as they would be), sorted by name.
  returned: when the listing could be read
  type: list
  elements: dict
  sample:
    - id: 710
      name: client-one.com
      type: alias
      www: true
      redirection: none
      wildcard: false
      dns_integration: none
      status: null
      created_at: "2024-07-18 01:31:10"
network:
  description: The network's own domain.
  returned: when it is known
  type: str
  sample: network.com
check_mode:
  description: Whether nothing was written because the task ran in check mode.
  returned: when the listing could be read
  type: bool
  sample: false
api_calls:
  description: API calls of the task by verb, and their total.
  returned: when the listing could be read
  type: dict
  sample: {GET: 5, POST: 1, total: 6}
status:
  description: HTTP status of the call that failed, null when no answer came.
  returned: when the listing or a guard's reading failed
  type: int
panel_message:
  description: The panel's own words about the call that failed.
  returned: when the listing or a guard's reading failed
  type: str
panel_errors:
  description: The panel's words about single fields.
  returned: when the listing or a guard's reading failed
  type: dict
"""

from datetime import datetime, timezone
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._client import ApiError
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._converge import Options, run
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._listing_file import Unasked
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._listing_file import from_options as saved_listings
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._lock import Lock, StateError
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._options import (
    API_OPTIONS,
    APP_OPTIONS,
    LOCK_OPTION,
    connect,
    failure,
    unconnected,
)
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._plan_dns import read_dns
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._plan_store import from_options
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._wishes import (
    assumed_records,
    paused,
    read_options,
)

REDIRECTIONS = ["none", "www", "non-www"]

OPTIONS: dict[str, Any] = {
    "network": {"type": "str"},
    "domains": {
        "type": "list",
        "elements": "dict",
        "options": {
            "name": {"type": "str", "required": True},
            "class": {"type": "str", "choices": ["ensure", "keep", "protected"], "default": "ensure"},
            "type": {"type": "str", "choices": ["keep", "alias", "redirect", "primary", "unknown"], "default": "keep"},
            "www": {"type": "str", "choices": ["keep", "avoid", "true", "false"], "default": "keep"},
            "redirection": {"type": "str", "choices": ["keep", *REDIRECTIONS], "default": "keep"},
            "forms": {"type": "str", "choices": ["naked", "www", "both"], "default": "naked"},
            "needs_dns": {"type": "bool", "default": False},
            "www_needs_dns": {"type": "bool", "default": False},
            "rule": {"type": "str", "default": "asked for"},
            "covered_by": {"type": "str"},
            "certificate": {"type": "bool"},
            "certificate_reason": {"type": "str"},
            "from": {"type": "list", "elements": "dict"},
            "id": {"type": "int"},
            "wildcard": {"type": "bool"},
            "dns_integration": {"type": "str"},
            "status": {"type": "str"},
            "created_at": {"type": "str"},
        },
    },
    "dns": {"type": "dict"},
    "add_when": {"type": "str", "choices": ["auto", "row", "ready"], "default": "auto"},
    "two_writers": {"type": "bool", "default": False},
    "restore": {"type": "path"},
    "state_dir": {"type": "path"},
    "ownership": {"type": "str", "choices": ["all", "ledger", "none"], "default": "all"},
    "repair": {"type": "bool", "default": True},
    "assume_domains": {"type": "list", "elements": "dict", "default": []},
    "adopt": {"type": "bool", "default": False},
    "backup": {"type": "bool", "default": True},
    "listing_out": {"type": "path"},
    "listing_in": {"type": "path"},
    "plan_out": {"type": "path"},
    "plan_in": {"type": "path"},
    "plan_max_age": {"type": "int", "default": 86400},
    "planned_before": {"type": "list", "elements": "dict", "default": []},
    "paused": {
        "type": "dict",
        "options": {"reason": {"type": "str", "required": True}, "since": {"type": "str", "required": True}},
    },
    "purge": {"type": "bool", "default": False},
    "purge_refused": {"type": "list", "elements": "str", "default": []},
    "grace_period": {"type": "float", "default": 86400.0},
    "min_absences": {"type": "int", "default": 2},
    "keep": {"type": "list", "elements": "str", "default": []},
    "known": {"type": "list", "elements": "str", "default": []},
    "protected": {"type": "list", "elements": "str", "default": []},
    "overrides": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "name": {"type": "str", "required": True},
            "www": {"type": "bool"},
            "redirection": {"type": "str", "choices": REDIRECTIONS},
            "ignore": {"type": "bool", "default": False},
            "ssl_policy": {"type": "str"},
            "reason": {"type": "str", "default": ""},
            "until": {"type": "str"},
        },
    },
    "only": {"type": "list", "elements": "str"},
    "refused": {"type": "list", "elements": "str", "default": []},
    "roots": {"type": "list", "elements": "str", "default": []},
    "first_converge": {"type": "bool", "default": False},
    "subdomain_install": {"type": "bool", "default": False},
    "subdomain_sites": {"type": "str", "choices": ["wildcard", "individual", "ignore"]},
    "max_adds": {"type": "int", "default": 50},
    "max_updates": {"type": "int", "default": 10},
    "max_removals": {"type": "int", "default": 5},
    "max_removals_percent": {"type": "int", "default": 10},
}


def utc_now() -> datetime:
    """The wall clock, to the second, as the ledger has it."""
    return datetime.now(timezone.utc).replace(microsecond=0)


def main() -> None:
    module = AnsibleModule(
        argument_spec=dict(API_OPTIONS, **APP_OPTIONS, **LOCK_OPTION, **OPTIONS),
        mutually_exclusive=[("domains", "restore")],
        required_one_of=[("domains", "restore"), ("network", "restore")],
        supports_check_mode=True,
    )
    params = module.params
    offline: list[str] = []
    panel = connect(module) if params["listing_in"] is None else unconnected(module, Unasked(), offline)
    wishes, policy, faults = read_options(params, panel.no_edit)
    held = paused(params, faults)
    assumed = assumed_records(params["assume_domains"], module.check_mode or bool(held), faults)
    facts = read_dns(params, faults)
    app = panel.app(params["server_id"], params["webapp_id"])
    faults += offline
    listing_out, listing = saved_listings(params, module.check_mode, policy.network, app.target, faults)
    plan_out, approved = from_options(params, policy.network, app.target, utc_now(), faults)
    if faults:
        module.fail_json(msg="Nothing was changed. " + " ".join(faults))
    options = Options(
        roots=params["roots"],
        state_dir=params["state_dir"],
        backup=params["backup"],
        adopt=params["adopt"],
        restore=params["restore"],
        paused=held,
        check_mode=module.check_mode,
        diff=module._diff,
        facts=facts,
        add_when=params["add_when"],
        assumed=assumed,
        listing_out=listing_out,
        listing=listing,
        plan_out=plan_out,
        approved=approved,
    )
    try:
        with Lock(app.target, params["state_dir"], wanted=not module.check_mode, timeout=params["lock_timeout"]):
            told = run(app, wishes, policy, options, utc_now())
    except ApiError as exc:
        module.fail_json(**failure(exc))
    except StateError as exc:
        module.fail_json(msg="Nothing was written to RunCloud. %s" % exc, network=policy.network or None)
    if "msg" in told:
        module.fail_json(**told)
    module.exit_json(**told)


if __name__ == "__main__":
    main()
