# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The part of our PHP programs that asks the database of WordPress, as text, because an Ansible module can bring along Python only."""

from __future__ import annotations

from ._php_config import CONFIG

DATABASE = (
    CONFIG
    + r"""
// Asks the database over a connection of its own, without WordPress and its plugins. The words of the database never leave
// these programs: they may hold a secret.
abstract class WpmDatabase extends WpmConfig
{
    protected static $db;
    protected static $prefix;

    /** As wpdb::db_connect(). */
    protected static function connect()
    {
        mysqli_report(MYSQLI_REPORT_ERROR | MYSQLI_REPORT_STRICT);
        self::$db = mysqli_init();
        self::$db->options(MYSQLI_OPT_CONNECT_TIMEOUT, self::$in['connect_timeout']);
        $parts = self::parseHost((string) DB_HOST);
        list($host, $port, $socket, $ipv6) = $parts ? $parts : [(string) DB_HOST, null, null, false];
        if ($ipv6 && extension_loaded('mysqlnd')) {
            $host = "[$host]";
        }
        $flags = defined('MYSQL_CLIENT_FLAGS') ? MYSQL_CLIENT_FLAGS : 0;
        list($user, $password, $name) = [(string) DB_USER, (string) DB_PASSWORD, (string) DB_NAME];
        self::$db->real_connect($host, $user, $password, $name, $port, $socket, $flags);
        self::$db->set_charset('utf8mb4');
    }

    /** As wpdb::parse_db_host(): [host, port, socket, is it IPv6], or null. */
    public static function parseHost($host)
    {
        $socket = null;
        $at = strpos($host, ':/');
        if ($at !== false) {
            $socket = substr($host, $at + 1);
            $host = (string) substr($host, 0, $at);
        }
        $ipv6 = substr_count($host, ':') > 1;
        $pattern = $ipv6
            ? '#^(?:\[)?(?P<host>[0-9a-fA-F:]+)(?:\]:(?P<port>[\d]+))?#'
            : '#^(?P<host>[^:/]*)(?::(?P<port>[\d]+))?#';
        if (preg_match($pattern, $host, $part) !== 1) {
            return null;
        }
        $name = empty($part['host']) ? '' : $part['host'];
        return [$name, empty($part['port']) ? null : (int) $part['port'], $socket, $ipv6];
    }

    /** The network whose options hold the plugin's settings. */
    protected static function mainNetwork($ids)
    {
        foreach (['PRIMARY_NETWORK_ID', 'SITE_ID_CURRENT_SITE'] as $name) {
            if (defined($name) && in_array((int) constant($name), $ids, true)) {
                return (int) constant($name);
            }
        }
        return $ids ? min($ids) : null;
    }

    /** Network options by name. The names are ours, so they are safe in a query. */
    protected static function options($network, $names)
    {
        $where = "site_id = $network AND meta_key IN ('" . implode("', '", $names) . "') ORDER BY meta_id DESC";
        return array_column(self::select('meta_key, meta_value', 'sitemeta', $where), 1, 0);
    }

    /** A serialized array, empty when the option is absent, null when it is none. Classes stay what they are: text. */
    protected static function unpack($options, $name)
    {
        $value = isset($options[$name]) ? @unserialize($options[$name], ['allowed_classes' => false]) : [];
        return is_array($value) ? $value : null;
    }

    /** From the head of the plugin's main file, which is read as text. The folder's name changed over the years. */
    protected static function pluginVersion($active, $folders)
    {
        $content = defined('WP_CONTENT_DIR') ? WP_CONTENT_DIR : self::$abspath . 'wp-content';
        $plugins = defined('WP_PLUGIN_DIR') ? WP_PLUGIN_DIR : "$content/plugins";
        foreach (array_keys((array) $active) as $file) {
            $path = explode('/', (string) $file);
            $known = in_array($path[0], $folders, true) && preg_match('~^[\w.-]+\.php$~D', end($path));
            if (!$known || count($path) !== 2 || !is_readable("$plugins/$file")) {
                continue;
            }
            $head = (string) file_get_contents("$plugins/$file", false, null, 0, 8192);
            if (preg_match('~^[ \t/*#@]*Version:[ \t]*([\w.+-]+)~mi', $head, $match)) {
                return $match[1];
            }
        }
        return null;
    }

    /** The names of a table's columns, null when there is no such table. */
    protected static function columns($table)
    {
        try {
            $result = self::query('SELECT * FROM `' . self::$prefix . "$table` WHERE 1 = 0");
        } catch (mysqli_sql_exception $error) {
            if ($error->getCode() === 1146) {
                return null;
            }
            self::fail('db_query', ['errno' => $error->getCode(), 'tables' => self::named([$table])]);
        }
        return array_map('strtolower', array_column($result->fetch_fields(), 'name'));
    }

    protected static function named($tables)
    {
        return array_map(function ($table) {
            return self::$prefix . $table;
        }, array_values($tables));
    }

    protected static function select($what, $table, $where = '1 = 1')
    {
        $result = self::query("SELECT $what FROM `" . self::$prefix . "$table` WHERE $where");
        $rows = [];
        // Not fetch_all(): that is there only where mysqli was built with mysqlnd.
        while ($row = $result->fetch_row()) {
            $rows[] = $row;
        }
        return $rows;
    }

    protected static function query($sql)
    {
        return self::$db->query($sql);
    }
}
"""
)
