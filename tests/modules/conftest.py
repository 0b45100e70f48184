# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One emulator for all these tests, put back to its beginnings before each; nothing of the person's own environment."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.emulator import Emulator
from tests.modules import certs_world, dns_names, harness, memory, pem, ssl_world, tls_site
from tests.nameserver import RECURSIVE, Nameserver, running


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """No credentials, proxies, bundles or .netrc from outside; locks lie in a folder of the tests."""
    for name in (
        *(f"RUNCLOUD_API_{kind}" for kind in ("TOKEN", "KEY", "SECRET", "URL")),
        *("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"),
        *(f"{kind}_PROXY" for kind in ("HTTP", "HTTPS", "ALL", "NO")),
        *(f"{kind}_proxy" for kind in ("http", "https", "all", "no")),
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NETRC", os.devnull)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path_factory.getbasetemp() / "state"))
    # The turns of another test are not those of this one.
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("runtime")))


@pytest.fixture(scope="session")
def _clock() -> harness.Clock:
    return harness.Clock()


@pytest.fixture(scope="session")
def _server(_clock: harness.Clock) -> Iterator[Emulator]:
    with Emulator(clock=_clock.epoch) as emulator:
        yield emulator


@pytest.fixture(scope="session")
def _https() -> Iterator[Emulator]:
    with Emulator(https=True) as emulator:
        yield emulator


@pytest.fixture
def clock(_clock: harness.Clock, monkeypatch: pytest.MonkeyPatch) -> harness.Clock:
    """The clock of the emulator and of every module's client: nothing waits really."""
    _clock.reset()
    options = harness.plugin("module_utils._options")
    monkeypatch.setattr(options, "Client", functools.partial(options.Client, **_clock.arguments))
    return _clock


@pytest.fixture
def emu(_server: Emulator, clock: harness.Clock) -> Emulator:
    """The network's web app with its primary alone."""
    _server.reset()
    harness.seed(_server)
    return _server


@pytest.fixture
def https(_https: Emulator) -> Emulator:
    """The same with TLS by an authority of its own."""
    _https.reset()
    harness.seed(_https)
    return _https


@pytest.fixture
def run(emu: Emulator, clock: harness.Clock, capfd: pytest.CaptureFixture[str]) -> harness.Runner:
    """Runs a module against ``emu``."""
    return harness.Runner(emu, clock, capfd)


@pytest.fixture
def remembered(
    emu: Emulator, clock: harness.Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> memory.Remembered:
    """A state directory, and the tests' clock as the one by which the ledger counts."""
    monkeypatch.setattr(harness.plugin("modules.runcloud_domains"), "utc_now", clock.now)
    return memory.Remembered(emu, tmp_path / "networks" / "one")


@pytest.fixture(scope="session")
def _nameserver() -> Iterator[Nameserver]:
    with running() as server:
        yield server


@pytest.fixture
def dns(_nameserver: Nameserver, emu: Emulator) -> Nameserver:
    """Name servers that the emulated certificate authority asks; they know no name yet."""
    _nameserver.reset()
    emu.resolve_by(RECURSIVE, _nameserver.port)
    return _nameserver


@pytest.fixture
def lookup(run: harness.Runner, _nameserver: Nameserver) -> dns_names.Lookup:
    """Runs domain_dns_info against name servers that know nothing yet."""
    _nameserver.reset()
    return dns_names.Lookup(run, _nameserver)


@pytest.fixture
def here(emu: Emulator, dns: Nameserver) -> Emulator:
    """x.com with www in Basic mode; every name leads to the server."""
    ssl_world.world(emu, dns)
    return emu


@pytest.fixture(scope="session")
def _site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tls_site.Site]:
    folder = tmp_path_factory.mktemp("site")
    (folder / "root.crt").write_text(pem.root().pem)
    with tls_site.running(folder) as site:
        yield site


@pytest.fixture
def look(
    run: harness.Runner, clock: harness.Clock, _site: tls_site.Site, monkeypatch: pytest.MonkeyPatch
) -> tls_site.Look:
    """Runs tls_certificate_info, by the tests' clock, against a site that serves nothing yet."""
    _site.reset()
    monkeypatch.setattr(harness.plugin(f"modules.{tls_site.MODULE}"), "utc_now", clock.now)
    return tls_site.Look(run, _site)


@pytest.fixture
def certs(
    run: harness.Runner,
    emu: Emulator,
    dns: Nameserver,
    clock: harness.Clock,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[certs_world.Certs]:
    """Runs runcloud_certificates; no order may ever carry a name that the test did not point here."""
    monkeypatch.setattr(harness.plugin(f"modules.{tls_site.MODULE}"), "utc_now", clock.now)
    made = certs_world.Certs(run, emu, dns, clock, tmp_path)
    yield made
    assert {name for names in made.orders() for name in names} <= made.pointed
