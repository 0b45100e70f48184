# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The PHP program that switches Ultimate Multisite's own RunCloud integration, as text, because an Ansible module can bring along Python only.

The flag is the entry ``runcloud`` of the network option ``wu_host_integrations_enabled``
(``inc/integrations/class-integration.php``), the same in all versions of the plugin.
"""

from __future__ import annotations

from ._php_wordpress import program

PROGRAM = program(
    "WpmIntegration",
    r"""
final class WpmIntegration extends WpmWordPress
{
    const OPTION = 'wu_host_integrations_enabled';

    public static function work()
    {
        self::$step = 'work';
        $flags = get_network_option(null, self::OPTION, []);
        if (!is_array($flags)) {
            self::fail('flag_unreadable');
        }
        $before = !empty($flags['runcloud']);
        if ($before === self::$in['enabled']) {
            self::answer(['before' => $before]);
            return;
        }
        if (self::$in['enabled'] && !self::isActive()) {
            self::fail('plugin_inactive');
        }
        if (!self::$in['check']) {
            $flags['runcloud'] = self::$in['enabled'];
            update_network_option(null, self::OPTION, $flags);
            $now = get_network_option(null, self::OPTION, []);
            if (!is_array($now) || !empty($now['runcloud']) !== self::$in['enabled']) {
                self::fail('flag_not_kept');
            }
        }
        self::answer(['before' => $before]);
    }
}
""",
)
