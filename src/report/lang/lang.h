/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The catalogue's texts by language. A language is a row of lang.c and a list of its groups, en.def; a group is
 * one file <code>_<group>.c that defines its array and its number, and one line in the list. English is complete
 * and gives the order; another language may lack ids, for which English stands in.
 */
#ifndef SCS_REPORT_LANG_LANG_H
#define SCS_REPORT_LANG_LANG_H

#include <stddef.h>

#include "base/buf.h"
#include "scepscope/rule.h"

#define SCS_TEXTS(name)                                                                                                          \
    extern const struct scs_finding_text scs_en_##name[];                                                                        \
    extern const size_t scs_num_en_##name;
#include "en.def"
#undef SCS_TEXTS

/* scs_text_language says whether findings can be told in this language. */
bool scs_text_language(const char *code);

/*
 * scs_text_format appends `tmpl` to `out` with each {name} replaced by the fact of that name. A sentence
 * (up to ". " or the end) that names an unknown fact is left out. Braces around anything but lower-case
 * letters, digits and _ are ordinary text, so commands keep theirs. Returns whether anything was written.
 */
bool scs_text_format(const char *tmpl, const struct scs_fact *facts, uint32_t num, struct scs_buf *out);

#endif
