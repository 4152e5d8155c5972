/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/inflate.h"

#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>

#include "base/xalloc.h"

/* zlib: window of 32 KiB, and 16 to say that a gzip header is expected. */
#define GZIP_WINDOW_BITS  (15 + 16)
#define ZSTD_BLOCK_HEADER 3u /* RFC 8878 3.1.1.2 */

struct scs_inflate {
    enum scs_compression kind;
    bool at_rest; /* between members or frames */
    z_stream gzip;
    ZSTD_DStream *zstd;
    size_t hint, first_hint; /* bytes the library asks for next, and at the beginning of a frame */
    bool unflushed;          /* there may be more output than there was room for */
};

enum scs_compression scs_inflate_recognise(const struct scs_cursor *first)
{
    struct scs_cursor c = *first;
    uint32_t magic;
    if (!scs_cursor_u32le(&c, &magic)) {
        return SCS_COMPRESSION_NONE;
    }
    if ((magic & 0xffffff) == 0x088b1f) {
        return SCS_COMPRESSION_GZIP;
    }
    /* 0x184D2A50 to 5F: a skippable frame, with which pzstd begins. RFC 8878 3.1.2. */
    return magic == ZSTD_MAGICNUMBER || (magic & 0xfffffff0) == 0x184d2a50 ? SCS_COMPRESSION_ZSTD : SCS_COMPRESSION_NONE;
}

struct scs_inflate *scs_inflate_new(enum scs_compression kind)
{
    struct scs_inflate *z = scs_xcalloc(1, sizeof *z);
    z->kind = kind;
    z->at_rest = true;
    bool ready;
    if (kind == SCS_COMPRESSION_GZIP) {
        ready = inflateInit2(&z->gzip, GZIP_WINDOW_BITS) == Z_OK;
    } else {
        /* Its window is limited to 128 MiB by the library, which is what `zstd --long` may use at most by default. */
        z->zstd = ZSTD_createDStream();
        z->first_hint = z->hint = z->zstd == NULL ? 0 : ZSTD_initDStream(z->zstd);
        ready = z->zstd != NULL && !ZSTD_isError(z->hint);
    }
    if (!ready) {
        abort(); /* out of memory: nothing else makes these fail */
    }
    return z;
}

void scs_inflate_free(struct scs_inflate *z)
{
    if (z != NULL) {
        if (z->kind == SCS_COMPRESSION_GZIP) {
            inflateEnd(&z->gzip);
        }
        ZSTD_freeDStream(z->zstd);
        free(z);
    }
}

bool scs_inflate_at_rest(const struct scs_inflate *z)
{
    return z->at_rest;
}

/* After a member: another one (RFC 1952 2.2), zeros that pad a tape block, or the end. False for anything else. */
static bool begin_member(struct scs_inflate *z, struct scs_cursor *in)
{
    uint8_t byte;
    while (scs_cursor_peek(in, 0, &byte)) {
        if (byte == 0x1f) {
            z->at_rest = false;
            return inflateReset(&z->gzip) == Z_OK;
        }
        if (byte != 0 || !scs_cursor_skip(in, 1)) {
            return false;
        }
    }
    return true;
}

static enum scs_status step_gzip(struct scs_inflate *z, struct scs_cursor *in, uint8_t *out, size_t n, size_t *wrote)
{
    if (z->at_rest && !begin_member(z, in)) {
        return SCS_MALFORMED;
    }
    if (z->at_rest) {
        return SCS_MORE;
    }
    /* zlib's next_in is not const unless ZLIB_CONST is defined, but is only read. */
    z->gzip.next_in = (Bytef *)(uintptr_t)in->p;
    z->gzip.avail_in = (uInt)in->len;
    z->gzip.next_out = out;
    z->gzip.avail_out = (uInt)n;
    int result = inflate(&z->gzip, Z_NO_FLUSH);
    *wrote = n - z->gzip.avail_out;
    if (!scs_cursor_skip(in, in->len - z->gzip.avail_in) || (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR)) {
        return SCS_MALFORMED;
    }
    z->at_rest = result == Z_STREAM_END;
    return in->len == 0 ? SCS_MORE : SCS_OK;
}

/*
 * When a call fails, the library does not say what it had written before. So each call is given no more than
 * one element: the library's hint is the rest of this block and the header of the next, which waits.
 */
static enum scs_status step_zstd(struct scs_inflate *z, struct scs_cursor *in, uint8_t *out, size_t n, size_t *wrote)
{
    if (z->at_rest && in->len == 0) {
        return SCS_MORE;
    }
    size_t most = z->hint > ZSTD_BLOCK_HEADER ? z->hint - ZSTD_BLOCK_HEADER : z->hint;
    most = z->unflushed ? 0 : most;
    ZSTD_inBuffer from = {.src = in->p, .size = most < in->len ? most : in->len};
    ZSTD_outBuffer to = {.dst = out, .size = n};
    size_t result = ZSTD_decompressStream(z->zstd, &to, &from);
    *wrote = to.pos;
    if (ZSTD_isError(result) || !scs_cursor_skip(in, from.pos)) {
        return SCS_MALFORMED;
    }
    z->at_rest = result == 0;
    z->hint = result == 0 ? z->first_hint : result;
    z->unflushed = to.pos == n;
    return in->len == 0 && !z->unflushed ? SCS_MORE : SCS_OK;
}

enum scs_status scs_inflate_step(struct scs_inflate *z, struct scs_cursor *in, uint8_t *out, size_t n, size_t *wrote)
{
    *wrote = 0;
    return z->kind == SCS_COMPRESSION_GZIP ? step_gzip(z, in, out, n, wrote) : step_zstd(z, in, out, n, wrote);
}
