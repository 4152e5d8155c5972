/* SPDX-License-Identifier: Apache-2.0 */
/* Who asks, and what stands in between. */
#include "compare/fields.h"

static struct scs_compare_value platform(const struct scs_compare_reader *r)
{
    const struct scs_enrolment *e = r->side->enrolment;
    return e == NULL || e->platform == SCS_PLATFORM_UNKNOWN ? scs_value_unknown(r, "not recognised")
                                                            : scs_value_text(r, scs_platform_name(e->platform));
}

static const struct scs_http_request *request_of(const struct scs_compare_reader *r)
{
    return r->side->main != NULL ? r->side->main->request : NULL;
}

/* A header field of the request: none only when the whole head was seen. */
static struct scs_compare_value header(const struct scs_compare_reader *r, const char *text)
{
    const struct scs_http_request *q = request_of(r);
    if (q == NULL || (text == NULL && (q->m.flags & SCS_HTTP_HEAD_COMPLETE) == 0)) {
        return scs_value_unknown(r, "no request was seen");
    }
    return scs_value_text(r, text);
}

static struct scs_compare_value user_agent(const struct scs_compare_reader *r)
{
    const struct scs_http_request *q = request_of(r);
    return header(r, scs_redact_agent(r->redactor, q != NULL ? q->user_agent : NULL));
}

static struct scs_compare_value address(const struct scs_compare_reader *r)
{
    return scs_value_text(r, scs_redact_addr(r->redactor, &r->side->client));
}

static struct scs_compare_value family(const struct scs_compare_reader *r)
{
    return scs_value_text(r, r->side->client.family == 6 ? "IPv6" : "IPv4");
}

static struct scs_compare_value subject(const struct scs_compare_reader *r)
{
    const struct scs_enrolment *e = r->side->enrolment;
    return e == NULL || e->subject == NULL ? scs_value_unknown(r, "not seen")
                                           : scs_value_text(r, scs_redact_subject(r->redactor, e->subject));
}

static struct scs_compare_value transaction(const struct scs_compare_reader *r)
{
    const struct scs_enrolment *e = r->side->enrolment;
    return e == NULL || e->transaction_id == NULL ? scs_value_unknown(r, "not seen") : scs_value_text(r, e->transaction_id);
}

static struct scs_compare_value proxy(const struct scs_compare_reader *r)
{
    const struct scs_http_request *q = request_of(r);
    return header(r, scs_redact_payload(r->redactor, q != NULL ? q->m.via : NULL));
}

static struct scs_compare_value authorization(const struct scs_compare_reader *r)
{
    const struct scs_http_request *q = request_of(r);
    return header(r, q != NULL && q->authorization ? "sent" : NULL);
}

static struct scs_compare_value cookie(const struct scs_compare_reader *r)
{
    const struct scs_http_request *q = request_of(r);
    return header(r, q != NULL && q->cookie ? "sent" : NULL);
}

const struct scs_compare_field *scs_fields_who(size_t *num)
{
    static const struct scs_compare_field fields[] = {
        {"platform", "platform", SCS_COMPARE_CIRCUMSTANCE, SCS_MEASURE_TEXT, platform},
        {"user_agent", "user agent", SCS_COMPARE_CIRCUMSTANCE, SCS_MEASURE_TEXT, user_agent},
        {"client", "address", SCS_COMPARE_IDENTITY, SCS_MEASURE_TEXT, address},
        {"address_family", "address family", SCS_COMPARE_CIRCUMSTANCE, SCS_MEASURE_TEXT, family},
        {"subject", "who it is", SCS_COMPARE_IDENTITY, SCS_MEASURE_TEXT, subject},
        {"transaction_id", "transaction ID", SCS_COMPARE_IDENTITY, SCS_MEASURE_TEXT, transaction},
        {"request_via", "request came by", SCS_COMPARE_CIRCUMSTANCE, SCS_MEASURE_TEXT, proxy},
        {"authorization", "Authorization", SCS_COMPARE_CIRCUMSTANCE, SCS_MEASURE_TEXT, authorization},
        {"cookie", "Cookie", SCS_COMPARE_CIRCUMSTANCE, SCS_MEASURE_TEXT, cookie},
    };
    *num = sizeof fields / sizeof fields[0];
    return fields;
}
