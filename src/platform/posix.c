/* SPDX-License-Identifier: Apache-2.0 */
#include "platform/platform.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/socket.h>
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

bool scs_platform_readable(int fd)
{
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    return poll(&ready, 1, 0) > 0;
}

bool scs_platform_turned_over(int fd, const char *path, uint64_t read)
{
    struct stat opened, there;
    return fstat(fd, &opened) == 0 && S_ISREG(opened.st_mode) && stat(path, &there) == 0 && S_ISREG(there.st_mode) &&
           (there.st_dev != opened.st_dev || there.st_ino != opened.st_ino || (uint64_t)there.st_size < read);
}

bool scs_platform_is_there(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0;
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

void scs_platform_await(const int *fds, size_t num, int ms)
{
    struct pollfd ready[SCS_MAX_AWAITED];
    size_t n = num < SCS_MAX_AWAITED ? num : SCS_MAX_AWAITED;
    for (size_t i = 0; i < n; i++) {
        ready[i] = (struct pollfd){.fd = fds[i], .events = POLLIN};
    }
    /* Why it ended does not matter: the caller looks at everything. */
    (void)poll(ready, (nfds_t)n, ms);
}

bool scs_platform_interface_down(const char *name)
{
    struct ifreq request = {0};
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0); /* any kind answers; this one the confined process may have */
    strncpy(request.ifr_name, name, sizeof request.ifr_name - 1);
    bool known = fd >= 0 && ioctl(fd, SIOCGIFFLAGS, &request) == 0;
    if (fd >= 0) {
        close(fd);
    }
    return known && (request.ifr_flags & IFF_UP) == 0;
}

bool scs_platform_address(const void *sockaddr, struct scs_addr *out)
{
    struct sockaddr_in6 six;
    struct sockaddr_in four;
    sa_family_t family;
    memcpy(&family, (const char *)sockaddr + offsetof(struct sockaddr, sa_family), sizeof family);
    *out = (struct scs_addr){0};
    if (family == AF_INET) {
        memcpy(&four, sockaddr, sizeof four);
        out->family = 4;
        memcpy(out->bytes, &four.sin_addr, 4);
    } else if (family == AF_INET6) {
        memcpy(&six, sockaddr, sizeof six);
        out->family = 6;
        memcpy(out->bytes, &six.sin6_addr, 16);
    }
    return out->family != 0;
}

size_t scs_platform_resolve(const char *name, struct scs_addr *out, size_t max)
{
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM}, *found = NULL;
    size_t num = 0;
    if (getaddrinfo(name, NULL, &hints, &found) != 0) {
        return 0;
    }
    for (const struct addrinfo *a = found; a != NULL && num < max; a = a->ai_next) {
        num += scs_platform_address(a->ai_addr, &out[num]);
    }
    freeaddrinfo(found);
    return num;
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

static volatile sig_atomic_t interrupted, asked, report_asked, reopen_asked;

static void on_interrupt(int number)
{
    (void)number;
    interrupted = 1;
}

static void on_question(int number)
{
    (void)number;
    asked = 1;
}

void scs_platform_catch_signals(void)
{
    struct sigaction stop = {.sa_handler = on_interrupt}, ignore = {.sa_handler = SIG_IGN};
    struct sigaction ask = {.sa_handler = on_question, .sa_flags = SA_RESTART};
    sigaction(SIGINT, &stop, NULL);
    sigaction(SIGTERM, &stop, NULL);
    sigaction(SIGUSR1, &ask, NULL);
    /* A reader that went away shows as EPIPE when writing, and ends the program quietly. */
    sigaction(SIGPIPE, &ignore, NULL);
    /* So does a file that may not grow any further, as EFBIG. */
    sigaction(SIGXFSZ, &ignore, NULL);
}

static void on_request(int number)
{
    if (number == SIGUSR2) {
        report_asked = 1;
    } else {
        reopen_asked = 1;
    }
}

void scs_platform_catch_requests(void)
{
    struct sigaction request = {.sa_handler = on_request, .sa_flags = SA_RESTART}, stop = {.sa_handler = on_interrupt}, now;
    bool terminal = scs_platform_is_terminal(STDIN_FILENO) || scs_platform_is_terminal(STDERR_FILENO);
    sigaction(SIGUSR2, &request, NULL);
    if (sigaction(SIGHUP, NULL, &now) == 0 && now.sa_handler != SIG_IGN) {
        sigaction(SIGHUP, terminal ? &stop : &request, NULL);
    }
}

bool scs_platform_interrupted(void)
{
    return interrupted != 0;
}

static bool take(volatile sig_atomic_t *flag)
{
    bool was = *flag != 0;
    *flag = 0;
    return was;
}

bool scs_platform_asked(void)
{
    return take(&asked);
}

bool scs_platform_report_asked(void)
{
    return take(&report_asked);
}

bool scs_platform_reopen_asked(void)
{
    return take(&reopen_asked);
}

uint64_t scs_platform_resident(void)
{
    unsigned long long pages = 0;
    FILE *f = fopen("/proc/self/statm", "re");
    bool known = f != NULL && fscanf(f, "%*u %llu", &pages) == 1;
    if (f != NULL) {
        fclose(f);
    }
    return known ? pages * (uint64_t)sysconf(_SC_PAGESIZE) : 0;
}

unsigned scs_platform_processors(void)
{
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n > 0 ? (unsigned)n : 1;
}

int64_t scs_platform_time_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec;
}

uint64_t scs_platform_now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000u + (uint64_t)now.tv_nsec / 1000000u;
}

int64_t scs_platform_clock_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}
