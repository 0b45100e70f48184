# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The REST API of Ultimate Multisite as a source: both generations, all pages, and nothing less."""

from __future__ import annotations

import base64
import importlib
import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.source.conftest import KEY, SECRET, Module
from tests.source.front import BLOG, Answer, Front, Request, as_json, lists, mapping
from tests.wordpress import Network
from tests.wordpress.server import serve_rest, set_permalinks

SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "schemas" / "snapshot-1.json").read_text())
Failure = Callable[..., str]


# -- what is read ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("generation", ["2.4.10", "2.4.13"])
@pytest.mark.parametrize("count", [0, 99, 100, 101, 230])
def test_every_page_of_both_generations_is_read(
    info: Module, rest: Network, front: Front, rest_options: dict[str, Any], generation: str, count: int
) -> None:
    serve_rest(rest, generation)
    if count:
        rest.add_mappings([f"c{number}.com" for number in range(count)])
    result = info(**rest_options)
    assert not result.get("failed"), result
    snapshot = result["snapshot"]
    jsonschema.validate(snapshot, SCHEMA)
    assert [row["domain"] for row in snapshot["mappings"]] == [f"c{number}.com" for number in range(count)]
    assert [row["id"] for row in snapshot["blogs"]] == [1, 2, 3, 4]
    assert snapshot["networks"] == [{"id": 1, "domain": "network.com", "path": "/"}]
    assert snapshot["counts"] == {"networks": None, "blogs": 4, "mappings": count}
    assert "warnings" not in result
    pages = [
        request.query["page"]
        for request in front.journal
        if request.path.endswith("/domain") and "page" in request.query
    ]
    # The older generation says nothing of a total: there the list ends with an empty page.
    full = -(-count // 100)
    assert len(pages) == (max(1, full) if generation == "2.4.13" else full + 1)


def test_one_connection_and_the_key_in_its_header_only(
    info: Module,
    rest: Network,
    front: Front,
    rest_options: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine network.com login stranger password something-else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    result = info(**rest_options)
    assert not result.get("failed"), result
    basic = "Basic " + base64.b64encode(f"{KEY}:{SECRET}".encode()).decode()
    assert {request.headers["authorization"] for request in front.journal} == {basic}
    assert len({request.connection for request in front.journal}) == 1
    sent = json.dumps([[request.path, request.query] for request in front.journal])
    assert KEY not in sent and SECRET not in sent


def test_values_are_understood_in_all_their_ways(info: Module, front: Front, rest_options: dict[str, Any]) -> None:
    odd = mapping(1, blog_id=1, active=True, primary_domain=False, secure="", stage="")
    front.reply = lists(
        [odd, mapping(2, active=None, stage=None, blog_id="99")], [{**BLOG, "deleted": 2, "public": ""}]
    )
    snapshot = info(**rest_options)["snapshot"]
    jsonschema.validate(snapshot, SCHEMA)
    rest_of = {"primary": 0, "secure": None, "stage": ""}
    assert snapshot["mappings"][0] == {"id": 1, "blog_id": 1, "domain": "c1.com", "active": 1, **rest_of}
    assert (snapshot["mappings"][1]["active"], snapshot["mappings"][1]["stage"]) == (None, None)
    assert (snapshot["blogs"][0]["deleted"], snapshot["blogs"][0]["public"]) == (2, None)


def test_an_older_api_that_does_not_count_is_told(info: Module, front: Front, rest_options: dict[str, Any]) -> None:
    small = lists([mapping()], total=False)
    front.reply = lambda request: as_json([BLOG]) if "count" in request.query else small(request)
    result = info(**rest_options)
    assert result["snapshot"]["counts"] == {"networks": None, "blogs": None, "mappings": None}
    assert len(result["warnings"]) == 2 and "how many rows" in str(result["warnings"])


def test_sites_that_the_api_does_not_list_are_told(info: Module, front: Front, rest_options: dict[str, Any]) -> None:
    front.reply = lists([mapping(number, blog_id=number % 13 + 1) for number in range(1, 100)])
    (warning,) = info(**rest_options)["warnings"]
    assert "does not list: 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 and 2 more." in str(warning) and "another network" in str(
        warning
    )


def test_customers_junk_is_read_as_it_is(info: Module, rest: Network, rest_options: dict[str, Any]) -> None:
    junk = ["{{ 7*7 }}", "müller.de", "Client.COM ", "https://x.com/y", "a" * 191, "<script>", "-", "🦊.example", " "]
    rest.add_mappings(junk)
    assert [row["domain"] for row in info(**rest_options)["snapshot"]["mappings"]] == junk


# -- what is refused, WordPress itself at the other end ------------------------------------------------------------------


def test_401_for_a_wrong_key(failure: Failure, rest: Network, rest_options: dict[str, Any]) -> None:
    said = failure(**{**rest_options, "rest_secret": "another-secret-than-that"})
    assert "HTTP 401 (rest_forbidden)" in said and "API & Webhooks" in said and "in front of the site" in said


def test_401_until_the_settings_were_saved(failure: Failure, rest: Network, rest_options: dict[str, Any]) -> None:
    serve_rest(rest, "2.4.13", {"enable_api": True})
    assert "until these were saved once, every key is refused" in failure(**rest_options)


def test_404_where_the_api_is_off(failure: Failure, rest: Network, rest_options: dict[str, Any]) -> None:
    serve_rest(rest, "2.4.13", {"enable_api": False, "api_key": KEY, "api_secret": SECRET})
    said = failure(**rest_options)
    assert "HTTP 404 (rest_no_route)" in said and "Switch the plugin's API on" in said


def test_plain_permalinks(failure: Failure, rest: Network, rest_options: dict[str, Any]) -> None:
    set_permalinks(rest, "")
    said = failure(**rest_options)
    assert "HTTP 301" in said and "permalinks of the main site are plain" in said, said


def test_another_site_s_address_never_passes_for_the_network_s(
    failure: Failure, front: Front, rest_options: dict[str, Any]
) -> None:
    main = {**BLOG, "domain": "main.example"}
    front.reply = lists([], [main, {**BLOG, "blog_id": "2"}])
    said = failure(**rest_options)
    assert "https://main.example/" in said and "Set it to that" in said


def test_several_networks_are_for_another_source(failure: Failure, front: Front, rest_options: dict[str, Any]) -> None:
    front.reply = lists([], [BLOG, {**BLOG, "blog_id": "2", "site_id": "2", "domain": "second.com"}])
    assert "networks 1, 2" in failure(**rest_options)


# -- what is refused, of answers that WordPress does not give ------------------------------------------------------------

HTML = Answer(200, b"<!DOCTYPE html><html>maintenance</html>", {"Content-Type": "text/html"})
PASSWORD = Answer(401, b"<html>Restricted</html>", {"WWW-Authenticate": 'Basic realm="Staging"'})
MOVED = Answer(301, b"", {"Location": "https://www.network.com/wp-json/wu/v2/site?token=n0t-for-you"})
WHOLE = json.dumps([BLOG]).encode()
ANSWERS = [
    pytest.param(HTML, ["HTML came instead of JSON", "maintenance page"], id="200 with HTML"),
    pytest.param(Answer(200, b"<br />\n<b>Notice</b>: x[]"), ["notices (display_errors)"], id="a notice before JSON"),
    pytest.param(Answer(200, b""), ["empty answer"], id="empty"),
    pytest.param(Answer(200, WHOLE[:40]), ["no whole JSON"], id="truncated JSON"),
    pytest.param(Answer(200, b"\xff\xfe"), ["no whole JSON"], id="not text"),
    pytest.param(Answer(200, WHOLE, {}, 20), ["cut short"], id="cut line"),
    pytest.param(
        MOVED, ["301", "redirect to https://www.network.com/wp-json/wu/v2/site,", "never followed"], id="redirect"
    ),
    pytest.param(
        Answer(302, b"", {"Location": "https://[oops/"}),
        ["redirect to no address", "rest_url"],
        id="redirect to no address",
    ),
    pytest.param(
        Answer(300, b"", {"Location": "https://[oops/"}),
        ["redirect to no address", "rest_url"],
        id="choices of no address",
    ),
    pytest.param(PASSWORD, ["401", "basic authentication", "exempt /wp-json/"], id="401 of the web server"),
    pytest.param(as_json({"code": "rest_forbidden"}, 403), ["403 (rest_forbidden)", "security plugin"], id="403"),
    pytest.param(Answer(403, b"<html>Blocked</html>"), ["403 (a page in HTML)", "firewall"], id="403 of a firewall"),
    pytest.param(Answer(404, b"<html>Not found</html>"), ["404", "permalinks"], id="404 with HTML"),
    pytest.param(as_json({"code": "x"}, 429), ["429", "rate limit"], id="429"),
    pytest.param(Answer(500, b"Fatal error: p4ss"), ["500 (no words)", "log"], id="500"),
    pytest.param(as_json({"success": True}), ["no list of rows"], id="an object"),
    pytest.param(as_json([1, 2]), ["no list of rows"], id="a list of something else"),
    pytest.param(as_json([], X_WP_Total="0"), ["no site came"], id="no site"),
    pytest.param(as_json([{"id": 1}], X_WP_Total="1"), ["a row has no blog_id"], id="other rows"),
    pytest.param(as_json([{**BLOG, "public": "yes"}], X_WP_Total="1"), ["public is 'yes'"], id="a word for a number"),
    pytest.param(
        as_json([{**BLOG, "public": "true"}], X_WP_Total="1"), ["public is 'true'"], id="a text that says true"
    ),
    pytest.param(as_json([{**BLOG, "blog_id": None}], X_WP_Total="1"), ["blog_id of a row is empty"], id="no id"),
    pytest.param(as_json([{**BLOG, "blog_id": 1.5}], X_WP_Total="1"), ["blog_id is 1.5"], id="a fraction"),
    pytest.param(as_json([{**BLOG, "path": None}], X_WP_Total="1"), ["address"], id="no path"),
    pytest.param(as_json([BLOG, BLOG], X_WP_Total="2"), ["row 1 came twice"], id="duplicate"),
    pytest.param(as_json([BLOG], X_WP_Total="3"), ["row 1 came twice"], id="a cache that knows one page"),
    pytest.param(as_json([BLOG], X_WP_Total="0"), ["counts 0 rows, but 1 came"], id="totals that disagree"),
]


@pytest.mark.parametrize(("answer", "words"), ANSWERS)
def test_an_answer_that_is_none_is_told(
    failure: Failure, front: Front, rest_options: dict[str, Any], answer: Answer, words: list[str]
) -> None:
    front.reply = lambda request: answer if request.path.endswith("/site") else lists([])(request)
    said = failure(**rest_options)
    assert all(word in said for word in words), said
    assert said.startswith(f"Cannot read the multisite at {front.url.rstrip('/')}: site: ") or "first site" in said
    assert "n0t-for-you" not in said and "p4ss" not in said


@pytest.mark.parametrize("total", [True, False], ids=["newer", "older"])
def test_a_page_that_lost_its_end_is_no_smaller_network(
    failure: Failure, front: Front, rest_options: dict[str, Any], total: bool
) -> None:
    whole = lists([mapping(number) for number in range(1, 251)], total=total)

    def reply(request: Request) -> Answer:
        answer = whole(request)
        if request.path.endswith("/domain") and request.query.get("page") == "2":
            return answer._replace(body=json.dumps(json.loads(answer.body)[:60]).encode())
        return answer

    front.reply = reply
    said = failure(**rest_options)
    assert "domain: the API counts 250 rows, but 210 came" in said and "run again" in said


def test_a_total_that_changes_between_pages(failure: Failure, front: Front, rest_options: dict[str, Any]) -> None:
    whole = lists([mapping(number) for number in range(1, 151)])

    def reply(request: Request) -> Answer:
        answer = whole(request)
        if request.path.endswith("/domain") and request.query["page"] == "2":
            return answer._replace(headers={**answer.headers, "X-WP-Total": "151"})
        return answer

    front.reply = reply
    assert "the total changed from 150 to 151" in failure(**rest_options)


def test_rows_that_overlap_by_a_row_added_while_reading(
    failure: Failure, front: Front, rest_options: dict[str, Any]
) -> None:
    before, after = [mapping(n) for n in range(1, 151)], [mapping(n) for n in range(151)]

    def reply(request: Request) -> Answer:
        return lists(after if request.query.get("page", "1") != "1" else before, total=False)(request)

    front.reply = reply
    assert "row 100 came twice, again on page 2" in failure(**rest_options)


def test_a_site_that_is_down(failure: Failure, rest_options: dict[str, Any]) -> None:
    assert "cannot connect" in failure(**{**rest_options, "rest_url": "https://127.0.0.1:1/"})


def test_a_site_that_does_not_answer(failure: Failure, front: Front, rest_options: dict[str, Any]) -> None:
    asked_enough = threading.Event()
    front.reply = lambda request: Answer(200) if asked_enough.wait(60) else None
    said = failure(**rest_options, timeout=1)
    asked_enough.set()
    assert "no answer in time" in said and "Raise timeout" in said


def test_without_requests(info: Module, rest_options: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    module = importlib.import_module("ansible_collections.wpmultisite.runcloud.plugins.module_utils._rest_api")
    monkeypatch.setattr(module, "requests", None)
    assert "Failed to import the required Python library (requests)" in info(**rest_options)["msg"]


def test_a_certificate_of_an_unknown_authority(failure: Failure, front: Front, rest_options: dict[str, Any]) -> None:
    said = failure(**{**rest_options, "ca_path": None})
    assert "no trusted TLS connection" in said and "ca_path" in said
    assert front.journal == []


def test_ca_path_and_validate_certs_beat_the_environment(
    info: Module, front: Front, rest_options: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    front.reply = lists([])
    (tmp_path / "empty.pem").write_text("")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "empty.pem"))
    assert "snapshot" in info(**rest_options)
    assert "snapshot" in info(**{**rest_options, "ca_path": None, "validate_certs": False})


# -- options -----------------------------------------------------------------------------------------------------------

OPTIONS = [
    pytest.param({"rest_url": "http://network.com/"}, ["must begin with https://", "in the clear"], id="plain http"),
    pytest.param({"rest_url": "network.com"}, ["plain address"], id="no scheme"),
    pytest.param({"rest_url": "https://a:b@network.com/"}, ["plain address"], id="credentials"),
    pytest.param({"rest_url": "https://network.com/?x=1"}, ["plain address"], id="query"),
    pytest.param({"rest_url": "https://network.com:99999/"}, ["plain address"], id="port"),
    pytest.param({"rest_url": "https://network.com/wp-json/"}, ["without /wp-json"], id="wp-json"),
    pytest.param({"mapping_plugin": "none"}, ["mapping_plugin is none", "php, database or wp_cli"], id="other plugin"),
    pytest.param({"rest_key": "a", "rest_secret": "e"}, ["rest_key is shorter", "rest_secret is shorter"], id="short"),
    pytest.param({"rest_key": "müller-müller"}, ["rest_key holds blanks or other"], id="characters"),
    pytest.param({"rest_secret": f"{SECRET}\n"}, ["rest_secret holds blanks"], id="blank"),
    pytest.param({"ca_path": "/nowhere.pem"}, ["there is no /nowhere.pem"], id="ca_path"),
    pytest.param({"timeout": 0}, ["timeout must be"], id="timeout"),
    pytest.param(
        {"rest_url": "http://x.com", "rest_key": "short", "timeout": 0},
        ["https://", "rest_key", "timeout"],
        id="all at once",
    ),
]


@pytest.mark.parametrize(("options", "words"), OPTIONS)
def test_options_are_refused_before_anything_is_sent(
    failure: Failure, front: Front, rest_options: dict[str, Any], options: dict[str, Any], words: list[str]
) -> None:
    said = failure(**{**rest_options, **options})
    assert all(word in said for word in words), said
    assert front.journal == []


def test_plain_http_is_for_loopback(failure: Failure, rest_options: dict[str, Any]) -> None:
    for host in ("localhost", "127.0.0.1", "[::1]"):
        assert "cannot connect" in failure(**{**rest_options, "rest_url": f"http://{host}:1/"})


@pytest.mark.parametrize("missing", ["rest_url", "rest_key", "rest_secret"])
def test_all_three_options_are_needed(failure: Failure, rest_options: dict[str, Any], missing: str) -> None:
    assert missing in failure(**{**rest_options, missing: None})


# -- secrets -----------------------------------------------------------------------------------------------------------


def test_no_secret_at_any_verbosity(info: Module, front: Front, rest_options: dict[str, Any]) -> None:
    encoded = base64.b64encode(f"{KEY}:{SECRET}".encode()).decode()
    for reply in (
        lists([mapping()]),
        lambda request: PASSWORD,
        lambda request: as_json({"code": f"{KEY} {SECRET}"}, 403),
    ):
        front.reply = reply
        output = info(**rest_options, _ansible_verbosity=4, _ansible_inject_invocation=True)["output"]
        assert "invocation" in output
        assert not any(secret in output for secret in (KEY, SECRET, encoded))


def test_a_short_secret_is_neither_shown_nor_masked_elsewhere(info: Module, rest_options: dict[str, Any]) -> None:
    result = info(**{**rest_options, "rest_key": "zqx", "rest_secret": "e"}, _ansible_inject_invocation=True)
    assert "zqx" not in result["output"]
    assert "*" not in result["msg"] and "rest_secret is shorter than 8 characters" in result["msg"]
