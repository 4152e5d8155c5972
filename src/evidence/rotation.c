/* SPDX-License-Identifier: Apache-2.0 */
#include "evidence/rotation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/xalloc.h"
#include "platform/append.h"

struct scs_rotation {
    struct scs_rotation_options options;
    char *path;
    struct scs_append *file;
    uint64_t head_len;
    int64_t begun_s;
    uint64_t number;
    bool turn;
    char **all; /* names of the files that stand, a ring of max_files; with 0 nothing */
};

/* Where the extension of a path begins; its end when it has none. */
static size_t base_len(const char *path)
{
    const char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path, *dot = strrchr(name, '.');
    return dot != NULL && dot != name ? (size_t)(dot - path) : strlen(path);
}

/* "20261122101112" of "2026-11-22T10:11:12.000000Z". */
#define DIGITS 14u

static void digits_of(int64_t seconds, char out[DIGITS + 1])
{
    char text[SCS_TIME_TEXT];
    size_t at = 0;
    for (const char *p = scs_text_seconds(seconds, text); *p != '\0' && at < DIGITS; p++) {
        if (*p >= '0' && *p <= '9') {
            out[at++] = *p;
        }
    }
    out[at] = '\0';
}

static char *name_of(const struct scs_rotation *r, uint64_t number, int64_t now_s)
{
    char digits[DIGITS + 1];
    if (!r->options.several) {
        return scs_xstrdup(r->path);
    }
    size_t base = base_len(r->path), size = strlen(r->path) + DIGITS + 32;
    char *name = scs_xmalloc(size);
    digits_of(now_s, digits);
    snprintf(name, size, "%.*s_%05llu_%s%s", (int)base, r->path, (unsigned long long)number, digits, r->path + base);
    return name;
}

/* The place of the oldest file, which the next one takes. */
static char **place_of(struct scs_rotation *r, uint64_t number)
{
    return &r->all[number % r->options.max_files];
}

static bool begin(struct scs_rotation *r, bool replace, const struct scs_cursor *head, struct scs_error *err)
{
    int64_t now_s = r->options.now_s(r->options.now_ctx);
    char *name = name_of(r, r->number + 1, now_s);
    if (r->all != NULL && *place_of(r, r->number + 1) != NULL) {
        char **oldest = place_of(r, r->number + 1);
        scs_append_remove(*oldest);
        free(*oldest);
        *oldest = NULL;
    }
    struct scs_append *file = scs_append_open(name, replace, err);
    if (file != NULL && !scs_append_piece(file, head->p, head->len, err)) {
        scs_append_close(file);
        scs_append_remove(name);
        file = NULL;
    }
    if (file != NULL) {
        scs_append_close(r->file);
        r->file = file;
        r->head_len = head->len;
        r->begun_s = now_s;
        r->number++;
        r->turn = false;
        if (r->all != NULL) {
            *place_of(r, r->number) = scs_xstrdup(name);
        }
    }
    free(name);
    return file != NULL;
}

struct scs_rotation *scs_rotation_open(const struct scs_rotation_options *o, const struct scs_cursor *head, struct scs_error *err)
{
    struct scs_rotation *r = scs_xcalloc(1, sizeof *r);
    r->options = *o;
    r->path = scs_xstrdup(o->path);
    if (o->max_files != 0) {
        r->all = scs_xcalloc(o->max_files, sizeof *r->all);
    }
    if (!begin(r, o->replace, head, err)) {
        scs_rotation_close(r);
        return NULL;
    }
    return r;
}

void scs_rotation_close(struct scs_rotation *r)
{
    if (r != NULL) {
        for (uint32_t i = 0; r->all != NULL && i < r->options.max_files; i++) {
            free(r->all[i]);
        }
        scs_append_close(r->file);
        free(r->all);
        free(r->path);
        free(r);
    }
}

void scs_rotation_abandon(struct scs_rotation *r)
{
    scs_append_remove(scs_append_path(r->file));
    scs_rotation_close(r);
}

bool scs_rotation_fits(const struct scs_rotation *r, uint64_t len)
{
    uint64_t size = scs_append_size(r->file);
    return r->options.max_bytes == 0 || (size <= r->options.max_bytes && len <= r->options.max_bytes - size);
}

bool scs_rotation_is_empty(const struct scs_rotation *r)
{
    return scs_append_size(r->file) <= r->head_len;
}

/* A clock that was set back does not keep a file open for ever. */
static bool is_old(const struct scs_rotation *r)
{
    int64_t age = r->options.now_s(r->options.now_ctx) - r->begun_s;
    return r->options.max_s != 0 && !scs_rotation_is_empty(r) && (age < 0 || (uint64_t)age >= r->options.max_s);
}

bool scs_rotation_due(const struct scs_rotation *r, uint64_t len)
{
    return r->turn || scs_append_gone(r->file) || (r->options.several && scs_append_spoilt(r->file)) || is_old(r) ||
           !(scs_rotation_fits(r, len) || scs_rotation_is_empty(r));
}

bool scs_rotation_next(struct scs_rotation *r, const struct scs_cursor *head, struct scs_error *err)
{
    return begin(r, false, head, err);
}

bool scs_rotation_add(struct scs_rotation *r, const struct scs_cursor *piece, struct scs_error *err)
{
    return scs_append_piece(r->file, piece->p, piece->len, err);
}

void scs_rotation_turn(struct scs_rotation *r)
{
    r->turn = r->options.several;
}

int scs_rotation_descriptor(const struct scs_rotation *r)
{
    return scs_append_descriptor(r->file);
}

const char *scs_rotation_path(const struct scs_rotation *r)
{
    return scs_append_path(r->file);
}
