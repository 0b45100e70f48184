# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The PHP program that lets Ultimate Multisite check domains again, as text, because an Ansible module can bring along Python only.

It does what the plugin's own network admin does when a person sets a domain's stage back and saves it: the model's
``save()``, then the job ``wu_async_process_domain_stage`` (``inc/admin-pages/class-domain-edit-admin-page.php``).
"""

from __future__ import annotations

from ._php_config import CONFIG

PROGRAM = (
    f"<?php{CONFIG}"
    + r"""
// Loads WordPress with its plugins and calls functions of Ultimate Multisite; it sends no query of its own. Whatever the
// plugins print goes nowhere. What they throw is told by class and place; the words of a refusal are told unless one of
// the secrets of wp-config.php is in them.
final class WpmNudger extends WpmConfig
{
    private static $reports = [];

    /** What wp-cron.php does before it loads WordPress: that is where the plugin's own checks run. */
    public static function prepare($prefix)
    {
        self::checkConstants($prefix);
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
    private static function spot($file, $line)
    {
        $below = strpos($file, self::$abspath) === 0;
        return ['file' => $below ? substr($file, strlen(self::$abspath)) : $file, 'line' => $line];
    }

    public static function stopped()
    {
        if (self::$answered || !in_array(self::$step, ['wordpress', 'rows'], true)) {
            parent::stopped();
            return;
        }
        $error = error_get_last();
        $fatal = $error !== null && ($error['type'] & (E_ERROR | E_PARSE | E_CORE_ERROR | E_COMPILE_ERROR));
        $spot = $fatal ? self::spot($error['file'], $error['line']) : [];
        if (self::$step === 'rows') {
            self::$reports[] = ['state' => 'failed', 'reason' => 'stopped', 'stage' => null] + $spot;
            self::answer(['reports' => self::$reports]);
            exit(3);
        }
        if ($fatal) {
            self::fail('wordpress_fatal', $spot);
        }
        self::ended();
    }

    public static function nudge()
    {
        $names = ['wu_get_domain', 'wu_enqueue_async_action', 'wu_get_scheduled_actions'];
        $missing = array_values(array_filter($names, function ($name) {
            return !function_exists($name);
        }));
        if ($missing) {
            self::fail(self::isActive() ? 'plugin_lacks' : 'plugin_inactive', ['names' => $missing]);
        }
        try {
            $queued = self::queued();
        } catch (Throwable $error) {
            self::fail('queue_unreadable', self::spot($error->getFile(), $error->getLine()));
        }
        self::$step = 'rows';
        foreach (self::$in['mappings'] as $row) {
            try {
                $report = self::one($row, isset($queued[$row['id']]));
            } catch (Throwable $error) {
                $report = ['state' => 'failed', 'reason' => 'threw', 'stage' => null, 'class' => get_class($error)]
                    + self::spot($error->getFile(), $error->getLine());
            }
            self::$reports[] = $report;
        }
        self::answer(['reports' => self::$reports]);
    }

    private static function isActive()
    {
        foreach (array_keys((array) get_site_option('active_sitewide_plugins', [])) as $file) {
            if (in_array(explode('/', (string) $file)[0], self::$in['folders'], true)) {
                return true;
            }
        }
        return false;
    }

    /** The ids of the domains that have a check in the plugin's queue. */
    private static function queued()
    {
        $ids = [];
        foreach (['pending', 'in-progress'] as $status) {
            $query = ['hook' => 'wu_async_process_domain_stage', 'status' => $status, 'per_page' => -1];
            foreach (wu_get_scheduled_actions($query) as $action) {
                $args = $action->get_args();
                if (isset($args['domain_id'])) {
                    $ids[(int) $args['domain_id']] = true;
                }
            }
        }
        return $ids;
    }

    private static function one($row, $queued)
    {
        $domain = wu_get_domain($row['id']);
        if (!is_object($domain)) {
            return ['state' => 'skipped', 'reason' => 'gone', 'stage' => null];
        }
        $stage = $domain->get_stage();
        $skipped = ['state' => 'skipped', 'stage' => $stage];
        if (strtolower($domain->get_domain()) !== strtolower($row['domain'])) {
            return ['reason' => 'renamed', 'now' => $domain->get_domain()] + $skipped;
        }
        if ($stage !== $row['stage']) {
            return ['reason' => 'moved'] + $skipped;
        }
        if ($queued) {
            return ['reason' => 'queued'] + $skipped;
        }
        return self::again($row, $domain);
    }

    private static function again($row, $domain)
    {
        $stage = $row['to'];
        $failed = ['state' => 'failed', 'stage' => $domain->get_stage()];
        $done = ['state' => 'requeued', 'reason' => 'requeued', 'stage' => $stage];
        if (self::$in['check']) {
            return $done;
        }
        // Each save empties the whole object cache of the network.
        if ($domain->get_stage() !== $stage) {
            $domain->set_stage($stage);
            $saved = $domain->save();
            if (is_wp_error($saved)) {
                return ['reason' => 'refused', 'said' => self::shown($saved->get_error_message())] + $failed;
            }
            $stored = wu_get_domain($row['id']);
            if (!is_object($stored) || $stored->get_stage() !== $stage) {
                return ['reason' => 'not_saved'] + $failed;
            }
        }
        if (!wu_enqueue_async_action('wu_async_process_domain_stage', ['domain_id' => $row['id']], 'domain')) {
            return ['reason' => 'not_queued', 'stage' => $stage] + $failed;
        }
        return $done;
    }

    /** What a plugin said, in one short line; null when it holds a secret. */
    private static function shown($text)
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

WpmNudger::start(json_decode(base64_decode('@INPUT@'), true));
try {
    eval(WpmNudger::config());
} catch (Throwable $wpm_error) {
    WpmNudger::threw($wpm_error);
}
WpmNudger::prepare(isset($table_prefix) ? $table_prefix : null);
try {
    require ABSPATH . 'wp-settings.php';
} catch (Throwable $wpm_error) {
    WpmNudger::threwLoading($wpm_error);
}
WpmNudger::nudge();
"""
)
