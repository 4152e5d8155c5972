/* SPDX-License-Identifier: Apache-2.0 */
#include "tls_model.h"

struct test_tls_shake test_tls_hello(struct test_model *t, const char *client, const char *server, int64_t at_ms)
{
    struct scs_connection *c = test_connection(t, client, server, at_ms);
    struct scs_tls_facts *tls = SCS_ARENA_NEW(t->arena, struct scs_tls_facts);
    *tls = (struct scs_tls_facts){.flags = SCS_TLS_CLIENT_HELLO,
                                  .client_max_version = 0x0303,
                                  .client_min_version = 0x0301,
                                  .sni = TEST_TLS_NAME,
                                  .client_hello_ns = TEST_NS(at_ms + 10),
                                  .server_hello_ns = SCS_NO_TIME,
                                  .done_ns = SCS_NO_TIME,
                                  .client_hello_frame = t->next_frame++,
                                  .first_app_ns = {SCS_NO_TIME, SCS_NO_TIME},
                                  .last_app_ns = {SCS_NO_TIME, SCS_NO_TIME}};
    c->flags |= SCS_CONN_TLS;
    c->tls = tls;
    c->half[SCS_TO_SERVER].data_packets = 1;
    c->half[SCS_TO_SERVER].first_data_ns = TEST_NS(at_ms + 10);
    c->half[SCS_TO_SERVER].last_data_ns = c->half[SCS_TO_SERVER].last_new_ns = TEST_NS(at_ms + 10);
    c->last_ns = TEST_NS(at_ms + 10);
    return (struct test_tls_shake){c, tls};
}

struct scs_cert_facts *test_tls_certificate(struct test_model *t, const char *san, enum scs_cert_role role)
{
    struct scs_cert_facts *cert = test_cert(t, "CN=ndes", "0a", role);
    const char **sans = SCS_ARENA_ARRAY(t->arena, 1, const char *);
    sans[0] = san;
    cert->sans = sans;
    cert->num_sans = 1;
    cert->issuer = "DC=com, DC=contoso, CN=Contoso Issuing CA";
    cert->issuer_sha256 = "issuing";
    cert->flags &= ~(uint32_t)SCS_CERT_SELF_ISSUED;
    return cert;
}

struct scs_cert_facts *test_tls_give_certificate(struct test_model *t, struct test_tls_shake s, const char *san, uint32_t sent)
{
    struct scs_cert_facts *cert = test_tls_certificate(t, san, SCS_ROLE_LEAF);
    const struct scs_cert_facts **chain = SCS_ARENA_ARRAY(t->arena, sent, const struct scs_cert_facts *);
    for (uint32_t i = 1; i < sent; i++) {
        chain[i] = test_cert(t, "CN=Contoso Issuing CA", "0b", SCS_ROLE_CA);
    }
    chain[0] = cert;
    s.tls->server_certificate = cert;
    s.tls->server_chain = chain;
    s.tls->num_server_certificates = sent;
    return cert;
}

struct test_tls_shake test_tls_answered(struct test_model *t, const char *client, const char *server, int64_t at_ms)
{
    struct test_tls_shake s = test_tls_hello(t, client, server, at_ms);
    s.tls->flags |= SCS_TLS_SERVER_HELLO;
    s.tls->version = 0x0303;
    s.tls->server_hello_ns = TEST_NS(at_ms + 20);
    s.tls->server_hello_frame = s.tls->certificate_frame = t->next_frame++;
    s.c->half[SCS_TO_CLIENT].data_packets = 1;
    s.c->half[SCS_TO_CLIENT].first_data_ns = s.c->half[SCS_TO_CLIENT].last_data_ns = TEST_NS(at_ms + 20);
    s.c->last_ns = TEST_NS(at_ms + 20);
    test_tls_give_certificate(t, s, "DNS:" TEST_TLS_NAME, 2);
    return s;
}

struct test_tls_shake test_tls_done(struct test_model *t, const char *client, const char *server, int64_t at_ms)
{
    struct test_tls_shake s = test_tls_answered(t, client, server, at_ms);
    s.tls->flags |= SCS_TLS_HANDSHAKE_DONE;
    s.tls->done_ns = s.c->last_ns = TEST_NS(at_ms + 30);
    return s;
}

void test_tls_use(struct test_tls_shake s)
{
    s.tls->flags |= SCS_TLS_APP_DATA;
    for (int dir = 0; dir < 2; dir++) {
        s.tls->app_bytes[dir] = 400;
        s.tls->app_records[dir] = 1;
        s.tls->first_app_ns[dir] = s.tls->last_app_ns[dir] = s.c->last_ns;
    }
    s.c->half[SCS_TO_SERVER].last_data_ns = s.c->half[SCS_TO_SERVER].last_new_ns = s.c->last_ns;
    s.c->half[SCS_TO_CLIENT].last_data_ns = s.c->last_ns + 1000000;
}

void test_tls_alert(struct test_model *t, struct test_tls_shake s, bool from_server, uint8_t description)
{
    struct scs_tls_alert *a = SCS_ARENA_NEW(t->arena, struct scs_tls_alert);
    *a = (struct scs_tls_alert){
        .frame = t->next_frame++, .ts_ns = s.c->last_ns, .from_server = from_server, .fatal = true, .description = description};
    s.tls->alerts = a;
    s.tls->num_alerts = 1;
    if (from_server) {
        s.c->half[SCS_TO_CLIENT].data_packets++;
    }
}

void test_tls_end(struct test_model *t, struct test_tls_shake s, enum scs_dir dir, bool rst, int64_t after_ms)
{
    struct scs_half *half = &s.c->half[dir];
    s.c->last_ns += after_ms * 1000000;
    *(rst ? &half->rst_ns : &half->fin_ns) = s.c->last_ns;
    *(rst ? &half->rst_frame : &half->fin_frame) = t->next_frame++;
    half->rst_ttl = half->usual_ttl;
    s.c->state = rst ? SCS_CONN_RESET : SCS_CONN_CLOSED;
}

void test_tls_close_by_client(struct test_model *t, struct test_tls_shake s)
{
    test_tls_end(t, s, SCS_TO_SERVER, false, 5);
}
