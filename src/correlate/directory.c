/* SPDX-License-Identifier: Apache-2.0 */
#include "correlate/directory.h"

#include <stdlib.h>

#include "base/shapes.h"
#include "base/xalloc.h"

struct scs_directory {
    struct scs_ca_calls *calls;
    const struct scs_connection *connection;
    struct scs_ca_call facts;
    bool asked;
};

struct scs_directory *scs_directory_new(struct scs_ca_calls *calls, const struct scs_connection *c)
{
    struct scs_directory *d = scs_xcalloc(1, sizeof *d);
    d->calls = calls;
    d->connection = c;
    d->facts = (struct scs_ca_call){.service = SCS_CA_DIRECTORY,
                                    .outcome = SCS_CA_UNANSWERED,
                                    .client = c->client,
                                    .server = c->server,
                                    .answered_ns = SCS_NO_TIME,
                                    .wait_ns = SCS_NO_TIME};
    return d;
}

void scs_directory_data(struct scs_directory *d, enum scs_dir dir, const struct scs_chunk *chunk)
{
    struct scs_ca_call *call = &d->facts;
    if (dir == SCS_TO_CLIENT && call->outcome == SCS_CA_UNANSWERED) {
        call->outcome = SCS_CA_ANSWERED;
        call->answered_ns = chunk->ts_ns;
        call->wait_ns = d->asked ? chunk->ts_ns - call->started_ns : SCS_NO_TIME;
        call->last_frame = chunk->frame;
    } else if (dir == SCS_TO_SERVER && !d->asked) {
        d->asked = true;
        call->started_ns = chunk->ts_ns;
        call->first_frame = call->last_frame = chunk->frame;
    }
}

void scs_directory_gap(struct scs_directory *d)
{
    d->facts.uncertain = true;
}

/* How long the client waited in vain before it left; SCS_NO_TIME while it still does. */
static int64_t patience(const struct scs_directory *d)
{
    const struct scs_half *client = &d->connection->half[SCS_TO_SERVER];
    int64_t left_ns = client->fin_ns != SCS_NO_TIME ? client->fin_ns : client->rst_ns;
    return left_ns == SCS_NO_TIME ? SCS_NO_TIME : left_ns - d->facts.started_ns;
}

void scs_directory_free(struct scs_directory *d)
{
    if (d != NULL) {
        if (d->facts.outcome == SCS_CA_UNANSWERED) {
            d->facts.wait_ns = patience(d);
        }
        if (d->asked) {
            scs_ca_calls_add(d->calls, &d->facts);
        }
        free(d);
    }
}

void scs_directory_move(struct scs_directory *d, struct scs_mover *m)
{
    scs_move_one(m, &d->connection, &scs_shape_connection);
}
