/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/source.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "platform/platform.h"
#include "scepscope/limits.h"

/* Compressed bytes held; the decompressed ones have the large buffer. */
#define RAW_BUFFER (64u * 1024u)
/* The first read. Of many files to be merged most wait for their turn, with only this much of their buffers in use. */
#define FIRST_READ 4096u

static size_t read_memory(struct scs_source_memory *m, uint8_t *out, size_t n)
{
    size_t most = m->before_cut != 0 ? m->before_cut : m->rest.len;
    n = n < most ? n : most;
    if (!scs_cursor_copy(&m->rest, out, n)) {
        return 0;
    }
    m->before_cut -= m->before_cut != 0 ? n : 0;
    return n;
}

static void say(const struct scs_source *s, const char *what)
{
    struct scs_error text;
    scs_error_set(&text, "%s %s", s->path, what);
    if (s->patience->said != NULL) {
        s->patience->said(s->patience->ctx, text.text);
    }
}

/* At the end of a file that may grow: does its path still name it? Seldom asked: only when there was nothing to read. */
static void look_for(struct scs_source *s)
{
    bool there = scs_platform_is_there(s->path);
    if (!there && !s->away) {
        say(s, "was removed; a new file of its name is waited for");
    }
    s->away = !there;
    s->turned_over = scs_platform_turned_over(s->fd, s->path, s->read_here);
}

/* What can be read now; else waits for it. 0 at the end, when it is not to be waited for, and when the file turned over. */
static ptrdiff_t read_patiently(struct scs_source *s, uint8_t *out, size_t n)
{
    s->dry = false;
    while (!s->dry) {
        if (s->path != NULL || scs_platform_readable(s->fd)) {
            ptrdiff_t got = scs_platform_read(s->fd, out, n, &s->error);
            if (got != 0 || s->path == NULL) {
                return got;
            }
            if (s->turned_over) {
                return 0; /* nothing more was added to the old file before it was left */
            }
            look_for(s);
        }
        if (!s->turned_over && (s->hasty || !s->patience->wait(s->patience->ctx, s->path != NULL ? -1 : s->fd))) {
            s->dry = true;
            s->interrupted = !s->hasty;
        }
    }
    return 0;
}

static ptrdiff_t read_some(struct scs_source *s, uint8_t *out, size_t n)
{
    if (s->fd < 0) {
        return (ptrdiff_t)read_memory(&s->memory, out, n);
    }
    return s->patience != NULL ? read_patiently(s, out, n) : scs_platform_read(s->fd, out, n, &s->error);
}

/* Bytes as they lie in the file. 0 at the end, and after a read error, which counts as one. */
static size_t read_raw(struct scs_source *s, uint8_t *out, size_t n)
{
    if (s->raw_ended) {
        return 0;
    }
    if (s->raw_read == 0 && n > FIRST_READ) {
        n = FIRST_READ;
    }
    ptrdiff_t got = read_some(s, out, n);
    if (got == 0 && s->dry && s->hasty) {
        return 0; /* that is all for now */
    }
    if (got <= 0) {
        s->raw_ended = true;
        s->interrupted = s->interrupted || (got == 0 && s->fd >= 0 && scs_platform_interrupted());
        s->trouble = got < 0 ? s->error.text : s->trouble;
        return 0;
    }
    s->raw_read += (uint64_t)got;
    s->read_here += (uint64_t)got;
    if (s->copy >= 0 && !scs_platform_append(s->copy, out, (size_t)got, &s->error)) {
        s->raw_ended = true; /* what cannot be read again is not judged either */
        s->trouble = s->error.text;
    }
    if (s->sha256 != NULL) {
        EVP_DigestUpdate(s->sha256, out, (size_t)got);
    }
    return (size_t)got;
}

static size_t read_compressed(struct scs_source *s, uint8_t *out, size_t n)
{
    size_t wrote = 0;
    while (wrote == 0 && s->trouble == NULL) {
        enum scs_status st = scs_inflate_step(s->inflate, &s->raw_rest, out, n, &wrote);
        if (st == SCS_MALFORMED) {
            s->trouble = s->compression == SCS_COMPRESSION_GZIP ? "its gzip data is damaged" : "its zstd data is damaged";
        } else if (st == SCS_MORE && wrote == 0) {
            s->raw_rest = scs_cursor_of(s->raw, read_raw(s, s->raw, RAW_BUFFER));
            if (s->raw_rest.len == 0) {
                if (s->trouble == NULL && s->raw_ended && !scs_inflate_at_rest(s->inflate)) {
                    s->trouble = s->compression == SCS_COMPRESSION_GZIP ? "its gzip data ends early" : "its zstd data ends early";
                }
                break;
            }
        }
    }
    return wrote;
}

bool scs_source_fill(struct scs_source *s)
{
    if (s->ended || s->buffer == NULL) {
        return false;
    }
    if (s->rest.off != 0) {
        if (s->rest.len != 0) {
            memmove(s->buffer, s->rest.p, s->rest.len);
        }
        s->base += s->rest.off;
        s->rest = scs_cursor_of(s->buffer, s->rest.len);
    }
    size_t room = SCS_READ_BUFFER - s->rest.len;
    if (room == 0) {
        return false;
    }
    uint8_t *to = s->buffer + s->rest.len;
    size_t got = s->inflate != NULL ? read_compressed(s, to, room) : read_raw(s, to, room);
    s->ended = got == 0 && !(s->hasty && s->dry);
    s->rest = scs_cursor_of(s->buffer, s->rest.len + got);
    return got != 0;
}

bool scs_source_look(struct scs_source *s)
{
    s->hasty = true;
    bool more = scs_source_fill(s);
    s->hasty = false;
    return more;
}

bool scs_source_need(struct scs_source *s, size_t n)
{
    while (s->rest.len < n) {
        if (!scs_source_fill(s)) {
            return false;
        }
    }
    return true;
}

bool scs_source_skip(struct scs_source *s, uint64_t n)
{
    for (;;) {
        size_t part = n < s->rest.len ? (size_t)n : s->rest.len;
        n -= scs_cursor_skip(&s->rest, part) ? part : 0;
        if (n == 0) {
            return true;
        }
        if (!scs_source_fill(s)) {
            return false;
        }
    }
}

uint64_t scs_source_offset(const struct scs_source *s)
{
    return s->base + s->rest.off;
}

/* Reads enough to know a compressed file by its magic number, then puts the decompressor in between. */
static void begin(struct scs_source *s)
{
    s->buffer = scs_xmalloc(SCS_READ_BUFFER);
    s->rest = scs_cursor_of(s->buffer, 0);
    if (!scs_source_need(s, SCS_COMPRESSION_MAGIC)) {
        return;
    }
    s->compression = scs_inflate_recognise(&s->rest);
    if (s->compression == SCS_COMPRESSION_NONE) {
        return;
    }
    s->inflate = scs_inflate_new(s->compression);
    s->raw = scs_xmalloc(RAW_BUFFER);
    size_t len = s->rest.len;
    if (scs_cursor_copy(&s->rest, s->raw, len)) {
        s->raw_rest = scs_cursor_of(s->raw, len);
        s->rest = scs_cursor_of(s->buffer, 0);
    }
}

/* A file that grows is known by what is there now, if anything is. */
static bool begin_growing(struct scs_source *s, struct scs_error *err)
{
    s->buffer = scs_xmalloc(SCS_READ_BUFFER);
    s->rest = scs_cursor_of(s->buffer, 0);
    while (s->rest.len < SCS_COMPRESSION_MAGIC && scs_source_look(s)) {
    }
    return scs_inflate_recognise(&s->rest) == SCS_COMPRESSION_NONE ||
           scs_error_set(err,
                         "%s is compressed: that cannot be followed while it grows; read it without --follow once it is whole",
                         s->path);
}

static int open_patiently(const char *path, struct scs_error *err)
{
    return strcmp(path, "-") == 0 ? scs_platform_open(path, err) : scs_platform_open_growing(path, err);
}

bool scs_source_turn(struct scs_source *s)
{
    struct scs_error why;
    int fd;
    while ((fd = scs_platform_open_growing(s->path, &why)) < 0) {
        if (!s->patience->wait(s->patience->ctx, -1)) {
            s->interrupted = true;
            return false;
        }
    }
    scs_platform_close(s->fd);
    EVP_MD_CTX_free(s->sha256); /* of what, now that there are several? */
    s->sha256 = NULL;
    s->fd = fd;
    s->base = s->read_here = 0;
    s->rest = scs_cursor_of(s->buffer, 0);
    s->trouble = NULL;
    s->ended = s->raw_ended = s->turned_over = s->away = false;
    say(s, "was replaced, or cut; it is read anew from its start");
    return true;
}

static bool open_file(struct scs_source *s, const char *path, struct scs_source_options *options, struct scs_error *err)
{
    if (options->copy >= 0) {
        s->fd = scs_platform_reread(options->copy, err);
        return s->fd >= 0;
    }
    s->patience = options->patience;
    s->path = s->patience != NULL && s->patience->growing && scs_platform_is_regular(path) ? path : NULL;
    s->fd = s->patience != NULL ? open_patiently(path, err) : scs_platform_open(path, err);
    if (s->fd >= 0 && options->keep && !scs_platform_is_regular(path)) {
        s->copy = options->copy = scs_platform_scratch(err);
        return s->copy >= 0;
    }
    return s->fd >= 0;
}

bool scs_source_open(struct scs_source *s, const char *path, struct scs_source_options *options, struct scs_error *err)
{
    *s = (struct scs_source){.fd = -1, .copy = -1};
    if (!open_file(s, path, options, err)) {
        return false;
    }
    s->size = scs_platform_size(s->fd);
    if (options->want_sha256) {
        EVP_MD_CTX *md = EVP_MD_CTX_new();
        s->sha256 = md;
        if (md == NULL || EVP_DigestInit_ex(md, EVP_sha256(), NULL) != 1) {
            return scs_error_set(err, "%s: SHA-256 is not available in this OpenSSL", path);
        }
    }
    if (s->path != NULL) {
        return begin_growing(s, err);
    }
    begin(s);
    if (s->trouble != NULL) {
        return scs_error_set(err, "%s: %s", path, s->trouble);
    }
    return true;
}

void scs_source_open_memory(struct scs_source *s, const uint8_t *data, size_t len, size_t cut)
{
    *s = (struct scs_source){.fd = -1, .copy = -1, .size = len};
    s->memory.rest = scs_cursor_of(data, len);
    s->memory.before_cut = cut < len ? cut : len;
    begin(s);
}

bool scs_source_hash(struct scs_source *s, uint8_t out[32])
{
    if (s->sha256 == NULL) {
        return false;
    }
    bool growing = s->path != NULL;
    /*
     * A capture that is damaged, or that -c cut off, is still identified by its whole file; one that grows by what it is now.
     * Pipes are not waited for.
     */
    s->hasty = growing;
    s->raw_ended = s->raw_ended && !growing;
    while ((s->size != 0 || growing) && s->buffer != NULL && read_raw(s, s->buffer, SCS_READ_BUFFER) != 0) {
    }
    bool whole = growing ? s->dry : s->raw_ended && !s->interrupted;
    unsigned len = 0;
    return whole && s->error.text[0] == '\0' && EVP_DigestFinal_ex(s->sha256, out, &len) == 1 && len == 32;
}

void scs_source_close(struct scs_source *s)
{
    scs_platform_close(s->fd);
    s->fd = -1;
    s->ended = true;
    s->rest = scs_cursor_of(NULL, 0);
    scs_inflate_free(s->inflate);
    EVP_MD_CTX_free(s->sha256);
    free(s->raw);
    free(s->buffer);
    s->inflate = NULL;
    s->sha256 = NULL;
    s->raw = s->buffer = NULL;
}
