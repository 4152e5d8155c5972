/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs a command with its output thrown away and prints what it cost: microseconds of CPU (with all that
 * it waited for), microseconds on the clock, peak resident KiB, and its exit status. A process of its own,
 * because the peak that Linux reports includes the process that forked: a script of 10 MiB would hide
 * everything smaller.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define CANNOT_RUN 127

static long long microseconds(struct timeval t)
{
    return t.tv_sec * 1000000LL + t.tv_usec;
}

static _Noreturn void run(char **command)
{
    int nowhere = open("/dev/null", O_WRONLY);
    if (nowhere >= 0 && dup2(nowhere, STDOUT_FILENO) >= 0 && dup2(nowhere, STDERR_FILENO) >= 0) {
        execvp(command[0], command);
    }
    _exit(CANNOT_RUN);
}

int main(int argc, char **argv)
{
    struct timespec before, after;
    struct rusage used;
    int status;
    if (argc < 2) {
        fputs("usage: measure COMMAND...\n", stderr);
        return EXIT_FAILURE;
    }
    clock_gettime(CLOCK_MONOTONIC, &before);
    pid_t child = fork();
    if (child == 0) {
        run(argv + 1);
    }
    if (child < 0 || wait4(child, &status, 0, &used) != child) {
        perror("measure");
        return EXIT_FAILURE;
    }
    clock_gettime(CLOCK_MONOTONIC, &after);
    long long clock = (after.tv_sec - before.tv_sec) * 1000000LL + (after.tv_nsec - before.tv_nsec) / 1000;
    printf("%lld %lld %ld %d\n", microseconds(used.ru_utime) + microseconds(used.ru_stime), clock, used.ru_maxrss,
           WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
    return EXIT_SUCCESS;
}
