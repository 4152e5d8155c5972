/* SPDX-License-Identifier: Apache-2.0 */
/* Memory backed by an unlinked file, for more facts than should stay in memory. */
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

struct scs_spill *scs_spill_open(void)
{
    struct scs_error unused; /* without one, everything stays in memory */
    int fd = scs_platform_scratch(&unused);
    if (fd < 0) {
        return NULL;
    }
    struct scs_spill *s = scs_xcalloc(1, sizeof *s);
    s->fd = fd;
    return s;
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
