/* SPDX-License-Identifier: Apache-2.0 */
#include "platform/append.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/xalloc.h"

struct scs_append {
    int fd;
    char *path;
    uint64_t size; /* of the whole pieces */
    bool torn;     /* behind them are bytes of one that is not whole */
    bool full;     /* EFBIG: the limit is on this file, not on the disk */
};

/* Whatever stands at the path is not written to: a link there, or a file of another, is none of ours. */
static bool clear(const char *path, struct scs_error *err)
{
    struct stat st;
    if (lstat(path, &st) != 0) {
        return true;
    }
    if (!S_ISREG(st.st_mode) && !S_ISLNK(st.st_mode)) {
        return scs_error_set(err, "%s is no file; name one", path);
    }
    return unlink(path) == 0 || scs_error_set(err, "%s cannot be replaced: %s", path, strerror(errno));
}

struct scs_append *scs_append_open(const char *path, bool replace, struct scs_error *err)
{
    if (replace && !clear(path, err)) {
        return NULL;
    }
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_APPEND | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (fd < 0 && errno == EEXIST) {
        scs_error_set(err, "%s exists; remove it, or give --force to overwrite it", path);
        return NULL;
    }
    if (fd < 0) {
        scs_error_set(err, "%s cannot be written: %s", path, strerror(errno));
        return NULL;
    }
    struct scs_append *a = scs_xcalloc(1, sizeof *a);
    *a = (struct scs_append){.fd = fd, .path = scs_xstrdup(path)};
    return a;
}

static bool mend(struct scs_append *a)
{
    a->torn = a->torn && ftruncate(a->fd, (off_t)a->size) != 0;
    return !a->torn;
}

/* 0, or what went wrong. Of a disk that is getting full write(2) tells first how much it took, and only then why not more. */
static int write_all(struct scs_append *a, const uint8_t *p, size_t len)
{
    while (len != 0) {
        ssize_t n = write(a->fd, p, len);
        if (n < 0 && errno != EINTR) {
            return errno;
        }
        if (n == 0) {
            return EIO;
        }
        a->torn = a->torn || n > 0;
        p += n > 0 ? n : 0;
        len -= n > 0 ? (size_t)n : 0;
    }
    return 0;
}

bool scs_append_piece(struct scs_append *a, const void *piece, size_t len, struct scs_error *err)
{
    int trouble = mend(a) ? write_all(a, piece, len) : EIO;
    if (trouble == 0) {
        a->torn = false;
        a->size += len;
        return true;
    }
    a->full = trouble == EFBIG;
    (void)mend(a);
    return scs_error_set(err, "%s could not be written: %s", a->path, strerror(trouble));
}

uint64_t scs_append_size(const struct scs_append *a)
{
    return a->size;
}

const char *scs_append_path(const struct scs_append *a)
{
    return a->path;
}

bool scs_append_spoilt(const struct scs_append *a)
{
    return a->full || a->torn;
}

bool scs_append_gone(const struct scs_append *a)
{
    struct stat ours, there;
    return fstat(a->fd, &ours) == 0 &&
           (lstat(a->path, &there) != 0 || there.st_ino != ours.st_ino || there.st_dev != ours.st_dev);
}

int scs_append_descriptor(const struct scs_append *a)
{
    return a->fd;
}

void scs_append_close(struct scs_append *a)
{
    if (a != NULL) {
        close(a->fd);
        free(a->path);
        free(a);
    }
}

void scs_append_remove(const char *path)
{
    (void)unlink(path);
}
