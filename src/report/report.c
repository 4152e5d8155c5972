/* SPDX-License-Identifier: Apache-2.0 */
/* The table of formats, made from reporters.def. */
#include "scepscope/report.h"

#include <string.h>

#include "report/reporters.h"

static const struct scs_reporter reporters[] = {
#define SCS_REPORTER(name, extension) {#name, extension, scs_report_##name},
#include "reporters.def"
#undef SCS_REPORTER
};

const struct scs_reporter *scs_reporters(size_t *num)
{
    *num = sizeof reporters / sizeof reporters[0];
    return reporters;
}

const struct scs_reporter *scs_reporter_by_name(const char *name)
{
    for (size_t i = 0; i < sizeof reporters / sizeof reporters[0]; i++) {
        if (strcmp(reporters[i].name, name) == 0) {
            return &reporters[i];
        }
    }
    return NULL;
}

const struct scs_reporter *scs_reporter_by_extension(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *base = slash == NULL ? path : slash + 1;
    const char *dot = strrchr(base, '.');
    for (size_t i = 0; dot != NULL && dot != base && i < sizeof reporters / sizeof reporters[0]; i++) {
        if (strcmp(reporters[i].extension, dot + 1) == 0) {
            return &reporters[i];
        }
    }
    return NULL;
}
