/* SPDX-License-Identifier: Apache-2.0 */
/* DNS messages (RFC 1035 4): public addresses go at the standard level, names of hosts when strict. */
#include <string.h>

#include "evidence/scrub_parts.h"

#define MAX_LABELS  128u
#define MAX_RECORDS 256u

enum { TYPE_A = 1, TYPE_NS = 2, TYPE_CNAME = 5, TYPE_SOA = 6, TYPE_PTR = 12, TYPE_MX = 15, TYPE_AAAA = 28, TYPE_SRV = 33 };

/* Moves past a name. With `hide` its labels are replaced; those that a pointer leads to are where they stand first. */
static bool scrub_name(struct scs_scrub *s, struct scs_cursor *c, bool hide, uint8_t *out)
{
    for (unsigned i = 0; i < MAX_LABELS; i++) {
        struct scs_cursor label;
        uint8_t len, low;
        if (!scs_cursor_u8(c, &len)) {
            return false;
        }
        if (len >= 0xc0) {
            return scs_cursor_u8(c, &low);
        }
        if (len == 0) {
            return true;
        }
        if (len > 63 || !scs_cursor_take(c, len, &label)) {
            return false;
        }
        if (hide) {
            scs_disguise_label(s->disguise, &label, out + label.off);
        }
    }
    return false;
}

/* "7.100.51.198.in-addr.arpa": the name is an address. */
static bool is_reverse(struct scs_cursor name)
{
    struct scs_cursor label;
    uint8_t len;
    while (scs_cursor_u8(&name, &len) && len != 0 && len <= 63 && scs_cursor_take(&name, len, &label)) {
        if (scs_cursor_equals_nocase(&label, "in-addr") || scs_cursor_equals_nocase(&label, "ip6")) {
            return true;
        }
    }
    return false;
}

static void scrub_address(struct scs_scrub *s, const struct scs_cursor *data, uint8_t family, uint8_t *out)
{
    struct scs_addr addr = {.family = family};
    struct scs_cursor c = *data;
    size_t len = family == 4 ? 4 : 16;
    if (data->len != len || !scs_cursor_copy(&c, addr.bytes, len)) {
        scs_scrub_blank(data, out);
        return;
    }
    scs_disguise_addr(s->disguise, &addr);
    memcpy(out + data->off, addr.bytes, len);
}

static void scrub_data(struct scs_scrub *s, uint16_t type, struct scs_cursor data, bool hide, uint8_t *out)
{
    struct scs_cursor c = data;
    bool ok = true;
    switch (type) {
    case TYPE_A:
        scrub_address(s, &data, 4, out);
        break;
    case TYPE_AAAA:
        scrub_address(s, &data, 6, out);
        break;
    case TYPE_SRV:
        ok = scs_cursor_skip(&c, 6) && scrub_name(s, &c, hide, out);
        break;
    case TYPE_MX:
        ok = scs_cursor_skip(&c, 2) && scrub_name(s, &c, hide, out);
        break;
    case TYPE_SOA:
        ok = scrub_name(s, &c, hide, out) && scrub_name(s, &c, hide, out);
        break;
    case TYPE_NS:
    case TYPE_CNAME:
    case TYPE_PTR:
        ok = scrub_name(s, &c, hide, out);
        break;
    default:
        ok = false; /* text, client subnets, cookies */
        break;
    }
    if (!ok) {
        scs_scrub_blank(&data, out);
    }
}

static bool scrub_record(struct scs_scrub *s, struct scs_cursor *c, bool strict, uint8_t *out)
{
    struct scs_cursor data;
    uint16_t type, class;
    uint32_t lives;
    bool hide = strict || is_reverse(*c);
    return scrub_name(s, c, hide, out) && scs_cursor_u16be(c, &type) && scs_cursor_u16be(c, &class) &&
           scs_cursor_u32be(c, &lives) && scs_cursor_u16_prefixed(c, &data) && (scrub_data(s, type, data, strict, out), true);
}

void scs_scrub_dns(struct scs_scrub *s, const struct scs_cursor *message, uint8_t *out)
{
    struct scs_cursor c = *message;
    uint16_t id, flags, counts[4];
    bool strict = s->level == SCS_REDACT_STRICT, ok = true;
    if (s->level == SCS_REDACT_SECRETS) {
        return;
    }
    if (!scs_cursor_u16be(&c, &id) || !scs_cursor_u16be(&c, &flags)) {
        scs_scrub_blank(message, out);
        return;
    }
    for (int i = 0; i < 4; i++) {
        ok = ok && scs_cursor_u16be(&c, &counts[i]);
    }
    for (unsigned i = 0; ok && i < counts[0] && i < MAX_RECORDS; i++) {
        ok = scrub_name(s, &c, strict || is_reverse(c), out) && scs_cursor_skip(&c, 4);
    }
    unsigned records = ok ? counts[1] + counts[2] + counts[3] : 0;
    for (unsigned i = 0; ok && i < records && i < MAX_RECORDS; i++) {
        struct scs_cursor before = c;
        ok = scrub_record(s, &c, strict, out);
        c = ok ? c : before;
    }
    scs_scrub_blank(&c, out); /* cut, or nothing of DNS */
}
