/* SPDX-License-Identifier: Apache-2.0 */
/* Extensions of certificates and certificate requests (RFC 5280 4.2). */
#include <string.h>

#include "dissectors/cms.h"
#include "dissectors/oid.h"
#include "dissectors/x509.h"
#include "dissectors/x509_parts.h"
#include "scepscope/net.h"

/* GeneralName ::= CHOICE, by context tag (RFC 5280 4.2.1.6). */
enum {
    NAME_OTHER = 0xa0,
    NAME_EMAIL = 0x81,
    NAME_DNS = 0x82,
    NAME_DIRECTORY = 0xa4,
    NAME_URI = 0x86,
    NAME_IP = 0x87,
    NAME_REGISTERED_ID = 0x88
};

static bool is_oid(const struct scs_cursor *oid, const char *octets, size_t len)
{
    return oid->len == len && memcmp(oid->p, octets, len) == 0;
}

static void read_key_usage(struct scs_cursor value, struct scs_cert_facts *out)
{
    struct scs_ber bits;
    uint8_t unused, octet;
    if (scs_ber_expect(&value, SCS_BER_BIT_STRING, &bits) != SCS_OK || !scs_cursor_u8(&bits.contents, &unused)) {
        return;
    }
    out->flags |= SCS_CERT_HAS_KU;
    /* Bit 0 is the highest bit of the first octet; decipherOnly (8) begins the second. */
    for (unsigned first = 0; first < 16 && scs_cursor_u8(&bits.contents, &octet); first += 8) {
        for (unsigned bit = 0; bit < 8; bit++) {
            if ((octet & 0x80u >> bit) != 0) {
                out->key_usage |= (uint16_t)(1u << (first + bit));
            }
        }
    }
}

static void read_basic_constraints(struct scs_cursor value, struct scs_cert_facts *out)
{
    struct scs_ber sequence, ca;
    uint8_t octet;
    if (scs_ber_expect(&value, SCS_BER_SEQUENCE, &sequence) != SCS_OK) {
        return;
    }
    out->flags |= SCS_CERT_HAS_BC;
    if (scs_ber_expect(&sequence.contents, SCS_BER_BOOLEAN, &ca) == SCS_OK && scs_cursor_u8(&ca.contents, &octet) && octet != 0) {
        out->flags |= SCS_CERT_IS_CA;
    }
}

static uint32_t eku_flag(const char *name)
{
    static const struct {
        const char *name;
        uint32_t flag;
    } flags[] = {
        {"clientAuth", SCS_CERT_EKU_CLIENT_AUTH},
        {"serverAuth", SCS_CERT_EKU_SERVER_AUTH},
        {"certRequestAgent", SCS_CERT_EKU_REQUEST_AGENT},
        {"anyExtendedKeyUsage", SCS_CERT_EKU_ANY},
    };
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
        if (strcmp(name, flags[i].name) == 0) {
            return flags[i].flag;
        }
    }
    return 0;
}

static void read_ext_key_usage(struct scs_cursor value, struct scs_arena *arena, struct scs_cert_facts *out)
{
    struct scs_ber sequence, oid;
    const char *names[SCS_MAX_NAMES];
    uint32_t num = 0;
    if (scs_ber_expect(&value, SCS_BER_SEQUENCE, &sequence) == SCS_MALFORMED) {
        return;
    }
    out->flags |= SCS_CERT_HAS_EKU;
    while (num < SCS_MAX_NAMES && scs_ber_expect(&sequence.contents, SCS_BER_OID, &oid) == SCS_OK) {
        names[num] = scs_oid_name(&oid.contents, arena);
        out->flags |= eku_flag(names[num++]);
    }
    out->ekus = scs_arena_dup(arena, names, num * sizeof *names);
    out->num_ekus = num;
}

/* OtherName ::= SEQUENCE { type-id OID, value [0] EXPLICIT ANY }; Windows puts the user principal name there. */
static const char *other_name(struct scs_cursor c, struct scs_arena *arena)
{
    struct scs_ber type, wrapper, value;
    if (scs_ber_expect(&c, SCS_BER_OID, &type) != SCS_OK) {
        return NULL;
    }
    const char *text = NULL;
    if (scs_ber_expect(&c, 0xa0, &wrapper) == SCS_OK && scs_ber_next(&wrapper.contents, &value) == SCS_OK) {
        text = scs_x509_string(&value, arena, SCS_MAX_NAME_TEXT);
    }
    if (text != NULL && is_oid(&type.contents, "\x2b\x06\x01\x04\x01\x82\x37\x14\x02\x03", 10)) {
        return scs_arena_printf(arena, "UPN:%s", text);
    }
    return scs_arena_printf(arena, "other:%s%s%s", scs_oid_name(&type.contents, arena), text == NULL ? "" : "=",
                            text == NULL ? "" : text);
}

static const char *ip_name(const struct scs_cursor *contents, struct scs_arena *arena)
{
    struct scs_addr addr = {0};
    struct scs_cursor c = *contents;
    char text[SCS_ENDPOINT_TEXT];
    if ((c.len != 4 && c.len != 16) || !scs_cursor_copy(&c, addr.bytes, c.len)) {
        return scs_arena_printf(arena, "IP:%s", scs_arena_hex(arena, contents->p, contents->len < 64 ? contents->len : 64));
    }
    addr.family = contents->len == 4 ? 4 : 6;
    return scs_arena_printf(arena, "IP:%s", scs_addr_text(&addr, text));
}

static const char *plain_name(const char *prefix, const struct scs_cursor *contents, struct scs_arena *arena)
{
    return scs_arena_printf(arena, "%s%s", prefix, scs_arena_text(arena, contents, SCS_MAX_NAME_TEXT));
}

/* NULL for the kinds that nobody uses (X.400, EDI). */
static const char *general_name(const struct scs_ber *e, struct scs_arena *arena)
{
    struct scs_cursor c = e->contents;
    struct scs_ber name;
    switch (e->tag) {
    case NAME_OTHER:
        return other_name(c, arena);
    case NAME_EMAIL:
        return plain_name("email:", &c, arena);
    case NAME_DNS:
        return plain_name("DNS:", &c, arena);
    case NAME_URI:
        return plain_name("URI:", &c, arena);
    case NAME_IP:
        return ip_name(&c, arena);
    case NAME_REGISTERED_ID:
        return scs_arena_printf(arena, "RID:%s", scs_oid_name(&c, arena));
    case NAME_DIRECTORY:
        if (scs_ber_expect(&c, SCS_BER_SEQUENCE, &name) == SCS_MALFORMED) {
            return NULL;
        }
        return scs_arena_printf(arena, "DirName:%s", scs_x509_name(&name.contents, arena));
    default:
        return NULL;
    }
}

static void read_alt_names(struct scs_cursor value, struct scs_arena *arena, struct scs_cert_facts *out)
{
    struct scs_ber sequence, e;
    const char *names[SCS_MAX_NAMES];
    uint32_t num = 0;
    if (scs_ber_expect(&value, SCS_BER_SEQUENCE, &sequence) == SCS_MALFORMED) {
        return;
    }
    while (num < SCS_MAX_NAMES && scs_ber_next(&sequence.contents, &e) == SCS_OK) {
        const char *text = general_name(&e, arena);
        if (text != NULL) {
            names[num++] = text;
        }
    }
    out->sans = scs_arena_dup(arena, names, num * sizeof *names);
    out->num_sans = num;
}

/* The identifiers are hashes of 20 or 32 bytes; what is longer is cut. */
static const char *identifier(const struct scs_ber *e, struct scs_arena *arena)
{
    struct scs_cursor shown = scs_cursor_first(&e->contents, 64);
    return scs_arena_hex(arena, shown.p, shown.len);
}

static void read_key_identifiers(uint8_t which, struct scs_cursor value, struct scs_arena *arena, struct scs_cert_facts *out)
{
    struct scs_ber outer, id;
    if (which == 14 && scs_ber_expect(&value, SCS_BER_OCTET_STRING, &id) == SCS_OK) {
        out->ski = identifier(&id, arena);
    }
    if (which == 35 && scs_ber_expect(&value, SCS_BER_SEQUENCE, &outer) == SCS_OK &&
        scs_ber_expect(&outer.contents, 0x80, &id) == SCS_OK) {
        out->aki = identifier(&id, arena);
    }
}

/* All that we read are arcs of 2.5.29. */
static void read_extension(const struct scs_cursor *oid, struct scs_cursor value, struct scs_arena *arena,
                           struct scs_cert_facts *out)
{
    uint8_t arc;
    if (oid->len != 3 || !scs_cursor_starts(oid, "\x55\x1d") || !scs_cursor_peek(oid, 2, &arc)) {
        return;
    }
    switch (arc) {
    case 14:
    case 35:
        read_key_identifiers(arc, value, arena, out);
        break;
    case 15:
        read_key_usage(value, out);
        break;
    case 17:
        read_alt_names(value, arena, out);
        break;
    case 19:
        read_basic_constraints(value, out);
        break;
    case 37:
        read_ext_key_usage(value, arena, out);
        break;
    default:
        break;
    }
}

void scs_x509_extensions(const struct scs_cursor *extensions, struct scs_arena *arena, struct scs_cert_facts *out)
{
    struct scs_cursor c = *extensions;
    struct scs_ber extension, oid, critical, value;
    while (scs_ber_expect(&c, SCS_BER_SEQUENCE, &extension) == SCS_OK) {
        struct scs_cursor e = extension.contents;
        if (scs_ber_expect(&e, SCS_BER_OID, &oid) != SCS_OK) {
            return;
        }
        /* `critical` says nothing a report needs. */
        (void)scs_ber_expect(&e, SCS_BER_BOOLEAN, &critical);
        if (scs_ber_expect(&e, SCS_BER_OCTET_STRING, &value) != SCS_OK) {
            return;
        }
        read_extension(&oid.contents, value.contents, arena, out);
    }
}
