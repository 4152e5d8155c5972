/* SPDX-License-Identifier: Apache-2.0 */
#include "diagnose/request.h"

#include "diagnose/predicates.h"

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
