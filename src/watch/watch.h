/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is shown while a live capture runs: a line for each exchange as it ends, one for what is new about a finding, sentences
 * about the interfaces, the counters when asked, and on a terminal a last line with them that is written over.
 *
 *   09:14:02.118  10.5.14.22:51544 > 10.5.1.4:80  PKCSReq POST, 8,525 bytes: 200 FAILURE badRequest, 12 ms  failed
 *   09:14:02.118  ERROR  rep-fail-2-badrequest  certain  10.5.14.22 > 10.5.1.4:80  NDES refused ... (frames 6, 8)
 */
#ifndef SCS_WATCH_WATCH_H
#define SCS_WATCH_WATCH_H

#include <stdio.h>

#include "base/buf.h"
#include "report/redact.h"
#include "scepscope/live.h"
#include "watch/news.h"

struct scs_watch {
    FILE *lines;         /* of exchanges and findings; NULL: not shown */
    FILE *said;          /* sentences and counters; NULL: not shown */
    FILE *status;        /* the line that is written over; NULL: no terminal */
    bool report_follows; /* on `lines` */
    bool color;
    const char *lang;  /* of the findings */
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

void scs_watch_started(struct scs_watch *w);
void scs_watch_said(struct scs_watch *w, const char *sentence);
void scs_watch_exchange(struct scs_watch *w, const struct scs_exchange *x);
/* scs_watch_finding shows a piece of news about the findings of `m`. */
void scs_watch_finding(struct scs_watch *w, const struct scs_news_item *item, const struct scs_model *m);
/*
 * scs_watch_status brings the last line up to date; `asked`: the counters are said, too. `story`: of the last look, NULL before
 * the first. False when whoever read the lines has gone away.
 */
bool scs_watch_status(struct scs_watch *w, const struct scs_live_counters *now, const struct scs_summary *story, bool asked);

#define SCS_WATCH_LINE 1024u
/* These append a line without its break: of an exchange, and of a piece of news. */
void scs_watch_line(const struct scs_exchange *x, struct scs_redactor *r, struct scs_buf *out);
void scs_watch_news(const struct scs_news_item *item, const struct scs_model *m, const char *lang, struct scs_redactor *r,
                    struct scs_buf *out);
/*
 * scs_watch_counters appends "1,204 packets, none dropped, 12 exchanges, 3 failed, 4 enrolments (3 succeeded, 1 failed, 0
 * pending), 1 error, 0 warnings, 24 MiB". `story` may be NULL; resident: bytes, 0 unknown.
 */
void scs_watch_counters(const struct scs_live_counters *now, const struct scs_summary *story, uint64_t resident,
                        struct scs_buf *out);

#endif
