/* SPDX-License-Identifier: Apache-2.0 */
/*
 *   RFC 1035 4.1: id 2, flags 2, then four counts of 2 bytes: questions, answers, authorities, additional
 *     flags: QR(1) opcode(4) AA(1) TC(1) RD(1) RA(1) Z(3) rcode(4)
 *   question: name, type 2, class 2
 *   record:   name, type 2, class 2, TTL 4, length 2, data
 *   name:     labels of 1 + n bytes up to one of length 0, or a pointer 11xxxxxx xxxxxxxx to an earlier name
 */
#include "dissectors/dns.h"

#include <string.h>

#include "base/buf.h"
#include "scepscope/dissector.h"

#define CLASS_IN        1u
#define FLAG_RESPONSE   0x8000u
#define FLAG_TRUNCATED  0x0200u
#define OPCODE(flags)   ((flags) >> 11 & 0xfu)
#define RCODE(flags)    ((flags)&0xfu)
#define LABEL_KIND      0xc0u
#define POINTER         0xc0u
#define MOST_RECORDS    64u /* looked at in one answer: a chain of aliases and a farm's addresses */
#define LONGEST_ESCAPED 4u  /* "\xNN" */

struct name_text {
    char *out;
    size_t len;
};

/* False when the text has no room for another character and the terminator. */
static bool put(struct name_text *t, uint8_t byte)
{
    static const char digits[] = "0123456789abcdef";
    if (t->len + LONGEST_ESCAPED >= SCS_DNS_NAME_TEXT) {
        return false;
    }
    if (byte <= ' ' || byte >= 0x7f || byte == '.' || byte == '\\') {
        t->out[t->len++] = '\\';
        t->out[t->len++] = 'x';
        t->out[t->len++] = digits[byte >> 4];
        t->out[t->len++] = digits[byte & 0xf];
    } else {
        t->out[t->len++] = (char)(byte >= 'A' && byte <= 'Z' ? byte + 32 : byte);
    }
    return true;
}

static bool put_label(struct name_text *t, struct scs_cursor *label)
{
    if (t->len != 0) {
        if (t->len + 1 >= SCS_DNS_NAME_TEXT) {
            return false;
        }
        t->out[t->len++] = '.';
    }
    uint8_t byte;
    while (scs_cursor_u8(label, &byte)) {
        if (!put(t, byte)) {
            return false;
        }
    }
    return true;
}

/*
 * Reads the name at `c`, which is a part of `message`, and moves past it. RFC 1035 4.1.4. Each pointer must lead further
 * back than everything read before, so there are no loops. `out` holds SCS_DNS_NAME_TEXT characters.
 */
static enum scs_status read_name(const struct scs_cursor *message, struct scs_cursor *c, char *out)
{
    struct name_text text = {.out = out};
    struct scs_cursor at = *c, label;
    uint32_t lowest = c->off;
    bool jumped = false;
    for (;;) {
        uint8_t first, second;
        if (!scs_cursor_peek(&at, 0, &first)) {
            return SCS_MORE;
        }
        if ((first & LABEL_KIND) == POINTER) {
            if (!scs_cursor_u8(&at, &first) || !scs_cursor_u8(&at, &second)) {
                return SCS_MORE;
            }
            if (!jumped) {
                *c = at;
                jumped = true;
            }
            uint32_t target = (first & 0x3fu) << 8 | second;
            at = *message;
            if (target >= lowest || !scs_cursor_skip(&at, target)) {
                return SCS_MALFORMED;
            }
            lowest = target;
            continue;
        }
        if ((first & LABEL_KIND) != 0) {
            return SCS_MALFORMED;
        }
        if (!scs_cursor_u8_prefixed(&at, &label)) {
            return SCS_MORE;
        }
        if (label.len == 0) {
            break;
        }
        if (!put_label(&text, &label)) {
            return SCS_UNSUPPORTED;
        }
    }
    if (text.len == 0) {
        text.out[text.len++] = '.';
    }
    text.out[text.len] = '\0';
    if (!jumped) {
        *c = at;
    }
    return SCS_OK;
}

/* Data of a record that does not fit its type is passed over: the other records still count. */
static enum scs_status keep_record(const struct scs_cursor *message, uint16_t type, struct scs_cursor *data,
                                   struct scs_dns_message *out)
{
    size_t len = type == SCS_DNS_A ? 4 : type == SCS_DNS_AAAA ? 16 : 0;
    if (len != 0 && data->len == len && out->num_addrs < SCS_MAX_LOOKUP_ADDRS) {
        struct scs_addr addr = {.family = len == 4 ? 4 : 6};
        if (scs_cursor_copy(data, addr.bytes, len)) {
            out->addrs[out->num_addrs++] = addr;
        }
    }
    if (type == SCS_DNS_CNAME && out->num_aliases < SCS_MAX_LOOKUP_ALIASES) {
        enum scs_status st = read_name(message, data, out->aliases[out->num_aliases]);
        if (st == SCS_OK) {
            out->num_aliases++;
        }
        return st == SCS_UNSUPPORTED ? SCS_OK : st == SCS_MORE ? SCS_MALFORMED : st;
    }
    return SCS_OK;
}

static enum scs_status read_record(const struct scs_cursor *message, struct scs_cursor *c, struct scs_dns_message *out)
{
    char owner[SCS_DNS_NAME_TEXT];
    struct scs_cursor data;
    uint16_t type, class_of;
    uint32_t ttl;
    enum scs_status st = read_name(message, c, owner);
    if (st != SCS_OK) {
        return st;
    }
    if (!scs_cursor_u16be(c, &type) || !scs_cursor_u16be(c, &class_of) || !scs_cursor_u32be(c, &ttl) ||
        !scs_cursor_u16_prefixed(c, &data)) {
        return SCS_MORE;
    }
    return class_of == CLASS_IN ? keep_record(message, type, &data, out) : SCS_OK;
}

static enum scs_status read_question(const struct scs_cursor *message, struct scs_cursor *c, struct scs_dns_message *out)
{
    uint16_t class_of;
    enum scs_status st = read_name(message, c, out->name);
    if (st != SCS_OK) {
        return st == SCS_MORE ? SCS_MALFORMED : st;
    }
    if (!scs_cursor_u16be(c, &out->type) || !scs_cursor_u16be(c, &class_of)) {
        return SCS_MALFORMED;
    }
    return class_of == CLASS_IN ? SCS_OK : SCS_UNSUPPORTED;
}

enum scs_status scs_dns_read(const struct scs_cursor *in, struct scs_dns_message *out)
{
    const struct scs_cursor message = scs_cursor_of(in->p, in->len);
    struct scs_cursor c = message;
    uint16_t flags, questions, authorities, additional;
    *out = (struct scs_dns_message){0};
    if (!scs_cursor_u16be(&c, &out->id) || !scs_cursor_u16be(&c, &flags) || !scs_cursor_u16be(&c, &questions) ||
        !scs_cursor_u16be(&c, &out->num_records) || !scs_cursor_u16be(&c, &authorities) || !scs_cursor_u16be(&c, &additional)) {
        return SCS_MALFORMED;
    }
    if (OPCODE(flags) != 0 || questions != 1) {
        return SCS_UNSUPPORTED;
    }
    out->response = (flags & FLAG_RESPONSE) != 0;
    out->truncated = (flags & FLAG_TRUNCATED) != 0;
    out->rcode = RCODE(flags);
    enum scs_status st = read_question(&message, &c, out);
    for (uint32_t i = 0; st == SCS_OK && i < out->num_records && i < MOST_RECORDS; i++) {
        st = read_record(&message, &c, out);
    }
    return st;
}

static enum scs_status examine(const uint8_t *data, size_t len, size_t cut, struct scs_buf *out)
{
    (void)cut;
    struct scs_cursor c = scs_cursor_of(data, len);
    struct scs_dns_message m;
    char text[SCS_ENDPOINT_TEXT];
    enum scs_status st = scs_dns_read(&c, &m);
    scs_buf_printf(out, "status %d\n", (int)st);
    if (st != SCS_OK && st != SCS_MORE) {
        return st;
    }
    scs_buf_printf(out, "id %u %s rcode %u%s\n", m.id, m.response ? "response" : "query", m.rcode, m.truncated ? " cut" : "");
    scs_buf_printf(out, "question %s type %u records %u\n", m.name, m.type, m.num_records);
    for (uint32_t i = 0; i < m.num_aliases; i++) {
        scs_buf_printf(out, "alias of %s\n", m.aliases[i]);
    }
    for (uint32_t i = 0; i < m.num_addrs; i++) {
        scs_buf_printf(out, "address %s\n", scs_addr_text(&m.addrs[i], text));
    }
    return st;
}

const struct scs_dissector scs_dissector_dns = {
    .name = "dns",
    .claims = "UDP and TCP port 53",
    .examine = examine,
};
