/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A session: packets come from interfaces, pipes or files that grow, and what they mean is told meanwhile. While they come, it
 * looks at the story so far (scs_run_look) when something ended since the last look, and gives the model to the lines on screen
 * (watch/watch.h), to the stream of events (cli/event_files.h), and, when asked, to the reports: SIGUSR2 and --report-every write
 * each of them anew under its name. SIGUSR1 says the counters, SIGHUP begins anew the files that are added to.
 *
 * Looks take at most a twentieth of the time, and are at least 0.3 and at most ten seconds apart while things end.
 */
#ifndef SCS_CLI_SESSION_H
#define SCS_CLI_SESSION_H

#include "cli/options.h"
#include "platform/platform.h"
#include "scepscope/scepscope.h"

/* scs_session_wanted: these packets come when they like, so they are a session's. */
bool scs_session_wanted(const struct scs_options *o);
/*
 * scs_session_run confines the process, takes packets until their end or until somebody ends it, and writes what was asked for to
 * `files` (cli/outputs.h) and standard output. *status is 0, 1 or 3; false with `err` set when it could not be done.
 */
SCS_MUST_USE bool scs_session_run(const struct scs_options *o, struct scs_output **files, struct scs_run *run, int *status,
                                  struct scs_error *err);

#endif
