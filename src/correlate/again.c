/* SPDX-License-Identifier: Apache-2.0 */
#include "correlate/again.h"

/* RFC 9113 7. */
#define NO_ERROR          0u
#define REFUSED_STREAM    7u
#define HTTP_1_1_REQUIRED 13u
/* Clients ask again at once. */
#define AGAIN_NS INT64_C(30000000000)
/* How many connections that were opened since are looked at. */
#define LOOK_AT 64u

bool scs_again_invited(const struct scs_exchange *x)
{
    const struct scs_stream_end *end = &x->stream_end;
    if (x->reply != NULL) {
        return false;
    }
    if (end->how == SCS_STREAM_GOAWAY) {
        return end->error == NO_ERROR;
    }
    return end->how == SCS_STREAM_RESET_BY_SERVER && (end->error == REFUSED_STREAM || end->error == HTTP_1_1_REQUIRED);
}

/* The place of the first connection that was opened at this moment or later. */
static uint32_t opened_since(const struct scs_connection *const *connections, uint32_t num, int64_t ts_ns)
{
    uint32_t low = 0, high = num;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (connections[middle]->opened_ns < ts_ns) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* A single byte is the sequence number of a FIN: nothing that was said is missing. */
static bool lacks_request(const struct scs_connection *c)
{
    return c->half[SCS_TO_SERVER].missing_bytes > 1;
}

bool scs_again_unseen(const struct scs_exchange *x, const struct scs_connection *const *connections, uint32_t num)
{
    if (!scs_again_invited(x)) {
        return false;
    }
    if (lacks_request(x->connection)) {
        return true;
    }
    uint32_t first = opened_since(connections, num, x->stream_end.ts_ns);
    for (uint32_t i = first; i < num && i - first < LOOK_AT; i++) {
        const struct scs_connection *c = connections[i];
        if (c->opened_ns - x->stream_end.ts_ns > AGAIN_NS) {
            break;
        }
        if (c->num_exchanges == 0 && lacks_request(c) && scs_endpoint_equal(&c->server, &x->connection->server) &&
            scs_addr_equal(&c->client.addr, &x->connection->client.addr)) {
            return true;
        }
    }
    return false;
}
