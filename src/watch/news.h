/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is new about the findings from one look at a running capture to the next.
 *
 * A finding is said once it has stood for two seconds: until then a retry, the policy module's call or the answer to a
 * repeated SYN may still change what it is. The engine itself already waits for what takes longer: it judges exchanges only
 * when they have ended, knows from scs_capture_watched whether a client had the time to go on, and is not shown connections
 * that are open and carried no exchange. So four rules are left whose subject is over only with the capture, because they tell
 * what all of it lacks: cap-no-scep, cap-no-loopback, cap-short and cap-encrypted. They wait for the end.
 *
 * It is said again when it weighs more (after the same two seconds), and at most once a minute when it weighs less, because
 * retries succeeded, or happened more often. When later packets take a finding back (a client that only looped at last
 * enrols, a third poll makes rep-pending a rep-pending-loop), that is said too, unless its exchanges have left memory: then it
 * stays as it was told.
 */
#ifndef SCS_WATCH_NEWS_H
#define SCS_WATCH_NEWS_H

#include "scepscope/model.h"
#include "scepscope/rule.h"

/* How long what is new may wait to be said. */
enum scs_news_wait {
    SCS_NEWS_SETTLE, /* until it has settled */
    SCS_NEWS_HURRY,  /* what was never said does not: some of it is about to leave memory */
    SCS_NEWS_OVER    /* nothing does: this is the last model */
};

enum scs_news_kind {
    SCS_NEWS_FOUND,
    SCS_NEWS_WORSE,
    SCS_NEWS_BETTER,    /* weighs less now */
    SCS_NEWS_RECOVERED, /* more retries succeeded */
    SCS_NEWS_MORE,      /* more occurrences */
    SCS_NEWS_LAST,      /* as it stands at the end, with nothing of the above */
    SCS_NEWS_WITHDRAWN
};

struct scs_news_item {
    enum scs_news_kind kind;
    const char *id;                    /* of the catalogue */
    uint32_t number;                   /* of the finding, from 1 in the order of being found; its own throughout */
    const struct scs_finding *finding; /* NULL: it was withdrawn */
    uint64_t total;                    /* occurrences, those included that left memory since it was first said */
    const char *instead;               /* withdrawn: id of the finding that tells its cause now; NULL */
};

struct scs_news;

struct scs_news *scs_news_new(void);
void scs_news_free(struct scs_news *n); /* NULL is fine */
/*
 * scs_news_look compares the model with those before and calls `say` for what is new, worst first. `now_ms` is any clock that
 * never goes back.
 */
void scs_news_look(struct scs_news *n, const struct scs_model *m, uint64_t now_ms, enum scs_news_wait wait,
                   void (*say)(void *ctx, const struct scs_news_item *item), void *ctx);
/* scs_news_due: when something that waits wants to be said, UINT64_MAX for nothing. A look is to be taken then. */
uint64_t scs_news_due(const struct scs_news *n);

#endif
