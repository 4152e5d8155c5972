/* SPDX-License-Identifier: Apache-2.0 */
#include "correlate/directory.h"

#include <stdlib.h>

#include "base/xalloc.h"

struct scs_directory {
    struct scs_ca_calls *calls;
    struct scs_ca_call facts;
    bool asked;
};

struct scs_directory *scs_directory_new(struct scs_ca_calls *calls, const struct scs_connection *c)
{
    struct scs_directory *d = scs_xcalloc(1, sizeof *d);
    d->calls = calls;
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

void scs_directory_free(struct scs_directory *d)
{
    if (d != NULL) {
        if (d->asked) {
            scs_ca_calls_add(d->calls, &d->facts);
        }
        free(d);
    }
}
