/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parts of the HTML report, each one section of the page; html.c puts them in order.
 *
 * What came from the network or the command line is written by scs_html_text and its kin, which escape, and by nothing
 * else; it never stands in an attribute, a URL, the style or the script. scs_html_raw writes our own markup.
 */
#ifndef SCS_REPORT_HTML_PARTS_H
#define SCS_REPORT_HTML_PARTS_H

#include "report/finding.h"

/*
 * How much is shown, so that a page of 10,000 enrolments stays below 5 MB and a browser opens it at once. Failures come
 * first everywhere; what is left out is counted on the page, and the JSON report has all of it.
 */
#define SCS_HTML_FINDINGS        100u   /* in full, about 3 KB each; further ones by title */
#define SCS_HTML_FAILED          10000u /* enrolments that did not succeed: rows of about 250 bytes */
#define SCS_HTML_SUCCEEDED       200u   /* enrolments that did: enough to find a device again */
#define SCS_HTML_LADDER_STEPS    2400u  /* drawn in all ladders together, about 450 bytes each */
#define SCS_HTML_LADDER_MESSAGES 40u    /* exchanges of one ladder: a retry storm is told by its first and last ones */
#define SCS_HTML_FAILED_ROWS     500u   /* failed exchanges and troubled connections, with particulars: up to 1 KB each */
#define SCS_HTML_GOOD_ROWS       100u   /* the others */
#define SCS_HTML_AUTHORITIES     100u   /* certificates of CAs, RAs and servers, about 1 KB each */
#define SCS_HTML_DEVICES         100u   /* certificates of devices */
#define SCS_HTML_CELL            240u   /* characters of one text in a table */

struct scs_html {
    FILE *out;
    const struct scs_report_context *ctx;
    struct scs_summary summary;
    struct scs_finding_index findings;
    bool several_days;
    bool *has_row, *has_ladder; /* by enrolment id: what a link can lead to */
};

/* ---- writing: html_write.c ----------------------------------------------------------------------- */

void scs_html_raw(const struct scs_html *h, const char *markup);
/* scs_html_text escapes; NULL writes nothing. A line break becomes <br>. */
void scs_html_text(const struct scs_html *h, const char *text);
/* scs_html_clipped is scs_html_text of at most `max` characters, the last then being an ellipsis. */
void scs_html_clipped(const struct scs_html *h, const char *text, size_t max);
void scs_html_count(const struct scs_html *h, uint64_t n); /* "48,211" */
void scs_html_moment(const struct scs_html *h, int64_t ts_ns);
/* scs_html_cell writes a table cell with a clipped text, "-" for NULL. */
void scs_html_cell(const struct scs_html *h, const char *text);
/* scs_html_cell_between names the client and the server of a connection. */
void scs_html_cell_between(const struct scs_html *h, const struct scs_connection *c);
void scs_html_cell_count(const struct scs_html *h, uint64_t n);
/* scs_html_filter writes a Wireshark display filter that is selected by one click. */
void scs_html_filter(const struct scs_html *h, const char *filter);
/* scs_html_frames writes the filter of ascending frames, one for each file they are of. */
void scs_html_frames(const struct scs_html *h, const scs_frame *frames, uint32_t num);
/* scs_html_section begins a section with its heading; scs_html_raw("</section>") ends it. Both constants of ours. */
void scs_html_section(const struct scs_html *h, const char *id, const char *title);
/* scs_html_table begins a table that scrolls by itself on narrow screens; `heads` ends with NULL, one of numbers begins with +.
 */
void scs_html_table(const struct scs_html *h, const char *caption, const char *const *heads);
void scs_html_table_end(const struct scs_html *h);
/* scs_html_term writes one row of a <dl>: our name, and a text; nothing for NULL. */
void scs_html_term(const struct scs_html *h, const char *name, const char *text);
/* scs_html_left_out says "17 more succeeded ..." in a paragraph when n is not 0. */
void scs_html_left_out(const struct scs_html *h, uint64_t n, const char *rest);
/* scs_html_finding_link writes the finding's id as a link to it. */
void scs_html_finding_link(const struct scs_html *h, const struct scs_finding *f);
void scs_html_enrolment_link(const struct scs_html *h, uint32_t id);
/* scs_html_icon draws one of the symbols of html_style.c: "error", "warning", "info", "ok". */
void scs_html_icon(const struct scs_html *h, const char *name);

/* ---- style and script: html_style.c -------------------------------------------------------------- */

extern const char scs_html_style[], scs_html_script[], scs_html_symbols[];

/* ---- sections ------------------------------------------------------------------------------------ */

void scs_html_findings(const struct scs_html *h);
/* scs_html_blind_spots writes those notes that name what the capture cannot show; scs_html_findings leaves them out. False: none.
 */
bool scs_html_blind_spots(const struct scs_html *h);
/* scs_html_finding_number: where the finding stands, from 1; its anchor is "f" and this number. */
uint32_t scs_html_finding_number(const struct scs_html *h, const struct scs_finding *f);
void scs_html_timeline(const struct scs_html *h);
/* scs_html_choose_enrolments fills has_row and has_ladder, before anything links there. */
void scs_html_choose_enrolments(struct scs_html *h);
void scs_html_enrolments(const struct scs_html *h);
void scs_html_exchanges(const struct scs_html *h);
void scs_html_connections(const struct scs_html *h);
void scs_html_certificates(const struct scs_html *h);
void scs_html_lookups(const struct scs_html *h);
void scs_html_capture(const struct scs_html *h);

/* ---- one ladder: html_ladder.c gathers its steps, html_ladder_svg.c draws them --------------------- */

enum scs_lane { SCS_LANE_DEVICE, SCS_LANE_PROXY, SCS_LANE_SERVER, SCS_LANE_POLICY, SCS_NUM_LANES };

struct scs_ladder_step {
    int64_t ts_ns;
    uint32_t order;                    /* among steps of the same moment */
    uint8_t from, to;                  /* enum scs_lane: the leg that was captured; equal: no arrow, a remark on that lane */
    uint8_t relayed;                   /* the lane to or from which it was passed on outside the capture; SCS_NUM_LANES none */
    bool lost;                         /* did not arrive whole, or nothing came back */
    bool again;                        /* (part of it) was sent more than once */
    bool bad, good;                    /* says failure or success */
    const char *label;                 /* over the arrow */
    const char *trouble;               /* what the network did to it; NULL */
    const char *note;                  /* under it: frames and time */
    const struct scs_finding *finding; /* hangs here; NULL */
};

struct scs_ladder {
    struct scs_arena *arena;          /* of the texts, redacted already */
    const char *names[SCS_NUM_LANES]; /* NULL: the party was not seen */
    const char *addresses[SCS_NUM_LANES];
    struct scs_ladder_step *steps;
    uint32_t num_steps, max_steps;
};

/* scs_html_ladder_size: about how many steps its ladder has. */
uint32_t scs_html_ladder_size(const struct scs_enrolment *e);
void scs_html_ladder(const struct scs_html *h, const struct scs_enrolment *e);
void scs_html_ladder_draw(const struct scs_html *h, const struct scs_ladder *l);

/* scs_html_exchange_frames: every frame of both its messages, ascending, at most `max`. */
uint32_t scs_html_exchange_frames(const struct scs_exchange *x, scs_frame *out, uint32_t max);

#endif
