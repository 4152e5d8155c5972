/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TLS on followed connections: which bytes are its records, what becomes of the plaintext, and which connections
 * to unknown servers are worth watching until their handshake is over.
 */
#ifndef SCS_FLOW_SECURE_H
#define SCS_FLOW_SECURE_H

#include "flow/track.h"
#include "tls/tls.h"

struct scs_secure {
    struct scs_tls_hooks tls; /* ctx: this struct */
    const struct scs_http_hooks *http;
    struct scs_arena *keep;
    struct scs_tracked *current; /* whose bytes are being read */
    uint32_t num_watched, num_samples, num_failed;
    uint64_t held; /* bytes of connections that wait for their secrets */
    bool last;     /* no more secrets will come */
    uint64_t num_opened;
    struct scs_connection *maybe[SCS_MAX_TLS_SAMPLES + SCS_MAX_TLS_FAILED]; /* for want of anything better */
    uint32_t num_maybe;
    const char *example; /* a server that stayed shut, "10.5.1.4:443 (ndes.contoso.com)" */
};

/* scs_secure_init: `tls` gives keep, intern, certs, limits, secrets and sessions; `http` is what plaintext is given to. */
void scs_secure_init(struct scs_secure *s, const struct scs_tls_hooks *tls, const struct scs_http_hooks *http);

/* scs_secure_may_watch: is there room to look at the handshake of one more unknown server? */
bool scs_secure_may_watch(const struct scs_secure *s);
void scs_secure_watch(struct scs_secure *s, struct scs_tracked *t);
void scs_secure_unwatch(struct scs_secure *s, struct scs_tracked *t);
/* scs_secure_over: only watched, and nothing more can be learned of it. */
bool scs_secure_over(const struct scs_tracked *t);

/* scs_secure_data takes the chunk when it belongs to TLS; false: it is the HTTP stage's. */
bool scs_secure_data(struct scs_secure *s, struct scs_tracked *t, enum scs_dir dir, const struct scs_chunk *chunk);
bool scs_secure_gap(struct scs_secure *s, struct scs_tracked *t, enum scs_dir dir, uint64_t len, bool snaplen, scs_frame frame,
                    int64_t ts_ns);
/* scs_secure_tunnel: TLS begins inside HTTP CONNECT. False when it is something else. */
bool scs_secure_tunnel(struct scs_secure *s, struct scs_tracked *t, enum scs_dir dir, const struct scs_chunk *first);
void scs_secure_end(struct scs_secure *s, struct scs_tracked *t, enum scs_dir dir, enum scs_end how, int64_t ts_ns);
/* scs_secure_waits: its TLS is to be kept beyond its end, because its secrets may still come. */
bool scs_secure_waits(const struct scs_secure *s, const struct scs_tracked *t);
/* scs_secure_look: have they come? What they open is given to the HTTP stage, the end with it. */
bool scs_secure_look(struct scs_secure *s, struct scs_tracked *t);
/* scs_secure_release frees the TLS state; facts stay when the connection may be reported. */
void scs_secure_release(struct scs_secure *s, struct scs_tracked *t);
/* scs_secure_maybe puts by the facts of a connection that scs_secure_release marked so, when its following ends. */
void scs_secure_maybe(struct scs_secure *s, struct scs_connection *c);
/* scs_secure_leave: what may be reported for want of anything better, and ended by `until_ns`, makes room. */
void scs_secure_leave(struct scs_secure *s, int64_t until_ns);
/* scs_secure_move: `keep` turned (base/mover.h). */
void scs_secure_move(struct scs_secure *s, struct scs_mover *m);

#endif
