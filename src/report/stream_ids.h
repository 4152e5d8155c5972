/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers that stay while a capture goes on. In one model ids follow the order of the beginning, and something that began
 * early may end late: the next look numbers anew. In a stream of events an exchange has its serial, and connections and
 * enrolments have the number that was given when they were first seen.
 *
 * A connection is known by its first packet. An enrolment is the one that held any of its exchanges before, or, while it has
 * none, that began at the same moment between the same addresses. Of two that turn out to be one the number of its earliest
 * exchange stays.
 */
#ifndef SCS_REPORT_STREAM_IDS_H
#define SCS_REPORT_STREAM_IDS_H

#include "scepscope/model.h"

struct scs_stream_ids;

struct scs_stream_ids *scs_stream_ids_new(void);
void scs_stream_ids_free(struct scs_stream_ids *ids); /* NULL is fine */
/* scs_stream_ids_look gives numbers to all that is in the model, which is borrowed until the next look. */
void scs_stream_ids_look(struct scs_stream_ids *ids, const struct scs_model *m);

typedef uint32_t scs_stream_id(const struct scs_stream_ids *ids, uint32_t id);
/* The number for an id of the model of the last look. With `ids` NULL it is the id itself, as in reports. 0 gives 0. */
scs_stream_id scs_stream_id_exchange, scs_stream_id_enrolment, scs_stream_id_connection;

#endif
