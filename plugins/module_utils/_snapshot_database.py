# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads a multisite from MySQL or MariaDB without PHP: all in one read-only transaction, on a local or an encrypted connection."""

from __future__ import annotations

import os
import re
import socket
import ssl
import struct
import traceback
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible.module_utils.basic import missing_required_lib

from . import _snapshot
from ._snapshot_tables import completed, fits, misread, plan, title, told, unfit
from ._snapshot_words import TABLES, ReadFailed, checked, database_error

try:
    import phpserialize  # type: ignore[import-untyped]
    import pymysql
    from pymysql.constants import CLIENT
except ImportError:
    LIBRARY_ERROR = traceback.format_exc()
else:
    LIBRARY_ERROR = ""

_NO_SUCH_TABLE = 1146
_NO_TLS = 2026
_CALLED = {
    "account": "login_user and login_password",
    "user": "login_user",
    "host": "login_host, login_port or login_unix_socket",
    "name": "login_db",
    "prefix": "table_prefix",
}
_THIS_MACHINE = ("localhost", "127.0.0.1", "::1")
_TLS_OPTIONS = ("ca_cert", "client_cert", "client_key")


def read(params: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """The snapshot of the multisite in the database ``login_db``, and warnings.

    :arg params: the options ``login_*``, ``table_prefix``, ``ca_cert``, ``client_*``, ``check_hostname``, ``mapping_plugin`` and ``timeout``.
    :raises ReadFailed: nothing was read, or not all of it.
    """
    wrong = list(_mistakes(params))
    if wrong:
        raise ReadFailed(" ".join(wrong))
    if LIBRARY_ERROR:
        raise ReadFailed(missing_required_lib("PyMySQL and phpserialize"), LIBRARY_ERROR)
    try:
        return _read(params)
    except ReadFailed as error:
        raise ReadFailed(
            f"Cannot read the multisite in the database {params['login_db']} at {_server(params)}: {error}"
        ) from None


def _mistakes(params: Mapping[str, Any]) -> Iterator[str]:
    for name in ("login_db", "login_user", "login_host"):
        if not params[name]:
            yield f"{name} is empty."
    # The same rule as in wpdb::set_prefix(); it is also what makes the prefix safe in a query.
    if not re.fullmatch(r"[a-z0-9_]+", params["table_prefix"], re.ASCII | re.IGNORECASE):
        yield "table_prefix must hold letters, digits and _ only, as $table_prefix in wp-config.php."
    if not 1 <= params["login_port"] <= 65535:
        yield "login_port must be between 1 and 65535."
    if params["timeout"] < 1:
        yield "timeout must be at least 1 second."
    if (params["client_cert"] is None) is not (params["client_key"] is None):
        yield "client_cert and client_key belong together: give both or none."
    for name in _TLS_OPTIONS:
        if params[name] is not None and not os.access(params[name], os.R_OK):
            yield f"{name} is {params[name]}, which this user cannot read."
        if params[name] is not None and params["login_unix_socket"]:
            yield f"{name} is for a connection by TLS, and login_unix_socket needs none: give one of the two."


def _server(params: Mapping[str, Any]) -> str:
    return params["login_unix_socket"] or f"{params['login_host']}:{params['login_port']}"


def _read(params: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    what = plan(params["mapping_plugin"])
    connection = _connect(params)
    try:
        reader = _Reader(connection, params["table_prefix"], what)
        try:
            reader.query("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            reader.query("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")
            snapshot = reader.snapshot()
            reader.query("ROLLBACK")
        except pymysql.err.Error as error:
            reason, then = _words(error, params, reader.table)
            raise ReadFailed(f"the database refused to be read: {reason}. {then}") from None
    finally:
        connection.close()
    checked(
        snapshot,
        "Look at these tables, then run it again.",
        told(snapshot, what["tables"], params["table_prefix"]),
    )
    return snapshot, misread(snapshot, what["tables"], params["table_prefix"], reader.charsets)


def _connect(params: Mapping[str, Any]) -> Any:
    context = _tls(params)
    base: Any = pymysql.connections.Connection

    class Connection(base):  # type: ignore[misc]
        def _request_authentication(self) -> None:
            # Before 1.2 PyMySQL went on in plain text, password and all, with a server that offers no TLS.
            if context and not self.server_capabilities & CLIENT.SSL:
                raise pymysql.err.OperationalError(_NO_TLS, "no TLS")
            super()._request_authentication()

    try:
        return Connection(
            host=params["login_host"],
            port=params["login_port"],
            unix_socket=params["login_unix_socket"],
            user=params["login_user"],
            # As bytes: PyMySQL would write text in Latin-1.
            password=(params["login_password"] or "").encode(),
            database=params["login_db"],
            charset="utf8mb4",
            # All values come as the bytes that the server sent, so that none ends in an error of decoding.
            use_unicode=False,
            conv={kind: write for kind, write in pymysql.converters.conversions.items() if not isinstance(kind, int)},
            ssl=context,
            ssl_disabled=context is None,
            connect_timeout=params["timeout"],
            read_timeout=params["timeout"],
            write_timeout=params["timeout"],
        )
    except pymysql.err.Error as error:
        reason, then = _words(error, params)
        raise ReadFailed(f"the database connection failed: {reason}. {then}") from None
    except RuntimeError as error:
        # A library that PyMySQL lacks for this account's way to log in; the text names that only.
        raise ReadFailed(
            f"the database connection failed: {error}. Install it, or use an account with mysql_native_password;"
            " for caching_sha2_password a connection by TLS or login_unix_socket is enough."
        ) from None
    except (ValueError, LookupError, AssertionError, struct.error):
        # How PyMySQL meets the greeting of another kind of server.
        raise ReadFailed(
            "the database connection failed: the server does not speak as MySQL or MariaDB does."
            " Correct login_host and login_port."
        ) from None


def _tls(params: Mapping[str, Any]) -> ssl.SSLContext | None:
    """The settings of TLS, None for a connection that does not leave this machine and was given none."""
    local = params["login_unix_socket"] or params["login_host"] in _THIS_MACHINE
    if local and not any(params[name] for name in _TLS_OPTIONS):
        return None
    try:
        context = ssl.create_default_context(cafile=params["ca_cert"])
        # The certificates that MySQL makes for itself lack what the strict rules of newer versions of Python ask for.
        context.verify_flags &= ~getattr(ssl, "VERIFY_X509_STRICT", 0)
        context.check_hostname = params["check_hostname"]
    except (ssl.SSLError, OSError):
        raise ReadFailed(f"ca_cert is {params['ca_cert']}, which holds no certificates in PEM format.") from None
    try:
        if params["client_cert"]:
            # A key with a password would ask for it on the terminal.
            context.load_cert_chain(params["client_cert"], params["client_key"], password="")
    except (ssl.SSLError, OSError):
        raise ReadFailed(
            "client_cert and client_key are no certificate and its key in PEM format, or the key has a password."
        ) from None
    return context


def _words(error: Exception, params: Mapping[str, Any], table: str = "") -> tuple[str, str]:
    """What failed and what to do next. The error's text is not shown: it names the user and the host."""
    cause = getattr(error, "original_exception", None) or error.__context__
    if isinstance(cause, ssl.SSLCertVerificationError):
        # OpenSSL's numbers for another host name and another IP address.
        if cause.verify_code in (62, 64):
            return (
                "the server's certificate is for another host name",
                "Set login_host to a name that the certificate holds, or check_hostname to false if any name will do.",
            )
        return (
            "the server's certificate is not signed by a known authority, or not valid now",
            "Set ca_cert to the certificate of the authority that signed the server's.",
        )
    if isinstance(cause, ssl.SSLError):
        return (
            "the encrypted connection failed",
            "Look into the database's log; it may ask for client_cert and client_key.",
        )
    if isinstance(cause, PermissionError):
        return ("this user may not use the socket", "Run the module as a user who may, or correct login_unix_socket.")
    # Before Python 3.10 these are two.
    if isinstance(cause, (TimeoutError, socket.timeout)):
        return (
            f"the database did not answer within {params['timeout']} seconds",
            "Is it busy, or a firewall between? If it needs longer, raise timeout.",
        )
    errno = error.args[0] if error.args and isinstance(error.args[0], int) else None
    if errno == _NO_TLS:
        return (
            "the server offers no encryption, and a password does not leave this machine without",
            "Switch TLS on in the database, or run the module on its machine with login_unix_socket.",
        )
    return database_error(errno, _CALLED, table)


class _Reader:
    """What is read on one connection. ``table``: the table of the last query, with its prefix; ``charsets``: see ``misread``."""

    def __init__(self, connection: Any, prefix: str, what: Mapping[str, Any]) -> None:
        self._connection = connection
        self._prefix = prefix
        self._what = what
        self.table = ""
        self.charsets: dict[str, str | None] = {}

    def query(self, sql: str) -> tuple[list[str], list[Sequence[Any]]]:
        """The names of the columns, and the rows."""
        with self._connection.cursor() as cursor:
            cursor.execute(sql)
            return [column[0].lower() for column in cursor.description or ()], list(cursor.fetchall())

    def _select(self, what: str, table: str, rest: str = "") -> list[Sequence[Any]]:
        self.table = self._prefix + table
        return self.query(f"SELECT {what} FROM `{self.table}` {rest}")[1]

    def _count(self, table: str, rest: str = "") -> int:
        return int(self._select("COUNT(*)", table, rest)[0][0])

    def _columns(self, table: str) -> list[str] | None:
        """The names of a table's columns, None when there is no such table."""
        self.table = self._prefix + table
        try:
            return self.query(f"SELECT * FROM `{self.table}` WHERE 1 = 0")[0]
        except pymysql.err.Error as error:
            if error.args[0] == _NO_SUCH_TABLE:
                return None
            raise

    def _refuse(self, code: str, tables: list[str]) -> ReadFailed:
        failed, then = TABLES[code]
        names = f"table{'' if len(tables) == 1 else 's'} {', '.join(self._prefix + table for table in tables)}"
        return ReadFailed(f"{failed}. {then}".format(tables=names, plugin=title(self._what["name"]), **_CALLED))

    def snapshot(self) -> dict[str, Any]:
        """The document, not checked yet."""
        missing = [table for table in ("site", "blogs", "sitemeta") if self._columns(table) is None]
        if missing:
            # Where not even the table of a single site is, the prefix is the likelier mistake.
            single = self._columns("options") is not None
            raise self._refuse("no_network_tables" if single else "no_tables", missing)
        rows: dict[str, list[dict[str, Any]]] = {"mappings": []}
        counts = {"mappings": 0}
        for kind, about in self._what["tables"].items():
            self._check_columns(about)
            counts[kind] = self._count(about["table"])
            rows[kind] = self._rows(about)
            charset = self._select("CHARSET(domain)", about["table"], "LIMIT 1")
            self.charsets[kind] = _value(charset[0][0]) if charset else None
        networks = [row["id"] for row in rows["networks"]]
        main = self._main(networks)
        options = {} if main is None else self._options(main)
        return {
            "format": _snapshot.FORMAT,
            "source": "database",
            "wordpress": {
                "version": None,
                # WordPress stores false as an empty text.
                "subdomain_install": {"1": True, "0": False, "": False}.get(self._subdomain_install()),
                "domain_current_site": None,
                "environment_type": None,
                "runtime_url": None,
                "root": None,
                "root_real": None,
            },
            "mapping_plugin": {
                "name": self._what["name"],
                "version": None,
                "schema": options.get(self._what["mark"]),
                "unread_rows": self._unread([number for number in networks if number != main]),
            },
            "settings": self._settings(main, options),
            "networks": rows["networks"],
            "blogs": rows["blogs"],
            "mappings": completed(rows["mappings"]),
            "counts": counts,
        }

    def _main(self, networks: list[int]) -> int | None:
        """The network whose options count: the only one, or the only one that has the plugin's. wp-config.php, which says it, is not read."""
        if len(networks) == 1:
            return networks[0]
        names = ", ".join(f"'{name}'" for name in ("wp-ultimo_v2_settings", self._what["mark"]) if name)
        found = self._select("DISTINCT site_id", "sitemeta", f"WHERE meta_key IN ({names})")
        having = [number for number in (_value(row[0], True) for row in found) if number in networks]
        return having[0] if len(having) == 1 else None

    def _subdomain_install(self) -> str:
        """What all networks say; another word where they differ, or say nothing."""
        found = self._select("DISTINCT meta_value", "sitemeta", "WHERE meta_key = 'subdomain_install'")
        return _value(found[0][0]) or "" if len(found) == 1 else "unknown"

    def _check_columns(self, about: Mapping[str, Any]) -> None:
        columns = self._columns(about["table"])
        if columns is None:
            raise self._refuse("no_mapping_table", [about["table"]])
        logins = about["exact"] and self._columns(about["table"] + "_logins") is not None
        if not fits(about, columns, logins):
            raise ReadFailed(". ".join(unfit(about, self._prefix, columns, logins)))

    def _rows(self, about: Mapping[str, Any]) -> list[dict[str, Any]]:
        columns = about["columns"]
        names = [f"`{column.lstrip('#')}`" for column in columns.values()]
        return [
            {key: _value(value, column[0] == "#") for (key, column), value in zip(columns.items(), row)}
            for row in self._select(", ".join(names), about["table"], f"ORDER BY {names[0]}")
        ]

    def _unread(self, networks: list[int]) -> int:
        """Mapped domains that nobody asked for: a list without them must never be taken for the whole."""
        names = [
            table.replace("%d", str(number))
            for table in self._what["unread"]
            for number in (networks if "%d" in table else [0])
        ]
        options = self._what["unread_options"]
        rows = self._count("sitemeta", f"WHERE meta_key REGEXP '{options}'") if options else 0
        return rows + sum(self._count(name) for name in names if self._columns(name) is not None)

    def _options(self, network: int) -> dict[str, str]:
        """Network options by name. The names are ours, so they are safe in a query."""
        names = ["wp-ultimo_v2_settings", "wu_host_integrations_enabled", self._what["mark"]]
        wanted = ", ".join(f"'{name}'" for name in names if name)
        rest = f"WHERE site_id = {network} AND meta_key IN ({wanted}) ORDER BY meta_id DESC"
        found = self._select("meta_key, meta_value", "sitemeta", rest)
        return {_value(name): _value(value) for name, value in found if value is not None}

    def _settings(self, network: int | None, options: Mapping[str, str]) -> dict[str, Any]:
        """The named settings of Ultimate Multisite; nothing else of them leaves this function."""
        if network is None or not self._what["settings"]:
            return {
                "enable_domain_mapping": None,
                "auto_create_www_subdomain": None,
                "runcloud_integration": {"enabled": None, "configured": None},
            }
        stored = _unserialize(options.get("wp-ultimo_v2_settings")) or {}
        www = stored.get("auto_create_www_subdomain")
        hosts = _unserialize(options.get("wu_host_integrations_enabled"))
        return {
            "enable_domain_mapping": _boolean(stored.get("enable_domain_mapping")),
            "auto_create_www_subdomain": www if www in ("always", "main_only", "never") else None,
            "runcloud_integration": {
                # As empty() of PHP sees it.
                "enabled": None if hosts is None else hosts.get("runcloud") not in (None, False, 0, "", "0", {}),
                "configured": self._configured(network),
            },
        }

    def _configured(self, network: int) -> bool | None:
        """True if all credentials of the plugin's own RunCloud integration are stored; else wp-config.php may hold them. Their values are not even fetched."""
        start = "wu_hosting_credential_WU_RUNCLOUD_"
        names = ", ".join(f"'{start}{end}'" for end in ("SERVER_ID", "APP_ID", "API_TOKEN", "API_KEY", "API_SECRET"))
        rest = f"WHERE site_id = {network} AND meta_value <> '' AND meta_key IN ({names})"
        there = {_value(row[0]).replace(start, "") for row in self._select("meta_key", "sitemeta", rest)}
        place = {"SERVER_ID", "APP_ID"} <= there
        return (place and ("API_TOKEN" in there or {"API_KEY", "API_SECRET"} <= there)) or None


def _value(value: bytes | None, number: bool = False) -> Any:
    """A value of a column as text, or as an integer where it is one; null stays null."""
    if value is None:
        return None
    text = value.decode("utf-8", "replace")
    # Anything else stays as it is and is told: 'true' is not 0.
    if number and re.fullmatch(r"0|-?[1-9]\d{0,18}", text, re.ASCII):
        return int(text)
    return text


def _unserialize(text: str | None) -> dict[Any, Any] | None:
    """A serialized array of PHP, empty when there is none, None when it is something else. Objects become None."""
    if text is None:
        return {}
    try:
        found = phpserialize.loads(
            text.encode(), errors="replace", decode_strings=True, object_hook=lambda name, values: None
        )
    except (ValueError, TypeError, OverflowError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _boolean(value: Any) -> bool | None:
    """As FILTER_VALIDATE_BOOLEAN of PHP; None for what is no scalar."""
    if value is None or isinstance(value, dict):
        return None
    if isinstance(value, (bool, int, float)):
        return value == 1
    return str(value).strip().lower() in ("1", "true", "on", "yes")
