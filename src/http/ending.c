/* SPDX-License-Identifier: Apache-2.0 */
#include "http/ending.h"

bool scs_ending_note(struct scs_ending *e, enum scs_dir dir, enum scs_end how)
{
    if (e->ended[dir]) {
        return false;
    }
    if (!e->any) {
        e->any = true;
        e->first = dir;
    }
    e->ended[dir] = true;
    e->how[dir] = how;
    return true;
}

/* A reset ends both directions at once; the connection knows whose packet it was. */
static enum scs_dir resetter(const struct scs_ending *e, const struct scs_connection *connection)
{
    int64_t client_ns = connection->half[SCS_TO_SERVER].rst_ns, server_ns = connection->half[SCS_TO_CLIENT].rst_ns;
    if (client_ns == SCS_NO_TIME && server_ns == SCS_NO_TIME) {
        return e->first;
    }
    return server_ns == SCS_NO_TIME || (client_ns != SCS_NO_TIME && client_ns <= server_ns) ? SCS_TO_SERVER : SCS_TO_CLIENT;
}

const char *scs_ending_why(const struct scs_ending *e, const struct scs_connection *connection)
{
    static const char *const words[2][2] = {{"client closed", "client reset"}, {"server closed", "server reset"}};
    if (!e->any) {
        return NULL;
    }
    switch (e->how[e->first]) {
    case SCS_END_CAPTURE:
        return "capture ended";
    case SCS_END_REPLACED:
        return "connection replaced";
    case SCS_END_FIN:
        return words[e->first][0];
    case SCS_END_RST:
        return words[resetter(e, connection)][1];
    }
    return NULL;
}

uint32_t scs_ending_cut(const struct scs_ending *e, enum scs_dir dir)
{
    enum scs_dir other = dir == SCS_TO_SERVER ? SCS_TO_CLIENT : SCS_TO_SERVER;
    if (e->how[dir] == SCS_END_FIN || e->how[dir] == SCS_END_RST || (e->ended[other] && e->how[other] == SCS_END_RST)) {
        return SCS_HTTP_NETWORK_CUT;
    }
    /* The same addresses and ports again without an end: the capture missed it. */
    return e->how[dir] == SCS_END_REPLACED ? SCS_HTTP_CAPTURE_GAP : SCS_HTTP_CAPTURE_END;
}
