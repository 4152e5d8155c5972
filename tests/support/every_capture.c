/* SPDX-License-Identifier: Apache-2.0 */
#include "every_capture.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/xalloc.h"
#include "report/redact.h"
#include "scepscope/report.h"

#define MOST_PATHS 4096u

struct paths {
    const char *all[MOST_PATHS];
    uint32_t num;
};

static bool ends(const char *name, const char *const *endings)
{
    size_t len = strlen(name);
    for (; *endings != NULL; endings++) {
        size_t n = strlen(*endings);
        if (len > n && strcmp(name + len - n, *endings) == 0) {
            return true;
        }
    }
    return false;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void list(const char *folder, const char *const *endings, struct scs_arena *arena, struct paths *out)
{
    DIR *d = opendir(folder);
    assert_non_null(d);
    for (const struct dirent *e; (e = readdir(d)) != NULL && out->num < MOST_PATHS;) {
        if (ends(e->d_name, endings)) {
            out->all[out->num++] = scs_arena_printf(arena, "%s/%s", folder, e->d_name);
        }
    }
    closedir(d);
}

#define PCAPS SCEPSCOPE_SOURCE_DIR "/pcaps"

char *test_report_of(const char *path, test_between *between)
{
    static const char *const logs[] = {".keylog", NULL};
    struct scs_arena *arena = scs_arena_new();
    struct scs_error err;
    struct paths *keylogs = SCS_ARENA_NEW(arena, struct paths);
    list(PCAPS "/keys", logs, arena, keylogs);
    static const char *const keys[] = {PCAPS "/keys/ndes-ra-encryption.key", PCAPS "/keys/tls-server.key",
                                       PCAPS "/keys/scepserver-ca.key"};
    struct scs_run *run = scs_run_new(
        &(struct scs_run_options){
            .keylogs = keylogs->all, .num_keylogs = keylogs->num, .key_files = keys, .num_key_files = sizeof keys / sizeof *keys},
        &err);
    assert_non_null(run);
    bool opened = scs_run_open(run, &path, 1, &err);
    for (uint64_t batches = 1; opened && scs_run_step(run); batches++) {
        if (between != NULL) {
            between(run, batches);
        }
    }
    const struct scs_model *m = scs_run_finish(run);
    struct scs_report_context ctx = {.model = m, .redactor = scs_redactor_for_model(SCS_REDACT_NONE, m), .lang = "en"};
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    assert_non_null(out);
    assert_true(scs_reporter_by_name("json")->write(&ctx, out));
    fclose(out);
    scs_redactor_free(ctx.redactor);
    scs_run_free(run);
    scs_arena_free(arena);
    return text;
}

void test_every_capture(uint32_t part, uint32_t parts, void (*check)(const char *path))
{
    static const char *const captures[] = {".pcap", ".pcapng", ".gz", ".zst", NULL};
    struct scs_arena *arena = scs_arena_new();
    struct paths *found = SCS_ARENA_NEW(arena, struct paths);
    list(PCAPS, captures, arena, found);
    list(PCAPS "/near", captures, arena, found);
    assert_true(found->num > 100);
    qsort(found->all, found->num, sizeof *found->all, by_name);
    for (uint32_t i = part; i < found->num; i += parts) {
        check(found->all[i]);
    }
    scs_arena_free(arena);
}
