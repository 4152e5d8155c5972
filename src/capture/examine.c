/* SPDX-License-Identifier: Apache-2.0 */
/* The capture formats as dissectors, for the fuzzers and the splitting test. */
#include <string.h>
#include <zlib.h>

#include "capture/reader.h"

static void write_packets(struct scs_reader *r, struct scs_buf *out)
{
    struct scs_packet packets[SCS_BATCH];
    for (size_t n; (n = r->read(r, packets, SCS_BATCH)) != 0;) {
        for (size_t i = 0; i < n; i++) {
            const struct scs_packet *p = &packets[i];
            scs_buf_printf(out, "frame=%llu time=%lld captured=%u length=%u link=%u interface=%u crc=%08lx\n",
                           (unsigned long long)SCS_FRAME_NUMBER(p->frame), (long long)p->ts_ns, p->cap_len, p->wire_len,
                           p->link_type, p->interface, crc32(0, p->data, p->cap_len));
        }
    }
}

static void write_rest(const struct scs_reader *r, struct scs_buf *out)
{
    const struct scs_inventory *v = r->inventory;
    for (uint32_t i = 0; i < v->num_interfaces; i++) {
        const struct scs_interface *it = &v->interfaces[i];
        scs_buf_printf(out, "interface=%u name=%s link=%u snap=%u\n", i, it->name == NULL ? "-" : it->name, it->link_type,
                       it->snap_len);
    }
    for (uint32_t i = 0; i < r->num_problems; i++) {
        scs_buf_printf(out, "problem=%s\n", r->problems[i]);
    }
    scs_buf_printf(out, "format=%s frames=%llu dropped=%llu secrets=%zu\n", r->format, (unsigned long long)r->frames,
                   (unsigned long long)r->dropped, v->secrets.len);
}

enum scs_status scs_reader_examine(const char *format, const uint8_t *data, size_t len, size_t cut, struct scs_buf *out)
{
    struct scs_arena *arena = scs_arena_new();
    struct scs_inventory inventory;
    struct scs_reader reader;
    struct scs_error err = {0};
    scs_inventory_init(&inventory, arena);
    enum scs_status st = SCS_MALFORMED;
    if (!scs_reader_open_memory(&reader, &inventory, data, len, cut, &err)) {
        scs_buf_printf(out, "refused=%s\n", err.text);
    } else if (strncmp(reader.format, format, strcspn(reader.format, ".")) == 0) {
        write_packets(&reader, out);
        write_rest(&reader, out);
        st = reader.damaged ? SCS_MORE : SCS_OK;
    }
    scs_reader_cleanup(&reader);
    scs_inventory_cleanup(&inventory);
    scs_arena_free(arena);
    return st;
}
