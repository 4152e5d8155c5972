/* SPDX-License-Identifier: Apache-2.0 */
#include "der.h"

#include <stdarg.h>
#include <string.h>

static const char *join(struct scs_arena *a, va_list parts)
{
    const char *all = "", *part;
    while ((part = va_arg(parts, const char *)) != NULL) {
        all = scs_arena_printf(a, "%s%s", all, part);
    }
    return all;
}

static const char *definite(struct scs_arena *a, const char *tag, const char *contents)
{
    size_t len = strlen(contents) / 2;
    if (len < 0x80) {
        return scs_arena_printf(a, "%s%02zx%s", tag, len, contents);
    }
    return len < 0x100 ? scs_arena_printf(a, "%s81%02zx%s", tag, len, contents)
                       : scs_arena_printf(a, "%s82%04zx%s", tag, len, contents);
}

const char *der(struct scs_arena *a, const char *tag, ...)
{
    va_list parts;
    va_start(parts, tag);
    const char *contents = join(a, parts);
    va_end(parts);
    return definite(a, tag, contents);
}

const char *ber(struct scs_arena *a, const char *tag, ...)
{
    va_list parts;
    va_start(parts, tag);
    const char *contents = join(a, parts);
    va_end(parts);
    return scs_arena_printf(a, "%s80%s0000", tag, contents);
}

const char *der_text(struct scs_arena *a, const char *tag, const char *text)
{
    return definite(a, tag, scs_arena_hex(a, text, strlen(text)));
}
