/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file that grows by whole pieces while others may read it: a piece is there altogether or not at all, whatever happens to the
 * disk, and, but for the moment of its one write(2), to the process.
 */
#ifndef SCS_PLATFORM_APPEND_H
#define SCS_PLATFORM_APPEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "scepscope/status.h"

struct scs_append;

/*
 * scs_append_open makes the file, mode 0600; it follows no link. One that is there is an error, or with `replace` removed, unless
 * it is no file at all. NULL with `err` naming it.
 */
struct scs_append *scs_append_open(const char *path, bool replace, struct scs_error *err);
/*
 * scs_append_piece adds a piece. False with `err` set when there was no room for it, or another error: the file is as it was
 * before, and may be tried again.
 */
SCS_MUST_USE bool scs_append_piece(struct scs_append *a, const void *piece, size_t len, struct scs_error *err);
uint64_t scs_append_size(const struct scs_append *a);
const char *scs_append_path(const struct scs_append *a);
/* scs_append_spoilt: no piece can follow any more. It has reached the size that a file may have, or its end could not be mended.
 */
bool scs_append_spoilt(const struct scs_append *a);
/* scs_append_gone: somebody removed the file or gave it another name; what is added to it is not found at its path. */
bool scs_append_gone(const struct scs_append *a);
int scs_append_descriptor(const struct scs_append *a);
void scs_append_close(struct scs_append *a); /* NULL is fine */
/* scs_append_remove removes a file of that path; one that is not there is fine. */
void scs_append_remove(const char *path);

#endif
