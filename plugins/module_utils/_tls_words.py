# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A verdict on what a host shows, as a result has it and in words for a person. Pure."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from ._moments import text_of
from ._names import enumerated
from ._tls import Certificate, Page, Rules, Verdict

_UNREACHABLE = {
    "refused": "%(place)s refuses the connection. Check that the web server runs and that its firewall lets port %(port)d in.",
    "timeout": "%(place)s gives no answer in time. Check the address in DNS and the firewall for port %(port)d.",
    "no_route": "there is no way from this machine to %(place)s (%(detail)s). Check the network of this machine, or ask from another one.",
    "reset": "%(place)s cuts the connection before it shows a certificate. Check the firewall before the web server.",
    "error": "%(place)s cannot be reached (%(detail)s).",
    "no_address": "it has no address in DNS. Set its A record first.",
    "dns": "the resolver of this machine fails (%(detail)s). Check its DNS, or give the address.",
}
_NO_CERTIFICATE = {
    "alert": "%(place)s has no certificate for it (TLS alert: %(detail)s).",
    "no_tls": "%(place)s answers without TLS, for example by plain HTTP. Let the web server use TLS on port %(port)d.",
    "handshake": "%(place)s offers no TLS that browsers accept (%(detail)s).",
    "unreadable": "%(place)s shows a certificate that cannot be read.",
}
_PAGES = {
    "timeout": "gave no answer in time",
    "reset": "gave no answer before the connection was cut",
    "no_http": "gave an answer that is not HTTP",
}
# https://developers.cloudflare.com/support/troubleshooting/http-status-codes/cloudflare-5xx-errors/
_BEHIND = {
    **dict.fromkeys((521, 522, 523, 524), "the proxy does not reach the server"),
    525: "the TLS handshake between the proxy and the server fails",
    526: "the proxy does not accept the server's own certificate",
}


def fact(host: str, verdict: Verdict, rules: Rules, port: int) -> dict[str, Any]:
    """The entry of a host in the result."""
    shown, leaf = verdict.shown, verdict.leaf
    return {
        "name": host,
        "state": verdict.state,
        "ok": verdict.ok,
        "faults": list(verdict.faults),
        "reason": shown.reason or None,
        "message": message(host, verdict, rules, port),
        "address": shown.address,
        "names": list(leaf.names) if leaf else [],
        "subject": leaf.subject if leaf else None,
        "issuer": leaf.issuer if leaf else None,
        "serial": leaf.serial if leaf else None,
        "not_before": text_of(leaf.not_before) if leaf else None,
        "not_after": text_of(leaf.not_after) if leaf else None,
        "days_left": days(leaf.not_after - rules.now) if leaf else None,
        "lifetime_days": days(leaf.lifetime) if leaf else None,
        "fingerprint": leaf.fingerprint if leaf else None,
        "chain": [
            {"subject": one.subject, "issuer": one.issuer, "not_after": text_of(one.not_after)} for one in verdict.chain
        ],
        "chain_ok": verdict.chain_ok if leaf else None,
        "http": shown.page._asdict() if shown.page else None,
    }


def days(span: timedelta) -> float:
    """To a tenth, because some certificates live for six days."""
    return round(span.total_seconds() / 86400, 1)


def message(host: str, verdict: Verdict, rules: Rules, port: int) -> str:
    """What visitors of a host see, and what to do."""
    sentences = [_certificate(host, verdict, rules, port)]
    if verdict.shown.page:
        sentences.append(_page(verdict.shown.page, verdict.state == "proxied"))
    return " ".join(sentence for sentence in sentences if sentence)


def _certificate(host: str, verdict: Verdict, rules: Rules, port: int) -> str:
    text = "%s: %s" % (host, _state(host, verdict, rules, port))
    if verdict.state == "proxied":
        lead = "%s is behind a proxy (%s), so nothing is known of the server's own certificate. What the proxy shows: "
        text = lead % (host, verdict.shown.address) + _state(host, verdict, rules, port)
    return text


def _state(host: str, verdict: Verdict, rules: Rules, port: int) -> str:
    shown, leaf = verdict.shown, verdict.leaf
    if leaf is None:
        words = _UNREACHABLE if verdict.faults[0] == "unreachable" else _NO_CERTIFICATE
        place = "%s port %d" % (shown.address, port)
        return words[shown.reason] % {"place": place, "port": port, "detail": shown.detail}
    fault = verdict.faults[0] if verdict.faults else "valid"
    text = _FAULTS[fault](host, leaf, verdict, rules)
    more = [_ALSO[also] for also in verdict.faults[1:] if also in _ALSO]
    return text + (" That certificate is also %s." % " and ".join(more) if more else "")


def _until(leaf: Certificate, rules: Rules) -> str:
    return "until %s (%s days left of %s)" % (
        text_of(leaf.not_after),
        days(leaf.not_after - rules.now),
        days(leaf.lifetime),
    )


def _valid(_host: str, leaf: Certificate, _verdict: Verdict, rules: Rules) -> str:
    return "a valid certificate from %s, good %s." % (leaf.issued_by, _until(leaf, rules))


def _expiring(_host: str, leaf: Certificate, _verdict: Verdict, rules: Rules) -> str:
    text = "its certificate from %s is good %s, and should have been renewed by now. Look why the renewal fails."
    return text % (leaf.issued_by, _until(leaf, rules))


def _expired(_host: str, leaf: Certificate, _verdict: Verdict, rules: Rules) -> str:
    text = "its certificate from %s expired at %s, %s days ago. Look why the renewal fails, then issue it again."
    return text % (leaf.issued_by, text_of(leaf.not_after), days(rules.now - leaf.not_after))


def _not_yet_valid(_host: str, leaf: Certificate, _verdict: Verdict, _rules: Rules) -> str:
    text = "its certificate from %s is not valid before %s. Check the clocks of the server and of this machine."
    return text % (leaf.issued_by, text_of(leaf.not_before))


def _name_mismatch(host: str, leaf: Certificate, _verdict: Verdict, _rules: Rules) -> str:
    whose = "for " + enumerated(leaf.names, 5) if leaf.names else "that names no host (%s)" % leaf.title
    return "another site answers, with a certificate %s. %s has none of its own there." % (whose, host)


def _self_signed(_host: str, leaf: Certificate, _verdict: Verdict, _rules: Rules) -> str:
    return "its certificate (%s) is signed by itself, so no browser trusts it. Issue one." % leaf.title


def _incomplete_chain(_host: str, leaf: Certificate, _verdict: Verdict, _rules: Rules) -> str:
    text = "the server sends its certificate without that of the issuer (%s), so many visitors do not trust it. Install it with its chain."
    return text % leaf.issued_by


def _untrusted_chain(_host: str, leaf: Certificate, verdict: Verdict, _rules: Rules) -> str:
    if verdict.dated:
        text = "the certificate of its issuer (%s) is out of date: valid from %s to %s. Install the current chain."
        return text % (verdict.dated.title, text_of(verdict.dated.not_before), text_of(verdict.dated.not_after))
    if "(STAGING)" in leaf.issuer:
        return (
            "its certificate comes from Let's Encrypt's staging environment, which no browser trusts. Issue a live one."
        )
    return "its certificate comes from %s, which is not trusted (%s)." % (leaf.issued_by, verdict.shown.detail)


def _page(page: Page, proxied: bool) -> str:
    if page.error:
        return "The page %s." % _PAGES.get(page.error, "gave no answer (%s)" % page.error)
    if page.status is None or page.status < 400:
        return ""
    behind = _BEHIND.get(page.status) if proxied else None
    return "The page answers HTTP %d%s." % (page.status, ": " + behind if behind else "")


_FAULTS = {
    "valid": _valid,
    "expiring": _expiring,
    "expired": _expired,
    "not_yet_valid": _not_yet_valid,
    "name_mismatch": _name_mismatch,
    "self_signed": _self_signed,
    "incomplete_chain": _incomplete_chain,
    "untrusted_chain": _untrusted_chain,
}
_ALSO = {
    "self_signed": "signed by itself",
    "expired": "expired",
    "not_yet_valid": "not valid yet",
    "incomplete_chain": "sent without that of its issuer",
    "untrusted_chain": "from an authority that is not trusted",
}
