/* SPDX-License-Identifier: Apache-2.0 */
/* The NSS key log format, RFC 9850: lines of label, client random and secret. */
#ifndef SCS_KEYS_KEYLOG_H
#define SCS_KEYS_KEYLOG_H

#include "base/buf.h"
#include "keys/secrets.h"

enum scs_keylog_kind {
    SCS_KEYLOG_SECRET, /* one that opens records */
    SCS_KEYLOG_PASSED, /* blank, a comment, or a secret for other purposes */
    SCS_KEYLOG_BAD     /* not a line of a key log, or a known label with a secret of a wrong length */
};

struct scs_keylog_line {
    enum scs_secret_label label;
    uint8_t client_random[32];
    uint8_t secret[48];
    uint8_t secret_len; /* 32 or 48 */
};

/* scs_keylog_read reads one line, without its end. `out` is filled for SCS_KEYLOG_SECRET; the caller cleanses it. */
enum scs_keylog_kind scs_keylog_read(const struct scs_cursor *line, struct scs_keylog_line *out);

/* Lines out of text that comes in pieces. */
struct scs_keylog {
    struct scs_buf partial; /* a line whose end is still to come */
    bool started;           /* the first line, which may carry a byte order mark, is over */
    void (*line)(void *ctx, enum scs_keylog_kind kind, const struct scs_keylog_line *line);
    void *ctx;
};

void scs_keylog_init(struct scs_keylog *k, void (*line)(void *, enum scs_keylog_kind, const struct scs_keylog_line *), void *ctx);
void scs_keylog_cleanup(struct scs_keylog *k); /* cleanses */
/* scs_keylog_feed takes the next piece and gives each whole line out. */
void scs_keylog_feed(struct scs_keylog *k, const struct scs_cursor *text);
/*
 * scs_keylog_try gives out the last line although it has no end yet, when it reads as a secret: a key log that
 * was copied by hand often lacks the last newline. The line still waits, and comes again when it is whole.
 */
void scs_keylog_try(const struct scs_keylog *k);

#endif
