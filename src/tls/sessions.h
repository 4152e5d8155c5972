/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sessions of TLS 1.0 to 1.2 whose master secret became known in this run, by session id and by ticket, so that a
 * resumption opens too. At most SCS_MAX_TLS_SESSIONS; then the oldest goes.
 */
#ifndef SCS_TLS_SESSIONS_H
#define SCS_TLS_SESSIONS_H

#include "scepscope/cursor.h"

struct scs_tls_sessions;

struct scs_tls_sessions *scs_tls_sessions_new(void);
void scs_tls_sessions_free(struct scs_tls_sessions *s); /* cleanses; NULL is fine */
/* scs_tls_sessions_name turns a session id or ticket into the key of the table; 0 for nothing, or without a table. */
uint64_t scs_tls_sessions_name(const struct scs_tls_sessions *s, const struct scs_cursor *id_or_ticket);
/* `source` is constant text. A name of 0 is passed over. */
void scs_tls_sessions_put(struct scs_tls_sessions *s, uint64_t name, const uint8_t master[48], const char *source);
bool scs_tls_sessions_get(const struct scs_tls_sessions *s, uint64_t name, uint8_t master[48], const char **source);

#endif
