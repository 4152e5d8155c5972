/* SPDX-License-Identifier: Apache-2.0 */
/* Files that lines are added to, as logs are. */
#include "platform/platform.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int scs_platform_open_lines(const char *path, struct scs_error *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_NOCTTY | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (fd < 0) {
        scs_error_set(err, "%s cannot be written: %s", path, strerror(errno));
    }
    return fd;
}

/* 0, or what went wrong. A disk that is getting full takes a part first, and only then says why not the rest. */
static int write_all(int fd, const char *text, size_t len)
{
    while (len != 0) {
        ssize_t wrote = write(fd, text, len);
        if (wrote < 0 && errno != EINTR) {
            return errno;
        }
        text += wrote > 0 ? wrote : 0;
        len -= wrote > 0 ? (size_t)wrote : 0;
    }
    return 0;
}

bool scs_platform_add_line(int fd, const char *path, const char *text, size_t len, struct scs_error *err)
{
    struct stat before;
    bool file = fstat(fd, &before) == 0 && S_ISREG(before.st_mode);
    int trouble = write_all(fd, text, len);
    if (trouble != 0 && file && ftruncate(fd, before.st_size) != 0) {
        trouble = errno; /* half a line stays, then */
    }
    errno = trouble;
    return trouble == 0 || scs_error_set(err, "%s could not be written: %s", path, strerror(trouble));
}
