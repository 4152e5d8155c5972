/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bytes of one capture: a file, a pipe, standard input or memory, decompressed where they were
 * compressed, in one buffer that carries an unfinished record over from one read to the next.
 */
#ifndef SCS_CAPTURE_SOURCE_H
#define SCS_CAPTURE_SOURCE_H

#include "capture/inflate.h"
#include "scepscope/cursor.h"
#include "scepscope/status.h"

/* Bytes in memory in place of a file, delivered as [0,cut) and [cut,len). Borrowed. */
struct scs_source_memory {
    struct scs_cursor rest;
    size_t before_cut; /* bytes still to be delivered before the cut */
};

/*
 * How a source waits when there is nothing to read now, in place of a read that blocks. `wait` gives it a while, `fd` being
 * what can be waited on, or -1; false: read no further. `said`: the file was removed, or is another one now.
 */
struct scs_patience {
    void *ctx;
    bool (*wait)(void *ctx, int fd);
    void (*said)(void *ctx, const char *sentence);
    bool growing; /* regular files are waited on at their ends, too */
};

struct scs_source {
    struct scs_cursor rest; /* read and not yet used; users take from it. Borrows `buffer` until the next fill */
    bool ended;             /* nothing will follow `rest` */
    bool interrupted;       /* ... because a signal asked to stop: not the file's fault */
    bool turned_over;       /* ... because its path names another file now, or it was cut: scs_source_turn reads that */
    const char *trouble;    /* ... before its time, and why: "its gzip data is damaged"; NULL */
    enum scs_compression compression;
    uint64_t size;     /* of a regular file, 0 when unknown */
    uint64_t raw_read; /* bytes taken from the file so far */

    /* What follows is source.c's own. */
    uint8_t *buffer;
    const struct scs_patience *patience; /* NULL: reads block */
    const char *path;                    /* of a file that may still grow; NULL */
    uint64_t read_here;                  /* bytes taken from the file that is open now */
    bool hasty;                          /* not to wait this time */
    bool dry;                            /* the last read found nothing, though it was not the end */
    bool away;                           /* nothing is at the path */
    uint64_t base;                       /* offset in the (decompressed) capture of the buffer's first byte */
    int fd;                              /* -1: memory, or closed */
    int copy;                            /* where what is read is written too; -1: nowhere */
    bool raw_ended;
    struct scs_source_memory memory;
    struct scs_inflate *inflate;
    uint8_t *raw;
    struct scs_cursor raw_rest;
    void *sha256; /* EVP_MD_CTX */
    struct scs_error error;
};

/*
 * What to do with a source besides reading it. `copy` is -1 or, once a source that can be read only once was opened with
 * `keep`, a temporary file with what was read of it: opened again with the same options, that is what is read. Whoever
 * owns the options closes it.
 */
struct scs_source_options {
    bool want_sha256;
    bool keep;
    int copy;
    const struct scs_patience *patience; /* NULL: reads block. Borrowed, as `path` is then */
};

/* scs_source_open opens `path` ("-": standard input) and reads its first bytes. False with `err` set. Close it in either case. */
SCS_MUST_USE bool scs_source_open(struct scs_source *s, const char *path, struct scs_source_options *options,
                                  struct scs_error *err);
void scs_source_open_memory(struct scs_source *s, const uint8_t *data, size_t len, size_t cut);
void scs_source_close(struct scs_source *s); /* zeroed or closed is fine */

/* scs_source_fill moves `rest` to the front of the buffer and reads on; false at the end, or when the buffer is full. */
SCS_MUST_USE bool scs_source_fill(struct scs_source *s);
/* scs_source_need fills until `rest` holds `n` bytes (at most SCS_READ_BUFFER); false when the end comes first. */
SCS_MUST_USE bool scs_source_need(struct scs_source *s, size_t n);
/* scs_source_look takes what can be had without waiting; false when that is nothing. */
SCS_MUST_USE bool scs_source_look(struct scs_source *s);
/* scs_source_turn opens the file that stands in the place of one that turned over, to be read from its start. */
SCS_MUST_USE bool scs_source_turn(struct scs_source *s);
/* scs_source_skip moves on by `n` bytes, however many; false when the end comes first. */
SCS_MUST_USE bool scs_source_skip(struct scs_source *s, uint64_t n);
/* scs_source_offset is where `rest` begins, counted in the decompressed capture. */
uint64_t scs_source_offset(const struct scs_source *s);
/*
 * scs_source_hash writes the SHA-256 of the file as it lies there, reading what is left of a regular
 * file; false when not asked for, or when the end was not reached.
 */
bool scs_source_hash(struct scs_source *s, uint8_t out[32]);

#endif
