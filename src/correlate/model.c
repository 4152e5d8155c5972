/* SPDX-License-Identifier: Apache-2.0 */
/* Look-ups in the model by id. */
#include "scepscope/model.h"

#include "base/arena.h"

void scs_model_rest(const struct scs_model *m, uint32_t index)
{
    if (m->kept != NULL && index % 1024 == 1023) {
        scs_arena_rest(m->kept);
    }
}

const struct scs_exchange *scs_model_exchange(const struct scs_model *m, uint32_t id)
{
    return id != 0 && id <= m->num_exchanges ? m->exchanges[id - 1] : NULL;
}

const struct scs_enrolment *scs_model_enrolment(const struct scs_model *m, uint32_t id)
{
    return id != 0 && id <= m->num_enrolments ? m->enrolments[id - 1] : NULL;
}

/* Ids ascend but have holes: connections that carried nothing of interest are not in the model. */
const struct scs_connection *scs_model_connection(const struct scs_model *m, uint32_t id)
{
    uint32_t low = 0, high = m->num_connections;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (m->connections[middle]->id < id) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < m->num_connections && m->connections[low]->id == id ? m->connections[low] : NULL;
}

const struct scs_server *scs_model_server(const struct scs_model *m, const struct scs_endpoint *endpoint)
{
    for (uint32_t i = 0; i < m->num_servers; i++) {
        if (scs_endpoint_equal(&m->servers[i]->endpoint, endpoint)) {
            return m->servers[i];
        }
    }
    return NULL;
}

bool scs_model_is_thinned(const struct scs_model *m, int64_t ts_ns)
{
    return m->departed != NULL && ts_ns <= m->departed->thinned_ns;
}
