/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the certificate request asks for. The key shows without any key of ours, in the certificate the device signs with;
 * the rest once the request was opened. Faults count as errors when the request was refused in a way that fits them.
 */
#include "diagnose/predicates.h"
#include "diagnose/request.h"
#include "diagnose/rows.h"

#include "base/text.h"

#define LEAST_RSA_BITS    2048u
#define LONGEST_CN        64u         /* ub-common-name, RFC 5280 appendix A.1 */
#define BAD_SUBJECT       0x80094001u /* CERTSRV_E_BAD_REQUESTSUBJECT */
#define KEY_LENGTH        0x80094811u /* CERTSRV_E_KEY_LENGTH */
#define FOR_NOTHING_KNOWN 0u

static void say_asked(struct scs_verdict *v, const struct scs_exchange *x, const struct scs_csr *csr)
{
    scs_say_pki_request(v, x, x->scep_request);
    if (csr->asked.subject) {
        scs_fact_text(v, "subject", "%s", csr->asked.subject);
    }
}

/* The fault is there: an error when the server's refusal fits it, a warning when the server let it pass. */
static bool weigh(const struct scs_exchange *x, uint32_t hresult, struct scs_verdict *v)
{
    if (scs_exchange_served(x)) {
        scs_set_severity(v, SCS_SEV_WARNING);
        return true;
    }
    if (!scs_request_refused_for(x, hresult)) {
        return false;
    }
    if (!x->scep_reply || (uint32_t)x->scep_reply->hresult != hresult || !x->scep_reply->has_hresult) {
        scs_set_confidence(v, SCS_LIKELY);
    }
    return true;
}

/* ---- the key ------------------------------------------------------------------------------------------------- */

/* The key to be certified: of the opened request, else of the certificate the device made for its first request. */
static const struct scs_cert_facts *asked_key(const struct scs_exchange *x)
{
    const struct scs_pki_message *m = scs_request_whole(x);
    const struct scs_csr *csr = m ? scs_request_csr(x) : NULL;

    if (csr) {
        return &csr->asked;
    }
    return m && scs_request_is_first(x) ? m->signer : NULL;
}

static bool key_small(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    const struct scs_cert_facts *key = asked_key(x);

    (void)j;
    if (!key || key->key_type != SCS_KEY_RSA || key->key_bits == 0 || key->key_bits >= LEAST_RSA_BITS) {
        return false;
    }
    if (!scs_exchange_refused(x)) {
        scs_set_severity(v, SCS_SEV_WARNING); /* served, waiting for approval, or never answered */
    } else if (!weigh(x, KEY_LENGTH, v)) {
        return false;
    }
    scs_say_pki_request(v, x, x->scep_request);
    scs_fact_number(v, "bits", key->key_bits);
    return true;
}

/* The answer is encrypted to the signer's key, which SCEP does with RSA only. RFC 8894 3.1. */
static bool key_elliptic(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    const struct scs_pki_message *m = scs_request_whole(x);

    (void)j;
    if (!m || !m->signer || m->signer->key_type != SCS_KEY_EC) {
        return false;
    }
    bool bad_algorithm = x->scep_reply && x->scep_reply->pki_status == 2 && x->scep_reply->fail_info == 0;
    if (scs_exchange_pki_status(x) == 0) {
        return false;
    }
    if (!scs_exchange_refused(x)) {
        scs_set_severity(v, SCS_SEV_WARNING); /* waiting for approval, or never answered */
    } else if (!bad_algorithm && !scs_request_refused_for(x, FOR_NOTHING_KNOWN)) {
        return false;
    }
    scs_say_pki_request(v, x, m);
    if (m->signer->key) {
        scs_fact_text(v, "key", "%s", m->signer->key);
    }
    return true;
}

/* ---- names ----------------------------------------------------------------------------------------------------- */

static bool subject_empty(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    const struct scs_csr *csr = scs_request_csr(x);

    (void)j;
    if (!csr || !(csr->flags & SCS_CSR_SUBJECT_EMPTY) || (csr->flags & SCS_CSR_HAS_SAN) || !weigh(x, BAD_SUBJECT, v)) {
        return false;
    }
    scs_say_pki_request(v, x, x->scep_request);
    return true;
}

static bool subject_long(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    const struct scs_csr *csr = scs_request_csr(x);

    (void)j;
    if (!csr || csr->common_name_len <= LONGEST_CN || !weigh(x, BAD_SUBJECT, v)) {
        return false;
    }
    say_asked(v, x, csr);
    scs_fact_number(v, "common_name_length", csr->common_name_len);
    return true;
}

static bool unprintable(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    const struct scs_csr *csr = scs_request_csr(x);

    (void)j;
    if (!csr) {
        return false;
    }
    bool subject = csr->flags & SCS_CSR_SUBJECT_NONPRINTABLE;
    bool challenge = csr->challenge.present && (csr->challenge.flags & SCS_CHALLENGE_NONPRINTABLE) &&
                     !(csr->challenge.flags & SCS_CHALLENGE_NOT_TEXT);
    if ((!subject && !challenge) || !weigh(x, BAD_SUBJECT, v)) {
        return false;
    }
    say_asked(v, x, csr);
    scs_fact_text(v, "where", "%s", subject ? "subject" : "challenge");
    return true;
}

/* A defect of the certificate registration point, so only what Intune's challenge comes with is judged. */
static bool subject_escaped(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    const struct scs_csr *csr = scs_request_csr(x);

    if (!csr || !(csr->flags & SCS_CSR_SUBJECT_ESCAPED) || csr->challenge.kind != SCS_CHALLENGE_BLOB || !csr->challenge.present ||
        !scs_request_refused_for(x, FOR_NOTHING_KNOWN) || scs_exchange_verified(j, x)) {
        return false;
    }
    say_asked(v, x, csr);
    return true;
}

static bool san_empty(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    const struct scs_csr *csr = scs_request_csr(x);

    (void)j;
    if (!csr || !(csr->flags & SCS_CSR_SAN_EMPTY)) {
        return false;
    }
    say_asked(v, x, csr);
    return true;
}

static bool has_upn(const struct scs_cert_facts *asked)
{
    for (uint32_t i = 0; i < asked->num_sans; i++) {
        if (scs_text_starts_nocase(asked->sans[i], "UPN:") && asked->sans[i][4] != '\0') {
            return true;
        }
    }
    return false;
}

static bool sid_absent(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    const struct scs_csr *csr = scs_request_csr(x);

    (void)j;
    if (!csr || csr->sid || !has_upn(&csr->asked)) {
        return false;
    }
    say_asked(v, x, csr);
    return true;
}

/* ---- proof of possession ------------------------------------------------------------------------------------------ */

static bool own_signature(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    const struct scs_csr *csr = scs_request_csr(x);

    (void)j;
    if (!csr || csr->signature != SCS_INVALID || !weigh(x, FOR_NOTHING_KNOWN, v)) {
        return false;
    }
    say_asked(v, x, csr);
    if (csr->signature_why) {
        scs_fact_text(v, "why", "%s", csr->signature_why);
    }
    return true;
}

const struct scs_rule scs_rules_csr[] = {
    SCS_CAUSE("csr-key-ec", ERROR, MESSAGE, key_elliptic),
    SCS_CAUSE("csr-sig", ERROR, MESSAGE, own_signature),
    SCS_CAUSE("csr-nonprintable", ERROR, CA, unprintable),
    SCS_CAUSE("csr-subject-empty", ERROR, CA, subject_empty),
    SCS_CAUSE("csr-subject-long", ERROR, CA, subject_long),
    SCS_CAUSE("csr-key-small", ERROR, CA, key_small),
    SCS_LIKELY_NOTE("csr-subject-escape", WARNING, subject_escaped),
    SCS_LIKELY_NOTE("csr-san-empty", WARNING, san_empty),
    SCS_NOTE("csr-sid-absent", INFO, sid_absent),
};
const size_t scs_num_rules_csr = sizeof scs_rules_csr / sizeof scs_rules_csr[0];
