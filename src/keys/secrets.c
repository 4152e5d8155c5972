/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/secrets.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/xalloc.h"
#include "keys/keylog.h"
#include "platform/platform.h"
#include "scepscope/limits.h"

#define READ_PIECE (64u * 1024u)
/* How long the first reading waits for a pipe: `--keylog <(program)` has to start the program. */
#define PATIENCE_MS 2000u
/* Between two looks at logs that may have grown: whoever waits for a secret does so for other packets, not for us. */
#define LOOK_AGAIN_MS 250u
#define NOBODY        UINT32_MAX
#define FIRST_SIZE    64u

struct entry {
    uint8_t client_random[32];
    uint8_t bytes[48];
    uint8_t len, label;
    bool from_dsb;
    uint32_t next; /* in its bucket; NOBODY */
};

struct log {
    char *path;
    int fd;
    uint64_t read; /* bytes */
    struct scs_keylog text;
};

/*
 * Entries lie in the order of their arrival; a chained hash over client random and label finds them. At the
 * maximum the oldest is overwritten, as in a ring.
 */
struct scs_secrets {
    struct scs_hash_key key;
    struct entry *entries;
    uint32_t *buckets; /* as many as entries fit; a power of two */
    uint32_t num, size, oldest;
    uint32_t num_bad_lines;
    uint64_t num_learned;
    uint64_t looked_ms; /* when the logs were last read again */
    bool expected;      /* more may come */
    bool reading_dsb;
    struct log *logs;
    uint32_t num_logs;
};

/* ---- the table --------------------------------------------------------------------------------------- */

static uint32_t *bucket(const struct scs_secrets *s, const uint8_t client_random[32], unsigned label)
{
    uint8_t name[33];
    memcpy(name, client_random, 32);
    name[32] = (uint8_t)label;
    return &s->buckets[scs_hash(&s->key, name, sizeof name) & (s->size - 1)];
}

static struct entry *find(const struct scs_secrets *s, const uint8_t client_random[32], unsigned label)
{
    uint32_t at = s->num == 0 ? NOBODY : *bucket(s, client_random, label);
    while (at != NOBODY) {
        struct entry *e = &s->entries[at];
        if (e->label == label && memcmp(e->client_random, client_random, sizeof e->client_random) == 0) {
            return e;
        }
        at = e->next;
    }
    return NULL;
}

static void put_in_bucket(struct scs_secrets *s, uint32_t at)
{
    struct entry *e = &s->entries[at];
    uint32_t *head = bucket(s, e->client_random, e->label);
    e->next = *head;
    *head = at;
}

static void take_from_bucket(struct scs_secrets *s, uint32_t at)
{
    const struct entry *e = &s->entries[at];
    uint32_t *link = bucket(s, e->client_random, e->label);
    while (*link != at) {
        link = &s->entries[*link].next;
    }
    *link = e->next;
}

/* Not realloc, which would leave secrets behind. */
static void grow(struct scs_secrets *s)
{
    uint32_t size = s->size == 0 ? FIRST_SIZE : 2 * s->size;
    struct entry *entries = scs_xcalloc(size, sizeof *entries);
    if (s->num != 0) {
        memcpy(entries, s->entries, s->num * sizeof *entries);
        OPENSSL_cleanse(s->entries, s->num * sizeof *entries);
    }
    free(s->entries);
    free(s->buckets);
    s->entries = entries;
    s->size = size;
    s->buckets = scs_xcalloc(size, sizeof *s->buckets);
    for (uint32_t i = 0; i < size; i++) {
        s->buckets[i] = NOBODY;
    }
    for (uint32_t i = 0; i < s->num; i++) {
        put_in_bucket(s, i);
    }
}

/* A free place, at the oldest secret's cost when there is none. */
static uint32_t make_room(struct scs_secrets *s)
{
    if (s->num < s->size) {
        return s->num++;
    }
    if (s->size < SCS_MAX_TLS_SECRETS) {
        grow(s);
        return s->num++;
    }
    uint32_t at = s->oldest;
    take_from_bucket(s, at);
    s->oldest = (s->oldest + 1) % s->size;
    return at;
}

static void on_line(void *ctx, enum scs_keylog_kind kind, const struct scs_keylog_line *line)
{
    struct scs_secrets *s = ctx;
    if (kind != SCS_KEYLOG_SECRET) {
        s->num_bad_lines += kind == SCS_KEYLOG_BAD ? 1 : 0;
        return;
    }
    struct entry *e = find(s, line->client_random, line->label);
    if (e == NULL) {
        uint32_t at = make_room(s);
        e = &s->entries[at];
        memcpy(e->client_random, line->client_random, sizeof e->client_random);
        e->label = (uint8_t)line->label;
        put_in_bucket(s, at);
    } else if (e->len == line->secret_len && memcmp(e->bytes, line->secret, e->len) == 0) {
        return; /* told again: it stays what its first source made it */
    }
    memcpy(e->bytes, line->secret, line->secret_len);
    e->len = line->secret_len;
    e->from_dsb = s->reading_dsb;
    s->num_learned++;
}

bool scs_secrets_find(const struct scs_secrets *s, const uint8_t client_random[32], enum scs_secret_label label,
                      struct scs_secret *out)
{
    const struct entry *e = find(s, client_random, label);
    if (e == NULL) {
        return false;
    }
    *out = (struct scs_secret){.len = e->len, .from_dsb = e->from_dsb};
    memcpy(out->bytes, e->bytes, e->len);
    return true;
}

bool scs_secrets_nth(const struct scs_secrets *s, uint32_t n, uint8_t client_random[32], enum scs_secret_label *label,
                     struct scs_secret *out)
{
    if (n >= s->num) {
        return false;
    }
    memcpy(client_random, s->entries[n].client_random, sizeof s->entries[n].client_random);
    *label = (enum scs_secret_label)s->entries[n].label;
    return scs_secrets_find(s, client_random, *label, out);
}

bool scs_secrets_any(const struct scs_secrets *s)
{
    return s->num != 0;
}

uint32_t scs_secrets_num_bad_lines(const struct scs_secrets *s)
{
    return s->num_bad_lines;
}

/* ---- where secrets come from ------------------------------------------------------------------------- */

void scs_secrets_add_log(struct scs_secrets *s, const struct scs_cursor *text, bool from_dsb)
{
    struct scs_keylog lines;
    struct scs_cursor end = scs_cursor_of("\n", 1); /* the last line may lack its end */

    scs_keylog_init(&lines, on_line, s);
    s->reading_dsb = from_dsb;
    scs_keylog_feed(&lines, text);
    scs_keylog_feed(&lines, &end);
    s->reading_dsb = false;
    scs_keylog_cleanup(&lines);
}

static struct log *find_log(struct scs_secrets *s, const char *path)
{
    for (uint32_t i = 0; i < s->num_logs; i++) {
        if (strcmp(s->logs[i].path, path) == 0) {
            return &s->logs[i];
        }
    }
    return NULL;
}

static struct log *open_log(struct scs_secrets *s, const char *path, struct scs_error *err)
{
    if (s->num_logs == SCS_MAX_KEY_LOGS) {
        scs_error_set(err, "%s: more than %u key logs; join some of them", path, SCS_MAX_KEY_LOGS);
        return NULL;
    }
    int fd = scs_platform_open_growing(path, err);
    if (fd < 0) {
        return NULL;
    }
    s->logs = scs_xrealloc(s->logs, s->num_logs + 1, sizeof *s->logs);
    struct log *log = &s->logs[s->num_logs++];
    *log = (struct log){.path = scs_xstrdup(path), .fd = fd};
    scs_keylog_init(&log->text, on_line, s);
    s->expected = s->expected || !scs_platform_is_regular(path);
    return log;
}

/* Reads to the present end. A pipe that is empty but not closed is waited for, `patience_ms` over all. */
static bool read_present(struct log *log, uint64_t patience_ms, struct scs_error *err)
{
    uint8_t *piece = scs_xmalloc(READ_PIECE);
    uint64_t start = scs_platform_now_ms(), waited = 0;
    ptrdiff_t got = 1;

    for (size_t total = 0; got > 0 && total < SCS_MAX_KEY_LOG_READ; total += (size_t)got) {
        int wait = waited < patience_ms ? (int)(patience_ms - waited) : 0;
        got = scs_platform_read_present(log->fd, piece, READ_PIECE, wait, err);
        if (got > 0) {
            struct scs_cursor text = scs_cursor_of(piece, (size_t)got);
            scs_keylog_feed(&log->text, &text);
            log->read += (uint64_t)got;
        }
        waited = patience_ms == 0 ? 0 : scs_platform_now_ms() - start;
    }
    scs_keylog_try(&log->text);
    OPENSSL_cleanse(piece, READ_PIECE);
    free(piece);
    return got >= 0;
}

bool scs_secrets_read_log(struct scs_secrets *s, const char *path, struct scs_error *err)
{
    struct log *log = find_log(s, path);
    uint64_t patience_ms = 0;
    struct scs_error why;

    if (log == NULL) {
        log = open_log(s, path, err);
        patience_ms = PATIENCE_MS;
    }
    return log != NULL && (read_present(log, patience_ms, &why) || scs_error_set(err, "%s: %s", path, why.text));
}

/* A log that was rotated, or emptied and written again, begins anew. When the new one cannot be opened, the old one stays. */
static void follow(struct scs_secrets *s, struct log *log)
{
    struct scs_error ignored;
    int fd = scs_platform_turned_over(log->fd, log->path, log->read) ? scs_platform_open_growing(log->path, &ignored) : -1;
    if (fd >= 0) {
        scs_platform_close(log->fd);
        scs_keylog_cleanup(&log->text);
        scs_keylog_init(&log->text, on_line, s);
        log->fd = fd;
        log->read = 0;
    }
}

bool scs_secrets_look_again(struct scs_secrets *s, bool now)
{
    uint64_t before = s->num_learned;
    struct scs_error ignored;
    if (s->num_logs == 0 || (!now && scs_platform_now_ms() - s->looked_ms < LOOK_AGAIN_MS)) {
        return false;
    }
    for (uint32_t i = 0; i < s->num_logs; i++) {
        follow(s, &s->logs[i]);
        (void)read_present(&s->logs[i], 0, &ignored);
    }
    s->looked_ms = scs_platform_now_ms();
    return s->num_learned != before;
}

uint64_t scs_secrets_num_learned(const struct scs_secrets *s)
{
    return s->num_learned;
}

void scs_secrets_expect(struct scs_secrets *s)
{
    s->expected = true;
}

bool scs_secrets_expected(const struct scs_secrets *s)
{
    return s->expected;
}

/* ---- life -------------------------------------------------------------------------------------------- */

struct scs_secrets *scs_secrets_new(void)
{
    struct scs_secrets *s = scs_xcalloc(1, sizeof *s);
    s->key = scs_hash_key_random();
    return s;
}

void scs_secrets_free(struct scs_secrets *s)
{
    if (s == NULL) {
        return;
    }
    for (uint32_t i = 0; i < s->num_logs; i++) {
        scs_platform_close(s->logs[i].fd);
        scs_keylog_cleanup(&s->logs[i].text);
        free(s->logs[i].path);
    }
    free(s->logs);
    if (s->entries != NULL) {
        OPENSSL_cleanse(s->entries, s->num * sizeof *s->entries);
    }
    free(s->entries);
    free(s->buckets);
    free(s);
}
