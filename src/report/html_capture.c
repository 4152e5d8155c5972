/* SPDX-License-Identifier: Apache-2.0 */
/* The quality of the capture: what was read, what is missing in it, and which keys opened what. */
#include <inttypes.h>

#include "report/html_parts.h"
#include "report/label.h"

/* The digest names the very file this report is about; it is there when the run was asked for it. */
static void files(const struct scs_html *h, const struct scs_capture_facts *capture)
{
    static const char *const heads[] = {"File", "Format", "+Packets", "+Bytes", "+Dropped", "Whole", "SHA-256", NULL};
    scs_html_table(h, "Files", heads);
    for (uint32_t i = 0; i < capture->num_files; i++) {
        const struct scs_capture_file *f = &capture->files[i];
        fputs("<tr><th scope=\"row\">", h->out);
        scs_html_clipped(h, scs_redact_payload(h->ctx->redactor, f->path), SCS_HTML_CELL);
        fputs("</th>", h->out);
        scs_html_cell(h, f->format);
        scs_html_cell_count(h, f->packets);
        scs_html_cell_count(h, f->bytes);
        if (f->has_drop_count) {
            scs_html_cell_count(h, f->dropped);
        } else {
            fputs("<td class=\"n\">not stated</td>", h->out);
        }
        fprintf(h->out, "<td><span class=\"mark %s\">%s</span></td><td class=\"hash\">", f->complete ? "ok" : "error",
                f->complete ? "yes" : "no");
        scs_html_clipped(h, f->sha256 != NULL ? f->sha256 : "not asked for", SCS_HTML_CELL);
        fputs("</td></tr>\n", h->out);
        scs_redactor_forget(h->ctx->redactor);
    }
    scs_html_table_end(h);
}

static void interfaces(const struct scs_html *h, const struct scs_capture_facts *capture)
{
    static const char *const heads[] = {"Interface", "Link type", "+Snap length", "+Packets", NULL};
    char link_type[SCS_LINK_TYPE_TEXT];
    if (capture->num_interfaces == 0) {
        return;
    }
    scs_html_table(h, "Interfaces", heads);
    for (uint32_t i = 0; i < capture->num_interfaces && i < SCS_HTML_GOOD_ROWS; i++) {
        const struct scs_interface *f = &capture->interfaces[i];
        fputs("<tr><th scope=\"row\">", h->out);
        scs_html_clipped(h, f->name != NULL ? f->name : "no name", SCS_HTML_CELL);
        if (f->description != NULL) {
            fputs("<br><small>", h->out);
            scs_html_clipped(h, f->description, SCS_HTML_CELL);
            fputs("</small>", h->out);
        }
        fprintf(h->out, "</th><td>%s</td>", scs_label_link_type(f->link_type, link_type));
        if (f->snap_len != 0) {
            scs_html_cell_count(h, f->snap_len);
        } else {
            fputs("<td class=\"n\">none</td>", h->out);
        }
        scs_html_cell_count(h, f->packets);
        fputs("</tr>\n", h->out);
    }
    scs_html_table_end(h);
}

/* ---- quality ------------------------------------------------------------------------------------- */

struct quality {
    uint64_t missing, cut, one_way, midstream, again, shut;
};

static struct quality measure(const struct scs_model *m)
{
    struct quality q = {0};
    for (uint32_t i = 0; i < m->num_connections; i++) {
        const struct scs_connection *c = m->connections[i];
        q.missing += c->half[0].missing_bytes + c->half[1].missing_bytes;
        q.cut += c->half[0].cut_bytes + c->half[1].cut_bytes;
        q.one_way += (c->flags & SCS_CONN_ONE_WAY) != 0;
        q.midstream += (c->flags & SCS_CONN_MIDSTREAM) != 0;
        q.again += (uint64_t)c->half[0].retransmissions + c->half[1].retransmissions;
        q.shut += (c->flags & SCS_CONN_TLS) != 0 && (c->tls == NULL || (c->tls->flags & SCS_TLS_DECRYPTED) == 0);
        scs_model_rest(m, i);
    }
    return q;
}

/* One row; above 0, `means` says what that does to the evidence. */
static void measured(const struct scs_html *h, const char *what, uint64_t n, const char *means)
{
    fprintf(h->out, "<tr><th scope=\"row\">%s</th>", what);
    scs_html_cell_count(h, n);
    if (n != 0) {
        fprintf(h->out, "<td><span class=\"mark wait\">%s</span></td></tr>\n", means);
    } else {
        fputs("<td><small>fine</small></td></tr>\n", h->out);
    }
}

static void quality(const struct scs_html *h, const struct scs_capture_facts *capture)
{
    static const char *const heads[] = {"Measured", "+Number", "What it means", NULL};
    struct quality q = measure(h->ctx->model);
    scs_html_table(h, "Quality", heads);
    if (capture->has_drop_count) {
        measured(h, "Packets dropped while capturing", capture->dropped, "something missing here may have been sent");
    } else {
        fputs("<tr><th scope=\"row\">Packets dropped while capturing</th><td class=\"n\">-</td><td>the file does not "
              "say</td></tr>\n",
              h->out);
    }
    measured(h, "Packets cut by the snap length", capture->cut_packets, "capture with snap length 0");
    measured(h, "Bytes acknowledged and not captured", q.missing, "the capture missed them, not the network");
    measured(h, "Bytes lost to the snap length", q.cut, "messages could not be read whole");
    measured(h, "Connections seen in one direction only", q.one_way, "the capture point sees half of the traffic");
    measured(h, "Connections open before the capture began", q.midstream, "what came first is unknown");
    measured(h, "TLS connections that no key opened", q.shut, "what is inside is unknown");
    measured(h, "IP fragments without the rest", capture->fragments_lost, "their packets were not read");
    measured(h, "Packets of a link type that is not read", capture->unread_link_packets, "they were skipped");
    if (capture->host_dropped != 0) {
        measured(h, "Packets thrown away by the host", capture->host_dropped, "Windows dropped them: not received");
    }
    measured(h, "Packets captured twice", capture->duplicates, "counted once, and no retransmissions");
    measured(h, "Segments sent again", q.again, "packet loss, or slow answers");
    scs_html_table_end(h);
    if (capture->clock_samples != 0 && capture->clock_offset_s != SCS_NO_TIME && capture->clock_offset_s != 0) {
        fprintf(h->out, "<p>The servers' clocks differ from the capture's by %lld s (median of %" PRIu32 " Date headers).</p>\n",
                (long long)capture->clock_offset_s, capture->clock_samples);
    }
}

static void keys(const struct scs_html *h)
{
    static const char *const heads[] = {"Key file", "Key", "+Opened", NULL};
    const struct scs_model *m = h->ctx->model;
    if (m->num_keys == 0) {
        return;
    }
    scs_html_table(h, "Private keys that were given", heads);
    for (uint32_t i = 0; i < m->num_keys; i++) {
        fputs("<tr><th scope=\"row\">", h->out);
        scs_html_clipped(h, scs_redact_payload(h->ctx->redactor, m->keys[i].path), SCS_HTML_CELL);
        fputs("</th>", h->out);
        scs_html_cell(h, m->keys[i].key);
        scs_html_cell_count(h, m->keys[i].num_opened);
        fputs("</tr>\n", h->out);
        scs_redactor_forget(h->ctx->redactor);
    }
    scs_html_table_end(h);
}

void scs_html_capture(const struct scs_html *h)
{
    const struct scs_capture_facts *capture = h->ctx->model->capture;
    scs_html_section(h, "capture", "The capture");
    quality(h, capture);
    files(h, capture);
    interfaces(h, capture);
    keys(h);
    fputs("</section>\n", h->out);
}
