/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/privileges.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/xalloc.h"
#include "keys/keyring.h"

/* Paths of what is still to be opened. */
struct paths {
    struct scs_arena *arena;
    const char **all;
    size_t num;
};

static void add(struct paths *p, const char *path)
{
    p->all = scs_xrealloc(p->all, p->num + 1, sizeof *p->all);
    p->all[p->num++] = path;
}

/* "." for a name alone. */
static void add_folder_of(struct paths *p, const char *path)
{
    const char *slash = path != NULL ? strrchr(path, '/') : NULL;
    if (path != NULL) {
        add(p, slash == NULL ? "." : scs_arena_printf(p->arena, "%.*s", slash == path ? 1 : (int)(slash - path), path));
    }
}

/*
 * Captures are read again for -w and --bundle. A key log, or a capture that grows, may be replaced by another file of its name
 * while packets come, so it is its folder that stays readable.
 */
static void add_readable(struct paths *p, const struct scs_options *o, const struct scs_capture_paths *captures, size_t num)
{
    for (size_t c = 0; c < num; c++) {
        for (uint32_t i = 0; i < captures[c].num; i++) {
            add(p, captures[c].paths[i]);
            if (o->growing) {
                add_folder_of(p, captures[c].paths[i]);
            }
        }
    }
    for (uint32_t i = 0; i < o->num_keylogs; i++) {
        add(p, o->keylogs[i]);
        add_folder_of(p, o->keylogs[i]);
    }
}

/* Outputs are open under a temporary name; their folders are where they get their own. */
static void add_writable(struct paths *p, const struct scs_options *o)
{
    for (uint32_t i = 0; i < o->num_outputs; i++) {
        add_folder_of(p, o->outputs[i].path);
    }
    add_folder_of(p, o->evidence);
    add_folder_of(p, o->bundle);
    add_folder_of(p, o->map);
}

static bool has_tokens(const struct scs_options *o)
{
    bool any = false;
    for (uint32_t i = 0; i < o->num_keys; i++) {
        any = any || scs_keyring_is_uri(o->keys[i]);
    }
    return any;
}

bool scs_privileges_drop(const struct scs_options *o, struct scs_output *const *files, uint32_t num_files, const int *added,
                         size_t num_added, const struct scs_capture_paths *captures, size_t num_captures, struct scs_error *err)
{
    struct scs_arena *arena = scs_arena_new();
    struct paths readable = {.arena = arena}, writable = {.arena = arena};
    struct scs_confine_result got;
    int *handed = scs_xcalloc(num_files + num_added + 1, sizeof *handed);
    size_t num_handed = 0;
    for (uint32_t i = 0; i < num_files; i++) {
        if (files[i] != NULL) {
            handed[num_handed++] = fileno(scs_output_file(files[i]));
        }
    }
    for (size_t i = 0; i < num_added; i++) {
        handed[num_handed++] = added[i];
    }
    add_readable(&readable, o, captures, num_captures);
    add_writable(&writable, o);
    struct scs_confinement plan = {.user = o->user,
                                   .handed = handed,
                                   .num_handed = num_handed,
                                   .readable = readable.all,
                                   .num_readable = readable.num,
                                   .writable = writable.all,
                                   .num_writable = writable.num,
                                   .devices = o->num_interfaces != 0,
                                   .tokens = has_tokens(o)};
    bool ok = scs_confine(&plan, &got, err);
    if (ok && o->verbosity > 0) {
        fprintf(stderr, "scepscope: %s\n", got.said);
    }
    free(handed);
    free(readable.all);
    free(writable.all);
    scs_arena_free(arena);
    return ok;
}
