# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is to be done about certificates, and why not: decided from plain data. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from ._api import Record, SslMode
from ._moments import text_of
from ._names import WWW, enumerated
from ._ssl import Certificate, Wish

# https://letsencrypt.org/docs/rate-limits/ and https://letsencrypt.org/docs/integration-guide/
MAX_NAMES = 100
# What the API can show of a wish; v3 shows neither the protocol nor HSTS of subdomains.
_COMPARED = (
    "authorization_method",
    "environment",
    "external_api",
    "enable_http",
    "enable_hsts",
    "enable_hsts_preload",
    "minimum_tls_version",
)
_FAILED = re.compile(
    r"fail|error|unable|cannot|could not|not found|invalid|denied|refused|rate.?limit|too many|paused|time.?out|unauthori[sz]ed|not issued",
    re.IGNORECASE,
)
_ABOUT_SSL = re.compile(r"\bssl\b|certificate|let'?s ?encrypt|acme", re.IGNORECASE)
_HOST = re.compile(r"(?<![\w-])([a-z0-9-]+\.)+[a-z]{2,}\b", re.IGNORECASE)
# Let's Encrypt's words (RFC 8555, section 6.7: rateLimited), and those of an account that may not ask for a name any more.
_EXHAUSTED = re.compile(r"rate.?limit|too many|paused|temporarily prevented", re.IGNORECASE)


class Refusal(Exception):
    """Nothing was written; the message says why."""


class Bundle(NamedTuple):
    """A custom certificate that was checked: its end and the fingerprint of its leaf."""

    not_after: datetime
    fingerprint: str


def misfit(mode: SslMode | None, domain: str | None) -> str:
    """Why the mode does not have such a certificate; empty when it does. None: the plan or the panel knows no Advanced SSL."""
    if domain is not None and mode is None:
        return (
            "%s: a domain has a certificate of its own only with Advanced SSL, and the panel refuses to say whether it is on: "
            "the plan does not seem to include it. Leave domain out for the web app's certificate." % domain
        )
    if domain is not None and mode is not None and not mode.advanced:
        return (
            "%s: the web app is in Basic mode, with one certificate for all its names. Leave domain out, or switch the mode "
            "with runcloud_ssl_mode." % domain
        )
    if domain is None and mode is not None and mode.advanced:
        return (
            "The web app is in Advanced mode, with a certificate for each domain: name one with domain. "
            "A Basic install would make an object that nobody is shown."
        )
    return ""


def find(domain: str, records: Sequence[Record]) -> tuple[Record | None, str]:
    """The record of a domain, and where there is none, what a person should know."""
    by_name = {record.name: record for record in records}
    if domain in by_name:
        return by_name[domain], ""
    parent = by_name.get(domain[len(WWW) :]) if domain.startswith(WWW) else None
    if parent and parent.www:
        return None, "%s is served by the record %s: give that name." % (domain, parent.name)
    return None, "%s is not on the web app: add it first (runcloud_domain)." % domain


def choose(known: Sequence[tuple[int, str]], wanted: str) -> int:
    """The number of an external API by its number or label, of those with number and label; raises Refusal."""
    found = [number for number, _label in known if str(number) == wanted]
    found = found or [number for number, label in known if label == wanted]
    if len(found) == 1:
        return found[0]
    labels = ", ".join("%s (%d)" % (label, number) for number, label in known) or "none"
    if found:
        raise Refusal(
            "external_api: %d are called %s: give the number. Those to be seen: %s." % (len(found), wanted, labels)
        )
    raise Refusal("external_api: there is no %s. Those to be seen: %s." % (wanted, labels))


def differences(wish: Wish, found: Certificate) -> dict[str, tuple[Any, Any]]:
    """Field to what it is and what it should be, for what is given and what the API shows."""
    pairs = {field: (getattr(found, field), getattr(wish, field)) for field in _COMPARED}
    return {field: pair for field, pair in pairs.items() if None not in pair and pair[0] != pair[1]}


def renewed(bundle: Bundle, found: Certificate, fingerprint: str | None) -> bool:
    """Whether the panel holds another certificate than this one.

    :arg fingerprint: of what the panel shows, where it shows it. v3 does not; then the end decides, and since the panel names no
        zone, a day makes no difference.
    """
    if fingerprint is not None:
        return fingerprint != bundle.fingerprint
    return found.valid_until is None or abs(found.valid_until - bundle.not_after) > timedelta(days=1)


def decide(
    state: str, wish: Wish, found: Certificate | None, bundle: Bundle | None, fingerprint: str | None
) -> tuple[list[str], str]:
    """The writes that are needed (install, change, redeploy, remove) in their order, and why there must be none."""
    if state == "absent":
        return (["remove"] if found else []), ""
    if found is None:
        return ["install"], ""
    # These two are of Let's Encrypt alone; on another certificate they would be passed over in silence.
    implied = "letsencrypt" if wish.authorization_method or wish.environment else None
    provider = wish.provider or implied
    if provider not in (None, found.provider):
        return [], _fixed("provider", found.provider, str(provider))
    if state == "redeployed" and found.provider != "letsencrypt":
        return [], "Only a Let's Encrypt certificate can be ordered anew; the one there is %s." % found.provider
    changed = differences(wish, found)
    if "environment" in changed:
        return [], _fixed("environment", *map(str, changed["environment"]))
    steps = ["change"] if changed or (bundle and renewed(bundle, found, fingerprint)) else []
    return steps + (["redeploy"] if state == "redeployed" else []), ""


def _fixed(field: str, present: str, wanted: str) -> str:
    # No documented call does.
    return (
        "%s is %s and should be %s, which the API cannot change in place. Remove the certificate first (state: absent) and install "
        "the new one; until that is there visitors have none." % (field, present, wanted)
    )


def hosts(records: Iterable[Record]) -> list[str]:
    """Every name that an order for these records carries."""
    return [host for record in records for host in record.hosts()]


def unorderable(names: Sequence[str], method: str, basic: bool) -> list[str]:
    """Why Let's Encrypt would refuse an order for these names whatever DNS says."""
    stops = []
    if len(names) > MAX_NAMES:
        stops.append(
            "The web app serves %d names (www. counts), and Let's Encrypt puts at most %d on one certificate: switch www off where "
            "nobody uses it, or move to Advanced SSL (runcloud_ssl_mode)." % (len(names), MAX_NAMES)
        )
    stars = [name for name in names if name.startswith("*.")]
    if stars and method == "http-01":
        stops.append(
            "%s: a wildcard is validated by dns-01 alone%s."
            % (enumerated(stars), "; on one certificate with the others it makes the whole order fail" if basic else "")
        )
    return stops


def arrived(
    steps: Sequence[str],
    before: Certificate | None,
    after: Certificate | None,
    bundle: Bundle | None,
    fingerprint: str | None = None,
) -> bool:
    """Whether the certificate that was asked for is really there: a new number or moved dates, not only an accepted order.

    :arg fingerprint: of the custom certificate that the panel shows, where it shows it.
    """
    if after is None or not after.issued:
        return False
    if "redeploy" in steps and before is not None:
        return after.id != before.id or after.stamps != before.stamps
    if "change" in steps and bundle is not None:
        return not renewed(bundle, after, fingerprint)
    return True


def telling(lines: Iterable[tuple[int, str]], since: int, domain: str | None) -> list[str]:
    """The lines of the panel's log since an order that are about it, newest first. Their wording is not documented.

    A line that names other hosts alone is about those.
    """
    newer = [text for number, text in lines if number > since]
    if domain is None:
        return [text for text in newer if _ABOUT_SSL.search(text)]
    named = re.compile(r"(?<![a-z0-9.-])(www\.)?%s(?![a-z0-9-]|\.[a-z])" % re.escape(domain), re.IGNORECASE)
    return [text for text in newer if named.search(text) or (_ABOUT_SSL.search(text) and not _HOST.search(text))]


def failing(lines: Iterable[str]) -> list[str]:
    """Those that tell of a failure; the words that a host name is made of do not count."""
    return [text for text in lines if _FAILED.search(_HOST.sub(" ", text))]


def exhausted(text: str) -> bool:
    """Whether a line tells of a limit of Let's Encrypt; the words that a host name is made of do not count."""
    return _EXHAUSTED.search(_HOST.sub(" ", text)) is not None


def remarks(found: Certificate | None, now: datetime) -> list[str]:
    """What a person should know about a certificate that is there: the panel's renewal fails in silence."""
    if found is None or not found.issued:
        return []
    notes = []
    if found.environment == "staging":
        notes.append("the certificate is of Let's Encrypt's staging environment: browsers do not trust it.")
    if found.valid_until and found.valid_until <= now:
        notes.append("the certificate ended at %s." % found.valid_until.strftime("%Y-%m-%d %H:%M UTC"))
    if found.provider == "letsencrypt" and found.renewal_date and now - found.renewal_date > timedelta(days=1):
        notes.append(
            "the panel's renewal was due at %s and has not come: see the web app's log, mend the cause, then run with state: redeployed."
            % found.renewal_date.strftime("%Y-%m-%d %H:%M UTC")
        )
    return notes


def as_dict(found: Certificate | None, domain: str | None, now: datetime) -> dict[str, Any] | None:
    """A certificate as modules return it; the number is null where check mode foresees it."""
    if found is None:
        return None
    told = found._asdict()
    for internal in ("pem", "stamps"):
        del told[internal]
    for field in ("valid_until", "renewal_date"):
        told[field] = told[field] and text_of(told[field])
    return dict(told, id=found.id or None, domain=domain, issued=found.issued, days_left=found.days_left(now))


def foreseen(steps: Sequence[str], wish: Wish, found: Certificate | None, bundle: Bundle | None) -> Certificate | None:
    """What the writes would leave; dates are only known of a custom certificate."""
    if "remove" in steps:
        return None
    if "install" in steps:
        provider = wish.provider or "letsencrypt"
        ours = provider == "letsencrypt"
        found = Certificate(
            0,
            provider,
            authorization_method=(wish.authorization_method or "http-01") if ours else None,
            environment=(wish.environment or "live") if ours else None,
            enable_http=bool(wish.enable_http),
            enable_hsts=bool(wish.enable_hsts),
        )
    if found is None or not steps:
        return found
    given = {field: getattr(wish, field) for field in _COMPARED if getattr(wish, field) is not None}
    found = found._replace(**given)
    if bundle is not None:
        found = found._replace(valid_until=bundle.not_after, stamps=(str(bundle.not_after), ""))
    return found


def line(found: Certificate | None) -> str:
    """One line for a diff."""
    if found is None:
        return "no certificate\n"
    parts = [found.provider, found.authorization_method, found.environment]
    parts += [
        "%s %s" % (words, "on" if value else "off")
        for words, value in (("plain http", found.enable_http), ("HSTS", found.enable_hsts))
        if value is not None
    ]
    parts += [found.minimum_tls_version, "valid until %s" % found.valid_until if found.valid_until else None]
    return "%s\n" % ", ".join(part for part in parts if part)
