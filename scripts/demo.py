#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 the wpmultisite.runcloud authors
"""The main job, to watch: a multisite converges on an emulated panel, stays there, drifts, is found out and repaired; what
is ours and what is not; a customer leaves; a mess is undone; an existing app is taken over; a customer's DNS decides; every name
that can have a certificate gets one; a timer brings the next customer.

Everything is as in real use: the installed collection's playbook, a real HTTP server, a snapshot document as the module
``multisite_info`` gives it. Only RunCloud is the emulator of ``tests/emulator``, and the DNS is that of ``tests/nameserver``.
"""

from __future__ import annotations

import json
import os
import socket
import ssl
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from scripts.demo_onboard import ONBOARDING, onboard  # noqa: E402 (the path is set above)
from tests.emulator import Remote  # noqa: E402
from tests.nameserver import RECURSIVE, Nameserver, running  # noqa: E402

SERVER, WEBAPP = 1903, 646
REPORT = ROOT / "build/report"
NETWORK = "orchard-sites.com"
FOREIGN = "intranet.handmade.io"
SUB_SITE = f"bakery.{NETWORK}"
UNWANTED = {FOREIGN, "closed-gallery.com", "left-last-year.com"}
LATE, FORBIDDEN = "late-mover.com", "caa-bank.com"
TODAY = "bike-repair.nl"
NEW, HERE, ELSEWHERE = "garden-centre.dk", "203.0.113.10", "198.51.100.7"
PURGE = ("-e", '{"multisite_domains_purge": true}')
A_DAY_LATER = ("-e", '{"multisite_domains_purge": true, "multisite_domains_grace_period": 0}')


def chapter(number: int, title: str, text: str) -> None:
    """A heading and what to look at."""
    print(f"\n{'=' * 100}\n{number}. {title}\n{'=' * 100}")
    print(textwrap.fill(text, 100), flush=True)


def mapping(number: int, domain: str) -> dict[str, Any]:
    """A row of the multisite for a customer who came today."""
    return {
        "id": number,
        "blog_id": 17,
        "domain": domain,
        "active": 1,
        "primary": int(domain == NEW),
        "secure": 0,
        "stage": "checking-dns",
    }


class Demo:
    """The emulator, an inventory for it, and the playbook."""

    def __init__(self, folder: Path, ready: dict[str, Any]) -> None:
        self.panel = Remote(ready["url"])
        self.visitors = {"port": ready["tls_port"], "ca": ready["tls_ca"]}
        self.folder = folder
        self.environment = os.environ | {
            "XDG_STATE_HOME": str(folder / "state"),
            "RUNCLOUD_API_TOKEN": ready["token"],
            "RUNCLOUD_API_URL": ready["url"],
            "ANSIBLE_DISPLAY_SKIPPED_HOSTS": "false",
            "ANSIBLE_FORCE_COLOR": "true" if sys.stdout.isatty() else "false",
        }
        self.inventory = folder / "inventory.yml"
        self.snapshot = folder / "snapshot.yml"
        self.snapshot.write_text((ROOT / "scripts/demo/snapshot.yml").read_text(encoding="utf-8"), encoding="utf-8")
        self.variables = {
            "runcloud_server_id": SERVER,
            "runcloud_webapp_id": WEBAPP,
            "multisite_domains_source": "file",
            "multisite_domains_file": str(self.snapshot),
            "multisite_domains_extra_domains": ["status.orchard-agency.com"],
            "multisite_domains_write_interval": 0,
            # Nobody's DNS knows these names; the last chapters have a DNS of their own.
            "multisite_domains_dns": False,
        }
        self.write_inventory()

    def write_inventory(self) -> None:
        """The inventory, with the variables of now."""
        inventory = {"multisites": {"hosts": {NETWORK: self.variables}}}
        self.inventory.write_text(json.dumps(inventory, indent=2), encoding="utf-8")

    def play(self, playbook: str, *arguments: str, status: int = 0) -> None:
        """Run a playbook; another exit status ends the demo."""
        words = [f"wpmultisite.runcloud.{playbook}", *arguments]
        print(f"\n$ ansible-playbook -i inventory.yml {' '.join(words)}", flush=True)
        self.panel.clear_journal()
        command = ["ansible-playbook", "-i", str(self.inventory), *words]
        ended = subprocess.run(command, env=self.environment, check=False, cwd=ROOT).returncode
        if ended != status:
            raise SystemExit(f"the demo expected exit status {status}, not {ended}")

    def map_domains(self, change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]]) -> None:
        """Change the rows of mapped domains in the multisite."""
        document = yaml.safe_load(self.snapshot.read_text(encoding="utf-8"))
        document["mappings"] = change(document["mappings"])
        document["counts"]["mappings"] = len(document["mappings"])
        self.snapshot.write_text(yaml.safe_dump(document), encoding="utf-8")

    def records(self) -> dict[str, tuple[Any, ...]]:
        """Name → flags of the web app's records."""
        return {row["name"]: (row["type"], row["www"], row["redirection"]) for row in self.panel.domains(WEBAPP)}

    def expect(self, fact: bool, text: str) -> None:
        """Say what holds; if it does not, the demo ends."""
        if not fact:
            raise SystemExit(f"the demo expected: {text}")
        print(f"Checked: {text}", flush=True)

    def show_panel(self) -> None:
        """The web app's records."""
        rows = sorted(self.panel.domains(WEBAPP), key=lambda row: str(row["name"]))
        print(f"\nRunCloud, web app orchard: {len(rows)} records")
        for row in rows:
            flags = f"{row['type']:8} www {'on ' if row['www'] else 'off'}  redirection {row['redirection']}"
            print(f"  {row['name']:32} {flags}")
        sys.stdout.flush()

    def writes(self) -> int:
        """How many requests of the last run were not a GET."""
        return sum(entry["method"] != "GET" for entry in self.panel.journal)

    def expect_writes(self, wanted: int) -> None:
        """Say how many writes reached the panel; anything but the number that the text promises ends the demo."""
        found = self.writes()
        print(f"\nThe panel's own journal: {len(self.panel.journal)} requests, {found} of them writes.", flush=True)
        if found != wanted:
            raise SystemExit(f"the demo expected {wanted} writes")

    def run(self) -> None:
        """All chapters."""
        chapter(
            1,
            "The panel before",
            "A web app that is partly right: the network's domain and its wildcard, three customers, one name in its "
            "old www form, an archived site, a customer who left, and a record that somebody made by hand.",
        )
        self.show_panel()
        chapter(
            2,
            "Converge",
            "The multisite's list is resolved and the web app made to match. Sub-sites are covered by the wildcard; what "
            "cannot be a host name is rejected with its reason; nothing that is there is changed or removed. The inventory:",
        )
        print(self.inventory.read_text(encoding="utf-8"))
        self.play("converge")
        self.expect_writes(11)
        self.show_panel()
        chapter(3, "Once more", "The same run again finds nothing to do: one listing call, no write.")
        self.play("converge")
        self.expect_writes(0)
        chapter(
            4,
            "Drift",
            "Somebody removes two customers in the panel by mistake. Check mode with --diff finds it and writes nothing.",
        )
        for name in ("dental-practice-weber.de", "hotel-seeblick.at"):
            self.panel.drop_domain(WEBAPP, name)
        self.play("converge", "--check", "--diff")
        self.expect_writes(0)
        chapter(5, "Repaired", "The same command without --check puts both back, and nothing else.")
        self.play("converge")
        self.expect_writes(2)
        self.ownership()
        with running() as names:
            self.dns(names)
            self.certificates(names)
            self.report()
            self.by_itself(names)
        print("\nDone. README.md shows the same for your own network.")

    def ownership(self) -> None:
        """The chapters about what is ours."""
        chapter(
            6,
            "A mess, and the way back",
            "Somebody wipes four records, ours and others, and switches a redirection on. Before its first write the last run "
            "has stored the web app's listing. restore.yml shows its plan, puts that listing back, removes nothing (what was added "
            "since stays), and says for which names a certificate has to be issued again.",
        )
        (backup,) = sorted((self.folder / "state").glob(f"*/networks/{NETWORK}/backups/*.json"))[-1:]
        right = self.records()
        for name in ("cafe-lindgren.se", "closed-gallery.com", "kiosk-corner.com", FOREIGN):
            self.panel.drop_domain(WEBAPP, name)
        self.panel.edit_domain(WEBAPP, "optician-park.com", redirection="non-www")
        self.play("restore", "-e", f"multisite_domains_backup_file={backup}")
        self.expect_writes(5)
        self.expect(self.records() == right, "the records are those from before the mess")
        chapter(
            7,
            "Changed by hand",
            "Somebody switches a redirection on for kiosk-corner.com, which we added, and for intranet.handmade.io, which a "
            "person made. The first is ours and is repaired; the second is not, and is left as it is.",
        )
        for name in ("kiosk-corner.com", FOREIGN):
            self.panel.edit_domain(WEBAPP, name, redirection="non-www")
        self.play("converge")
        self.expect_writes(1)
        self.expect(self.records()["kiosk-corner.com"][2] == "none", "kiosk-corner.com is as we wrote it")
        self.expect(self.records()[FOREIGN][2] == "non-www", f"{FOREIGN} is untouched")
        chapter(
            8,
            "A customer leaves: the grace period",
            "insurance-broker.nl is deleted from the multisite. Purging is switched on, but one read is not enough, and a second "
            "one a moment later neither: the name is kept, and the summary says when it is due.",
        )
        self.map_domains(lambda rows: [row for row in rows if row["domain"] != "insurance-broker.nl"])
        for _ in range(2):
            self.play("converge", *PURGE)
            self.expect_writes(0)
        chapter(
            9,
            "A customer leaves: purged",
            "A day later (here the grace period is set to nothing instead) it is due. The multisite is read once more, and what "
            "that read does not hold either is removed. left-last-year.com is not ours: nothing removes it.",
        )
        before = set(self.records())
        self.play("converge", *A_DAY_LATER)
        self.expect_writes(1)
        self.expect(before - set(self.records()) == {"insurance-broker.nl"}, "one name is gone, and no other")
        chapter(
            10,
            "Taken over",
            "The plugin, or a person, made some of the records that the multisite wants. adopt.yml writes them into the ledger, "
            "and nothing to RunCloud. From now on they are ours too, as they are: the plan right after it is empty.",
        )
        self.play("adopt")
        self.expect_writes(0)
        self.play("converge")
        self.expect_writes(0)

    def dns(self, names: Nameserver) -> None:
        """The chapters about DNS."""
        for record in self.panel.domains(WEBAPP):
            if "*" not in record["name"]:
                names.point(record["name"], a=[HERE])
                names.point(f"www.{record['name']}", a=[HERE])
        self.variables |= {
            "multisite_domains_dns": True,
            # Certificates come in the chapters after these.
            "multisite_domains_ssl_policy": "none",
            "multisite_domains_dns_nameservers": [f"{RECURSIVE}:{names.port}"],
        }
        self.write_inventory()
        chapter(
            11,
            "DNS decides: not yet",
            f"A new customer, {NEW}, whose DNS is still at the old host. The web app has one certificate for all its names, and one "
            "name that does not point here would spoil it. So it waits, and the summary holds the record that the customer must set.",
        )
        row = mapping(19, NEW)
        self.map_domains(lambda rows: [*rows, row])
        names.point(NEW, a=[ELSEWHERE])
        self.play("converge")
        self.expect_writes(0)
        chapter(12, "DNS decides: now", "The customer has set the record. The next run adds the name.")
        names.point(NEW, a=[HERE])
        self.play("converge")
        self.expect_writes(1)
        self.expect(NEW in self.records(), f"{NEW} is on the web app")
        chapter(
            13,
            "Why is it not there?",
            "Of any name the row, the rule, DNS and the record that decided; nothing is written.",
        )
        self.play("explain", "-e", "host=judo-club.fr")
        self.expect_writes(0)

    def certificates(self, names: Nameserver) -> None:
        """The chapters about certificates."""
        chapter(
            14,
            "A certificate for each domain",
            "The web app has one certificate for all its names (Basic SSL), where a single name that is not ready stops the others. A switch to "
            "Advanced SSL drops what is there, so the module does it only while no visitor sees a valid certificate, or for who has counted them.",
        )
        self.module("runcloud_ssl_mode", server_id=SERVER, webapp_id=WEBAPP, mode="advanced")
        self.expect_writes(1)
        chapter(
            15,
            "Certificates",
            f"Two more customers: the DNS of {LATE} is still at the old host, and that of {FORBIDDEN} lets another authority alone issue certificates (CAA). "
            "Every name that is ready is ordered, all orders are waited for together, and then the control node looks at what visitors see. "
            "For the two nothing is ordered: an attempt that must fail counts at Let's Encrypt all the same.",
        )
        self.panel.resolve_by(RECURSIVE, names.port)
        names.point(SUB_SITE, a=[HERE])
        names.point(LATE, a=[ELSEWHERE])
        names.point(FORBIDDEN, a=[HERE], caa=['0 issue "digicert.com"'])
        self.map_domains(lambda rows: [*rows, mapping(20, LATE), mapping(21, FORBIDDEN)])
        self.variables |= {
            "multisite_domains_ssl_policy": "auto",
            "multisite_domains_ssl_wait_interval": 0.1,
            # The emulated web server stands on this machine.
            "multisite_domains_tls_connect_to": "127.0.0.1",
            "multisite_domains_tls_port": self.visitors["port"],
            "multisite_domains_tls_ca_path": self.visitors["ca"],
        }
        self.write_inventory()
        self.play("converge")
        self.expect_writes(18)
        self.expect_certificates({LATE, FORBIDDEN, SUB_SITE})
        chapter(
            16,
            "The sub-sites",
            f"A wildcard serves them, and its certificate is proved by a record in the zone of {NETWORK} (dns-01), which needs the DNS "
            "provider's credentials in the panel. A person orders it once; RunCloud renews it.",
        )
        dns01 = {"authorization_method": "dns-01", "external_api": "agency-dns", "wait_interval": 0.1}
        self.module("runcloud_ssl", server_id=SERVER, webapp_id=WEBAPP, domain=f"*.{NETWORK}", **dns01)
        self.expect_writes(1)
        self.expect_certificates({LATE, FORBIDDEN})
        chapter(
            17,
            "And they stay",
            "The same run again orders nothing, and says of the two what has to be done. RunCloud renews by itself; a run tells in time when a "
            "renewal will fail, or has failed.",
        )
        self.play("converge")
        self.expect_writes(0)
        self.expect_certificates({LATE, FORBIDDEN})

    def report(self) -> None:
        """The chapter about the report."""
        chapter(
            18,
            "Is all as it should be?",
            "Somebody removes one customer in the panel and switches a redirection on for another; and there is a second network, whose "
            "multisite cannot be read. drift.yml looks at every network and writes nothing to them, prints one table, leaves reports for people, CI "
            "and Prometheus, and ends with 2.",
        )
        self.panel.drop_domain(WEBAPP, "hotel-seeblick.at")
        self.panel.edit_domain(WEBAPP, "kiosk-corner.com", redirection="non-www")
        second = {**self.variables, "multisite_domains_file": str(self.folder / "nowhere.yml")}
        inventory = {"multisites": {"hosts": {NETWORK: self.variables, "second-network.com": second}}}
        self.inventory.write_text(json.dumps(inventory, indent=2), encoding="utf-8")
        self.play("drift", "-e", f"multisite_report_dir={REPORT}", status=2)
        self.expect_writes(0)
        status = json.loads((REPORT / "status.json").read_text(encoding="utf-8"))
        self.expect(
            status["networks"] == {NETWORK: "drift", "second-network.com": "error"},
            f"status.json says that {NETWORK} has drift and second-network.com could not be looked at",
        )
        print(
            f"\nFor people: {(REPORT / 'report.html').relative_to(ROOT)}; beside it are report.md, fleet.json, status.json and metrics.prom."
        )

    def by_itself(self, names: Nameserver) -> None:
        """The chapter about a run every two minutes."""
        self.variables["multisite_domains_full_check_every"] = 21600
        self.write_inventory()
        chapter(
            19,
            "By itself, every two minutes",
            "A timer runs the same playbook (the role reconcile_schedule sets it up). The first run mends what was found, and remembers that it has looked at "
            "everything. The next one finds the multisite as it was, and calls nobody.",
        )
        self.play("converge")
        self.expect_writes(3)
        self.play("converge")
        self.expect(len(self.panel.journal) == 0, "not a single request reached the panel")
        print(f"\nA customer maps {TODAY}; the run after that brings it to RunCloud, with its certificate.", flush=True)
        names.point(TODAY, a=[HERE])
        self.map_domains(lambda rows: [*rows, mapping(22, TODAY)])
        self.play("converge")
        self.expect_writes(2)
        self.expect(TODAY in self.records(), f"{TODAY} is on the web app")

    def module(self, name: str, **options: Any) -> None:
        """Call one module, as a person does."""
        words = " ".join(f"{key}={value}" for key, value in options.items())
        print(f"\n$ ansible localhost -m wpmultisite.runcloud.{name} -a '{words}'", flush=True)
        self.panel.clear_journal()
        command = ["ansible", "localhost", "-m", f"wpmultisite.runcloud.{name}", "-a", words]
        quiet = {"ANSIBLE_LOCALHOST_WARNING": "false", "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false"}
        subprocess.run(command, env=self.environment | quiet, check=True, cwd=ROOT)

    def expect_certificates(self, without: set[str]) -> None:
        """Shake hands for every name that the multisite wants, as a browser does; only these may show no certificate."""
        trust = ssl.create_default_context(cafile=self.visitors["ca"])
        served = [SUB_SITE, *(name for name in self.records() if "*" not in name and name not in UNWANTED)]
        dark = set()
        for name in served:
            try:
                with (
                    socket.create_connection(("127.0.0.1", self.visitors["port"]), timeout=10) as connection,
                    trust.wrap_socket(connection, server_hostname=name),
                ):
                    pass
            except ssl.SSLError:
                dark.add(name)
        self.expect(
            dark == without,
            f"visitors see a valid certificate for {len(served) - len(dark)} of {len(served)} names; not yet: {', '.join(sorted(without))}",
        )


def main() -> None:
    """Start the emulator beside the demo and stop it with it."""
    with tempfile.TemporaryDirectory(prefix="runcloud-demo-") as name:
        folder = Path(name)
        ready = folder / "ready.json"
        seed = ROOT / "scripts/demo/panel.yml"
        options = ["--port", "0", "--seed", str(seed), "--ready-file", str(ready)]
        emulator = subprocess.Popen(
            [sys.executable, "-m", "tests.emulator", *options], cwd=ROOT, stdout=subprocess.DEVNULL
        )
        try:
            until = time.monotonic() + 30
            while not ready.exists():
                if emulator.poll() is not None or time.monotonic() > until:
                    raise SystemExit("the emulator did not start")
                time.sleep(0.02)
            Demo(folder, json.loads(ready.read_text(encoding="utf-8"))).run()
            chapter(20, *ONBOARDING)
            onboard(folder)
        finally:
            emulator.terminate()
            emulator.wait()


if __name__ == "__main__":
    main()
