/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of TCP connections, with their TLS, and of DNS look-ups. */
#include <inttypes.h>

#include "report/html_parts.h"
#include "report/verdict.h"

/* ---- connections --------------------------------------------------------------------------------- */

static bool is_troubled(const struct scs_connection *c)
{
    const struct scs_half *out = &c->half[SCS_TO_SERVER], *back = &c->half[SCS_TO_CLIENT];
    bool lost = out->missing_bytes + back->missing_bytes + out->cut_bytes + back->cut_bytes != 0;
    bool refused = c->state == SCS_CONN_BLOCKED || c->state == SCS_CONN_REFUSED || c->state == SCS_CONN_RESET;
    return refused || lost || out->retransmissions + back->retransmissions != 0 || c->syn_tries > 1 || c->num_icmp != 0 ||
           (c->tls != NULL && c->tls->num_alerts != 0 && c->tls->alerts[0].fatal) || scs_connection_is_shut(c);
}

static void alert(const struct scs_html *h, const struct scs_tls_alert *a)
{
    const char *name = scs_tls_alert_name(a->description);
    fprintf(h->out, "<br><small>%s alert from %s: %s, frame %" PRIu64 "</small>", a->fatal ? "fatal" : "warning",
            a->from_server ? "server" : "client", name != NULL ? name : "unknown", SCS_FRAME_NUMBER(a->frame));
}

static void tls(const struct scs_html *h, const struct scs_connection *c)
{
    const struct scs_tls_facts *f = c->tls;
    fputs("<td class=\"tls\">", h->out);
    if ((c->flags & SCS_CONN_TLS) == 0) {
        fputs("-", h->out);
    } else if (f != NULL) {
        const char *version = scs_tls_version_name(f->version);
        bool opened = (f->flags & SCS_TLS_DECRYPTED) != 0;
        fprintf(h->out, "%s, %s", version != NULL ? version : "TLS", opened ? "opened" : "not opened");
        if (f->sni != NULL) {
            fputs("<br><small>", h->out);
            scs_html_clipped(h, scs_redact_host(h->ctx->redactor, f->sni), SCS_HTML_CELL);
            fputs("</small>", h->out);
        }
        if (!opened && f->why_not != NULL) {
            fputs("<br><small>", h->out);
            scs_html_clipped(h, f->why_not, SCS_HTML_CELL);
            fputs("</small>", h->out);
        }
        for (uint32_t i = 0; i < f->num_alerts && i < 2; i++) {
            alert(h, &f->alerts[i]);
        }
    } else {
        fputs("TLS, not followed", h->out);
    }
    fputs("</td>", h->out);
}

/* Wireshark's filter for all of it: its stream, or its first and last frame where our count may differ from Wireshark's. */
static void filter(const struct scs_html *h, const struct scs_connection *c)
{
    fputs("<td>", h->out);
    if ((c->flags & SCS_CONN_STREAM_KNOWN) != 0 && h->ctx->model->capture->num_files == 1) {
        fprintf(h->out, "<code class=\"filter\">tcp.stream eq %" PRIu32 "</code>", c->stream);
    } else {
        scs_frame frames[2] = {c->first_frame, c->last_frame};
        scs_html_frames(h, frames, c->first_frame != c->last_frame ? 2 : 1);
    }
    fputs("</td>", h->out);
}

static void row(const struct scs_html *h, const struct scs_connection *c)
{
    const struct scs_half *out = &c->half[SCS_TO_SERVER], *back = &c->half[SCS_TO_CLIENT];
    bool bad = c->state == SCS_CONN_BLOCKED || c->state == SCS_CONN_REFUSED || c->state == SCS_CONN_RESET;
    fprintf(h->out, "<tr><th scope=\"row\">%" PRIu32 "</th><td class=\"time\">", c->id);
    scs_html_moment(h, c->opened_ns);
    fputs("</td>", h->out);
    scs_html_cell_between(h, c);
    fprintf(h->out, "<td><span class=\"mark %s\">%s</span></td>", bad ? "error" : "none", scs_connection_state_name(c->state));
    tls(h, c);
    scs_html_cell_count(h, c->num_exchanges);
    scs_html_cell_count(h, out->bytes);
    scs_html_cell_count(h, back->bytes);
    scs_html_cell_count(h, (uint64_t)out->retransmissions + back->retransmissions + (c->syn_tries > 1 ? c->syn_tries - 1u : 0));
    scs_html_cell_count(h, out->missing_bytes + back->missing_bytes + out->cut_bytes + back->cut_bytes);
    filter(h, c);
    fputs("</tr>\n", h->out);
}

static uint32_t rows(const struct scs_html *h, bool troubled, uint32_t most, const char *caption)
{
    static const char *const heads[] = {"#",          "Opened",     "Client and server", "State",       "TLS",
                                        "+Exchanges", "+Bytes out", "+Bytes back",       "+Sent again", "+Bytes missing",
                                        "Filter",     NULL};
    const struct scs_model *m = h->ctx->model;
    uint32_t num = 0;
    for (uint32_t i = 0; i < m->num_connections && !ferror(h->out); i++) {
        const struct scs_connection *c = m->connections[i];
        scs_model_rest(m, i);
        if (is_troubled(c) != troubled || num++ >= most) {
            continue;
        }
        if (num == 1) {
            scs_html_table(h, caption, heads);
        }
        row(h, c);
        scs_redactor_forget(h->ctx->redactor);
    }
    if (num != 0) {
        scs_html_table_end(h);
    }
    return num > most ? num - most : 0;
}

void scs_html_connections(const struct scs_html *h)
{
    if (h->ctx->model->num_connections == 0) {
        return;
    }
    scs_html_section(h, "connections", "Connections");
    scs_html_left_out(h, rows(h, true, SCS_HTML_FAILED_ROWS, "Connections with losses, resets or closed TLS"),
                      "more of these: the JSON report lists them.");
    scs_html_left_out(h, rows(h, false, SCS_HTML_GOOD_ROWS, "Connections without trouble"),
                      "more without trouble: the JSON report lists them.");
    fputs("</section>\n", h->out);
}

/* ---- look-ups ------------------------------------------------------------------------------------ */

static void lookup(const struct scs_html *h, const struct scs_lookup *l)
{
    static const struct {
        const char *word, *class;
    } outcomes[] = {[SCS_LOOKUP_ANSWERED] = {"answered", "ok"},
                    [SCS_LOOKUP_EMPTY] = {"no such record", "unknown"},
                    [SCS_LOOKUP_NO_NAME] = {"no such name", "error"},
                    [SCS_LOOKUP_FAILED] = {"failed", "error"},
                    [SCS_LOOKUP_UNANSWERED] = {"unanswered", "error"}};
    struct scs_redactor *r = h->ctx->redactor;
    scs_frame frames[2] = {l->query_frames[0] != 0 ? l->query_frames[0] : l->answer_frame, l->answer_frame};
    bool two = frames[1] > frames[0];
    fputs("<tr><td class=\"time\">", h->out);
    scs_html_moment(h, l->first_ns);
    fputs("</td><th scope=\"row\">", h->out);
    scs_html_clipped(h, scs_redact_host(r, l->name), SCS_HTML_CELL);
    fputs("</th>", h->out);
    scs_html_cell(h, scs_redact_addr(r, &l->client));
    scs_html_cell(h, scs_redact_addr(r, &l->resolver));
    scs_html_cell_count(h, l->queries);
    fprintf(h->out, "<td><span class=\"mark %s\">%s</span></td><td>", outcomes[l->outcome].class, outcomes[l->outcome].word);
    for (uint32_t i = 0; i < l->num_addrs; i++) {
        fputs(i == 0 ? "" : ", ", h->out);
        scs_html_text(h, scs_redact_addr(r, &l->addrs[i]));
    }
    fputs(l->num_addrs == 0 ? "-</td><td>" : "</td><td>", h->out);
    scs_html_frames(h, frames, frames[0] == 0 ? 0 : two ? 2 : 1);
    fputs("</td></tr>\n", h->out);
}

void scs_html_lookups(const struct scs_html *h)
{
    static const char *const heads[] = {"Time",    "Name",      "Asked by", "Resolver", "+Questions",
                                        "Outcome", "Addresses", "Frames",   NULL};
    const struct scs_model *m = h->ctx->model;
    if (m->num_lookups == 0) {
        return;
    }
    scs_html_section(h, "lookups", "Name look-ups");
    scs_html_table(h, "DNS look-ups that concern SCEP", heads);
    for (uint32_t i = 0; i < m->num_lookups && !ferror(h->out); i++) { /* at most SCS_MAX_LOOKUPS_TOLD */
        lookup(h, m->lookups[i]);
        scs_redactor_forget(h->ctx->redactor);
    }
    scs_html_table_end(h);
    fputs("</section>\n", h->out);
}
