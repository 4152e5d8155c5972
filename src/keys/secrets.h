/* SPDX-License-Identifier: Apache-2.0 */
/* Secrets that open TLS: key logs (files and Decryption Secrets Blocks) by client random, and RSA private keys. */
#ifndef SCS_KEYS_SECRETS_H
#define SCS_KEYS_SECRETS_H

#include "scepscope/cursor.h"
#include "scepscope/status.h"

struct scs_secrets;

/* What a key log line gives. NSS key log format, RFC 9850. */
enum scs_secret_label {
    SCS_SECRET_MASTER, /* CLIENT_RANDOM: the TLS <= 1.2 master secret */
    SCS_SECRET_CLIENT_EARLY,
    SCS_SECRET_CLIENT_HANDSHAKE,
    SCS_SECRET_SERVER_HANDSHAKE,
    SCS_SECRET_CLIENT_TRAFFIC, /* _0; further ones are derived at KeyUpdate */
    SCS_SECRET_SERVER_TRAFFIC,
    SCS_NUM_SECRETS
};

struct scs_secret {
    uint8_t bytes[64];
    uint8_t len;   /* 0: not known */
    bool from_dsb; /* of a Decryption Secrets Block */
};

struct scs_secrets *scs_secrets_new(void);
void scs_secrets_free(struct scs_secrets *s); /* cleanses */
/* scs_secrets_add_log reads key log text, whole lines; exporter lines and comments are passed over, bad lines counted. */
void scs_secrets_add_log(struct scs_secrets *s, const struct scs_cursor *text, bool from_dsb);
/*
 * scs_secrets_read_log reads a key log file (or FIFO) to its present end and keeps the place, so that it can be called again.
 * The first call gives a pipe two seconds to be filled and closed; later ones never wait.
 */
SCS_MUST_USE bool scs_secrets_read_log(struct scs_secrets *s, const char *path, struct scs_error *err);
/*
 * scs_secrets_look_again reads what was appended to the logs since; one that was cut or replaced is read from its start. Costs
 * a clock's reading when it is asked again too soon, unless it has to be `now`. True: something was learned.
 */
bool scs_secrets_look_again(struct scs_secrets *s, bool now);
/* scs_secrets_num_learned counts secrets as they come: a caller that remembers it knows whether there are new ones. */
uint64_t scs_secrets_num_learned(const struct scs_secrets *s);
/* scs_secrets_expect: more may come while the packets are read. It is also true of a log that is no regular file. */
void scs_secrets_expect(struct scs_secrets *s);
bool scs_secrets_expected(const struct scs_secrets *s);
/* scs_secrets_find copies the secret of a client random (32 bytes); false when there is none. */
bool scs_secrets_find(const struct scs_secrets *s, const uint8_t client_random[32], enum scs_secret_label label,
                      struct scs_secret *out);
/*
 * scs_secrets_nth copies the n-th of all secrets, in no order that means anything, with the client random and label it goes
 * by; false when there are no more.
 */
bool scs_secrets_nth(const struct scs_secrets *s, uint32_t n, uint8_t client_random[32], enum scs_secret_label *label,
                     struct scs_secret *out);
/* scs_secrets_any: is there anything at all? */
bool scs_secrets_any(const struct scs_secrets *s);
uint32_t scs_secrets_num_bad_lines(const struct scs_secrets *s);

#endif
