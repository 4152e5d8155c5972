/* SPDX-License-Identifier: Apache-2.0 */
/* Decompression of captures, in steps and without I/O: gzip (RFC 1952) through zlib, zstd (RFC 8878) through libzstd. */
#ifndef SCS_CAPTURE_INFLATE_H
#define SCS_CAPTURE_INFLATE_H

#include "scepscope/cursor.h"
#include "scepscope/status.h"

enum scs_compression { SCS_COMPRESSION_NONE, SCS_COMPRESSION_GZIP, SCS_COMPRESSION_ZSTD };

/* Bytes that scs_inflate_recognise looks at. */
#define SCS_COMPRESSION_MAGIC 4u

struct scs_inflate;

/* scs_inflate_recognise goes by the magic number, never by the file's name. */
enum scs_compression scs_inflate_recognise(const struct scs_cursor *first);
struct scs_inflate *scs_inflate_new(enum scs_compression kind);
void scs_inflate_free(struct scs_inflate *z); /* NULL is fine */
/*
 * scs_inflate_step takes from `in` and writes at most `n` bytes to `out`. SCS_OK: go on with what is left
 * of `in`; SCS_MORE: all of `in` is used; SCS_MALFORMED: damage. `*wrote` may be more than 0 in every case.
 * Members and frames may follow one another.
 */
enum scs_status scs_inflate_step(struct scs_inflate *z, struct scs_cursor *in, uint8_t *out, size_t n, size_t *wrote);
/* scs_inflate_at_rest: the compressed data may end here. */
bool scs_inflate_at_rest(const struct scs_inflate *z);

#endif
