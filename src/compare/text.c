/* SPDX-License-Identifier: Apache-2.0 */
/* The comparison for reading: verdict, what differs in two columns, what cannot be compared, findings. */
#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "compare/columns.h"
#include "compare/fields.h"
#include "compare/write.h"
#include "platform/platform.h"
#include "report/escape.h"
#include "report/finding.h"
#include "report/layout.h"
#include "report/text_parts.h"
#include "scepscope/scepscope.h"

#define NARROWEST 80
#define WIDEST    160
/* Room for one step's words. */
#define MAX_STEP 512u

struct page {
    const struct scs_comparison *c;
    struct scs_text t; /* for colours */
    struct scs_columns columns;
};

static void title(const struct page *p, const char *text)
{
    fputc('\n', p->t.out);
    scs_text_paint(&p->t, SCS_PAINT_STRONG, text);
    fputc('\n', p->t.out);
}

static void line(const struct page *p, const char *label, const char *a, const char *b)
{
    scs_columns_print(&p->columns, p->t.out, ' ', label, a, b);
}

static void row(const struct page *p, const struct scs_compare_row *r)
{
    scs_columns_print(&p->columns, p->t.out, r == p->c->first ? '>' : ' ', r->field->label, scs_compare_value_words(&r->side[0]),
                      scs_compare_value_words(&r->side[1]));
}

/* ---- head ----------------------------------------------------------------------------------------- */

static void verdict(const struct page *p)
{
    bool differ = scs_compare_differs(p->c);
    const char *word = differ ? "DIFFERENT" : "SAME";
    int indent = (int)strlen(word) + 2;
    const struct scs_capture_facts *capture = p->c->sides[0].model->capture;
    fputs("scepscope " SCS_VERSION "  comparison", p->t.out);
    if (p->c->files[0] == NULL && capture->num_files != 0) {
        const char *path = scs_redact_payload(p->t.ctx->redactor, capture->files[0].path);
        path = strcmp(path, "-") == 0 ? "standard input" : path;
        fputs("  ", p->t.out);
        scs_escape_terminal(p->t.out, path, strlen(path));
        fputs(capture->num_files > 1 ? " ..." : "", p->t.out);
    }
    fputs("\n\n", p->t.out);
    scs_text_paint(&p->t, differ ? SCS_PAINT_WARN : SCS_PAINT_GOOD, word);
    fputs("  ", p->t.out);
    scs_wrap(p->t.out, indent, indent, p->t.width, p->c->verdict);
}

static const char *started(const struct scs_compare_side *s, char out[2 * SCS_TIME_TEXT])
{
    int64_t ts_ns = s->enrolment != NULL ? s->enrolment->started_ns : s->connection->opened_ns;
    char day[SCS_TIME_TEXT], clock[SCS_TIME_TEXT];
    if (ts_ns == SCS_NO_TIME) {
        return "-";
    }
    snprintf(out, 2 * SCS_TIME_TEXT, "%.20s %.20s UTC", scs_text_day(ts_ns, day), scs_text_clock(ts_ns, true, clock));
    return out;
}

/* Who is compared: what differs between any two. */
static void heads(const struct page *p)
{
    const struct scs_comparison *c = p->c;
    struct scs_buf a, b;
    char times[2][2 * SCS_TIME_TEXT];
    scs_buf_init(&a, 64);
    scs_buf_init(&b, 64);
    scs_buf_printf(&a, "A  %s", c->heads[0]);
    scs_buf_printf(&b, "B  %s", c->heads[1]);
    fputc('\n', p->t.out);
    line(p, "", scs_buf_cstr(&a), scs_buf_cstr(&b));
    scs_buf_cleanup(&a);
    scs_buf_cleanup(&b);
    if (c->files[0] != NULL) {
        line(p, "capture", c->files[0], c->files[1]);
    }
    if (c->how[0] != NULL || c->how[1] != NULL) {
        line(p, "taken", c->how[0] != NULL ? c->how[0] : "as named", c->how[1] != NULL ? c->how[1] : "as named");
    }
    line(p, "began", started(&c->sides[0], times[0]), started(&c->sides[1], times[1]));
    line(p, "outcome", c->outcomes[0], c->outcomes[1]);
    for (uint32_t i = 0; i < c->num_rows; i++) {
        if (c->rows[i].field->weight == SCS_COMPARE_IDENTITY && c->rows[i].result != SCS_COMPARE_NOTHING) {
            row(p, &c->rows[i]);
        }
    }
}

/* ---- rows ----------------------------------------------------------------------------------------- */

static const char *const titles[SCS_COMPARE_GROUPS] = {
    [SCS_COMPARE_WHO] = "WHO",         [SCS_COMPARE_TRANSPORT] = "TRANSPORT",         [SCS_COMPARE_TLS] = "TLS",
    [SCS_COMPARE_MESSAGE] = "MESSAGE", [SCS_COMPARE_REQUEST] = "CERTIFICATE REQUEST", [SCS_COMPARE_ANSWERS] = "ANSWERS",
    [SCS_COMPARE_TIMING] = "TIMING",
};

static void differences(const struct page *p)
{
    unsigned last = SCS_COMPARE_GROUPS;
    for (uint32_t i = 0; i < p->c->num_rows; i++) {
        const struct scs_compare_row *r = &p->c->rows[i];
        bool in_head = r->field->weight == SCS_COMPARE_IDENTITY || strcmp(r->field->name, "outcome") == 0;
        if (r->result != SCS_COMPARE_DIFFERENT || in_head) {
            continue;
        }
        unsigned group = scs_field_group(r->field);
        if (group != last) {
            title(p, titles[group]);
            last = group;
        }
        row(p, r);
    }
}

static void steps(const struct page *p)
{
    const struct scs_compare_steps *s = &p->c->steps;
    struct scs_buf a, b;
    if (scs_compare_steps_same(p->c) && p->t.ctx->verbosity <= 0) {
        return;
    }
    title(p, "ORDER OF OPERATIONS");
    scs_buf_init(&a, MAX_STEP);
    scs_buf_init(&b, MAX_STEP);
    for (uint32_t i = 0; i < s->num_pairs; i++) {
        scs_buf_clear(&a);
        scs_buf_clear(&b);
        scs_compare_step_words(s->pairs[i].side[0], &a);
        scs_compare_step_words(s->pairs[i].side[1], &b);
        line(p, s->pairs[i].same ? "" : s->pairs[i].unknown ? "not known" : "differs", scs_buf_cstr(&a), scs_buf_cstr(&b));
    }
    scs_buf_cleanup(&a);
    scs_buf_cleanup(&b);
    if (s->left_out[0] != 0 || s->left_out[1] != 0) {
        fprintf(p->t.out, "  (further steps are left out: %u of A, %u of B)\n", s->left_out[0], s->left_out[1]);
    }
}

/* ---- what is not known ---------------------------------------------------------------------------- */

/* Whom a reason is told of: one side, or both when they share it. */
enum whom { OF_A, OF_B, OF_BOTH };

static const char *why(const struct scs_compare_row *r, int side)
{
    return r->side[side].seen == SCS_SEEN_UNKNOWN ? r->side[side].text : NULL;
}

/* The reason that this row is not known of `whom`; NULL when it is told otherwise. */
static const char *reason_of(const struct scs_compare_row *r, enum scs_compare_result result, enum whom whom)
{
    const char *a = why(r, 0), *b = why(r, 1);
    bool shared = a != NULL && b != NULL && strcmp(a, b) == 0;
    if (r->result != result || r->field->weight == SCS_COMPARE_IDENTITY || shared != (whom == OF_BOTH)) {
        return NULL;
    }
    return whom == OF_B ? b : a;
}

/* All fields with the same reason in one sentence. */
static void tell_reason(const struct page *p, enum scs_compare_result result, enum whom whom, uint32_t first)
{
    static const char *const names[] = {[OF_A] = "A", [OF_B] = "B", [OF_BOTH] = "A and B"};
    const char *reason = reason_of(&p->c->rows[first], result, whom);
    struct scs_buf text;
    scs_buf_init(&text, SCS_MAX_VALUE_TEXT);
    scs_buf_printf(&text, "%s: %s:", names[whom], reason);
    for (uint32_t i = first, num = 0; i < p->c->num_rows; i++) {
        const char *other = reason_of(&p->c->rows[i], result, whom);
        if (other != NULL && strcmp(other, reason) == 0) {
            scs_buf_printf(&text, "%s %s", num++ == 0 ? "" : ",", p->c->rows[i].field->label);
        }
    }
    fputs("  ", p->t.out);
    scs_wrap(p->t.out, 5, 2, p->t.width, scs_buf_cstr(&text));
    scs_buf_cleanup(&text);
}

static bool told_before(const struct page *p, enum scs_compare_result result, enum whom whom, uint32_t row)
{
    const char *reason = reason_of(&p->c->rows[row], result, whom);
    for (uint32_t i = 0; i < row; i++) {
        const char *other = reason_of(&p->c->rows[i], result, whom);
        if (other != NULL && strcmp(other, reason) == 0) {
            return true;
        }
    }
    return false;
}

static void not_known(const struct page *p, enum scs_compare_result result, const char *heading)
{
    bool any = false;
    for (int whom = OF_A; whom <= OF_BOTH; whom++) {
        for (uint32_t i = 0; i < p->c->num_rows; i++) {
            if (reason_of(&p->c->rows[i], result, (enum whom)whom) == NULL || told_before(p, result, (enum whom)whom, i)) {
                continue;
            }
            if (!any) {
                title(p, heading);
                any = true;
            }
            tell_reason(p, result, (enum whom)whom, i);
        }
    }
}

/* ---- findings and the rest ------------------------------------------------------------------------ */

static void findings(const struct page *p)
{
    static const char *const whose[] = {"A only", "B only", "both"};
    static const enum scs_paint paints[] = {
        [SCS_SEV_ERROR] = SCS_PAINT_BAD, [SCS_SEV_WARNING] = SCS_PAINT_WARN, [SCS_SEV_INFO] = SCS_PAINT_QUIET};
    bool any = false;
    for (uint32_t i = 0; i < p->c->num_findings; i++) {
        const struct scs_compare_finding *f = &p->c->findings[i];
        unsigned side = scs_compare_finding_side(f);
        if (p->t.ctx->verbosity <= 0 && (side == 2 || f->finding->severity == SCS_SEV_INFO)) {
            continue;
        }
        if (!any) {
            title(p, "FINDINGS");
            any = true;
        }
        fprintf(p->t.out, "  %-6s  ", whose[side]);
        scs_text_paint(&p->t, paints[f->finding->severity], scs_severity_name(f->finding->severity));
        fprintf(p->t.out, "%*s  %s\n          ", 7 - (int)strlen(scs_severity_name(f->finding->severity)), "", f->finding->id);
        scs_wrap(p->t.out, 10, 10, p->t.width, f->title != NULL ? f->title : "");
    }
}

static void same(const struct page *p)
{
    uint32_t num = scs_compare_count(p->c, SCS_COMPARE_SAME);
    char number[SCS_NUMBER_TEXT];
    if (p->t.ctx->verbosity <= 0) {
        fprintf(p->t.out, "\n%s thing%s the same (-v lists them)\n", scs_number_text(num, number), num == 1 ? " is" : "s are");
        return;
    }
    title(p, "THE SAME");
    for (uint32_t i = 0; i < p->c->num_rows; i++) {
        const struct scs_compare_row *r = &p->c->rows[i];
        if (r->result == SCS_COMPARE_SAME && r->field->weight != SCS_COMPARE_IDENTITY) {
            /* Measures are the same within limits: then both are shown. */
            bool equal = strcmp(r->side[0].text, r->side[1].text) == 0;
            if (equal) {
                scs_columns_print_wide(&p->columns, p->t.out, r->field->label, r->side[0].text);
            } else {
                row(p, r);
            }
        }
    }
}

static int width_of(FILE *out)
{
    int fd = fileno(out), columns = fd >= 0 && scs_platform_is_terminal(fd) ? scs_platform_columns(fd) : NARROWEST;
    return columns < NARROWEST ? NARROWEST : columns > WIDEST ? WIDEST : columns;
}

bool scs_compare_text(const struct scs_comparison *c, const struct scs_report_context *ctx, FILE *out)
{
    int width = width_of(out);
    struct page p = {.c = c, .t = {.out = out, .ctx = ctx, .width = width}, .columns = scs_columns_of(width)};
    verdict(&p);
    heads(&p);
    differences(&p);
    steps(&p);
    not_known(&p, SCS_COMPARE_ONE_SIDED, "KNOWN OF ONE SIDE ONLY");
    findings(&p);
    same(&p);
    if (ctx->verbosity > 0) {
        not_known(&p, SCS_COMPARE_NOTHING, "KNOWN OF NEITHER");
    }
    if (scs_compare_differs(c)) {
        fputs("\nExit status 1\n", out);
    }
    return fflush(out) == 0 && !ferror(out);
}
