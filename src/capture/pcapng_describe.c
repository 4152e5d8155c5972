/* SPDX-License-Identifier: Apache-2.0 */
/* The pcapng blocks that describe packets: sections (4.1), interfaces (4.2), their statistics (4.6), TLS secrets (4.7). */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/xalloc.h"
#include "capture/marker.h"
#include "capture/pcapng.h"
#include "capture/stamp.h"

#define OPTION_END         0u
#define OPTION_COMMENT     1u
#define OPTION_IF_NAME     2u
#define OPTION_IF_DESC     3u
#define OPTION_IF_TSRESOL  9u
#define OPTION_IF_TSOFFSET 14u
#define OPTION_USERAPPL    4u
#define OPTION_EPB_ID      5u
#define OPTION_EPB_VERDICT 7u
#define VERDICT_XDP        2u /* Linux's eBPF XDP, whose values etl2pcapng borrows for pktmon's drops */
#define XDP_DROP           1u
#define OPTION_ISB_START   2u
#define OPTION_ISB_END     3u
#define OPTION_ISB_IFDROP  5u
#define OPTION_ISB_OSDROP  7u
#define DEFAULT_TSRESOL    6u /* microseconds */
#define TLS_KEY_LOG        0x544c534bu
/* Counters above this are no counts: dumpcap writes all ones for "unknown". */
#define MAX_DROP_COUNT (UINT64_C(1) << 48)

/* The next option (3.5); false at the end, and where the list is cut or damaged. */
static bool next_option(struct scs_cursor *c, bool big_endian, uint16_t *code, struct scs_cursor *value)
{
    uint16_t len;
    if (!scs_cursor_u16(c, big_endian, code) || !scs_cursor_u16(c, big_endian, &len) || *code == OPTION_END ||
        !scs_cursor_take(c, len, value)) {
        return false;
    }
    size_t padding = (4 - len % 4u) % 4u;
    return scs_cursor_skip(c, padding < c->len ? padding : c->len);
}

void scs_pcapng_read_marks(struct scs_cursor options, bool big_endian, struct scs_pcapng_marks *out)
{
    struct scs_cursor value;
    uint16_t code;
    while (next_option(&options, big_endian, &code, &value)) {
        uint8_t kind;
        uint64_t verdict;
        if (code == OPTION_EPB_ID && value.len == 8 && !scs_cursor_u64(&value, big_endian, &out->id)) {
            out->id = 0;
        } else if (code == OPTION_EPB_VERDICT && value.len == 9 && scs_cursor_u8(&value, &kind) && kind == VERDICT_XDP &&
                   scs_cursor_u64(&value, big_endian, &verdict)) {
            out->host_dropped = verdict == XDP_DROP;
        }
    }
}

void scs_pcapng_begin_section(struct scs_reader *r, bool big_endian)
{
    struct scs_pcapng *ng = &r->pcapng;
    ng->big_endian = big_endian;
    ng->num_before = ng->num_interfaces;
    ng->num_interfaces = 0;
}

void scs_pcapng_cleanup(struct scs_pcapng *ng)
{
    free(ng->interfaces);
    *ng = (struct scs_pcapng){0};
}

/* An evidence file of this program's own says so, and what was hidden in it. */
static void read_section(struct scs_reader *r, struct scs_cursor body)
{
    static const char *const levels[] = {"secrets", "standard", "strict"};
    struct scs_cursor value, line;
    uint16_t code;
    r->pcapng.evidence = false;
    if (!scs_cursor_skip(&body, 16)) {
        return;
    }
    while (next_option(&body, r->pcapng.big_endian, &code, &value)) {
        if (code == OPTION_USERAPPL) {
            r->pcapng.evidence = scs_cursor_starts(&value, SCS_EVIDENCE_PROGRAM);
        }
        while (code == OPTION_COMMENT && scs_cursor_line(&value, &line)) {
            if (!scs_cursor_starts(&line, SCS_EVIDENCE_REDACTED) || !scs_cursor_skip(&line, strlen(SCS_EVIDENCE_REDACTED))) {
                continue;
            }
            for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++) {
                r->inventory->redacted = scs_cursor_equals(&line, levels[i]) ? levels[i] : r->inventory->redacted;
            }
        }
    }
}

static void read_interface_options(struct scs_reader *r, struct scs_cursor options, struct scs_pcapng_interface *it,
                                   struct scs_interface *seen)
{
    bool big = r->pcapng.big_endian;
    struct scs_arena *arena = r->inventory->arena;
    struct scs_cursor value;
    uint16_t code;
    uint64_t offset;
    while (next_option(&options, big, &code, &value)) {
        if (code == OPTION_IF_NAME && value.len != 0) {
            seen->name = scs_arena_text(arena, &value, SCS_MAX_TEXT);
        } else if (code == OPTION_IF_DESC && value.len != 0) {
            seen->description = scs_arena_text(arena, &value, SCS_MAX_TEXT);
        } else if (code == OPTION_IF_TSRESOL && value.len == 1) {
            it->resolution = scs_cursor_u8(&value, &it->resolution) ? it->resolution : DEFAULT_TSRESOL;
        } else if (code == OPTION_IF_TSOFFSET && scs_cursor_u64(&value, big, &offset)) {
            /* Two's complement, written without relying on the conversion of large values. */
            it->offset_s = offset <= INT64_MAX ? (int64_t)offset : -(int64_t)(UINT64_MAX - offset) - 1;
        }
    }
}

/*
 * Files of a ring buffer that were put together repeat their interfaces in every section: the same one
 * at the same place is not counted again.
 */
static bool same_as_before(const struct scs_reader *r, uint32_t index, const struct scs_interface *seen)
{
    const struct scs_pcapng *ng = &r->pcapng;
    if (index >= ng->num_before || !ng->interfaces[index].known) {
        return false;
    }
    const struct scs_interface *old = &r->inventory->interfaces[ng->interfaces[index].interface];
    return old->link_type == seen->link_type && old->snap_len == seen->snap_len && scs_text_equal(old->name, seen->name) &&
           scs_text_equal(old->description, seen->description);
}

static void read_interface(struct scs_reader *r, struct scs_cursor body)
{
    struct scs_pcapng *ng = &r->pcapng;
    bool big = ng->big_endian;
    struct scs_pcapng_interface it = {.resolution = DEFAULT_TSRESOL};
    struct scs_interface seen = {.file = r->file};
    uint16_t reserved;
    uint32_t index = ng->num_interfaces;
    if (index >= SCS_MAX_INTERFACES) {
        return;
    }
    /* A block too short to describe anything still takes a number. */
    if (scs_cursor_u16(&body, big, &it.link_type) && scs_cursor_u16(&body, big, &reserved) &&
        scs_cursor_u32(&body, big, &it.snap_len)) {
        seen.link_type = it.link_type;
        seen.snap_len = it.snap_len;
        read_interface_options(r, body, &it, &seen);
        it.ns_per_unit = it.offset_s == 0 ? scs_stamp_scale(it.resolution) : 0;
        if (same_as_before(r, index, &seen)) {
            it.known = true;
            it.interface = ng->interfaces[index].interface;
        } else {
            it.known = scs_inventory_add(r->inventory, &seen, it.resolution < 9 ? it.resolution : 9, &it.interface);
        }
    }
    if (ng->interfaces == NULL) {
        ng->interfaces = scs_xcalloc(SCS_MAX_INTERFACES, sizeof *ng->interfaces);
    }
    ng->interfaces[index] = it;
    ng->num_interfaces++;
}

/* A time in a statistics block: two halves, the upper one first (4.6). */
static int64_t time_of(const struct scs_reader *r, const struct scs_pcapng_interface *it, struct scs_cursor value)
{
    uint32_t high, low;
    if (!scs_cursor_u32(&value, r->pcapng.big_endian, &high) || !scs_cursor_u32(&value, r->pcapng.big_endian, &low)) {
        return SCS_NO_TIME;
    }
    return scs_stamp_convert((uint64_t)high << 32 | low, it->resolution, it->offset_s);
}

/*
 * In an evidence file the times of the whole capture: its last packets may be left out, and silence until the end is part
 * of the evidence.
 */
static void read_extent(struct scs_reader *r, const struct scs_pcapng_interface *it, uint16_t code, struct scs_cursor value)
{
    int64_t at = time_of(r, it, value), *begun = &r->inventory->begun_ns, *ended = &r->inventory->ended_ns;
    if (at == SCS_NO_TIME) {
        return;
    }
    if (code == OPTION_ISB_START) {
        *begun = *begun == SCS_NO_TIME || at < *begun ? at : *begun;
    } else {
        *ended = *ended == SCS_NO_TIME || at > *ended ? at : *ended;
    }
}

/* Counters run from the start of the capture, so the last block of an interface holds its total. */
static void read_statistics(struct scs_reader *r, struct scs_cursor body)
{
    struct scs_pcapng *ng = &r->pcapng;
    struct scs_cursor value;
    uint32_t index;
    uint16_t code;
    uint64_t count, dropped = 0;
    bool counted = false;
    if (!scs_cursor_u32(&body, ng->big_endian, &index) || index >= ng->num_interfaces || !scs_cursor_skip(&body, 8)) {
        return;
    }
    while (next_option(&body, ng->big_endian, &code, &value)) {
        if ((code == OPTION_ISB_IFDROP || code == OPTION_ISB_OSDROP) && scs_cursor_u64(&value, ng->big_endian, &count) &&
            count < MAX_DROP_COUNT) {
            dropped += count;
            counted = true;
        } else if (ng->evidence && (code == OPTION_ISB_START || code == OPTION_ISB_END)) {
            read_extent(r, &ng->interfaces[index], code, value);
        }
    }
    if (counted) {
        struct scs_pcapng_interface *it = &ng->interfaces[index];
        r->dropped += dropped - it->dropped;
        it->dropped = dropped;
        r->has_drop_count = true;
    }
}

static void keep_secrets(struct scs_reader *r, const struct scs_cursor *text)
{
    struct scs_buf *secrets = &r->inventory->secrets;
    bool said = secrets->overflowed;
    if (!scs_buf_add(secrets, text->p, text->len) && !said) {
        scs_reader_problem(r, "more than %u bytes of TLS secrets; the rest was not read", SCS_MAX_SECRETS);
    }
}

/* Lines of one block end before those of the next begin. */
static void end_line(struct scs_buf *secrets)
{
    if (secrets->len != 0 && secrets->p[secrets->len - 1] != '\n') {
        scs_buf_byte(secrets, '\n');
    }
}

static void read_secrets(struct scs_reader *r, struct scs_cursor body)
{
    uint32_t type, len;
    if (scs_cursor_u32(&body, r->pcapng.big_endian, &type) && scs_cursor_u32(&body, r->pcapng.big_endian, &len) &&
        type == TLS_KEY_LOG) {
        struct scs_cursor text = scs_cursor_first(&body, len);
        keep_secrets(r, &text);
        end_line(&r->inventory->secrets);
    }
}

bool scs_pcapng_take_secrets(struct scs_reader *r, size_t body_len)
{
    struct scs_source *s = &r->source;
    uint32_t type, len;
    if (body_len < 8 || !scs_source_need(s, 8) || !scs_cursor_u32(&s->rest, r->pcapng.big_endian, &type) ||
        !scs_cursor_u32(&s->rest, r->pcapng.big_endian, &len)) {
        return false;
    }
    size_t left = body_len - 8, text = type == TLS_KEY_LOG ? len : 0;
    text = text < left ? text : left;
    left -= text;
    while (text != 0) {
        struct scs_cursor part = scs_cursor_first(&s->rest, text);
        keep_secrets(r, &part);
        text -= part.len;
        if (!scs_cursor_skip(&s->rest, part.len) || (text != 0 && !scs_source_fill(s))) {
            return false;
        }
    }
    end_line(&r->inventory->secrets);
    return scs_source_skip(s, left);
}

void scs_pcapng_describe(struct scs_reader *r, uint32_t type, struct scs_cursor body)
{
    switch (type) {
    case SCS_PCAPNG_SECTION:
        read_section(r, body);
        break;
    case SCS_PCAPNG_INTERFACE:
        read_interface(r, body);
        break;
    case SCS_PCAPNG_STATISTICS:
        read_statistics(r, body);
        break;
    case SCS_PCAPNG_SECRETS:
        read_secrets(r, body);
        break;
    default:
        break;
    }
}
