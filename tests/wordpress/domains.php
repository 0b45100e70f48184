<?php
// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (c) 2026 the wpmultisite.runcloud authors
//
// What a plugin file requires to stand in for Ultimate Multisite: the model of a mapped domain and the queue's functions
// with the real ones' signatures and answers, over the real table. The queue is the columns of Action Scheduler's table
// that matter, on the main site. The constant STANDIN_LACKS holds names of functions that an older version has not.
namespace WP_Ultimo\Models {
    class Domain
    {
        const STAGES = ['checking-dns', 'checking-ssl-cert', 'done-without-ssl', 'done', 'failed', 'ssl-failed'];

        private $row;

        public function __construct(array $row)
        {
            $this->row = $row;
        }

        /** @return static|false */
        public static function get_by_id($item_id)
        {
            global $wpdb;
            if (empty($item_id)) {
                return false;
            }
            $row = wp_cache_get($item_id, 'wu-domains');
            if (!$row) {
                $sql = "SELECT * FROM `{$wpdb->base_prefix}wu_domain_mappings` WHERE id = %d";
                $row = $wpdb->get_row($wpdb->prepare($sql, $item_id), ARRAY_A);
                wp_cache_set($item_id, $row, 'wu-domains');
            }
            return $row ? new static($row) : false;
        }

        public function get_id()
        {
            return absint($this->row['id']);
        }

        public function get_domain()
        {
            return strtolower($this->row['domain']);
        }

        public function get_stage()
        {
            return $this->row['stage'];
        }

        public function set_stage($stage): void
        {
            $this->row['stage'] = $stage;
        }

        /** @return bool|\WP_Error */
        public function save()
        {
            global $wpdb;
            $table = "{$wpdb->base_prefix}wu_domain_mappings";
            if (!in_array($this->row['stage'], self::STAGES, true)) {
                return new \WP_Error('stage', 'The Stage is not allowed');
            }
            $twins = "SELECT COUNT(*) FROM `$table` WHERE domain = %s AND id <> %d";
            if ($wpdb->get_var($wpdb->prepare($twins, $this->row['domain'], $this->get_id()))) {
                return new \WP_Error('domain', "A mapping with the <b>Domain</b>\n{$this->row['domain']} exists already");
            }
            $refused = apply_filters('standin_refuses', null, $this);
            if ($refused) {
                return $refused;
            }
            $old = $wpdb->get_var($wpdb->prepare("SELECT stage FROM `$table` WHERE id = %d", $this->get_id()));
            $saved = (bool) $wpdb->update($table, $this->row, ['id' => $this->get_id()]);
            wp_cache_flush();
            if ($saved) {
                do_action('wu_transition_domain_stage', $old, $this->row['stage'], $this->get_id());
            }
            return $saved;
        }
    }
}

namespace {
    final class StandinAction
    {
        private $args;

        public function __construct(array $args)
        {
            $this->args = $args;
        }

        public function get_args()
        {
            return $this->args;
        }
    }

    function standin_has($name)
    {
        return !defined('STANDIN_LACKS') || !in_array($name, STANDIN_LACKS, true);
    }

    function standin_queue()
    {
        global $wpdb;
        return $wpdb->get_blog_prefix(get_main_site_id()) . 'actionscheduler_actions';
    }

    if (standin_has('wu_get_domain')) {
        function wu_get_domain($domain_id)
        {
            return \WP_Ultimo\Models\Domain::get_by_id($domain_id);
        }
    }
    if (standin_has('wu_enqueue_async_action')) {
        function wu_enqueue_async_action($hook, $args = [], $group = '')
        {
            global $wpdb;
            if (!did_action('init') || apply_filters('standin_queue_is_broken', false)) {
                return 0;
            }
            $row = ['hook' => $hook, 'status' => 'pending', 'args' => wp_json_encode($args), 'group' => $group];
            $wpdb->insert(standin_queue(), $row);
            return $wpdb->insert_id;
        }
    }
    if (standin_has('wu_get_scheduled_actions')) {
        function wu_get_scheduled_actions($args = [], $return_format = OBJECT)
        {
            global $wpdb;
            $args += ['hook' => '', 'status' => '', 'per_page' => 5];
            $limit = $args['per_page'] > 0 ? "LIMIT $args[per_page]" : '';
            $sql = 'SELECT action_id, args FROM `' . standin_queue() . "` WHERE hook = %s AND status = %s $limit";
            $actions = [];
            foreach ($wpdb->get_results($wpdb->prepare($sql, $args['hook'], $args['status'])) as $row) {
                $actions[$row->action_id] = new StandinAction(json_decode($row->args, true));
            }
            return $actions;
        }
    }
}
