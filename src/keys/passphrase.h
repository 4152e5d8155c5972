/* SPDX-License-Identifier: Apache-2.0 */
/* Where passphrases come from: never from the command line, where every user of the machine can read them. */
#ifndef SCS_KEYS_PASSPHRASE_H
#define SCS_KEYS_PASSPHRASE_H

#include <stdbool.h>
#include <stddef.h>

#include "scepscope/status.h"

/* scs_passphrase_check: is `source` one of prompt, file:PATH, env:NAME, fd:N? */
SCS_MUST_USE bool scs_passphrase_check(const char *source, struct scs_error *err);

struct scs_passphrase_source {
    const char *source;
    char text[1024]; /* of file:, env: and fd:, which are read once and serve every key file */
    int len;
    bool known;
};

/*
 * scs_passphrase_get gives the passphrase for `path`; `ctx` is a struct scs_passphrase_source. As struct scs_run_options
 * wants it. Of a file or descriptor the first line counts.
 */
int scs_passphrase_get(void *ctx, const char *path, char *out, size_t max, struct scs_error *err);
void scs_passphrase_cleanse(struct scs_passphrase_source *p);

#endif
