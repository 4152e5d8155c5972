/* SPDX-License-Identifier: Apache-2.0 */
/* The request message: how it travelled, whether it is whole, which attributes it has. RFC 8894 3, 4.1. */
#include "diagnose/predicates.h"
#include "diagnose/request.h"
#include "diagnose/rows.h"

#include <string.h>

#include "base/text.h"

/* What was seen from servers and clients that cut URLs. */
static const uint32_t round_lengths[] = {1024, 2048, 4096, 5100, 8192, 10240, 16384};

#define TYPE_PKCS_REQ    19
#define TYPE_ATTESTATION 41

/* ---- how it travelled ---------------------------------------------------------------------------------- */

static bool escaped_twice(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    const struct scs_pki_message *m = scs_request_message(x);

    (void)j;
    if (!m || !(m->b64 & SCS_B64_DOUBLE)) {
        return false;
    }
    scs_say_pki_request(v, x, m);
    if (scs_exchange_served(x)) {
        scs_set_severity(v, SCS_SEV_WARNING);
    }
    return true;
}

static bool base64_invalid(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    const struct scs_pki_message *m = scs_request_message(x);

    (void)j;
    if (!m || m->transport != SCS_TRANSPORT_QUERY || !(m->b64 & (SCS_B64_INVALID | SCS_B64_ELLIPSIS)) || scs_exchange_served(x)) {
        return false;
    }
    scs_say_pki_request(v, x, m);
    if (m->b64 & SCS_B64_ELLIPSIS) {
        scs_fact_text(v, "ellipsis", "...");
    }
    return true;
}

static bool base64_spaces(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    const struct scs_pki_message *m = scs_request_message(x);

    (void)j;
    if (!m || !(m->b64 & SCS_B64_SPACE)) {
        return false;
    }
    scs_say_pki_request(v, x, m);
    if (scs_exchange_refused(x) && scs_exchange_reached_ndes(x)) {
        scs_set_severity(v, SCS_SEV_ERROR);
    }
    return true;
}

static bool base64_quirk(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    static const struct {
        uint32_t flag;
        const char *words;
    } quirks[] = {{SCS_B64_RAW_PLUS, "raw +"},       {SCS_B64_RAW_SLASH, "raw /"}, {SCS_B64_RAW_EQUALS, "raw ="},
                  {SCS_B64_NEWLINES, "line breaks"}, {SCS_B64_NO_PADDING, "no ="}, {SCS_B64_URL_ALPHABET, "- and _"}};
    const struct scs_pki_message *m = scs_request_message(x);
    char list[96] = "";

    (void)j;
    for (size_t i = 0; m && i < sizeof quirks / sizeof quirks[0]; i++) {
        size_t used = strlen(list), len = strlen(quirks[i].words);
        if ((m->b64 & quirks[i].flag) && used + len + 3 < sizeof list) {
            memcpy(list + used, used ? ", " : "", used ? 2 : 0);
            memcpy(list + used + (used ? 2 : 0), quirks[i].words, len + 1);
        }
    }
    if (list[0] == '\0') {
        return false;
    }
    scs_say_pki_request(v, x, m);
    scs_fact_text(v, "quirks", "%s", list);
    return true;
}

/* ---- whether it is whole --------------------------------------------------------------------------------- */

/* Its outermost length promises more than came, or an indefinite length is never closed. */
static bool is_cut(const struct scs_pki_message *m)
{
    if ((m->flags & SCS_MSG_COMPLETE) || !(m->flags & (SCS_MSG_IS_CMS | SCS_MSG_BEGINS_LIKE_CMS))) {
        return false;
    }
    return m->missing > 0 || m->encoding == SCS_ENCODING_BER || (m->b64 & SCS_B64_TRUNCATED);
}

static void say_cut(struct scs_verdict *v, const struct scs_exchange *x, const struct scs_pki_message *m)
{
    scs_say_pki_request(v, x, m);
    if (m->announced > 0) {
        scs_fact_number(v, "announced", m->announced);
    }
    if (m->missing > 0) {
        scs_fact_number(v, "missing", m->missing);
    }
    for (size_t i = 0; m->transport == SCS_TRANSPORT_QUERY && i < sizeof round_lengths / sizeof round_lengths[0]; i++) {
        /* The limit may count the target, the query, or the value of message= behind "operation=PKIOperation&message=". */
        if (x->request->target_len == round_lengths[i] || x->request->query_len == round_lengths[i] ||
            x->request->query_len == round_lengths[i] + 31) {
            scs_fact_number(v, "cut_at", round_lengths[i]);
        }
    }
}

static bool truncated_get(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    const struct scs_pki_message *m = scs_request_message(x);

    (void)j;
    if (!m || m->transport != SCS_TRANSPORT_QUERY || !is_cut(m) || (m->b64 & (SCS_B64_INVALID | SCS_B64_ELLIPSIS)) ||
        scs_exchange_served(x)) {
        return false;
    }
    say_cut(v, x, m);
    return true;
}

/* A body that the network cut, or that nobody read because the answer was there before, is another story. */
static bool truncated_post(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    const struct scs_pki_message *m = scs_request_message(x);

    (void)j;
    if (!m || m->transport != SCS_TRANSPORT_BODY || !is_cut(m) || !scs_message_whole(&x->request->m) || scs_exchange_served(x)) {
        return false;
    }
    say_cut(v, x, m);
    return true;
}

static bool not_cms(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    const struct scs_pki_message *m = scs_request_message(x);

    (void)j;
    if (!m || (m->b64 & (SCS_B64_INVALID | SCS_B64_ELLIPSIS)) || !scs_message_whole(&x->request->m) || is_cut(m) ||
        scs_exchange_served(x)) {
        return false;
    }
    if (m->flags & SCS_MSG_IS_CMS) {
        if (m->flags & SCS_MSG_COMPLETE) {
            return false;
        }
        scs_set_confidence(v, SCS_LIKELY); /* begins as it should and is damaged inside */
    }
    scs_say_pki_request(v, x, m);
    if (m->flags & SCS_MSG_PEM) {
        scs_fact_text(v, "encoding", "PEM");
    }
    return true;
}

static bool no_message(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    (void)j;
    if (x->operation != SCS_OP_PKI_OPERATION || !x->request || !scs_message_whole(&x->request->m) ||
        (x->scep_request && (x->scep_request->flags & SCS_MSG_PRESENT)) || scs_exchange_is_limit_test(x) || x->probe) {
        return false;
    }
    if (!scs_exchange_is_post(x) && !scs_text_equal(x->request->method, "GET")) {
        return false;
    }
    if (x->request->m.body_len > 0 && scs_exchange_is_post(x)) {
        return false;
    }
    scs_say_request(v, x);
    scs_say_answer(v, x);
    return true;
}

/* ---- attributes -------------------------------------------------------------------------------------------- */

static bool attribute_missing(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    const struct scs_pki_message *m = scs_request_whole(x);

    (void)j;
    if (!m || (m->message_type >= 0 && m->transaction_id && m->sender_nonce.len > 0)) {
        return false;
    }
    scs_say_pki_request(v, x, m);
    scs_fact_text(v, "attribute", "%s",
                  m->message_type < 0  ? "messageType"
                  : !m->transaction_id ? "transactionID"
                                       : "senderNonce");
    if (scs_exchange_served(x)) {
        scs_set_severity(v, SCS_SEV_WARNING);
    }
    return true;
}

static bool attribute_type(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    const struct scs_pki_message *m = scs_request_whole(x);
    const uint32_t odd = SCS_MSG_ATTR_WRONG_TYPE | SCS_MSG_NONCE_LENGTH;

    (void)j;
    if (!m || !(m->flags & (odd | SCS_MSG_ATTRS_UNSORTED)) || scs_exchange_served(x)) {
        return false;
    }
    scs_say_pki_request(v, x, m);
    if (!(m->flags & odd) || scs_exchange_answer_unseen(x)) {
        scs_set_severity(v, SCS_SEV_INFO); /* verifiers cope with a SET that is not sorted; this one perhaps with the type */
    }
    if (m->sender_nonce.len > 0 && (m->flags & SCS_MSG_NONCE_LENGTH)) {
        scs_fact_number(v, "nonce_length", m->sender_nonce.len);
    }
    return true;
}

static bool type_unknown(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    const struct scs_pki_message *m = scs_request_message(x);

    (void)j;
    if (!m || m->message_type < 0 || m->message_type == TYPE_ATTESTATION ||
        (scs_message_type_name(m->message_type) && m->message_type != 18)) {
        return false;
    }
    scs_say_pki_request(v, x, m);
    scs_fact_number(v, "message_type", m->message_type);
    return true;
}

static bool attestation(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    (void)j;
    if (!(x->scep_request && x->scep_request->message_type == TYPE_ATTESTATION) && scs_exchange_pki_status(x) != 11) {
        return false;
    }
    scs_say_answer(v, x);
    return true;
}

static bool signer_certificate_missing(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    const struct scs_pki_message *m = scs_request_whole(x);

    (void)j;
    if (!m || m->message_type != TYPE_PKCS_REQ || m->num_certificates > 0 || scs_exchange_served(x)) {
        return false;
    }
    scs_say_pki_request(v, x, m);
    return true;
}

const struct scs_rule scs_rules_message[] = {
    SCS_LIKELY_CAUSE("scep-b64-double", ERROR, MESSAGE, escaped_twice),
    SCS_CAUSE("scep-b64-invalid", ERROR, MESSAGE, base64_invalid),
    SCS_CAUSE("scep-b64-space", WARNING, MESSAGE, base64_spaces),
    SCS_CAUSE("scep-truncated-get", ERROR, MESSAGE, truncated_get),
    SCS_LIKELY_CAUSE("scep-truncated-post", ERROR, MESSAGE, truncated_post),
    SCS_LIKELY_CAUSE("scep-no-message", ERROR, MESSAGE, no_message),
    SCS_CAUSE("scep-not-cms", ERROR, MESSAGE, not_cms),
    SCS_CAUSE("scep-attr-missing", ERROR, MESSAGE, attribute_missing),
    SCS_CAUSE("scep-signer-cert-missing", ERROR, MESSAGE, signer_certificate_missing),
    SCS_NOTE("scep-attr-type", WARNING, attribute_type),
    SCS_NOTE("scep-type-unknown", WARNING, type_unknown),
    SCS_NOTE("scep-attestation", INFO, attestation),
    SCS_NOTE("scep-b64-quirk", INFO, base64_quirk),
};
const size_t scs_num_rules_message = sizeof scs_rules_message / sizeof scs_rules_message[0];
