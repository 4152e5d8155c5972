/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one table of options. The parser, --help, the manual page and the completions are made from it,
 * so that they cannot disagree.
 */
#ifndef SCS_CLI_OPTION_TABLE_H
#define SCS_CLI_OPTION_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* What getopt_long returns for options without a letter. */
enum scs_option_code {
    SCS_OPT_SERVER = 256,
    SCS_OPT_PATH,
    SCS_OPT_REDACT,
    SCS_OPT_LANG,
    SCS_OPT_FAIL_ON,
    SCS_OPT_COLOR,
    SCS_OPT_FORCE,
    SCS_OPT_COMPARE,
    SCS_OPT_EXPLAIN,
    SCS_OPT_LIST_FINDINGS,
    SCS_OPT_COMPLETION,
    SCS_OPT_KEY_PASS,
    SCS_OPT_NO_VERIFY,
    SCS_OPT_LOG,
    SCS_OPT_BUNDLE,
    SCS_OPT_EMBED_KEYS,
    SCS_OPT_MAP,
    SCS_OPT_FOLLOW,
    SCS_OPT_REPORT_EVERY,
    SCS_OPT_MEMORY
};

struct scs_option {
    int code;          /* the letter, or an enum scs_option_code */
    const char *name;  /* long name */
    const char *arg;   /* name of its argument; NULL: takes none */
    const char *help;  /* what it does, in a sentence or two */
    const char *later; /* NULL; else it is not in this version yet: what to do instead, said when it is given */
};

const struct scs_option *scs_option_table(size_t *num);

/* scs_option_help prints --help. */
void scs_option_help(FILE *out);
/* scs_option_man prints the entries of the manual page: those of this version, or those that are not in it yet. */
void scs_option_man(FILE *out, bool later);

#endif
