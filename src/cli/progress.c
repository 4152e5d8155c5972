/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/progress.h"

#include <stdio.h>

#include "platform/platform.h"

#define EVERY_MS 200u

bool scs_progress_show(void *ctx, uint64_t bytes, uint64_t total)
{
    struct scs_progress *p = ctx;
    uint64_t now = p->wanted ? scs_platform_now_ms() : 0;
    if (p->wanted && now - p->last_ms >= EVERY_MS) {
        p->last_ms = now;
        p->shown = true;
        if (total != 0) {
            fprintf(stderr, "\rreading: %3u %%", (unsigned)(bytes >= total ? 100 : bytes * 100 / total));
        } else {
            fprintf(stderr, "\rreading: %llu MiB", (unsigned long long)(bytes >> 20));
        }
    }
    return !scs_platform_interrupted();
}

void scs_progress_end(const struct scs_progress *p)
{
    if (p->shown) {
        fputs("\r                         \r", stderr);
    }
}

void scs_progress_say_counters(const struct scs_model *m)
{
    fprintf(stderr, "scepscope: %llu packets, %u connections, %u exchanges, %u enrolments, %u findings\n",
            (unsigned long long)m->capture->packets, m->num_connections, m->num_exchanges, m->num_enrolments, m->num_findings);
}
