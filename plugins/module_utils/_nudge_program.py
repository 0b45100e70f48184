# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The PHP program that lets Ultimate Multisite check domains again, as text, because an Ansible module can bring along Python only.

It does what the plugin's own network admin does when a person sets a domain's stage back and saves it: the model's
``save()``, then the job ``wu_async_process_domain_stage`` (``inc/admin-pages/class-domain-edit-admin-page.php``).
"""

from __future__ import annotations

from ._php_wordpress import program

PROGRAM = program(
    "WpmNudger",
    r"""
// Calls functions of Ultimate Multisite; it sends no query of its own.
final class WpmNudger extends WpmWordPress
{
    private static $reports = [];

    protected static function broke($spot)
    {
        self::$reports[] = ['state' => 'failed', 'reason' => 'stopped', 'stage' => null] + $spot;
        self::answer(['reports' => self::$reports]);
        exit(3);
    }

    public static function work()
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
        self::$step = 'work';
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
}
""",
)
