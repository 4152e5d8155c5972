/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rule rows by group. A group is one file, rules_<group>.c, which defines its array and its number, and one line in
 * rules.def. Order matters inside a group as it does between them: from the exact cause to the general one.
 */
#ifndef SCS_DIAGNOSE_RULES_H
#define SCS_DIAGNOSE_RULES_H

#include <stddef.h>

#include "scepscope/rule.h"

#define SCS_RULES(name)                                                                                                          \
    extern const struct scs_rule scs_rules_##name[];                                                                             \
    extern const size_t scs_num_rules_##name;
#include "rules.def"
#undef SCS_RULES

#endif
