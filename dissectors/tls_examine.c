/* SPDX-License-Identifier: Apache-2.0 */
/* What the registry, the fuzzers and the splitting test see of TLS: one direction's records and messages as lines. */
#include "base/text.h"
#include "dissectors/tls.h"
#include "scepscope/dissector.h"

#define MOST_SHOWN 80u

struct examining {
    struct scs_buf *out;
    struct scs_tls_messages messages;
    bool encrypted, tls13;
    enum scs_status status;
};

static void print(struct scs_buf *out, const char *name, const struct scs_cursor *value)
{
    char text[4 * MOST_SHOWN + 8];
    scs_text_clean(value, MOST_SHOWN, text);
    scs_buf_printf(out, "  %s %zu %s\n", name, value->len, text);
}

static void print_hello(struct scs_buf *out, const struct scs_tls_hello *h, enum scs_status st)
{
    char random[65];
    scs_text_hex(h->random, sizeof h->random, random);
    scs_buf_printf(out, "  hello status %d version %x offered %x..%x cipher %x suites %zu id %zu ticket %zu\n", (int)st,
                   h->version, h->min_version, h->max_version, h->cipher, h->suites.len, h->session_id.len, h->ticket.len);
    scs_buf_printf(out, "  random %s retry %d ssl2 %d psk %d early %d ems %d etm %d\n", random, h->retry, h->ssl2, h->psk,
                   h->early_data, h->extended_master_secret, h->encrypt_then_mac);
    print(out, "sni", &h->sni);
    print(out, "alpn", &h->alpn);
}

static void print_certificates(struct examining *x, const struct scs_cursor *body)
{
    struct scs_cursor list, der;
    enum scs_status st = scs_tls_certificate_list(body, x->tls13, &list);
    scs_buf_printf(x->out, "  certificates status %d", (int)st);
    while (st == SCS_OK && scs_tls_certificate(&list, x->tls13, &der)) {
        scs_buf_printf(x->out, " %zu", der.len);
    }
    scs_buf_byte(x->out, '\n');
}

static void on_message(void *ctx, const struct scs_tls_message *m)
{
    struct examining *x = ctx;
    struct scs_tls_hello hello;
    struct scs_cursor part;
    scs_buf_printf(x->out, " message %u length %zu%s\n", m->type, m->body.len, m->whole ? "" : " cut");
    switch (m->type) {
    case SCS_TLS_MSG_CLIENT_HELLO:
        print_hello(x->out, &hello, scs_tls_client_hello(&m->body, &hello));
        break;
    case SCS_TLS_MSG_SERVER_HELLO: {
        enum scs_status st = scs_tls_server_hello(&m->body, &hello);
        x->tls13 = hello.version == 0x0304;
        print_hello(x->out, &hello, st);
        break;
    }
    case SCS_TLS_MSG_ENCRYPTED_EXTENSIONS:
        print_hello(x->out, &hello, scs_tls_encrypted_extensions(&m->body, &hello));
        break;
    case SCS_TLS_MSG_CERTIFICATE:
        print_certificates(x, &m->body);
        break;
    case SCS_TLS_MSG_NEW_SESSION_TICKET:
        if (scs_tls_session_ticket(&m->body, &part) == SCS_OK) {
            scs_buf_printf(x->out, "  ticket %zu\n", part.len);
        }
        break;
    case SCS_TLS_MSG_CLIENT_KEY_EXCHANGE:
        if (scs_tls_rsa_key_exchange(&m->body, 0x0303, &part) == SCS_OK) {
            scs_buf_printf(x->out, "  premaster %zu\n", part.len);
        }
        break;
    default:
        break;
    }
}

static bool on_wants(void *ctx, const struct scs_tls_head *head)
{
    (void)ctx;
    return head->type != SCS_TLS_REC_APPLICATION;
}

static void on_record(void *ctx, const struct scs_tls_head *head, const struct scs_cursor *fragment)
{
    struct examining *x = ctx;
    struct scs_tls_hello hello;
    bool fatal;
    uint8_t description;
    scs_buf_printf(x->out, "record %u version %x length %u\n", head->type, head->version, head->len);
    if (head->type == SCS_TLS_REC_SSL2) {
        print_hello(x->out, &hello, scs_tls_ssl2_hello(fragment, &hello));
    } else if (head->type == SCS_TLS_REC_HANDSHAKE && !x->encrypted) {
        scs_tls_messages_feed(&x->messages, fragment, on_message, x);
    } else if (head->type == SCS_TLS_REC_ALERT && scs_tls_read_alert(fragment, &fatal, &description) == SCS_OK) {
        scs_buf_printf(x->out, " alert %u%s\n", description, fatal ? " fatal" : "");
    } else if (head->type == SCS_TLS_REC_CCS) {
        x->encrypted = true;
    }
}

static void on_lost(void *ctx, unsigned num, uint64_t bytes)
{
    struct examining *x = ctx;
    scs_buf_printf(x->out, "lost %u %llu\n", num, (unsigned long long)bytes);
}

static void on_stop(void *ctx, enum scs_tls_stop why, const struct scs_cursor *bytes)
{
    struct examining *x = ctx;
    struct scs_cursor head = scs_cursor_first(bytes, 5);
    x->status = SCS_MALFORMED;
    print(x->out, why == SCS_TLS_STOP_FOREIGN ? "foreign" : "overflow", &head);
}

static enum scs_status examine(const uint8_t *data, size_t len, size_t cut, struct scs_buf *out)
{
    static const struct scs_tls_record_events events = {.wants = on_wants, .record = on_record, .lost = on_lost, .stop = on_stop};
    struct examining x = {.out = out, .status = SCS_OK};
    struct scs_tls_records records;
    struct scs_cursor rest = scs_cursor_of(data, len), first;
    scs_tls_records_init(&records, false, &events, &x);
    scs_tls_messages_init(&x.messages);
    if (scs_cursor_take(&rest, cut, &first)) {
        scs_tls_records_feed(&records, &first);
    }
    scs_tls_records_feed(&records, &rest);
    if (x.status == SCS_OK && (records.inside || records.head_len != 0 || x.messages.held.len != 0)) {
        x.status = SCS_MORE;
    }
    scs_tls_messages_cleanup(&x.messages);
    scs_tls_records_cleanup(&records);
    return x.status;
}

const struct scs_dissector scs_dissector_tls = {
    .name = "tls",
    .claims = "one direction of a connection that begins with a TLS record or an SSL 2.0 hello",
    .examine = examine,
};
