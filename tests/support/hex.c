/* SPDX-License-Identifier: Apache-2.0 */
#include "hex.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

static int digit(char c)
{
    const char *digits = "0123456789abcdef", *at = strchr(digits, c >= 'A' && c <= 'F' ? c + 32 : c);
    return c == '\0' || at == NULL ? -1 : (int)(at - digits);
}

uint8_t *test_hex(const char *hex, size_t *len)
{
    uint8_t *bytes = scs_xmalloc(strlen(hex) / 2 + 1);
    size_t n = 0;
    int high = -1;
    for (; *hex != '\0'; hex++) {
        int d = digit(*hex);
        if (d < 0) {
            continue;
        }
        if (high < 0) {
            high = d;
        } else {
            bytes[n++] = (uint8_t)(high << 4 | d);
            high = -1;
        }
    }
    *len = n;
    return scs_xrealloc(bytes, n, 1);
}

uint8_t *test_file(const char *path, size_t *len)
{
    FILE *f = fopen(path, "rb");
    if (f == NULL) {
        perror(path);
        abort();
    }
    size_t cap = 1 << 16;
    uint8_t *bytes = scs_xmalloc(cap);
    *len = 0;
    for (size_t got; (got = fread(bytes + *len, 1, cap - *len, f)) != 0;) {
        *len += got;
        if (*len == cap) {
            cap *= 2;
            bytes = scs_xrealloc(bytes, cap, 1);
        }
    }
    fclose(f);
    return scs_xrealloc(bytes, *len, 1);
}
