/* SPDX-License-Identifier: Apache-2.0 */
/* An HTTP pair and the SCEP facts in its bodies become one exchange, with its outcome. */
#ifndef SCS_CORRELATE_EXCHANGE_H
#define SCS_CORRELATE_EXCHANGE_H

#include "base/mover.h"
#include "correlate/learned.h"
#include "dissectors/x509.h"
#include "http/http.h"
#include "scepscope/exchange.h"

struct scs_exchanges;
struct scs_keyring; /* keys/keyring.h */

struct scs_exchanges_options {
    struct scs_arena *keep; /* all borrowed; they outlive it */
    struct scs_intern *intern;
    struct scs_limits_hit *limits;
    struct scs_learned *learned;
    const char *const *user_paths;
    uint32_t num_user_paths;
    bool verify;              /* check digests and signatures */
    struct scs_keyring *keys; /* that may open envelopes; NULL: none were given */
    uint32_t num_workers;     /* as in struct scs_run_options */
};

struct scs_exchanges *scs_exchanges_new(const struct scs_exchanges_options *options);
void scs_exchanges_free(struct scs_exchanges *e);
/* scs_exchanges_redacted: the capture's bytes were altered: bodies and signatures that are blank are as if not captured. */
void scs_exchanges_redacted(struct scs_exchanges *e);
/* scs_exchanges_add reads the pair's bodies and keeps the exchange, which it returns; NULL: there are too many. */
const struct scs_exchange *scs_exchanges_add(struct scs_exchanges *e, const struct scs_http_pair *pair);
/* scs_exchanges_settle waits until every envelope so far was opened, or tried. */
void scs_exchanges_settle(struct scs_exchanges *e);
/* scs_exchanges_sorted numbers the exchanges in order of their first bytes; writable for correlation. The list is in `arena`. */
struct scs_exchange **scs_exchanges_sorted(struct scs_exchanges *e, struct scs_arena *arena, uint32_t *num);
/* scs_exchanges_over: no more will come, and what was needed to put them in order goes. */
void scs_exchanges_over(struct scs_exchanges *e);
/* scs_exchanges_clock: median of Date headers minus capture time, in seconds; SCS_NO_TIME without any. */
int64_t scs_exchanges_clock(const struct scs_exchanges *e, uint32_t *num_samples);
/*
 * The redaction key is SHA-256 over the capture's first packets and messages: the same for the same capture, in
 * no report. scs_exchanges_feed_key adds bytes to it (at most 64 KiB count).
 */
void scs_exchanges_feed_key(struct scs_exchanges *e, const struct scs_cursor *bytes);
void scs_exchanges_redaction_key(const struct scs_exchanges *e, uint8_t out[32]);
/* scs_exchanges_freeze_key: something was said with the key, so it stays what it is. */
void scs_exchanges_freeze_key(struct scs_exchanges *e);
/* scs_exchanges_leave: those whose ids (scs_exchanges_sorted) are marked are kept no longer. */
void scs_exchanges_leave(struct scs_exchanges *e, const bool *leaves);
/* scs_exchanges_move: the arena turned (base/mover.h), after scs_exchanges_settle. scs_exchanges_settled: `m` is settled. */
void scs_exchanges_move(struct scs_exchanges *e, struct scs_mover *m);
void scs_exchanges_settled(struct scs_exchanges *e, const struct scs_mover *m);

#endif
