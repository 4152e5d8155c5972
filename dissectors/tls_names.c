/* SPDX-License-Identifier: Apache-2.0 */
/* Words for numbers: alerts (RFC 8446 B.2, RFC 5246 7.2, RFC 6066, RFC 7507) and versions. */
#include <stddef.h>

#include "scepscope/tls_facts.h"

struct name {
    unsigned number;
    const char *text;
};

static const struct name alerts[] = {
    {0, "close_notify"},
    {10, "unexpected_message"},
    {20, "bad_record_mac"},
    {21, "decryption_failed"},
    {22, "record_overflow"},
    {30, "decompression_failure"},
    {40, "handshake_failure"},
    {41, "no_certificate"},
    {42, "bad_certificate"},
    {43, "unsupported_certificate"},
    {44, "certificate_revoked"},
    {45, "certificate_expired"},
    {46, "certificate_unknown"},
    {47, "illegal_parameter"},
    {48, "unknown_ca"},
    {49, "access_denied"},
    {50, "decode_error"},
    {51, "decrypt_error"},
    {52, "too_many_cids_requested"},
    {60, "export_restriction"},
    {70, "protocol_version"},
    {71, "insufficient_security"},
    {80, "internal_error"},
    {86, "inappropriate_fallback"},
    {90, "user_canceled"},
    {100, "no_renegotiation"},
    {109, "missing_extension"},
    {110, "unsupported_extension"},
    {111, "certificate_unobtainable"},
    {112, "unrecognized_name"},
    {113, "bad_certificate_status_response"},
    {114, "bad_certificate_hash_value"},
    {115, "unknown_psk_identity"},
    {116, "certificate_required"},
    {120, "no_application_protocol"},
    {121, "ech_required"},
};

static const struct name versions[] = {
    {0x0002, "SSLv2"}, {0x0300, "SSLv3"}, {0x0301, "TLSv1.0"}, {0x0302, "TLSv1.1"}, {0x0303, "TLSv1.2"}, {0x0304, "TLSv1.3"},
};

static const char *find(const struct name *names, size_t num, unsigned number)
{
    for (size_t i = 0; i < num; i++) {
        if (names[i].number == number) {
            return names[i].text;
        }
    }
    return NULL;
}

const char *scs_tls_alert_name(unsigned description)
{
    return find(alerts, sizeof alerts / sizeof *alerts, description);
}

const char *scs_tls_version_name(uint16_t version)
{
    return find(versions, sizeof versions / sizeof *versions, version);
}
