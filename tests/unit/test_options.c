/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The command line. With --man FILE this program writes the options into the manual page instead of testing:
 *     test_options --man docs/scepscope.1
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The parser belongs to the program, not to the library that tests link. */
#include "cli/options.c"

#define MAX_ARGS 32

/* A parsed command line; getopt wants argv writable. */
struct parsed {
    char *argv[MAX_ARGS + 1];
    int argc;
    bool ok;
    struct scs_options o;
    struct scs_error err;
};

static void parse(struct parsed *p, const char *arguments)
{
    char *copy = strdup(arguments), *rest = copy;
    *p = (struct parsed){.argc = 1};
    p->argv[0] = strdup("scepscope");
    for (char *word; (word = strsep(&rest, " ")) != NULL;) {
        if (*word != '\0') {
            assert_true(p->argc < MAX_ARGS);
            p->argv[p->argc++] = strdup(word);
        }
    }
    free(copy);
    p->ok = scs_options_parse(&p->o, p->argc, p->argv, &p->err);
}

static void release(struct parsed *p)
{
    scs_options_cleanup(&p->o);
    for (int i = 0; i < p->argc; i++) {
        free(p->argv[i]);
    }
}

/* The command line is refused with a sentence that holds `part`. */
static void refused(const char *arguments, const char *part)
{
    struct parsed p;
    parse(&p, arguments);
    if (p.ok || strstr(p.err.text, part) == NULL || strchr(p.err.text, '\n') != NULL) {
        fail_msg("'%s': %s", arguments, p.ok ? "accepted" : p.err.text);
    }
    release(&p);
}

/* A parser with other defaults than the contract's. */
static void test_defaults(void **state)
{
    struct parsed p;
    (void)state;
    parse(&p, "a.pcap");
    assert_true(p.ok);
    assert_int_equal(p.o.action, SCS_DO_ANALYSE);
    assert_int_equal(p.o.num_files, 1);
    assert_string_equal(p.o.files[0], "a.pcap");
    assert_string_equal(p.o.standard->name, "text");
    assert_int_equal(p.o.redaction, SCS_REDACT_STANDARD);
    assert_int_equal(p.o.fail_on, SCS_SEV_ERROR);
    assert_false(p.o.fail_never);
    assert_string_equal(p.o.lang, "en");
    assert_int_equal(p.o.verbosity, 0);
    release(&p);
}

/* A parser that keeps only the last of a repeatable option, or forgets bare files after options. */
static void test_repeatable(void **state)
{
    struct parsed p;
    (void)state;
    parse(&p, "-r a b --read c -o x.json -o dir.d/y.txt --server 10.5.1.4 --server [2001:db8::1]:443 --path /a --path /b -");
    assert_true(p.ok);
    assert_int_equal(p.o.num_files, 4);
    assert_int_equal(p.o.num_outputs, 2);
    assert_string_equal(p.o.outputs[0].reporter->name, "json");
    assert_string_equal(p.o.outputs[1].reporter->name, "text");
    assert_null(p.o.standard); /* reports go to the files only */
    assert_int_equal(p.o.num_servers, 2);
    assert_int_equal(p.o.servers[0].port, 0);
    assert_int_equal(p.o.servers[1].port, 443);
    assert_int_equal(p.o.servers[1].addr.family, 6);
    assert_int_equal(p.o.num_paths, 2);
    release(&p);
}

/* A parser that keeps one key only, takes a passphrase from the command line, or repeats it in its complaint. */
static void test_keys(void **state)
{
    struct parsed p;
    (void)state;
    parse(&p, "-k ra.pfx --key device.key --key-pass env:PASS --no-verify a");
    assert_true(p.ok);
    assert_int_equal(p.o.num_keys, 2);
    assert_string_equal(p.o.keys[1], "device.key");
    assert_string_equal(p.o.key_pass, "env:PASS");
    assert_true(p.o.no_verify);
    release(&p);
    parse(&p, "-k ra.pfx --key-pass hunter2 a");
    assert_false(p.ok);
    assert_null(strstr(p.err.text, "hunter2"));
    release(&p);
    parse(&p, "a");
    assert_int_equal(p.o.num_keys, 0);
    assert_false(p.o.no_verify);
    release(&p);
}

/* A parser that lets -o take away a -T that was asked for. */
static void test_format_and_file(void **state)
{
    struct parsed p;
    (void)state;
    parse(&p, "-T json -o x.txt a");
    assert_true(p.ok);
    assert_string_equal(p.o.standard->name, "json");
    release(&p);
}

/* A parser that mixes the words of one option up. */
static void test_words(void **state)
{
    struct parsed p;
    (void)state;
    parse(&p, "--redact strict --fail-on warning --color never -v -l -c 18446744073709551615 -f tcp a");
    assert_true(p.ok);
    assert_int_equal(p.o.redaction, SCS_REDACT_STRICT);
    assert_int_equal(p.o.fail_on, SCS_SEV_WARNING);
    assert_int_equal(p.o.color, SCS_COLOR_NEVER);
    assert_int_equal(p.o.verbosity, 1);
    assert_true(p.o.line_buffered);
    assert_true(p.o.max_packets == UINT64_MAX);
    assert_string_equal(p.o.filter, "tcp");
    release(&p);
    parse(&p, "--fail-on never -q a");
    assert_true(p.ok && p.o.fail_never);
    assert_int_equal(p.o.verbosity, -1);
    release(&p);
}

/* A parser that wants a file for options that need none. */
static void test_actions_need_no_file(void **state)
{
    static const struct {
        const char *arguments;
        enum scs_action action;
    } rows[] = {{"-h", SCS_DO_HELP},
                {"--help", SCS_DO_HELP},
                {"-V", SCS_DO_VERSION},
                {"--explain http-414", SCS_DO_EXPLAIN},
                {"--list-findings", SCS_DO_LIST_FINDINGS}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct parsed p;
        parse(&p, rows[i].arguments);
        assert_true(p.ok);
        assert_int_equal(p.o.action, rows[i].action);
        release(&p);
    }
}

/* A parser that guesses instead of refusing. */
static void test_usage_errors(void **state)
{
    (void)state;
    refused("", "no capture is named");
    refused("--nonsense a", "--nonsense");
    refused("--nonsense a", "try scepscope -h");
    refused("-x a", "-x");
    refused("a -r", "-r needs an argument");
    refused("a --server", "--server needs an argument");
    refused("--force=1 a", "--force takes no argument");
    refused("--re a", "--re"); /* read, redact, relinquish-privileges */
    refused("-T yaml a", "no such format; give one of text, json");
    refused("-o report a", "give the file one of .txt, .json");
    refused("-o .json a", "give the file one of .txt, .json");
    refused("-o x.json -o x.json a", "twice");
    refused("-c 0 a", "-c 0");
    refused("-c -1 a", "-c -1");
    refused("-c 1k a", "-c 1k");
    refused("-c 18446744073709551616 a", "-c");
    refused("--redact all a", "none, secrets, standard, strict");
    refused("--fail-on fatal a", "error, warning, info, never");
    refused("--color yes a", "auto, always, never");
    refused("--path certsrv a", "begins with /");
    refused("- -", "standard input");
    refused("--lang xx a", "--lang xx");
}

/* A parser that takes a host name and then matches nothing with it. */
static void test_server_must_be_known(void **state)
{
    struct parsed p;
    (void)state;
    parse(&p, "--server localhost:443 a");
    assert_true(p.ok && p.o.num_servers != 0);
    assert_int_equal(p.o.servers[0].port, 443);
    release(&p);
    refused("--server ndes.invalid a", "the name is not known here");
    refused("--server ndes.invalid:0 a", "give an address");
    refused("--server ndes/x a", "give an address");
    refused("--server 10.5.1.4:99999 a", "give an address");
    refused("--server 10.5.1.256 a", "give an address");
}

/* A parser that silently accepts what this version does not do. */
static void test_later_options_are_refused(void **state)
{
    size_t num;
    const struct scs_option *table = scs_option_table(&num);
    (void)state;
    for (size_t i = 0; i < num; i++) {
        char arguments[128];
        if (table[i].later == NULL) {
            continue;
        }
        snprintf(arguments, sizeof arguments, "--%s %s a", table[i].name, table[i].arg == NULL ? "" : "x");
        refused(arguments, table[i].later);
    }
}

/* A ring without a name, one that never turns, or sizes that are counted otherwise than dumpcap does. */
static void test_ring(void **state)
{
    struct parsed p;
    (void)state;
    parse(&p, "-i lo -w e.pcapng -b filesize:1000 -b files:12 -b duration:3600");
    assert_true(p.ok);
    assert_int_equal(p.o.ring.max_bytes, 1000000);
    assert_int_equal(p.o.ring.max_files, 12);
    assert_int_equal(p.o.ring.max_s, 3600);
    release(&p);
    parse(&p, "-i lo -w e.pcapng --bundle e.zip");
    assert_true(p.ok);
    release(&p);
    refused("-i lo -b filesize:1000", "-b goes with -w");
    refused("-i lo -w e.pcapng -b files:3", "-b files:3 alone");
    refused("-w e.pcapng -b filesize:1000 a.pcap", "-b goes with -i");
    refused("-i lo -w e.pcapng -b filesize:0", "-b filesize:0");
    refused("-i lo -w e.pcapng -b filesize:99999999", "-b filesize:99999999");
    refused("-i lo -w e.pcapng -b files:100000", "-b files:100000");
    refused("-i lo -w e.pcapng -b duration:1.5", "give filesize:KB");
    refused("-i lo -w e.pcapng -b packets:5", "give filesize:KB");
}

/* A limit that is not there when it is given, or is taken for given when it is not. */
static void test_memory(void **state)
{
    struct parsed p;
    (void)state;
    parse(&p, "--memory 64 a.pcap");
    assert_true(p.ok && p.o.memory_given);
    assert_int_equal(p.o.memory_mib, 64);
    release(&p);
    parse(&p, "--memory 0 -");
    assert_true(p.ok && p.o.memory_given);
    assert_int_equal(p.o.memory_mib, 0);
    release(&p);
    parse(&p, "a.pcap");
    assert_true(p.ok && !p.o.memory_given);
    release(&p);
    refused("--memory 1 a.pcap", "--memory 1: give a number of MiB from 2");
    refused("--memory 8M a.pcap", "--memory 8M: give a number");
    refused("--memory 2000000 a.pcap", "0 for no limit");
}

/* A parser that takes the filter for files, loses its spaces, or keeps one interface only. */
static void test_live(void **state)
{
    struct parsed p;
    (void)state;
    parse(&p, "-i eth0 -i lo -s 256 -B 64 -p -a duration:60 -c 1000 tcp port 80");
    assert_true(p.ok);
    assert_int_equal(p.o.num_interfaces, 2);
    assert_string_equal(p.o.interfaces[1], "lo");
    assert_int_equal(p.o.num_files, 0);
    assert_string_equal(p.o.filter, "tcp port 80");
    assert_int_equal(p.o.snap_len, 256);
    assert_int_equal(p.o.buffer_mib, 64);
    assert_true(p.o.no_promiscuous);
    assert_int_equal(p.o.max_ms, 60000);
    assert_int_equal(p.o.max_packets, 1000);
    release(&p);
    parse(&p, "-i any -a packets:7 -f icmp -s 0");
    assert_true(p.ok);
    assert_string_equal(p.o.filter, "icmp");
    assert_int_equal(p.o.max_packets, 7);
    assert_int_equal(p.o.snap_len, 0);
    release(&p);
    parse(&p, "--follow -a duration:5 a.pcap b.pcap");
    assert_true(p.ok && p.o.growing);
    assert_int_equal(p.o.max_ms, 5000);
    assert_int_equal(p.o.num_files, 2);
    release(&p);
    parse(&p, "-a duration:5 -");
    assert_true(p.ok && !p.o.growing);
    release(&p);
    parse(&p, "-D");
    assert_true(p.ok);
    assert_int_equal(p.o.action, SCS_DO_LIST_INTERFACES);
    release(&p);
}

/* A parser that lets through what a live capture cannot do, or ignores what only a live capture does. */
static void test_live_options_that_contradict(void **state)
{
    (void)state;
    refused("-i lo -i lo", "given twice");
    refused("-i lo -r a.pcap", "give one of them");
    refused("-i lo -f icmp tcp", "given twice");
    refused("-i lo --compare 1 2", "saved captures");
    refused("-i lo -a filesize:10", "duration:SECONDS or packets:NUMBER");
    refused("-i lo -a duration:0", "duration:SECONDS or packets:NUMBER");
    refused("-i lo -s 262145", "up to 262144");
    refused("-i lo -B 0", "from 1 to 2047");
    refused("-a duration:1 a.pcap", "-a goes with -i");
    refused("-a packets:3 a.pcap", "-a goes with -i, --follow or a pipe");
    refused("-i lo --follow", "give one of them");
    refused("--follow --compare a.pcap b.pcap", "leave out --follow");
    refused("--follow -s 96 a.pcap", "-s goes with -i");
    refused("-s 96 a.pcap", "-s goes with -i");
    refused("-p a.pcap", "-p goes with -i");
}

/* A table in which two options answer to one letter or name, or one of the contract's is missing. */
static void test_table_has_the_contracts_options(void **state)
{
    static const char letters[] = "riDfwbacsBpZlkKToqvVh";
    static const char *const names[] = {"key-pass", "keylog",  "log",   "server",  "path",          "bundle", "redact",
                                        "lang",     "fail-on", "color", "explain", "list-findings", "force",  NULL};
    size_t num;
    const struct scs_option *table = scs_option_table(&num);
    (void)state;
    for (const char *letter = letters; *letter != '\0'; letter++) {
        size_t seen = 0;
        for (size_t i = 0; i < num; i++) {
            seen += table[i].code == *letter;
        }
        assert_int_equal(seen, 1);
    }
    for (size_t k = 0; names[k] != NULL; k++) {
        size_t seen = 0;
        for (size_t i = 0; i < num; i++) {
            seen += strcmp(table[i].name, names[k]) == 0;
        }
        assert_int_equal(seen, 1);
    }
}

/* An option of two words that loses the second, takes a file or an option for it, or forgets the files before it. */
static void test_compare(void **state)
{
    static const char *const lines[] = {"--compare 1 2 a b", "a --compare 1 2 b", "a b --compare 1 2", "a -v b --compare=1 2"};
    struct parsed p;
    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        parse(&p, lines[i]);
        assert_true(p.ok);
        assert_int_equal(p.o.action, SCS_DO_COMPARE);
        assert_string_equal(p.o.compare[0], "1");
        assert_string_equal(p.o.compare[1], "2");
        assert_int_equal(p.o.num_files, 2);
        assert_string_equal(p.o.files[0], "a");
        assert_string_equal(p.o.files[1], "b");
        release(&p);
    }
    parse(&p, "--compare a.pcap - -T json"); /* both name their captures: no file is needed */
    assert_true(p.ok);
    assert_string_equal(p.o.compare[1], "-");
    assert_int_equal(p.o.num_files, 0);
    release(&p);
    refused("a --compare", "--compare needs an argument");
    refused("a --compare 1", "--compare needs two arguments");
    refused("--compare 1 -v a", "--compare needs two arguments");
    refused("--compare -v 1 a", "--compare needs two arguments");
    refused("-o x.ndjson --compare 1 2 a", "there is no comparison in ndjson");
    refused("-w e.pcapng --compare 1 2 a", "leave out -w");
    refused("--bundle b.zip --compare 1 2 a", "leave out -w and --bundle");
}

/* ---- the manual page ----------------------------------------------------------------------------- */

/* Comments in the page around each list of options. */
static const struct {
    const char *begin, *end;
    bool later;
} man_parts[] = {{".\\\" begin: options of this version\n", ".\\\" end: options of this version\n", false},
                 {".\\\" begin: options of later versions\n", ".\\\" end: options of later versions\n", true}};

static char *man_options(bool later)
{
    char *text;
    size_t len;
    FILE *file = open_memstream(&text, &len);
    assert_non_null(file);
    scs_option_man(file, later);
    fclose(file);
    return text;
}

static char *read_page(const char *path)
{
    static char page[65536];
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        fprintf(stderr, "%s cannot be read\n", path);
        exit(1);
    }
    page[fread(page, 1, sizeof page - 1, file)] = '\0';
    fclose(file);
    return page;
}

/* The text between the two comments; NULL when they are missing. */
static char *part_of(char *page, size_t part, size_t *len)
{
    char *begin = strstr(page, man_parts[part].begin);
    char *end = strstr(page, man_parts[part].end);
    if (begin == NULL || end == NULL) {
        return NULL;
    }
    begin += strlen(man_parts[part].begin);
    *len = (size_t)(end - begin);
    return begin;
}

/* A manual page that describes other options than --help. */
static void test_manual_page_has_the_table(void **state)
{
    char *page = read_page(SCEPSCOPE_SOURCE_DIR "/docs/scepscope.1");
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        size_t len = 0;
        char *expected = man_options(man_parts[i].later), *part = part_of(page, i, &len);
        assert_non_null(part);
        if (len != strlen(expected) || memcmp(part, expected, len) != 0) {
            fail_msg("docs/scepscope.1 lags behind the option table; run: test_options --man docs/scepscope.1");
        }
        free(expected);
    }
}

static int write_manual_page(const char *path)
{
    char *page = read_page(path), *parts[2];
    size_t len[2];
    for (size_t i = 0; i < 2; i++) {
        parts[i] = part_of(page, i, &len[i]);
        if (parts[i] == NULL) {
            fprintf(stderr, "%s has no place for the options\n", path);
            return 1;
        }
    }
    FILE *file = fopen(path, "w");
    if (file == NULL) {
        return 1;
    }
    for (size_t i = 0; i < 2; i++) {
        fwrite(page, 1, (size_t)(parts[i] - page), file);
        scs_option_man(file, man_parts[i].later);
        page = parts[i] + len[i];
    }
    fputs(page, file);
    return fclose(file) == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_repeatable),
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_format_and_file),
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_actions_need_no_file),
        cmocka_unit_test(test_usage_errors),
        cmocka_unit_test(test_server_must_be_known),
        cmocka_unit_test(test_later_options_are_refused),
        cmocka_unit_test(test_ring),
        cmocka_unit_test(test_memory),
        cmocka_unit_test(test_live),
        cmocka_unit_test(test_live_options_that_contradict),
        cmocka_unit_test(test_table_has_the_contracts_options),
        cmocka_unit_test(test_compare),
        cmocka_unit_test(test_manual_page_has_the_table),
    };
    if (argc == 3 && strcmp(argv[1], "--man") == 0) {
        return write_manual_page(argv[2]);
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
