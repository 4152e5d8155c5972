/* SPDX-License-Identifier: Apache-2.0 */
#include "platform/confine.h"

#include <stdio.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WITH_SANITIZER 1
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define WITH_SANITIZER 1
#endif

#if defined(__linux__) && !defined(WITH_SANITIZER)

#include <sys/prctl.h>

#include "platform/confine_parts.h"

static void describe(const struct scs_confinement *plan, struct scs_confine_result *got)
{
    char files[64] = "files are open to it: this kernel has no Landlock";
    if (got->files != 0) {
        snprintf(files, sizeof files, "files are shut by Landlock %d", got->files);
    }
    snprintf(got->said, sizeof got->said, "confined: %s%s%s; %s; %s", plan->user != NULL ? "as user " : "",
             plan->user != NULL ? plan->user : "",
             got->capabilities ? (plan->user != NULL ? ", without capabilities" : "capabilities given up") : "capabilities kept",
             plan->tokens ? "files are open to it: a key is in a token" : files,
             got->calls     ? "system calls are filtered"
             : plan->tokens ? "so are all system calls"
                            : "system calls are not filtered: this kernel has no seccomp");
}

/* From the widest to the narrowest: each step needs what the next one takes away. */
bool scs_confine(const struct scs_confinement *plan, struct scs_confine_result *got, struct scs_error *err)
{
    *got = (struct scs_confine_result){0};
    if (plan->user != NULL && !scs_confine_user(plan, err)) {
        return false;
    }
    got->user = plan->user != NULL;
    got->capabilities = scs_confine_capabilities(plan);
    /* No set-uid program gives back what is gone, and the two that follow ask for it. */
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && !plan->tokens) {
        got->files = scs_confine_files(plan);
        got->calls = scs_confine_calls(plan);
    }
    describe(plan, got);
    return true;
}

#else

bool scs_confine(const struct scs_confinement *plan, struct scs_confine_result *got, struct scs_error *err)
{
    *got = (struct scs_confine_result){0};
#if defined(__linux__)
    snprintf(got->said, sizeof got->said, "not confined: a build with AddressSanitizer opens files and traces itself at its end");
#else
    snprintf(got->said, sizeof got->said, "not confined: scepscope knows no way to on this system");
#endif
    return plan->user == NULL || scs_error_set(err, "-Z %s: this build of scepscope cannot become another user", plan->user);
}

#endif
