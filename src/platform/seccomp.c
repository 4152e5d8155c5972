/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The system calls that are left. A list of those that are allowed, proved by running every golden case and a live capture
 * under it; any other fails with EPERM. Never a kill: a call that some later libc makes must not end a capture at night.
 */
#if defined(__linux__)

#define _GNU_SOURCE /* CLONE_THREAD */

#include <asm/termbits.h> /* struct termios2, for TCGETS2 */
#include <errno.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "platform/confine_parts.h"

static const char *const always[] = {
    /* files: which ones is Landlock's to say */
    "read", "readv", "pread64", "write", "writev", "pwrite64", "lseek", "_llseek", "close", "openat", "open", "fstat", "fstat64",
    "newfstatat", "fstatat64", "stat", "stat64", "lstat", "lstat64", "statx", "access", "faccessat", "faccessat2", "readlink",
    "readlinkat", "getcwd", "fcntl", "fcntl64", "ftruncate", "ftruncate64", "fallocate", "fsync", "fdatasync", "link", "linkat",
    "rename", "renameat", "renameat2", "unlink", "unlinkat", "poll", "ppoll", "ppoll_time64", "select", "pselect6",
    /* memory */
    "brk", "munmap", "mremap", "madvise", "msync",
    /* threads */
    "futex", "futex_time64", "set_robust_list", "rseq", "set_tid_address", "sched_yield", "sched_getaffinity", "exit",
    "exit_group",
    /* signals that come */
    "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sigreturn", "sigaltstack", "restart_syscall",
    /* what is asked of the system */
    "clock_gettime", "clock_gettime64", "clock_getres", "clock_nanosleep", "clock_nanosleep_time64", "nanosleep", "gettimeofday",
    "time", "getrandom", "getpid", "gettid", "getppid", "getuid", "geteuid", "getgid", "getegid", "getresuid", "getresgid",
    "getgroups", "getrusage", "getrlimit", "ugetrlimit", "sysinfo", "uname"};
/* Packets from sockets that are open. */
static const char *const capturing[] = {"getsockopt", "setsockopt", "getsockname", "recvfrom", "recvmsg", "eventfd2"};
/* Libc has an older way where these do not exist, and goes it only after this error. */
static const char *const not_there[] = {"clone3", "openat2", "close_range", "futex_waitv"};

/* A name that this architecture does not have is no mistake. */
static bool rule(scmp_filter_ctx f, uint32_t action, const char *name)
{
    int number = seccomp_syscall_resolve_name(name);
    return number == __NR_SCMP_ERROR || seccomp_rule_add(f, action, number, 0) == 0;
}

static bool rule_if(scmp_filter_ctx f, const char *name, const struct scmp_arg_cmp *argument)
{
    int number = seccomp_syscall_resolve_name(name);
    return number == __NR_SCMP_ERROR || seccomp_rule_add_array(f, SCMP_ACT_ALLOW, number, 1, argument) == 0;
}

static bool rule_equal(scmp_filter_ctx f, const char *name, unsigned argument, scmp_datum_t value)
{
    return rule_if(f, name, &(struct scmp_arg_cmp){.arg = argument, .op = SCMP_CMP_EQ, .datum_a = value});
}

static bool rule_masked(scmp_filter_ctx f, const char *name, unsigned argument, scmp_datum_t mask, scmp_datum_t value)
{
    return rule_if(f, name, &(struct scmp_arg_cmp){.arg = argument, .op = SCMP_CMP_MASKED_EQ, .datum_a = mask, .datum_b = value});
}

static bool rules(scmp_filter_ctx f, uint32_t action, const char *const *names, size_t num)
{
    bool ok = true;
    for (size_t i = 0; i < num && ok; i++) {
        ok = rule(f, action, names[i]);
    }
    return ok;
}

/* Memory that holds code is made by the loader only, and that is over. */
static bool memory_rules(scmp_filter_ctx f)
{
    return rule_masked(f, "mmap", 2, PROT_EXEC, 0) && rule_masked(f, "mmap2", 2, PROT_EXEC, 0) &&
           rule_masked(f, "mprotect", 2, PROT_EXEC, 0);
}

/* Threads, but no process; a signal to itself, for abort; limits are read, not set. */
static bool process_rules(scmp_filter_ctx f)
{
    return rule_masked(f, "clone", 0, CLONE_THREAD, CLONE_THREAD) && rule_equal(f, "tgkill", 0, (scmp_datum_t)getpid()) &&
           rule_equal(f, "prlimit64", 2, 0);
}

static bool ioctl_rules(scmp_filter_ctx f, const unsigned long *requests, size_t num)
{
    bool ok = true;
    for (size_t i = 0; i < num && ok; i++) {
        ok = rule_equal(f, "ioctl", 1, requests[i]);
    }
    return ok;
}

/*
 * A local socket to ask about interfaces, which nothing can be sent over: connect, sendto and listen are not there. Packet
 * sockets only where the right to open them was kept.
 */
static bool device_rules(scmp_filter_ctx f, const struct scs_confinement *plan)
{
    static const unsigned long asked[] = {SIOCGIFFLAGS, SIOCGIFINDEX, SIOCGIFHWADDR, SIOCGIFMTU, SIOCETHTOOL, SIOCGSTAMP};
    bool ok = rules(f, SCMP_ACT_ALLOW, capturing, sizeof capturing / sizeof *capturing) &&
              ioctl_rules(f, asked, sizeof asked / sizeof *asked) && rule_equal(f, "socket", 0, AF_UNIX);
    return ok && (plan->user != NULL || (rule_equal(f, "socket", 0, AF_PACKET) && rule(f, SCMP_ACT_ALLOW, "bind")));
}

bool scs_confine_calls(const struct scs_confinement *plan)
{
    static const unsigned long terminal[] = {
#ifdef TCGETS2
        TCGETS2, /* glibc 2.42 asks so */
#endif
        TCGETS, TIOCGWINSZ};
    scmp_filter_ctx f = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    if (f == NULL) {
        return false;
    }
    /* Calls of another architecture's table: the same error. All threads, if some have been started. */
    bool ok = seccomp_attr_set(f, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ERRNO(EPERM)) == 0 &&
              seccomp_attr_set(f, SCMP_FLTATR_CTL_TSYNC, 1) == 0 &&
              rules(f, SCMP_ACT_ALLOW, always, sizeof always / sizeof *always) &&
              rules(f, SCMP_ACT_ERRNO(ENOSYS), not_there, sizeof not_there / sizeof *not_there) && memory_rules(f) &&
              process_rules(f) && ioctl_rules(f, terminal, sizeof terminal / sizeof *terminal) &&
              (!plan->devices || device_rules(f, plan)) && seccomp_load(f) == 0;
    seccomp_release(f);
    return ok;
}

#else
typedef int scs_seccomp_is_empty; /* ISO C wants something in every file */
#endif
