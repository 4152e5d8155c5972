/* SPDX-License-Identifier: Apache-2.0 */
/* Landlock, by system call: headers and kernels differ in age. Linux, Documentation/userspace-api/landlock.rst */
#if defined(__linux__)

#define _GNU_SOURCE /* O_PATH */

#include <fcntl.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "platform/confine_parts.h"
#include "platform/platform.h"

#if defined(SYS_landlock_create_ruleset)

/* struct landlock_ruleset_attr as of version 6; an older kernel takes it as long as what it does not know is 0. */
struct ruleset {
    uint64_t files, net, scoped;
};

/* struct landlock_path_beneath_attr, which is packed in the kernel's header. */
struct beneath {
    uint64_t allowed;
    int32_t parent;
} __attribute__((packed));

#define VERSION_FLAG 1u
#define PATH_BENEATH 1

/* LANDLOCK_ACCESS_FS_*: 1.. are its bits. */
#define ALL_OF_VERSION_1 0x1fffu /* all below */
#define WRITE_FILE       (1u << 1)
#define READ_FILE        (1u << 2)
#define READ_DIR         (1u << 3)
#define REMOVE_FILE      (1u << 5)
#define MAKE_REG         (1u << 8)
#define REFER            (1u << 13) /* version 2 */
#define TRUNCATE         (1u << 14) /* 3 */
#define IOCTL_DEV        (1u << 15) /* 5 */
/* Version 4: TCP. 6: abstract sockets, and signals to others. */
#define NET_ALL    0x3u
#define SCOPED_ALL 0x3u

static struct ruleset handled_by(int version)
{
    struct ruleset r = {.files = ALL_OF_VERSION_1};
    r.files |= version >= 2 ? REFER : 0;
    r.files |= version >= 3 ? TRUNCATE : 0;
    r.files |= version >= 5 ? IOCTL_DEV : 0;
    r.net = version >= 4 ? NET_ALL : 0;
    r.scoped = version >= 6 ? SCOPED_ALL : 0;
    return r;
}

/* What is not there cannot be allowed: opening it says so later. */
static void allow(int rules, const char *path, uint64_t access)
{
    struct stat st;
    struct beneath b = {.allowed = access, .parent = open(path, O_PATH | O_CLOEXEC)};
    if (b.parent < 0) {
        return;
    }
    if (fstat(b.parent, &st) == 0 && !S_ISDIR(st.st_mode)) {
        b.allowed &= READ_FILE | WRITE_FILE | TRUNCATE;
    }
    /* A pipe in /dev/fd has no place in a file system, and needs no rule. */
    (void)syscall(SYS_landlock_add_rule, rules, PATH_BENEATH, &b, 0u);
    close(b.parent);
}

static void allow_all(int rules, const struct scs_confinement *plan, const struct ruleset *handled)
{
    /* How many processors there are for threads; how much memory is in use. */
    static const char *const always[] = {"/sys/devices/system/cpu/online", "/proc/self/statm"};
    uint64_t writing = handled->files & (READ_FILE | WRITE_FILE | MAKE_REG | REMOVE_FILE | TRUNCATE);
    for (size_t i = 0; i < sizeof always / sizeof *always; i++) {
        allow(rules, always[i], READ_FILE);
    }
    for (size_t i = 0; i < plan->num_readable; i++) {
        allow(rules, plan->readable[i], READ_FILE | READ_DIR);
    }
    for (size_t i = 0; i < plan->num_writable; i++) {
        allow(rules, plan->writable[i], writing);
    }
    allow(rules, scs_platform_scratch_folder(), writing);
    if (plan->devices) {
        /* The counters of interfaces, wherever they hang; one that comes back is a new folder. */
        allow(rules, "/sys/devices", READ_FILE);
    }
}

int scs_confine_files(const struct scs_confinement *plan)
{
    int version = (int)syscall(SYS_landlock_create_ruleset, NULL, (size_t)0, VERSION_FLAG);
    if (version < 1) {
        return 0;
    }
    struct ruleset handled = handled_by(version);
    int rules = (int)syscall(SYS_landlock_create_ruleset, &handled, sizeof handled, 0u);
    if (rules < 0) {
        return 0;
    }
    allow_all(rules, plan, &handled);
    bool on = syscall(SYS_landlock_restrict_self, rules, 0u) == 0;
    close(rules);
    return on ? version : 0;
}

#else

int scs_confine_files(const struct scs_confinement *plan)
{
    (void)plan;
    return 0;
}

#endif
#else
typedef int scs_landlock_is_empty; /* ISO C wants something in every file */
#endif
