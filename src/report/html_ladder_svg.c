/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A ladder as SVG: a line down for every party, an arrow across for every message.
 *
 *     09:15:07.402   Device            NDES
 *                      |  PKCSReq GET    |
 *                      |---------------->|
 *                      |  frames 64-78   |
 */
#include <string.h>

#include "base/text.h"
#include "report/escape.h"
#include "report/html_parts.h"

/* In units of the drawing, which are pixels where there is room. */
#define FIRST_LANE 116
#define RIGHT      50
#define HEAD       46 /* names and addresses */
#define LABEL_DOWN 15 /* baselines and lines, from the top of a step */
#define ARROW_DOWN 22
#define NOTE_DOWN  36
#define NOTE_HIGH  14
#define STEP       32 /* a step without notes */
#define CHARACTER  7  /* about, of the 12 px type that labels have */
#define FINE       6  /* ... and of the 11 px type of notes */

struct drawing {
    const struct scs_html *h;
    int x[SCS_NUM_LANES];
    int width, gap;
    unsigned num_lanes;
};

/* The fewer the lanes, the more room for words between them; two of them fit a telephone. */
static struct drawing lay_out(const struct scs_html *h, const struct scs_ladder *l)
{
    static const int gaps[] = {0, 0, 214, 214, 200};
    struct drawing d = {.h = h};
    unsigned num = 0;
    for (unsigned i = 0; i < SCS_NUM_LANES; i++) {
        num += l->names[i] != NULL;
    }
    d.num_lanes = num;
    d.gap = gaps[num];
    for (unsigned i = 0, at = 0; i < SCS_NUM_LANES; i++) {
        d.x[i] = FIRST_LANE + (int)at * d.gap;
        at += l->names[i] != NULL;
    }
    d.width = FIRST_LANE + (int)(num - 1) * d.gap + RIGHT;
    return d;
}

/* ---- text ---------------------------------------------------------------------------------------- */

/* Our own class, and a text cut to `max` characters; what is cut is the tooltip. */
static void words(const struct drawing *d, const char *class, int x, int y, const char *text, int max_characters)
{
    size_t max = max_characters < 8 ? 8 : (size_t)max_characters;
    bool cut = scs_escape_columns(text, strlen(text)) > max;
    fprintf(d->h->out, "<text class=\"%s\" x=\"%d\" y=\"%d\">", class, x, y);
    if (cut) {
        fputs("<title>", d->h->out);
        scs_html_text(d->h, text);
        fputs("</title>", d->h->out);
    }
    scs_html_clipped(d->h, text, cut ? max - 1 : max);
    fputs("</text>", d->h->out);
}

static void lanes(const struct drawing *d, const struct scs_ladder *l, int height)
{
    for (unsigned i = 0; i < SCS_NUM_LANES; i++) {
        if (l->names[i] != NULL) {
            fprintf(d->h->out, "<path class=\"lane\" d=\"M%d %dV%d\"/>", d->x[i], HEAD, height);
            fprintf(d->h->out, "<text class=\"lane\" x=\"%d\" y=\"16\">%s</text>", d->x[i], l->names[i]);
            words(d, "addr", d->x[i], 33, l->addresses[i] != NULL ? l->addresses[i] : "", d->gap / FINE);
            fputs("\n", d->h->out);
        }
    }
}

/* ---- arrows -------------------------------------------------------------------------------------- */

static void cross(const struct drawing *d, int x, int y)
{
    fprintf(d->h->out, "M%d %dl10 10m0 -10l-10 10", x - 5, y - 5);
}

static void line(const struct drawing *d, const struct scs_ladder_step *s, int y)
{
    int from = d->x[s->from], to = d->x[s->to], way = to > from ? 1 : -1;
    int end = s->lost ? from + (to - from) * 3 / 4 : to;
    fprintf(d->h->out, "<path class=\"arrow%s%s\" d=\"M%d %dH%d", s->bad ? " bad" : "", s->good ? " good" : "", from, y, end);
    if (s->lost) {
        cross(d, end, y);
    } else {
        fprintf(d->h->out, "m%d -4l%d 4l%d 4", -7 * way, 7 * way, -7 * way);
    }
    if (s->again) { /* the same again, thinner and shifted */
        fprintf(d->h->out, "M%d %dH%d", from, y + 4, (from + to) / 2);
    }
    fputs("\"/>", d->h->out);
}

/* The leg that was not captured: from the device to its proxy, say. */
static void relay(const struct drawing *d, const struct scs_ladder_step *s, int y)
{
    bool before = (s->relayed < s->from) == (s->from < s->to); /* it lies behind the arrow's tail */
    int from = before ? d->x[s->relayed] : d->x[s->to], to = before ? d->x[s->from] : d->x[s->relayed];
    fprintf(d->h->out, "<path class=\"relay\" d=\"M%d %dH%dm%d -3l%d 3l%d 3\"/>", from, y, to, to > from ? -5 : 5,
            to > from ? 5 : -5, to > from ? -5 : 5);
}

static int step_height(const struct scs_ladder_step *s)
{
    return STEP + (s->note != NULL ? NOTE_HIGH : 0) + (s->trouble != NULL ? NOTE_HIGH : 0) +
           (s->finding != NULL ? NOTE_HIGH + 2 : 0) - (s->from == s->to ? 8 : 0);
}

/* A remark has no arrow: its words stand between the lanes. */
static void step(const struct drawing *d, const struct scs_ladder_step *s, int y)
{
    char clock[SCS_TIME_TEXT];
    int reach = s->from == s->to ? d->gap : d->x[s->to] - d->x[s->from];
    int middle = s->from == s->to && s->from != SCS_LANE_DEVICE ? d->x[s->from] - d->gap / 2 : d->x[s->from] + reach / 2;
    int room = (reach < 0 ? -reach : reach) - 4, note = y + (s->from == s->to ? NOTE_DOWN - 8 : NOTE_DOWN);
    fputs("<g>", d->h->out);
    if (s->ts_ns != SCS_NO_TIME) {
        fprintf(d->h->out, "<text class=\"t\" x=\"0\" y=\"%d\">%s</text>", y + LABEL_DOWN + (s->from == s->to ? 0 : 7),
                scs_text_clock(s->ts_ns, true, clock));
    }
    words(d, s->from == s->to ? "remark" : s->bad ? "label bad" : "label", middle, y + LABEL_DOWN, s->label, room / CHARACTER);
    if (s->from != s->to) {
        line(d, s, y + ARROW_DOWN);
        if (s->relayed < SCS_NUM_LANES) {
            relay(d, s, y + ARROW_DOWN);
        }
    }
    if (s->note != NULL) {
        words(d, "note", middle, note, s->note, (room + 40) / FINE);
        note += NOTE_HIGH;
    }
    if (s->trouble != NULL) {
        words(d, "note warn", middle, note, s->trouble, (room + 40) / FINE);
        note += NOTE_HIGH;
    }
    if (s->finding != NULL) {
        fprintf(d->h->out, "<a href=\"#f%u\">", scs_html_finding_number(d->h, s->finding));
        words(d, s->finding->severity == SCS_SEV_ERROR ? "id error" : "id warning", middle, note + 1, s->finding->id,
              (room + 40) / FINE);
        fputs("</a>", d->h->out);
    }
    fputs("</g>\n", d->h->out);
}

void scs_html_ladder_draw(const struct scs_html *h, const struct scs_ladder *l)
{
    struct drawing d = lay_out(h, l);
    int height = HEAD + 8;
    for (uint32_t i = 0; i < l->num_steps; i++) {
        height += step_height(&l->steps[i]);
    }
    fprintf(h->out,
            "<div class=\"scroll lanes%u\" tabindex=\"0\" role=\"region\" aria-label=\"Ladder diagram\">\n"
            "<svg class=\"ladder\" viewBox=\"0 0 %d %d\" width=\"%d\" paint-order=\"stroke\" role=\"group\" "
            "aria-label=\"Messages from top to "
            "bottom\">\n",
            d.num_lanes, d.width, height, d.width);
    lanes(&d, l, height);
    int y = HEAD;
    for (uint32_t i = 0; i < l->num_steps; i++) {
        step(&d, &l->steps[i], y);
        y += step_height(&l->steps[i]);
    }
    fputs("</svg>\n</div>\n", h->out);
}
