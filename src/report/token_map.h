/* SPDX-License-Identifier: Apache-2.0 */
/* Which token stands for which value, for whoever may know. */
#ifndef SCS_REPORT_TOKEN_MAP_H
#define SCS_REPORT_TOKEN_MAP_H

#include <stddef.h>
#include <stdio.h>

struct scs_token_map;

struct scs_token_map *scs_token_map_new(void);
void scs_token_map_free(struct scs_token_map *map); /* cleanses; NULL is fine */
/* scs_token_map_add copies both; a pair that is there already is not added again. */
void scs_token_map_add(struct scs_token_map *map, const char *token, const void *value, size_t len);
/* scs_token_map_begins: the token of the longest value that `text` begins with, whose length *len receives; NULL. */
const char *scs_token_map_begins(struct scs_token_map *map, const char *text, size_t *len);
/* scs_token_map_write writes {"token":"…","value":"…"} lines, in order. Whether it worked, ferror tells. */
void scs_token_map_write(const struct scs_token_map *map, FILE *out);

#endif
