/* SPDX-License-Identifier: Apache-2.0 */
/* What a live capture is asked for, and what it tells while it runs. */
#ifndef SCEPSCOPE_LIVE_H
#define SCEPSCOPE_LIVE_H

#include <stdbool.h>
#include <stdint.h>

#include "scepscope/exchange.h"
#include "scepscope/model.h"
#include "scepscope/status.h"

/* How the capture is going. */
struct scs_live_counters {
    uint64_t packets;             /* taken over, on all interfaces */
    uint64_t dropped;             /* by the kernel and the interfaces, as far as they said */
    bool drops_unknown;           /* nobody said: what comes by a pipe, or from a file that grows */
    uint32_t interfaces, present; /* or files and pipes; those that are there now */
    uint32_t exchanges, failed;   /* that ended; of them those that went wrong for certain */
};

/* Called from scs_run_live and scs_run_follow, between packets. All but ctx may be NULL. */
struct scs_live_hooks {
    void *ctx;
    void (*started)(void *ctx);                                /* every interface is open: nothing that follows is missed */
    void (*said)(void *ctx, const char *sentence);             /* an interface or file went away, or is back */
    void (*exchange)(void *ctx, const struct scs_exchange *x); /* it ended; it has no id yet, and envelopes may still be shut */
    /*
     * some of what is in this model leaves memory now, and will be in none that comes later (struct scs_departed): the last
     * chance to tell it. The model lives for the call
     */
    void (*leaving)(void *ctx, const struct scs_model *m);
    /* several times a second, packets or none; false ends the capture */
    bool (*tick)(void *ctx, const struct scs_live_counters *now);
};

struct scs_live_options {
    const char *const *interfaces; /* names; "any" is Linux's name for all */
    uint32_t num_interfaces;
    const char *filter;  /* BPF expression; NULL: what a diagnosis needs (capture/live.h) */
    uint32_t snap_len;   /* bytes of a packet; 0: all of it */
    uint32_t buffer_mib; /* for each interface; 0: 16 */
    bool no_promiscuous;
    uint64_t max_ms; /* end by itself after that long; 0: never. See also max_packets of struct scs_run_options */
    /*
     * Called with opened_ctx when every interface is open, and before the first packet is looked at: the moment to give up
     * privileges. False with `err` set ends the capture. NULL: nothing is called.
     */
    bool (*opened)(void *opened_ctx, struct scs_error *err);
    void *opened_ctx;
    bool never_again; /* after that no interface can be opened: one that goes away is not waited for */
    struct scs_live_hooks hooks;
};

/* Pipes, and files that another program still writes, told as live captures are. */
struct scs_follow_options {
    const char *const *paths; /* "-": standard input */
    uint32_t num_paths;
    bool growing; /* the end of a file is not the end: more is waited for, and another file of its name is read from its start */
    uint64_t max_ms; /* end by itself after that long; 0: never */
    struct scs_live_hooks hooks;
};

#endif
