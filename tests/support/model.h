/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Models built by hand for the tests of rules, engine and reports. Everything lives in the builder's
 * arena. What a function returns may be changed further until test_diagnose looks at it: the builder
 * gives healthy things, the test breaks what it is about.
 */
#ifndef TEST_SUPPORT_MODEL_H
#define TEST_SUPPORT_MODEL_H

#include "base/arena.h"
#include "scepscope/rule.h"

/* All times in tests are milliseconds after this moment, 2026-11-20T09:14:02Z; the capture lasts an hour from it. */
#define TEST_T0_S      INT64_C(1795166042)
#define TEST_NS(ms)    (TEST_T0_S * 1000000000 + (int64_t)(ms)*1000000)
#define TEST_MODEL_MAX 512u
#define TEST_MODEL_FEW 8u

struct test_model {
    struct scs_arena *arena;
    struct scs_capture_facts capture;
    struct scs_interface interface;
    struct scs_capture_file file;
    scs_frame next_frame; /* frames are numbered as things are added */
    const struct scs_connection *connections[TEST_MODEL_MAX];
    const struct scs_exchange *exchanges[TEST_MODEL_MAX];
    const struct scs_enrolment *enrolments[TEST_MODEL_MAX];
    const struct scs_server *servers[TEST_MODEL_MAX];
    /* What stands beside the exchanges: tests put these in themselves. */
    const struct scs_lookup *lookups[TEST_MODEL_FEW];
    const struct scs_ca_call *ca_calls[TEST_MODEL_FEW];
    const struct scs_revocation *revocations[TEST_MODEL_FEW];
    struct scs_model model;
};

void test_model_init(struct test_model *t);
void test_model_cleanup(struct test_model *t);

/* Fixtures of the tests that need a model and nothing else: *state is a struct test_model. cmocka.h is included before. */
int test_model_setup(void **state);
int test_model_teardown(void **state);
#define TEST(function) cmocka_unit_test_setup_teardown(function, test_model_setup, test_model_teardown)

/* test_server adds (or finds) a server with SCEP on it, "10.5.1.4:80": IIS with NDES unless changed. */
struct scs_server *test_server(struct test_model *t, const char *endpoint);
/* test_connection: a complete handshake at `at_ms`, still without data, closed by nobody. Marks it SCS_CONN_SCEP_SERVER. */
struct scs_connection *test_connection(struct test_model *t, const char *client, const char *server, int64_t at_ms);
/* test_attempt: `syns` SYNs at 0, 1, 3, 7 ... seconds after `at_ms`, without any answer. No SCEP flag. */
struct scs_connection *test_attempt(struct test_model *t, const char *client, const char *server, int64_t at_ms, unsigned syns);

/*
 * test_exchange: a complete GET request at `at_ms` with the target its operation has on NDES (PKIOperation:
 * a POST of 2,513 bytes), no reply yet, outcome SCS_OUTCOME_UNANSWERED.
 */
struct scs_exchange *test_exchange(struct test_model *t, struct scs_connection *c, enum scs_operation operation, int64_t at_ms);
/* test_request returns the exchange's request for changes. */
struct scs_http_request *test_request(struct scs_exchange *x);
/*
 * test_reply adds a complete reply `after_ms` after the request, from Microsoft-IIS/10.0, with the content type the
 * operation has; outcome OK for 2xx, else FAILED. test_reply_of returns it again for changes.
 */
struct scs_http_reply *test_reply(struct test_model *t, struct scs_exchange *x, unsigned status, int64_t after_ms);
struct scs_http_reply *test_reply_of(struct scs_exchange *x);
/* test_text sets the body text, its length and its content type of a reply. */
void test_text(struct test_model *t, struct scs_http_reply *reply, const char *content_type, const char *text);

/* Facts to hang on an exchange; each attaches itself. A whole DER message with all attributes, sha256, aes-256-cbc. */
struct scs_pki_message *test_scep_request(struct test_model *t, struct scs_exchange *x, int message_type,
                                          const char *transaction_id);
/* A CertRep that answers the exchange's request: its transaction id, its nonce as recipientNonce. */
struct scs_pki_message *test_scep_reply(struct test_model *t, struct scs_exchange *x, int pki_status);
struct scs_caps *test_caps(struct test_model *t, struct scs_exchange *x, uint32_t known);
/* test_ca_certs: NDES's answer: CA, RA signing and RA encryption certificate, valid for a year. */
struct scs_ca_certs *test_ca_certs(struct test_model *t, struct scs_exchange *x);
/* test_cert: an RSA 2048, SHA-256 certificate valid from a month before TEST_T0_S for a year, with what its role needs. */
struct scs_cert_facts *test_cert(struct test_model *t, const char *subject, const char *serial, enum scs_cert_role role);

/* test_enrolment joins exchanges (a list of pointers that ends with NULL) of one client. */
struct scs_enrolment *test_enrolment(struct test_model *t, enum scs_enrolment_outcome outcome, const struct scs_exchange *first,
                                     ...);

/* test_diagnose runs these rules over the model; without any, all that there are. */
void test_diagnose(struct test_model *t, const struct scs_rule *rules, size_t num_rules);
/* test_finding returns the first finding with this id, NULL when there is none. */
const struct scs_finding *test_finding(const struct test_model *t, const char *id);
/* test_fact returns a fact of a finding as text ("" when it has none of that name); numbers in decimal. */
const char *test_fact(const struct test_model *t, const struct scs_finding *f, const char *name);
/* test_is_consequence: `id` hangs under the finding. */
bool test_is_consequence(const struct scs_finding *f, const char *id);

#endif
