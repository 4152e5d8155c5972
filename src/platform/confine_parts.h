/* SPDX-License-Identifier: Apache-2.0 */
/* The steps of scs_confine, in their order. Linux only. */
#ifndef SCS_PLATFORM_CONFINE_PARTS_H
#define SCS_PLATFORM_CONFINE_PARTS_H

#include "platform/confine.h"

/* scs_confine_user becomes plan->user, with that user's groups and no capability; it owns plan->handed then. */
SCS_MUST_USE bool scs_confine_user(const struct scs_confinement *plan, struct scs_error *err);
/* scs_confine_capabilities gives up those that no later step needs. False: the kernel did not agree. */
bool scs_confine_capabilities(const struct scs_confinement *plan);
/* scs_confine_files lets Landlock shut all other files. Returns its version, 0 when there is none, or it is off. */
int scs_confine_files(const struct scs_confinement *plan);
/* scs_confine_calls lets seccomp answer all system calls but those that are needed with an error. */
bool scs_confine_calls(const struct scs_confinement *plan);

#endif
