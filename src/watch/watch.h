/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is shown while a live capture runs: a line for each exchange as it ends, sentences about the interfaces, the
 * counters when asked, and on a terminal a last line with them that is written over.
 *
 *   09:14:02.118  10.5.14.22:51544 > 10.5.1.4:80  PKCSReq POST, 8,525 bytes: 200 FAILURE badRequest, 12 ms  failed
 */
#ifndef SCS_WATCH_WATCH_H
#define SCS_WATCH_WATCH_H

#include <stdio.h>

#include "base/buf.h"
#include "report/redact.h"
#include "scepscope/live.h"

struct scs_watch {
    FILE *lines;         /* of exchanges; NULL: not shown */
    FILE *said;          /* sentences and counters; NULL: not shown */
    FILE *status;        /* the line that is written over; NULL: no terminal */
    bool report_follows; /* on `lines` */
    bool color;
    const char *begun; /* "capturing on", before their names; NULL: nothing is said of the beginning */
    const char *const *interfaces;
    uint32_t num_interfaces;
    enum scs_redaction redaction;
    /* filled by scs_watch_begin: */
    struct scs_redactor *redactor;
    uint64_t shown_ms;
    bool status_shown, any;
};

/* scs_watch_begin prepares one whose settings are filled in. Tokens in the lines are this session's own. */
void scs_watch_begin(struct scs_watch *w);
/* scs_watch_end takes the status line away. */
void scs_watch_end(struct scs_watch *w);
/* scs_watch_hooks gives what scs_run_live and scs_run_follow call; borrows `w`. */
struct scs_live_hooks scs_watch_hooks(struct scs_watch *w);

/* scs_watch_line appends the line of an exchange, without a line break. */
void scs_watch_line(const struct scs_exchange *x, struct scs_redactor *r, struct scs_buf *out);
#define SCS_WATCH_LINE 1024u
/* scs_watch_counters appends "1,204 packets, none dropped, 12 exchanges, 3 failed, 24 MiB". resident: bytes, 0 unknown. */
void scs_watch_counters(const struct scs_live_counters *now, uint64_t resident, struct scs_buf *out);

#endif
