/* SPDX-License-Identifier: Apache-2.0 */
#include "compare/write.h"

#include <string.h>

#include "base/buf.h"
#include "compare/fields.h"

scs_compare_writer *scs_compare_writer_of(const struct scs_reporter *reporter)
{
    static const struct {
        const char *name;
        scs_compare_writer *write;
    } writers[] = {{"text", scs_compare_text}, {"json", scs_compare_json}, {"markdown", scs_compare_markdown}};
    for (size_t i = 0; i < sizeof writers / sizeof writers[0]; i++) {
        if (strcmp(writers[i].name, reporter->name) == 0) {
            return writers[i].write;
        }
    }
    return NULL;
}

const char *scs_compare_value_words(const struct scs_compare_value *v)
{
    return v->seen == SCS_SEEN_NONE ? "none" : v->text;
}

void scs_compare_step_words(const struct scs_compare_step *s, struct scs_buf *out)
{
    if (s == NULL) {
        scs_buf_text(out, "-");
        return;
    }
    scs_buf_printf(out, "%s %s", s->operation, s->result);
    if (s->times > 1) {
        scs_buf_printf(out, " (%u times)", s->times);
    }
}

bool scs_compare_steps_same(const struct scs_comparison *c)
{
    for (uint32_t i = 0; i < c->steps.num_pairs; i++) {
        if (!c->steps.pairs[i].same && !c->steps.pairs[i].unknown) {
            return false;
        }
    }
    return !c->steps.differ;
}

unsigned scs_compare_finding_side(const struct scs_compare_finding *f)
{
    return f->on[0] && f->on[1] ? 2 : f->on[1] ? 1 : 0;
}

uint32_t scs_compare_count(const struct scs_comparison *c, enum scs_compare_result result)
{
    uint32_t num = 0;
    for (uint32_t i = 0; i < c->num_rows; i++) {
        num += c->rows[i].result == result && c->rows[i].field->weight != SCS_COMPARE_IDENTITY;
    }
    return num;
}
