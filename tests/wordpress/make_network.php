<?php
// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (c) 2026 the wpmultisite.runcloud authors
//
// Makes a multisite with WordPress' own functions: make_network.php FOLDER STAGE DOMAIN [SITE...]
//   install          with a wp-config.php without multisite constants: WordPress, then the tables of a network with sub-domains
//   install-folders  the same for a network with sub-directories
//   sites            with all multisite constants: the sites, each a host name or a path such as /shop/
//
// All in a function, because WordPress' own global variables would overwrite ours.
(function ($folder, $stage, $domain, ...$sites) {
    $_SERVER['HTTP_HOST'] = $_SERVER['SERVER_NAME'] = $domain;
    $_SERVER += ['REQUEST_URI' => '/', 'SERVER_PROTOCOL' => 'HTTP/1.1', 'REQUEST_METHOD' => 'GET', 'REMOTE_ADDR' => '127.0.0.1'];
    if ($stage !== 'sites') {
        define('WP_INSTALLING', true);
    }
    global $wpdb;
    require "$folder/wp-load.php";
    add_filter('pre_wp_mail', '__return_true');
    add_filter('pre_http_request', function () {
        return new WP_Error('offline', 'no network in tests');
    });
    require_once ABSPATH . 'wp-admin/includes/upgrade.php';
    $check = function ($result, $accepted = null) {
        if (is_wp_error($result) && $result->get_error_code() !== $accepted) {
            fwrite(STDERR, $result->get_error_message() . "\n");
            exit(1);
        }
    };
    if ($stage !== 'sites') {
        wp_install('Network', 'admin', 'admin@network.com', true, '', 'admin-pass');
        update_option('siteurl', "http://$domain");
        update_option('home', "http://$domain");
        foreach ($wpdb->tables('ms_global') as $name => $table) {
            $wpdb->$name = $table;
        }
        install_network();
        // No wildcard DNS here: WordPress says so and goes on.
        $check(populate_network(1, $domain, 'admin@network.com', 'Network', '/', $stage === 'install'), 'no_wildcard_dns');
    }
    foreach ($sites as $site) {
        $path = $site[0] === '/';
        $check(wpmu_create_blog($path ? $domain : $site, $path ? $site : '/', $site, 1, ['public' => 1], 1));
    }
})(...array_slice($argv, 1));
