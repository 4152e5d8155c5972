/* SPDX-License-Identifier: Apache-2.0 */
/* The "dns" array of the JSON report. */
#include "report/json_parts.h"

static const struct scs_flag_word concern_words[] = {
    {SCS_LOOKUP_HOST, "scep_host"},
    {SCS_LOOKUP_LIKE_SCEP, "like_scep_host"},
    {SCS_LOOKUP_APP_PROXY, "application_proxy"},
    {SCS_LOOKUP_BY_SERVER, "by_scep_server"},
    {0, NULL},
};

/* Names of the types that clients ask for; others by number (RFC 3597 5). */
static void type(struct scs_json *w, uint16_t number)
{
    char text[16];
    const char *name = number == SCS_DNS_A ? "A" : number == SCS_DNS_AAAA ? "AAAA" : number == SCS_DNS_SRV ? "SRV" : NULL;
    if (name == NULL) {
        snprintf(text, sizeof text, "TYPE%u", number);
    }
    scs_json_text(w, "type", name != NULL ? name : text);
}

static void answer(struct scs_json_report *r, const struct scs_lookup *l)
{
    static const char *const outcomes[] = {[SCS_LOOKUP_ANSWERED] = "answered",
                                           [SCS_LOOKUP_EMPTY] = "empty",
                                           [SCS_LOOKUP_NO_NAME] = "no_such_name",
                                           [SCS_LOOKUP_FAILED] = "failed",
                                           [SCS_LOOKUP_UNANSWERED] = "unanswered"};
    struct scs_json *w = &r->w;
    scs_json_text(w, "outcome", outcomes[l->outcome]);
    scs_json_true(w, "recovered", l->recovered);
    if (l->answered_ns == SCS_NO_TIME) {
        return;
    }
    scs_json_time(w, "answered", l->answered_ns);
    scs_json_frame(w, "answer_frame", l->answer_frame);
    scs_json_count(w, "rcode", l->rcode);
    if (l->num_aliases != 0) {
        scs_json_begin_row(w, "aliases");
        for (uint32_t i = 0; i < l->num_aliases; i++) {
            scs_json_text(w, NULL, scs_redact_host(r->ctx->redactor, l->aliases[i]));
        }
        scs_json_end_array(w);
    }
    if (l->num_addrs != 0) {
        scs_json_begin_row(w, "addresses");
        for (uint32_t i = 0; i < l->num_addrs; i++) {
            scs_json_text(w, NULL, scs_redact_addr(r->ctx->redactor, &l->addrs[i]));
        }
        scs_json_end_array(w);
    }
}

static void lookup(struct scs_json_report *r, const struct scs_lookup *l)
{
    struct scs_json *w = &r->w;
    scs_json_begin_object(w, NULL);
    scs_json_count(w, "id", l->id);
    scs_json_text(w, "name", scs_redact_host(r->ctx->redactor, l->name));
    type(w, l->type);
    scs_json_text(w, "client", scs_redact_addr(r->ctx->redactor, &l->client));
    scs_json_text(w, "resolver", scs_redact_addr(r->ctx->redactor, &l->resolver));
    scs_json_time(w, "started", l->first_ns);
    scs_json_count(w, "queries", l->queries);
    scs_json_frame(w, "first_frame", l->query_frames[0]);
    scs_json_file(r, l->queries != 0 ? l->query_frames[0] : l->answer_frame);
    answer(r, l);
    scs_json_flags(w, "concern", l->concern, concern_words);
    if (l->exchange != 0) {
        scs_json_count(w, "exchange", l->exchange);
    }
    scs_json_end_object(w);
}

void scs_json_lookups(struct scs_json_report *r, const struct scs_model *m)
{
    if (m->num_lookups == 0) {
        return;
    }
    scs_json_begin_array(&r->w, "dns");
    for (uint32_t i = 0; i < m->num_lookups && !ferror(r->w.out); i++) {
        lookup(r, m->lookups[i]);
        scs_redactor_forget(r->ctx->redactor);
    }
    scs_json_end_array(&r->w);
}
