/* SPDX-License-Identifier: Apache-2.0 */
#include "report/community_id.h"

#include <openssl/evp.h>
#include <string.h>

#define SHA1_LEN 20

/* Seed, two addresses, protocol and a byte of padding, two ports. */
#define FLOW_LEN (2 + 16 + 16 + 2 + 2 + 2)

static size_t address_len(const struct scs_addr *a)
{
    return a->family == 4 ? 4 : a->family == 6 ? 16 : 0;
}

static bool comes_first(const struct scs_endpoint *a, const struct scs_endpoint *b, size_t len)
{
    int order = memcmp(a->addr.bytes, b->addr.bytes, len);
    return order < 0 || (order == 0 && a->port < b->port);
}

static size_t put_port(uint8_t *out, uint16_t port)
{
    out[0] = (uint8_t)(port >> 8);
    out[1] = (uint8_t)port;
    return 2;
}

bool scs_community_id(const struct scs_endpoint *a, const struct scs_endpoint *b, uint8_t proto, char out[SCS_COMMUNITY_ID_TEXT])
{
    size_t len = address_len(&a->addr), at = 2;
    if (len == 0 || a->addr.family != b->addr.family) {
        return false;
    }
    const struct scs_endpoint *first = comes_first(a, b, len) ? a : b, *second = first == a ? b : a;
    uint8_t input[FLOW_LEN] = {0}, digest[SHA1_LEN];
    memcpy(input + at, first->addr.bytes, len);
    at += len;
    memcpy(input + at, second->addr.bytes, len);
    at += len;
    input[at] = proto;
    at += 2;
    at += put_port(input + at, first->port);
    at += put_port(input + at, second->port);
    if (EVP_Digest(input, at, digest, NULL, EVP_sha1(), NULL) != 1) {
        return false;
    }
    memcpy(out, "1:", 2);
    EVP_EncodeBlock((unsigned char *)out + 2, digest, SHA1_LEN);
    return true;
}
