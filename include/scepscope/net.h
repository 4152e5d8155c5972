/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses, endpoints, directions: the words every stage shares. */
#ifndef SCEPSCOPE_NET_H
#define SCEPSCOPE_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An IPv4 address occupies the first four bytes, the rest is zero. */
struct scs_addr {
    uint8_t family; /* 4 or 6; 0: none */
    uint8_t bytes[16];
};

struct scs_endpoint {
    struct scs_addr addr;
    uint16_t port;
};

enum scs_dir { SCS_TO_SERVER = 0, SCS_TO_CLIENT = 1 };

/* Room for "[IPv6]:port" and the terminator. */
#define SCS_ENDPOINT_TEXT 56

bool scs_addr_equal(const struct scs_addr *a, const struct scs_addr *b);
bool scs_endpoint_equal(const struct scs_endpoint *a, const struct scs_endpoint *b);
/* scs_addr_private says whether the address is private, loopback, link-local or unique local (RFC 1918, 4193, 6890). */
bool scs_addr_private(const struct scs_addr *a);
/* scs_addr_text writes the canonical text (RFC 5952 for IPv6) to `out`, which has SCS_ENDPOINT_TEXT bytes; returns `out`. */
const char *scs_addr_text(const struct scs_addr *a, char *out);
/* scs_endpoint_text writes "10.1.2.3:80" or "[2001:db8::1]:80". */
const char *scs_endpoint_text(const struct scs_endpoint *e, char *out);
/* scs_endpoint_parse reads HOST[:PORT], "[v6]:port" or a bare IPv6 address; port 0 when absent. HOST must be an address. */
bool scs_endpoint_parse(const char *text, struct scs_endpoint *out);

#endif
