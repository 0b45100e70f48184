# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options that every API module shares, and the way from them to a panel."""

from __future__ import annotations

import os
import re
import traceback
from collections.abc import Mapping
from ipaddress import ip_address
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

try:
    import requests
    import requests.auth
except ImportError:
    requests = None  # type: ignore[assignment]
    REQUESTS_ERROR: str | None = traceback.format_exc()
else:
    REQUESTS_ERROR = None

from ._api import Panel, app_path, panel
from ._client import ApiError, BearerAuth, Client, Settings

DEFAULT_URL = "https://manage.runcloud.io/api"
SHORTEST_SECRET = (
    8  # Ansible masks a secret wherever its text occurs: a shorter one would blank out half of every output
)
SECRETS = ("api_token", "api_key", "api_secret")

API_OPTIONS: dict[str, Any] = {
    "api_token": {"type": "str", "no_log": True},
    "api_key": {"type": "str", "no_log": True},
    "api_secret": {"type": "str", "no_log": True},
    "api_version": {"type": "str", "choices": ["auto", "v2", "v3"], "default": "auto"},
    "api_url": {"type": "str"},
    "validate_certs": {"type": "bool", "default": True},
    "ca_path": {"type": "path"},
    "timeout": {"type": "float", "default": 30.0},
    "write_interval": {"type": "float", "default": 1.0},
    "retry_budget": {"type": "float", "default": 120.0},
    "max_api_calls": {"type": "int"},
}
SERVER_OPTION: dict[str, Any] = {"server_id": {"type": "int", "required": True}}
APP_OPTIONS: dict[str, Any] = {
    "server_id": {"type": "int", "required": True},
    "webapp_id": {"type": "int", "required": True},
}
LOCK_OPTION: dict[str, Any] = {"lock_timeout": {"type": "float", "default": 60.0}}


class Credentials(NamedTuple):
    """Either a token, or a key and its secret, and the API version that takes them."""

    version: str
    token: str = ""
    key: str = ""
    secret: str = ""


def credentials(options: Mapping[str, Any], environment: Mapping[str, str]) -> tuple[Credentials | None, list[str]]:
    """The credentials to use, or every fault in them.

    Credentials given as options switch off the other kind of the environment, so that a token in a play is never
    in conflict with a key that a CI runner happens to have.
    """
    given = {name: (options.get(name) or "").strip() for name in SECRETS}
    from_environment = {name: environment.get("RUNCLOUD_" + name.upper(), "").strip() for name in SECRETS}
    if given["api_token"]:
        chosen, place = (
            {"api_token": given["api_token"], "api_key": given["api_key"], "api_secret": given["api_secret"]},
            "the options",
        )
    elif given["api_key"] or given["api_secret"]:
        chosen = {name: given[name] or from_environment[name] for name in ("api_key", "api_secret")}
        chosen["api_token"], place = "", "the options"
    else:
        chosen, place = from_environment, "the environment"

    token, key, secret = chosen["api_token"], chosen["api_key"], chosen["api_secret"]
    version = options["api_version"]
    faults = [
        "%s is shorter than %d characters, so it cannot be a RunCloud credential; as a secret it would also be masked all over the output."
        % (name, SHORTEST_SECRET)
        for name in SECRETS
        if 0 < len(chosen[name]) < SHORTEST_SECRET
    ]
    faults += [
        "%s holds characters that no credential has: it was probably copied wrongly." % name
        for name in SECRETS
        if not (chosen[name].isascii() and chosen[name].isprintable())
    ]
    if token and (key or secret):
        faults.append("Both api_token and api_key/api_secret come from %s: give one kind." % place)
    elif not token and not key and not secret:
        faults.append(
            "No credentials: give api_token (API v3), or api_key and api_secret (API v2), or set RUNCLOUD_API_TOKEN in the environment."
        )
    elif not token and not (key and secret):
        faults.append("api_key and api_secret belong together: %s is missing." % ("api_secret" if key else "api_key"))
    elif key and version == "v3":
        faults.append("API v3 takes a token only: give api_token, or api_version v2.")
    if faults:
        return None, faults
    if version == "auto":
        version = "v3" if token else "v2"
    return Credentials(version, token, key, secret), []


def base_url(text: str, version: str) -> str:
    """The API's address without its version, for example ``https://manage.runcloud.io/api``.

    :raises ValueError: with the reason, when it is no address that credentials may be sent to.
    """
    url = text.strip().rstrip("/")
    ending = re.search(r"/(v[0-9]+)$", url)
    if ending:
        if ending.group(1) != version:
            raise ValueError(
                "api_url ends in %s, but API %s is used: leave the version out." % (ending.group(1), version)
            )
        url = url[: ending.start()]
    plain = "api_url must be a plain address such as %s." % DEFAULT_URL
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as exc:  # what cannot be a host or a port
        raise ValueError(plain) from exc
    if not host or port == 0 or parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError(plain)
    if parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(host)):
        # One spelling, by which a ledger and the lock know the API.
        name = "[%s]" % host if ":" in host else host.rstrip(".")
        usual = {"https": 443, "http": 80}[parts.scheme]
        return parts._replace(netloc=name if port in (None, usual) else "%s:%d" % (name, port)).geturl()
    raise ValueError(
        "api_url must begin with https:// (plain http is for loopback alone): credentials would travel in the clear."
    )


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def unconnected(module: AnsibleModule, client: Client, faults: list[str]) -> Panel:
    """A panel that the client stands for. Its address tells whose a listing is; no credentials are needed."""
    params = module.params
    version = "v2" if params["api_version"] == "v2" else "v3"
    url = params["api_url"] or os.environ.get("RUNCLOUD_API_URL") or DEFAULT_URL
    try:
        url = base_url(url, version)
    except ValueError as exc:
        faults.append(str(exc))
    return panel(version, url, lambda base: client)


class Access(NamedTuple):
    """A way to the API: its version, its address without the version, and the settings of a client but for that version."""

    version: str
    url: str
    settings: Settings

    def open(self, read_only: bool = True, write_root: str | None = None) -> Panel:
        """The panel there; no call is made yet."""

        def make_client(base: str) -> Client:
            return Client(self.settings._replace(base_url=base), read_only=read_only, write_root=write_root)

        return panel(self.version, self.url, make_client)


def access(options: Mapping[str, Any], environment: Mapping[str, str]) -> tuple[Access | None, list[str]]:
    """The way to the API that the options and the environment name, or every fault in them. Needs requests."""
    found, faults = credentials(options, environment)
    url = options["api_url"] or environment.get("RUNCLOUD_API_URL") or DEFAULT_URL
    try:
        url = base_url(url, found.version if found else "v3")
    except ValueError as exc:
        faults.append(str(exc))
    for name in ("timeout", "write_interval", "retry_budget", "lock_timeout"):
        if name in options and (not 0 <= options[name] < float("inf") or (name == "timeout" and not options[name])):
            faults.append(
                "%s must be a finite number of seconds%s." % (name, " above 0" if name == "timeout" else ", 0 or more")
            )
    if options.get("max_api_calls") is not None and options["max_api_calls"] < 0:
        faults.append("max_api_calls must be 0 or more.")
    for name in ("server_id", "webapp_id"):
        if options.get(name) is not None and options[name] < 1:
            faults.append("%s must be a positive number." % name)
    if options["ca_path"] and not os.path.exists(options["ca_path"]):
        faults.append("ca_path: there is no %s." % options["ca_path"])
    if faults or found is None:
        return None, faults
    settings = Settings(
        base_url=url,
        auth=BearerAuth(found.token) if found.token else requests.auth.HTTPBasicAuth(found.key, found.secret),
        verify=(options["ca_path"] or True) if options["validate_certs"] else False,
        timeout=options["timeout"],
        write_interval=options.get("write_interval", 0.0),
        retry_budget=options["retry_budget"],
        max_calls=options.get("max_api_calls"),
        # The panel counts calls by token.
        pace_key="%s %s" % (url, found.token or found.key),
    )
    if settings.verify is False:
        # urllib3 warns once per call; the person has chosen it with validate_certs.
        requests.packages.urllib3.disable_warnings()  # type: ignore[attr-defined]
    return Access(found.version, url, settings), []


def secrets(options: Mapping[str, Any], environment: Mapping[str, str]) -> set[str]:
    """The texts to mask, without the blanks around them: that is how they are sent, and how the panel may repeat them."""
    values = (v for name in SECRETS for v in (options[name], environment.get("RUNCLOUD_" + name.upper())))
    return {value.strip() for value in values if value and len(value.strip()) >= SHORTEST_SECRET}


def connect(module: AnsibleModule) -> Panel:
    """The panel that the module's options name. Leaves the module with a clear text when they are at fault."""
    if requests is None:
        module.fail_json(msg=missing_required_lib("requests"), exception=REQUESTS_ERROR)
    params = module.params
    way, faults = access(params, os.environ)
    _unmask_short(module)
    module.no_log_values.update(secrets(params, os.environ))
    if way is None:
        module.fail_json(msg=" ".join(faults))
    ids = params.get("server_id"), params.get("webapp_id")
    return way.open(read_only=module.check_mode, write_root=app_path(*ids) if all(ids) else None)


def _unmask_short(module: AnsibleModule) -> None:
    """Keep a refused short secret out of the output without letting Ansible mask that text everywhere."""
    for name in SECRETS:
        value = (module.params[name] or "").strip()
        if 0 < len(value) < SHORTEST_SECRET:
            module.no_log_values.discard(module.params[name])
            module.params[name] = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"


def failure(exc: ApiError) -> dict[str, Any]:
    """What a module returns besides the message when a call failed."""
    return {"msg": str(exc), "status": exc.status, "panel_message": exc.message, "panel_errors": exc.errors}
