/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Only the texts of a report change: which one is what, its name and the names around it say. They are gone through three
 * times: first for the names of CAs, which may stay; then for the values that are hidden, because sentences repeat them;
 * then they are replaced.
 */
#include "report/again.h"

#include <jansson.h>
#include <string.h>

#include "platform/platform.h"
#include "scepscope/cursor.h"

/* Reports of this program nest 8 deep. */
#define MAX_DEPTH 32u
#define LOOK      256u

static const char schema[] = "\"scepscope/report/1\"";

bool scs_report_is_json(const char *path)
{
    uint8_t first[LOOK];
    int fd = scs_platform_is_regular(path) ? scs_platform_open(path, NULL) : -1;
    ptrdiff_t got = fd >= 0 ? scs_platform_read(fd, first, sizeof first, NULL) : 0;
    scs_platform_close(fd);
    struct scs_cursor c = scs_cursor_of(first, got > 0 ? (size_t)got : 0);
    uint8_t brace;
    return scs_cursor_peek(&c, 0, &brace) && brace == '{' && scs_cursor_find(&c, schema) != SIZE_MAX;
}

/* ---- which text is what ------------------------------------------------------------------------------ */

typedef const char *redaction(struct scs_redactor *r, const char *text);

/* An address; under the same names stand words, as who sent an alert, and what a server calls itself. */
static const char *redact_end(struct scs_redactor *r, const char *text)
{
    struct scs_endpoint e;
    return scs_endpoint_parse(text, &e) ? scs_redact_host(r, text) : scs_redact_text(r, text);
}

static const struct {
    const char *name;
    redaction *redact;
} kinds[] = {
    {"client", redact_end},
    {"server", redact_end},
    {"from", redact_end},
    {"resolver", redact_end},
    {"addresses", redact_end},
    {"host", scs_redact_host},
    {"sni", scs_redact_host},
    {"aliases", scs_redact_host},
    {"subject", scs_redact_subject}, /* those of CAs, RAs and servers are learned first */
    {"issuer", scs_redact_subject},
    {"common_name", scs_redact_name},
    {"sid", scs_redact_name},
    {"account", scs_redact_name},
    {"sans", scs_redact_san},
    {"target", scs_redact_target},
    {"location", scs_redact_target},
    {"user_agent", scs_redact_agent},
    {"via", scs_redact_payload},
    {"request_via", scs_redact_payload},
    {"response_text", scs_redact_payload},
    {"fail_info_text", scs_redact_payload},
    {"server_message", scs_redact_payload},
    {"ca_ident", scs_redact_payload},
    {"operation_name", scs_redact_payload},
    {"path", scs_redact_payload},
    {"file", scs_redact_payload},
    {"problems", scs_redact_payload},
    {"why_not", scs_redact_payload},
    {"extra_attributes", scs_redact_attribute},
};

/* Where names are those of CAs, RAs and servers; beside the signer of a reply. */
static const char *const authorities[] = {"ca_certificates", "server_certificate", "server_chain", NULL};

enum pass { LEARN, COLLECT, REPLACE };

struct walk {
    struct scs_redactor *r;
    enum pass pass;
    const char *names[MAX_DEPTH]; /* of the members that lead here; the values of an array are what the array is */
    unsigned depth;
};

static bool is_within(const struct walk *w, const char *name)
{
    for (unsigned i = 0; i < w->depth; i++) {
        if (strcmp(w->names[i], name) == 0) {
            return true;
        }
    }
    return false;
}

/* The names that stay below the strict level, wherever else they stand. */
static void learn_authority(const struct walk *w, const char *text)
{
    const char *name = w->names[w->depth - 1];
    bool authority = false;
    if (strcmp(name, "subject") != 0 && strcmp(name, "issuer") != 0) {
        return;
    }
    for (size_t i = 0; authorities[i] != NULL && !authority; i++) {
        authority = is_within(w, authorities[i]);
    }
    if (authority || (is_within(w, "reply") && is_within(w, "signer"))) {
        scs_redactor_keep(w->r, text);
    }
}

static const char *redact_value(const struct walk *w, const char *text)
{
    const char *name = w->names[w->depth - 1];
    if (is_within(w, "facts")) {
        return scs_redact_fact(w->r, name, text);
    }
    if (strcmp(name, "sans") == 0 && is_within(w, "server_certificate")) {
        return scs_redact_server_san(w->r, text);
    }
    if (strcmp(name, "name") == 0 && is_within(w, "dns")) {
        return scs_redact_host(w->r, text);
    }
    if (strcmp(name, "sha256") == 0 && is_within(w, "challenge")) {
        return scs_redact_payload(w->r, text); /* short ones can be tried */
    }
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (strcmp(kinds[i].name, name) == 0) {
            return kinds[i].redact(w->r, text);
        }
    }
    static const char *const sentences[] = {"meaning", "causes", "fixes", "confirm", "not_visible", "title", "text", NULL};
    for (size_t i = 0; sentences[i] != NULL; i++) {
        if (is_within(w, sentences[i])) {
            return scs_redact_known(w->r, text);
        }
    }
    return text; /* words of this program, times, digests, identifiers */
}

/* ---- all of them ------------------------------------------------------------------------------------- */

/* Takes in, or replaces, one text. */
static void visit(const struct walk *w, json_t *text)
{
    const char *value = json_string_value(text);
    if (w->pass == LEARN) {
        learn_authority(w, value);
        return;
    }
    const char *shown = redact_value(w, value);
    if (w->pass == REPLACE && shown != value) {
        json_string_set(text, shown);
    }
    scs_redactor_forget(w->r);
}

static bool enter(struct walk *w, const char *name, json_t *value);

static bool visit_all(struct walk *w, json_t *value)
{
    const char *name;
    json_t *member;
    size_t i;
    bool ok = true;
    if (json_is_string(value)) {
        visit(w, value);
    }
    json_object_foreach(value, name, member)
    {
        ok = ok && enter(w, name, member);
    }
    json_array_foreach(value, i, member)
    {
        ok = ok && enter(w, w->depth != 0 ? w->names[w->depth - 1] : "", member);
    }
    return ok;
}

static bool enter(struct walk *w, const char *name, json_t *value)
{
    if (w->depth == MAX_DEPTH) {
        return false;
    }
    w->names[w->depth++] = name;
    bool ok = visit_all(w, value);
    w->depth--;
    return ok;
}

/* The level the report has from now on: what was hidden already stays hidden. */
static void set_level(json_t *report, enum scs_redaction level)
{
    const char *had = json_string_value(json_object_get(report, "redaction"));
    for (enum scs_redaction old = SCS_REDACT_STRICT; had != NULL && old > level; old--) {
        if (strcmp(scs_redaction_name(old), had) == 0) {
            return;
        }
    }
    json_object_set_new(report, "redaction", json_string(scs_redaction_name(level)));
}

bool scs_report_redact_again(const char *path, struct scs_redactor *r, FILE *out, struct scs_error *err)
{
    json_error_t where;
    json_t *report = json_load_file(path, JSON_REJECT_DUPLICATES, &where);
    if (report == NULL) {
        return scs_error_set(err, "%s is damaged at line %d: %s; write the report again", path, where.line, where.text);
    }
    scs_redactor_remember(r);
    scs_redactor_keep_tokens(r);
    bool ok = true;
    for (int pass = LEARN; pass <= REPLACE && ok; pass++) {
        struct walk w = {.r = r, .pass = (enum pass)pass};
        ok = visit_all(&w, report) || scs_error_set(err, "%s nests too deep for a report; write the report again", path);
    }
    if (ok) {
        set_level(report, scs_redactor_level(r));
        /* Durations have three decimals: 15 digits give them back as they were. */
        ok = json_dumpf(report, out, JSON_INDENT(2) | JSON_REAL_PRECISION(15)) == 0 && fputc('\n', out) != EOF;
        ok = ok || scs_error_set(err, "the report of %s could not be written", path);
    }
    json_decref(report);
    return ok;
}
