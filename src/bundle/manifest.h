/* SPDX-License-Identifier: Apache-2.0 */
/* What a bundle holds, of what it was made, and what was left out. */
#ifndef SCS_BUNDLE_MANIFEST_H
#define SCS_BUNDLE_MANIFEST_H

#include "bundle/bundle.h"

#define SCS_SHA256_LEN 32u

struct scs_bundle_member {
    const char *name;
    uint64_t bytes;
    char sha256[2 * SCS_SHA256_LEN + 1];
};

/* scs_manifest_write prints schema scepscope/manifest/1; false when `out` could not be written. */
bool scs_manifest_write(const struct scs_bundle_options *o, const struct scs_bundle_member *members, uint32_t num, FILE *out);

#endif
