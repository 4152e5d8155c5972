/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/option_table.h"

#include <string.h>

#include "report/layout.h"

/* In the order of --help: input, output, judgement, information; then what later versions bring. */
static const struct scs_option table[] = {
    {'r', "read", "FILE",
     "Analyse this capture; the same as a bare FILE. Repeatable: several files are one capture, merged by time. "
     "'-' is standard input.",
     NULL},
    {'i', "interface", "IF",
     "Capture live on this interface until SIGINT or SIGTERM comes, then report. Repeatable: an NDES server's network interface "
     "and its loopback belong together. 'any' is all of them.",
     NULL},
    {'D', "list-interfaces", NULL, "List the interfaces to capture on, with state and addresses.", NULL},
    {'f', "filter", "EXPR",
     "Look only at packets that match this capture filter (pcap-filter(7)). With -i the words after the options are the same; "
     "without either it keeps TCP, ICMP, DNS, Kerberos and QUIC.",
     NULL},
    {'c', "count", "N", "Stop after N packets.", NULL},
    {SCS_OPT_FOLLOW, "follow", NULL,
     "The files are still being written: read on as they grow, until a signal or -a ends it, and tell what happens as with -i. A "
     "file that is replaced by another, or cut, is read anew from its start.",
     NULL},
    {'a', "autostop", "COND", "With -i, --follow or a pipe: stop after duration:SECONDS or packets:NUMBER.", NULL},
    {'s', "snapshot-length", "LEN", "With -i: capture at most LEN bytes of a packet; 0, the default, is all of it.", NULL},
    {'B', "buffer-size", "MIB", "With -i: the kernel's buffer for each interface, in MiB (default 16).", NULL},
    {SCS_OPT_MEMORY, "memory", "MIB",
     "Memory for what is kept for the report and its upkeep, besides some 20 MiB for the program itself. When it is full the "
     "oldest leave, healthy ones first, and are only counted. Default: 256 with -i, --follow or a pipe, else 0, which is no "
     "limit.",
     NULL},
    {'p', "no-promiscuous-mode", NULL, "With -i: do not put the interface into promiscuous mode.", NULL},
    {'Z', "relinquish-privileges", "USER",
     "With -i: become this user once the interfaces are open, before the first packet is looked at. An interface that goes away "
     "cannot be opened again then; any never does.",
     NULL},
    {SCS_OPT_SERVER, "server", "HOST[:PORT]",
     "This is an NDES server, even when nothing readable shows it (undecrypted TLS, silence). A name is looked up and stands "
     "for all its addresses. Repeatable.",
     NULL},
    {SCS_OPT_PATH, "path", "PREFIX",
     "One more URL path to treat as SCEP, besides /certsrv/mscep, /CertificateRegistrationSvc and any URL with a SCEP "
     "operation=. Repeatable.",
     NULL},
    {'k', "key", "FILE",
     "Private key that opens SCEP envelopes, and TLS with RSA key exchange: of the RA, the CA, a device, a server. PEM, DER, "
     "PKCS #8, PKCS #12, or a URI that OpenSSL knows (pkcs11:...). Repeatable. What each key opens is found out.",
     NULL},
    {SCS_OPT_KEY_PASS, "key-pass", "SRC",
     "Where the passphrase of the keys is: prompt (default), file:PATH, env:NAME, fd:N. Never the passphrase itself.", NULL},
    {SCS_OPT_NO_VERIFY, "no-verify", NULL, "Leave signatures and digests of messages unchecked: faster, where there are many.",
     NULL},
    {'K', "keylog", "FILE",
     "NSS key log (SSLKEYLOGFILE) that opens TLS. Repeatable. Decryption secrets inside a pcapng are used by themselves.", NULL},
    {'T', "format", "FORMAT", "Format of the report on standard output: text (default), json, ndjson, html, markdown.", NULL},
    {'o', "output", "FILE",
     "Write a report to FILE, in the format its extension names: .txt, .json, .ndjson, .html, .md. Repeatable. With -o and "
     "without -T nothing is printed on standard output. With -i, --follow or a pipe events are added to a .ndjson file as they "
     "happen.",
     NULL},
    {SCS_OPT_REPORT_EVERY, "report-every", "MINUTES",
     "With -i, --follow or a pipe: write each -o report and the --bundle anew every so often, as SIGUSR2 does at once. Each is "
     "whole at any moment.",
     NULL},
    {SCS_OPT_FORCE, "force", NULL, "Let -o overwrite files that exist.", NULL},
    {SCS_OPT_REDACT, "redact", "LEVEL",
     "What reports hide: none; secrets (challenges, cookies, passwords); standard (default: also names of people and devices "
     "and public addresses); strict (also private addresses, names of hosts and CAs, targets and page texts). The same value "
     "gives the same token in every report of an input.",
     NULL},
    {'w', "write", "FILE",
     "Write the evidence to FILE: a pcapng of the connections that the findings speak of, each finding as a comment on its "
     "frames, redacted as --redact says in the bytes themselves. Analysed again it gives the same findings, except those that "
     "rest on what was hidden. With -i or --follow it is written while packets come, each exchange when it has ended: the "
     "packets of "
     "all exchanges, and of what the findings speak of by then.",
     NULL},
    {'b', "ring-buffer", "COND",
     "With -w, and -i, --follow or a pipe: evidence in several files, NAME_00001_20261122101112.pcapng and so on (the time is "
     "UTC). "
     "filesize:KB, in units of 1,000 bytes, and duration:SECONDS begin the next file, when there is something to write; files:N "
     "keeps the last N. Repeatable, one condition each.",
     NULL},
    {SCS_OPT_EMBED_KEYS, "embed-keys", NULL,
     "Put the TLS secrets of these connections into the evidence, so that whoever gets it can read them. Only with --redact "
     "none.",
     NULL},
    {SCS_OPT_BUNDLE, "bundle", "FILE.zip",
     "Write one archive for the ticket: the report as HTML, Markdown and JSON, the evidence as pcapng, and a manifest that says "
     "of what they were made and what was left out. Without -T nothing is printed on standard output.",
     NULL},
    {SCS_OPT_MAP, "map", "FILE",
     "Write which token stands for which value to FILE, one JSON object a line. Keep it to yourself: it undoes the redaction.",
     NULL},
    {SCS_OPT_LANG, "lang", "CODE", "Language of the findings: en.", NULL},
    {SCS_OPT_COLOR, "color", "WHEN", "Colours: auto (default: on a terminal, unless NO_COLOR is set), always, never.", NULL},
    {'l', "line-buffered", NULL, "Flush standard output after each line.", NULL},
    {'q', "quiet", NULL, "Print nothing but errors on standard error.", NULL},
    {'v', "verbose", NULL, "Show every enrolment step by step, notes in full, and counters on standard error.", NULL},
    {SCS_OPT_FAIL_ON, "fail-on", "LEVEL",
     "Findings from this level on give exit status 1: error (default), warning, info, never.", NULL},
    {SCS_OPT_COMPARE, "compare", "A B",
     "Instead of the report, show what differs between two enrolments. A and B are each the number of an enrolment, a client's "
     "address (its last enrolment with an outcome), a transaction ID or its beginning; or FILE#NUMBER and the like, or FILE "
     "alone when it holds one enrolment. The exit status is diff's: 0 the same, 1 different.",
     NULL},
    {SCS_OPT_EXPLAIN, "explain", "ID", "Explain one finding: meaning, causes, fixes, what confirms it.", NULL},
    {SCS_OPT_LIST_FINDINGS, "list-findings", NULL, "List every finding with its level and title.", NULL},
    {SCS_OPT_COMPLETION, "completion", "SHELL", "Print the completion script for a shell: bash, zsh, fish.", NULL},
    {'V', "version", NULL, "Print the version.", NULL},
    {'h', "help", NULL, "Print this help.", NULL},

    {SCS_OPT_LOG, "log", "FILE", "Server or device log to match against the packets. Repeatable.",
     "logs are not matched in this version yet; each finding says under Confirm what the log shows"},
};

const struct scs_option *scs_option_table(size_t *num)
{
    *num = sizeof table / sizeof table[0];
    return table;
}

static void help_entries(FILE *out, bool later)
{
    enum { INDENT = 28 };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        const struct scs_option *o = &table[i];
        if ((o->later != NULL) != later) {
            continue;
        }
        int at = o->code < 256 ? fprintf(out, "  -%c, --%s", o->code, o->name) : fprintf(out, "      --%s", o->name);
        if (o->arg != NULL) {
            at += fprintf(out, " %s", o->arg);
        }
        if (at >= INDENT - 1) {
            fputc('\n', out);
            at = 0;
        }
        fprintf(out, "%*s", INDENT - at, "");
        scs_wrap(out, INDENT, INDENT, 80, o->help);
    }
}

void scs_option_help(FILE *out)
{
    fputs("Usage: scepscope [options] FILE...\n"
          "       scepscope -i IF [-i IF]... [options] [FILTER]\n"
          "       scepscope [options] --compare A B [FILE...]\n"
          "       scepscope -D | --explain ID | --list-findings | -V | -h\n\n"
          "Reads captures of SCEP enrolments (Microsoft NDES and others) and says which\n"
          "failed, and why.\n\nOptions:\n",
          out);
    help_entries(out, false);
    fputs("\nNot in this version yet (giving one ends with exit status 2):\n", out);
    help_entries(out, true);
    fputs("\nExit status:\n"
          "  0  analysed; no finding at or above --fail-on\n"
          "  1  analysed; at least one such finding\n"
          "  2  not analysed: wrong usage, or a file or interface that cannot be\n"
          "     opened, or no capture\n"
          "  3  analysed, no such finding, but the evidence is incomplete: a cut file,\n"
          "     dropped packets, TLS to the server that nothing opened\n\n"
          "Example: scepscope --server 10.5.1.4 -o report.json monday.pcapng\n",
          out);
}

/* Text for troff: hyphens that are minus signs, and no line that begins as a request. */
static void man_text(FILE *out, const char *text)
{
    if (*text == '.' || *text == '\'') {
        fputs("\\&", out);
    }
    for (; *text != '\0'; text++) {
        if (*text == '-') {
            fputs("\\-", out);
        } else if (*text == '\\') {
            fputs("\\e", out);
        } else {
            fputc(*text, out);
        }
    }
}

void scs_option_man(FILE *out, bool later)
{
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        const struct scs_option *o = &table[i];
        if ((o->later != NULL) != later) {
            continue;
        }
        fputs(".TP\n", out);
        if (o->code < 256) {
            fprintf(out, "\\fB\\-%c\\fR", o->code);
            if (o->arg != NULL) {
                fprintf(out, " \\fI%s\\fR", o->arg);
            }
            fputs(", ", out);
        }
        fputs("\\fB\\-\\-", out);
        man_text(out, o->name);
        fputs("\\fR", out);
        if (o->arg != NULL) {
            fprintf(out, " \\fI%s\\fR", o->arg);
        }
        fputc('\n', out);
        man_text(out, o->help);
        fputc('\n', out);
    }
}
