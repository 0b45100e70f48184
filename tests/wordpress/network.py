# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One WordPress multisite: made by WordPress, then filled and emptied by SQL, because 1,000 real sites would take minutes."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from .mariadb import MariaDB

HERE = Path(__file__).parent
# The stages that the plugin's table knows since its version 2.4.10.
PLUGIN = "ultimate-multisite/ultimate-multisite.php"
TABLES = ("site", "blogs", "sitemeta", "wu_domain_mappings")
# Those that tests of other mapping plugins make.
OTHERS = ("domain_mapping", "domain_mapping_logins", "domainer", "wu_2_domain_mappings")


class Network:
    """A multisite with its folder ``path``, its ``domain``, its ``database`` and the ``prefix`` of its tables.

    Made with the sites one, two and three (blogs 2 to 4) and the table of Ultimate Multisite, empty. ``reset()`` brings
    the domain tables, wp-config.php and the plugin's file back to that.
    """

    def __init__(self, mariadb: MariaDB, wordpress: Path, folder: Path, subdomain: bool) -> None:
        self.mariadb = mariadb
        self.subdomain = subdomain
        self.domain = "network.com" if subdomain else "folders.net"
        self.database = self.domain.replace(".", "_")
        self.prefix = "wp_" if subdomain else "ms7_"
        self.path = folder / self.domain / "app"
        shutil.copytree(wordpress, self.path, copy_function=_link)
        self._make()

    def _make(self) -> None:
        for database in (self.database, self._pristine):
            self.mariadb.run(f"CREATE DATABASE `{database}` CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci")
        self.root = self.mariadb.connect(self.database)
        self.write_config(multisite=False)
        self._wordpress("install" if self.subdomain else "install-folders")
        self.write_config()
        names = ("one", "two", "three")
        self._wordpress("sites", *(f"{name}.{self.domain}" if self.subdomain else f"/{name}/" for name in names))
        self.load_sql(HERE / "fixtures" / "ultimate-multisite.sql")
        self.set_option("active_sitewide_plugins", f'a:1:{{s:{len(PLUGIN)}:"{PLUGIN}";i:1790000000;}}')
        for table in TABLES:
            self.sql(f"CREATE TABLE `{self._pristine}`.`{table}` LIKE `{self.table(table)}`")
            self.sql(f"INSERT INTO `{self._pristine}`.`{table}` SELECT * FROM `{self.table(table)}`")

    def _wordpress(self, stage: str, *sites: str) -> None:
        command = ["php", str(HERE / "make_network.php"), str(self.path), stage, self.domain, *sites]
        ran = subprocess.run(command, capture_output=True, text=True, check=False)
        assert ran.returncode == 0, f"{' '.join(command)}\n{ran.stdout}\n{ran.stderr}"

    @property
    def _pristine(self) -> str:
        return f"{self.database}_pristine"

    @property
    def config(self) -> Path:
        """The path of wp-config.php."""
        return self.path / "wp-config.php"

    @property
    def db_host(self) -> str:
        """DB_HOST for the server's socket."""
        return f"localhost:{self.mariadb.socket}"

    def reset(self) -> None:
        """Back to what WordPress and the plugin made."""
        for table in OTHERS:
            self.sql(f"DROP TABLE IF EXISTS `{self.table(table)}`")
        for table in TABLES:
            self.sql(f"DROP TABLE IF EXISTS `{self.table(table)}`")
            self.sql(f"CREATE TABLE `{self.table(table)}` LIKE `{self._pristine}`.`{table}`")
            self.sql(f"INSERT INTO `{self.table(table)}` SELECT * FROM `{self._pristine}`.`{table}`")
        self.write_config()
        self.write_plugin()

    def close(self) -> None:
        """Ends the connection to the database; the server forgets the rest when it stops."""
        self.root.close()

    def table(self, name: str) -> str:
        """The full name of a table."""
        return self.prefix + name

    def sql(self, query: str, args: Any = None) -> list[dict[str, Any]]:
        """The rows that a statement gives. It is committed at once."""
        with self.root.cursor() as cursor:
            cursor.execute(query, args)
            return list(cursor.fetchall())

    def rows(self, name: str) -> list[dict[str, Any]]:
        """A whole table, in the order of its first column."""
        return self.sql(f"SELECT * FROM `{self.table(name)}` ORDER BY 1")

    def load_sql(self, file: Path) -> None:
        """Runs a file of statements in which wp_ stands for the prefix."""
        text = re.sub(r"^--.*\n", "", file.read_text(), flags=re.MULTILINE).replace("`wp_", f"`{self.prefix}")
        for statement in text.split(";\n"):
            if statement.strip():
                self.sql(statement)

    def _insert(self, table: str, row: dict[str, Any]) -> int:
        self._insert_all(table, [row])
        return int(self.sql("SELECT LAST_INSERT_ID() AS id")[0]["id"])

    def _insert_all(self, table: str, rows: Iterable[dict[str, Any]]) -> None:
        rows = list(rows)
        columns = ", ".join(f"`{column}`" for column in rows[0])
        marks = ", ".join(["%s"] * len(rows[0]))
        with self.root.cursor() as cursor:
            cursor.executemany(
                f"INSERT INTO `{self.table(table)}` ({columns}) VALUES ({marks})", [tuple(row.values()) for row in rows]
            )

    def add_mapping(
        self,
        domain: str,
        blog: int = 2,
        stage: str | None = "done",
        active: int | None = 1,
        primary: int | None = 0,
        secure: int | None = 0,
    ) -> int:
        """Maps a domain to a blog as a row of the plugin's table; gives its id."""
        return self._insert("wu_domain_mappings", _mapping(domain, blog, stage, active, primary, secure))

    def add_mappings(self, domains: Iterable[str], blog: int = 2, stage: str = "done") -> None:
        """Many mappings alike, quickly."""
        self._insert_all("wu_domain_mappings", [_mapping(domain, blog, stage, 1, 0, 0) for domain in domains])

    def use_mercator(self, version: str | None = "1.1.0") -> None:
        """Makes the table that Mercator and WP Ultimo 1 share, empty, and Mercator's mark of its version."""
        self.sql(
            f"CREATE TABLE `{self.table('domain_mapping')}` (id bigint(20) NOT NULL auto_increment, blog_id bigint(20) NOT NULL,"
            " domain varchar(191) NOT NULL, active tinyint(4) default 1, PRIMARY KEY (id))"
            " CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci"
        )
        if version is not None:
            self.set_option("mercator.db.version", version)

    def add_mercator(self, domain: str, blog: int = 2, active: int | None = 1) -> int:
        """Maps a domain to a blog as a row of Mercator's table; gives its id."""
        return self._insert("domain_mapping", {"blog_id": blog, "domain": domain, "active": active})

    def add_blog(self, domain: str, path: str = "/", network: int = 1, **flags: int) -> int:
        """A site as a row only, with ``flags`` public, archived, mature, spam and deleted; gives its id."""
        return self._insert("blogs", {"site_id": network, "domain": domain, "path": path, **flags})

    def add_blogs(self, domains: Iterable[str]) -> None:
        """Many sites alike, as rows only, quickly."""
        self._insert_all("blogs", [{"site_id": 1, "domain": domain, "path": "/"} for domain in domains])

    def set_option(self, name: str, value: str) -> None:
        """Sets an option of the network to ``value``, as the database holds it."""
        self.sql(f"DELETE FROM `{self.table('sitemeta')}` WHERE meta_key = %s", (name,))
        self._insert("sitemeta", {"site_id": 1, "meta_key": name, "meta_value": value})

    def config_text(self, db_host: str | None = None, multisite: bool = True, extra: str = "") -> str:
        """A usual wp-config.php, with lines of ``extra`` before it loads WordPress."""
        constants = {
            "DB_NAME": self.database,
            "DB_USER": self.mariadb.USER,
            "DB_PASSWORD": self.mariadb.PASSWORD,
            "DB_HOST": db_host or self.db_host,
            "DB_CHARSET": "utf8mb4",
            "AUTH_KEY": "s4lt-of-the-cookies",
        }
        lines = ["<?php", *(f"define( '{name}', '{value}' );" for name, value in constants.items())]
        lines += [f"$table_prefix = '{self.prefix}';"]
        if multisite:
            lines += ["define( 'MULTISITE', true );", f"define( 'SUBDOMAIN_INSTALL', {str(self.subdomain).lower()} );"]
            lines += [f"define( 'DOMAIN_CURRENT_SITE', '{self.domain}' );", "define( 'PATH_CURRENT_SITE', '/' );"]
            lines += ["define( 'SITE_ID_CURRENT_SITE', 1 );", "define( 'BLOG_ID_CURRENT_SITE', 1 );"]
        lines += [extra] if extra else []
        lines += ["/* That's all, stop editing! Happy publishing. */"]
        lines += ["if ( ! defined( 'ABSPATH' ) ) {", "\tdefine( 'ABSPATH', __DIR__ . '/' );", "}"]
        return "\n".join([*lines, "require_once ABSPATH . 'wp-settings.php';", ""])

    def write_config(self, db_host: str | None = None, multisite: bool = True, extra: str = "") -> None:
        """Writes wp-config.php with what ``config_text`` gives."""
        self.config.write_text(self.config_text(db_host, multisite, extra))

    def write_plugin(self, version: str = "2.4.13", code: str = "") -> None:
        """Writes the main file of Ultimate Multisite: its real head, and ``code`` in the place of the plugin."""
        file = self.path / "wp-content" / "plugins" / PLUGIN
        file.parent.mkdir(exist_ok=True)
        file.write_text(f"<?php\n/**\n * Plugin Name: Ultimate Multisite\n * Version: {version}\n */\n{code}\n")


def _mapping(
    domain: str, blog: int, stage: str | None, active: int | None, primary: int | None, secure: int | None
) -> dict[str, Any]:
    return {
        "blog_id": blog,
        "domain": domain,
        "active": active,
        "primary_domain": primary,
        "secure": secure,
        "stage": stage,
    }


def _link(source: str, target: str) -> None:
    # A hard link takes no time; where the cache is on another disk it is a copy.
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
