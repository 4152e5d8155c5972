/* SPDX-License-Identifier: Apache-2.0 */
/* How the two directions of a connection ended, and what that says about what was unfinished then. */
#ifndef SCS_HTTP_ENDING_H
#define SCS_HTTP_ENDING_H

#include "http/http.h"

struct scs_ending {
    bool ended[2];
    enum scs_end how[2]; /* by direction */
    bool any;
    enum scs_dir first; /* the direction that ended first */
};

/* scs_ending_note: false when this direction's end was told before. */
bool scs_ending_note(struct scs_ending *e, enum scs_dir dir, enum scs_end how);
/* scs_ending_why says who ended the connection, for a request without a reply; NULL while nobody did. */
const char *scs_ending_why(const struct scs_ending *e, const struct scs_connection *connection);
/* scs_ending_cut returns the flag of a message inside which its direction ended: the enum scs_http_flag that says whose doing it
 * was. */
uint32_t scs_ending_cut(const struct scs_ending *e, enum scs_dir dir);

#endif
