/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hash.h"

#include <string.h>

#include "platform/platform.h"

struct scs_hash_key scs_hash_key_random(void)
{
    struct scs_hash_key key;
    scs_platform_random(&key, sizeof key);
    return key;
}

static uint64_t rotate(uint64_t x, unsigned n)
{
    return x << n | x >> (64 - n);
}

struct sip {
    uint64_t v0, v1, v2, v3;
};

static void sip_round(struct sip *s)
{
    s->v0 += s->v1;
    s->v1 = rotate(s->v1, 13) ^ s->v0;
    s->v0 = rotate(s->v0, 32);
    s->v2 += s->v3;
    s->v3 = rotate(s->v3, 16) ^ s->v2;
    s->v0 += s->v3;
    s->v3 = rotate(s->v3, 21) ^ s->v0;
    s->v2 += s->v1;
    s->v1 = rotate(s->v1, 17) ^ s->v2;
    s->v2 = rotate(s->v2, 32);
}

/* SipHash by Aumasson and Bernstein, with one compression and three finalisation rounds. */
uint64_t scs_hash(const struct scs_hash_key *key, const void *data, size_t n)
{
    struct sip s = {
        key->a ^ UINT64_C(0x736f6d6570736575),
        key->b ^ UINT64_C(0x646f72616e646f6d),
        key->a ^ UINT64_C(0x6c7967656e657261),
        key->b ^ UINT64_C(0x7465646279746573),
    };
    const uint8_t *p = data;
    uint64_t word, last = (uint64_t)n << 56;

    for (; n >= 8; n -= 8, p += 8) {
        memcpy(&word, p, 8);
        s.v3 ^= word;
        sip_round(&s);
        s.v0 ^= word;
    }
    word = 0;
    if (n != 0) {
        memcpy(&word, p, n);
    }
    last |= word;
    s.v3 ^= last;
    sip_round(&s);
    s.v0 ^= last;
    s.v2 ^= 0xff;
    sip_round(&s);
    sip_round(&s);
    sip_round(&s);
    return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}
