/* SPDX-License-Identifier: Apache-2.0 */
/* A keyed hash, for tokens and for secrets derived from others. */
#ifndef SCS_BASE_HMAC_H
#define SCS_BASE_HMAC_H

#include <stddef.h>
#include <stdint.h>

#define SCS_HMAC_LEN 32u

/* scs_hmac is HMAC-SHA256 (RFC 2104) of `n` bytes under a key of 32 bytes. */
void scs_hmac(const uint8_t key[SCS_HMAC_LEN], const void *data, size_t n, uint8_t out[SCS_HMAC_LEN]);

#endif
