/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/secrets.h"

#include <string.h>

#include "base/arena.h"
#include "capture/reader.h"
#include "platform/platform.h"

void scs_capture_find_secrets(const char *path, struct scs_buf *out)
{
    struct scs_inventory inventory;
    struct scs_reader reader = {0};
    struct scs_packet packets[SCS_BATCH];
    struct scs_source_options once = {.copy = -1};
    if (!scs_platform_is_regular(path)) {
        return; /* what was read of a pipe is gone */
    }
    struct scs_arena *arena = scs_arena_new();
    scs_inventory_init(&inventory, arena);
    if (scs_reader_open(&reader, &inventory, 0, path, &once, NULL) && strncmp(reader.format, "pcapng", 6) == 0) {
        while (reader.read(&reader, packets, SCS_BATCH) != 0) {
            /* the packets' turn comes later */
        }
        scs_buf_add(out, inventory.secrets.p, inventory.secrets.len);
    }
    scs_reader_cleanup(&reader);
    scs_inventory_cleanup(&inventory);
    scs_arena_free(arena);
}
