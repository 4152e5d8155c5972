/* SPDX-License-Identifier: Apache-2.0 */
/* One connection: ends, times, losses, and what its TLS showed. */
#include <stdio.h>

#include "report/json_parts.h"

static const struct scs_flag_word connection_words[] = {
    {SCS_CONN_MIDSTREAM, "midstream"},
    {SCS_CONN_ONE_WAY, "one_way"},
    {SCS_CONN_SNAPLEN, "snap_length"},
    {SCS_CONN_NAMED_SERVER, "named_server"},
    {SCS_CONN_SCEP_SERVER, "scep_server"},
    {SCS_CONN_TLS, "tls"},
    {SCS_CONN_OUTGROWN, "limit_reached"},
    {SCS_CONN_LOOPBACK, "loopback"},
    {SCS_CONN_PORT_REUSED, "port_reused"},
    {SCS_CONN_SYN_FORGOTTEN, "syn_forgotten"},
    {SCS_CONN_CA_SIDE, "ca_side"},
    {SCS_CONN_BY_SERVER, "by_scep_server"},
    {0, NULL},
};

/* Numbers that are zero on a healthy connection are left out. */
static void count_if(struct scs_json *w, const char *name, uint64_t value)
{
    if (value != 0) {
        scs_json_count(w, name, value);
    }
}

static void half(struct scs_json *w, const char *name, const struct scs_half *h)
{
    if (h->packets == 0) {
        return;
    }
    scs_json_begin_object(w, name);
    scs_json_count(w, "packets", h->packets);
    scs_json_count(w, "bytes", h->bytes);
    count_if(w, "retransmissions", h->retransmissions);
    count_if(w, "worst_retransmissions", h->worst_retransmissions);
    count_if(w, "worst_segment_length", h->worst_retransmissions != 0 ? h->worst_len : 0);
    scs_json_frame(w, "worst_segment_frame", h->worst_retransmissions != 0 ? h->worst_frame : 0);
    count_if(w, "missing_bytes", h->missing_bytes);
    count_if(w, "cut_bytes", h->cut_bytes);
    count_if(w, "zero_windows", h->zero_windows);
    scs_json_ms(w, "zero_window_ms", h->zero_windows != 0 ? h->zero_window_ns : SCS_NO_TIME);
    count_if(w, "largest_segment", h->largest_segment);
    count_if(w, "unacknowledged_bytes", h->unacked_bytes);
    scs_json_frame(w, "fin_frame", h->fin_frame);
    scs_json_frame(w, "rst_frame", h->rst_frame);
    scs_json_end_object(w);
}

static void icmp(struct scs_json_report *r, const struct scs_icmp_seen *seen)
{
    struct scs_json *w = &r->w;
    scs_json_begin_object(w, NULL);
    scs_json_frame(w, "frame", seen->frame);
    scs_json_time(w, "time", seen->ts_ns);
    scs_json_text(w, "from", scs_redact_addr(r->ctx->redactor, &seen->from));
    scs_json_count(w, "version", seen->family);
    scs_json_count(w, "type", seen->type);
    scs_json_count(w, "code", seen->code);
    count_if(w, "mtu", seen->mtu);
    scs_json_text(w, "about", seen->for_client_packet ? "client" : "server");
    scs_json_end_object(w);
}

static const struct scs_flag_word tls_words[] = {
    {SCS_TLS_HELLO_RETRY, "hello_retry"},
    {SCS_TLS_RESUMED, "resumed"},
    {SCS_TLS_CERTIFICATE_REQUEST, "client_certificate_requested"},
    {SCS_TLS_CLIENT_CERT_EMPTY, "client_certificate_absent"},
    {SCS_TLS_HANDSHAKE_DONE, "handshake_done"},
    {SCS_TLS_APP_DATA, "application_data"},
    {SCS_TLS_RENEGOTIATED, "renegotiated"},
    {SCS_TLS_PLAINTEXT, "plain_http"},
    {SCS_TLS_IN_CONNECT, "in_connect_tunnel"},
    {SCS_TLS_SSL2_HELLO, "ssl2_hello"},
    {SCS_TLS_CLOSE_NOTIFY_CLIENT, "close_notify_by_client"},
    {SCS_TLS_CLOSE_NOTIFY_SERVER, "close_notify_by_server"},
    {SCS_TLS_MIDSTREAM, "midstream"},
    {SCS_TLS_GAP, "capture_gap"},
    {SCS_TLS_QUIC, "quic"},
    {0, NULL},
};

static void tls_alert(struct scs_json *w, const struct scs_tls_alert *a)
{
    char number[8];
    const char *name = scs_tls_alert_name(a->description);
    snprintf(number, sizeof number, "%u", a->description);
    scs_json_begin_object(w, NULL);
    scs_json_text(w, "from", a->from_server ? "server" : "client");
    scs_json_text(w, "level", a->fatal ? "fatal" : "warning");
    scs_json_text(w, "description", name != NULL ? name : number);
    scs_json_frame(w, "frame", a->frame);
    scs_json_true(w, "encrypted", a->encrypted);
    scs_json_end_object(w);
}

static void tls_facts(struct scs_json_report *r, const struct scs_tls_facts *f)
{
    struct scs_json *w = &r->w;
    scs_json_text(w, "version", scs_tls_version_name(f->version));
    scs_json_text(w, "cipher", f->cipher_name);
    scs_json_text(w, "key_exchange", f->key_exchange);
    scs_json_text(w, "alpn", f->alpn);
    scs_json_text(w, "key_source", f->key_source);
    scs_json_flags(w, "notes", f->flags, tls_words);
    if (f->num_alerts != 0) {
        scs_json_begin_array(w, "alerts");
        for (uint32_t i = 0; i < f->num_alerts; i++) {
            tls_alert(w, &f->alerts[i]);
        }
        scs_json_end_array(w);
    }
    scs_json_frame(w, "client_hello_frame", f->client_hello_frame);
    scs_json_frame(w, "server_hello_frame", f->server_hello_frame);
    scs_json_frame(w, "certificate_frame", f->certificate_frame);
    if (f->server_certificate != NULL) {
        scs_json_certificate(r, "server_certificate", f->server_certificate, SCS_CERT_OF_AUTHORITY);
        scs_json_count(w, "server_certificates", f->num_server_certificates);
    }
    if (f->client_certificate != NULL) {
        scs_json_certificate(r, "client_certificate", f->client_certificate, SCS_CERT_OF_DEVICE);
    }
}

static void tls(struct scs_json_report *r, const struct scs_connection *c)
{
    if ((c->flags & SCS_CONN_TLS) == 0 && c->tls == NULL) {
        return;
    }
    const struct scs_tls_facts *f = c->tls;
    bool decrypted = f != NULL && (f->flags & SCS_TLS_DECRYPTED) != 0;
    scs_json_begin_object(&r->w, "tls");
    scs_json_text(&r->w, "sni", scs_redact_host(r->ctx->redactor, f != NULL ? f->sni : NULL));
    scs_json_bool(&r->w, "decrypted", decrypted);
    if (!decrypted) {
        const char *why = f != NULL ? f->why_not : NULL;
        scs_json_text(&r->w, "why_not", why != NULL ? why : "its handshake was not followed");
    }
    if (f != NULL) {
        tls_facts(r, f);
    }
    scs_json_end_object(&r->w);
}

static void handshake(struct scs_json *w, const struct scs_connection *c)
{
    scs_json_count(w, "syn_tries", c->syn_tries);
    count_if(w, "synack_tries", c->synack_tries);
    if (c->syn_ns != SCS_NO_TIME && c->handshake_ns != SCS_NO_TIME && (c->flags & SCS_CONN_HANDSHAKE) != 0) {
        scs_json_ms(w, "handshake_ms", c->handshake_ns - c->syn_ns);
    }
}

void scs_json_connection(struct scs_json_report *r, const struct scs_connection *c)
{
    struct scs_json *w = &r->w;
    const struct scs_capture_facts *capture = r->ctx->model->capture;
    scs_json_begin_object(w, NULL);
    scs_json_count(w, "id", c->id);
    if ((c->flags & SCS_CONN_STREAM_KNOWN) != 0) {
        scs_json_count(w, "stream", c->stream);
    }
    scs_json_text(w, "client", scs_redact_endpoint(r->ctx->redactor, &c->client));
    scs_json_text(w, "server", scs_redact_endpoint(r->ctx->redactor, &c->server));
    scs_json_text(w, "host", scs_redact_host(r->ctx->redactor, c->host));
    scs_json_time(w, "opened", c->opened_ns);
    scs_json_time(w, "last", c->last_ns);
    scs_json_text(w, "state", scs_connection_state_name(c->state));
    handshake(w, c);
    scs_json_count(w, "retransmissions", (uint64_t)c->half[0].retransmissions + c->half[1].retransmissions);
    scs_json_count(w, "missing_bytes", c->half[0].missing_bytes + c->half[1].missing_bytes);
    count_if(w, "duplicates", c->duplicates);
    scs_json_frame(w, "first_frame", c->first_frame);
    scs_json_frame(w, "last_frame", c->last_frame);
    scs_json_file(r, c->first_frame);
    if (c->interface < capture->num_interfaces) {
        scs_json_text(w, "interface", capture->interfaces[c->interface].name);
    }
    scs_json_count(w, "exchanges", c->num_exchanges);
    scs_json_flags(w, "notes", c->flags, connection_words);
    half(w, "to_server", &c->half[SCS_TO_SERVER]);
    half(w, "to_client", &c->half[SCS_TO_CLIENT]);
    if (c->num_icmp != 0) {
        scs_json_begin_array(w, "icmp");
        for (uint32_t i = 0; i < c->num_icmp; i++) {
            icmp(r, &c->icmp[i]);
        }
        scs_json_end_array(w);
    }
    tls(r, c);
    scs_json_end_object(w);
}
