# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""acme_probe_info: through which hosts a file comes back, by real HTTP and HTTPS on loopback and real DNS."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.modules.harness import Result, Runner, plugin
from tests.modules.probe_site import CONTENT, PATH, Site, running
from tests.nameserver import RECURSIVE, Nameserver

HERE, CLIENT, OTHER = "127.0.0.1", "client.com", "other.com"
MODULE = "acme_probe_info"


@pytest.fixture(scope="module")
def _site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with running(tmp_path_factory.mktemp("probe")) as site:
        yield site


class Probe:
    """Runs the module for hosts of the tests' DNS."""

    def __init__(self, run: Runner, dns: Nameserver, site: Site) -> None:
        self._run, self.dns, self.site = run, dns, site

    def __call__(self, *names: str, **options: Any) -> Result:
        given = {
            "names": list(names),
            "url_path": PATH,
            "content": CONTENT,
            "http_port": self.site.http,
            "https_port": self.site.https,
            "nameservers": [f"{RECURSIVE}:{self.dns.port}"],
            "dns_timeout": 10.0,
        }
        return self._run(MODULE, **{**given, "api_token": None, "api_url": None, **options})

    def one(self, **options: Any) -> dict[str, Any]:
        """What is found of client.com, whose address is this machine's."""
        self.dns.point(CLIENT, a=[HERE])
        result = self(CLIENT, **options)
        assert not result.failed, result["msg"]
        (entry,) = result["probes"]
        assert result["reached"] == ([CLIENT] if entry["reached"] else [])
        return dict(entry)


@pytest.fixture
def probe(run: Runner, dns: Nameserver, _site: Site) -> Probe:
    """A site that has nothing, and a DNS that knows nobody."""
    _site.reset()
    return Probe(run, dns, _site)


def test_the_file_comes_back(probe: Probe) -> None:
    probe.site.on(CLIENT)
    assert probe.one() == {
        "name": CLIENT,
        "reached": True,
        "status": 200,
        "redirects": [],
        "message": "client.com leads here: it gives the file of this run.",
    }
    ((scheme, host, path, agent),) = probe.site.asked
    assert (scheme, host, path) == ("http", CLIENT, PATH) and agent.startswith("wpmultisite.runcloud/")


@pytest.mark.parametrize(
    ("reply", "status", "words"),
    [
        ({"status": 404, "body": b""}, 404, "answers HTTP 404: the file is not there: this is another server"),
        ({"status": 403, "body": CONTENT.encode()}, 403, "it refuses the request"),
        ({"status": 401}, 401, "it wants a password"),
        ({"status": 429}, 429, "too many requests"),
        ({"status": 521}, 521, "the server behind it has a fault"),
        ({"status": 204, "body": b""}, 204, "neither the file nor a redirect"),
        ({"status": 303, "location": "https://other.com/"}, 303, "neither the file nor a redirect"),
        ({"status": 302, "location": None, "body": b""}, 302, "neither the file nor a redirect"),
        ({"body": b"another file of that name"}, 200, "something else than the file"),
        ({"body": b""}, 200, "something else than the file"),
        ({"body": CONTENT.encode() + b"x"}, 200, "something else than the file"),
        ({"body": CONTENT.lower().encode()}, 200, "something else than the file"),
        ({"body": CONTENT.encode() + b" " * 200}, 200, "something else than the file"),
        ({"act": "hang up"}, None, "does not speak HTTP, or hangs up"),
    ],
)
def test_what_is_not_the_file(probe: Probe, reply: dict[str, Any], status: int | None, words: str) -> None:
    probe.site.on(CLIENT, **reply)
    found = probe.one()
    assert (found["reached"], found["status"]) == (False, status)
    assert found["message"].startswith("It is not seen that client.com leads here: ") and words in found["message"]


def test_white_space_at_the_end_does_not_matter(probe: Probe) -> None:
    probe.site.on(CLIENT, body=CONTENT.encode() + b"\r\n")
    assert probe.one()["reached"]


def test_a_certificate_that_nobody_trusts_does_not_matter(probe: Probe) -> None:
    probe.site.on(CLIENT, status=301, location=f"https://{CLIENT}:{probe.site.https}{PATH}")
    probe.site.on(CLIENT, "https")
    found = probe.one()
    assert found["reached"] and found["redirects"] == [f"https://{CLIENT}:{probe.site.https}"]
    assert probe.site.hosts() == [f"http://{CLIENT}", f"https://{CLIENT}"]


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_to_another_host_of_ours(probe: Probe, status: int) -> None:
    probe.dns.point(OTHER, a=[HERE])
    probe.site.on(CLIENT, status=status, location=f"http://{OTHER}:{probe.site.http}/elsewhere?a=b c")
    probe.site.on(OTHER)
    assert probe.one()["reached"]
    assert probe.site.asked[-1][:3] == ("http", OTHER, "/elsewhere?a=b%20c")


@pytest.mark.parametrize(
    ("location", "words"),
    [
        ("http://client.com:{http}" + PATH, "the redirects lead in a circle"),
        (PATH, "the redirects lead in a circle"),
        ("http://client.com:8080/", "leads to port 8080"),
        ("ftp://client.com/", "neither to http nor to https"),
        ("http://127.0.0.1:{http}/", "leads to no host name"),
        ("http://[::1]:{http}/", "leads to no host name"),
        ("http://localhost:{http}/", "leads to no host name"),
        ("http://{{{{ 7*7 }}}}.com:{http}/", "leads to no host name"),
        ("http://[nonsense/", "cannot be read"),
        ("http://client.com:99999999/", "cannot be read"),
        ("/" + "x" * 2001, "longer than 2000 characters"),
        ("http://unknown.com:{http}/", "DNS has no address for unknown.com (nxdomain)"),
        ("http://private.com:{http}/", "leads to an address that is not public"),
        ("http://mixed.com:{http}/", "leads to an address that is not public"),
    ],
)
def test_redirects_that_are_not_followed(probe: Probe, location: str, words: str) -> None:
    probe.dns.point("private.com", a=["10.0.0.1"])
    probe.dns.point("mixed.com", a=[HERE, "10.0.0.1"])
    probe.site.on(CLIENT, status=302, location=location.format(http=probe.site.http))
    found = probe.one()
    assert not found["reached"] and words in found["message"]
    assert probe.site.hosts() == [f"http://{CLIENT}"]
    assert found["message"].isprintable()


def test_at_most_ten_redirects(probe: Probe) -> None:
    names = [CLIENT, *(f"r{number}.com" for number in range(1, 12))]
    for name, following in pairwise(names):
        probe.dns.point(following, a=[HERE])
        probe.site.on(name, status=302, location=f"http://{following}:{probe.site.http}/")
    probe.site.on(names[10])
    assert probe.one()["reached"] and len(probe.site.asked) == 11
    probe.site.on(names[10], status=302, location=f"http://{names[11]}:{probe.site.http}/")
    assert "there are more than 10 redirects" in probe.one()["message"]


@pytest.mark.parametrize("act", ["silent", "drip"])
def test_a_server_that_is_slow_is_left_however_steadily_it_sends(probe: Probe, act: str) -> None:
    # The drip takes more than a second to the longest file that counts.
    probe.site.on(CLIENT, act=act)
    assert "did not answer in time" in probe.one(timeout=0.3)["message"]
    probe.site.on(CLIENT, status=302, location=f"https://{CLIENT}:{probe.site.https}/")
    probe.site.on(CLIENT, "https", act=act)
    found = probe.one(timeout=0.3)
    assert f"https://{CLIENT}:{probe.site.https} did not answer in time" in found["message"]


def test_no_more_is_read_than_the_longest_file_that_counts(probe: Probe) -> None:
    probe.site.on(CLIENT, act="flood")
    assert "something else than the file" in probe.one(timeout=60.0)["message"]


def test_https_that_is_none(probe: Probe) -> None:
    probe.site.on(CLIENT, status=302, location=f"https://{CLIENT}:{probe.site.http}/")
    found = probe.one(https_port=probe.site.http)
    assert f"https://{CLIENT}:{probe.site.http} does not finish a TLS handshake" in found["message"]


def test_nobody_there(probe: Probe) -> None:
    probe.dns.point("closed.com", a=["127.0.0.3"])
    probe.dns.fault("servfail", "broken.com")
    result = probe("closed.com", "broken.com", "gone.com")
    said = {entry["name"]: entry["message"] for entry in result["probes"]}
    assert f"http://closed.com:{probe.site.http} refuses connections" in said["closed.com"]
    assert "DNS has no address for broken.com (servfail)" in said["broken.com"]
    assert "DNS has no address for gone.com (nxdomain)" in said["gone.com"]
    assert result["reached"] == [] and all(entry["status"] is None for entry in result["probes"])


def test_ipv6_goes_first_and_ipv4_where_nobody_is_there(probe: Probe) -> None:
    probe.site.on(CLIENT)
    probe.dns.point(CLIENT, a=[HERE], aaaa=["::1"])
    assert probe(CLIENT)["reached"] == [CLIENT]


@pytest.mark.parametrize("reply", [{"act": "silent"}, {"act": "hang up"}, {"status": 404}])
def test_ipv4_is_not_tried_when_ipv6_takes_the_connection(probe: Probe, reply: dict[str, Any]) -> None:
    """Let's Encrypt does not either, so the order would fail."""
    probe.site.on(CLIENT, **reply)
    probe.dns.point(CLIENT, a=[HERE], aaaa=["::ffff:127.0.0.1"])
    assert probe(CLIENT, timeout=0.5)["reached"] == []
    assert probe.site.hosts() == [f"http://{CLIENT}"]


def test_redirects_into_zones_that_are_down_are_no_fault_of_the_resolver(probe: Probe) -> None:
    names = [f"n{number}.com" for number in range(4)]
    for name in names:
        probe.dns.point(name, a=[HERE])
        probe.dns.fault("servfail", f"broken-{name}")
        probe.site.on(name, status=302, location=f"http://broken-{name}:{probe.site.http}/")
    result = probe(*names)
    assert not result.failed, result["msg"]
    for entry in result["probes"]:
        assert f"DNS has no address for broken-{entry['name']} (servfail)" in entry["message"]


def test_a_location_in_utf_8_is_asked_for_as_it_is(probe: Probe) -> None:
    probe.site.on(CLIENT, status=302, location="/caf\u00e9?\u20ac".encode().decode("latin-1"))
    probe.one()
    assert probe.site.asked[1][2] == "/caf%C3%A9?%E2%82%AC"


def test_many_at_once_in_order_and_each_by_its_own_name(probe: Probe) -> None:
    names = [f"n{number:02}.com" for number in range(40)]
    for name in names:
        probe.dns.point(name, a=[HERE])
        if name != "n07.com":
            probe.site.on(name)
    result = probe(*reversed(names), concurrency=7)
    assert [entry["name"] for entry in result["probes"]] == names
    assert result["reached"] == [name for name in names if name != "n07.com"]
    assert sorted(probe.site.hosts()) == [f"http://{name}" for name in names]
    assert result["queries"] == len(probe.dns.journal)


def test_a_unicode_name_and_none(probe: Probe) -> None:
    probe.dns.point("xn--mllerei-n2a.de", a=[HERE])
    probe.site.on("xn--mllerei-n2a.de")
    assert probe("MÜLLEREI.de")["reached"] == ["xn--mllerei-n2a.de"]
    assert {key: probe()[key] for key in ("probes", "reached", "queries")} == {
        "probes": [],
        "reached": [],
        "queries": 0,
    }


def test_a_proxy_of_the_environment_is_not_asked(probe: Probe, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    probe.site.on(CLIENT)
    assert probe.one()["reached"]


def test_what_a_server_sends_stays_text(probe: Probe) -> None:
    probe.site.on(CLIENT, status=302, location="/\x1b[31m{{ 7*7 }}?\x07")
    found = probe.one()
    assert (
        found["message"].isprintable()
        and "\x1b" not in str(found)
        and "49" not in found["message"].replace(str(probe.site.http), "")
    )


def test_every_fault_is_told_at_once_and_nothing_is_asked(probe: Probe) -> None:
    result = probe(
        "under_score.com",
        "*.client.com",
        url_path="/wp-config.php",
        content="short",
        http_port=0,
        https_port=70000,
        nameservers=["ns.example.com"],
        dns_timeout=0,
        timeout=float("inf"),
        concurrency=0,
    )
    assert result.failed
    for words in (
        *(
            "'under_score.com': an underscore",
            "'*.client.com': a wildcard",
            "url_path must be a path below /.well-known/",
        ),
        *("content must be from 16 to 127", "http_port must be", "https_port must be", "nameservers: 'ns.example.com'"),
        *("dns_timeout must be", "timeout must be a finite", "concurrency must be from 1 to 100"),
    ):
        assert words in result["msg"]
    assert probe.dns.journal == [] and probe.site.asked == []


@pytest.mark.parametrize(
    "path", ["/.well-known/../wp-config.php", "/.well-known/", "/.well-known/a/.b", "/.well-known/a b"]
)
def test_a_path_stays_below_well_known(probe: Probe, path: str) -> None:
    assert "url_path must be" in probe(CLIENT, url_path=path)["msg"]


def test_a_resolver_that_does_not_work_is_an_error(probe: Probe) -> None:
    probe.dns.fault("refused", "")
    result = probe(CLIENT)
    assert result.failed and "No DNS resolver works" in result["msg"]


def test_return_lists_exactly_what_comes_back(probe: Probe) -> None:
    probe.site.on(CLIENT)
    documented = yaml.safe_load(plugin(f"modules.{MODULE}").RETURN)
    probe.dns.point(CLIENT, a=[HERE])
    result = probe(CLIENT)
    assert set(result) - {"changed", "invocation"} == set(documented)
    assert list(result["probes"][0]) == list(documented["probes"]["contains"])


def test_options_are_documented_with_their_types_and_defaults() -> None:
    module = plugin(f"modules.{MODULE}")
    documented = yaml.safe_load(module.DOCUMENTATION)["options"]
    assert set(documented) == set(module.OPTIONS)
    for name, option in module.OPTIONS.items():
        for key in ("type", "elements", "default", "required"):
            assert documented[name].get(key) == option.get(key), (name, key)


def test_the_sample_is_what_a_host_without_the_file_gets(probe: Probe) -> None:
    """But for the ports, which are not the usual ones here."""
    contents = yaml.safe_load(plugin(f"modules.{MODULE}").RETURN)["probes"]["contains"]
    probe.dns.point("shop.com", a=[HERE])
    probe.site.on("shop.com", status=301, location=f"https://shop.com:{probe.site.https}{PATH}")
    text = json.dumps(probe("shop.com")["probes"][0]).replace(f":{probe.site.https}", "")
    assert json.loads(text) == {key: about["sample"] for key, about in contents.items()}


@pytest.mark.parametrize(
    ("address", "may"),
    [
        *((own, True) for own in ("192.168.7.7", "8.8.8.8", "2606:4700::1", "::ffff:8.8.8.8", "64:ff9b::808:808")),
        *((private, False) for private in ("10.0.0.1", "127.0.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0")),
        *((private, False) for private in ("224.0.0.1", "::", "::1", "fe80::1", "fd00::1", "ff0e::1")),
        # An IPv4 address in the form of IPv6, as a tunnel (6to4) or a translator (NAT64) takes it.
        *((inside, False) for inside in ("::ffff:10.0.0.1", "2002:a00:1::1", "64:ff9b::a00:1", "64:ff9b:1::a00:1")),
    ],
)
def test_where_a_redirect_may_lead(address: str, may: bool) -> None:
    assert plugin("module_utils._acme_probe").may_ask([address], ["192.168.7.7"]) is may


@settings(deadline=None)
@given(st.text(max_size=200), st.sampled_from([301, 302, 307, 308]))
def test_any_location_is_followed_within_bounds_or_refused_in_words(location: str, status: int) -> None:
    module = plugin("module_utils._acme_probe")
    ports = module.Ports()
    place = module.start(CLIENT, PATH, ports)
    try:
        found = module.redirected(place, module.Answer("ok", status, location), [], ports)
    except module.BadRedirect as exc:
        assert str(exc).isprintable()
        return
    if found is None:
        assert location == ""
        return
    assert found.scheme in ("http", "https") and found.port in ports and found != place
    assert found.target.startswith("/") and found.target.isascii() and found.target.isprintable()
    assert " " not in found.target and found.host == found.host.lower()
