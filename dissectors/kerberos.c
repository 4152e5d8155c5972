/* SPDX-License-Identifier: Apache-2.0 */
/*
 *   RFC 4120 5.4.1  KDC-REQ:   [APPLICATION 10 or 12] SEQUENCE { ..., [4] SEQUENCE { ..., [1] cname, [2] realm, ... } }
 *            5.4.2  KDC-REP:   [APPLICATION 11 or 13] SEQUENCE { ..., [3] crealm, [4] cname, ... }
 *            5.9.1  KRB-ERROR: [APPLICATION 30] SEQUENCE { ..., [6] error-code, [7] crealm, [8] cname, ... }
 *            5.2.2  PrincipalName: SEQUENCE { [0] name-type INTEGER, [1] SEQUENCE OF GeneralString }
 */
#include "dissectors/kerberos.h"

#include "base/ber.h"
#include "base/buf.h"
#include "scepscope/dissector.h"

#define APPLICATION    0x60u
#define NUMBER         0x1fu
#define FIELD(n)       (0xa0u + (n))
#define GENERAL_STRING 0x1bu
#define MOST_PARTS     4u /* of a principal's name: "host/ndes.contoso.com" has two */

struct fields {
    uint8_t body, realm, name, error; /* numbers; 0: none */
};

static const struct fields *fields_of(uint8_t type)
{
    static const struct fields request = {.body = 4}, reply = {.realm = 3, .name = 4},
                               error = {.realm = 7, .name = 8, .error = 6};
    switch (type) {
    case SCS_KERBEROS_AS_REQ:
    case SCS_KERBEROS_TGS_REQ:
        return &request;
    case SCS_KERBEROS_AS_REP:
    case SCS_KERBEROS_TGS_REP:
        return &reply;
    case SCS_KERBEROS_ERROR:
        return &error;
    default:
        return NULL;
    }
}

/* What is gathered of the account while the fields go by: name first or realm first. */
struct account {
    struct scs_cursor parts[MOST_PARTS], realm;
    unsigned num_parts;
};

static void read_name(const struct scs_cursor *field, struct account *a)
{
    struct scs_cursor c = *field;
    struct scs_ber sequence, e, list;
    if (scs_ber_expect(&c, SCS_BER_SEQUENCE, &sequence) != SCS_OK) {
        return;
    }
    c = sequence.contents;
    while (scs_ber_next(&c, &e) == SCS_OK) {
        if (e.tag == FIELD(1) && scs_ber_expect(&e.contents, SCS_BER_SEQUENCE, &list) == SCS_OK) {
            struct scs_ber part;
            while (a->num_parts < MOST_PARTS && scs_ber_expect(&list.contents, GENERAL_STRING, &part) == SCS_OK) {
                a->parts[a->num_parts++] = part.contents;
            }
        }
    }
}

static void read_realm(const struct scs_cursor *field, struct account *a)
{
    struct scs_cursor c = *field;
    struct scs_ber text;
    if (scs_ber_expect(&c, GENERAL_STRING, &text) == SCS_OK) {
        a->realm = text.contents;
    }
}

static void read_error(const struct scs_cursor *field, struct scs_kerberos *out)
{
    struct scs_cursor c = *field;
    struct scs_ber number;
    if (scs_ber_expect(&c, SCS_BER_INTEGER, &number) == SCS_OK && !scs_ber_small_int(&number.contents, &out->error)) {
        out->error = 0;
    }
}

/* Reads the fields of one SEQUENCE; the account's fields are [name] and [realm] in it. */
static enum scs_status read_fields(struct scs_cursor c, const struct fields *f, struct account *a, struct scs_kerberos *out,
                                   struct scs_cursor *out_body)
{
    while (!scs_cursor_done(&c)) {
        struct scs_ber e = {0};
        enum scs_status st = scs_ber_next(&c, &e);
        if (st == SCS_OK || (st == SCS_MORE && f->body != 0 && e.tag == FIELD(f->body))) {
            if (f->name != 0 && e.tag == FIELD(f->name)) {
                read_name(&e.contents, a);
            } else if (f->realm != 0 && e.tag == FIELD(f->realm)) {
                read_realm(&e.contents, a);
            } else if (f->error != 0 && e.tag == FIELD(f->error)) {
                read_error(&e.contents, out);
            } else if (f->body != 0 && e.tag == FIELD(f->body)) {
                *out_body = e.contents;
            }
        }
        if (st != SCS_OK) {
            return st;
        }
    }
    return SCS_OK;
}

static const char *account_text(const struct account *a, struct scs_arena *keep)
{
    if (a->num_parts == 0) {
        return NULL;
    }
    struct scs_buf joined;
    scs_buf_init(&joined, SCS_MAX_TEXT);
    for (unsigned i = 0; i < a->num_parts; i++) {
        scs_buf_text(&joined, i != 0 ? "/" : "");
        scs_buf_add(&joined, a->parts[i].p, a->parts[i].len);
    }
    if (a->realm.len != 0) {
        scs_buf_byte(&joined, '@');
        scs_buf_add(&joined, a->realm.p, a->realm.len);
    }
    struct scs_cursor bytes = scs_buf_cursor(&joined);
    const char *text = scs_arena_text(keep, &bytes, SCS_MAX_TEXT);
    scs_buf_cleanup(&joined);
    return text;
}

enum scs_status scs_kerberos_read(const struct scs_cursor *in, struct scs_arena *keep, struct scs_kerberos *out)
{
    static const struct fields request_body = {.name = 1, .realm = 2};
    struct scs_cursor c = *in, body = {0}, none;
    struct scs_ber application = {0}, sequence = {0};
    struct account account = {0};
    uint8_t tag;
    *out = (struct scs_kerberos){0};
    if (!scs_ber_peek_tag(&c, &tag) || (tag & ~NUMBER) != APPLICATION) {
        return SCS_MALFORMED;
    }
    const struct fields *f = fields_of(tag & NUMBER);
    enum scs_status whole = scs_ber_next(&c, &application);
    if (f == NULL || (whole != SCS_OK && whole != SCS_MORE)) {
        return SCS_MALFORMED;
    }
    c = application.contents;
    enum scs_status st = scs_ber_expect(&c, SCS_BER_SEQUENCE, &sequence);
    if (st != SCS_OK && st != SCS_MORE) {
        return SCS_MALFORMED;
    }
    out->type = tag & NUMBER;
    st = read_fields(sequence.contents, f, &account, out, &body);
    struct scs_ber inner = {0};
    enum scs_status inside = body.len == 0 ? SCS_MALFORMED : scs_ber_expect(&body, SCS_BER_SEQUENCE, &inner);
    if (inside == SCS_OK || inside == SCS_MORE) {
        /* What is cut inside is cut outside too. */
        (void)read_fields(inner.contents, &request_body, &account, out, &none);
    }
    out->account = account_text(&account, keep);
    return st == SCS_MALFORMED ? SCS_MALFORMED : whole;
}

static enum scs_status examine(const uint8_t *data, size_t len, size_t cut, struct scs_buf *out)
{
    (void)cut;
    struct scs_cursor c = scs_cursor_of(data, len);
    struct scs_arena *arena = scs_arena_new();
    struct scs_kerberos m;
    enum scs_status st = scs_kerberos_read(&c, arena, &m);
    scs_buf_printf(out, "status %d\n", (int)st);
    if (st != SCS_MALFORMED) {
        scs_buf_printf(out, "type %u error %d account %s\n", m.type, (int)m.error, m.account != NULL ? m.account : "-");
    }
    scs_arena_free(arena);
    return st;
}

const struct scs_dissector scs_dissector_kerberos = {
    .name = "kerberos",
    .claims = "TCP and UDP port 88",
    .examine = examine,
};
