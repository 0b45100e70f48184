# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The PHP program that reads a multisite, as text, because an Ansible module can bring along Python only.

``_snapshot_php`` gives it to ``php`` on its standard input, ``_snapshot_wp_cli`` to ``wp eval``, and both understand its
answers. ``@INPUT@`` stands for what the module asks for: JSON in base64, which needs no quoting.
"""

from __future__ import annotations

READER = r"""
// Reads the domain facts of a WordPress multisite and changes nothing. Loads neither WordPress nor any plugin, so it
// works when those are broken; needs PHP 7.2 or newer with mysqli and tokenizer. Its answer is JSON between two fences,
// a random word of this run, so that nothing that wp-config.php prints can be taken for it. Errors are codes with line
// numbers: the words of wp-config.php, of PHP about it, and of the database never leave this program, because they may
// hold secrets.
final class WpmReader
{
    private static $in;
    private static $out;
    private static $err;
    private static $step = 'start';
    private static $answered = false;
    private static $asksHost = false;
    private static $namesHost = false;
    private static $config = null;
    private static $abspath;
    private static $db;
    private static $prefix;

    public static function start($in)
    {
        self::$in = $in;
        // Kept open: PHP's command line lends its own output to the first who opens it, and closes it with that.
        self::$out = fopen('php://stdout', 'w');
        self::$err = fopen('php://stderr', 'w');
        self::put($in['fence'] . 'started' . $in['fence']);
        register_shutdown_function([__CLASS__, 'stopped']);
        if (PHP_VERSION_ID < 70200) {
            self::fail('php_too_old', ['version' => PHP_VERSION]);
        }
        foreach (['mysqli', 'tokenizer'] as $extension) {
            if (!extension_loaded($extension)) {
                self::fail('php_lacks', ['extension' => $extension]);
            }
        }
    }

    /** The code of wp-config.php up to where it loads WordPress, for eval() in the global scope, as WP-CLI does it. */
    public static function config()
    {
        self::find();
        $code = is_file(self::$config) ? @file_get_contents(self::$config) : false;
        if ($code === false) {
            self::fail('config_unreadable');
        }
        self::$namesHost = preg_match('/HTTP_HOST|SERVER_NAME/', $code) === 1;
        $code = self::cut($code);
        self::imitateRequest();
        set_error_handler([__CLASS__, 'notice']);
        self::$step = 'config';
        return $code;
    }

    /** Looks where wp-load.php looks, and defines ABSPATH as it does. */
    private static function find()
    {
        $root = self::$in['root'];
        if (!is_readable("$root/wp-includes/version.php")) {
            self::fail('no_wordpress');
        }
        $load = realpath("$root/wp-load.php");
        self::$abspath = ($load === false ? realpath($root) : dirname($load)) . '/';
        define('ABSPATH', self::$abspath);
        $above = dirname(self::$abspath);
        if (file_exists(self::$abspath . 'wp-config.php')) {
            self::$config = realpath(self::$abspath . 'wp-config.php');
        } elseif (@file_exists("$above/wp-config.php") && !@file_exists("$above/wp-settings.php")) {
            self::$config = realpath("$above/wp-config.php");
        } else {
            self::fail('no_config', ['other_above' => @file_exists("$above/wp-config.php")]);
        }
    }

    /**
     * Puts `return` in the place of the one statement that loads wp-settings.php: what follows it cannot touch the
     * connection any more, and often calls functions of WordPress. __FILE__ and __DIR__ become the file's own, because
     * in eval() they would be this program's. Line numbers stay.
     */
    private static function cut($code)
    {
        $tokens = token_get_all($code);
        $loads = [];
        $before = null;
        $at = null;
        $requires = [T_REQUIRE, T_REQUIRE_ONCE, T_INCLUDE, T_INCLUDE_ONCE];
        foreach ($tokens as $i => $token) {
            $id = is_array($token) ? $token[0] : $token;
            if (in_array($id, $requires, true)) {
                $end = self::loadsSettings($tokens, $i);
                if ($end !== null) {
                    $from = $at === null ? $i : $at;
                    $loads[] = ['line' => $token[2], 'from' => $from, 'to' => $end, 'before' => $before];
                }
            } elseif ($id === T_DIR) {
                $tokens[$i] = var_export(dirname(self::$config), true);
            } elseif ($id === T_FILE) {
                $tokens[$i] = var_export(self::$config, true);
            }
            if ($id === '@') {
                $at = $i;
            } elseif (!in_array($id, [T_WHITESPACE, T_COMMENT, T_DOC_COMMENT], true)) {
                $before = $id;
                $at = null;
            }
        }
        if (count($loads) !== 1) {
            self::fail($loads ? 'settings_twice' : 'settings_never', ['lines' => array_column($loads, 'line')]);
        }
        $load = $loads[0];
        $starts = [T_OPEN_TAG, ';', '{', '}', ')', ':', T_ELSE];
        if (!in_array($load['before'], $starts, true)) {
            self::fail('settings_inside', ['line' => $load['line']]);
        }
        for ($i = $load['from']; $i < $load['to']; $i++) {
            $tokens[$i] = self::blank($tokens[$i]);
        }
        $tokens[$load['from']] = 'return ' . $tokens[$load['from']];
        $open = is_array($tokens[0]) && $tokens[0][0] === T_OPEN_TAG;
        if ($open) {
            // eval() starts in PHP mode, and declare() must be the first statement there.
            $tokens[0] = self::blank($tokens[0]);
        }
        return ($open ? '' : '?>') . implode('', array_map([__CLASS__, 'text'], $tokens));
    }

    /** The index of the token that ends the statement which begins at $from, if it loads wp-settings.php. */
    private static function loadsSettings($tokens, $from)
    {
        $found = false;
        $strings = [T_CONSTANT_ENCAPSED_STRING, T_ENCAPSED_AND_WHITESPACE];
        for ($i = $from; $i < count($tokens); $i++) {
            $token = $tokens[$i];
            if ($token === ';' || (is_array($token) && $token[0] === T_CLOSE_TAG)) {
                break;
            }
            if (is_array($token) && in_array($token[0], $strings, true)) {
                $found = $found || preg_match('~(?:^|[/\\\\\'"])wp-settings\.php[\'"]?$~', $token[1]) === 1;
            }
        }
        return $found ? $i : null;
    }

    private static function text($token)
    {
        return is_array($token) ? $token[1] : $token;
    }

    private static function blank($token)
    {
        return preg_replace('/[^\r\n]+/', ' ', self::text($token));
    }

    /** What WP-CLI gives a wp-config.php, with --url and without. */
    private static function imitateRequest()
    {
        chdir(self::$abspath);
        // An include without a folder is also looked for beside wp-config.php, which may lie one level up.
        set_include_path(get_include_path() . PATH_SEPARATOR . dirname(self::$config));
        $_SERVER['DOCUMENT_ROOT'] = rtrim(self::$abspath, '/');
        $_SERVER['SERVER_PROTOCOL'] = 'HTTP/1.0';
        $_SERVER['REQUEST_METHOD'] = 'GET';
        $_SERVER['REMOTE_ADDR'] = '127.0.0.1';
        if (isset(self::$in['http_host'])) {
            $_SERVER['HTTP_HOST'] = self::$in['http_host'];
            $_SERVER['SERVER_NAME'] = preg_replace('/:\d+$/', '', self::$in['http_host']);
            $_SERVER['SERVER_PORT'] = preg_match('/:(\d+)$/', self::$in['http_host'], $port) ? $port[1] : '80';
            $_SERVER['REQUEST_URI'] = '/';
            $_SERVER['QUERY_STRING'] = '';
        }
    }

    /** A notice of wp-config.php is no printing, whatever display_errors it sets. Its text is kept back. */
    public static function notice($type, $message, $file = '', $line = 0)
    {
        if (preg_match('/"?(HTTP_HOST|SERVER_NAME)"?$/', $message) === 1) {
            self::$asksHost = true;
        }
        fwrite(self::$err, "PHP notice of type $type in line $line\n");
        return $type !== E_USER_ERROR && $type !== E_RECOVERABLE_ERROR;
    }

    /** wp-config.php threw. Names of functions and classes are no secrets, any other text might be one. */
    public static function threw($error)
    {
        if (strpos($error->getMessage(), 'Failed opening required') === 0) {
            // The same as the fatal error that it was before PHP 8.
            self::fail('config_fatal', self::place($error->getFile(), $error->getLine()));
        }
        $names = '/^(?:Call to undefined function [\w\\\\]+\(\)|Class ["\'][\w\\\\]+["\'] not found)$/';
        self::fail($error instanceof ParseError ? 'config_parse' : 'config_throws', [
            'class' => get_class($error),
            'words' => preg_match($names, $error->getMessage()) ? $error->getMessage() : null,
        ] + self::place($error->getFile(), $error->getLine()));
    }

    /** PHP stops: that is right after an answer only. */
    public static function stopped()
    {
        if (self::$answered) {
            return;
        }
        $error = error_get_last();
        if ($error !== null && ($error['type'] & (E_ERROR | E_PARSE | E_CORE_ERROR | E_COMPILE_ERROR | E_USER_ERROR))) {
            $code = self::$step === 'config' ? 'config_fatal' : 'fatal';
            self::fail($code, self::place($error['file'], $error['line']));
        }
        self::fail(self::$step === 'config' ? 'config_exits' : 'fatal', self::place('', 0));
    }

    /** A line of wp-config.php, which PHP knows as this program's eval(), or of another file. */
    private static function place($file, $line)
    {
        return ['line' => $line, 'included' => substr($file, -13) !== "eval()'d code"];
    }

    public static function read($prefix)
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

    private static function checkConstants($prefix)
    {
        if (defined('WPINC')) {
            self::fail('wordpress_loaded');
        }
        $names = ['DB_NAME', 'DB_USER', 'DB_PASSWORD', 'DB_HOST'];
        $missing = array_values(array_filter($names, function ($name) {
            return !defined($name);
        }));
        if (!is_string($prefix)) {
            $missing[] = '$table_prefix';
        }
        if ($missing) {
            self::fail('constants_missing', ['names' => $missing]);
        }
        $empty = array_values(array_filter(['DB_NAME', 'DB_USER'], function ($name) {
            return (string) constant($name) === '';
        }));
        if ($empty) {
            self::fail('constants_empty', ['names' => $empty]);
        }
        // The same rule as in wpdb::set_prefix(); it is also what makes the prefix safe in a query.
        if (preg_match('/[^a-z0-9_]/i', $prefix)) {
            self::fail('prefix_invalid');
        }
        // As is_multisite() decides it.
        $signs = defined('SUBDOMAIN_INSTALL') || defined('VHOST') || defined('SUNRISE');
        if (!(defined('MULTISITE') ? MULTISITE : $signs)) {
            self::fail('not_multisite');
        }
    }

    /** As wpdb::db_connect(). */
    private static function connect()
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

    private static function named($tables)
    {
        return array_map(function ($table) {
            return self::$prefix . $table;
        }, array_values($tables));
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

    /** The network whose options hold the plugin's settings. */
    private static function mainNetwork($ids)
    {
        foreach (['PRIMARY_NETWORK_ID', 'SITE_ID_CURRENT_SITE'] as $name) {
            if (defined($name) && in_array((int) constant($name), $ids, true)) {
                return (int) constant($name);
            }
        }
        return $ids ? min($ids) : null;
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

    /** Network options by name. The names are ours, so they are safe in a query. */
    private static function options($network, $names)
    {
        $where = "site_id = $network AND meta_key IN ('" . implode("', '", $names) . "') ORDER BY meta_id DESC";
        return array_column(self::select('meta_key, meta_value', 'sitemeta', $where), 1, 0);
    }

    /** A serialized array, empty when the option is absent, null when it is none. Classes stay what they are: text. */
    private static function unpack($options, $name)
    {
        $value = isset($options[$name]) ? @unserialize($options[$name], ['allowed_classes' => false]) : [];
        return is_array($value) ? $value : null;
    }

    /** From the head of the plugin's main file, which is read as text. The folder's name changed over the years. */
    private static function pluginVersion($active, $folders)
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

    /** The names of a table's columns, null when there is no such table. */
    private static function columns($table)
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

    private static function select($what, $table, $where = '1 = 1')
    {
        $result = self::query("SELECT $what FROM `" . self::$prefix . "$table` WHERE $where");
        $rows = [];
        // Not fetch_all(): that is there only where mysqli was built with mysqlnd.
        while ($row = $result->fetch_row()) {
            $rows[] = $row;
        }
        return $rows;
    }

    private static function query($sql)
    {
        return self::$db->query($sql);
    }

    private static function fail($code, $details = [])
    {
        self::answer(['error' => $code, 'details' => (object) $details]);
        exit(3);
    }

    private static function answer($answer)
    {
        self::$answered = true;
        // Merely naming it explains nothing when all went well: isset($_SERVER['HTTP_HOST']) is a good wp-config.php.
        $host = self::$asksHost || (self::$namesHost && isset($answer['error']));
        $answer += ['config' => self::$config, 'wants_http_host' => $host && !isset(self::$in['http_host'])];
        $json = json_encode($answer, JSON_INVALID_UTF8_SUBSTITUTE);
        self::put(self::$in['fence'] . $json . self::$in['fence']);
    }

    /** Past the output buffers, which wp-config.php may have started or closed. */
    private static function put($text)
    {
        fwrite(self::$out, $text);
    }
}

WpmReader::start(json_decode(base64_decode('@INPUT@'), true));
"""

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
