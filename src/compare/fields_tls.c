/* SPDX-License-Identifier: Apache-2.0 */
/* What the handshake shows. What only a key would show is not readable, which is not absent. */
#include <string.h>

#include "base/buf.h"
#include "compare/fields.h"

#define PLAIN "plain HTTP"

static const struct scs_connection *connection_of(const struct scs_compare_reader *r)
{
    return r->side->connection;
}

/* NULL, and *why, when there is nothing to read from. */
static const struct scs_tls_facts *facts_of(const struct scs_compare_reader *r, const char **why)
{
    const struct scs_connection *c = connection_of(r);
    *why = c == NULL                        ? "no connection was seen"
           : (c->flags & SCS_CONN_TLS) == 0 ? PLAIN
           : c->tls == NULL                 ? "its handshake was not followed"
                                            : NULL;
    return *why == NULL ? c->tls : NULL;
}

/* Messages after TLS 1.3's ServerHello are encrypted. */
static bool certificates_are_hidden(const struct scs_tls_facts *f)
{
    return f->version >= 0x0304 && (f->flags & SCS_TLS_DECRYPTED) == 0 && f->server_certificate == NULL;
}

static struct scs_compare_value tls(const struct scs_compare_reader *r)
{
    const struct scs_connection *c = connection_of(r);
    if (c == NULL || c->state == SCS_CONN_BLOCKED || c->state == SCS_CONN_REFUSED) {
        return scs_value_unknown(r, "there was no connection");
    }
    return scs_value_text(r, (c->flags & SCS_CONN_TLS) != 0 ? "yes" : "no");
}

/* A value of the ServerHello; without one it is not known. */
static struct scs_compare_value chosen(const struct scs_compare_reader *r, const struct scs_tls_facts *f, const char *text)
{
    return (f->flags & SCS_TLS_SERVER_HELLO) == 0 ? scs_value_unknown(r, "no ServerHello was seen") : scs_value_text(r, text);
}

static struct scs_compare_value version(const struct scs_compare_reader *r)
{
    const char *why;
    const struct scs_tls_facts *f = facts_of(r, &why);
    return f == NULL ? scs_value_unknown(r, why) : chosen(r, f, scs_tls_version_name(f->version));
}

static struct scs_compare_value offered(const struct scs_compare_reader *r)
{
    const char *why;
    const struct scs_tls_facts *f = facts_of(r, &why);
    if (f == NULL || (f->flags & SCS_TLS_CLIENT_HELLO) == 0) {
        return scs_value_unknown(r, f == NULL ? why : "no ClientHello was seen");
    }
    return scs_value_text(r, scs_tls_version_name(f->client_max_version));
}

static struct scs_compare_value cipher(const struct scs_compare_reader *r)
{
    const char *why;
    const struct scs_tls_facts *f = facts_of(r, &why);
    return f == NULL ? scs_value_unknown(r, why) : chosen(r, f, f->cipher_name);
}

static struct scs_compare_value key_exchange(const struct scs_compare_reader *r)
{
    const char *why;
    const struct scs_tls_facts *f = facts_of(r, &why);
    return f == NULL ? scs_value_unknown(r, why) : chosen(r, f, f->key_exchange);
}

static struct scs_compare_value sni(const struct scs_compare_reader *r)
{
    const char *why;
    const struct scs_tls_facts *f = facts_of(r, &why);
    if (f == NULL || (f->flags & SCS_TLS_CLIENT_HELLO) == 0) {
        return scs_value_unknown(r, f == NULL ? why : "no ClientHello was seen");
    }
    return scs_value_text(r, scs_redact_host(r->redactor, f->sni));
}

/* TLS 1.3 answers it under encryption. */
static struct scs_compare_value alpn(const struct scs_compare_reader *r)
{
    const char *why;
    const struct scs_tls_facts *f = facts_of(r, &why);
    if (f == NULL) {
        return scs_value_unknown(r, why);
    }
    bool hidden = f->alpn == NULL && certificates_are_hidden(f);
    return hidden ? scs_value_unknown(r, "not readable (TLS 1.3)") : chosen(r, f, f->alpn);
}

static struct scs_compare_value handshake(const struct scs_compare_reader *r)
{
    const char *why;
    const struct scs_tls_facts *f = facts_of(r, &why);
    if (f == NULL || (f->flags & (SCS_TLS_MIDSTREAM | SCS_TLS_GAP)) != 0) {
        return scs_value_unknown(r, f == NULL ? why : "the capture does not hold it whole");
    }
    return scs_value_text(r, (f->flags & SCS_TLS_HANDSHAKE_DONE) == 0 ? "not completed"
                             : (f->flags & SCS_TLS_RESUMED) != 0      ? "completed, resumed"
                                                                      : "completed");
}

static struct scs_compare_value server_certificate(const struct scs_compare_reader *r)
{
    const char *why;
    const struct scs_tls_facts *f = facts_of(r, &why);
    if (f == NULL || f->server_certificate == NULL) {
        return scs_value_unknown(r, f == NULL ? why : certificates_are_hidden(f) ? "not readable (TLS 1.3)" : "none was seen");
    }
    const struct scs_cert_facts *c = f->server_certificate;
    const char *subject = scs_redact_authority(r->redactor, c->subject);
    struct scs_compare_value v = scs_value_text(
        r, scs_arena_printf(r->arena, "%s, serial %s", subject != NULL ? subject : "?", c->serial != NULL ? c->serial : "?"));
    v.key = scs_arena_strdup(r->arena, c->sha256);
    return v;
}

static struct scs_compare_value chain(const struct scs_compare_reader *r)
{
    const char *why;
    const struct scs_tls_facts *f = facts_of(r, &why);
    if (f == NULL || f->num_server_certificates == 0) {
        return scs_value_unknown(r, f == NULL ? why : "not seen");
    }
    return scs_value_count(r, f->num_server_certificates);
}

static struct scs_compare_value client_certificate(const struct scs_compare_reader *r)
{
    const char *why;
    const struct scs_tls_facts *f = facts_of(r, &why);
    if (f == NULL || certificates_are_hidden(f) || (f->flags & SCS_TLS_SERVER_HELLO) == 0) {
        return scs_value_unknown(r, f == NULL                    ? why
                                    : certificates_are_hidden(f) ? "not readable (TLS 1.3)"
                                                                 : "no ServerHello was seen");
    }
    if (f->client_certificate != NULL) {
        return scs_value_text(r, "sent");
    }
    if ((f->flags & SCS_TLS_RESUMED) != 0) {
        return scs_value_unknown(r, "resumed: it is of an earlier handshake");
    }
    return scs_value_text(r, (f->flags & SCS_TLS_CLIENT_CERT_EMPTY) != 0     ? "asked for, none sent"
                             : (f->flags & SCS_TLS_CERTIFICATE_REQUEST) != 0 ? "asked for, not seen"
                                                                             : NULL);
}

/* Warnings such as close_notify end every connection. */
static struct scs_compare_value alerts(const struct scs_compare_reader *r)
{
    const char *why;
    const struct scs_tls_facts *f = facts_of(r, &why);
    if (f == NULL) {
        return scs_value_unknown(r, why);
    }
    struct scs_buf text;
    scs_buf_init(&text, SCS_MAX_VALUE_TEXT);
    for (uint32_t i = 0; i < f->num_alerts; i++) {
        const struct scs_tls_alert *a = &f->alerts[i];
        const char *name = scs_tls_alert_name(a->description);
        if (a->fatal) {
            scs_buf_printf(&text, "%s%s by the %s", text.len == 0 ? "" : ", ", name != NULL ? name : "unassigned",
                           a->from_server ? "server" : "client");
        }
    }
    struct scs_compare_value v = scs_value_text(r, scs_buf_cstr(&text));
    scs_buf_cleanup(&text);
    return v;
}

const struct scs_compare_field *scs_fields_tls(size_t *num)
{
    static const struct scs_compare_field fields[] = {
        {"tls", "TLS", SCS_COMPARE_CAUSE, SCS_MEASURE_TEXT, tls},
        {"tls_handshake", "TLS handshake", SCS_COMPARE_EFFECT, SCS_MEASURE_TEXT, handshake},
        {"tls_offered", "TLS offered up to", SCS_COMPARE_CAUSE, SCS_MEASURE_TEXT, offered},
        {"tls_version", "TLS version", SCS_COMPARE_CAUSE, SCS_MEASURE_TEXT, version},
        {"tls_cipher", "TLS cipher suite", SCS_COMPARE_CAUSE, SCS_MEASURE_TEXT, cipher},
        {"tls_key_exchange", "TLS key exchange", SCS_COMPARE_CIRCUMSTANCE, SCS_MEASURE_TEXT, key_exchange},
        {"tls_sni", "server name (SNI)", SCS_COMPARE_CAUSE, SCS_MEASURE_TEXT, sni},
        {"tls_alpn", "protocol (ALPN)", SCS_COMPARE_CIRCUMSTANCE, SCS_MEASURE_TEXT, alpn},
        {"tls_server_certificate", "server certificate", SCS_COMPARE_CAUSE, SCS_MEASURE_TEXT, server_certificate},
        {"tls_server_certificates", "certificates sent", SCS_COMPARE_CAUSE, SCS_MEASURE_COUNT, chain},
        {"tls_client_certificate", "client certificate", SCS_COMPARE_CAUSE, SCS_MEASURE_TEXT, client_certificate},
        {"tls_alerts", "TLS alerts", SCS_COMPARE_EFFECT, SCS_MEASURE_TEXT, alerts},
    };
    *num = sizeof fields / sizeof fields[0];
    return fields;
}
