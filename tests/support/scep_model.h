/* SPDX-License-Identifier: Apache-2.0 */
/* Short words for the tests of rules about exchanges. cmocka.h is to be included before. */
#ifndef TEST_SUPPORT_SCEP_MODEL_H
#define TEST_SUPPORT_SCEP_MODEL_H

#include "model.h"

#define CLIENT "10.5.14.22:51544"
#define SERVER "10.5.1.4:80"

/* test_answered: one exchange between CLIENT and SERVER on a connection of its own, a second after the last, answered by IIS. */
struct scs_exchange *test_answered(struct test_model *t, enum scs_operation operation, unsigned status);
/* test_asked: the same without a reply. */
struct scs_exchange *test_asked(struct test_model *t, enum scs_operation operation);
/* test_by_get makes it a GET whose query has `len` bytes. */
void test_by_get(struct scs_exchange *x, uint32_t len);
/* test_httpsys makes the reply one of HTTP.sys's pages. */
void test_httpsys(struct test_model *t, struct scs_exchange *x, const char *heading, const char *words);
/* test_enrols: an answered PKCSReq, signed by a certificate the device made for itself; FAILURE (2) says badRequest. */
struct scs_exchange *test_enrols(struct test_model *t, const char *transaction_id, int pki_status);
/* test_message, test_certrep: its request and its CertRep, for changes. */
struct scs_pki_message *test_message(struct scs_exchange *x);
struct scs_pki_message *test_certrep(struct scs_exchange *x);
/* test_opened: its request was opened: a healthy CSR for the signer's key and name, with a challenge of 16 hexadecimal digits. */
struct scs_csr *test_opened(struct test_model *t, struct scs_exchange *x);
/* test_later moves an exchange, its messages and its connection to `at_ms`. */
void test_later(struct scs_exchange *x, int64_t at_ms);
/* test_judge runs every rule there is. */
void test_judge(struct test_model *t);

/* test_said counts the findings that are not about the capture itself, nor deliv-ok, which every whole answer has. */
uint32_t test_said(const struct test_model *t);

#define SAID(t, id)  assert_non_null(test_finding(t, id))
#define QUIET(t, id) assert_null(test_finding(t, id))
/* The finding must be there, with this severity, confidence or fact. */
#define SEVERITY(t, id, level)   assert_int_equal(test_finding(t, id)->severity, level)
#define CONFIDENCE(t, id, sure)  assert_int_equal(test_finding(t, id)->confidence, sure)
#define FACT(t, id, name, value) assert_string_equal(test_fact(t, test_finding(t, id), name), value)

#endif
