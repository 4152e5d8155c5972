/* SPDX-License-Identifier: Apache-2.0 */
/* The command line as data. */
#ifndef SCS_CLI_OPTIONS_H
#define SCS_CLI_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "scepscope/net.h"
#include "scepscope/report.h"
#include "scepscope/status.h"

enum scs_action {
    SCS_DO_ANALYSE,
    SCS_DO_COMPARE,
    SCS_DO_HELP,
    SCS_DO_VERSION,
    SCS_DO_EXPLAIN,
    SCS_DO_LIST_FINDINGS,
    SCS_DO_LIST_INTERFACES,
    SCS_DO_COMPLETION
};

enum scs_color_when { SCS_COLOR_AUTO, SCS_COLOR_ALWAYS, SCS_COLOR_NEVER };

struct scs_output_option {
    const char *path;
    const struct scs_reporter *reporter;
};

/* -b, as dumpcap has it; 0: not given. */
struct scs_ring_option {
    uint64_t max_bytes, max_s;
    uint32_t max_files;
};

/* All text borrows argv, but a filter of several words. */
struct scs_options {
    enum scs_action action;
    const char *compare[2]; /* --compare */
    const char *explain_id;
    const char *shell; /* --completion */
    const char **files;
    uint32_t num_files;
    const char *filter;
    char *joined;            /* that filter; NULL */
    uint64_t max_packets;    /* 0: all */
    const char **interfaces; /* -i: then there are no files */
    uint32_t num_interfaces;
    uint32_t snap_len, buffer_mib; /* 0: the default */
    uint32_t memory_mib;           /* --memory; 0: no limit */
    bool memory_given;
    bool no_promiscuous;
    const char *user;         /* -Z; NULL */
    bool growing;             /* --follow */
    uint64_t max_ms;          /* -a duration; 0: none */
    uint64_t report_every_ms; /* 0: never */
    bool autostop;            /* -a */
    const char *live_only;    /* an option that was given and makes sense with -i only; NULL */
    struct scs_endpoint *servers;
    uint32_t num_servers;
    const char **paths;
    uint32_t num_paths;
    const char **keys; /* -k */
    uint32_t num_keys;
    const char *key_pass; /* NULL: prompt */
    bool no_verify;
    const char **keylogs;
    uint32_t num_keylogs;
    const struct scs_reporter *standard; /* what is printed on standard output; NULL: nothing */
    struct scs_output_option *outputs;   /* -o */
    uint32_t num_outputs;
    bool force;
    const char *evidence; /* -w; NULL */
    struct scs_ring_option ring;
    bool embed_keys;
    const char *bundle; /* NULL */
    const char *map;    /* NULL */
    enum scs_redaction redaction;
    const char *lang;
    enum scs_color_when color;
    bool line_buffered;
    int verbosity; /* -1 quiet, 0, 1 verbose */
    enum scs_severity fail_on;
    bool fail_never;
};

/*
 * scs_options_parse reads the command line. False with `err` set to one sentence for a usage error, or for an
 * option that is not in this version; what was filled is released by scs_options_cleanup in either case.
 */
SCS_MUST_USE bool scs_options_parse(struct scs_options *out, int argc, char **argv, struct scs_error *err);
void scs_options_cleanup(struct scs_options *o);

#endif
