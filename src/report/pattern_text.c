/* SPDX-License-Identifier: Apache-2.0 */
#include "report/pattern_text.h"

#include "base/text.h"
#include "report/finding.h"
#include "report/layout.h"

const char *scs_pattern_kind_name(unsigned kind)
{
    static const char *const names[] = {
        [SCS_PATTERN_TIME] = "time",           [SCS_PATTERN_SERVER] = "server",   [SCS_PATTERN_CLIENT] = "client",
        [SCS_PATTERN_PLATFORM] = "platform",   [SCS_PATTERN_NETWORK] = "network", [SCS_PATTERN_RECIPIENT] = "recipient",
        [SCS_PATTERN_TRANSPORT] = "transport", [SCS_PATTERN_HOST] = "host",       [SCS_PATTERN_PROXY] = "proxy",
    };
    return names[kind];
}

const char *scs_device_word(unsigned platform)
{
    switch (platform) {
    case SCS_PLATFORM_WINDOWS:
        return "Windows";
    case SCS_PLATFORM_APPLE:
        return "Apple";
    case SCS_PLATFORM_ANDROID:
        return "Android";
    case SCS_PLATFORM_CISCO:
        return "Cisco";
    default:
        return NULL;
    }
}

const struct scs_pattern *scs_pattern_main(const struct scs_model *m, enum scs_pattern_kind kind)
{
    const struct scs_pattern *best = NULL;
    for (uint32_t i = 0; i < m->num_patterns; i++) {
        const struct scs_pattern *p = &m->patterns[i];
        if (p->finding == NULL && p->kind == kind && (best == NULL || p->failed.num > best->failed.num)) {
            best = p;
        }
    }
    return best;
}

/* ---- time ---------------------------------------------------------------------------------------- */

static const char *things(const struct scs_pattern *p)
{
    static const char *const names[] = {[SCS_UNIT_ENROLMENTS] = "enrolments",
                                        [SCS_UNIT_PKI_OPERATIONS] = "PKIOperations",
                                        [SCS_UNIT_REQUESTS] = "requests",
                                        [SCS_UNIT_CONNECTIONS] = "connections"};
    return names[p->unit];
}

static void number(struct scs_buf *out, uint32_t n)
{
    char text[SCS_NUMBER_TEXT];
    scs_buf_text(out, scs_number_text(n, text));
}

static void share(struct scs_buf *out, const struct scs_share *s)
{
    number(out, s->num);
    scs_buf_text(out, " of ");
    number(out, s->of);
}

/* With several servers a sentence says which one it is about. */
static void at_server(const struct scs_report_context *ctx, const struct scs_pattern *p, struct scs_buf *out)
{
    uint32_t used = 0;
    for (uint32_t i = 0; i < ctx->model->num_servers; i++) {
        const struct scs_op_tally *ops = ctx->model->servers[i]->ops;
        used += ops[SCS_OP_PKI_OPERATION].seen + ops[SCS_OP_GET_CA_CERT].seen + ops[SCS_OP_GET_CA_CAPS].seen != 0;
    }
    if (used > 1) {
        scs_buf_printf(out, " to %s", scs_redact_endpoint(ctx->redactor, &p->server));
    }
}

/* "all 400 requests fail", "392 of 400 requests fail"; of one finding: "400 requests failed so and none succeeded". */
static void say_failures(const struct scs_report_context *ctx, const struct scs_pattern *p, struct scs_buf *out)
{
    const char *verb = p->to_ns == SCS_NO_TIME ? "fail" : "failed";
    uint32_t succeeded = p->failed.of - p->failed.num;
    if (p->finding != NULL) {
        number(out, p->failed.num);
        scs_buf_printf(out, " %s %s so and ", things(p), verb);
        if (succeeded == 0) {
            scs_buf_text(out, "none");
        } else {
            number(out, succeeded);
        }
        scs_buf_printf(out, " succeed%s", p->to_ns == SCS_NO_TIME ? "" : "ed");
        return;
    }
    if (succeeded == 0) {
        scs_buf_text(out, "all ");
        number(out, p->failed.num);
    } else {
        share(out, &p->failed);
    }
    scs_buf_printf(out, " %s", things(p));
    at_server(ctx, p, out);
    scs_buf_printf(out, " %s", verb);
}

static void say_time(const struct scs_report_context *ctx, const struct scs_pattern *p, struct scs_buf *out)
{
    bool with_day = scs_capture_spans_days(ctx->model->capture), before = p->good_before.of != 0, after = p->good_after.of != 0;
    char from[SCS_MOMENT_TEXT], to[SCS_MOMENT_TEXT];
    scs_moment_text(p->from_ns, with_day, from);
    scs_moment_text(p->to_ns, with_day, to);
    if (p->to_ns == SCS_NO_TIME) {
        scs_buf_printf(out, "Since %s ", from);
    } else if (!before) {
        scs_buf_printf(out, "Until %s ", to);
    } else {
        scs_buf_printf(out, "From %s to %s ", from, to);
    }
    say_failures(ctx, p, out);
    if (before) {
        scs_buf_text(out, "; before that ");
        share(out, &p->good_before);
        scs_buf_text(out, " succeeded");
    }
    if (after && p->to_ns != SCS_NO_TIME) {
        scs_buf_text(out, before ? ", after it " : "; after that ");
        share(out, &p->good_after);
        scs_buf_text(out, before ? "" : " succeeded");
    }
    scs_buf_byte(out, '.');
}

/* ---- what they share ------------------------------------------------------------------------------- */

static void list_platforms(struct scs_buf *out, uint32_t set)
{
    const char *words[32];
    size_t num = 0;
    for (unsigned p = 0; p < 32; p++) {
        if ((set >> p & 1u) != 0) {
            words[num++] = scs_device_word(p);
        }
    }
    for (size_t i = 0; i < num; i++) {
        scs_buf_printf(out, "%s%s", i == 0 ? "" : i + 1 == num ? " and " : ", ", words[i]);
    }
}

static bool all_have_words(uint32_t set)
{
    for (unsigned p = 0; p < 32; p++) {
        if ((set >> p & 1u) != 0 && scs_device_word(p) == NULL) {
            return false;
        }
    }
    return true;
}

static void failed_of_all(struct scs_buf *out, const struct scs_pattern *p)
{
    scs_buf_text(out, p->failed.num == 2 ? "Both" : "All ");
    if (p->failed.num != 2) {
        number(out, p->failed.num);
    }
    scs_buf_text(out, p->finding == NULL ? " that failed " : " ");
}

/* "; the 30 others succeeded." */
static void others(struct scs_buf *out, const struct scs_pattern *p, const char *which)
{
    scs_buf_text(out, "; the ");
    number(out, p->others);
    scs_buf_printf(out, " %s succeeded.", which);
}

static void say_platform(const struct scs_pattern *p, struct scs_buf *out)
{
    const char *word = scs_device_word(p->platform);
    failed_of_all(out, p);
    if (word == NULL) {
        scs_buf_printf(out, "are of the platform %s", scs_platform_name(p->platform));
    } else {
        scs_buf_printf(out, "are %s devices", word);
    }
    if (p->others_platforms == 0 || !all_have_words(p->others_platforms)) {
        others(out, p, "of other kinds");
        return;
    }
    scs_buf_text(out, "; ");
    list_platforms(out, p->others_platforms);
    scs_buf_text(out, " devices succeed.");
}

/* A network's address; one that is hidden has no length either. */
static void say_network(const struct scs_report_context *ctx, const struct scs_pattern *p, struct scs_buf *out)
{
    char plain[SCS_ENDPOINT_TEXT];
    const char *shown = scs_redact_addr(ctx->redactor, &p->addr);
    bool hidden = !scs_text_equal(shown, scs_addr_text(&p->addr, plain));
    scs_buf_printf(out, "%s%s", shown, hidden ? "" : p->addr.family == 4 ? "/24" : "/64");
}

static void say_trait(const struct scs_report_context *ctx, const struct scs_pattern *p, struct scs_buf *out)
{
    failed_of_all(out, p);
    switch ((enum scs_pattern_kind)p->kind) {
    case SCS_PATTERN_SERVER:
        scs_buf_printf(out, "went to %s", scs_redact_endpoint(ctx->redactor, &p->server));
        others(out, p, "to other servers");
        break;
    case SCS_PATTERN_CLIENT:
        scs_buf_printf(out, "come from %s", scs_redact_addr(ctx->redactor, &p->addr));
        others(out, p, "from elsewhere");
        break;
    case SCS_PATTERN_NETWORK:
        scs_buf_text(out, "come from ");
        say_network(ctx, p, out);
        others(out, p, "from elsewhere");
        break;
    case SCS_PATTERN_RECIPIENT:
        scs_buf_printf(out, "are encrypted to the certificate %s", p->value);
        others(out, p, "encrypted to another");
        break;
    case SCS_PATTERN_TRANSPORT:
        scs_buf_printf(out, "used %s", p->value);
        others(out, p, "by another method");
        break;
    case SCS_PATTERN_HOST:
        scs_buf_printf(out, "asked for %s", scs_redact_host(ctx->redactor, p->value));
        others(out, p, "by another name");
        break;
    case SCS_PATTERN_PROXY:
        scs_buf_text(out, "came through a proxy");
        others(out, p, "that did not");
        break;
    default:
        break;
    }
}

void scs_pattern_sentence(const struct scs_report_context *ctx, const struct scs_pattern *p, struct scs_buf *out)
{
    if (p->kind == SCS_PATTERN_TIME) {
        say_time(ctx, p, out);
    } else if (p->kind == SCS_PATTERN_PLATFORM) {
        say_platform(p, out);
    } else {
        say_trait(ctx, p, out);
    }
}

/* ---- of one finding --------------------------------------------------------------------------------- */

static void say_recovered(const struct scs_finding *f, struct scs_buf *out)
{
    scs_buf_text(out, out->len != 0 ? " " : "");
    if (f->recovered != f->count) {
        scs_buf_text(out, "After ");
        number(out, f->recovered);
        scs_buf_text(out, " of them a retry succeeded.");
    } else {
        scs_buf_text(out, f->count == 1 ? "A retry succeeded." : "Each time a retry succeeded.");
    }
}

void scs_finding_story(const struct scs_report_context *ctx, const struct scs_finding *f, struct scs_buf *out)
{
    for (uint32_t i = 0; i < ctx->model->num_patterns; i++) {
        if (ctx->model->patterns[i].finding == f) {
            scs_buf_text(out, out->len != 0 ? " " : "");
            scs_pattern_sentence(ctx, &ctx->model->patterns[i], out);
        }
    }
    if (f->recovered != 0) {
        say_recovered(f, out);
    }
}
