# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The part of our PHP programs that loads WordPress with its plugins, as text, because an Ansible module can bring along Python only."""

from __future__ import annotations

from ._php_config import CONFIG

_LOADER = r"""
// Loads WordPress as wp-cron.php does. Whatever the plugins print goes nowhere. What they throw is told by class and place;
// their words are told unless one of the secrets of wp-config.php is in them.
abstract class WpmWordPress extends WpmConfig
{
    /** What wp-cron.php does before it loads WordPress: that is where the plugin's own checks run. */
    public static function prepare($prefix)
    {
        self::checkConstants($prefix);
        self::checkMultisite();
        $main = defined('DOMAIN_CURRENT_SITE') ? (string) DOMAIN_CURRENT_SITE : '';
        $host = isset($_SERVER['HTTP_HOST']) ? (string) $_SERVER['HTTP_HOST'] : $main;
        if ($host === '') {
            self::fail('no_host');
        }
        self::imitateHost($host);
        $_SERVER['PHP_SELF'] = $_SERVER['SCRIPT_NAME'] = '/wp-cron.php';
        $_SERVER['SCRIPT_FILENAME'] = self::$abspath . 'wp-cron.php';
        // It also keeps this load from starting other jobs, as a visit of the site would.
        defined('DOING_CRON') || define('DOING_CRON', true);
        $lost = function () {
            self::fail('site_not_found', ['host' => $_SERVER['HTTP_HOST']]);
        };
        self::filter('ms_site_not_found', $lost);
        self::filter('ms_network_not_found', $lost);
        self::filter('wp_die_handler', function () {
            return [__CLASS__, 'died'];
        });
        restore_error_handler();
        self::$step = 'wordpress';
    }

    /** Filters that WordPress finds when it starts. */
    private static function filter($name, $function)
    {
        $GLOBALS['wp_filter'][$name][10]['wpm'] = ['function' => $function, 'accepted_args' => 1];
    }

    public static function died()
    {
        if (self::$step !== 'wordpress') {
            throw new RuntimeException('wp_die');
        }
        self::ended();
    }

    /** WordPress did not finish loading, without an error of PHP. */
    private static function ended()
    {
        // The number may also be of a connection that a plugin made beside the one of WordPress.
        if (mysqli_connect_errno() && empty($GLOBALS['wpdb']->ready)) {
            self::fail('db_connect', ['errno' => mysqli_connect_errno()]);
        }
        self::fail(file_exists(self::$abspath . '.maintenance') ? 'maintenance' : 'wordpress_ends');
    }

    public static function threwLoading($error)
    {
        self::fail('wordpress_fatal', self::spot($error->getFile(), $error->getLine()));
    }

    /** A place in a file that people know by its path below the WordPress folder. */
    protected static function spot($file, $line)
    {
        $below = strpos($file, self::$abspath) === 0;
        return ['file' => $below ? substr($file, strlen(self::$abspath)) : $file, 'line' => $line];
    }

    public static function stopped()
    {
        if (self::$answered || !in_array(self::$step, ['wordpress', 'work'], true)) {
            parent::stopped();
            return;
        }
        $error = error_get_last();
        $fatal = $error !== null && ($error['type'] & (E_ERROR | E_PARSE | E_CORE_ERROR | E_COMPILE_ERROR));
        $spot = $fatal ? self::spot($error['file'], $error['line']) : [];
        if (self::$step === 'work') {
            static::broke($spot);
        }
        if ($fatal) {
            self::fail('wordpress_fatal', $spot);
        }
        self::ended();
    }

    /** PHP ends while a program works with WordPress. */
    protected static function broke($spot)
    {
        self::fail('stopped', $spot);
    }

    protected static function isActive()
    {
        foreach (array_keys((array) get_site_option('active_sitewide_plugins', [])) as $file) {
            if (in_array(explode('/', (string) $file)[0], self::$in['folders'], true)) {
                return true;
            }
        }
        return false;
    }

    /** What a plugin said, in one short line; null when it holds a secret. */
    protected static function shown($text)
    {
        foreach (get_defined_constants(true)['user'] as $name => $value) {
            $secret = preg_match('/^DB_|PASS|SECRET|TOKEN|KEY|SALT/i', $name) && is_string($value) && $value !== '';
            if ($secret && strpos($text, $value) !== false) {
                return null;
            }
        }
        $line = trim(preg_replace('/\s+/', ' ', strip_tags($text)));
        return $line === '' ? null : substr($line, 0, 200);
    }
}
"""
_RUN = r"""
CLASS::start(json_decode(base64_decode('@INPUT@'), true));
try {
    eval(CLASS::config());
} catch (Throwable $wpm_error) {
    CLASS::threw($wpm_error);
}
CLASS::prepare(isset($table_prefix) ? $table_prefix : null);
try {
    require ABSPATH . 'wp-settings.php';
} catch (Throwable $wpm_error) {
    CLASS::threwLoading($wpm_error);
}
CLASS::work();
"""


def program(name: str, code: str) -> str:
    """A whole program.

    :arg name: the class of ``code``, which extends WpmWordPress and has a static method ``work``, for when WordPress is loaded.
    """
    return f"<?php{CONFIG}{_LOADER}{code}{_RUN.replace('CLASS', name)}"
