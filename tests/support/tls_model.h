/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TLS handshakes built by hand for the tests of rules about TLS, on the models of model.h. Each step stands at a fixed
 * distance from `at_ms`, when the connection was opened; what a function returns may be changed further.
 */
#ifndef TEST_SUPPORT_TLS_MODEL_H
#define TEST_SUPPORT_TLS_MODEL_H

#include "model.h"

/* The server's name: what every client asks for, and what the certificate of test_tls_answered is for. */
#define TEST_TLS_NAME "ndes.contoso.com"

/* A connection and what is known of the TLS in it, the connection's own facts, here for changes. */
struct test_tls_shake {
    struct scs_connection *c;
    struct scs_tls_facts *tls;
};

/* test_tls_hello: a ClientHello (TLS 1.0 to 1.2) ten milliseconds after the start, unanswered. */
struct test_tls_shake test_tls_hello(struct test_model *t, const char *client, const char *server, int64_t at_ms);
/* test_tls_answered: then ServerHello and Certificate of TLS 1.2 after twenty, the CA's certificate with it. */
struct test_tls_shake test_tls_answered(struct test_model *t, const char *client, const char *server, int64_t at_ms);
/* test_tls_done: then the end of the handshake after thirty, and nothing sent over it. */
struct test_tls_shake test_tls_done(struct test_model *t, const char *client, const char *server, int64_t at_ms);

/* test_tls_certificate: a certificate of the issuing CA for `san` ("DNS:..."), hung nowhere. */
struct scs_cert_facts *test_tls_certificate(struct test_model *t, const char *san, enum scs_cert_role role);
/* test_tls_give_certificate makes the server send such a one instead, in a chain of `sent`; returns it for changes. */
struct scs_cert_facts *test_tls_give_certificate(struct test_model *t, struct test_tls_shake s, const char *san, uint32_t sent);

/* test_tls_use: a record of application data each way, at the last moment so far. */
void test_tls_use(struct test_tls_shake s);
/* test_tls_alert: a fatal alert in the clear at the last moment so far, in place of any before it. */
void test_tls_alert(struct test_model *t, struct test_tls_shake s, bool from_server, uint8_t description);
/* test_tls_end: `dir` ends the connection `after_ms` later, by RST or FIN. */
void test_tls_end(struct test_model *t, struct test_tls_shake s, enum scs_dir dir, bool rst, int64_t after_ms);
/* test_tls_close_by_client: the client's FIN after five milliseconds. */
void test_tls_close_by_client(struct test_model *t, struct test_tls_shake s);

#endif
