/* SPDX-License-Identifier: Apache-2.0 */
/* The table of dissectors, made from dissectors.def. */
#include "scepscope/dissector.h"

/* Each dissector's .c file defines `const struct scs_dissector scs_dissector_<name>`. */
#define SCS_DISSECTOR(name) extern const struct scs_dissector scs_dissector_##name;
#include "dissectors.def"
#undef SCS_DISSECTOR

static const struct scs_dissector *const table[] = {
#define SCS_DISSECTOR(name) &scs_dissector_##name,
#include "dissectors.def"
#undef SCS_DISSECTOR
    NULL};

const struct scs_dissector *const *scs_dissectors(size_t *num)
{
    *num = sizeof table / sizeof *table - 1;
    return table;
}
