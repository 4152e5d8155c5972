/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libscepscope: give it captures, get the model. One run is one struct scs_run; nothing is global.
 *
 *     struct scs_run *run = scs_run_new(&options, &err);
 *     if (run == NULL || !scs_run_files(run, paths, num_paths, &err)) ...
 *     const struct scs_model *model = scs_run_finish(run);
 *     ... report ...
 *     scs_run_free(run);
 */
#ifndef SCEPSCOPE_SCEPSCOPE_H
#define SCEPSCOPE_SCEPSCOPE_H

#include "scepscope/live.h"
#include "scepscope/model.h"
#include "scepscope/status.h"

#define SCS_VERSION "0.1.0"

struct scs_run;

struct scs_run_options {
    const char *filter;                 /* BPF expression, NULL */
    const struct scs_endpoint *servers; /* --server; port 0: any port */
    uint32_t num_servers;
    const char *const *paths; /* --path prefixes */
    uint32_t num_paths;
    uint64_t max_packets;         /* -c; 0: all */
    bool want_sha256;             /* hash the files while reading them */
    bool again;                   /* the captures will be read a second time, for evidence: what comes by a pipe is copied */
    bool no_verify;               /* leave digests and signatures unchecked: 25 us less for each message */
    const char *const *key_files; /* -k: private keys, tried against whatever they could open */
    uint32_t num_key_files;
    const char *const *keylogs; /* --keylog: NSS key logs, besides the secrets in the captures themselves */
    uint32_t num_keylogs;
    /*
     * gives the passphrase of a key file: at most `max` bytes to `out`, its length returned, -1 with `err` set when there
     * is none. Called at most once for each file that is encrypted. NULL: encrypted files are errors.
     */
    int (*passphrase)(void *ctx, const char *path, char *out, size_t max, struct scs_error *err);
    void *passphrase_ctx;
    uint32_t num_workers; /* threads that open envelopes; 0: one less than there are processors, at least one */
    /*
     * MiB for what is kept for the report, and for its upkeep; 0: no limit. Beyond it the oldest leave, healthy ones first
     * (struct scs_departed), and connections that are idle for hours are no longer followed.
     */
    uint32_t memory_mib;
    /* called now and then while reading, with bytes read and (when known) the total; return false to stop. NULL */
    bool (*progress)(void *ctx, uint64_t bytes, uint64_t total);
    void *progress_ctx;
};

/* scs_run_new copies the options. NULL with `err` set: a filter that does not compile, a key file or key log that cannot be read.
 */
struct scs_run *scs_run_new(const struct scs_run_options *options, struct scs_error *err);
/*
 * scs_run_files reads the captures, merged by time, to their ends. False with `err` set when one cannot
 * be opened or is no capture; damage inside a file is no failure (see scs_capture_file.problems).
 */
SCS_MUST_USE bool scs_run_files(struct scs_run *run, const char *const *paths, uint32_t num_paths, struct scs_error *err);
/*
 * scs_run_live, in the place of scs_run_files, captures on interfaces until SIGINT or SIGTERM comes (where the program made
 * them set the platform's flag), a hook says so, or as much was captured as the options ask for. False with `err` set when an
 * interface cannot be opened. The options are borrowed for the call; `filter` of the run is for files only.
 */
SCS_MUST_USE bool scs_run_live(struct scs_run *run, const struct scs_live_options *options, struct scs_error *err);
/*
 * scs_run_follow, in the place of scs_run_files, reads pipes to their ends, or, when they are `growing`, files until SIGINT or
 * SIGTERM comes, a hook says so, or as much was read as the options ask for. Several are merged by time: what they hold at
 * first, then what each has when it comes. False with `err` set as scs_run_files. The options are borrowed for the call.
 */
SCS_MUST_USE bool scs_run_follow(struct scs_run *run, const struct scs_follow_options *options, struct scs_error *err);
/*
 * scs_run_look gives the model of what has ended so far, while packets still come: what scs_run_finish would give at this moment,
 * but that nothing is closed. Requests without a reply, and connections that are open and carried no exchange, are not in it
 * yet. To be called from a hook's tick only; the model lives until the next look or packet.
 */
const struct scs_model *scs_run_look(struct scs_run *run);
/* scs_run_freeze_tokens: something redacted was given out; whatever comes, models have the same redaction key from now on. */
void scs_run_freeze_tokens(struct scs_run *run);
/* scs_run_finish closes what is open, correlates, runs the rules, and returns the model, which lives as long as the run. */
const struct scs_model *scs_run_finish(struct scs_run *run);
void scs_run_free(struct scs_run *run);

#endif
