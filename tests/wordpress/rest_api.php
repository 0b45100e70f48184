<?php
// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (c) 2026 the wpmultisite.runcloud authors
//
// A must-use plugin: the lists of Ultimate Multisite's REST API over the real tables, as the plugin answers them. The
// constant REST_GENERATION (2.4.10 or 2.4.13) says of which version; key and secret are in the plugin's own settings.
final class RestStandin
{
    const NAMESPACE = 'wu/v2';

    public static function start(): void
    {
        add_filter('rest_authentication_errors', [__CLASS__, 'bypass'], 1);
        add_action('rest_api_init', [__CLASS__, 'routes']);
    }

    private static function newer(): bool
    {
        return defined('REST_GENERATION') && REST_GENERATION !== '2.4.10';
    }

    private static function setting(string $name, $default)
    {
        $settings = get_site_option('wp-ultimo_v2_settings', []);
        return is_array($settings) && isset($settings[$name]) ? $settings[$name] : $default;
    }

    /** WordPress' own check of passwords is no matter of this API; only the pretty path is recognised. */
    public static function bypass($result)
    {
        $path = (string) parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
        return strpos($path, '/wp-json/' . self::NAMESPACE) === false ? $result : true;
    }

    public static function routes(): void
    {
        if (!self::setting('enable_api', true)) {
            return;
        }
        $paging = ['type' => 'integer', 'minimum' => 1];
        $arguments = self::newer() ? [
            'page' => $paging + ['default' => 1],
            'per_page' => $paging + ['default' => 10, 'maximum' => 100],
        ] : [];
        foreach (['domain', 'site'] as $route) {
            $common = ['permission_callback' => [__CLASS__, 'permitted']];
            register_rest_route(self::NAMESPACE, "/$route", [
                ['methods' => 'GET', 'callback' => [__CLASS__, $route], 'args' => $arguments] + $common,
                ['methods' => 'POST', 'callback' => '__return_null'] + $common,
            ]);
        }
    }

    public static function permitted(WP_REST_Request $request): bool
    {
        $key = $_SERVER['PHP_AUTH_USER'] ?? $request['api_key'];
        $secret = $_SERVER['PHP_AUTH_PW'] ?? $request['api_secret'];
        return $key === self::setting('api_key', 'prevent') && $secret === self::setting('api_secret', 'prevent')
            && $key !== 'prevent';
    }

    public static function domain(WP_REST_Request $request)
    {
        return self::rows($request, 'wu_domain_mappings', 'id', function ($row) {
            return [
                'id' => $row['id'], 'model' => 'domain', 'slug' => '', 'date_created' => $row['date_created'],
                'date_modified' => $row['date_modified'], 'migrated_from_id' => null, 'blog_id' => $row['blog_id'],
                'domain' => $row['domain'], 'active' => $row['active'], 'primary_domain' => $row['primary_domain'],
                'secure' => $row['secure'], 'stage' => $row['stage'],
            ];
        });
    }

    public static function site(WP_REST_Request $request)
    {
        return self::rows($request, 'blogs', 'blog_id', function ($row) {
            $new = self::newer();
            $none = $new ? false : null;
            $stored = array_intersect_key($row, array_flip(['registered', 'last_updated']));
            $flags = array_intersect_key($row, array_flip(['public', 'archived', 'mature', 'spam', 'deleted', 'lang_id']));
            return [
                'id' => $new ? (int) $row['blog_id'] : 0, 'model' => 'site', 'slug' => '', 'date_created' => '',
                'date_modified' => '', 'migrated_from_id' => null, 'title' => get_blog_option($row['blog_id'], 'blogname'),
                'description' => $new ? '' : null, 'blog_id' => $row['blog_id'], 'site_id' => $row['site_id'],
                'domain' => $row['domain'], 'path' => $row['path'], 'site_path' => null,
            ] + $stored + ['is_publishing' => null, 'active' => $new ? true : null] + $flags + [
                'customer_id' => $none, 'membership_id' => $none, 'template_id' => $none,
                'type' => $new && !is_main_site((int) $row['blog_id']) ? 'default' : null, 'featured_image_id' => null,
                'categories' => $new ? [] : null, 'transient' => null, 'signup_options' => null, 'signup_meta' => null,
                'limitations' => [], 'notes' => $new ? [] : null,
            ];
        });
    }

    /** The older versions hand every parameter to the database layer, the newer ones page by themselves. */
    private static function rows(WP_REST_Request $request, string $table, string $id, callable $show)
    {
        global $wpdb;
        $table = $wpdb->base_prefix . $table;
        $total = (int) $wpdb->get_var("SELECT COUNT(*) FROM `$table`");
        $number = self::newer() ? (int) $request['per_page'] : (int) ($request['number'] ?? 100);
        $offset = self::newer() ? ($request['page'] - 1) * $number : (int) ($request['offset'] ?? 0);
        if (!self::newer() && $request['count']) {
            return rest_ensure_response($total);
        }
        $order = strtoupper((string) $request['order']) === 'ASC' ? 'ASC' : 'DESC';
        $sql = "SELECT * FROM `$table` ORDER BY `$id` $order LIMIT %d OFFSET %d";
        $rows = $wpdb->get_results($wpdb->prepare($sql, $number, $offset), ARRAY_A);
        $response = rest_ensure_response(array_map($show, $rows));
        if (self::newer()) {
            $response->header('X-WP-Total', (string) $total);
            $response->header('X-WP-TotalPages', (string) ceil($total / $number));
        }
        return $response;
    }
}

RestStandin::start();
