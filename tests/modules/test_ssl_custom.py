# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""runcloud_ssl with a certificate of one's own: checked before it is sent, recognised afterwards, its key never shown."""

from __future__ import annotations

import socket
import ssl
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID

from tests.emulator import Emulator
from tests.modules import pem
from tests.modules.harness import APP, DOMAINS, NETWORK, Clock, Runner, columns, plugin, seed
from tests.nameserver import Nameserver

X = {"name": "x.com", "www": 1}
PATH = f"{DOMAINS}/702/ssl"
NAMES = ("x.com", "www.x.com")
SERVERS, CLIENTS = ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH


@pytest.fixture(autouse=True)
def judged_now(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Certificates are judged by the tests' clock."""
    monkeypatch.setattr(plugin("modules.runcloud_ssl"), "utc_now", clock.now)


@pytest.fixture
def app(emu: Emulator) -> Emulator:
    """x.com with www in Advanced mode; no DNS is needed for any of this."""
    seed(emu, X, webapps=[{"id": 2, "advancedSSL": True}])
    return emu


def leaks(text: str, *keys: str) -> bool:
    """Whether a line of a key stands in a text."""
    lines = {line for key in keys for line in key.splitlines() if line and "-----" not in line}
    return any(line in text for line in lines) or "SSLKEY-SECRET" in text


@pytest.mark.parametrize("version", ["v2", "v3"])
@pytest.mark.parametrize("body", ["documented", "object", "empty"])
def test_installed_and_recognised(run: Runner, app: Emulator, clock: Clock, version: str, body: str) -> None:
    app.switch(ssl_write_body=body)
    pair = pem.leaf(*NAMES)
    options = {"domain": "x.com", "api_version": version, **pem.options(pair), "verbosity": 4}
    check = run("ssl", **options, check=True, diff=True)
    assert check["changed"] and app.writes() == [] and check["certificate"]["valid_until"] == "2026-10-06T12:00:00Z"
    result = run("ssl", **options, diff=True)
    assert not result.failed and result["changed"] and result["ordered"] is False
    assert result["certificate"]["valid_until"] == "2026-10-06T12:00:00Z" and result["certificate"]["days_left"] == 80
    assert result["certificate"]["authorization_method"] is None and result["notes"] == []
    ((verb, path, sent),) = app.writes()
    assert (verb, path) == ("POST", PATH) and set(sent) == {
        *("provider", "enableHttp", "enableHsts", "certificate", "privateKey"),
    }
    assert sent["privateKey"] == pair.key_pem and clock.slept == []
    assert not leaks(check.output + result.output, pair.key_pem)
    again = run("ssl", **options)
    assert again["changed"] is False and len(app.writes()) == 1
    assert not leaks(again.output, pair.key_pem)


def test_a_twin_that_the_panel_does_not_take_is_seen_where_the_api_shows_it(run: Runner, app: Emulator) -> None:
    app.switch(patch_certificate="ignored")
    run("ssl", domain="x.com", **pem.options(pem.leaf(*NAMES)))
    result = run("ssl", domain="x.com", **pem.options(pem.leaf(*NAMES)), api_version="v2", wait_timeout=30)
    assert result.failed and "may not take a certificate in place" in result["msg"]


@pytest.mark.parametrize("version", ["v2", "v3"])
def test_the_next_one_replaces_it(run: Runner, app: Emulator, version: str) -> None:
    old, new = pem.leaf(*NAMES), pem.leaf(*NAMES, days=120)
    options: dict[str, Any] = {"domain": "x.com", "api_version": version}
    run("ssl", **options, **pem.options(old))
    result = run("ssl", **options, **pem.options(new))
    assert not result.failed and result["certificate"]["valid_until"] == "2026-11-05T12:00:00Z"
    (_post, (verb, path, sent)) = app.writes()
    assert (verb, path, set(sent)) == ("PATCH", f"{PATH}/55", {"certificate", "privateKey"})
    assert not leaks(result.output, old.key_pem, new.key_pem)


def test_a_setting_is_changed_without_sending_the_key_again(run: Runner, app: Emulator) -> None:
    options = {"domain": "x.com", **pem.options(pem.leaf(*NAMES))}
    run("ssl", **options)
    assert run("ssl", **options, enable_hsts=True)["certificate"]["enable_hsts"] is True
    assert app.writes()[1] == ("PATCH", f"{PATH}/55", {"enableHsts": True})


def test_a_twin_with_the_same_end_is_only_recognised_where_the_api_shows_it(run: Runner, app: Emulator) -> None:
    run("ssl", domain="x.com", **pem.options(pem.leaf(*NAMES)))
    twin = pem.options(pem.leaf(*NAMES))
    assert run("ssl", domain="x.com", **twin)["changed"] is False
    assert run("ssl", domain="x.com", **twin, api_version="v2")["changed"] is True
    assert run("ssl", domain="x.com", **twin, api_version="v2")["changed"] is False


def test_a_panel_that_takes_none_in_place(run: Runner, app: Emulator, clock: Clock) -> None:
    app.switch(patch_certificate="ignored")
    run("ssl", domain="x.com", **pem.options(pem.leaf(*NAMES)))
    new = pem.leaf(*NAMES, days=120)
    result = run("ssl", domain="x.com", **pem.options(new), wait_timeout=30)
    assert result.failed and result["changed"] and "may not take a certificate in place" in result["msg"]
    assert "state: absent" in result["msg"] and not leaks(result.output, new.key_pem)
    # The log is about orders; a line of another matter must not end the wait.
    assert not any(entry.path.endswith("/log") for entry in app.journal)
    run("ssl", domain="x.com", state="absent")
    assert not run("ssl", domain="x.com", **pem.options(new)).failed


def test_a_lost_answer(run: Runner, app: Emulator) -> None:
    app.fault(method="POST", action="drop_after")
    result = run("ssl", domain="x.com", **pem.options(pem.leaf(*NAMES)))
    assert not result.failed and result["certificate"]["issued"] and len(app.writes()) == 1


def test_visitors_meet_it(run: Runner, app: Emulator) -> None:
    pair = pem.leaf(*NAMES)
    run("ssl", domain="x.com", **pem.options(pair))
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with (
        socket.create_connection(("127.0.0.1", app.tls_port), timeout=10) as line,
        context.wrap_socket(line, server_hostname="www.x.com") as met,
    ):
        assert met.getpeercert(binary_form=True) == pair.certificate.public_bytes(Encoding.DER)


# --- what is refused before it is sent ----------------------------------------------------------------------------------


def custom(pair: pem.Pair, *chain: pem.Pair, **more: str) -> dict[str, Any]:
    """Options with some replaced."""
    return {**pem.options(pair, *chain), **more}


def bad() -> list[Any]:
    """Each with the words that tell it."""
    good, other = pem.leaf(*NAMES), pem.leaf(*NAMES)
    middle, root = pem.intermediate(), pem.root()
    broken = good.pem.replace(good.pem.splitlines()[3], "A" * 64)
    return columns(
        [
            ("another key", custom(good, private_key=other.key_pem), "does not belong to certificate"),
            ("key encrypted", custom(good, private_key=good.locked()), "is encrypted"),
            (
                "key encrypted the old way",
                custom(good, private_key=good.locked(PrivateFormat.TraditionalOpenSSL)),
                "is encrypted",
            ),
            ("no key", custom(good, private_key="my secret key, not a PEM"), "private_key is no PEM key"),
            (
                "damaged key",
                custom(good, private_key=good.key_pem.replace(good.key_pem[60:70], "!" * 10)),
                "private_key cannot be read",
            ),
            ("no certificate", custom(good, certificate="hello"), "no PEM certificate"),
            ("damaged", custom(good, certificate=broken), "certificate cannot be read"),
            ("key inside", custom(good, certificate=good.pem + good.key_pem), "certificate holds a private key"),
            ("expired", custom(pem.leaf(*NAMES, start=-91)), "certificate expired at 2026-07-17 12:00 UTC"),
            ("ends now", custom(pem.leaf(*NAMES, start=-90)), "certificate expired at 2026-07-18 12:00 UTC"),
            ("not yet", custom(pem.leaf(*NAMES, start=1)), "not valid before 2026-07-19 12:00 UTC"),
            ("leaf last", custom(good, certificate=middle.pem + good.pem), "private_key belongs to number 2"),
            ("chain reversed", custom(good, root, middle), "number 1 was not issued by number 2"),
            ("gap in the chain", custom(good, middle, middle), "number 2 was not issued by number 3"),
            ("another www", custom(pem.leaf("x.com")), "certificate does not cover www.x.com"),
            ("two keys", custom(good, private_key=good.key_pem + other.key_pem), "holds several keys"),
            ("half a key", custom(good, private_key=good.key_pem[:100]), "private_key cannot be read"),
            ("short rsa", custom(pem.leaf(*NAMES, key=rsa.generate_private_key(65537, 1024))), "has 1024 bits"),
            ("odd curve", custom(pem.leaf(*NAMES, key=ec.generate_private_key(ec.SECP256K1()))), "curve secp256k1"),
            ("small curve", custom(pem.leaf(*NAMES, key=ec.generate_private_key(ec.SECP224R1()))), "curve secp224r1"),
            ("ed25519", custom(pem.leaf(*NAMES, key=ed25519.Ed25519PrivateKey.generate())), "browsers do not take"),
            ("sha1", custom(good, certificate=pem.SHA1), "number 1 is signed by sha1"),
            ("unknown curve", custom(good, certificate=pem.ODD_CURVE), "private_key does not belong to certificate"),
            ("names twice", custom(good, certificate=pem.twice_named(good)), "it names no host"),
            ("for clients", custom(pem.leaf(*NAMES, uses=(CLIENTS,))), "is not for servers"),
            ("other names", custom(pem.leaf("y.com")), "certificate does not cover x.com, www.x.com"),
            ("wildcard of another level", custom(pem.leaf("*.x.com")), "does not cover x.com."),
        ]
    )


@pytest.mark.parametrize(("options", "words"), bad())
def test_what_is_no_good_is_not_sent(run: Runner, app: Emulator, options: dict[str, Any], words: str) -> None:
    for check in (True, False):
        result = run("ssl", domain="x.com", **options, check=check, verbosity=4)
        assert result.failed and words in result["msg"]
        assert app.writes() == [] and not leaks(result.output, options["private_key"])
        assert app.journal == [] or "does not cover" in words


@pytest.mark.parametrize("options", [{"private_key": None}, {"state": "absent"}, {"provider": None}, {"domain": "x y"}])
def test_a_key_in_the_wrong_option_is_not_shown_either(run: Runner, app: Emulator, options: dict[str, Any]) -> None:
    pair, other = pem.leaf(*NAMES), pem.leaf(*NAMES)
    given = {"domain": "x.com", **custom(pair, private_key=other.key_pem), "certificate": pair.pem + pair.key_pem}
    result = run("ssl", **{**given, **options}, verbosity=4, diff=True)
    assert '"invocation"' in result.output and not leaks(result.output, pair.key_pem, other.key_pem)
    assert app.writes() == []


def test_a_panel_that_repeats_the_key_in_its_refusal(run: Runner, app: Emulator) -> None:
    pair = pem.leaf(*NAMES)
    for said in (pair.key_pem, pair.key_pem.replace("\n", ""), repr(pair.key_pem), pair.key_pem.splitlines()[1]):
        app.clear_faults()
        body = {"message": f"cannot use {said}", "errors": {"privateKey": [f"{said} is wrong"]}}
        app.fault(method="POST", action="status", status=422, body=body)
        result = run("ssl", domain="x.com", **pem.options(pair), verbosity=4)
        assert result.failed and "cannot use" in result["msg"] and not leaks(result.output, pair.key_pem)


def test_what_tools_put_around_a_key_is_not_sent(run: Runner, app: Emulator) -> None:
    pair = pem.leaf(*NAMES)
    text = "Bag Attributes\n    friendlyName: x\n" + pair.key_pem.replace("\n", "\r\n") + pair.pem + "trailing"
    result = run("ssl", domain="x.com", **custom(pair, private_key=text), verbosity=4)
    assert not result.failed and app.writes()[0][2]["privateKey"] == pair.key_pem
    assert not leaks(result.output, pair.key_pem)


@pytest.mark.parametrize(
    "pair",
    columns(
        [
            ("rsa", pem.leaf(*NAMES, key=rsa.generate_private_key(65537, 2048))),
            ("p-384", pem.leaf(*NAMES, key=ec.generate_private_key(ec.SECP384R1()), uses=(SERVERS, CLIENTS))),
            ("p-521", pem.leaf(*NAMES, key=ec.generate_private_key(ec.SECP521R1()))),
        ]
    ),
)
def test_keys_that_browsers_take(run: Runner, app: Emulator, pair: pem.Pair) -> None:
    assert run("ssl", domain="x.com", **pem.options(pair))["notes"] == []


def test_a_short_key_is_refused_and_does_not_mask_the_output(run: Runner, app: Emulator) -> None:
    options = {**pem.options(pem.leaf(*NAMES)), "private_key": "e"}
    result = run("ssl", domain="x.com", **options)
    assert result.failed and "private_key is no PEM key" in result["msg"] and "********" not in result["msg"]


def test_all_faults_at_once(run: Runner, app: Emulator) -> None:
    late = pem.leaf(*NAMES, start=-91)
    options = custom(late, pem.root(), private_key=pem.leaf("y.com").key_pem)
    told = run("ssl", domain="x y", **options)["msg"]
    assert all(words in told for words in ("domain: ", "does not belong", "expired", "wrong order"))


def test_a_wrong_signature_under_the_right_name(run: Runner, app: Emulator) -> None:
    namesake = pem.make("Intermediate", pem.root(), days=1000)
    result = run("ssl", domain="x.com", **pem.options(pem.leaf(*NAMES), namesake))
    assert result.failed and "number 1 was not issued by number 2" in result["msg"]


def test_basic_mode_needs_every_name_of_the_app(run: Runner, emu: Emulator) -> None:
    seed(emu, X)
    result = run("ssl", **pem.options(pem.leaf(*NAMES)))
    assert result.failed and f"does not cover {NETWORK}" in result["msg"] and emu.writes() == []
    assert not run("ssl", **pem.options(pem.leaf(NETWORK, "x.com", "*.x.com"))).failed
    assert [path for _verb, path, _body in emu.writes()] == [f"{APP}/ssl"]


def test_more_than_a_hundred_names_are_none_of_lets_encrypt_s_business(run: Runner, emu: Emulator) -> None:
    names = [f"n{number}.com" for number in range(110)]
    seed(emu, *names)
    assert not run("ssl", **pem.options(pem.leaf(NETWORK, *names))).failed


def test_a_missing_intermediate_is_told(run: Runner, app: Emulator) -> None:
    pair = pem.leaf(*NAMES)
    options: dict[str, Any] = {"provider": "custom", "certificate": pair.pem, "private_key": pair.key_pem}
    result = run("ssl", domain="x.com", **options)
    assert not result.failed and "no intermediate certificate" in result["notes"][0]


def test_files_put_together_without_line_ends(run: Runner, app: Emulator) -> None:
    pair = pem.leaf(*NAMES)
    glued = "subject=x.com\n" + pair.pem.strip().replace("\n", "\r\n") + pem.intermediate().pem.strip()
    assert not run("ssl", domain="x.com", **custom(pair, certificate=glued)).failed
    assert app.writes()[0][2]["certificate"] == pair.pem + pem.intermediate().pem


def test_a_self_signed_certificate_is_told(run: Runner, app: Emulator) -> None:
    pair = pem.make("x.com", names=NAMES)
    options: dict[str, Any] = {"provider": "custom", "certificate": pair.pem, "private_key": pair.key_pem}
    assert run("ssl", domain="x.com", **options)["notes"] == ["certificate is self-signed: browsers do not trust it."]


def test_names_in_other_letters(run: Runner, app: Emulator) -> None:
    assert not run("ssl", domain="x.com", **pem.options(pem.leaf("X.com", "WWW.x.COM"))).failed


def test_in_place_of_lets_encrypt_s(run: Runner, app: Emulator, dns: Nameserver) -> None:
    app.put_certificate(2, "x.com")
    result = run("ssl", domain="x.com", **pem.options(pem.leaf(*NAMES)))
    assert result.failed and "provider is letsencrypt and should be custom" in result["msg"] and app.writes() == []


def test_without_the_library(run: Runner, app: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plugin("module_utils._pem"), "CRYPTOGRAPHY_ERROR", "Traceback: none")
    module = plugin("modules.runcloud_ssl")
    told: dict[str, Any] = {}

    def fail(self: Any, **result: Any) -> None:
        told.update(result)
        raise SystemExit(1)

    monkeypatch.setattr(module.AnsibleModule, "fail_json", fail)
    with pytest.raises(SystemExit):
        _call(module, run, pem.options(pem.leaf(*NAMES)))
    assert "cryptography" in told["msg"] and app.journal == []


def _call(module: Any, run: Runner, options: dict[str, Any]) -> None:
    from ansible.module_utils.testing import patch_module_args

    given = {"api_url": run.emu.url, "api_token": run.emu.token, "server_id": 1, "webapp_id": 2, **options}
    with patch_module_args(given):
        module.main()


def test_other_kinds_of_keys(app: Emulator, run: Runner) -> None:
    pair = pem.leaf(*NAMES)
    assert isinstance(pair.key, ec.EllipticCurvePrivateKey)
    old = pair.key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()
    assert "BEGIN EC PRIVATE KEY" in old
    old = f"-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n{old}"
    assert not run("ssl", domain="x.com", **custom(pair, private_key=old)).failed
