# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The PHP program that says what a wp-config.php sets up and what the database says of it, as text, because an Ansible module can bring along Python only."""

from __future__ import annotations

from ._php_database import DATABASE

PROGRAM = (
    f"<?php{DATABASE}"
    + r"""
// Changes nothing and loads neither WordPress nor any plugin.
final class WpmSurvey extends WpmDatabase
{
    public static function survey($prefix)
    {
        self::$step = 'read';
        set_error_handler([__CLASS__, 'notice']);
        self::checkConstants($prefix);
        self::$prefix = $prefix;
        try {
            self::connect();
        } catch (mysqli_sql_exception $error) {
            self::fail('db_connect', ['errno' => $error->getCode()]);
        }
        try {
            $networks = self::networks();
            $main = self::mainNetwork(array_column($networks, 'id'));
            $options = $main === null ? [] : self::options($main, array_merge(
                ['active_sitewide_plugins', 'wu_host_integrations_enabled'],
                array_map([__CLASS__, 'option'], self::$in['runcloud'])
            ));
        } catch (mysqli_sql_exception $error) {
            self::fail('db_query', ['errno' => $error->getCode()]);
        }
        $flags = self::unpack($options, 'wu_host_integrations_enabled');
        self::answer(['facts' => [
            'table_prefix' => self::$prefix,
            'constants' => (object) self::constants(),
            'runcloud_constants' => array_values(array_filter(self::$in['runcloud'], 'defined')),
            'networks' => $networks,
            'plugin' => self::installed((array) self::unpack($options, 'active_sitewide_plugins')),
            'sunrise' => self::sunrise(self::content() . '/sunrise.php'),
            'integration' => [
                'enabled' => $main === null || $flags === null ? null : !empty($flags['runcloud']),
                'stored' => array_values(array_filter(self::$in['runcloud'], function ($name) use ($options) {
                    return isset($options[self::option($name)]) && $options[self::option($name)] !== '';
                })),
            ],
        ]]);
    }

    /** Where the plugin keeps what its wizard was told instead of a constant. */
    private static function option($name)
    {
        return "wu_hosting_credential_$name";
    }

    /** Of the names that were asked for, those that are set; what is no plain value is told by its type. */
    private static function constants()
    {
        $found = [];
        foreach (array_filter(self::$in['names'], 'defined') as $name) {
            $value = constant($name);
            $found[$name] = is_scalar($value) || $value === null ? $value : gettype($value);
        }
        return $found;
    }

    /** The networks of the database, each with what populate_network() wrote for its constants; empty on a single site. */
    private static function networks()
    {
        foreach (['site', 'blogs', 'sitemeta'] as $table) {
            if (self::columns($table) === null) {
                return [];
            }
        }
        $networks = [];
        foreach (self::select('id, domain, path', 'site', '1 = 1 ORDER BY id') as $row) {
            $id = (int) $row[0];
            $options = self::options($id, ['subdomain_install', 'main_site']);
            $kind = isset($options['subdomain_install']) ? $options['subdomain_install'] : null;
            $where = "b.site_id = s.id AND b.domain = s.domain AND b.path = s.path WHERE s.id = $id ORDER BY b.blog_id";
            $table = self::$prefix . 'blogs';
            $main = self::query('SELECT b.blog_id FROM `' . self::$prefix . "site` s JOIN `$table` b ON $where")->fetch_row();
            $networks[] = [
                'id' => $id,
                'domain' => $row[1],
                'path' => $row[2],
                'main_site' => $main ? (int) $main[0] : null,
                'subdomain_install' => $kind === null ? null : (bool) $kind,
            ];
        }
        return $networks;
    }

    private static function content()
    {
        return defined('WP_CONTENT_DIR') ? WP_CONTENT_DIR : self::$abspath . 'wp-content';
    }

    /** Ultimate Multisite on the disk: the copy that is active for the network, else the first one that is there. */
    private static function installed($active)
    {
        $places = [
            defined('WP_PLUGIN_DIR') ? WP_PLUGIN_DIR : self::content() . '/plugins',
            defined('WPMU_PLUGIN_DIR') ? WPMU_PLUGIN_DIR : self::content() . '/mu-plugins',
        ];
        $found = null;
        foreach ($places as $number => $place) {
            foreach (self::$in['folders'] as $folder) {
                $file = "$place/$folder/$folder.php";
                $head = is_readable($file) ? (string) file_get_contents($file, false, null, 0, 8192) : '';
                if (!preg_match('~^[ \t/*#@]*Version:[ \t]*([\w.+-]+)~mi', $head, $match)) {
                    continue;
                }
                $plugin = [
                    'folder' => "$place/$folder",
                    'version' => $match[1],
                    'active' => $number === 1 || isset($active["$folder/$folder.php"]),
                    'sunrise' => self::sunrise("$place/$folder/sunrise.php"),
                ];
                if ($found === null || ($plugin['active'] && !$found['active'])) {
                    $found = $plugin;
                }
            }
        }
        return $found;
    }

    /** A sunrise.php: whose it is, and which. Ultimate Multisite's own names its version. */
    private static function sunrise($path)
    {
        $text = is_readable($path) ? (string) file_get_contents($path) : null;
        $ours = $text !== null && strpos($text, 'WP_ULTIMO_SUNRISE_VERSION') !== false;
        $version = '~[\'"]WP_ULTIMO_SUNRISE_VERSION[\'"]\s*,\s*[\'"]([\w.]+)[\'"]~';
        return [
            'path' => $path,
            'product' => $ours ? 'ultimate_multisite' : (is_link($path) || file_exists($path) ? 'other' : null),
            'version' => $ours && preg_match($version, $text, $match) ? $match[1] : null,
        ];
    }
}

WpmSurvey::start(json_decode(base64_decode('@INPUT@'), true));
try {
    eval(WpmSurvey::config());
} catch (Throwable $wpm_error) {
    WpmSurvey::threw($wpm_error);
}
WpmSurvey::survey(isset($table_prefix) ? $table_prefix : null);
"""
)
