# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One run of runcloud_certificates: read, settle what earlier runs left open, decide, order, tell."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from ._api import App, Record, SslMode
from ._attempts import HALT, PATIENCE, Order
from ._attempts_file import Book
from ._certs import Decision, Rules, Site, Step, dead, sites, stands, under_way, unwanted, waits
from ._certs_advanced import advanced
from ._certs_basic import basic
from ._certs_input import Options
from ._certs_orders import Fate, Orders
from ._guards import surroundings
from ._lock import StateError
from ._names import enumerated
from ._result import api_calls
from ._ssl import Certificate, Ssl
from ._ssl_plan import Refusal, choose, exhausted, failing, telling
from ._state import State, remembered_network

# A plan without Advanced SSL may refuse that question each time; so does a panel that is out of order for a moment.
_UNTOLD = "Nothing was ordered: the panel refused to say whether the web app has Basic or Advanced SSL, and then %s. Run again."
_LISTS = ("valid", "pending", "waiting", "forbidden", "blocked", "ignored")


class Run:
    """``run`` gives the module's return values, with ``msg`` when it failed.

    It raises ApiError when reading failed, Refusal and StateError; then nothing was ordered by it, or the error says so.
    """

    def __init__(self, app: App, options: Options) -> None:
        self._app, self._ssl, self._client, self._options = app, Ssl(app), app.client, options
        self._book = Book(options.state_dir, app.target, not options.check_mode)
        self._log: list[tuple[int, str]] | None = None
        self._look_cost: int | None = None
        self._notes = [
            "An override is for %s, which is none of the domains; look whether it is misspelt." % name
            for name in options.strangers
        ]
        self._unremembered = ""

    def run(self) -> dict[str, Any]:
        """All of it."""
        options = self._options
        self._book.now = self._book.now.timely(self._client.now())
        told = self._ssl.mode()
        mode = told or SslMode(False, False)
        wish = options.wish
        if options.external_api is not None:
            # A label that nobody knows is told before anything else, and not on the day on which an order is due.
            wish = wish._replace(external_api=choose(self._ssl.external_apis(), options.external_api))
        records = self._app.records()
        known, waiting, ignored = sites(records, options.wants, self._owned(records))
        if mode.advanced:
            known = self._own_certificates(known)
            shared = None
        else:
            listing = self._ssl.listing()
            if told is None and listing.varied:
                raise Refusal(_UNTOLD % "shows a certificate for each domain as only Advanced SSL has them")
            shared = listing.shared()
        self._settle(known, shared, mode)
        decision = self._decide(known, shared, mode)
        decision.waiting.extend(waiting)
        decision.ignored.extend(ignored)
        stops = surroundings(self._app.server(), self._app.read(), []) if decision.steps else []
        fates: dict[str | None, Fate] = {}
        if decision.steps and not stops:
            if told is None and self._ssl.mode() is not None:
                raise Refusal(_UNTOLD % "tells it at a second question")
            if not options.check_mode:
                orders = Orders(self._ssl, self._client, self._book, wish, options, self._look_cost)
                orders.send(decision.steps)
                fates = orders.fates
                self._notes += [orders.stop] if orders.stop else []
                self._unremembered = orders.fault
        try:
            self._book.close(self._client.now(), {host for record in records for host in record.hosts()})
        except StateError as exc:
            self._unremembered = str(exc)
        return self._told(decision, fates, mode, stops)

    # -- what is known -------------------------------------------------------------------------------------------------

    def _owned(self, records: Sequence[Record]) -> list[str]:
        """The names whose records are ours by the ledger of the state directory."""
        folder = self._options.state_dir
        if folder is None or self._options.ownership != "ledger":
            return []
        ledger = State(folder, remembered_network(folder) or "", self._app.target).load()
        ours = ledger.owned() if ledger else {}
        return [record.name for record in records if record.name in ours and ours[record.name].id == record.id]

    def _own_certificates(self, known: list[Site]) -> list[Site]:
        """The sites with their own certificates. Where the panel does not list them, visitors decide whether it is asked at all."""
        before = self._client.calls["GET"]
        rows = self._ssl.listing().rows
        if rows is not None:
            self._look_cost = self._client.calls["GET"] - before
            listed = {row.domain_id: row.certificate for row in rows}
            return [
                site._replace(certificate=self._listed(site.record, listed)) if site.want else site for site in known
            ]
        return [self._asked(site) for site in known]

    def _listed(self, record: Record, listed: dict[int, Certificate | None]) -> Certificate | None:
        return listed[record.id] if record.id in listed else self._ssl.of(record.id)

    def _asked(self, site: Site) -> Site:
        hosts = site.record.hosts()
        if not _cared_for(site):
            return site._replace(asked=False)
        seen = self._options.seen
        if all(host in seen and seen[host].state == "valid" for host in hosts):
            return site._replace(asked=False)
        return site._replace(certificate=self._ssl.of(site.record.id))

    def _lines(self) -> list[tuple[int, str]]:
        """The web app's log, read once."""
        if self._log is None:
            self._log = self._ssl.log()
        return self._log

    # -- what earlier runs left ----------------------------------------------------------------------------------------

    def _settle(self, known: Sequence[Site], shared: Certificate | None, mode: SslMode) -> None:
        """Find out what became of earlier orders."""
        if not mode.advanced:
            hosts = tuple(host for site in known for host in site.record.hosts())
            self._settle_one(None, hosts, shared, True)
            return
        for site in known:
            if _cared_for(site):
                self._settle_one(site.record.name, site.record.hosts(), site.certificate, site.asked)

    def _settle_one(self, place: str | None, hosts: tuple[str, ...], found: Certificate | None, asked: bool) -> None:
        memory, now = self._book.now, self._client.now()
        order = memory.open(place)
        if order is not None:
            if not asked or _fulfilled(order, found):
                self._book.set(memory.issued(place, order.hosts))
                return
            lines = telling(self._lines(), order.log, place)
            if failing(lines[:1]):
                memory = memory.failed(place, order.hosts, order.at, lines[0])
                self._book.set(memory.halted(order.at + HALT, lines[0]) if exhausted(lines[0]) else memory)
            elif now - order.at >= PATIENCE:
                self._book.set(
                    memory.failed(place, order.hosts, order.at, "no certificate came, and no word in the panel's log")
                )
            return
        failures = [key for key in ([None] if place is None else hosts) if key in memory.failures]
        last = memory.last(place)
        if failures:
            # Somebody else, or the panel itself, has mended it.
            if not asked or (found and (_fulfilled(last, found) if last else not dead(found, now))):
                self._book.set(memory.issued(place, hosts))
        elif found is not None and not found.issued and under_way(found, place, memory, now) is None:
            self._book.set(memory.failed(place, hosts, now, "the panel has an order that brought no certificate"))

    # -- what to do ----------------------------------------------------------------------------------------------------

    def _rules(self) -> Rules:
        options = self._options
        others, faults = self._book.neighbours()
        self._notes += faults
        mine = self._book.now
        here = [mine, *(other for target, other in others if target == self._app.target)]
        app_orders = [order.at for one in here for order in one.orders if order.place is None]
        halts = [one.halt for one in (mine, *(other for _target, other in others)) if one.halt is not None]
        return Rules(
            now=self._client.now(),
            preflight=options.preflight,
            seen=options.seen,
            # Let's Encrypt's limits do not know networks apart.
            attempts=mine._replace(halt=max(halts, key=lambda halt: halt.until, default=None)),
            survived=self._book.survived,
            elsewhere=[order.at for _target, other in others for order in other.orders],
            app_order=max(app_orders, default=None),
            ownership=options.ownership,
            environment=options.wish.environment or "live",
            overdue=options.overdue,
            expiring=options.expiring,
            max_orders=options.max_orders,
            autossl_grace=timedelta(seconds=options.autossl_grace),
        )

    def _decide(self, known: Sequence[Site], shared: Certificate | None, mode: SslMode) -> Decision:
        rules = self._rules()

        def decide(by: Rules) -> Decision:
            return advanced(known, by, mode.auto) if mode.advanced else basic(known, shared, by)

        decision = decide(rules)
        # The log stands in for the memory that there is not, and says why AutoSSL brought nothing.
        if (decision.steps and not rules.survived) or (mode.advanced and mode.auto and decision.blocked):
            places: list[str | None] = [None] if not mode.advanced else [site.record.name for site in known]
            said = {place: telling(self._lines(), 0, place)[:1] for place in places}
            decision = decide(
                rules._replace(refusals={place: lines[0] for place, lines in said.items() if failing(lines)})
            )
        return decision

    # -- what came of it -----------------------------------------------------------------------------------------------

    def _told(
        self, decision: Decision, fates: dict[str | None, Fate], mode: SslMode, stops: Sequence[str]
    ) -> dict[str, Any]:
        lists: dict[str, list[dict[str, Any]]] = {name: list(getattr(decision, name)) for name in _LISTS}
        lists.update(issued=[], failures=[])
        orders = []
        for step in decision.steps:
            fate = fates.get(step.place, Fate("planned"))
            if fate.outcome != "unsent":
                orders.append(dict(step.as_dict(), outcome=fate.outcome))
            for name in decision.names[step.place]:
                self._enter(lists, name, step, fate, stops)
        sent = [order for order in orders if order["outcome"] != "planned"]
        told: dict[str, Any] = {name: sorted(rows, key=lambda row: str(row["name"])) for name, rows in lists.items()}
        told.update(
            changed=bool(sent) or (self._options.check_mode and bool(orders) and not stops),
            orders=[] if stops else orders,
            ssl_mode=mode._asdict(),
            check_mode=self._options.check_mode,
            api_calls=api_calls(self._client.calls),
        )
        told["notes"] = [*decision.warnings, *self._notes, *self._memory_note()]
        if self._options.diff:
            told["diff"] = _diff(told["orders"])
        if stops:
            return dict(told, msg="Nothing was ordered. %s" % " ".join(stops))
        faults = [
            "%s: %s." % (step.place or "The web app's certificate", fates[step.place].reason.rstrip("."))
            for step in decision.steps
            if step.place in fates and fates[step.place].outcome == "failed"
        ]
        if faults:
            told["msg"] = "%d of %d orders failed. %s" % (len(faults), len(sent), " ".join(faults))
        if self._unremembered:
            what = told.get("msg") or ("%d orders were sent." % len(sent) if sent else "Nothing was ordered.")
            told["msg"] = "%s What is ordered has to be remembered first: %s" % (what, self._unremembered)
        return told

    def _enter(
        self, lists: dict[str, list[dict[str, Any]]], name: str, step: Step, fate: Fate, stops: Sequence[str]
    ) -> None:
        if fate.outcome == "issued":
            lists["issued"].append(stands(name, fate.certificate, None, self._client.now()))
        elif fate.outcome == "failed":
            lists["failures"].append({"name": name, "reason": fate.reason, "panel_log": list(fate.log)})
        elif fate.outcome == "pending":
            lists["pending"].append({"name": name, "reason": fate.reason})
        elif stops:
            lists["blocked"].append({"name": name, "reason": " ".join(stops)})
        elif fate.outcome == "unsent":
            lists["waiting"].append(waits(name, "%s; %s" % (step.reason, fate.reason)))
        else:
            lists["pending"].append({"name": name, "reason": "it would be ordered: %s" % step.reason})

    def _memory_note(self) -> list[str]:
        if self._book.survived:
            return []
        if self._options.state_dir is None:
            return [
                "there is no state_dir, so nothing is remembered: nothing is ordered anew, and only names without any SSL object get a certificate"
            ]
        return [
            "%s holds no memory of an earlier run, so only names without any SSL object may be ordered. When that folder survives, the next "
            "run may order anew; when this note comes in each run, it does not survive" % self._options.state_dir
        ]


def _cared_for(site: Site) -> bool:
    """Whether the panel's certificate of a site matters to the run."""
    return site.want is not None and not unwanted(site) and site.want.policy != "external"


def _fulfilled(order: Order, found: Certificate | None) -> bool:
    """Whether the certificate is newer than the one that was there before an order."""
    if found is None or not found.issued:
        return False
    return order.ssl_id is None or found.id != order.ssl_id or found.stamps != order.stamps


def _diff(orders: Sequence[dict[str, Any]]) -> dict[str, str]:
    names = [order["domain"] or enumerated(order["hosts"]) for order in orders]
    return {
        "before": "".join("%s: %s\n" % (name, order["reason"]) for name, order in zip(names, orders)),
        "after": "".join("%s: %s\n" % (name, order["outcome"]) for name, order in zip(names, orders)),
    }
