/* SPDX-License-Identifier: Apache-2.0 */
/* Temporary files that have no name. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "platform/platform.h"

static int unlinked_file(const char *folder)
{
    char path[4096];
    int len = snprintf(path, sizeof path, "%s/scepscope-XXXXXX", folder);
    if (len < 0 || (size_t)len >= sizeof path) {
        return -1;
    }
    int fd = mkstemp(path); /* mode 0600 */
    if (fd >= 0) {
        (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
        unlink(path);
    }
    return fd;
}

const char *scs_platform_scratch_folder(void)
{
    const char *chosen = getenv("TMPDIR");
    /* /var/tmp before /tmp, which is often memory. */
    const char *const folders[] = {chosen != NULL && *chosen != '\0' ? chosen : "/var/tmp", "/var/tmp"};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        if (access(folders[i], W_OK | X_OK) == 0) {
            return folders[i];
        }
    }
    return "/tmp";
}

int scs_platform_scratch(struct scs_error *err)
{
    int fd = unlinked_file(scs_platform_scratch_folder());
    if (fd < 0) {
        scs_error_set(err, "no temporary file can be made: %s; name a folder with TMPDIR", strerror(errno));
    }
    return fd;
}

bool scs_platform_append(int fd, const void *data, size_t n, struct scs_error *err)
{
    const unsigned char *p = data;
    while (n != 0) {
        ssize_t wrote = write(fd, p, n);
        if (wrote < 0 && errno == EINTR) {
            continue;
        }
        if (wrote <= 0) {
            return scs_error_set(err, "a temporary file cannot be written: %s; name a folder with more room with TMPDIR",
                                 strerror(errno));
        }
        p += wrote;
        n -= (size_t)wrote;
    }
    return true;
}

int scs_platform_reread(int fd, struct scs_error *err)
{
    /* One offset for both descriptors: nothing is appended any more. */
    int again = fcntl(fd, F_DUPFD_CLOEXEC, 3);
    if (again < 0 || lseek(again, 0, SEEK_SET) != 0) {
        scs_error_set(err, "a temporary file cannot be read again: %s", strerror(errno));
        scs_platform_close(again);
        return -1;
    }
    return again;
}

FILE *scs_platform_scratch_file(struct scs_error *err)
{
    int fd = scs_platform_scratch(err);
    FILE *file = fd >= 0 ? fdopen(fd, "w+b") : NULL;
    if (fd >= 0 && file == NULL) {
        scs_error_set(err, "a temporary file cannot be opened: %s", strerror(errno));
        scs_platform_close(fd);
    }
    return file;
}
