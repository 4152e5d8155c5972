/* SPDX-License-Identifier: Apache-2.0 */
/* Several captures as one, by time. Each file keeps its own order; of equal times the file named first comes first. */
#ifndef SCS_CAPTURE_MERGE_H
#define SCS_CAPTURE_MERGE_H

#include "capture/reader.h"

struct scs_merge;

/* scs_merge_new borrows the readers. `patience`: of files that grow, where one that has nothing now does not keep up the others.
 */
struct scs_merge *scs_merge_new(struct scs_reader *const *readers, size_t num, const struct scs_patience *patience);
void scs_merge_free(struct scs_merge *m); /* NULL is fine */
/*
 * scs_merge_next fills at most `max` packets, valid until the next call; 0 at the end of all. A reader
 * that is at its end is finished at once, so that a ring buffer of many files needs memory for few.
 */
size_t scs_merge_next(struct scs_merge *m, struct scs_packet *out, size_t max);

#endif
