/* SPDX-License-Identifier: Apache-2.0 */
#include "evidence/embed.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/xalloc.h"

/* Record header 5, message header 4, version 2: the random follows (RFC 5246 7.4.1.2, RFC 8446 4.1.2). */
#define BEFORE_RANDOM 11u
#define RANDOM_LEN    32u
#define CLIENT_HELLO  1u

static const char *const labels[SCS_NUM_SECRETS] = {
    [SCS_SECRET_MASTER] = "CLIENT_RANDOM",
    [SCS_SECRET_CLIENT_EARLY] = "CLIENT_EARLY_TRAFFIC_SECRET",
    [SCS_SECRET_CLIENT_HANDSHAKE] = "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
    [SCS_SECRET_SERVER_HANDSHAKE] = "SERVER_HANDSHAKE_TRAFFIC_SECRET",
    [SCS_SECRET_CLIENT_TRAFFIC] = "CLIENT_TRAFFIC_SECRET_0",
    [SCS_SECRET_SERVER_TRAFFIC] = "SERVER_TRAFFIC_SECRET_0",
};

void scs_embed_init(struct scs_embed *e, const struct scs_secrets *secrets)
{
    *e = (struct scs_embed){.secrets = secrets};
    scs_buf_init(&e->text, SCS_MAX_SECRETS);
}

/* A ClientHello begins a segment, after a handshake or a CONNECT, and its random is within its first bytes. */
static bool client_random(const struct scs_segment *seg, uint8_t out[RANDOM_LEN])
{
    struct scs_cursor c = seg->payload;
    uint8_t content, major, message;
    return scs_cursor_peek(&c, 0, &content) && content == 22 && scs_cursor_peek(&c, 1, &major) && major == 3 &&
           scs_cursor_peek(&c, 5, &message) && message == CLIENT_HELLO && scs_cursor_skip(&c, BEFORE_RANDOM) &&
           scs_cursor_copy(&c, out, RANDOM_LEN);
}

void scs_embed_segment(struct scs_embed *e, const struct scs_segment *seg)
{
    uint8_t random[RANDOM_LEN];
    struct scs_secret secret;
    bool known = false;
    if (!client_random(seg, random)) {
        return;
    }
    for (int label = 0; label < SCS_NUM_SECRETS && !known; label++) {
        known = scs_secrets_find(e->secrets, random, (enum scs_secret_label)label, &secret);
    }
    OPENSSL_cleanse(&secret, sizeof secret);
    if (!known) {
        return;
    }
    if ((e->num & (e->num - 1)) == 0) {
        e->randoms = scs_xrealloc(e->randoms, e->num == 0 ? 1 : 2 * e->num, sizeof *e->randoms);
    }
    memcpy(e->randoms[e->num++], random, RANDOM_LEN);
}

static int by_bytes(const void *a, const void *b)
{
    return memcmp(a, b, RANDOM_LEN);
}

static void add_lines(struct scs_embed *e, const uint8_t random[RANDOM_LEN])
{
    for (int label = 0; label < SCS_NUM_SECRETS; label++) {
        struct scs_secret secret;
        char name[2 * RANDOM_LEN + 1], value[2 * sizeof secret.bytes + 1];
        if (!scs_secrets_find(e->secrets, random, (enum scs_secret_label)label, &secret)) {
            continue;
        }
        scs_text_hex(random, RANDOM_LEN, name);
        scs_text_hex(secret.bytes, secret.len, value);
        scs_buf_printf(&e->text, "%s %s %s\n", labels[label], name, value);
        OPENSSL_cleanse(&secret, sizeof secret);
        OPENSSL_cleanse(value, sizeof value);
    }
}

struct scs_cursor scs_embed_text(struct scs_embed *e)
{
    scs_buf_clear(&e->text);
    scs_buf_reserve(&e->text, e->num * SCS_NUM_SECRETS * 256);
    if (e->num > 1) {
        qsort(e->randoms, e->num, sizeof *e->randoms, by_bytes);
    }
    for (size_t i = 0; i < e->num; i++) {
        if (i == 0 || memcmp(e->randoms[i - 1], e->randoms[i], RANDOM_LEN) != 0) {
            add_lines(e, e->randoms[i]);
        }
    }
    return scs_buf_cursor(&e->text);
}

void scs_embed_cleanup(struct scs_embed *e)
{
    if (e->text.p != NULL) {
        OPENSSL_cleanse(e->text.p, e->text.len);
    }
    scs_buf_cleanup(&e->text);
    free(e->randoms);
    *e = (struct scs_embed){0};
}
