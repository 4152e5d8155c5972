/* SPDX-License-Identifier: Apache-2.0 */
#include "compare/plan.h"

#include <string.h>

#include "base/text.h"
#include "platform/platform.h"
#include "scepscope/net.h"

static bool is_file(const char *path)
{
    return strcmp(path, "-") == 0 || scs_platform_is_regular(path);
}

static bool is_selector(const char *word)
{
    struct scs_endpoint address;
    uint64_t number;
    return scs_text_u64(word, UINT32_MAX, &number) || scs_endpoint_parse(word, &address);
}

static void name_file(struct scs_compare_part *part, const char *path, const char *selector, struct scs_arena *arena)
{
    const char **files = SCS_ARENA_ARRAY(arena, 1, const char *);
    files[0] = path;
    part->files = files;
    part->num_files = 1;
    part->selector = selector;
}

/* False when the word has to be looked up in the files of the command line. A file's own name may hold a '#'. */
static bool names_file(struct scs_compare_part *part, bool have_files, struct scs_arena *arena)
{
    const char *hash = strrchr(part->word, '#');
    if (is_selector(part->word)) {
        return false;
    }
    if (is_file(part->word)) {
        name_file(part, part->word, NULL, arena);
        return true;
    }
    if (hash != NULL && hash != part->word && hash[1] != '\0') {
        const char *path = scs_arena_printf(arena, "%.*s", (int)(hash - part->word), part->word);
        if (is_file(path) || !have_files) {
            name_file(part, path, hash + 1, arena);
            return true;
        }
    }
    if (!have_files) {
        name_file(part, part->word, NULL, arena); /* opening it says what is wrong with it */
    }
    return !have_files;
}

static bool same_files(const struct scs_compare_part *a, const struct scs_compare_part *b)
{
    if (a->num_files != b->num_files) {
        return false;
    }
    for (uint32_t i = 0; i < a->num_files; i++) {
        if (strcmp(a->files[i], b->files[i]) != 0) {
            return false;
        }
    }
    return true;
}

bool scs_compare_plan(struct scs_compare_plan *out, const char *const words[2], const char *const *files, uint32_t num_files,
                      struct scs_arena *arena, struct scs_error *err)
{
    uint32_t looked_up = 0;
    *out = (struct scs_compare_plan){.parts = {{.word = words[0]}, {.word = words[1]}}};
    for (int s = 0; s < 2; s++) {
        struct scs_compare_part *part = &out->parts[s];
        if (names_file(part, num_files != 0, arena)) {
            continue;
        }
        if (num_files == 0) {
            return scs_error_set(err, "--compare %s: in which capture? Name its file too, or give FILE#%s", part->word,
                                 part->word);
        }
        part->files = files;
        part->num_files = num_files;
        part->selector = part->word;
        looked_up++;
    }
    if (looked_up == 0 && num_files != 0) {
        return scs_error_set(err, "--compare %s %s: both name a capture of their own, so %s is not looked at; leave it out",
                             words[0], words[1], files[0]);
    }
    out->one_capture = same_files(&out->parts[0], &out->parts[1]);
    return true;
}
