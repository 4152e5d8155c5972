/* SPDX-License-Identifier: Apache-2.0 */
/* libFuzzer's entry for the dissector that FUZZ_DISSECTOR names. The first and the last byte choose where the input is cut in
 * two. */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "scepscope/dissector.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t num;
    const struct scs_dissector *const *all = scs_dissectors(&num);
    for (size_t i = 0; i < num; i++) {
        if (strcmp(all[i]->name, FUZZ_DISSECTOR) == 0) {
            struct scs_buf whole, parts;
            scs_buf_init(&whole, 1 << 20);
            scs_buf_init(&parts, 1 << 20);
            size_t cut = size == 0 ? 0 : (data[0] * 131u + data[size - 1]) % size;
            all[i]->examine(data, size, size, &whole);
            all[i]->examine(data, size, cut, &parts);
            if (whole.len != parts.len || (whole.len != 0 && memcmp(whole.p, parts.p, whole.len) != 0)) {
                abort(); /* the facts depend on how the bytes were delivered */
            }
            scs_buf_cleanup(&whole);
            scs_buf_cleanup(&parts);
        }
    }
    return 0;
}
