# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Speaks HTTP to the REST API of Ultimate Multisite: GET only, and words for every answer that is none."""

from __future__ import annotations

import json
import re
import traceback
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from ansible.module_utils.basic import missing_required_lib

try:
    import requests
    import requests.auth
except ImportError:
    requests = None  # type: ignore[assignment]
    REQUESTS_ERROR = traceback.format_exc()
else:
    REQUESTS_ERROR = ""

from ._snapshot_words import ReadFailed
from ._version import VERSION

CONNECT_TIMEOUT = 10

_NOWHERE = "a redirect to no address. Set rest_url to the address that the network itself uses."
_KEYS = (
    "Take key and secret from the plugin's settings, API & Webhooks; until these were saved once, every key is refused."
)
_HINTS = {
    401: "%s If they are right, PHP does not get them: a password in front of the site takes their place, or the web server "
    "does not pass on the header Authorization." % _KEYS,
    403: "A security plugin, a firewall or the web server refuses it: let this machine read /wp-json/wu/v2/.",
    404: "Switch the plugin's API on (settings, API & Webhooks), and check that the plugin is active in the network.",
    429: "A rate limit is in front of the site: try again later, or let this machine pass.",
}


class Api:
    """One keep-alive session. The key is in the header Authorization only, never in an address.

    :raises ReadFailed: requests is not installed.
    """

    def __init__(self, url: str, params: Mapping[str, Any]) -> None:
        if requests is None:
            raise ReadFailed(missing_required_lib("requests"), REQUESTS_ERROR)
        self._root = f"{url}/wp-json/wu/v2/"
        self._session = requests.Session()
        self._session.headers.update(
            {"Accept": "application/json", "User-Agent": f"wpmultisite.runcloud/{VERSION} (Ansible collection)"}
        )
        # An object of requests: a .netrc entry would replace a header.
        self._auth = requests.auth.HTTPBasicAuth(params["rest_key"], params["rest_secret"])
        self._timeout = (min(CONNECT_TIMEOUT, params["timeout"]), params["timeout"])
        self._verify = (params["ca_path"] or True) if params["validate_certs"] else False
        if self._verify is False:
            # urllib3 warns once per call; the person has chosen it with validate_certs.
            requests.packages.urllib3.disable_warnings()  # type: ignore[attr-defined]

    def close(self) -> None:
        """Ends the connection."""
        self._session.close()

    def get(self, route: str, query: dict[str, Any]) -> tuple[Any, Mapping[str, str]]:
        """The parsed body and the headers of an answer 200.

        :raises ReadFailed: for any other answer, and for none.
        """
        try:
            response = self._session.get(
                self._root + route,
                params=query,
                auth=self._auth,
                timeout=self._timeout,
                allow_redirects=False,
                # Passed per request: a bundle from the environment would win over the session's setting.
                verify=self._verify,
            )
        except OSError as error:  # all of requests' own errors are; a CA bundle that is not there is a bare one
            raise ReadFailed(f"{route}: {_no_answer(error)}") from None
        except ValueError:  # requests looks at a redirect, even where it is told not to follow it
            raise ReadFailed(f"{route}: {_NOWHERE}") from None
        body, parsed = _parse(response.content)
        if response.status_code != 200:
            raise ReadFailed(f"{route}: {_refusal(response, body)}")
        if not parsed:
            raise ReadFailed(f"{route}: {_no_json(response.content)}")
        return body, response.headers


def _parse(content: bytes) -> tuple[Any, bool]:
    try:
        return json.loads(content), True
    except (ValueError, RecursionError):
        return None, False


def _is_html(content: bytes) -> bool:
    return content.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<"


def _no_json(content: bytes) -> str:
    if _is_html(content):
        return (
            "a page in HTML came instead of JSON. Check that rest_url is the network's own address, that permalinks are not "
            "plain, that no cache, login page or maintenance page answers for /wp-json/, and that PHP shows no notices (display_errors)."
        )
    if not content.strip():
        return "an empty answer came. Look into the web server's and PHP's log."
    return "the answer is no whole JSON: it was cut short, or something else printed into it. Look into PHP's log, and run again."


def _refusal(response: Any, body: Any) -> str:
    status = response.status_code
    if 300 <= status < 400:
        try:
            target = urlsplit(response.headers.get("Location", ""))
        except ValueError:
            return f"HTTP {status}: {_NOWHERE}"
        place = target._replace(query="", fragment="", netloc=target.netloc.rpartition("@")[2]).geturl()
        # WordPress without pretty addresses takes /wp-json/ for a page, and puts a slash behind it.
        then = "Set rest_url to the address that the network itself uses%s." % (
            ", or the permalinks of the main site are plain: choose any others" if target.path.endswith("/") else ""
        )
        return f"HTTP {status}: a redirect to {place or 'nowhere'}, which is never followed, because it would carry the key along. {then}"
    code = body.get("code") if isinstance(body, dict) else None
    if not (isinstance(code, str) and re.fullmatch(r"[\w-]{1,60}", code)):
        code = "a page in HTML" if _is_html(response.content) else "no words"
    hint = _HINTS.get(status, "Look into the web server's and PHP's log, and run again.")
    if status == 401 and not isinstance(body, dict) and "WWW-Authenticate" in response.headers:
        hint = (
            "A password of the web server is in front of the site (basic authentication), and the API's key cannot pass through it: "
            "exempt /wp-json/ from it, or read with php or wp_cli."
        )
    elif status == 404 and code != "rest_no_route":
        hint = "No REST API is there: check rest_url, and choose any permalinks but the plain ones in the main site's settings."
    return f"HTTP {status} ({code}). {hint}"


def _no_answer(error: OSError) -> str:
    # The exception's own text can hold the whole URL of a proxy with its password: it is not repeated.
    kinds = requests.exceptions
    if isinstance(error, kinds.SSLError):
        return "no trusted TLS connection. Check the site's certificate and rest_url; a private authority is named by ca_path."
    if isinstance(error, kinds.ProxyError):
        return "the proxy from the environment did not connect. Check HTTPS_PROXY and NO_PROXY."
    if isinstance(error, kinds.ConnectTimeout):
        return "no connection in time. Check rest_url and the network."
    if isinstance(error, kinds.Timeout):
        return "no answer in time. Raise timeout if the site is slow, or read with php or wp_cli."
    if isinstance(error, (kinds.ChunkedEncodingError, kinds.ContentDecodingError)):
        return "the answer was cut short. Look into the web server's log, and run again."
    if isinstance(error, kinds.ConnectionError):
        return "cannot connect, or the connection was lost. Check rest_url, the site and any proxy."
    if isinstance(error, kinds.RequestException):
        return "the address or its proxy is not usable. Check rest_url, HTTPS_PROXY and NO_PROXY."
    return "the bundle of certificate authorities cannot be read. Check REQUESTS_CA_BUNDLE and CURL_CA_BUNDLE, or give ca_path."
