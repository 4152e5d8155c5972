/* SPDX-License-Identifier: Apache-2.0 */
/* What parts enrolments that failed from those that succeeded. */
#include "base/text.h"
#include "report/pattern_text.h"

static void share(struct scs_json *w, const char *name, const struct scs_share *s)
{
    if (s->of != 0) {
        scs_json_begin_object(w, name);
        scs_json_count(w, "succeeded", s->num);
        scs_json_count(w, "of", s->of);
        scs_json_end_object(w);
    }
}

static void value(struct scs_json_report *r, const struct scs_pattern *p)
{
    struct scs_json *w = &r->w;
    struct scs_redactor *hide = r->ctx->redactor;
    switch ((enum scs_pattern_kind)p->kind) {
    case SCS_PATTERN_CLIENT:
    case SCS_PATTERN_NETWORK:
        scs_json_text(w, "value", scs_redact_addr(hide, &p->addr));
        break;
    case SCS_PATTERN_PLATFORM:
        scs_json_text(w, "value", scs_platform_name(p->platform));
        break;
    case SCS_PATTERN_RECIPIENT:
        scs_json_text(w, "value", p->value);
        scs_json_text(w, "issuer", scs_redact_authority(hide, p->issuer));
        break;
    case SCS_PATTERN_TRANSPORT:
        scs_json_text(w, "value", p->value);
        break;
    case SCS_PATTERN_HOST:
        scs_json_text(w, "value", scs_redact_host(hide, p->value));
        break;
    case SCS_PATTERN_TIME:
    case SCS_PATTERN_SERVER:
    case SCS_PATTERN_PROXY:
        break;
    }
}

static void pattern(struct scs_json_report *r, const struct scs_pattern *p)
{
    static const char *const units[] = {[SCS_UNIT_ENROLMENTS] = "enrolments",
                                        [SCS_UNIT_PKI_OPERATIONS] = "PKIOperations",
                                        [SCS_UNIT_REQUESTS] = "requests",
                                        [SCS_UNIT_CONNECTIONS] = "connections"};
    struct scs_json *w = &r->w;
    scs_json_begin_object(w, NULL);
    scs_json_text(w, "kind", scs_pattern_kind_name(p->kind));
    value(r, p);
    scs_json_text(w, "server", scs_redact_endpoint(r->ctx->redactor, &p->server));
    scs_json_text(w, "unit", units[p->unit]);
    scs_json_count(w, "failed", p->failed.num);
    scs_json_count(w, "of", p->failed.of);
    if (p->kind == SCS_PATTERN_TIME) {
        scs_json_time(w, "from", p->from_ns);
        scs_json_time(w, "to", p->to_ns);
        scs_json_time(w, "last_success", p->last_good_ns);
        share(w, "before", &p->good_before);
        share(w, "after", &p->good_after);
    } else {
        scs_json_count(w, "others_succeeded", p->others);
    }
    struct scs_buf b;
    scs_buf_init(&b, SCS_MAX_STORY_TEXT);
    scs_pattern_sentence(r->ctx, p, &b);
    scs_json_text(w, "text", scs_buf_cstr(&b));
    scs_buf_cleanup(&b);
    scs_json_end_object(w);
}

void scs_json_patterns(struct scs_json_report *r, const struct scs_finding *f)
{
    const struct scs_model *m = r->ctx->model;
    bool any = false;
    for (uint32_t i = 0; i < m->num_patterns; i++) {
        if (m->patterns[i].finding != f) {
            continue;
        }
        if (!any) {
            scs_json_begin_array(&r->w, "patterns");
            any = true;
        }
        pattern(r, &m->patterns[i]);
    }
    if (any) {
        scs_json_end_array(&r->w);
    }
}
