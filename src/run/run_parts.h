/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of this folder share: run.c has the stages, reading.c and live.c give them packets, look.c looks on. */
#ifndef SCS_RUN_RUN_PARTS_H
#define SCS_RUN_RUN_PARTS_H

#include "base/arena.h"
#include "base/intern.h"
#include "capture/capture.h"
#include "capture/hold.h"
#include "capture/live.h"
#include "correlate/ca_calls.h"
#include "correlate/exchange.h"
#include "correlate/learned.h"
#include "correlate/lookups.h"
#include "correlate/neighbours.h"
#include "correlate/revocations.h"
#include "flow/decode.h"
#include "flow/flow.h"
#include "keys/keyring.h"
#include "keys/secrets.h"
#include "run/run.h"
#include "tls/sessions.h"

struct scs_run {
    struct scs_run_options options;
    struct scs_arena *given; /* options, sources, keys: what lives as long as the run */
    struct scs_arena *keep;  /* facts; what nobody needs leaves now and then: collect.c */
    struct scs_intern *intern;
    struct scs_capture *capture;
    struct scs_live *live; /* NULL: files are read */
    struct scs_live_hooks live_hooks;
    struct scs_live_counters counters;
    uint64_t begun_ms, ticked_ms, max_ms; /* of what is followed; see scs_run_follow */
    bool growing;                         /* ... for as long as it grows */
    bool stopped;                         /* ... no longer: by a signal, by a hook, or because its time was over */
    bool started;                         /* ... and said so */
    struct scs_decoder *decoder;
    struct scs_learned *learned;
    struct scs_lookups *lookups;
    struct scs_logons *logons;
    struct scs_ca_calls ca_calls;
    struct scs_neighbours neighbours;
    struct scs_revocations revocations;
    struct scs_exchanges *exchanges;
    struct scs_flow *flow;
    struct scs_hold *hold;    /* NULL: packets can be read again, or nobody wants to */
    struct scs_keyring *keys; /* NULL: none were given */
    struct scs_secrets *secrets;
    struct scs_tls_sessions *sessions;
    struct scs_cert_cache *tls_certs;
    size_t secrets_read;      /* bytes of the captures' own secrets that were taken over */
    uint64_t secrets_learned; /* secrets the flow stage was told of */
    bool piped;               /* packets come from a pipe: so may their secrets, at any time */
    struct scs_capture_facts facts;
    struct scs_limits_hit limits;
    struct scs_model model;
    struct scs_arena *looked; /* what scs_run_look told last; NULL: nothing yet */
    uint64_t packets;
    struct scs_departed departed;
    struct scs_departed_finding *left; /* departed.findings */
    size_t retire_at;                  /* bytes kept at which the next leave; 0: not yet known */
    int64_t idle_looked_ns;            /* when idle connections were last looked for; SCS_NO_TIME */
};

/* scs_run_open opens files and pipes; scs_run_step takes the next packets of theirs through the stages, false at the end. */
SCS_MUST_USE bool scs_run_open(struct scs_run *run, const char *const *paths, uint32_t num_paths, struct scs_error *err);
bool scs_run_step(struct scs_run *run);
/* scs_run_batch takes packets through the stages. */
void scs_run_batch(struct scs_run *run, const struct scs_packet *packets, size_t num);
/* scs_run_room: how many packets the next batch may have; 0 when all that were asked for are there. */
size_t scs_run_room(const struct scs_run *run);
/* scs_run_await_secrets looks at key logs that still grow; `now` even when nothing asks for a secret. */
void scs_run_await_secrets(struct scs_run *run, bool now);
/* scs_run_make_room lets the oldest leave where the run has a limit and reached it. Between batches only; see scs_run_collect. */
void scs_run_make_room(struct scs_run *run, int64_t now_ns);
/* scs_run_collect frees what nobody needs of `keep`. Between batches only; what was looked at is gone. */
void scs_run_collect(struct scs_run *run);
/*
 * scs_run_tell makes the model of what has ended so far, and, when the capture is `over`, of all there was. What stays with the
 * exchanges lives in the run; the rest in `arena`.
 */
void scs_run_tell(struct scs_run *run, bool over, struct scs_arena *arena, struct scs_capture_facts *facts, struct scs_model *m);

#endif
