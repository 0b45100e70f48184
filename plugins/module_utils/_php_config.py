# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The part of our PHP programs that runs wp-config.php, as text, because an Ansible module can bring along Python only.

``@INPUT@`` at the end of a program stands for what the module asks for: JSON in base64, which needs no quoting.
"""

from __future__ import annotations

CONFIG = r"""
// Finds wp-config.php and runs it up to the line that loads WordPress; needs PHP 7.2 or newer with mysqli and tokenizer.
// A program's answer is JSON between two fences, a random word of this run, so that nothing that wp-config.php prints can
// be taken for it. Errors are codes with line numbers: the words of wp-config.php and of PHP about it never leave these
// programs, because they may hold secrets.
abstract class WpmConfig
{
    protected static $in;
    private static $out;
    protected static $err;
    protected static $step = 'start';
    protected static $answered = false;
    private static $asksHost = false;
    private static $namesHost = false;
    protected static $config = null;
    protected static $abspath;

    public static function start($in)
    {
        self::$in = $in;
        // Kept open: PHP's command line lends its own output to the first who opens it, and closes it with that.
        self::$out = fopen('php://stdout', 'w');
        self::$err = fopen('php://stderr', 'w');
        self::put($in['fence'] . 'started' . $in['fence']);
        register_shutdown_function([static::class, 'stopped']);
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
        // A file that is to take the place of wp-config.php is run as if it lay there.
        $file = isset(self::$in['candidate']) ? self::$in['candidate'] : self::$config;
        $code = is_file($file) ? @file_get_contents($file) : false;
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
            self::imitateHost(self::$in['http_host']);
        }
    }

    protected static function imitateHost($host)
    {
        $_SERVER['HTTP_HOST'] = $host;
        $_SERVER['SERVER_NAME'] = preg_replace('/:\d+$/', '', $host);
        $_SERVER['SERVER_PORT'] = preg_match('/:(\d+)$/', $host, $port) ? $port[1] : '80';
        $_SERVER['REQUEST_URI'] = '/';
        $_SERVER['QUERY_STRING'] = '';
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
    protected static function place($file, $line)
    {
        return ['line' => $line, 'included' => substr($file, -13) !== "eval()'d code"];
    }

    protected static function checkConstants($prefix)
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
    }

    /** As is_multisite() decides it. */
    protected static function checkMultisite()
    {
        $signs = defined('SUBDOMAIN_INSTALL') || defined('VHOST') || defined('SUNRISE');
        if (!(defined('MULTISITE') ? MULTISITE : $signs)) {
            self::fail('not_multisite');
        }
    }

    protected static function fail($code, $details = [])
    {
        self::answer(['error' => $code, 'details' => (object) $details]);
        exit(3);
    }

    protected static function answer($answer)
    {
        self::$answered = true;
        // Merely naming it explains nothing when all went well: isset($_SERVER['HTTP_HOST']) is a good wp-config.php.
        $host = self::$asksHost || (self::$namesHost && isset($answer['error']));
        $answer += ['config' => self::$config, 'wants_http_host' => $host && !isset(self::$in['http_host'])];
        $json = json_encode($answer, JSON_INVALID_UTF8_SUBSTITUTE);
        self::put(self::$in['fence'] . $json . self::$in['fence']);
    }

    /** Past the output buffers, which wp-config.php may have started or closed. */
    protected static function put($text)
    {
        fwrite(self::$out, $text);
    }
}
"""
