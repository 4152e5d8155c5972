/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files that follow each other, as dumpcap's ring buffer: BASE_00001_20261122101112.pcapng, with the time (UTC) at which each was
 * begun. Or a single one, which has the name that was given. Knows nothing of what is in them but that it comes in whole pieces,
 * and that each file begins with a head.
 */
#ifndef SCS_EVIDENCE_ROTATION_H
#define SCS_EVIDENCE_ROTATION_H

#include "scepscope/cursor.h"
#include "scepscope/status.h"

/* dumpcap's own limit on files of a ring. */
#define SCS_MAX_RING_FILES 99999u

struct scs_rotation_options {
    const char *path;            /* of the one file, or BASE.EXTENSION of several; copied */
    bool several;                /* else the rest is 0 */
    uint64_t max_bytes;          /* a file that holds more than its head grows no larger; 0: no limit */
    uint64_t max_s;              /* nor is it added to after that long; 0: no limit */
    uint32_t max_files;          /* then the oldest is removed; 0: all stay */
    bool replace;                /* a file that is there already */
    int64_t (*now_s)(void *ctx); /* since the epoch */
    void *now_ctx;
};

struct scs_rotation;

/* scs_rotation_open begins the first file with `head`. NULL with `err` set. */
struct scs_rotation *scs_rotation_open(const struct scs_rotation_options *o, const struct scs_cursor *head,
                                       struct scs_error *err);
/* scs_rotation_due: `len` bytes that should not be parted have to go to the next file. */
bool scs_rotation_due(const struct scs_rotation *r, uint64_t len);
/* scs_rotation_fits: so many bytes may follow in this file. scs_rotation_is_empty: it holds its head only. */
bool scs_rotation_fits(const struct scs_rotation *r, uint64_t len);
bool scs_rotation_is_empty(const struct scs_rotation *r);
/* scs_rotation_next begins the next file, and closes the one before. False with `err` set: it goes on with that one. */
SCS_MUST_USE bool scs_rotation_next(struct scs_rotation *r, const struct scs_cursor *head, struct scs_error *err);
/* scs_rotation_add adds a piece to the file, whole or not at all; false with `err` set. */
SCS_MUST_USE bool scs_rotation_add(struct scs_rotation *r, const struct scs_cursor *piece, struct scs_error *err);
/* scs_rotation_turn: the next piece goes to the next file, or to the given name again, if the file was moved from there. */
void scs_rotation_turn(struct scs_rotation *r);
int scs_rotation_descriptor(const struct scs_rotation *r);
const char *scs_rotation_path(const struct scs_rotation *r); /* of the file at hand */
void scs_rotation_close(struct scs_rotation *r);             /* NULL is fine */
void scs_rotation_abandon(struct scs_rotation *r);           /* ... and removes the file at hand */

#endif
