/* SPDX-License-Identifier: Apache-2.0 */
#include "platform/platform.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/xalloc.h"

struct scs_spill {
    int fd;
    off_t size;
};

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

struct scs_spill *scs_spill_open(void)
{
    const char *chosen = getenv("TMPDIR");
    /* /var/tmp before /tmp, which is often memory. */
    const char *folders[] = {chosen != NULL && *chosen != '\0' ? chosen : "/var/tmp", "/var/tmp", "/tmp"};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        int fd = unlinked_file(folders[i]);
        if (fd >= 0) {
            struct scs_spill *s = scs_xcalloc(1, sizeof *s);
            s->fd = fd;
            return s;
        }
    }
    return NULL;
}

void *scs_spill_map(struct scs_spill *s, size_t n)
{
    /* The room is taken before it is used: a page without a block behind it would be a SIGBUS. */
    if (posix_fallocate(s->fd, s->size, (off_t)n) != 0) {
        return NULL;
    }
    void *p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_SHARED, s->fd, s->size);
    if (p == MAP_FAILED) {
        return NULL;
    }
    s->size += (off_t)n;
    return p;
}

void scs_spill_rest(void *p, size_t n)
{
    (void)madvise(p, n, MADV_DONTNEED); /* of a shared mapping: the file keeps the bytes */
}

void scs_spill_unmap(void *p, size_t n)
{
    (void)munmap(p, n);
}

void scs_spill_close(struct scs_spill *s)
{
    if (s != NULL) {
        close(s->fd);
        free(s);
    }
}
