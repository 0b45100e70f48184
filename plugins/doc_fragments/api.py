# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options that every API module shares."""

from __future__ import annotations


class ModuleDocFragment:
    """Connection to the RunCloud API, and the ids of a web app."""

    CONNECTION = r"""
options:
  api_token:
    description:
      - Workspace token for API v3 (or v2).
      - If no credentials are given as options, the environment variable E(RUNCLOUD_API_TOKEN) is used.
      - Credentials given as options switch off those of the other kind in the environment.
      - Shorter values than 8 characters are refused.
    type: str
  api_key:
    description:
      - Key for API v2, together with O(api_secret). The environment variable is E(RUNCLOUD_API_KEY).
      - These are the values that older versions of the Ultimate Multisite plugin had in C(WU_RUNCLOUD_API_KEY) and C(WU_RUNCLOUD_API_SECRET).
    type: str
  api_secret:
    description:
      - Secret for API v2, together with O(api_key). The environment variable is E(RUNCLOUD_API_SECRET).
    type: str
  api_version:
    description:
      - V(auto) means V(v3) with O(api_token), V(v2) with O(api_key) and O(api_secret).
      - API v2 cannot edit a domain record.
    type: str
    choices: [auto, v2, v3]
    default: auto
  api_url:
    description:
      - Address of the API without its version. V(https) only, except for a loopback address.
      - If not set, the environment variable E(RUNCLOUD_API_URL) is used, else V(https://manage.runcloud.io/api).
      - Redirects are never followed. Proxies come from the environment (E(HTTPS_PROXY), E(NO_PROXY)).
    type: str
  validate_certs:
    description:
      - Whether the API's TLS certificate is checked. V(false) is for tests only.
    type: bool
    default: true
  ca_path:
    description:
      - File or folder with the certificate authorities to trust.
      - It beats E(REQUESTS_CA_BUNDLE) and E(CURL_CA_BUNDLE), which are honoured without it.
    type: path
  timeout:
    description:
      - Seconds to wait for a connection (at most 10) and for each part of an answer.
    type: float
    default: 30.0
"""

    DOCUMENTATION = r"""
options:
  write_interval:
    description:
      - Least time between two writes, in seconds; the panel applies each to a live web server.
    type: float
    default: 1.0
  retry_budget:
    description:
      - Seconds that a task may spend on waiting for the panel, altogether. Then the fault is reported.
      - When less than a tenth of the rate limit is left, calls are spread over time, and all tasks of this user that run with the same token take turns.
        Waiting for a turn is no fault and does not count.
      - A monthly quota that is used up is never waited for, and no further call is made.
      - Any call is repeated after HTTP 429, 503 and a block page of the network edge.
      - After HTTP 500, 502, 504, a time-out or a lost connection only calls that can be repeated without harm are. Adding a domain never is.
      - An order of a certificate is not repeated after HTTP 503 either.
    type: float
    default: 120.0
  max_api_calls:
    description:
      - API calls that the task may make, repeats among them. One beyond it is not made, and the task fails with what was done before.
      - If not set, it makes as many as it needs.
    type: int
requirements:
  - requests
notes:
  - Run API modules on the control node, by delegating them to C(localhost), so that no credential travels to a web host.
seealso:
  - name: RunCloud API documentation
    description: Version 3 of the panel's API.
    link: https://runcloud.io/docs/api/v3
"""

    SERVER = r"""
options:
  server_id:
    description:
      - Number of the server. The panel shows it in its address, C(/servers/NUMBER).
    type: int
    required: true
"""

    WEBAPP = r"""
options:
  server_id:
    description:
      - Number of the server. The panel shows it in its address, C(/servers/NUMBER).
    type: int
    required: true
  webapp_id:
    description:
      - Number of the web application. The panel shows it in its address, C(/servers/NUMBER/webapplications/NUMBER).
    type: int
    required: true
"""

    LOCK = r"""
options:
  lock_timeout:
    description:
      - Seconds to wait while another run of this control node works on the web app. Then the task fails and says who it is.
      - The lock lies below E(XDG_STATE_HOME) (C(~/.local/state) if that is not set) and ends with its holder. Check mode takes none.
    type: float
    default: 60.0
"""
