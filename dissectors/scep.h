/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SCEP (RFC 8894): the operation in a URL, the message in a query, capability lists, CA certificate
 * answers, the mscep_admin page. No keys, no state.
 */
#ifndef SCS_DISSECTORS_SCEP_H
#define SCS_DISSECTORS_SCEP_H

#include "base/arena.h"
#include "base/buf.h"
#include "dissectors/x509.h"
#include "scepscope/facts.h"

/* What a request target says. The cursors borrow the target. */
struct scs_scep_target {
    uint8_t path_kind, operation;     /* enums of facts.h; SCS_PATH_NOT_SCEP: not ours */
    struct scs_cursor path, query;    /* without '?' */
    struct scs_cursor operation_name; /* value of operation=, as sent */
    struct scs_cursor message;        /* value of message=, as sent; len 0 when absent */
    bool has_message;
    bool probe; /* Microsoft's URL validators by their fixed texts */
};

/*
 * scs_scep_interesting is the cheap test made on the first bytes of a request (its line, perhaps cut):
 * could this be SCEP? True for the known paths in any case, for operation= with a known SCEP operation,
 * and for the user's path prefixes. No allocation.
 */
bool scs_scep_interesting(const struct scs_cursor *target, const char *const *user_paths, uint32_t num_user_paths);
/* scs_scep_read_target reads a whole target (origin or absolute form). RFC 8894 4.1. */
void scs_scep_read_target(const struct scs_cursor *target, const char *const *user_paths, uint32_t num_user_paths,
                          struct scs_scep_target *out);
/*
 * scs_scep_decode_query appends the bytes of a GET message to `out`: percent-decoding, then base64 with
 * every variant that was seen of clients and proxies. Returns SCS_OK, SCS_MORE (cut: 1 mod 4 characters), SCS_MALFORMED (stopped
 * at a foreign character; what came before is there) or SCS_LIMIT. `flags` receives enum scs_b64_flag.
 */
enum scs_status scs_scep_decode_query(const struct scs_cursor *message, struct scs_buf *out, uint32_t *flags);
/* scs_scep_decoded_before: how many bytes scs_scep_decode_query had written when it reached raw offset `raw_off`. */
uint32_t scs_scep_decoded_before(const struct scs_cursor *message, uint32_t raw_off);

/* scs_scep_read_caps reads a GetCACaps body. RFC 8894 3.5.2. */
void scs_scep_read_caps(const struct scs_cursor *body, struct scs_arena *arena, struct scs_caps *out);
/* scs_scep_read_ca_certs reads a GetCACert or GetNextCACert body: one certificate or SignedData; judges roles. */
void scs_scep_read_ca_certs(const struct scs_cursor *body, struct scs_cert_cache *cache, struct scs_arena *arena,
                            struct scs_ca_certs *out);
/* scs_scep_read_admin recognises the mscep_admin page, ASCII or UTF-16 of either order; enum scs_admin_flag. */
uint32_t scs_scep_read_admin(const struct scs_cursor *body);
/* scs_scep_platform names the client by its User-Agent (NULL: unknown). */
enum scs_platform scs_scep_platform(const char *user_agent);

#endif
