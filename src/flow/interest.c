/* SPDX-License-Identifier: Apache-2.0 */
#include "flow/interest.h"

#include <string.h>

#include "dissectors/scep.h"

/* Methods a SCEP client, a proxy in between or a probe uses; others are looked at by nobody. */
static const char *const methods[] = {"GET ", "POST ", "HEAD ", "CONNECT ", "PUT ", "OPTIONS "};
#define NUM_METHODS (sizeof methods / sizeof *methods)

/* Content types stand in the first lines of a reply head. */
#define REPLY_HEAD 1024u
/* Requests looked at in one segment, when several are pipelined. */
#define MOST_REQUESTS 8

bool scs_interest_first(const struct scs_cursor *payload)
{
    uint8_t b = payload->len == 0 ? 0 : payload->p[0];
    return b == 'G' || b == 'P' || b == 'H' || b == 'C' || b == 'O' || b == 0x16 || b == 0x05;
}

/* The method `c` begins with; SIZE_MAX when it is too short to say; NUM_METHODS when it is none. */
static size_t method_of(const struct scs_cursor *c)
{
    bool undecided = false;
    for (size_t i = 0; i < NUM_METHODS; i++) {
        if (scs_cursor_starts(c, methods[i])) {
            return i;
        }
        undecided = undecided || (c->len < strlen(methods[i]) && memcmp(methods[i], c->p, c->len) == 0);
    }
    return undecided ? SIZE_MAX : NUM_METHODS;
}

static enum scs_interest request(struct scs_cursor c, size_t method, const char *const *user_paths, uint32_t num_user_paths)
{
    for (int i = 0; i < MOST_REQUESTS && method < NUM_METHODS; i++) {
        struct scs_cursor line, rest = c;
        bool whole = scs_cursor_line(&rest, &line);
        if (!whole) {
            line = c;
        }
        if (methods[method][0] == 'C') {
            return SCS_INTEREST_MAYBE_REQUEST;
        }
        /* Raw spaces occur inside targets: only the version's own ends one. */
        size_t version = scs_cursor_find(&line, " HTTP/");
        struct scs_cursor target = scs_cursor_first(&line, version);
        if (scs_cursor_skip(&target, strlen(methods[method])) && scs_scep_interesting(&target, user_paths, num_user_paths)) {
            return SCS_INTEREST_REQUEST;
        }
        if (!whole) {
            return SCS_INTEREST_MAYBE_REQUEST;
        }
        /* Another request may follow in the same segment, behind the blank line. */
        size_t end = scs_cursor_find(&rest, "\r\n\r\n");
        if (end == SIZE_MAX || !scs_cursor_skip(&rest, end + 4) || scs_cursor_done(&rest)) {
            return SCS_INTEREST_NONE;
        }
        c = rest;
        method = method_of(&c);
    }
    return method == SIZE_MAX ? SCS_INTEREST_MAYBE_REQUEST : SCS_INTEREST_NONE;
}

static bool scep_reply(const struct scs_cursor *payload)
{
    struct scs_cursor head = scs_cursor_first(payload, REPLY_HEAD);
    return scs_cursor_find(&head, "x-pki-message") != SIZE_MAX || scs_cursor_find(&head, "x-x509-ca") != SIZE_MAX;
}

/* A handshake record of TLS 1.x whose first message is ClientHello. RFC 8446 4, 5.1. */
static bool client_hello(const struct scs_cursor *payload)
{
    uint8_t type, major, message;
    return scs_cursor_peek(payload, 0, &type) && type == 0x16 && scs_cursor_peek(payload, 1, &major) && major == 3 &&
           scs_cursor_peek(payload, 5, &message) && message == 1;
}

bool scs_interest_revocation_target(const struct scs_cursor *target)
{
    struct scs_cursor rest = *target, path;
    if (!scs_cursor_until(&rest, '?', &path)) {
        path = *target;
    }
    size_t list = scs_cursor_find_nocase(&path, ".crl");
    return (list != SIZE_MAX && list + strlen(".crl") == path.len) || scs_cursor_find_nocase(target, "ocsp") != SIZE_MAX;
}

bool scs_interest_revocation(const struct scs_cursor *payload)
{
    struct scs_cursor rest = *payload, line, method, target;
    if (!scs_cursor_line(&rest, &line) || !scs_cursor_until(&line, ' ', &method) || !scs_cursor_until(&line, ' ', &target)) {
        return false;
    }
    struct scs_cursor head = scs_cursor_first(&rest, REPLY_HEAD);
    return (scs_cursor_equals(&method, "GET") && scs_interest_revocation_target(&target)) ||
           (scs_cursor_equals(&method, "POST") && scs_cursor_find_nocase(&head, "application/ocsp-request") != SIZE_MAX);
}

enum scs_interest scs_interest(const struct scs_cursor *payload, const char *const *user_paths, uint32_t num_user_paths)
{
    if (client_hello(payload)) {
        return SCS_INTEREST_TLS_HELLO;
    }
    /* The preface of an HTTP/2 connection (RFC 9113 3.4): what it asks for is compressed. */
    if (scs_cursor_starts(payload, "PRI * HTTP/2.0\r\n")) {
        return SCS_INTEREST_MAYBE_REQUEST;
    }
    if (scs_cursor_starts(payload, "HTTP/")) {
        return scep_reply(payload) ? SCS_INTEREST_REPLY : SCS_INTEREST_NONE;
    }
    size_t method = payload->len == 0 ? NUM_METHODS : method_of(payload);
    if (method == SIZE_MAX) {
        return SCS_INTEREST_MAYBE_REQUEST;
    }
    return request(*payload, method, user_paths, num_user_paths);
}
