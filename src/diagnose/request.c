/* SPDX-License-Identifier: Apache-2.0 */
#include "diagnose/request.h"

#include "diagnose/predicates.h"

#define TYPE_PKCS_REQ 19

const struct scs_pki_message *scs_request_message(const struct scs_exchange *x)
{
    if (x->operation != SCS_OP_PKI_OPERATION || !x->request || scs_message_unseen(&x->request->m) ||
        !(x->request->m.flags & SCS_HTTP_HEAD_COMPLETE) || !x->scep_request || scs_exchange_is_limit_test(x)) {
        return NULL;
    }
    const struct scs_pki_message *m = x->scep_request;
    return (m->flags & SCS_MSG_PRESENT) && !(m->flags & SCS_MSG_LIMIT) ? m : NULL;
}

const struct scs_pki_message *scs_request_whole(const struct scs_exchange *x)
{
    const struct scs_pki_message *m = scs_request_message(x);
    const uint32_t needed = SCS_MSG_IS_CMS | SCS_MSG_COMPLETE | SCS_MSG_HAS_SIGNER;

    return m && (m->flags & needed) == needed && scs_exchange_reached_ndes(x) ? m : NULL;
}

const struct scs_csr *scs_request_csr(const struct scs_exchange *x)
{
    const struct scs_pki_message *m = scs_request_whole(x);
    const struct scs_csr *csr = m && m->envelope && m->envelope->opened ? m->envelope->csr : NULL;

    return csr && (csr->flags & SCS_CSR_COMPLETE) ? csr : NULL;
}

bool scs_request_is_first(const struct scs_exchange *x)
{
    const struct scs_pki_message *m = x->scep_request;

    return m && m->message_type == TYPE_PKCS_REQ && m->signer && (m->signer->flags & SCS_CERT_SELF_ISSUED);
}

/* Codes that NDES gives for many reasons. */
static bool says_nothing(uint32_t hresult)
{
    static const uint32_t vague[] = {
        0x80004005, /* E_FAIL */
        0x80070005, /* E_ACCESSDENIED */
        0x8007000D, /* ERROR_INVALID_DATA */
        0x80070057, /* E_INVALIDARG */
    };

    for (size_t i = 0; i < sizeof vague / sizeof vague[0]; i++) {
        if (vague[i] == hresult) {
            return true;
        }
    }
    return false;
}

bool scs_request_refused_for(const struct scs_exchange *x, uint32_t hresult)
{
    const struct scs_pki_message *r = x->scep_reply;

    if (!scs_exchange_refused(x) || !scs_exchange_reached_ndes(x)) {
        return false;
    }
    if (!r) {
        return scs_exchange_status(x) == 500;
    }
    bool fits = r->pki_status == 2 && (r->fail_info == 1 || r->fail_info == 2 || r->fail_info < 0);
    return fits && (!r->has_hresult || says_nothing((uint32_t)r->hresult) || (hresult && (uint32_t)r->hresult == hresult));
}

void scs_say_pki_request(struct scs_verdict *v, const struct scs_exchange *x, const struct scs_pki_message *m)
{
    scs_say_request(v, x);
    if (x->reply) {
        scs_fact_number(v, "status", x->reply->status);
    }
    scs_fact_number(v, "length", m->length);
    if (m->transaction_id) {
        scs_fact_text(v, "transaction_id", "%s", m->transaction_id);
    }
}
