/* SPDX-License-Identifier: Apache-2.0 */
/* Every certificate that was seen, once, with its validity beside the time of the capture. */
#include "base/text.h"
#include "report/html_parts.h"

#define DAY_S 86400

/* Geometry of a validity bar. */
#define BAR_WIDTH 180
#define BAR_LEFT  20
#define BAR_RIGHT 160

struct seen {
    const struct scs_cert_facts *certificate;
    const char *what;
    bool of_device;
};

struct collection {
    struct seen all[SCS_HTML_AUTHORITIES + SCS_HTML_DEVICES];
    uint32_t num, num_devices;
    bool more; /* some did not fit */
};

static void add(struct collection *all, const struct scs_cert_facts *c, const char *what, bool of_device)
{
    if (c == NULL) {
        return;
    }
    for (uint32_t i = 0; i < all->num; i++) {
        if (all->all[i].certificate == c || scs_text_equal(all->all[i].certificate->sha256, c->sha256)) {
            return;
        }
    }
    uint32_t used = of_device ? all->num_devices : all->num - all->num_devices;
    if (used == (of_device ? SCS_HTML_DEVICES : SCS_HTML_AUTHORITIES)) {
        all->more = true;
        return;
    }
    all->all[all->num++] = (struct seen){c, what, of_device};
    all->num_devices += of_device;
}

static void add_authority(struct collection *all, const struct scs_cert_facts *c, const char *otherwise)
{
    static const char *const words[] = {
        [SCS_ROLE_CA] = "CA",
        [SCS_ROLE_RA_SIGNING] = "RA, signing",
        [SCS_ROLE_RA_ENCRYPTION] = "RA, encryption",
        [SCS_ROLE_RA_BOTH] = "RA",
        [SCS_ROLE_LEAF] = NULL,
    };
    const char *word = c != NULL && c->role < sizeof words / sizeof words[0] ? words[c->role] : NULL;
    add(all, c, word != NULL ? word : otherwise, false);
}

static void of_exchange(struct collection *all, const struct scs_exchange *x)
{
    for (uint32_t i = 0; x->ca_certs != NULL && i < x->ca_certs->num_certificates; i++) {
        add_authority(all, x->ca_certs->certificates[i], "in GetCACert");
    }
    if (x->scep_request != NULL) {
        add(all, x->scep_request->signer, "signs a request", true);
    }
    const struct scs_pki_message *reply = x->scep_reply;
    if (reply == NULL) {
        return;
    }
    add_authority(all, reply->signer, "signs replies");
    for (uint32_t i = 0; reply->envelope != NULL && i < reply->envelope->num_certificates; i++) {
        const struct scs_cert_facts *c = reply->envelope->certificates[i];
        if (scs_cert_is_authority(c)) {
            add_authority(all, c, "CA");
        } else {
            add(all, c, "issued", true);
        }
    }
}

static void collect(const struct scs_model *m, struct collection *all)
{
    for (uint32_t i = 0; i < m->num_connections; i++) {
        const struct scs_tls_facts *f = m->connections[i]->tls;
        if (f != NULL) {
            add(all, f->server_certificate, "TLS server", false);
            add(all, f->client_certificate, "TLS client", true);
        }
        scs_model_rest(m, i);
    }
    for (uint32_t i = 0; i < m->num_exchanges; i++) {
        of_exchange(all, m->exchanges[i]);
        scs_model_rest(m, i);
    }
}

/* ---- validity ------------------------------------------------------------------------------------ */

/* "expires in 287 days", "expired 3 days before": which also says what the bar shows. */
static const char *standing(const struct scs_cert_facts *c, int64_t now_s, char out[64], const char **class)
{
    *class = "error";
    if (now_s < c->not_before) {
        snprintf(out, 64, "not yet valid: %lld days to go", (long long)((c->not_before - now_s + DAY_S - 1) / DAY_S));
    } else if (now_s > c->not_after) {
        snprintf(out, 64, "expired %lld days before", (long long)((now_s - c->not_after) / DAY_S));
    } else {
        int64_t days = (c->not_after - now_s) / DAY_S;
        *class = days < 30 ? "wait" : "ok";
        snprintf(out, 64, days < 730 ? "%lld days left" : "more than %lld years left",
                 (long long)(days < 730 ? days : days / 365));
    }
    return out;
}

static void bar(const struct scs_html *h, const struct scs_cert_facts *c, int64_t now_s, const char *class)
{
    int64_t life = c->not_after > c->not_before ? c->not_after - c->not_before : 1;
    double share = (double)(now_s - c->not_before) / (double)life;
    int x = share < 0 ? BAR_LEFT / 2 : share > 1 ? (BAR_RIGHT + BAR_WIDTH) / 2 : BAR_LEFT + (int)(share * (BAR_RIGHT - BAR_LEFT));
    fprintf(h->out,
            "<svg class=\"validity %s\" viewBox=\"0 0 %d 18\" width=\"%d\" height=\"18\" aria-hidden=\"true\">"
            "<rect class=\"all\" x=\"%d\" y=\"6\" width=\"%d\" height=\"6\" rx=\"3\"/>"
            "<rect class=\"past\" x=\"%d\" y=\"6\" width=\"%d\" height=\"6\" rx=\"3\"/>"
            "<path class=\"now\" d=\"M%d 1v16\"/></svg>",
            class, BAR_WIDTH, BAR_WIDTH, BAR_LEFT, BAR_RIGHT - BAR_LEFT, BAR_LEFT,
            x < BAR_LEFT    ? 0
            : x > BAR_RIGHT ? BAR_RIGHT - BAR_LEFT
                            : x - BAR_LEFT,
            x);
}

static void validity(const struct scs_html *h, const struct scs_cert_facts *c, int64_t now_s)
{
    char text[64], time[SCS_TIME_TEXT];
    const char *class;
    fputs("<td class=\"validity\">", h->out);
    if (c->not_before == SCS_NO_TIME || c->not_after == SCS_NO_TIME) {
        fputs("not known</td>", h->out);
        return;
    }
    if (now_s != SCS_NO_TIME) {
        standing(c, now_s, text, &class);
        bar(h, c, now_s, class);
        fprintf(h->out, "<span class=\"mark %s\">%s</span>", class, text);
    }
    fprintf(h->out, "<br><small>%.10s to ", scs_text_seconds(c->not_before, time));
    fprintf(h->out, "%.10s</small></td>", scs_text_seconds(c->not_after, time));
}

/* ---- table --------------------------------------------------------------------------------------- */

static void names(const struct scs_html *h, const struct seen *s)
{
    struct scs_redactor *r = h->ctx->redactor;
    const struct scs_cert_facts *c = s->certificate;
    bool own = (c->flags & SCS_CERT_SELF_ISSUED) != 0;
    fputs("<th scope=\"row\">", h->out);
    const char *subject = s->of_device ? scs_redact_subject(r, c->subject) : scs_redact_authority(r, c->subject);
    scs_html_clipped(h, subject != NULL && *subject != '\0' ? subject : "(no subject)", SCS_HTML_CELL);
    for (uint32_t i = 0; i < c->num_sans && i < 4; i++) {
        fputs("<br><small>", h->out);
        scs_html_clipped(h, s->of_device ? scs_redact_san(r, c->sans[i]) : scs_redact_server_san(r, c->sans[i]), SCS_HTML_CELL);
        fputs("</small>", h->out);
    }
    fputs("</th><td>", h->out);
    if (own) {
        fputs("itself", h->out);
    } else {
        scs_html_clipped(h, c->issuer != NULL ? scs_redact_authority(r, c->issuer) : "-", SCS_HTML_CELL);
    }
    fputs("</td>", h->out);
}

static void row(const struct scs_html *h, const struct seen *s, int64_t now_s)
{
    const struct scs_cert_facts *c = s->certificate;
    fprintf(h->out, "<tr><td>%s</td>", s->what);
    names(h, s);
    validity(h, c, now_s);
    fputs("<td>", h->out);
    scs_html_clipped(h, c->key != NULL ? c->key : "-", SCS_HTML_CELL);
    fputs("<br><small>", h->out);
    scs_html_clipped(h, c->signature_algorithm, SCS_HTML_CELL);
    fputs("</small></td><td class=\"hash\">", h->out);
    scs_html_clipped(h, c->serial != NULL ? c->serial : "-", SCS_HTML_CELL);
    fputs("<br><small>", h->out);
    scs_html_clipped(h, c->sha1, SCS_HTML_CELL);
    fputs("</small></td></tr>\n", h->out);
    scs_redactor_forget(h->ctx->redactor);
}

static void table(const struct scs_html *h, const struct collection *all, bool of_device, const char *caption)
{
    static const char *const heads[] = {"What", "Subject", "Issued by", "Valid", "Key", "Serial, SHA-1", NULL};
    int64_t last_ns = h->ctx->model->capture->last_ns;
    int64_t now_s = last_ns == SCS_NO_TIME ? SCS_NO_TIME : last_ns / 1000000000;
    scs_html_table(h, caption, heads);
    for (uint32_t i = 0; i < all->num; i++) {
        if (all->all[i].of_device == of_device) {
            row(h, &all->all[i], now_s);
        }
    }
    scs_html_table_end(h);
}

void scs_html_certificates(const struct scs_html *h)
{
    struct collection all = {.num = 0};
    collect(h->ctx->model, &all);
    if (h->ctx->model->num_exchanges + h->ctx->model->num_connections == 0) {
        return;
    }
    scs_html_section(h, "certificates", "Certificates");
    fputs(all.num == 0 ? "<p>None could be read.</p>\n"
                       : "<p class=\"lead\">A bar is a certificate's life; the upright line is the end of the capture.</p>\n",
          h->out);
    if (all.num != all.num_devices) {
        table(h, &all, false, "Certificates of CAs, RAs and servers");
    }
    if (all.num_devices != 0) {
        table(h, &all, true, "Certificates of devices");
    }
    if (all.more) {
        fputs("<p class=\"rest\">More were seen: the JSON report has them.</p>\n", h->out);
    }
    fputs("</section>\n", h->out);
}
