/* SPDX-License-Identifier: Apache-2.0 */
/* What a confined process can do no more, and what it still can. Each check runs in a child, for there is no way back. */
#define _GNU_SOURCE /* unshare, process_vm_readv */

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <pwd.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "platform/confine.h"
#include "platform/platform.h"

#define SKIPPED 77

/* Three folders: what may be read, what may be written, and what is nobody's business. */
static struct {
    char root[64], readable[96], writable[96], shut[96], listed[128], other[128], output[128];
} at;

static void write_file(const char *path)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs("text\n", f);
    fclose(f);
}

static int make_folders(void **state)
{
    (void)state;
    snprintf(at.root, sizeof at.root, "/var/tmp/test-confine-XXXXXX");
    if (mkdtemp(at.root) == NULL || chmod(at.root, 0755) != 0) {
        return -1;
    }
    snprintf(at.readable, sizeof at.readable, "%s/readable", at.root);
    snprintf(at.writable, sizeof at.writable, "%s/writable", at.root);
    snprintf(at.shut, sizeof at.shut, "%s/shut", at.root);
    snprintf(at.listed, sizeof at.listed, "%s/listed", at.readable);
    snprintf(at.other, sizeof at.other, "%s/other", at.shut);
    snprintf(at.output, sizeof at.output, "%s/report.json", at.writable);
    /* Temporary files have a folder of their own, so that it opens none of those above. */
    char scratch[96];
    snprintf(scratch, sizeof scratch, "%s/scratch", at.root);
    bool ok = mkdir(at.readable, 0755) == 0 && mkdir(at.writable, 0755) == 0 && mkdir(at.shut, 0755) == 0 &&
              mkdir(scratch, 0777) == 0 && chmod(scratch, 0777) == 0 && setenv("TMPDIR", scratch, 1) == 0;
    write_file(at.listed);
    write_file(at.other);
    return ok ? 0 : -1;
}

static int remove_folders(void **state)
{
    char command[128];
    (void)state;
    snprintf(command, sizeof command, "rm -rf '%s'", at.root);
    return system(command) == 0 ? 0 : -1;
}

static struct scs_confinement usual_plan(void)
{
    static const char *readable[1], *writable[1];
    readable[0] = at.listed;
    writable[0] = at.writable;
    return (struct scs_confinement){.readable = readable, .num_readable = 1, .writable = writable, .num_writable = 1};
}

/* Whether `check` holds in a child that `plan` confines. A kernel without Landlock or seccomp skips the test. */
static bool holds(const struct scs_confinement *plan, bool (*check)(void))
{
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        struct scs_confine_result got;
        struct scs_error err;
        if (!scs_confine(plan, &got, &err)) {
            fprintf(stderr, "%s\n", err.text);
            _exit(2);
        }
        if (got.files == 0 || !got.calls) {
            fprintf(stderr, "skipped: %s\n", got.said);
            _exit(SKIPPED);
        }
        _exit(check() ? 0 : 1);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status)); /* a refused call is an error, never a signal */
    if (WEXITSTATUS(status) == SKIPPED) {
        skip();
    }
    return WEXITSTATUS(status) == 0;
}

/* Builds and systems that confine nothing say so, and have no more to test. */
static void skip_unconfined(void)
{
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        struct scs_confine_result got;
        struct scs_error err;
        bool none =
            scs_confine(&(struct scs_confinement){.tokens = true}, &got, &err) && strncmp(got.said, "not confined", 12) == 0;
        _exit(none ? SKIPPED : 0);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    if (WIFEXITED(status) && WEXITSTATUS(status) == SKIPPED) {
        skip();
    }
}

static bool opens(const char *path, int flags)
{
    int fd = open(path, flags | O_CLOEXEC, 0600);
    if (fd >= 0) {
        close(fd);
    }
    return fd >= 0;
}

/* ---- what is over ------------------------------------------------------------------------------------ */

static bool open_other(void)
{
    return opens(at.other, O_RDONLY);
}

static bool write_other(void)
{
    return opens(at.other, O_WRONLY);
}

static bool truncate_other(void)
{
    return truncate(at.other, 0) == 0;
}

static bool write_listed(void)
{
    return opens(at.listed, O_WRONLY);
}

static bool create_other(void)
{
    char path[160];
    snprintf(path, sizeof path, "%s/new", at.shut);
    return opens(path, O_WRONLY | O_CREAT);
}

static bool list_other(void)
{
    return opens(at.shut, O_RDONLY | O_DIRECTORY);
}

static bool link_in(void)
{
    char path[160];
    snprintf(path, sizeof path, "%s/stolen", at.writable);
    return link(at.other, path) == 0;
}

static bool open_password_file(void)
{
    return opens("/etc/passwd", O_RDONLY);
}

static bool start_program(void)
{
    char name[] = "/bin/true", *const words[] = {name, NULL};
    execv(name, words);
    return false;
}

/* With exit status 0, the program itself says that it was started: any other way this is false. */
static bool start_shell(void)
{
    return system("exit 0") == 0;
}

static bool fork_process(void)
{
    pid_t child = fork();
    if (child == 0) {
        _exit(0);
    }
    return child > 0;
}

static bool has_socket(int family, int type)
{
    int fd = socket(family, type, 0);
    if (fd >= 0) {
        close(fd);
    }
    return fd >= 0;
}

static bool open_socket(void)
{
    return has_socket(AF_INET, SOCK_STREAM) || has_socket(AF_INET, SOCK_DGRAM) || has_socket(AF_INET6, SOCK_STREAM) ||
           has_socket(AF_NETLINK, SOCK_RAW) || has_socket(AF_VSOCK, SOCK_STREAM);
}

static bool open_local_socket(void)
{
    return has_socket(AF_UNIX, SOCK_STREAM);
}

static bool open_packet_socket(void)
{
    return has_socket(AF_PACKET, SOCK_RAW);
}

static int open_before = -1;

static bool connect_socket(void)
{
    struct sockaddr to = {.sa_family = AF_UNIX};
    return connect(open_before, &to, sizeof to) == 0 || errno != EPERM;
}

static bool trace_parent(void)
{
    return ptrace(PTRACE_ATTACH, getppid(), NULL, NULL) == 0;
}

static bool read_parent(void)
{
    char mine[4];
    struct iovec to = {.iov_base = mine, .iov_len = sizeof mine}, from = {.iov_base = &at, .iov_len = sizeof mine};
    return process_vm_readv(getppid(), &to, 1, &from, 1, 0) > 0;
}

static bool signal_parent(void)
{
    return kill(getppid(), 0) == 0;
}

static bool mount_folder(void)
{
    return mount(at.shut, at.writable, NULL, MS_BIND, NULL) == 0 || unshare(CLONE_NEWUSER) == 0 || chroot(at.root) == 0;
}

/* Calls by which kernels were broken: each fails with "forbidden", not because its arguments are wrong. */
static bool reach_kernel(void)
{
    static const long numbers[] = {SYS_bpf,         SYS_keyctl,         SYS_perf_event_open, SYS_userfaultfd,
                                   SYS_init_module, SYS_io_uring_setup, SYS_add_key,         SYS_open_by_handle_at};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        if (syscall(numbers[i], 0L, 0L, 0L, 0L, 0L) != -1 || errno != EPERM) {
            return true;
        }
    }
    return false;
}

static bool make_code(void)
{
    void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    void *q = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return p != MAP_FAILED || mprotect(q, 4096, PROT_READ | PROT_EXEC) == 0;
}

static bool type_into_terminal(void)
{
    char c = 'x';
    return ioctl(0, TIOCSTI, &c) == 0 || errno != EPERM;
}

static bool become_root(void)
{
    return setuid(0) == 0 || setresuid(0, 0, 0) == 0 || setgid(0) == 0;
}

/* A filter that lets one of these through. */
static void test_what_is_over(void **state)
{
    static const struct {
        const char *name;
        bool (*try)(void);
    } tries[] = {{"open another file", open_other},
                 {"write to it", write_other},
                 {"empty it", truncate_other},
                 {"write to a file that may be read", write_listed},
                 {"make a file elsewhere", create_other},
                 {"list a folder", list_other},
                 {"link a file into a folder that is open", link_in},
                 {"open /etc/passwd", open_password_file},
                 {"start a shell", start_shell},
                 {"fork", fork_process},
                 {"open a socket", open_socket},
                 {"open a local socket", open_local_socket},
                 {"open a packet socket", open_packet_socket},
                 {"connect a socket that is open", connect_socket},
                 {"trace its parent", trace_parent},
                 {"read its parent's memory", read_parent},
                 {"signal its parent", signal_parent},
                 {"mount", mount_folder},
                 {"reach into the kernel", reach_kernel},
                 {"make code", make_code},
                 {"type into the terminal", type_into_terminal},
                 {"become root", become_root}};
    struct scs_confinement plan = usual_plan();
    (void)state;
    open_before = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_true(open_before >= 0);
    for (size_t i = 0; i < sizeof tries / sizeof *tries; i++) {
        if (holds(&plan, tries[i].try)) {
            print_error("a confined process could %s\n", tries[i].name);
            fail();
        }
    }
    close(open_before);
}

static bool only_eperm_from_exec(void)
{
    return !start_program() && errno == EPERM;
}

/* execve that replaces the process: in the table above it would look like a check that failed. */
static void test_no_program_is_started(void **state)
{
    struct scs_confinement plan = usual_plan();
    (void)state;
    assert_true(holds(&plan, only_eperm_from_exec));
}

/* ---- what goes on ------------------------------------------------------------------------------------ */

static bool read_listed(void)
{
    return opens(at.listed, O_RDONLY);
}

static struct scs_output *begun;

static bool finish_output(void)
{
    struct scs_error err;
    fputs("{}\n", scs_output_file(begun));
    return scs_output_commit(begun, &err) && opens(at.output, O_RDONLY) && unlink(at.output) == 0;
}

static bool begin_output(void)
{
    struct scs_error err;
    begun = scs_output_open(at.output, false, &err);
    return begun != NULL && finish_output();
}

static bool use_scratch(void)
{
    struct scs_error err;
    int fd = scs_platform_scratch(&err);
    struct scs_spill *spill = scs_spill_open();
    void *p = spill != NULL ? scs_spill_lend(spill, 1 << 20) : NULL;
    if (fd < 0 || p == NULL) {
        return false;
    }
    memset(p, 1, 1 << 20);
    scs_spill_rest(spill, 0);
    return scs_platform_append(fd, "x", 1, &err) && scs_platform_reread(fd, &err) >= 0;
}

static void *in_thread(void *other_opened)
{
    *(bool *)other_opened = opens(at.other, O_RDONLY) || has_socket(AF_INET, SOCK_STREAM);
    return NULL;
}

/* It runs, and is no way around. */
static bool run_thread(void)
{
    pthread_t thread;
    bool other_opened = true;
    return pthread_create(&thread, NULL, in_thread, &other_opened) == 0 && pthread_join(thread, NULL) == 0 && !other_opened;
}

static bool know_itself(void)
{
    return scs_platform_resident() != 0 && scs_platform_processors() == (unsigned)sysconf(_SC_NPROCESSORS_ONLN) &&
           scs_platform_now_ms() != 0;
}

/* A filter that is too narrow for what comes after the first packet. */
static void test_what_goes_on(void **state)
{
    struct scs_confinement plan = usual_plan();
    struct scs_error err;
    (void)state;
    assert_true(holds(&plan, read_listed));
    assert_true(holds(&plan, begin_output));
    assert_true(holds(&plan, use_scratch));
    assert_true(holds(&plan, run_thread));
    assert_true(holds(&plan, know_itself));
    begun = scs_output_open(at.output, false, &err);
    assert_non_null(begun);
    assert_true(holds(&plan, finish_output));
    scs_output_abandon(begun);
}

static bool replaced_log(void)
{
    char renamed[160];
    snprintf(renamed, sizeof renamed, "%s/keys.log", at.readable);
    return opens(renamed, O_RDONLY);
}

/* A rule for the file that was there at the start only: a key log that is replaced is another file. */
static void test_replaced_files_are_read(void **state)
{
    const char *folders[] = {at.readable};
    struct scs_confinement plan = {.readable = folders, .num_readable = 1};
    char path[160];
    (void)state;
    snprintf(path, sizeof path, "%s/keys.log", at.readable);
    write_file(path);
    assert_true(holds(&plan, replaced_log));
    assert_false(holds(&plan, open_other));
}

/* ---- devices ----------------------------------------------------------------------------------------- */

static bool ask_interfaces(void)
{
    return !scs_platform_interface_down("lo") && opens("/sys/class/net/lo/statistics/rx_missed_errors", O_RDONLY);
}

/* A live capture that cannot see its interfaces, or that may talk to the network. */
static void test_devices(void **state)
{
    struct scs_confinement plan = usual_plan();
    (void)state;
    plan.devices = true;
    assert_false(holds(&plan, open_socket));
    assert_true(holds(&plan, ask_interfaces));
    if (geteuid() == 0) {
        assert_true(holds(&plan, open_packet_socket));
    }
    open_before = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_false(holds(&plan, connect_socket));
    close(open_before);
}

/* ---- another user ------------------------------------------------------------------------------------ */

static const struct passwd *somebody(void)
{
    skip_unconfined();
    const struct passwd *user = geteuid() == 0 ? getpwnam("nobody") : NULL;
    if (user == NULL) {
        print_message("skipped: becoming another user needs root and a user 'nobody'\n");
        skip();
    }
    return user;
}

static uid_t wanted;

/* Every id and group is the user's, the capabilities are gone, and there is no way back. */
static bool is_somebody(void)
{
    uid_t real, effective, saved;
    gid_t groups[64];
    int num = getgroups(64, groups);
    for (int i = 0; i < num; i++) {
        if (groups[i] == 0) {
            return false;
        }
    }
    return num >= 0 && getresuid(&real, &effective, &saved) == 0 && real == wanted && effective == wanted && saved == wanted &&
           getgid() != 0 && !become_root() && !open_packet_socket();
}

static bool owns_output(void)
{
    struct stat st;
    return fstat(fileno(scs_output_file(begun)), &st) == 0 && st.st_uid == wanted && finish_output();
}

/* A process that keeps root in one of its ids, or an output that the user may not rename. */
static void test_user(void **state)
{
    struct scs_confinement plan = usual_plan();
    const struct passwd *user = somebody();
    struct scs_error err;
    (void)state;
    wanted = user->pw_uid;
    assert_int_equal(chown(at.writable, user->pw_uid, user->pw_gid), 0);
    begun = scs_output_open(at.output, false, &err);
    assert_non_null(begun);
    int handed = fileno(scs_output_file(begun));
    plan.user = user->pw_name;
    plan.handed = &handed;
    plan.num_handed = 1;
    plan.devices = true;
    assert_true(holds(&plan, is_somebody));
    assert_true(holds(&plan, owns_output));
    scs_output_abandon(begun);
}

static void refuse(const struct scs_confinement *plan, const char *part)
{
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        struct scs_confine_result got;
        struct scs_error err = {0};
        _exit(!scs_confine(plan, &got, &err) && strstr(err.text, part) != NULL ? 0 : 1);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

/* A user that is not there, or whose report cannot be written: going on as root, or losing a night's capture at its end. */
static void test_user_refused(void **state)
{
    struct scs_confinement plan = usual_plan();
    const char *shut[] = {at.shut};
    (void)state;
    plan.user = somebody()->pw_name;
    plan.writable = shut;
    refuse(&plan, "cannot write to the folder");
    plan.user = "no-such-user-here";
    refuse(&plan, "there is no such user");
}

/* ---- tokens ------------------------------------------------------------------------------------------ */

static bool said_tokens(const struct scs_confine_result *got)
{
    return got->files == 0 && !got->calls && strstr(got->said, "token") != NULL;
}

/* A token's module that can reach its token no more; or silence about it. */
static void test_tokens(void **state)
{
    struct scs_confinement plan = {.tokens = true};
    (void)state;
    skip_unconfined();
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        struct scs_confine_result got;
        struct scs_error err;
        _exit(scs_confine(&plan, &got, &err) && said_tokens(&got) && open_other() ? 0 : 1);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_over), cmocka_unit_test(test_no_program_is_started),
        cmocka_unit_test(test_what_goes_on), cmocka_unit_test(test_replaced_files_are_read),
        cmocka_unit_test(test_devices),      cmocka_unit_test(test_user),
        cmocka_unit_test(test_user_refused), cmocka_unit_test(test_tokens),
    };
    return cmocka_run_group_tests(tests, make_folders, remove_folders);
}
