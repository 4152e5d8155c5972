/* SPDX-License-Identifier: Apache-2.0 */
/* What the command line leaves to be opened, and the process confined to it. */
#ifndef SCS_CLI_PRIVILEGES_H
#define SCS_CLI_PRIVILEGES_H

#include "cli/options.h"
#include "platform/confine.h"
#include "platform/platform.h"

/* The captures of one run; texts are borrowed. */
struct scs_capture_paths {
    const char *const *paths;
    uint32_t num;
};

/*
 * scs_privileges_drop confines the process (platform/confine.h) to what is still to be opened: `captures`, key logs that grow or
 * are replaced, and the folders of the outputs. Every one of the `num_files` outputs that is not NULL is open already; what they
 * are called is in `o`; so are the `added` ones, files that grow meanwhile. All of them become the user's of -Z. Says with -v
 * what is in force. False with `err` set when -Z cannot be done.
 */
SCS_MUST_USE bool scs_privileges_drop(const struct scs_options *o, struct scs_output *const *files, uint32_t num_files,
                                      const int *added, size_t num_added, const struct scs_capture_paths *captures,
                                      size_t num_captures, struct scs_error *err);

#endif
