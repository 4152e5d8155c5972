/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/event_files.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "platform/platform.h"

struct place {
    const char *path; /* NULL: standard output */
    int fd;           /* -1: it cannot be opened now */
    bool troubled;    /* that was said */
};

struct scs_event_files {
    struct place *all;
    uint32_t num;
    void (*said)(void *ctx, const char *sentence);
    void *said_ctx;
    bool reader_gone;
    uint64_t lost;
};

static bool is_events(const struct scs_reporter *r)
{
    return r != NULL && strcmp(r->name, "ndjson") == 0;
}

static bool add(struct scs_event_files *f, const char *path, struct scs_error *err)
{
    struct place *p = &f->all[f->num++];
    *p = (struct place){.path = path, .fd = 1};
    if (path != NULL) {
        p->fd = scs_platform_open_lines(path, err);
    }
    return p->fd >= 0;
}

struct scs_event_files *scs_event_files_open(const struct scs_options *o, void (*said)(void *ctx, const char *sentence),
                                             void *ctx, struct scs_error *err)
{
    struct scs_event_files *f = scs_xcalloc(1, sizeof *f);
    bool ok = true;
    f->said = said;
    f->said_ctx = ctx;
    f->all = scs_xcalloc((size_t)o->num_outputs + 1, sizeof *f->all);
    for (uint32_t i = 0; i < o->num_outputs && ok; i++) {
        ok = !is_events(o->outputs[i].reporter) || add(f, o->outputs[i].path, err);
    }
    if (ok && is_events(o->standard)) {
        ok = add(f, NULL, err);
    }
    if (!ok) {
        scs_event_files_close(f);
        return NULL;
    }
    return f;
}

void scs_event_files_close(struct scs_event_files *f)
{
    if (f != NULL) {
        for (uint32_t i = 0; i < f->num; i++) {
            scs_platform_close(f->all[i].fd);
        }
        free(f->all);
        free(f);
    }
}

bool scs_event_files_any(const struct scs_event_files *f)
{
    return f->num != 0;
}

size_t scs_event_files_descriptors(const struct scs_event_files *f, int *out, size_t most)
{
    size_t num = 0;
    for (uint32_t i = 0; i < f->num && num < most; i++) {
        if (f->all[i].path != NULL) {
            out[num++] = f->all[i].fd;
        }
    }
    return num;
}

bool scs_event_files_reader_gone(const struct scs_event_files *f)
{
    return f->reader_gone;
}

static void say_trouble(struct scs_event_files *f, struct place *p, const struct scs_error *err)
{
    if (!p->troubled) {
        f->said(f->said_ctx, err->text);
    }
    p->troubled = true;
}

static void say_mended(struct scs_event_files *f, struct place *p)
{
    struct scs_error sentence;
    if (p->troubled) {
        scs_error_set(&sentence, "%s can be written again", p->path);
        f->said(f->said_ctx, sentence.text);
    }
    p->troubled = false;
}

static void put(struct scs_event_files *f, struct place *p, const char *text, size_t len)
{
    struct scs_error err;
    errno = 0;
    if (p->fd < 0 && p->path != NULL) {
        p->fd = scs_platform_open_lines(p->path, &err);
    }
    if (p->fd >= 0 && scs_platform_add_line(p->fd, p->path != NULL ? p->path : "standard output", text, len, &err)) {
        say_mended(f, p);
        return;
    }
    f->lost++;
    if (p->path == NULL && errno == EPIPE) {
        f->reader_gone = true;
        return;
    }
    say_trouble(f, p, &err);
}

void scs_event_files_line(void *ctx, const char *text, size_t len)
{
    struct scs_event_files *f = ctx;
    for (uint32_t i = 0; i < f->num; i++) {
        put(f, &f->all[i], text, len);
    }
}

void scs_event_files_reopen(struct scs_event_files *f)
{
    struct scs_error err;
    for (uint32_t i = 0; i < f->num; i++) {
        struct place *p = &f->all[i];
        int fd = p->path == NULL ? -1 : scs_platform_open_lines(p->path, &err);
        if (fd >= 0) {
            scs_platform_close(p->fd);
            p->fd = fd;
        } else if (p->path != NULL) {
            say_trouble(f, p, &err); /* and what is open stays so */
        }
    }
}

bool scs_event_files_end(const struct scs_event_files *f, struct scs_error *err)
{
    struct scs_error sentence;
    bool written = true;
    for (uint32_t i = 0; i < f->num; i++) {
        written = written && !f->all[i].troubled;
    }
    scs_error_set(&sentence, "%llu events could not be written", (unsigned long long)f->lost);
    if (f->lost != 0 && written && !f->reader_gone) {
        f->said(f->said_ctx, sentence.text);
    }
    *err = sentence;
    return written;
}
