/* SPDX-License-Identifier: Apache-2.0 */
/* Are request and reply what their signers signed? RFC 8894 3.1, RFC 5652 5.4 and 5.6. */
#include "diagnose/predicates.h"
#include "diagnose/request.h"
#include "diagnose/rows.h"

static void say_check(struct scs_verdict *v, const struct scs_pki_message *m, const char *why)
{
    if (why) {
        scs_fact_text(v, "why", "%s", why);
    }
    if (m->digest) {
        scs_fact_text(v, "digest", "%s", m->digest);
    }
    if (m->signature_algorithm) {
        scs_fact_text(v, "signature_algorithm", "%s", m->signature_algorithm);
    }
    if (m->signer && m->signer->subject) {
        scs_fact_text(v, "signer", "%s", m->signer->subject);
    }
}

static bool request_is_wrong(const struct scs_exchange *x, const struct scs_pki_message *m, const char *why,
                             struct scs_verdict *v)
{
    scs_say_pki_request(v, x, m);
    say_check(v, m, why);
    if (scs_exchange_served(x)) {
        scs_set_severity(v, SCS_SEV_WARNING); /* this server did not look, another one will */
        scs_set_confidence(v, SCS_LIKELY);
    }
    return true;
}

static bool request_signature(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    const struct scs_pki_message *m = scs_request_whole(x);

    (void)j;
    return m && m->signature == SCS_INVALID && request_is_wrong(x, m, m->signature_why, v);
}

/* When the attributes are not what was signed either, nothing is known of the digest in them. */
static bool request_digest(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    const struct scs_pki_message *m = scs_request_whole(x);

    (void)j;
    return m && m->digest_check == SCS_INVALID && m->signature != SCS_INVALID && request_is_wrong(x, m, m->digest_why, v);
}

static bool reply_signature(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    const struct scs_pki_message *m = x->scep_reply;
    const uint32_t needed = SCS_MSG_IS_CMS | SCS_MSG_COMPLETE | SCS_MSG_HAS_SIGNER;

    (void)j;
    if (!m || (m->flags & needed) != needed || !x->reply || !scs_message_whole(&x->reply->m) ||
        scs_message_genuine(m) != SCS_INVALID) {
        return false;
    }
    scs_say_answer(v, x);
    scs_say_span(v, &x->reply->m, m->at_signer);
    say_check(v, m, m->signature == SCS_INVALID ? m->signature_why : m->digest_why);
    return true;
}

const struct scs_rule scs_rules_signature[] = {
    SCS_CAUSE("scep-sig-invalid", ERROR, MESSAGE, request_signature),
    SCS_CAUSE("scep-digest-mismatch", ERROR, MESSAGE, request_digest),
    SCS_NOTE("rep-sig-invalid", ERROR, reply_signature),
};
const size_t scs_num_rules_signature = sizeof scs_rules_signature / sizeof scs_rules_signature[0];
