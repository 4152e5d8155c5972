/* SPDX-License-Identifier: Apache-2.0 */
/* A zip archive written to a stream, by minizip; the same members give the same bytes. */
#ifndef SCS_BUNDLE_ZIP_H
#define SCS_BUNDLE_ZIP_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct scs_zip;

/* scs_zip_open begins an archive in `out` (borrowed, seekable). Its members carry the time `ts_ns`. */
struct scs_zip *scs_zip_open(FILE *out, int64_t ts_ns);
/* scs_zip_add compresses `in`, from its first byte to its end, as member `name`. False when reading or writing fails. */
bool scs_zip_add(struct scs_zip *z, const char *name, FILE *in);
/* scs_zip_close writes the directory and frees `z`; false when that, or anything before, failed. NULL is fine: false. */
bool scs_zip_close(struct scs_zip *z);

#endif
