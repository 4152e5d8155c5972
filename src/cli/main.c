/* SPDX-License-Identifier: Apache-2.0 */
/* scepscope: options, outputs, analysis, reports, exit status. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "cli/analyse.h"
#include "cli/devices.h"
#include "cli/option_completion.h"
#include "cli/option_table.h"
#include "cli/options.h"
#include "cli/outputs.h"
#include "platform/platform.h"
#include "report/escape.h"
#include "report/explain.h"
#include "scepscope/scepscope.h"

/* Exit statuses 0, 1 and 3 come from the report. */
#define EXIT_NOT_ANALYSED 2

static int fail(const struct scs_error *err)
{
    fputs("scepscope: ", stderr);
    scs_escape_terminal(stderr, err->text, strlen(err->text));
    fputc('\n', stderr);
    return EXIT_NOT_ANALYSED;
}

static int analyse(const struct scs_options *o)
{
    struct scs_error err;
    uint32_t num = o->num_outputs + SCS_OTHER_OUTPUTS;
    struct scs_output **files = scs_xcalloc(num, sizeof *files);
    int status = EXIT_NOT_ANALYSED;
    scs_platform_catch_signals();
    bool opened = scs_outputs_open(o, files, &err);
    if (!opened || !(o->action == SCS_DO_COMPARE ? scs_analyse_pair
                     : scs_analyse_is_report(o)  ? scs_analyse_report
                                                 : scs_analyse_captures)(o, files, &status, &err)) {
        status = fail(&err);
    }
    for (uint32_t i = 0; i < num; i++) {
        scs_output_abandon(files[i]);
    }
    free(files);
    return status;
}

/* ---- information --------------------------------------------------------------------------------- */

static int inform(const struct scs_options *o)
{
    struct scs_error err;
    bool known = true;
    scs_platform_catch_signals();
    errno = 0;
    switch (o->action) {
    case SCS_DO_HELP:
        scs_option_help(stdout);
        break;
    case SCS_DO_VERSION:
        puts("scepscope " SCS_VERSION);
        break;
    case SCS_DO_EXPLAIN:
        known = scs_explain(stdout, o->lang, o->explain_id, &err);
        break;
    case SCS_DO_LIST_INTERFACES:
        known = scs_devices_list(stdout, &err);
        break;
    case SCS_DO_COMPLETION:
        scs_option_completion(stdout, o->shell);
        break;
    default:
        scs_list_findings(stdout, o->lang);
        break;
    }
    return known && scs_outputs_standard_done(!ferror(stdout), &err) ? 0 : fail(&err);
}

int main(int argc, char **argv)
{
    struct scs_options o;
    struct scs_error err;
    int status;
    if (!scs_options_parse(&o, argc, argv, &err)) {
        status = fail(&err);
    } else {
        if (o.line_buffered) {
            setvbuf(stdout, NULL, _IOLBF, 0);
        }
        status = o.action == SCS_DO_ANALYSE || o.action == SCS_DO_COMPARE ? analyse(&o) : inform(&o);
    }
    scs_options_cleanup(&o);
    return status;
}
