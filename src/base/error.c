/* SPDX-License-Identifier: Apache-2.0 */
/* One sentence for the user. */
#include "scepscope/status.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

bool scs_error_set(struct scs_error *err, const char *fmt, ...)
{
    if (err != NULL) {
        va_list args;
        va_start(args, fmt);
        vsnprintf(err->text, sizeof err->text, fmt, args);
        va_end(args);
    }
    return false;
}
