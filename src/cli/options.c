/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/xalloc.h"
#include "cli/option_completion.h"
#include "cli/option_table.h"
#include "compare/write.h"
#include "evidence/rotation.h"
#include "keys/passphrase.h"
#include "platform/platform.h"
#include "report/lang/lang.h"

/* A day is 86,400 seconds; a year is for ever. */
#define MAX_DURATION_S (366u * 86400u)
/* libpcap counts the bytes of a buffer in an int. */
#define MAX_BUFFER_MIB 2047u
/* Of --memory: a tebibyte. */
#define MAX_MEMORY_MIB 1048576u
/* dumpcap's limit on the size of a file, 2 GiB. */
#define MAX_RING_KB 2147483u
/* Options in the table, with room for the terminators of getopt's own tables. */
#define MAX_OPTIONS   64
#define MAX_HOST_NAME 253u /* RFC 1035 2.3.4, without the final dot */
/* Of one name; a server has a few. */
#define MAX_ADDRESSES 16u

#define TRY "; try scepscope -h"

struct word {
    const char *name;
    int value;
};

static const struct word redactions[] = {{"none", SCS_REDACT_NONE},
                                         {"secrets", SCS_REDACT_SECRETS},
                                         {"standard", SCS_REDACT_STANDARD},
                                         {"strict", SCS_REDACT_STRICT},
                                         {NULL, 0}};
static const struct word colors[] = {
    {"auto", SCS_COLOR_AUTO}, {"always", SCS_COLOR_ALWAYS}, {"never", SCS_COLOR_NEVER}, {NULL, 0}};
#define FAIL_NEVER (-1)
static const struct word fail_levels[] = {
    {"error", SCS_SEV_ERROR}, {"warning", SCS_SEV_WARNING}, {"info", SCS_SEV_INFO}, {"never", FAIL_NEVER}, {NULL, 0}};

static bool pick(const struct word *words, const char *option, const char *given, int *out, struct scs_error *err)
{
    char known[128] = "";
    size_t len = 0;
    for (const struct word *w = words; w->name != NULL; w++) {
        if (strcmp(w->name, given) == 0) {
            *out = w->value;
            return true;
        }
        int n = snprintf(known + len, sizeof known - len, "%s%s", len == 0 ? "" : ", ", w->name);
        len += n > 0 && (size_t)n < sizeof known - len ? (size_t)n : 0;
    }
    return scs_error_set(err, "%s %s: give one of %s", option, given, known);
}

/* "text, json, ndjson" or ".txt, .json, .ndjson". */
static void list_formats(bool extensions, char *out, size_t size)
{
    size_t num, len = 0;
    const struct scs_reporter *all = scs_reporters(&num);
    for (size_t i = 0; i < num; i++) {
        int n = snprintf(out + len, size - len, "%s%s%s", i == 0 ? "" : ", ", extensions ? "." : "",
                         extensions ? all[i].extension : all[i].name);
        len += n > 0 && (size_t)n < size - len ? (size_t)n : 0;
    }
}

static bool set_format(struct scs_options *o, const char *name, struct scs_error *err)
{
    char known[128];
    o->standard = scs_reporter_by_name(name);
    list_formats(false, known, sizeof known);
    return o->standard != NULL || scs_error_set(err, "-T %s: no such format; give one of %s", name, known);
}

static bool add_output(struct scs_options *o, const char *path, struct scs_error *err)
{
    const struct scs_reporter *reporter = scs_reporter_by_extension(path);
    if (reporter == NULL) {
        char known[128];
        list_formats(true, known, sizeof known);
        return scs_error_set(err, "-o %s: the extension picks the format; give the file one of %s", path, known);
    }
    for (uint32_t i = 0; i < o->num_outputs; i++) {
        if (strcmp(o->outputs[i].path, path) == 0) {
            return scs_error_set(err, "-o %s is given twice; name each file once", path);
        }
    }
    o->outputs = scs_xrealloc(o->outputs, o->num_outputs + 1, sizeof *o->outputs);
    o->outputs[o->num_outputs++] = (struct scs_output_option){.path = path, .reporter = reporter};
    return true;
}

static bool add_file(struct scs_options *o, const char *path, struct scs_error *err)
{
    if (o->num_files == SCS_MAX_FILES) {
        return scs_error_set(err, "%s is one capture too many; give at most %u, or merge them with mergecap", path,
                             SCS_MAX_FILES);
    }
    for (uint32_t i = 0; i < o->num_files; i++) {
        if (strcmp(path, "-") == 0 && strcmp(o->files[i], "-") == 0) {
            return scs_error_set(err, "standard input can be read only once; name - once");
        }
    }
    o->files = scs_xrealloc(o->files, o->num_files + 1, sizeof *o->files);
    o->files[o->num_files++] = path;
    return true;
}

static void put_server(struct scs_options *o, const struct scs_endpoint *server)
{
    o->servers = scs_xrealloc(o->servers, o->num_servers + 1, sizeof *o->servers);
    o->servers[o->num_servers++] = *server;
}

/* NAME or NAME:PORT, where NAME holds what host names hold and is no mistyped address (RFC 1123 2.1). */
static bool split_name(const char *text, char name[MAX_HOST_NAME + 1], uint16_t *port)
{
    size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._");
    uint64_t number = 0;
    if (len == 0 || len > MAX_HOST_NAME || strspn(text, "0123456789.") == len ||
        (text[len] != '\0' && (text[len] != ':' || !scs_text_u64(text + len + 1, UINT16_MAX, &number) || number == 0))) {
        return false;
    }
    memcpy(name, text, len);
    name[len] = '\0';
    *port = (uint16_t)number;
    return true;
}

/* A name stands for all its addresses, as the system knows them now. */
static bool add_server(struct scs_options *o, const char *text, struct scs_error *err)
{
    struct scs_endpoint server = {0};
    char name[MAX_HOST_NAME + 1];
    struct scs_addr addresses[MAX_ADDRESSES];
    if (scs_endpoint_parse(text, &server)) {
        put_server(o, &server);
        return true;
    }
    if (!split_name(text, name, &server.port)) {
        return scs_error_set(err, "--server %s: give an address or a name, as 10.5.1.4 or ndes.contoso.com:443", text);
    }
    size_t num = scs_platform_resolve(name, addresses, MAX_ADDRESSES);
    for (size_t i = 0; i < num; i++) {
        server.addr = addresses[i];
        put_server(o, &server);
    }
    return num != 0 ||
           scs_error_set(err, "--server %s: the name is not known here; give the server's address in the capture", text);
}

static bool add_path(struct scs_options *o, const char *prefix, struct scs_error *err)
{
    if (*prefix != '/') {
        return scs_error_set(err, "--path %s: give a path that begins with /", prefix);
    }
    o->paths = scs_xrealloc(o->paths, o->num_paths + 1, sizeof *o->paths);
    o->paths[o->num_paths++] = prefix;
    return true;
}

static bool add_keylog(struct scs_options *o, const char *path)
{
    o->keylogs = scs_xrealloc(o->keylogs, o->num_keylogs + 1, sizeof *o->keylogs);
    o->keylogs[o->num_keylogs++] = path;
    return true;
}

static bool add_key(struct scs_options *o, const char *path)
{
    o->keys = scs_xrealloc(o->keys, o->num_keys + 1, sizeof *o->keys);
    o->keys[o->num_keys++] = path;
    return true;
}

static bool set_key_pass(struct scs_options *o, const char *source, struct scs_error *err)
{
    o->key_pass = source;
    return scs_passphrase_check(source, err);
}

/* A file that is written once, besides the reports. */
static bool set_path(const char **out, const char *option, const char *path, struct scs_error *err)
{
    if (strcmp(path, "-") == 0) {
        return scs_error_set(err, "%s -: standard output is for the report; name a file", option);
    }
    if (*out != NULL) {
        return scs_error_set(err, "%s is given twice; name one file", option);
    }
    *out = path;
    return true;
}

static bool set_count(struct scs_options *o, const char *text, struct scs_error *err)
{
    if (!scs_text_u64(text, UINT64_MAX, &o->max_packets) || o->max_packets == 0) {
        return scs_error_set(err, "-c %s: give a number of packets from 1", text);
    }
    return true;
}

static bool add_interface(struct scs_options *o, const char *name, struct scs_error *err)
{
    if (o->num_interfaces == SCS_MAX_LIVE_INTERFACES) {
        return scs_error_set(err, "-i %s is one interface too many; give at most %u, or any", name, SCS_MAX_LIVE_INTERFACES);
    }
    for (uint32_t i = 0; i < o->num_interfaces; i++) {
        if (strcmp(o->interfaces[i], name) == 0) {
            return scs_error_set(err, "-i %s is given twice; name each interface once", name);
        }
    }
    o->interfaces = scs_xrealloc(o->interfaces, o->num_interfaces + 1, sizeof *o->interfaces);
    o->interfaces[o->num_interfaces++] = name;
    return true;
}

static bool set_autostop(struct scs_options *o, const char *given, struct scs_error *err)
{
    uint64_t seconds;
    o->autostop = true;
    if (strncmp(given, "duration:", 9) == 0 && scs_text_u64(given + 9, MAX_DURATION_S, &seconds) && seconds != 0) {
        o->max_ms = seconds * 1000;
        return true;
    }
    if (strncmp(given, "packets:", 8) == 0 && scs_text_u64(given + 8, UINT64_MAX, &o->max_packets) && o->max_packets != 0) {
        return true;
    }
    return scs_error_set(err, "-a %s: give duration:SECONDS or packets:NUMBER", given);
}

/* Options with a number that go with -i only. */
static bool set_live_number(struct scs_options *o, int code, const char *given, struct scs_error *err)
{
    uint64_t number;
    if (code == 's') {
        o->live_only = "-s";
        o->snap_len = scs_text_u64(given, SCS_MAX_PACKET, &number) ? (uint32_t)number : UINT32_MAX;
        return o->snap_len != UINT32_MAX ||
               scs_error_set(err, "-s %s: give a number of bytes up to %u; 0 is all of the packet", given, SCS_MAX_PACKET);
    }
    o->live_only = "-B";
    o->buffer_mib = scs_text_u64(given, MAX_BUFFER_MIB, &number) ? (uint32_t)number : 0;
    return o->buffer_mib != 0 || scs_error_set(err, "-B %s: give a number of MiB from 1 to %u", given, MAX_BUFFER_MIB);
}

/* dumpcap counts a file's size in units of 1,000 bytes. */
static bool set_ring(struct scs_options *o, const char *given, struct scs_error *err)
{
    uint64_t number;
    if (strncmp(given, "filesize:", 9) == 0 && scs_text_u64(given + 9, MAX_RING_KB, &number) && number != 0) {
        o->ring.max_bytes = number * 1000;
        return true;
    }
    if (strncmp(given, "duration:", 9) == 0 && scs_text_u64(given + 9, MAX_DURATION_S, &number) && number != 0) {
        o->ring.max_s = number;
        return true;
    }
    if (strncmp(given, "files:", 6) == 0 && scs_text_u64(given + 6, SCS_MAX_RING_FILES, &number) && number != 0) {
        o->ring.max_files = (uint32_t)number;
        return true;
    }
    return scs_error_set(err, "-b %s: give filesize:KB, duration:SECONDS or files:NUMBER", given);
}

static bool set_report_every(struct scs_options *o, const char *given, struct scs_error *err)
{
    uint64_t minutes = 0;
    bool ok = scs_text_u64(given, MAX_DURATION_S / 60, &minutes) && minutes != 0;
    o->report_every_ms = minutes * 60 * 1000;
    return ok || scs_error_set(err, "--report-every %s: give a number of minutes from 1", given);
}

static bool set_memory(struct scs_options *o, const char *given, struct scs_error *err)
{
    uint64_t mib;
    o->memory_given = scs_text_u64(given, MAX_MEMORY_MIB, &mib) && mib != 1;
    o->memory_mib = o->memory_given ? (uint32_t)mib : 0;
    return o->memory_given ||
           scs_error_set(err, "--memory %s: give a number of MiB from 2 to %u, or 0 for no limit", given, MAX_MEMORY_MIB);
}

static bool set_lang(struct scs_options *o, const char *code, struct scs_error *err)
{
    if (!scs_text_language(code)) {
        return scs_error_set(err, "--lang %s: this language is not in this version yet; use en", code);
    }
    o->lang = code;
    return true;
}

static bool set_shell(struct scs_options *o, const char *shell, struct scs_error *err)
{
    o->shell = shell;
    return scs_option_completion_known(shell) ||
           scs_error_set(err, "--completion %s: no script for this shell; there is one for each of " SCS_COMPLETION_SHELLS,
                         shell);
}

/* Options whose argument is one word of a list. */
static bool set_word(struct scs_options *o, int code, const char *given, struct scs_error *err)
{
    int value = 0;
    switch (code) {
    case SCS_OPT_REDACT:
        if (!pick(redactions, "--redact", given, &value, err)) {
            return false;
        }
        o->redaction = (enum scs_redaction)value;
        return true;
    case SCS_OPT_COLOR:
        if (!pick(colors, "--color", given, &value, err)) {
            return false;
        }
        o->color = (enum scs_color_when)value;
        return true;
    default:
        if (!pick(fail_levels, "--fail-on", given, &value, err)) {
            return false;
        }
        o->fail_never = value == FAIL_NEVER;
        o->fail_on = o->fail_never ? SCS_SEV_ERROR : (enum scs_severity)value;
        return true;
    }
}

static bool looks_like_option(const char *word)
{
    return word[0] == '-' && word[1] != '\0';
}

/* The option of two words: getopt has read the first, the second stands where it would go on. */
static bool set_compare(struct scs_options *o, int argc, char **argv, struct scs_error *err)
{
    bool given = optind < argc && !looks_like_option(optarg) && !looks_like_option(argv[optind]);
    if (!given) {
        return scs_error_set(err, "--compare needs two arguments, A and B" TRY);
    }
    o->action = SCS_DO_COMPARE;
    o->compare[0] = optarg;
    o->compare[1] = argv[optind++];
    return true;
}

/* Some formats have no comparison. */
static bool check_comparison(const struct scs_options *o, struct scs_error *err)
{
    const struct scs_reporter *without = o->standard != NULL && scs_compare_writer_of(o->standard) == NULL ? o->standard : NULL;
    for (uint32_t i = 0; i < o->num_outputs; i++) {
        without = scs_compare_writer_of(o->outputs[i].reporter) == NULL ? o->outputs[i].reporter : without;
    }
    return without == NULL ||
           scs_error_set(err, "--compare: there is no comparison in %s; use text, json or markdown", without->name);
}

static bool apply(struct scs_options *o, int code, const char *arg, struct scs_error *err)
{
    switch (code) {
    case 'r':
        return add_file(o, arg, err);
    case 'f':
        o->filter = arg;
        return true;
    case 'c':
        return set_count(o, arg, err);
    case 'i':
        return add_interface(o, arg, err);
    case 'D':
        o->action = SCS_DO_LIST_INTERFACES;
        return true;
    case SCS_OPT_REPORT_EVERY:
        return set_report_every(o, arg, err);
    case SCS_OPT_FOLLOW:
        o->growing = true;
        return true;
    case 'a':
        return set_autostop(o, arg, err);
    case 's':
    case 'B':
        return set_live_number(o, code, arg, err);
    case SCS_OPT_MEMORY:
        return set_memory(o, arg, err);
    case 'p':
        o->live_only = "-p";
        o->no_promiscuous = true;
        return true;
    case 'Z':
        o->live_only = "-Z";
        o->user = arg;
        return true;
    case SCS_OPT_SERVER:
        return add_server(o, arg, err);
    case SCS_OPT_PATH:
        return add_path(o, arg, err);
    case 'k':
        return add_key(o, arg);
    case SCS_OPT_KEY_PASS:
        return set_key_pass(o, arg, err);
    case SCS_OPT_NO_VERIFY:
        o->no_verify = true;
        return true;
    case 'K':
        return add_keylog(o, arg);
    case 'T':
        return set_format(o, arg, err);
    case 'o':
        return add_output(o, arg, err);
    case SCS_OPT_FORCE:
        o->force = true;
        return true;
    case 'w':
        return set_path(&o->evidence, "-w", arg, err);
    case 'b':
        return set_ring(o, arg, err);
    case SCS_OPT_EMBED_KEYS:
        o->embed_keys = true;
        return true;
    case SCS_OPT_BUNDLE:
        return set_path(&o->bundle, "--bundle", arg, err);
    case SCS_OPT_MAP:
        return set_path(&o->map, "--map", arg, err);
    case SCS_OPT_LANG:
        return set_lang(o, arg, err);
    case 'l':
        o->line_buffered = true;
        return true;
    case 'q':
        o->verbosity = -1;
        return true;
    case 'v':
        o->verbosity = 1;
        return true;
    case SCS_OPT_EXPLAIN:
        o->action = SCS_DO_EXPLAIN;
        o->explain_id = arg;
        return true;
    case SCS_OPT_LIST_FINDINGS:
        o->action = SCS_DO_LIST_FINDINGS;
        return true;
    case SCS_OPT_COMPLETION:
        o->action = SCS_DO_COMPLETION;
        return set_shell(o, arg, err);
    case 'V':
        o->action = SCS_DO_VERSION;
        return true;
    case 'h':
        o->action = SCS_DO_HELP;
        return true;
    default:
        return set_word(o, code, arg, err);
    }
}

static const struct scs_option *row_of(int code)
{
    size_t num;
    const struct scs_option *table = scs_option_table(&num);
    for (size_t i = 0; i < num; i++) {
        if (table[i].code == code) {
            return &table[i];
        }
    }
    return NULL;
}

/* getopt's own two tables; `letters` begins with a colon so that a missing argument is told from an unknown option. */
static void getopt_tables(char letters[2 * MAX_OPTIONS + 2], struct option longs[MAX_OPTIONS + 1])
{
    size_t num, at = 0;
    const struct scs_option *table = scs_option_table(&num);
    letters[at++] = ':';
    for (size_t i = 0; i < num && i < MAX_OPTIONS; i++) {
        longs[i] = (struct option){
            .name = table[i].name, .has_arg = table[i].arg == NULL ? no_argument : required_argument, .val = table[i].code};
        if (table[i].code < 256) {
            letters[at++] = (char)table[i].code;
            if (table[i].arg != NULL) {
                letters[at++] = ':';
            }
        }
    }
    letters[at] = '\0';
}

/* scs_error_set with the option's shortest name in front. */
static bool say_of(const struct scs_option *row, const char *text, const char *detail, struct scs_error *err)
{
    return row->code < 256 ? scs_error_set(err, "-%c%s%s", row->code, text, detail)
                           : scs_error_set(err, "--%s%s%s", row->name, text, detail);
}

/* What getopt_long answered ':' (an argument is missing) or '?' to. */
static bool usage_error(int answer, char **argv, struct scs_error *err)
{
    const struct scs_option *row = optopt != 0 ? row_of(optopt) : NULL;
    if (answer == ':' && row != NULL) {
        return say_of(row, " needs an argument" TRY, "", err);
    }
    if (row != NULL) {
        return scs_error_set(err, "--%s takes no argument" TRY, row->name);
    }
    if (optopt != 0) {
        return scs_error_set(err, "unknown option -%c" TRY, optopt);
    }
    return scs_error_set(err, "unknown or ambiguous option %s" TRY, argv[optind - 1]);
}

static bool parse_options(struct scs_options *o, int argc, char **argv, struct scs_error *err)
{
    char letters[2 * MAX_OPTIONS + 2];
    struct option longs[MAX_OPTIONS + 1] = {{0}};
    getopt_tables(letters, longs);
    optind = 0; /* glibc: start anew, whatever an earlier call left */
    opterr = 0;
    for (;;) {
        int code = getopt_long(argc, argv, letters, longs, NULL);
        if (code == -1) {
            return true;
        }
        if (code == '?' || code == ':') {
            return usage_error(code, argv, err);
        }
        const struct scs_option *row = row_of(code);
        if (row->later != NULL) {
            return say_of(row, ": ", row->later, err);
        }
        if (code == SCS_OPT_COMPARE ? !set_compare(o, argc, argv, err) : !apply(o, code, optarg, err)) {
            return false;
        }
    }
}

static bool reads_standard_input(const struct scs_options *o)
{
    bool any = false;
    for (uint32_t i = 0; i < o->num_files; i++) {
        any = any || strcmp(o->files[i], "-") == 0;
    }
    return any;
}

/* Options that make sense only together. */
static bool check_evidence(const struct scs_options *o, struct scs_error *err)
{
    if (o->action == SCS_DO_COMPARE && (o->evidence != NULL || o->bundle != NULL)) {
        return scs_error_set(err, "--compare writes no evidence; leave out -w and --bundle, or analyse one capture");
    }
    bool ring = o->ring.max_bytes != 0 || o->ring.max_s != 0;
    if ((ring || o->ring.max_files != 0) && o->evidence == NULL) {
        return scs_error_set(err, "-b goes with -w, which names the files of the ring");
    }
    if (o->ring.max_files != 0 && !ring) {
        return scs_error_set(err, "-b files:%u alone never begins a second file; give -b filesize:KB or -b duration:SECONDS, too",
                             o->ring.max_files);
    }
    if (ring && o->num_interfaces == 0 && !o->growing && !reads_standard_input(o)) {
        return scs_error_set(err, "-b goes with -i, --follow or a pipe; of a saved capture -w writes one file");
    }
    if (o->embed_keys && o->evidence == NULL) {
        return scs_error_set(err, "--embed-keys goes with -w, which writes the file that the keys are put into");
    }
    if (o->embed_keys && o->redaction != SCS_REDACT_NONE) {
        return scs_error_set(err, "--embed-keys would open what --redact hides; give --redact none with it, or leave it out");
    }
    return o->map == NULL || o->redaction != SCS_REDACT_NONE ||
           scs_error_set(err, "--map has nothing to tell with --redact none; leave one of them out");
}

/* The words after the options are one filter, as tcpdump takes them. */
static bool join_filter(struct scs_options *o, char **words, int num, struct scs_error *err)
{
    size_t size = 1, at = 0;
    if (num == 0) {
        return true;
    }
    if (o->filter != NULL) {
        return scs_error_set(err, "a capture filter is given twice, with -f and after the options; give one");
    }
    for (int i = 0; i < num; i++) {
        size += strlen(words[i]) + 1;
    }
    o->joined = scs_xmalloc(size);
    for (int i = 0; i < num; i++) {
        at += (size_t)snprintf(o->joined + at, size - at, "%s%s", i == 0 ? "" : " ", words[i]);
    }
    o->filter = o->joined;
    return true;
}

/* Files and pipes. */
static bool check_saved(const struct scs_options *o, struct scs_error *err)
{
    if (o->live_only != NULL) {
        return scs_error_set(err, "%s goes with -i, which captures live", o->live_only);
    }
    if (o->autostop && !o->growing && !reads_standard_input(o)) {
        return scs_error_set(err, "-a goes with -i, --follow or a pipe; a file ends by itself, and -c takes its first packets");
    }
    return !o->growing || o->action != SCS_DO_COMPARE ||
           scs_error_set(err, "--compare needs captures that are whole; leave out --follow");
}

static bool check_report_every(const struct scs_options *o, struct scs_error *err)
{
    if (o->report_every_ms == 0) {
        return true;
    }
    if (o->num_interfaces == 0 && !o->growing && !reads_standard_input(o)) {
        return scs_error_set(err, "--report-every goes with -i, --follow or a pipe; of a saved capture there is one report");
    }
    return o->num_outputs != 0 || o->bundle != NULL ||
           scs_error_set(err, "--report-every writes files anew; name them with -o or --bundle");
}

static bool check_live(const struct scs_options *o, struct scs_error *err)
{
    if (o->num_interfaces == 0) {
        return check_saved(o, err);
    }
    if (o->growing) {
        return scs_error_set(err, "-i captures live and --follow reads files that grow; give one of them");
    }
    if (o->num_files != 0) {
        return scs_error_set(err, "-i captures live and -r reads a file; give one of them");
    }
    if (o->action == SCS_DO_COMPARE) {
        return scs_error_set(err, "--compare needs saved captures; leave out -i");
    }
    return true;
}

/* The words that follow the options: files, or with -i the filter. */
static bool take_operands(struct scs_options *o, int argc, char **argv, struct scs_error *err)
{
    if (o->num_interfaces != 0) {
        return join_filter(o, argv + optind, argc - optind, err);
    }
    for (int i = optind; i < argc; i++) {
        if (!add_file(o, argv[i], err)) {
            return false;
        }
    }
    return true;
}

bool scs_options_parse(struct scs_options *out, int argc, char **argv, struct scs_error *err)
{
    *out = (struct scs_options){.lang = "en", .redaction = SCS_REDACT_STANDARD, .fail_on = SCS_SEV_ERROR};
    if (!parse_options(out, argc, argv, err)) {
        return false;
    }
    if (!take_operands(out, argc, argv, err)) {
        return false;
    }
    if (out->action == SCS_DO_ANALYSE && out->num_files + out->num_interfaces == 0) {
        return scs_error_set(err, "no capture is named; give a file, or - for standard input" TRY);
    }
    if (!check_live(out, err) || !check_report_every(out, err) || !check_evidence(out, err)) {
        return false;
    }
    if (out->standard == NULL && out->num_outputs == 0 && out->bundle == NULL) {
        out->standard = scs_reporter_by_name("text");
    }
    return out->action != SCS_DO_COMPARE || check_comparison(out, err);
}

void scs_options_cleanup(struct scs_options *o)
{
    free(o->files);
    free(o->joined);
    free(o->interfaces);
    free(o->servers);
    free(o->paths);
    free(o->keys);
    free(o->keylogs);
    free(o->outputs);
    *o = (struct scs_options){0};
}
