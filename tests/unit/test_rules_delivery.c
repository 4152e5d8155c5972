/* SPDX-License-Identifier: Apache-2.0 */
/* Rules about what became of the certificate. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "scep_model.h"

static struct scs_cert_facts *signer(struct scs_exchange *x)
{
    return (struct scs_cert_facts *)(uintptr_t)x->scep_request->signer;
}

static struct scs_connection *connection_of(struct scs_exchange *x)
{
    return (struct scs_connection *)(uintptr_t)x->connection;
}

/* Would catch: an answer that was not acknowledged called delivered. */
static void delivered(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *x = test_enrols(t, "T1", 0);
    test_judge(t);
    SEVERITY(t, "deliv-ok", SCS_SEV_INFO);
    connection_of(x)->half[SCS_TO_CLIENT].unacked_bytes = 100;
    test_judge(t);
    QUIET(t, "deliv-ok");
}

/* Would catch: a replay, another device, or a renewal called not installed. */
static void not_installed(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *first = test_enrols(t, "T1", 0);
    test_judge(t);
    QUIET(t, "deliv-not-installed");
    struct scs_exchange *again = test_enrols(t, "T2", 0);
    test_later(again, 600000);
    test_judge(t);
    FACT(t, "deliv-not-installed", "minutes", "10");
    QUIET(t, "deliv-reissue-loop");
    test_message(again)->sender_nonce = first->scep_request->sender_nonce;
    test_judge(t);
    QUIET(t, "deliv-not-installed");
    test_message(again)->sender_nonce = test_certrep(again)->sender_nonce;
    signer(again)->subject = "CN=another";
    test_judge(t);
    QUIET(t, "deliv-not-installed");
    signer(again)->subject = signer(first)->subject;
    connection_of(first)->half[SCS_TO_CLIENT].unacked_bytes = 100; /* the first one never arrived */
    test_judge(t);
    QUIET(t, "deliv-not-installed");
}

/* Would catch: two profiles of one device, and clients that all call themselves the same. */
static void reissued(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *first = test_enrols(t, "T1", 0), *again = test_enrols(t, "T2", 0);
    signer(again)->spki_sha256 = "another key";
    test_judge(t);
    QUIET(t, "deliv-reissue-loop"); /* a second later: the other profile */
    test_later(again, 600000);
    test_judge(t);
    SEVERITY(t, "deliv-reissue-loop", SCS_SEV_WARNING);
    QUIET(t, "deliv-not-installed");
    signer(first)->subject = signer(again)->subject = "O=Contoso, CN=SCEP SIGNER";
    test_judge(t);
    QUIET(t, "deliv-reissue-loop");
}

/* The answer's envelope was opened and holds this certificate. */
static void give_leaf(struct test_model *t, struct scs_exchange *x, const struct scs_cert_facts *leaf)
{
    const struct scs_cert_facts **list = SCS_ARENA_ARRAY(t->arena, 1, const struct scs_cert_facts *);
    struct scs_envelope *e = test_certrep(x)->envelope;
    list[0] = leaf;
    e->opened = true;
    e->holds = SCS_HOLDS_CERTIFICATES;
    e->certificates = list;
    e->num_certificates = 1;
}

/* Would catch: a certificate for the right key called wrong, or judged while the envelope is shut. */
static void certificates(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *x = test_enrols(t, "T1", 0);
    struct scs_cert_facts *leaf = test_cert(t, "CN=device", "01", SCS_ROLE_LEAF);
    struct scs_csr *csr = test_opened(t, x);
    give_leaf(t, x, leaf);
    test_judge(t);
    QUIET(t, "rep-cert-leaf");
    QUIET(t, "rep-cert-notyet");
    QUIET(t, "rep-cert-content");
    leaf->not_before = TEST_T0_S + 30;
    test_judge(t);
    QUIET(t, "rep-cert-notyet");
    leaf->not_before = TEST_T0_S + 7200;
    test_judge(t);
    FACT(t, "rep-cert-notyet", "minutes_ahead", "120");
    leaf->flags |= SCS_CERT_HAS_EKU; /* for servers, though nothing was asked for */
    test_judge(t);
    FACT(t, "rep-cert-content", "usage", "clientAuth");
    leaf->flags |= SCS_CERT_EKU_CLIENT_AUTH;
    test_judge(t);
    QUIET(t, "rep-cert-content");
    csr->common_name = "somebody else";
    test_judge(t);
    FACT(t, "rep-cert-content", "differs", "subject");
    leaf->spki_sha256 = "another key";
    test_judge(t);
    SEVERITY(t, "rep-cert-leaf", SCS_SEV_ERROR);
    test_certrep(x)->envelope->holds = SCS_HOLDS_UNKNOWN; /* an empty set, or no set at all */
    test_certrep(x)->envelope->num_certificates = 0;
    test_judge(t);
    FACT(t, "rep-cert-leaf", "certificates", "0");
    test_certrep(x)->envelope->opened = false;
    test_judge(t);
    QUIET(t, "rep-cert-leaf");
}

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(delivered), TEST(not_installed), TEST(reissued), TEST(certificates)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
