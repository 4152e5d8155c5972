/* SPDX-License-Identifier: Apache-2.0 */
/* Another user, and fewer capabilities. */
#if defined(__linux__)

#define _GNU_SOURCE /* setresuid */

#include <cap-ng.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <unistd.h>

#include "platform/confine_parts.h"

static bool hand_over(const struct scs_confinement *plan, const struct passwd *to, struct scs_error *err)
{
    for (size_t i = 0; i < plan->num_handed; i++) {
        if (fchown(plan->handed[i], to->pw_uid, to->pw_gid) != 0) {
            return scs_error_set(err, "-Z %s: an output cannot be given to this user: %s; only root can", plan->user,
                                 strerror(errno));
        }
    }
    return true;
}

/* With a way back, which is gone after become_for_good. The user id last: without root neither of the others is allowed. */
static bool become(const struct passwd *to)
{
    return geteuid() == to->pw_uid ||
           (initgroups(to->pw_name, to->pw_gid) == 0 && setegid(to->pw_gid) == 0 && seteuid(to->pw_uid) == 0);
}

static bool become_for_good(const struct passwd *to)
{
    bool there = getuid() == to->pw_uid && geteuid() == to->pw_uid;
    return there || (setresgid(to->pw_gid, to->pw_gid, to->pw_gid) == 0 && setresuid(to->pw_uid, to->pw_uid, to->pw_uid) == 0);
}

/* Said now, not when the report is finished after a night. */
static bool can_write(const struct scs_confinement *plan, struct scs_error *err)
{
    for (size_t i = 0; i < plan->num_writable; i++) {
        if (faccessat(AT_FDCWD, plan->writable[i], W_OK | X_OK, AT_EACCESS) != 0) {
            return scs_error_set(err, "-Z %s: this user cannot write to the folder %s; name outputs in one of its own",
                                 plan->user, plan->writable[i]);
        }
    }
    return true;
}

bool scs_confine_user(const struct scs_confinement *plan, struct scs_error *err)
{
    char texts[16384]; /* of one line of the user database */
    struct passwd entry, *to = NULL;
    int trouble = getpwnam_r(plan->user, &entry, texts, sizeof texts, &to);
    if (to == NULL) {
        return scs_error_set(err, "-Z %s: %s", plan->user, trouble != 0 ? strerror(trouble) : "there is no such user");
    }
    if (!hand_over(plan, to, err)) {
        return false;
    }
    uid_t before = geteuid();
    if (!become(to)) {
        return scs_error_set(err, "-Z %s: %s; only root can become another user", plan->user, strerror(errno));
    }
    if (!can_write(plan, err)) {
        /* Who has made the outputs has to remove them. */
        return seteuid(before) != 0 && scs_error_set(err, "-Z %s: %s", plan->user, strerror(errno));
    }
    return become_for_good(to) || scs_error_set(err, "-Z %s: %s", plan->user, strerror(errno));
}

/*
 * Another user keeps none. Root without -Z keeps what it takes to write beside files of others, where Landlock lets it, and
 * to open again an interface that comes back. What was never there cannot be kept.
 */
bool scs_confine_capabilities(const struct scs_confinement *plan)
{
    static const unsigned files[] = {CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER}, devices[] = {CAP_NET_RAW, CAP_NET_ADMIN};
    unsigned kept[sizeof files / sizeof *files + sizeof devices / sizeof *devices];
    size_t num = 0;
    if (capng_get_caps_process() != 0) {
        return false;
    }
    for (size_t i = 0; i < sizeof files / sizeof *files && plan->user == NULL; i++) {
        kept[num] = files[i];
        num += (size_t)capng_have_capability(CAPNG_EFFECTIVE, files[i]);
    }
    for (size_t i = 0; i < sizeof devices / sizeof *devices && plan->user == NULL && plan->devices; i++) {
        kept[num] = devices[i];
        num += (size_t)capng_have_capability(CAPNG_EFFECTIVE, devices[i]);
    }
    capng_clear(CAPNG_SELECT_CAPS);
    for (size_t i = 0; i < num; i++) {
        (void)capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, kept[i]);
    }
    return capng_apply(CAPNG_SELECT_CAPS) == 0;
}

#else
typedef int scs_confine_user_is_empty; /* ISO C wants something in every file */
#endif
