/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_replay DISSECTOR FOLDER: gives every seed to the dissector, whole and cut in two at every byte,
 * and demands the same facts each time. Catches a parser that depends on how a stream was delivered,
 * and, under the sanitizers, every past crash.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/xalloc.h"
#include "scepscope/dissector.h"

/* Long seeds are cut at a stride, so that a seed of n bytes costs at most this many runs. */
#define MOST_CUTS  1500u
#define MOST_FACTS (4u * 1024u * 1024u)

static const struct scs_dissector *find(const char *name)
{
    size_t num;
    const struct scs_dissector *const *all = scs_dissectors(&num);
    for (size_t i = 0; i < num; i++) {
        if (strcmp(all[i]->name, name) == 0) {
            return all[i];
        }
    }
    return NULL;
}

static bool same_however_cut(const struct scs_dissector *d, const char *path)
{
    FILE *f = fopen(path, "rb");
    if (f == NULL) {
        perror(path);
        return false;
    }
    static uint8_t data[1 << 20];
    size_t len = fread(data, 1, sizeof data, f);
    fclose(f);

    struct scs_buf whole, parts;
    scs_buf_init(&whole, MOST_FACTS);
    scs_buf_init(&parts, MOST_FACTS);
    /* A copy of exactly this size, so that the sanitizer sees a read past either end. */
    uint8_t *exact = scs_xmalloc(len);
    memcpy(exact, data, len);
    d->examine(exact, len, len, &whole);
    bool same = true;
    size_t stride = len / MOST_CUTS + 1;
    for (size_t cut = 0; cut < len && same; cut += stride) {
        scs_buf_clear(&parts);
        d->examine(exact, len, cut, &parts);
        same = parts.len == whole.len && (whole.len == 0 || memcmp(parts.p, whole.p, whole.len) == 0);
        if (!same) {
            fprintf(stderr, "%s: other facts when cut at byte %zu\n--- whole\n%s\n--- cut\n%s\n", path, cut, scs_buf_cstr(&whole),
                    scs_buf_cstr(&parts));
        }
    }
    free(exact);
    scs_buf_cleanup(&whole);
    scs_buf_cleanup(&parts);
    return same;
}

int main(int argc, char **argv)
{
    const struct scs_dissector *d = argc == 3 ? find(argv[1]) : NULL;
    DIR *folder = argc == 3 ? opendir(argv[2]) : NULL;
    if (d == NULL || folder == NULL) {
        fprintf(stderr, "usage: fuzz_replay DISSECTOR FOLDER (with at least one seed)\n");
        return 2;
    }
    unsigned passed = 0, failed = 0;
    for (struct dirent *e; (e = readdir(folder)) != NULL;) {
        char path[1024];
        if (e->d_name[0] == '.') {
            continue;
        }
        snprintf(path, sizeof path, "%s/%s", argv[2], e->d_name);
        *(same_however_cut(d, path) ? &passed : &failed) += 1;
    }
    closedir(folder);
    printf("%s: %u passed, %u failed\n", argv[1], passed, failed);
    return failed != 0 || passed == 0;
}
