/* SPDX-License-Identifier: Apache-2.0 */
/* What all sections of the text report print with: colours and times. */
#include "report/text_parts.h"

void scs_text_paint(const struct scs_text *t, enum scs_paint paint, const char *text)
{
    static const char *const codes[] = {
        [SCS_PAINT_BAD] = "\033[1;31m", [SCS_PAINT_WARN] = "\033[33m",  [SCS_PAINT_GOOD] = "\033[32m",
        [SCS_PAINT_QUIET] = "\033[36m", [SCS_PAINT_STRONG] = "\033[1m",
    };
    fprintf(t->out, "%s%s%s", t->ctx->color ? codes[paint] : "", text, t->ctx->color ? "\033[0m" : "");
}

const char *scs_text_moment(const struct scs_text *t, int64_t ts_ns, char out[SCS_MOMENT_TEXT])
{
    return scs_moment_text(ts_ns, t->several_days, out);
}
