/* SPDX-License-Identifier: Apache-2.0 */
/* A connection to LDAP or the global catalogue: whether it was asked and whether it answered. Its words are not read. */
#ifndef SCS_CORRELATE_DIRECTORY_H
#define SCS_CORRELATE_DIRECTORY_H

#include "correlate/ca_calls.h"
#include "http/http.h"

struct scs_directory;

struct scs_directory *scs_directory_new(struct scs_ca_calls *calls, const struct scs_connection *c);
void scs_directory_data(struct scs_directory *d, enum scs_dir dir, const struct scs_chunk *chunk);
void scs_directory_gap(struct scs_directory *d);
/* scs_directory_free adds the connection to the calls when something was asked on it. */
void scs_directory_free(struct scs_directory *d);
/* scs_directory_move: the arena of connections turned (base/mover.h). */
void scs_directory_move(struct scs_directory *d, struct scs_mover *m);

#endif
