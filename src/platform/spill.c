/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory backed by an unlinked file, for more facts than should stay in memory.
 *
 *  the file     [ on disk, mapped from the file | lent, in ordinary memory | not lent yet ]
 *  addresses    one range, reserved at the start: what was lent lies in it without holes, as in the file
 *
 * A piece is born in ordinary memory and written to the file when it rests for the first time: mapping the file from the
 * start costs three times that, since each page is then read, zeroed and noted as dirty by itself.
 */
#include "platform/platform.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/xalloc.h"

/* Addresses cost nothing; of 32 bits there are not many. */
#define RANGE (sizeof(void *) > 4 ? (size_t)1 << 38 : (size_t)1 << 29)

/*
 * What one write takes. The kernel keeps it in one piece of its cache, which it maps whole when a byte of it is read, and
 * marks dirty whole when one is changed: large pieces make memory peak, small ones make writing dear.
 */
#define PIECE ((size_t)32 * 1024)

struct scs_spill {
    int fd;
    uint8_t *base;
    size_t page;
    size_t lent, on_disk; /* bytes from `base`, whole pages */
};

struct scs_spill *scs_spill_open(void)
{
    struct scs_error unused; /* without one, everything stays in memory */
    int fd = scs_platform_scratch(&unused);
    if (fd < 0) {
        return NULL;
    }
    void *base = mmap(NULL, RANGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (base == MAP_FAILED) {
        close(fd);
        return NULL;
    }
    struct scs_spill *s = scs_xcalloc(1, sizeof *s);
    s->fd = fd;
    s->base = base;
    s->page = (size_t)sysconf(_SC_PAGESIZE);
    return s;
}

void *scs_spill_lend(struct scs_spill *s, size_t n)
{
    n = (n + s->page - 1) / s->page * s->page;
    /* The room is taken before it is used: a page without a block behind it would be a SIGBUS. */
    if (n > RANGE - s->lent || posix_fallocate(s->fd, (off_t)s->lent, (off_t)n) != 0 ||
        mprotect(s->base + s->lent, n, PROT_READ | PROT_WRITE) != 0) {
        return NULL;
    }
    s->lent += n;
    return s->base + s->lent - n;
}

/* Writes bytes `from` to `to` of what was lent to the file; false: they are not (all) there. */
static bool write_out(const struct scs_spill *s, size_t from, size_t to)
{
    while (from < to) {
        size_t n = to - from < PIECE ? to - from : PIECE;
        ssize_t wrote = pwrite(s->fd, s->base + from, n, (off_t)from);
        if (wrote <= 0) {
            return false;
        }
        from += (size_t)wrote;
    }
    return true;
}

void scs_spill_rest(struct scs_spill *s, size_t fresh)
{
    size_t to = s->lent > fresh ? (s->lent - fresh) / s->page * s->page : 0;
    if (to > s->on_disk && write_out(s, s->on_disk, to)) {
        /* In one step: whoever reads meanwhile reads the same bytes, before and after. */
        void *p =
            mmap(s->base + s->on_disk, to - s->on_disk, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, s->fd, (off_t)s->on_disk);
        if (p == MAP_FAILED) {
            abort(); /* out of kernel memory; what lay there may be gone */
        }
        s->on_disk = to;
    }
    (void)madvise(s->base, s->on_disk, MADV_DONTNEED); /* of a shared mapping: the file keeps the bytes */
}

void scs_spill_close(struct scs_spill *s)
{
    if (s != NULL) {
        (void)munmap(s->base, RANGE);
        close(s->fd);
        free(s);
    }
}
