/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the process may still do once it reads what strangers sent. Everything it needs is open by then: devices, keys, key
 * logs, outputs. On Linux another user (-Z), capabilities, Landlock and seccomp; elsewhere nothing, and that is said.
 */
#ifndef SCS_PLATFORM_CONFINE_H
#define SCS_PLATFORM_CONFINE_H

#include <stdbool.h>
#include <stddef.h>

#include "scepscope/status.h"

/* Which later steps have to go on working. Everything is borrowed for the call. */
struct scs_confinement {
    const char *user;            /* become this one; NULL: stay */
    const int *handed;           /* descriptors of files that are to be this user's */
    size_t num_handed;           /* */
    const char *const *readable; /* files that are opened later, and folders with all below them */
    size_t num_readable;
    const char *const *writable; /* folders in which files are made, renamed and removed later; temporary ones are added */
    size_t num_writable;
    bool devices; /* packets are captured: an interface that comes back is opened again, unless `user` has no right to */
    bool tokens;  /* keys stay in a token, whose module opens what it likes: neither Landlock nor seccomp */
};

struct scs_confine_result {
    bool user, capabilities; /* changed; given up */
    int files;               /* version of Landlock in force; 0: none */
    bool calls;              /* seccomp's filter is in force */
    char said[256];          /* a sentence with all of it, and with what this system cannot do */
};

/*
 * scs_confine restricts this process and all threads that it starts from now on, for good. Landlock and seccomp are best
 * effort: without them it goes on, and `got` says so. False with `err` set when `plan->user` cannot be become, or could not
 * write to one of the folders; the process must not go on then.
 */
SCS_MUST_USE bool scs_confine(const struct scs_confinement *plan, struct scs_confine_result *got, struct scs_error *err);

#endif
