/* SPDX-License-Identifier: Apache-2.0 */
/* When which enrolment ran: a bar for each, or how many began in each stretch of time when there are many. */
#include <inttypes.h>

#include "base/text.h"
#include "report/enrolment.h"
#include "report/html_parts.h"

/* More bars than this are a wall, and say less than a curve. */
#define MOST_BARS 24u
#define NUM_BINS  60

/* Geometry, in units of the drawing. */
#define WIDTH     1000
#define LEFT      140 /* room for the name of a bar */
#define RIGHT     96  /* ... and for how it ended, behind the bar */
#define ROW       22
#define HIST_LEFT 44
#define HIST_TOP  12
#define HIST_HIGH 110

struct axis {
    int64_t first_ns, span_ns; /* span at least 1 */
    int left, width;
};

enum fate { FATE_OK, FATE_ERROR, FATE_OTHER, NUM_FATES };

static const char *const fate_classes[] = {"ok", "error", "unknown"};

static enum fate fate_of(const struct scs_enrolment *e)
{
    return e->outcome == SCS_ENROLMENT_SUCCEEDED ? FATE_OK : scs_enrolment_is_bad(e) ? FATE_ERROR : FATE_OTHER;
}

static int place(const struct axis *a, int64_t ts_ns)
{
    double share = (double)(ts_ns - a->first_ns) / (double)a->span_ns;
    share = share < 0 ? 0 : share > 1 ? 1 : share;
    return a->left + (int)(share * a->width);
}

/* The stretch of time that enrolments fill; false when none has a time. */
static bool measure(const struct scs_html *h, struct axis *a)
{
    const struct scs_model *m = h->ctx->model;
    int64_t first = INT64_MAX, last = INT64_MIN;
    for (uint32_t i = 0; i < m->num_enrolments; i++) {
        const struct scs_enrolment *e = m->enrolments[i];
        if (e->started_ns != SCS_NO_TIME) {
            int64_t end = e->ended_ns != SCS_NO_TIME ? e->ended_ns : e->started_ns;
            first = e->started_ns < first ? e->started_ns : first;
            last = end > last ? end : last;
        }
        scs_model_rest(m, i);
    }
    *a = (struct axis){.first_ns = first, .span_ns = last > first ? last - first : 1};
    return last >= first && first != INT64_MAX;
}

/* Three moments under the drawing: begin, middle and end. */
static void scale(const struct scs_html *h, const struct axis *a, int y)
{
    static const char *const anchors[] = {"start", "middle", "end"};
    bool fine = a->span_ns < INT64_C(10000000000);
    fprintf(h->out, "<path class=\"axis\" d=\"M%d %dh%d\"/>\n", a->left, y, a->width);
    for (int i = 0; i < 3; i++) {
        char clock[SCS_TIME_TEXT];
        int64_t ts_ns = a->first_ns + (i == 2 ? a->span_ns : a->span_ns / 2 * i);
        fprintf(h->out, "<path class=\"axis\" d=\"M%d %dv4\"/><text class=\"t\" x=\"%d\" y=\"%d\" text-anchor=\"%s\">%s</text>\n",
                a->left + a->width * i / 2, y, a->left + a->width * i / 2, y + 17, anchors[i],
                scs_text_clock(ts_ns, fine, clock));
    }
}

static void begin(const struct scs_html *h, int height)
{
    fprintf(h->out,
            "<figure class=\"scroll\" tabindex=\"0\" aria-label=\"Timeline of all enrolments\">\n"
            "<svg class=\"timeline\" viewBox=\"0 0 %d %d\" role=\"group\" aria-label=\"Timeline\">\n",
            WIDTH, height);
}

/* ---- one bar each -------------------------------------------------------------------------------- */

static void bar(const struct scs_html *h, const struct axis *a, const struct scs_enrolment *e, int y)
{
    int64_t end = e->ended_ns != SCS_NO_TIME && e->ended_ns > e->started_ns ? e->ended_ns : e->started_ns;
    int x = place(a, e->started_ns), width = place(a, end) - x;
    width = width < 4 ? 4 : width;
    fprintf(h->out, "<g><text class=\"who\" x=\"0\" y=\"%d\">%" PRIu32 " <tspan class=\"addr\">", y + 14, e->id);
    scs_html_clipped(h, scs_redact_addr(h->ctx->redactor, &e->client), 15);
    fprintf(h->out, "</tspan></text><rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"12\" rx=\"2\"/>",
            fate_classes[fate_of(e)], x, y + 4, width);
    fprintf(h->out, "<text class=\"end %s\" x=\"%d\" y=\"%d\">%s%s</text></g>\n", fate_classes[fate_of(e)], x + width + 6, y + 14,
            e->probe ? "probe, " : "", scs_enrolment_outcome_text(e));
}

static void bars(const struct scs_html *h, struct axis *a)
{
    const struct scs_model *m = h->ctx->model;
    int y = 0;
    a->left = LEFT;
    a->width = WIDTH - LEFT - RIGHT;
    begin(h, (int)m->num_enrolments * ROW + 28);
    for (uint32_t i = 0; i < m->num_enrolments; i++) {
        if (m->enrolments[i]->started_ns != SCS_NO_TIME) {
            bar(h, a, m->enrolments[i], y);
            y += ROW;
        }
        scs_redactor_forget(h->ctx->redactor);
    }
    scale(h, a, y + 4);
    fputs("</svg>\n<figcaption>Timeline: from each device's first packet to its last.</figcaption>\n</figure>\n", h->out);
}

/* ---- many ---------------------------------------------------------------------------------------- */

static void stack(const struct scs_html *h, const uint32_t bin[NUM_FATES], uint32_t most, int x, int width)
{
    static const enum fate order[] = {FATE_ERROR, FATE_OTHER, FATE_OK};
    int base = HIST_TOP + HIST_HIGH;
    for (size_t i = 0; i < NUM_FATES; i++) {
        uint32_t n = bin[order[i]];
        int high = n == 0 ? 0 : (int)((uint64_t)n * HIST_HIGH / most);
        high = n != 0 && high < 2 ? 2 : high; /* one failure among thousands is still seen */
        base -= high;
        if (n != 0) {
            fprintf(h->out, "<rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\"/>", fate_classes[order[i]], x, base,
                    width, high);
        }
    }
}

static void key(const struct scs_html *h, const uint32_t all[NUM_FATES])
{
    static const char *const words[] = {"succeeded (outlined)", "failed (solid)", "others (striped)"};
    fputs("<figcaption>Timeline: how many began when. ", h->out);
    for (size_t i = 0; i < NUM_FATES; i++) {
        if (all[i] != 0) {
            fprintf(h->out, "<span class=\"key %s\">", fate_classes[i]);
            scs_html_count(h, all[i]);
            fprintf(h->out, " %s</span> ", words[i]);
        }
    }
    fputs("</figcaption>\n", h->out);
}

static void histogram(const struct scs_html *h, struct axis *a)
{
    const struct scs_model *m = h->ctx->model;
    uint32_t bins[NUM_BINS][NUM_FATES] = {0}, all[NUM_FATES] = {0}, most = 1;
    char number[SCS_NUMBER_TEXT];
    for (uint32_t i = 0; i < m->num_enrolments; i++) {
        const struct scs_enrolment *e = m->enrolments[i];
        if (e->started_ns != SCS_NO_TIME) {
            int64_t at = (int64_t)((double)(e->started_ns - a->first_ns) / (double)a->span_ns * NUM_BINS);
            uint32_t *bin = bins[at < 0 ? 0 : at >= NUM_BINS ? NUM_BINS - 1 : at];
            bin[fate_of(e)]++;
            all[fate_of(e)]++;
            uint32_t sum = bin[FATE_OK] + bin[FATE_ERROR] + bin[FATE_OTHER];
            most = sum > most ? sum : most;
        }
        scs_model_rest(m, i);
    }
    a->left = HIST_LEFT;
    a->width = WIDTH - HIST_LEFT - 4;
    begin(h, HIST_TOP + HIST_HIGH + 26);
    fprintf(h->out, "<text class=\"t\" x=\"%d\" y=\"%d\" text-anchor=\"end\">%s</text>", HIST_LEFT - 6, HIST_TOP + 8,
            scs_number_text(most, number));
    fprintf(h->out, "<text class=\"t\" x=\"%d\" y=\"%d\" text-anchor=\"end\">0</text>\n", HIST_LEFT - 6, HIST_TOP + HIST_HIGH);
    for (int i = 0; i < NUM_BINS; i++) {
        int x = a->left + a->width * i / NUM_BINS, next = a->left + a->width * (i + 1) / NUM_BINS;
        stack(h, bins[i], most, x, next - x - 1);
    }
    scale(h, a, HIST_TOP + HIST_HIGH + 2);
    fputs("</svg>\n", h->out);
    key(h, all);
    fputs("</figure>\n", h->out);
}

void scs_html_timeline(const struct scs_html *h)
{
    struct axis a;
    if (!measure(h, &a)) {
        return;
    }
    if (h->ctx->model->num_enrolments <= MOST_BARS) {
        bars(h, &a);
    } else {
        histogram(h, &a);
    }
}
