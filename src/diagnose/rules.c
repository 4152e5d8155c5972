/* SPDX-License-Identifier: Apache-2.0 */
#include "diagnose/rules.h"

#include <assert.h>
#include <threads.h>

/* Room for every row; the groups' sizes are known to the linker only. */
#define MAX_RULES 512u

static const struct group {
    const struct scs_rule *rules;
    const size_t *num;
} groups[] = {
#define SCS_RULES(name) {scs_rules_##name, &scs_num_rules_##name},
#include "rules.def"
#undef SCS_RULES
};

static const struct scs_rule *rows[MAX_RULES];
static size_t num_rows;
static once_flag joined = ONCE_FLAG_INIT;

static void join_groups(void)
{
    for (size_t g = 0; g < sizeof groups / sizeof groups[0]; g++) {
        for (size_t i = 0; i < *groups[g].num; i++) {
            assert(num_rows < MAX_RULES);
            rows[num_rows++] = &groups[g].rules[i];
        }
    }
}

const struct scs_rule *const *scs_rules(size_t *num)
{
    call_once(&joined, join_groups);
    *num = num_rows;
    return rows;
}
