/* SPDX-License-Identifier: Apache-2.0 */
#include "platform/platform.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

void scs_platform_random(void *out, size_t n)
{
    unsigned char *p = out;
    while (n != 0) {
        ssize_t got = getrandom(p, n, 0);
        if (got < 0) {
            if (errno == EINTR) {
                continue;
            }
            fputs("scepscope: the system gives no random numbers\n", stderr);
            abort();
        }
        p += got;
        n -= (size_t)got;
    }
}

static int open_readable(const char *path, int flags, struct scs_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | flags);
    if (fd < 0) {
        scs_error_set(err, "%s: %s", path, strerror(errno));
        return -1;
    }
    struct stat st;
    if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode)) {
        scs_error_set(err, "%s is a directory; name the files in it", path);
        close(fd);
        return -1;
    }
    return fd;
}

int scs_platform_open(const char *path, struct scs_error *err)
{
    return strcmp(path, "-") == 0 ? STDIN_FILENO : open_readable(path, 0, err);
}

int scs_platform_open_growing(const char *path, struct scs_error *err)
{
    return open_readable(path, O_NONBLOCK | O_NOCTTY, err);
}

ptrdiff_t scs_platform_read(int fd, void *out, size_t n, struct scs_error *err)
{
    for (;;) {
        ssize_t got = read(fd, out, n);
        if (got >= 0) {
            return got;
        }
        if (errno != EINTR) {
            scs_error_set(err, "reading failed: %s", strerror(errno));
            return -1;
        }
        if (scs_platform_interrupted()) {
            return 0;
        }
    }
}

ptrdiff_t scs_platform_read_present(int fd, void *out, size_t n, int wait_ms, struct scs_error *err)
{
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    /* After a signal or an error here, read says the rest. */
    if (wait_ms > 0 && poll(&ready, 1, wait_ms) == 0) {
        return 0;
    }
    ssize_t got = read(fd, out, n);
    if (got >= 0) {
        return got;
    }
    if (errno == EAGAIN || errno == EINTR) {
        return 0;
    }
    scs_error_set(err, "reading failed: %s", strerror(errno));
    return -1;
}

bool scs_platform_turned_over(int fd, const char *path, uint64_t read)
{
    struct stat opened, there;
    return fstat(fd, &opened) == 0 && S_ISREG(opened.st_mode) && stat(path, &there) == 0 && S_ISREG(there.st_mode) &&
           (there.st_dev != opened.st_dev || there.st_ino != opened.st_ino || (uint64_t)there.st_size < read);
}

bool scs_platform_is_regular(const char *path)
{
    struct stat st;
    return strcmp(path, "-") != 0 && stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

uint64_t scs_platform_size(int fd)
{
    struct stat st;
    return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0 ? (uint64_t)st.st_size : 0;
}

void scs_platform_close(int fd)
{
    if (fd > STDERR_FILENO) {
        close(fd);
    }
}

bool scs_platform_is_terminal(int fd)
{
    return isatty(fd) == 1;
}

bool scs_platform_has_console(void)
{
    int fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (fd >= 0) {
        close(fd);
    }
    return fd >= 0;
}

int scs_platform_columns(int fd)
{
    struct winsize size;
    return ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col >= 20 ? size.ws_col : 80;
}

static volatile sig_atomic_t interrupted;

static void on_interrupt(int number)
{
    (void)number;
    interrupted = 1;
}

void scs_platform_catch_signals(void)
{
    struct sigaction stop = {.sa_handler = on_interrupt}, ignore = {.sa_handler = SIG_IGN};
    sigaction(SIGINT, &stop, NULL);
    sigaction(SIGTERM, &stop, NULL);
    /* A reader that went away shows as EPIPE when writing, and ends the program quietly. */
    sigaction(SIGPIPE, &ignore, NULL);
}

bool scs_platform_interrupted(void)
{
    return interrupted != 0;
}

unsigned scs_platform_processors(void)
{
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n > 0 ? (unsigned)n : 1;
}

uint64_t scs_platform_now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000u + (uint64_t)now.tv_nsec / 1000000u;
}
