/* SPDX-License-Identifier: Apache-2.0 */
/* How long each step took. What counts as a difference is in fields.c. */
#include "compare/fields.h"

static int64_t between(int64_t from, int64_t to)
{
    return from == SCS_NO_TIME || to == SCS_NO_TIME || to < from ? SCS_NO_TIME : to - from;
}

static struct scs_compare_value connect_time(const struct scs_compare_reader *r)
{
    const struct scs_connection *c = r->side->connection;
    bool met = c != NULL && (c->flags & SCS_CONN_HANDSHAKE) != 0;
    return scs_value_duration(r, met ? between(c->syn_ns, c->handshake_ns) : SCS_NO_TIME);
}

static struct scs_compare_value tls_time(const struct scs_compare_reader *r)
{
    const struct scs_tls_facts *f = r->side->connection != NULL ? r->side->connection->tls : NULL;
    bool done = f != NULL && (f->flags & SCS_TLS_HANDSHAKE_DONE) != 0;
    return scs_value_duration(r, done ? between(f->client_hello_ns, f->done_ns) : SCS_NO_TIME);
}

static struct scs_compare_value wait_of(const struct scs_compare_reader *r, const struct scs_exchange *x)
{
    return scs_value_duration(r, x != NULL ? x->wait_ns : SCS_NO_TIME);
}

static struct scs_compare_value caps_wait(const struct scs_compare_reader *r)
{
    return wait_of(r, r->side->caps);
}

static struct scs_compare_value ca_wait(const struct scs_compare_reader *r)
{
    return wait_of(r, r->side->ca_certs);
}

static struct scs_compare_value request_wait(const struct scs_compare_reader *r)
{
    return wait_of(r, r->side->enrols);
}

static struct scs_compare_value sending(const struct scs_compare_reader *r)
{
    const struct scs_http_request *q = r->side->enrols != NULL ? r->side->enrols->request : NULL;
    return scs_value_duration(r, q != NULL ? between(q->m.first_ns, q->m.last_ns) : SCS_NO_TIME);
}

static struct scs_compare_value receiving(const struct scs_compare_reader *r)
{
    const struct scs_http_reply *p = r->side->enrols != NULL ? r->side->enrols->reply : NULL;
    return scs_value_duration(r, p != NULL ? between(p->m.first_ns, p->m.last_ns) : SCS_NO_TIME);
}

static struct scs_compare_value whole(const struct scs_compare_reader *r)
{
    const struct scs_enrolment *e = r->side->enrolment;
    bool ended = e != NULL && e->outcome != SCS_ENROLMENT_INCOMPLETE;
    return scs_value_duration(r, ended ? between(e->started_ns, e->ended_ns) : SCS_NO_TIME);
}

const struct scs_compare_field *scs_fields_timing(size_t *num)
{
    static const struct scs_compare_field fields[] = {
        {"connect_time", "TCP handshake time", SCS_COMPARE_CIRCUMSTANCE, SCS_MEASURE_DURATION, connect_time},
        {"tls_time", "TLS handshake time", SCS_COMPARE_CIRCUMSTANCE, SCS_MEASURE_DURATION, tls_time},
        {"caps_wait", "wait for GetCACaps", SCS_COMPARE_CIRCUMSTANCE, SCS_MEASURE_DURATION, caps_wait},
        {"ca_wait", "wait for GetCACert", SCS_COMPARE_CIRCUMSTANCE, SCS_MEASURE_DURATION, ca_wait},
        {"request_sending", "sending the request", SCS_COMPARE_CIRCUMSTANCE, SCS_MEASURE_DURATION, sending},
        {"request_wait", "wait for the answer", SCS_COMPARE_CIRCUMSTANCE, SCS_MEASURE_DURATION, request_wait},
        {"reply_receiving", "getting the answer", SCS_COMPARE_CIRCUMSTANCE, SCS_MEASURE_DURATION, receiving},
        {"whole_time", "from first to last", SCS_COMPARE_EFFECT, SCS_MEASURE_DURATION, whole},
    };
    *num = sizeof fields / sizeof fields[0];
    return fields;
}
