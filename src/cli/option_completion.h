/* SPDX-License-Identifier: Apache-2.0 */
/* Completions for shells, made from the one table of options. */
#ifndef SCS_CLI_OPTION_COMPLETION_H
#define SCS_CLI_OPTION_COMPLETION_H

#include <stdbool.h>
#include <stdio.h>

/* The shells, for messages and for the completion of the option itself. */
#define SCS_COMPLETION_SHELLS "bash zsh fish"

/* scs_option_completion_known: there is a script for this shell. */
bool scs_option_completion_known(const char *shell);
/* scs_option_completion prints the script of a known shell. */
void scs_option_completion(FILE *out, const char *shell);

#endif
