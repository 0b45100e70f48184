# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The PHP program that reads a multisite, as text, because an Ansible module can bring along Python only.

``_snapshot_php`` gives it to ``php`` on its standard input, ``_snapshot_wp_cli`` to ``wp eval``, and both understand its
answers.
"""

from __future__ import annotations

from ._php_database import DATABASE

READER = (
    DATABASE
    + r"""
// Reads the domain facts of a WordPress multisite and changes nothing. Loads neither WordPress nor any plugin, so it
// works when those are broken.
final class WpmReader extends WpmDatabase
{
    public static function read($prefix)
    {
        self::$step = 'read';
        set_error_handler([__CLASS__, 'notice']);
        self::checkConstants($prefix);
        foreach (isset(self::$in['assume']) ? self::$in['assume'] : [] as $name => $value) {
            defined($name) || define($name, $value);
        }
        self::checkMultisite();
        self::$prefix = $prefix;
        try {
            self::connect();
        } catch (mysqli_sql_exception $error) {
            self::fail('db_connect', ['errno' => $error->getCode()]);
        }
        self::answer(['facts' => self::factsOfOneMoment()]);
    }

    /** The same within a WordPress that WP-CLI has loaded, over the connection that it already has. */
    public static function readLoaded($wpdb)
    {
        self::$step = 'read';
        self::$config = 'wp-config.php';
        self::$abspath = ABSPATH;
        self::$prefix = $wpdb->base_prefix;
        if (!is_multisite()) {
            self::fail('not_multisite');
        }
        if (!($wpdb->dbh instanceof mysqli)) {
            self::fail('db_drop_in');
        }
        self::$db = $wpdb->dbh;
        mysqli_report(MYSQLI_REPORT_ERROR | MYSQLI_REPORT_STRICT);
        self::$db->set_charset('utf8mb4');
        $facts = self::factsOfOneMoment();
        $facts['root_real'] = rtrim(realpath(ABSPATH), '/');
        self::answer(['facts' => $facts]);
        // As WordPress had it, for what still runs when it ends.
        mysqli_report(MYSQLI_REPORT_OFF);
        $wpdb->set_charset($wpdb->dbh);
    }

    private static function factsOfOneMoment()
    {
        try {
            self::query('SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ');
            self::query('START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY');
            $facts = self::facts();
            self::query('ROLLBACK');
        } catch (mysqli_sql_exception $error) {
            self::fail('db_query', ['errno' => $error->getCode()]);
        }
        return $facts;
    }

    private static function facts()
    {
        $missing = array_filter(['site', 'blogs', 'sitemeta'], function ($table) {
            return self::columns($table) === null;
        });
        if ($missing) {
            // Where not even the table of a single site is, the prefix is the likelier mistake.
            $code = self::columns('options') === null ? 'no_tables' : 'no_network_tables';
            self::fail($code, ['tables' => self::named($missing)]);
        }
        $plan = self::$in['plan'];
        $facts = ['prefix' => self::$prefix, 'wordpress' => self::wordpress(), 'mappings' => []];
        $facts['counts'] = ['mappings' => 0];
        foreach ($plan['tables'] as $kind => $about) {
            self::checkColumns($kind, $about);
            $facts['counts'][$kind] = (int) self::select('COUNT(*)', $about['table'])[0][0];
            $facts[$kind] = self::rows($about['table'], $about['columns']);
            $charset = self::select('CHARSET(domain)', $about['table'], '1 = 1 LIMIT 1');
            $facts['charsets'][$kind] = $charset ? $charset[0][0] : null;
        }
        return $facts + self::plugin($plan, array_column($facts['networks'], 'id'));
    }

    /** Rows are read of a table only that is known to be the one that is meant. */
    private static function checkColumns($kind, $about)
    {
        $columns = self::columns($about['table']);
        if ($columns === null) {
            self::fail('no_mapping_table', ['tables' => self::named([$about['table']])]);
        }
        $wanted = array_map(function ($column) {
            return ltrim($column, '#');
        }, array_values($about['columns']));
        $logins = $about['exact'] && self::columns($about['table'] . '_logins') !== null;
        $more = $about['exact'] ? array_diff($columns, $wanted) : [];
        if (array_diff($wanted, $columns) || $more || $logins) {
            $found = ['columns' => $columns, 'logins' => $logins];
            self::fail('table_unfit', ['kind' => $kind, 'prefix' => self::$prefix] + $found);
        }
    }

    /** The constants of wp-config.php as WordPress understands them. */
    private static function wordpress()
    {
        // wp_get_environment_type(): the constant beats the environment, an unknown word means production.
        $environment = getenv('WP_ENVIRONMENT_TYPE');
        if (defined('WP_ENVIRONMENT_TYPE') && WP_ENVIRONMENT_TYPE) {
            $environment = WP_ENVIRONMENT_TYPE;
        }
        $runtime = false;
        foreach (['', '_FROM', '_TO', '_MAP'] as $end) {
            $name = 'WP_ULTIMO_RUNTIME_URL' . $end;
            $runtime = $runtime || (defined($name) && constant($name)) || (string) getenv($name) !== '';
        }
        $known = in_array($environment, ['local', 'development', 'staging'], true);
        $vhost = defined('VHOST') && VHOST === 'yes';
        $version = file_get_contents(self::$abspath . 'wp-includes/version.php');
        return [
            'version' => preg_match('/^\$wp_version\s*=\s*[\'"]([^\'"]+)/m', $version, $match) ? $match[1] : null,
            'subdomain_install' => defined('SUBDOMAIN_INSTALL') ? (bool) SUBDOMAIN_INSTALL : $vhost,
            'domain_current_site' => defined('DOMAIN_CURRENT_SITE') ? (string) DOMAIN_CURRENT_SITE : null,
            'environment_type' => $known ? $environment : 'production',
            'runtime_url' => $runtime,
        ];
    }

    /** What is known of the mapping plugin and of its settings. */
    private static function plugin($plan, $networks)
    {
        $main = self::mainNetwork($networks);
        $names = ['active_sitewide_plugins', 'wp-ultimo_v2_settings', 'wu_host_integrations_enabled'];
        $all = $main === null || $plan['mark'] === null ? [] : self::options($main, array_merge($names, [$plan['mark']]));
        $settings = self::unpack($all, 'wp-ultimo_v2_settings');
        $hosts = self::unpack($all, 'wu_host_integrations_enabled');
        $www = isset($settings['auto_create_www_subdomain']) ? $settings['auto_create_www_subdomain'] : null;
        $mapping = isset($settings['enable_domain_mapping']) ? $settings['enable_domain_mapping'] : null;
        $known = $plan['settings'] && $main !== null;
        return [
            'mapping_plugin' => [
                'name' => $plan['name'],
                'version' => self::pluginVersion(self::unpack($all, 'active_sitewide_plugins'), $plan['folders']),
                'schema' => isset($all[$plan['mark']]) ? $all[$plan['mark']] : null,
                'unread_rows' => self::unread($plan, array_diff($networks, [$main])),
            ],
            'settings' => [
                'enable_domain_mapping' =>
                    $known && is_scalar($mapping) ? filter_var($mapping, FILTER_VALIDATE_BOOLEAN) : null,
                'auto_create_www_subdomain' =>
                    $known && in_array($www, ['always', 'main_only', 'never'], true) ? $www : null,
                'runcloud_integration' => [
                    // The plugin takes an absent option for an empty list.
                    'enabled' => $known && $hosts !== null ? !empty($hosts['runcloud']) : null,
                    'configured' => $known ? self::runcloudConfigured($main) : null,
                ],
            ],
        ];
    }

    /** Mapped domains that nobody asked for: a list without them must never be taken for the whole. */
    private static function unread($plan, $networks)
    {
        $names = [];
        foreach ($plan['unread'] as $table) {
            foreach (strpos($table, '%d') === false ? [0] : $networks as $id) {
                $names[] = sprintf($table, $id);
            }
        }
        $options = $plan['unread_options'];
        $where = "meta_key REGEXP '$options'";
        $rows = $options === null ? 0 : (int) self::select('COUNT(*)', 'sitemeta', $where)[0][0];
        foreach ($names as $name) {
            $rows += self::columns($name) === null ? 0 : (int) self::select('COUNT(*)', $name)[0][0];
        }
        return $rows;
    }

    /** Whether the plugin's own RunCloud integration has all its credentials. Their values are not even fetched. */
    private static function runcloudConfigured($network)
    {
        $names = [];
        foreach (['SERVER_ID', 'APP_ID', 'API_TOKEN', 'API_KEY', 'API_SECRET'] as $end) {
            $names[] = "wu_hosting_credential_WU_RUNCLOUD_$end";
        }
        $where = "site_id = $network AND meta_value <> '' AND meta_key IN ('" . implode("', '", $names) . "')";
        $stored = array_column(self::select('meta_key', 'sitemeta', $where), 0);
        $set = function ($end) use ($stored) {
            $name = "WU_RUNCLOUD_$end";
            return (defined($name) && constant($name)) || in_array("wu_hosting_credential_$name", $stored, true);
        };
        return $set('SERVER_ID') && $set('APP_ID') && ($set('API_TOKEN') || ($set('API_KEY') && $set('API_SECRET')));
    }

    /** All rows of a table. $columns: key of the result => column, with a # before those that hold integers. */
    private static function rows($table, $columns)
    {
        $names = array_map(function ($column) {
            return '`' . ltrim($column, '#') . '`';
        }, array_values($columns));
        $rows = [];
        foreach (self::select(implode(', ', $names), $table, "1 = 1 ORDER BY $names[0]") as $values) {
            $row = array_combine(array_keys($columns), $values);
            foreach ($columns as $key => $column) {
                // Anything else stays as it is and is told: 'true' is not 0.
                if ($column[0] === '#' && (string) (int) $row[$key] === $row[$key]) {
                    $row[$key] = (int) $row[$key];
                }
            }
            $rows[] = $row;
        }
        return $rows;
    }
}

WpmReader::start(json_decode(base64_decode('@INPUT@'), true));
"""
)

# Given to php: runs wp-config.php in the global scope, without WordPress.
PROGRAM = (
    f"<?php{READER}"
    + r"""
try {
    eval(WpmReader::config());
} catch (Throwable $wpm_error) {
    WpmReader::threw($wpm_error);
}
WpmReader::read(isset($table_prefix) ? $table_prefix : null);
"""
)

# Given to `wp eval`, where WordPress is loaded already.
LOADED_PROGRAM = f"{READER}WpmReader::readLoaded($GLOBALS['wpdb']);"
