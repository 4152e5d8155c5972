/* SPDX-License-Identifier: Apache-2.0 */
#include "tls/sessions.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/xalloc.h"
#include "scepscope/limits.h"

struct session {
    uint64_t name;
    uint8_t master[48];
    const char *source;
};

struct scs_tls_sessions {
    struct scs_hash_key key;
    struct session *sessions; /* a ring; few runs ever have more than a handful */
    uint32_t num, next;
};

struct scs_tls_sessions *scs_tls_sessions_new(void)
{
    struct scs_tls_sessions *s = scs_xcalloc(1, sizeof *s);
    s->key = scs_hash_key_random();
    return s;
}

void scs_tls_sessions_free(struct scs_tls_sessions *s)
{
    if (s != NULL) {
        if (s->sessions != NULL) {
            OPENSSL_cleanse(s->sessions, SCS_MAX_TLS_SESSIONS * sizeof *s->sessions);
        }
        free(s->sessions);
        free(s);
    }
}

uint64_t scs_tls_sessions_name(const struct scs_tls_sessions *s, const struct scs_cursor *id_or_ticket)
{
    if (s == NULL || id_or_ticket->len == 0) {
        return 0;
    }
    return scs_hash(&s->key, id_or_ticket->p, id_or_ticket->len);
}

void scs_tls_sessions_put(struct scs_tls_sessions *s, uint64_t name, const uint8_t master[48], const char *source)
{
    if (s == NULL || name == 0) {
        return;
    }
    if (s->sessions == NULL) {
        s->sessions = scs_xcalloc(SCS_MAX_TLS_SESSIONS, sizeof *s->sessions);
    }
    struct session *session = &s->sessions[s->next];
    session->name = name;
    session->source = source;
    memcpy(session->master, master, sizeof session->master);
    s->next = (s->next + 1) % SCS_MAX_TLS_SESSIONS;
    s->num += s->num < SCS_MAX_TLS_SESSIONS;
}

bool scs_tls_sessions_get(const struct scs_tls_sessions *s, uint64_t name, uint8_t master[48], const char **source)
{
    if (s == NULL || name == 0) {
        return false;
    }
    for (uint32_t i = 0; i < s->num; i++) {
        if (s->sessions[i].name == name) {
            memcpy(master, s->sessions[i].master, sizeof s->sessions[i].master);
            *source = s->sessions[i].source;
            return true;
        }
    }
    return false;
}
