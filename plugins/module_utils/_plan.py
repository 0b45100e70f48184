# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From wishes and the web app's records to what has to be written, and why. Pure: no I/O, no clock, no API version.

Records are matched with wishes by name, and ``www.X`` with X: RunCloud serves ``www.X`` by a flag of the record X,
yet people and older plugins also made records named ``www.X``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ._api import UNKNOWN_TYPE, Record
from ._guards import limits
from ._ledger import Entry, not_yet_due
from ._moments import text_of
from ._names import WWW, BadName, covering, enumerated, fold, is_wildcard, normalise
from ._plan_shapes import Action, Override, Plan, Policy, Wait, Wish, empty_plan

SUB_SITES_WITHOUT_QUESTION = 20
_SOON = "covered as soon as"
_TWO_WRITERS = "the plugin's own RunCloud integration writes, too: names are added, nothing is changed or removed"
_BARE_WWW = "the multisite holds its www alone, and nothing serves that; an override (www: true) switches it on"
_NOT_SERVED = "which the web app does not serve"


def make_plan(wishes: Sequence[Wish], records: Sequence[Record], policy: Policy) -> Plan:
    """The plan; ``stops`` holds every reason why nothing may be written (limits, primary, missing network)."""
    return _Planner(wishes, records, policy).run()


def claims(wishes: Sequence[Wish], records: Sequence[Record], policy: Policy) -> set[str]:
    """The names of the records that a wish holds on to, under its own name or as its www."""
    planner = _Planner(wishes, records, policy)
    planner.match()
    return {record.name for record in records if record.id in planner.claimed}


class _Planner:
    def __init__(self, wishes: Sequence[Wish], records: Sequence[Record], policy: Policy) -> None:
        self.wishes = sorted(wishes, key=lambda wish: wish.name)
        self.records = records
        self.policy = policy
        self.wished = {wish.name for wish in wishes}
        self.network = fold(policy.network)
        self.by_name: dict[str, Record] = {}
        self.claimed: dict[int, str] = {}  # record id → why it is not up for removal
        self.bases = {base for record in records for base in record.wildcard_bases()}
        self.coming = {wish.name[2:] for wish in self.wishes if self._is_coming(wish)} - self.bases
        self.astray: list[str] = []  # names whose www is served and leads elsewhere
        self.moved: dict[str, str] = {}  # hosts that have a record and lead elsewhere → what DNS holds of them
        self.plan = empty_plan(self._first(), self.network)

    def match(self) -> None:
        """What each wish needs, and which records it holds on to."""
        for record in self.records:
            if record.name in self.by_name:
                self.claimed[record.id] = "a second record with this name"
                self._keep(record, self.claimed[record.id])
                self.plan.notes.append("%s: the panel holds two records with this name; look at it there" % record.name)
            else:
                self.by_name[record.name] = record
        for wish in self.wishes:
            self._consider(wish)

    def run(self) -> Plan:
        self.match()
        if self.policy.first_converge and not self.plan.first:
            self.plan.notes.append(
                "first_converge has no effect: the web app already serves other names of this multisite"
            )
        self._note_unknown()
        self._note_dns()
        for record in self.records:
            if record.id not in self.claimed:
                self._unwanted(record)
        self._order()
        self._stop()
        told = {action.name for action in self.plan.actions}
        told |= {
            entry["name"] for entries in (self.plan.differs, self.plan.refused, self.plan.kept) for entry in entries
        }
        for record in self.plan.matched:
            if record.name not in told:
                self.plan.unchanged.append({"name": record.name, "ours": self._entry(record) is not None})
        plan = self.plan
        for entries in (plan.kept, plan.differs, plan.waiting, plan.refused, plan.due, plan.unchanged):
            entries.sort(key=lambda entry: entry["name"])
        return self.plan

    def _is_coming(self, wish: Wish) -> bool:
        """Whether this run adds the wish as a wildcard."""
        override = self.policy.overrides.get(fold(wish.name), Override())
        left = wish.cls == "keep" or override.ignore or self.policy.keep(wish.name) is not None
        return is_wildcard(wish.name) and self._in_scope(wish.name) and not left

    def _note_unknown(self) -> None:
        """Names that a person gave and nobody knows are likely misspelt."""
        known = {fold(record.name) for record in self.records} | {fold(wish.name) for wish in self.wishes}
        for option, names in (("only", self.policy.only or ()), ("overrides", self.policy.overrides)):
            for name in sorted(set(names) - known):
                self.plan.notes.append('"%s" names %s, which is neither wanted nor on the web app' % (option, name))
        if self.policy.only is not None:
            return  # what the whole list says, the run over all names tells
        known |= self.policy.known | {self.network}
        for option, words in (("keep", '"keep" (or the role\'s "exclude")'), ("protected", '"protected"')):
            lost = sorted(self.policy.named.get(option, frozenset()) - known)
            if lost:
                self.plan.notes.append(
                    "%s names what neither the multisite nor the web app holds (%d): %s. Is it misspelt?"
                    % (words, len(lost), enumerated(lost))
                )

    def _note_dns(self) -> None:
        moved = [
            "%s (%s%s)" % (host, self.moved[host], "; its www, too" if host in self.astray else "")
            for host in sorted(self.moved)
        ]
        if moved:
            self.plan.notes.append(
                "on RunCloud, but its DNS leads elsewhere (%d): %s. Nothing is removed because of DNS."
                % (len(moved), enumerated(moved))
            )
        astray = [name for name in self.astray if name not in self.moved and WWW + name not in self.moved]
        if astray:
            self.plan.notes.append(
                "RunCloud serves their www, whose DNS is not ready (%d): %s. A www is never switched off by itself; an override can do it."
                % (len(astray), enumerated(astray))
            )
        if self.policy.purge and self.policy.two_writers:
            self.plan.notes.append("purge has no effect: %s" % _TWO_WRITERS)

    # -- wishes --------------------------------------------------------------------------------------------------------

    def _first(self) -> bool:
        """first_converge is for a new app: as soon as it serves another name of this multisite it means nothing."""
        served = {fold(record.name) for record in self.records}
        others = {fold(wish.name) for wish in self.wishes} - {self.network}
        return self.policy.first_converge and not any(
            name in served or covering(name, self.bases) is not None for name in others
        )

    def _consider(self, wish: Wish) -> None:
        key = fold(wish.name)
        record = self.by_name.get(wish.name)
        twin = self.by_name.get(WWW + wish.name) if not wish.name.startswith(WWW) else None
        alone = wish.forms == "www" and twin is not None and twin.name not in self.wished
        if record is None and twin is not None and alone and not self._is_late(wish, twin):
            record, twin = twin, None  # the multisite only ever says www.X, and that record serves it
        naked = self.by_name.get(key) if key != wish.name else None
        override = self.policy.overrides.get(key, Override())
        if twin is not None:
            self._consider_twin(wish, record, twin, override)
        for found in (record, naked):
            if found is not None:
                self.claimed[found.id] = "wanted"
        if not self._in_scope(wish.name):
            return
        # No keep list may stop the network's own domain from being added.
        kept = self.policy.keep(wish.name) if record is not None or key != self.network else None
        covered = self._covered(wish)
        if not override.ignore and kept is None:
            self._note_moved(wish, (record, twin, naked))
        if override.ignore:
            self._leave(wish, record, "ignored by an override%s" % (": " + override.reason if override.reason else ""))
        elif kept is not None:
            self._leave(wish, record, "on the keep list (%s)" % kept)
        elif wish.cls == "keep" and record is None and wish.needs_dns and not covered:
            by_hand = "%s; save it in the plugin again once its DNS points here" % wish.rule
            self._wait(wish.wait or Wait(wish.name, by_hand))
        elif wish.cls == "keep" and not (record is None and wish.needs_dns):
            self._leave(wish, record, wish.rule)
        elif covered is not None:
            if record is not None:
                self.plan.matched.append(record)
                self._keep(record, covered)
            elif covered.startswith(_SOON):
                self._wait(Wait(wish.name, covered))
            else:
                self.plan.covered.append({"name": wish.name, "reason": covered})
        elif record is not None:
            self.plan.matched.append(record)
            self._compare(wish, record, twin, override)
        elif naked is not None and naked.www:
            self._keep(naked, "its www flag serves %s" % wish.name)
        else:
            self._add(wish, twin, override)

    def _is_late(self, wish: Wish, twin: Record) -> bool:
        """Whether X, which led elsewhere when www.X got a record of its own, reaches us now: it needs a record, too."""
        return wish.naked_ready and wish.cls == "ensure" and twin.type != "primary"

    def _note_moved(self, wish: Wish, records: Sequence[Record | None]) -> None:
        for record in records:
            if record is None:
                continue
            # Where the multisite holds the www alone, nobody is sent to the name without it.
            by_flag = not record.name.startswith(WWW) and (wish.forms == "www" or wish.name.startswith(WWW))
            host = WWW + record.name if by_flag else record.name
            if host in wish.away and (record.www or not by_flag):
                self.moved[host] = wish.away[host]

    def _consider_twin(self, wish: Wish, record: Record | None, twin: Record, override: Override) -> None:
        if twin.name in self.wished:
            return
        always = (
            wish.cls != "ensure"
            or override.ignore
            or False in (wish.www, override.www)
            or self.policy.keep(wish.name) is not None
            or fold(wish.name) in self.policy.protected
        )
        if not always and record is not None and record.www:
            return  # X serves its www by itself: nothing wants this record
        self.claimed[twin.id] = "serves the www of %s" % wish.name
        if self._in_scope(twin.name):
            if wish.cls != "keep" and not override.ignore and self.policy.keep(wish.name) is None:
                self.plan.matched.append(twin)
            self._keep(twin, self.claimed[twin.id])

    def _covered(self, wish: Wish) -> str | None:
        """Why the name needs no record of its own, or None."""
        if wish.cls == "protected" or is_wildcard(wish.name):
            return None
        choice = self.policy.subdomain_sites
        if choice is not None and self._is_sub_site(wish.name):
            return {
                "wildcard": "covered by *.%s, which the API does not show (subdomain_sites: wildcard)" % self.network,
                "ignore": "a sub-site (subdomain_sites: ignore)",
                "individual": None,
            }[choice]
        by_app, by_wish = covering(wish.name, self.bases), covering(wish.name, self.coming)
        if by_app is not None:
            return "covered by %s" % by_app
        return "%s %s is on the web app" % (_SOON, by_wish) if by_wish is not None else None

    def _is_sub_site(self, name: str) -> bool:
        return (
            self.policy.subdomain_install and fold(name) != self.network and covering(name, (self.network,)) is not None
        )

    def _add(self, wish: Wish, twin: Record | None, override: Override) -> None:
        has_primary = any(record.type == "primary" for record in self.records)
        if wish.type == "primary" and (has_primary or not self.plan.first or fold(wish.name) != self.network):
            self.plan.stops.append(
                "%s: a new primary is asked for. The list never changes the primary; use runcloud_domain with allow_primary_change."
                % wish.name
            )
            return
        may_alone = wish.naked_wait is not None and override.www is None
        alone = may_alone and (wish.forms == "www" or (self.policy.only_ready and twin is None))
        wait = wish.wait if alone or wish.naked_wait is None else wish.naked_wait
        if self.policy.only_ready and wait is not None:
            self._wait(wait)
            if not alone or wish.forms == "www":
                return
        if alone:
            # A redirection that a person wants is one of X, which leads elsewhere.
            override = Override()
            kept = self.policy.keep(WWW + wish.name)
            if kept is not None:
                self._leave(wish._replace(name=WWW + wish.name), None, "on the keep list (%s)" % kept)
                return
            rule = "%s; the name without www does not point here" % wish.rule
            wish = wish._replace(name=WWW + wish.name, www="keep", redirection="keep", www_wait=None, rule=rule)
        www = override.www if override.www is not None else wish.www
        reason = _why(wish, override)
        if www is True and (wish.name.startswith(WWW) or is_wildcard(wish.name)):
            self._refuse(wish.name, "add", "www is asked for on a name that has no www of its own")
            return
        if www in ("keep", "avoid"):
            www = www == "keep" and wish.forms != "naked" and not wish.name.startswith(WWW)
        if www and twin is not None:
            www, reason = False, "%s; without www, which the record %s serves" % (reason, twin.name)
        redirection = override.redirection or wish.redirection
        entry = self.policy.owned.get(wish.name)
        written = entry.written if entry is not None else None
        if entry is not None:
            reason += "; it was ours and somebody removed it, so it comes back as it was"
        if written is not None and wish.www == "keep" and override.www is None and twin is None:
            # A www that the multisite holds by now is served as on a record that stayed.
            www = www or written["www"]
        if written is not None and redirection == "keep":
            redirection = written["redirection"]
        if www and override.www is None and wish.www_wait is not None:
            self._wait_www(wish.www_wait)
            www, redirection = False, override.redirection or "none"
        if redirection == "www" and not www and twin is None:
            redirection, reason = "none", "%s; without the redirection to its www, %s" % (reason, _NOT_SERVED)
        if redirection == "non-www" and override.redirection is None and self._leads_away(wish):
            redirection = "none"
        flags = {
            "type": "alias" if wish.type == "keep" else wish.type,
            "www": bool(www),
            "redirection": "none" if redirection == "keep" else redirection,
        }
        self.plan.actions.append(Action("add", wish.name, flags, None, reason))

    def _entry(self, record: Record) -> Entry | None:
        """What the ledger says of a record that is ours."""
        entry = self.policy.owned.get(record.name)
        return entry if entry is not None and entry.id == record.id else None

    def _compare(self, wish: Wish, record: Record, twin: Record | None, override: Override) -> None:
        wanted = dict(record.flags())
        www = override.www if override.www is not None else wish.www
        redirection = override.redirection or wish.redirection
        entry = self._entry(record)
        # A record that we added should stay as we wrote it; one that we took over, as it is.
        written = entry.written if entry is not None and entry.how == "added" else None
        # What was added without its www gets it when that reaches us.
        late = wish.forms != "naked" and (wish.www_ready or wish.www_wait is not None)
        if record.name != wish.name:
            www = redirection = "keep"  # the record is www.X itself, and the wish speaks of X
            late = False
        if (www is True and twin is None) or www is False:
            wanted["www"] = www
        elif www == "keep" and written is not None and twin is None:
            wanted["www"] = record.www or written["www"] or late
        if self._unserved(wish, record, twin, www):
            if written is not None:
                wanted["www"] = True
            elif wish.www_wait is None:
                # One that we took over is taken as it is, and right after that nothing is changed.
                self._differ(record, dict(record.flags(), www=True), _BARE_WWW)
        if redirection != "keep":
            wanted["redirection"] = redirection
        elif written is not None:
            wanted["redirection"] = written["redirection"]
        if wanted["redirection"] == "non-www" and override.redirection is None and self._leads_away(wish):
            # One that WordPress would send back goes all the same.
            wanted["redirection"] = "none" if record.redirection == "www" else record.redirection
        if wish.www_wait is not None and override.www is None:
            self._hold_www(wish, record, wanted, override, wish.www_wait)
        kind = written["type"] if wish.type == "keep" and written is not None else wish.type
        redirects = self._compare_type(wish._replace(type=kind), record, wanted)
        updated = wanted != record.flags() and self._update(wish, record, twin, override, wanted)
        now = wanted if updated else record.flags()
        if wanted["www"] and (
            www == "avoid" or (www == "keep" and written is not None and not (written["www"] or late))
        ):
            reason = "www is never switched off by itself; an override can do it"
            self._differ(record, dict(now, www=False), reason, now)
        if redirects:
            reason = "a redirect record is never turned into an alias by a list; runcloud_domain does it"
            if written is not None and written["type"] == kind:
                reason = "changed by a person since we wrote it: %s; %s" % (describe(now, dict(now, type=kind)), reason)
            self._differ(record, dict(now, type=kind), reason, now)

    @staticmethod
    def _unserved(wish: Wish, record: Record, twin: Record | None, www: Any) -> bool:
        """Whether the multisite holds www.X alone, and RunCloud serves X and nothing else."""
        return (
            wish.forms == "www"
            and wish.cls == "ensure"
            and www == "keep"
            and record.name == wish.name
            and not (record.www or twin)
        )

    @staticmethod
    def _leads_away(wish: Wish) -> bool:
        """Whether X is not known to reach us, so that nobody is newly sent to it from its www."""
        return wish.naked_wait is not None or (wish.wait is not None and wish.forms != "www")

    def _hold_www(self, wish: Wish, record: Record, wanted: dict[str, Any], override: Override, wait: Wait) -> None:
        """Neither switch a www on nor send visitors to one that does not reach us."""
        held = wanted["www"] and not record.www
        if held:
            wanted["www"] = False
            self._wait_www(wait)
        if override.redirection is None and (held or wanted["redirection"] == "www"):
            # One that WordPress would send back goes; it redirects by itself.
            fits = record.redirection in ("none", wanted["redirection"])
            wanted["redirection"] = record.redirection if fits else "none"
        if record.www and wait.away:
            self.astray.append(wish.name)

    def _update(
        self, wish: Wish, record: Record, twin: Record | None, override: Override, wanted: dict[str, Any]
    ) -> bool:
        """Plan the update, or say why not; whether it is planned."""
        policy, entry = self.policy, self._entry(record)
        ours = entry.written if entry is not None else None
        asked = wish.www is True or wish.redirection != "keep" or override != Override()
        late = wish.www_ready and wanted["www"] and not record.www
        touched = ""
        if entry is not None and ours is not None and not record.has(ours):
            verb = "wrote it" if entry.how == "added" else "took it over"
            touched = "changed by a person since we %s: %s" % (verb, describe(record.flags(), ours))
        if wanted["www"] and not record.www and (wish.name.startswith(WWW) or is_wildcard(wish.name)):
            self._refuse(wish.name, "update", "www is asked for on a name that has no www of its own")
        elif wanted["redirection"] == "www" and not wanted["www"] and twin is None:
            self._differ(record, wanted, "it would send its visitors to its www, %s" % _NOT_SERVED)
        elif policy.ownership == "none":
            self._differ(record, wanted, "ownership is none: existing records are not changed")
        elif policy.two_writers:
            self._differ(record, wanted, _TWO_WRITERS)
        elif policy.ownership == "ledger" and entry is None:
            self._differ(record, wanted, "it is not ours: take it over with adopt, or change it in the panel")
        elif touched and not policy.repair:
            self._differ(record, wanted, touched + "; repair is off")
        elif self.plan.first:
            self._differ(record, wanted, "a first run only adds")
        elif record.type == UNKNOWN_TYPE:
            self._differ(record, wanted, "the panel does not say its type, so it is left alone")
        elif record.type == "primary" and override.www is None and override.redirection is None:
            self._differ(record, wanted, "is the web app's primary, which a list does not touch; an override can do it")
        elif policy.no_edit and (touched or late) and not asked:
            self._differ(record, wanted, "%s. %s" % (touched or "its www points here now", policy.no_edit))
        elif policy.no_edit:
            self._refuse(record.name, "update", "%s. %s" % (describe(record.flags(), wanted), policy.no_edit))
        else:
            reason = _why(wish, override) + ("; %s" % touched if touched else "")
            # What stays as a person has set it, such as a www that is never switched off, does not become our word.
            written = {key: ours[key] if ours and wanted[key] == record.flags()[key] else wanted[key] for key in wanted}
            self.plan.actions.append(Action("update", record.name, wanted, record, reason, written))
            return True
        return False

    def _compare_type(self, wish: Wish, record: Record, wanted: dict[str, Any]) -> bool:
        """Want the type that is wished for where that may be; whether it is a redirect record that stays one."""
        if (
            wish.type in ("keep", record.type)
            or record.type == UNKNOWN_TYPE
            or wish.cls == "protected"
            or fold(record.name) in self.policy.protected
        ):
            return False
        if wish.type == "primary" or (record.type == "primary" and wish.type == "redirect"):
            self.plan.stops.append(
                "%s: its type is %s and %s is asked for. The list never changes the primary; use runcloud_domain with allow_primary_change."
                % (record.name, record.type, wish.type)
            )
        elif record.type == "primary":
            self._keep(record, "is the web app's primary; its type is left alone")
        elif record.type == "redirect":
            return True
        else:
            wanted["type"] = wish.type
        return False

    # -- records that no wish claims -----------------------------------------------------------------------------------

    def _unwanted(self, record: Record) -> None:
        if not self._in_scope(record.name):
            return
        why = self._why_not_removed(record)
        if why is None:
            action = Action("remove", record.name, record.flags(), record, self._why_removed(record))
            self.plan.actions.append(action)
        else:
            self._keep(record, why)

    def _why_removed(self, record: Record) -> str:
        entry = self._entry(record)
        if entry is None or entry.missing_since is None:
            return "nothing wants it"
        reads = "%d read%s" % (entry.missing_reads, "" if entry.missing_reads == 1 else "s")
        return "nothing wants it; missing since %s, in %s" % (text_of(entry.missing_since), reads)

    def _why_not_removed(self, record: Record) -> str | None:
        name, key = record.name, fold(record.name)
        override = self.policy.overrides.get(key)
        kept = self.policy.keep(name) or self.policy.keep(key)
        if record.type != "alias":
            words = {"primary": "is the web app's primary", "redirect": "is a redirect record"}
            return words.get(record.type, "is of a type that is not known here (%s)" % record.type)
        if self.plan.first:
            return "nothing wants it; a first run only adds"
        if not _is_spelled(name):
            return "its name cannot be compared with any list"
        if key == self.network or key in self.policy.protected:
            return "protected"
        if kept is not None:
            return "on the keep list (%s)" % kept
        if override is not None:
            why = ": " + override.reason if override.reason else ""
            if override.ignore:
                return "ignored by an override%s" % why
            return "nothing wants it, and an override names it%s; it is neither changed nor removed" % why
        if record.wildcard or is_wildcard(name):
            return "a wildcard"
        if covering(name, self.bases):
            return "covered by a wildcard"
        if self._is_sub_site(name) and self.policy.subdomain_sites in ("wildcard", "ignore"):
            return "a sub-site (subdomain_sites: %s)" % self.policy.subdomain_sites
        if key != name:
            naked, entry = self.by_name.get(key), self._entry(record)
            # One that we made for a name which led elsewhere goes as every other record of ours.
            ours = entry is not None and entry.how == "added" and (naked is None or naked.id not in self.claimed)
            if not ours and (naked is None or not naked.www):
                return "alone serves the www of %s; remove it by runcloud_domain if nobody needs it" % key
        held = self.policy.elsewhere(name)
        if held is not None:
            return "nothing here wants it, but %s does" % held
        if self.policy.two_writers:
            return "nothing wants it; %s" % _TWO_WRITERS
        wait = self._why_not_due(record)
        if wait is not None:
            return "nothing wants it; %s" % wait
        if self.policy.ownership != "none":
            self.plan.due.append({"name": name, "reason": self._why_removed(record)})
        return None if self.policy.purge else "nothing wants it; purge is off"

    def _why_not_due(self, record: Record) -> str | None:
        policy, entry = self.policy, self._entry(record)
        if policy.removable is not None and record.name not in policy.removable:
            return "only does not name it"
        if entry is not None and policy.ownership != "none":
            wait = not_yet_due(entry, policy.now, policy.grace_period, policy.min_absences)
            return wait + ("" if policy.purge else "; purge is off") if wait else None
        if policy.ownership == "ledger":
            return "it is not ours; remove it by runcloud_domain if nobody needs it"
        if policy.ownership == "all" and (policy.grace_period > 0 or policy.min_absences > 1):
            return "it is not ours, so nobody knows since when; purge takes it with grace_period: 0 and min_absences: 1"
        return None

    # -- the whole -----------------------------------------------------------------------------------------------------

    def _order(self) -> None:
        kinds = ("add", "update", "remove")
        self.plan.actions.sort(
            key=lambda action: (
                kinds.index(action.kind),
                fold(action.name) != self.network,
                not is_wildcard(action.name),
                action.name,
            )
        )

    def _stop(self) -> None:
        if not self.plan.actions:
            return
        adds, stops, policy = self.plan.of("add"), self.plan.stops, self.policy
        if not self.plan.first and self.network not in {fold(record.name) for record in self.records}:
            way_out = (
                "It serves other names of this multisite, so first_converge has no effect: if it is right, add this one with runcloud_domain."
                if policy.first_converge
                else "If it is new and right, set first_converge: true; if it is right and serves other names already, add this one with "
                "runcloud_domain."
            )
            stops.append("The web app does not serve %s, so it may be the wrong one. %s" % (policy.network, way_out))
        if self.plan.first and self.network not in {fold(record.name) for record in self.records} | {
            fold(add.name) for add in adds
        }:
            stops.append(
                "first_converge: the list does not hold the network's domain %s, which must be added first."
                % policy.network
            )
        stops += limits(self.plan, self.records, policy)
        sub_sites = [
            wish
            for wish in self.wishes
            if wish.cls == "ensure" and self._is_sub_site(wish.name) and self._in_scope(wish.name)
        ]
        new = [add for add in adds if self._is_sub_site(add.name)]
        if new and policy.subdomain_sites is None and len(sub_sites) > SUB_SITES_WITHOUT_QUESTION:
            stops.append(
                "%d sub-sites lie below %s and no wildcard is to be seen on the web app. Say which it is by subdomain_sites: wildcard "
                "(one exists that the API does not show), individual (a record for each) or ignore."
                % (len(sub_sites), policy.network)
            )

    def _in_scope(self, name: str) -> bool:
        return self.policy.only is None or fold(name) in self.policy.only

    def _wait(self, wait: Wait) -> None:
        self.plan.waiting.append(
            {"name": wait.host, "reason": wait.reason, "message": wait.message, "record": wait.record}
        )

    def _wait_www(self, wait: Wait) -> None:
        if wait.host not in self.wished:  # as a name of its own it speaks for itself
            self._wait(wait)

    def _keep(self, record: Record, reason: str) -> None:
        self.plan.kept.append({"name": record.name, "reason": reason})

    def _leave(self, wish: Wish, record: Record | None, reason: str) -> None:
        name = record.name if record else wish.name
        self.plan.kept.append(
            {"name": name, "reason": reason if record else reason + "; not on the web app, not added"}
        )

    def _refuse(self, name: str, action: str, reason: str) -> None:
        self.plan.refused.append({"name": name, "action": action, "reason": reason})

    def _differ(
        self, record: Record, wanted: dict[str, Any], reason: str, current: dict[str, Any] | None = None
    ) -> None:
        """Report a record that is left alone; a second reason joins the first."""
        current = record.flags() if current is None else current
        for entry in self.plan.differs:
            if entry["name"] == record.name:
                entry["wanted"].update({key: wanted[key] for key in wanted if wanted[key] != current[key]})
                entry["reason"] += "; " + reason
                return
        self.plan.differs.append({"name": record.name, "current": current, "wanted": wanted, "reason": reason})


def describe(current: dict[str, Any], wanted: dict[str, Any]) -> str:
    """The fields in which two sets of flags differ, for a person: ``www true instead of false``."""
    return ", ".join(
        "%s %s instead of %s" % (key, _text(current[key]), _text(wanted[key]))
        for key in sorted(wanted)
        if wanted[key] != current[key]
    )


def _is_spelled(name: str) -> bool:
    try:
        return normalise(name, wildcard=True) == name
    except BadName:
        return False


def _why(wish: Wish, override: Override) -> str:
    """The reason of an addition or update, with the words of the person who overrode the wish."""
    if override.www is None and override.redirection is None:
        return wish.rule
    return "%s; by an override%s" % (wish.rule, ": " + override.reason if override.reason else "")


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
