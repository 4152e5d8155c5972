/* SPDX-License-Identifier: Apache-2.0 */
#include "report/lang/lang.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>
#include <threads.h>

#include "base/text.h"

/* Room for the whole catalogue; the groups' sizes are known to the linker only. */
#define MAX_TEXTS 512u

struct group {
    const struct scs_finding_text *texts;
    const size_t *num;
};

static const struct group english[] = {
#define SCS_TEXTS(name) {scs_en_##name, &scs_num_en_##name},
#include "en.def"
#undef SCS_TEXTS
};

/* The catalogue of one language, joined when it is first asked for whole. */
static struct catalogue {
    struct scs_finding_text texts[MAX_TEXTS];
    size_t num;
} english_catalogue;

static const struct language {
    const char *code;
    const struct group *groups;
    size_t num_groups;
    struct catalogue *catalogue;
} languages[] = {
    {"en", english, sizeof english / sizeof english[0], &english_catalogue},
};

#define NUM_LANGUAGES (sizeof languages / sizeof languages[0])
#define ENGLISH       (&languages[0])

static once_flag joined = ONCE_FLAG_INIT;

static const struct language *language_of(const char *code)
{
    for (size_t i = 0; i < NUM_LANGUAGES; i++) {
        if (scs_text_equal_nocase(languages[i].code, code)) {
            return &languages[i];
        }
    }
    return NULL;
}

static const struct scs_finding_text *find_in(const struct language *l, const char *id)
{
    for (size_t g = 0; g < l->num_groups; g++) {
        for (size_t i = 0; i < *l->groups[g].num; i++) {
            if (strcmp(l->groups[g].texts[i].id, id) == 0) {
                return &l->groups[g].texts[i];
            }
        }
    }
    return NULL;
}

/* Every language lists the ids of the English one, in its order, in its own words where it has them. */
static void join_groups(void)
{
    for (size_t k = 0; k < NUM_LANGUAGES; k++) {
        struct catalogue *c = languages[k].catalogue;
        for (size_t g = 0; g < ENGLISH->num_groups; g++) {
            for (size_t i = 0; i < *ENGLISH->groups[g].num; i++) {
                const struct scs_finding_text *text = &ENGLISH->groups[g].texts[i];
                const struct scs_finding_text *own = find_in(&languages[k], text->id);
                assert(c->num < MAX_TEXTS);
                c->texts[c->num++] = own != NULL ? *own : *text;
            }
        }
    }
}

bool scs_text_language(const char *code)
{
    return language_of(code) != NULL;
}

const struct scs_finding_text *scs_text_find(const char *lang, const char *id)
{
    const struct language *l = language_of(lang);
    const struct scs_finding_text *text = l == NULL ? NULL : find_in(l, id);
    return text != NULL ? text : find_in(ENGLISH, id);
}

const struct scs_finding_text *scs_text_all(const char *lang, size_t *num)
{
    const struct language *l = language_of(lang);
    call_once(&joined, join_groups);
    l = l != NULL ? l : ENGLISH;
    *num = l->catalogue->num;
    return l->catalogue->texts;
}

/* ---- facts into sentences -------------------------------------------------------------------------- */

static bool is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

/* The length of the name in "{name}" at `s`; 0 when there is none. */
static size_t name_len(const char *s, const char *end)
{
    size_t n = 0;
    while (s + 1 + n < end && is_name_char(s[1 + n])) {
        n++;
    }
    return s[0] == '{' && n != 0 && s + 1 + n < end && s[1 + n] == '}' ? n : 0;
}

static const struct scs_fact *find_fact(const struct scs_fact *facts, uint32_t num, const char *name, size_t len)
{
    for (uint32_t i = 0; i < num; i++) {
        if (strlen(facts[i].name) == len && memcmp(facts[i].name, name, len) == 0) {
            return &facts[i];
        }
    }
    return NULL;
}

/* Whether every fact the sentence names is known. */
static bool can_say(const char *s, const char *end, const struct scs_fact *facts, uint32_t num)
{
    for (; s < end; s++) {
        size_t len = name_len(s, end);
        if (len != 0 && find_fact(facts, num, s + 1, len) == NULL) {
            return false;
        }
    }
    return true;
}

static void say(const char *s, const char *end, const struct scs_fact *facts, uint32_t num, struct scs_buf *out)
{
    while (s < end) {
        size_t len = name_len(s, end);
        const struct scs_fact *fact = len == 0 ? NULL : find_fact(facts, num, s + 1, len);
        if (fact == NULL) {
            scs_buf_byte(out, (uint8_t)*s++);
            continue;
        }
        if (fact->kind == SCS_FACT_NUMBER) {
            scs_buf_printf(out, "%" PRId64, fact->number);
        } else {
            scs_buf_text(out, fact->text);
        }
        s += len + 2;
    }
}

bool scs_text_format(const char *tmpl, const struct scs_fact *facts, uint32_t num, struct scs_buf *out)
{
    bool written = false;
    while (*tmpl != '\0') {
        const char *stop = strstr(tmpl, ". ");
        const char *end = stop != NULL ? stop + 1 : tmpl + strlen(tmpl);
        if (can_say(tmpl, end, facts, num)) {
            if (written) {
                scs_buf_byte(out, ' ');
            }
            say(tmpl, end, facts, num, out);
            written = true;
        }
        tmpl = *end == '\0' ? end : end + 1;
    }
    return written;
}
