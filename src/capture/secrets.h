/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SCS_CAPTURE_SECRETS_H
#define SCS_CAPTURE_SECRETS_H

#include "base/buf.h"

/*
 * scs_capture_find_secrets reads a pcapng file for its Decryption Secrets Blocks alone, which may stand behind the
 * packets they open, and appends their key log text to `out`. Does nothing for pipes, "-" and other formats.
 */
void scs_capture_find_secrets(const char *path, struct scs_buf *out);

#endif
