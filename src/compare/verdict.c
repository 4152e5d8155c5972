/* SPDX-License-Identifier: Apache-2.0 */
#include "compare/verdict.h"

#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "compare/fields.h"

#define MAX_OUTCOME 256u
#define MAX_VERDICT 2048u
/* Bytes of a value that the sentence cites; the table has the whole. */
#define MAX_CITED 40u

/* ---- how one side ended --------------------------------------------------------------------------- */

static void failed(const struct scs_compare_side *side, struct scs_redactor *redactor, struct scs_buf *out)
{
    const struct scs_exchange *x = scs_model_exchange(side->model, side->enrolment->decided_by);
    const struct scs_pki_message *m = x != NULL ? x->scep_reply : NULL;
    scs_buf_text(out, "fails");
    if (x == NULL) {
        return;
    }
    scs_buf_printf(out, " at %s", scs_operation_name(x->operation));
    if (x->reply == NULL) {
        scs_buf_text(out, " without a reply");
        if (x->why_unanswered != NULL) {
            scs_buf_printf(out, " (%s)", scs_redact_text(redactor, x->why_unanswered));
        }
    } else if (x->reply->status != 200) {
        scs_buf_printf(out, " with HTTP %u", x->reply->status);
    } else if (m != NULL && m->pki_status >= 0) {
        const char *status = scs_pki_status_name(m->pki_status), *info = scs_fail_info_name(m->fail_info);
        scs_buf_printf(out, " with %s%s%s", status != NULL ? status : "an unknown pkiStatus", info != NULL ? " " : "",
                       info != NULL ? info : "");
    } else if (x->outcome == SCS_OUTCOME_TRUNCATED) {
        scs_buf_text(out, ", which was cut on its way");
    } else {
        scs_buf_printf(out, " with HTTP 200, but no %s",
                       x->operation == SCS_OP_PKI_OPERATION ? "CertRep"
                       : x->operation == SCS_OP_GET_CA_CAPS ? "list of capabilities"
                                                            : "certificates");
    }
}

/* Nothing of SCEP was read: the handshakes are all there is. */
static void unread(const struct scs_compare_side *side, struct scs_buf *out)
{
    const struct scs_connection *c = side->connection;
    if (c->state == SCS_CONN_BLOCKED || c->state == SCS_CONN_REFUSED) {
        scs_buf_text(out, "gets no connection");
    } else if (c->tls == NULL) {
        scs_buf_text(out, "sent nothing that could be read");
    } else {
        bool done = (c->tls->flags & SCS_TLS_HANDSHAKE_DONE) != 0;
        scs_buf_text(out, done ? "speaks TLS that nothing opened" : "does not complete the TLS handshake");
    }
}

static void blocked(const struct scs_compare_side *side, struct scs_buf *out)
{
    const struct scs_connection *c = side->connection;
    bool refused = c != NULL && c->state == SCS_CONN_REFUSED;
    scs_buf_text(out, refused ? "is refused a connection" : "gets no connection");
    if (c != NULL && !refused && c->syn_tries != 0) {
        scs_buf_printf(out, " (%u SYN%s without an answer)", c->syn_tries, c->syn_tries == 1 ? "" : "s");
    }
}

const char *scs_compare_outcome(const struct scs_compare_side *side, struct scs_redactor *redactor, struct scs_arena *arena)
{
    struct scs_buf text;
    scs_buf_init(&text, MAX_OUTCOME);
    if (side->enrolment == NULL) {
        unread(side, &text);
    } else {
        switch ((enum scs_enrolment_outcome)side->enrolment->outcome) {
        case SCS_ENROLMENT_SUCCEEDED:
            scs_buf_text(&text, "got its certificate");
            break;
        case SCS_ENROLMENT_FAILED:
            failed(side, redactor, &text);
            break;
        case SCS_ENROLMENT_PENDING:
            scs_buf_text(&text, "waits for approval (PENDING)");
            break;
        case SCS_ENROLMENT_BLOCKED:
            blocked(side, &text);
            break;
        case SCS_ENROLMENT_INCOMPLETE:
            scs_buf_text(&text, "is not seen to its end");
            break;
        }
    }
    const char *kept = scs_arena_strdup(arena, scs_buf_cstr(&text));
    scs_buf_cleanup(&text);
    return kept;
}

/* ---- where to look first -------------------------------------------------------------------------- */

/* Which field a finding is about, by the beginning of its id; more particular ones first. */
static const struct {
    const char *id, *field;
} about[] = {
    {"http-404-querylen", "query_length"},
    {"http-414", "query_length"},
    {"http-400-reqlen", "query_length"},
    {"http-404-urllen", "path_length"},
    {"http-404-doubleesc", "base64"},
    {"http-404", "path"},
    {"http-400-host", "host"},
    {"http-400-fieldlen", "head_length"},
    {"http-431", "head_length"},
    {"http-405", "method"},
    {"http-411", "body_framing"},
    {"http-413", "body_length"},
    {"http-chunked-request", "body_framing"},
    {"http-expect-100", "expect_continue"},
    {"scep-truncated", "message_whole"},
    {"scep-b64", "base64"},
    {"scep-recipient", "recipients"},
    {"scep-recipient", "recipient_certificates"},
    {"scep-oaep", "key_encryption"},
    {"scep-alg-legacy", "digest"},
    {"scep-alg", "cipher"},
    {"scep-alg", "digest"},
    {"scep-signer-cert", "signer_certificates"},
    {"scep-sig", "signature"},
    {"scep-digest", "signature"},
    {"scep-no-message", "message_whole"},
    {"scep-not-cms", "message_whole"},
    {"scep-attr-missing-nonce", "sender_nonce"},
    {"scep-attr-missing-tid", "has_transaction_id"},
    {"scep-attr-type", "quirks"},
    {"scep-post-unadvertised", "capabilities"},
    {"scep-type", "message_type"},
    {"scep-renew", "signer"},
    {"scep-get-instead-of-post", "method"},
    {"csr-key", "csr_key"},
    {"csr-san", "csr_san_kinds"},
    {"csr-subject-long", "csr_common_name"},
    {"csr-subject", "csr_subject_kinds"},
    {"csr-sig", "csr_signature"},
    {"chal-absent", "csr_challenge"},
    {"chal-malformed", "csr_challenge_type"},
    {"chal-malformed", "csr_challenge_length"},
    {"cacert-", "ca_certificates"},
    {"caps-", "capabilities"},
    {"tls-version", "tls_offered"},
    {"tls-version", "tls_version"},
    {"tls-cipher", "tls_cipher"},
    {"tls-name", "tls_sni"},
    {"tls-servercert", "tls_server_certificate"},
    {"tls-chain", "tls_server_certificates"},
    {"tls-clientcert", "tls_client_certificate"},
    {"tls-alert-client", "tls_server_certificate"},
    {"tls-alert-server", "tls_client_certificate"},
    {"net-syn", "syn_tries"},
    {"net-refused", "broken"},
    {"net-rst", "broken"},
    {"net-retrans", "retransmissions"},
    {"net-icmp", "icmp"},
    {"net-pmtu", "icmp"},
    {"policy-", "policy"},
    {"rep-env", "reply_cipher"},
    {"rep-signer", "reply_signer"},
    {"rep-sig", "reply_signature"},
    {"rep-nonce", "nonce_echo"},
    {"rep-tid", "transaction_echo"},
    {"perf-pkiop", "request_wait"},
    {"perf-getca", "ca_wait"},
};

static const struct scs_compare_row *row_about(const struct scs_comparison *c, const char *id)
{
    for (size_t k = 0; k < sizeof about / sizeof about[0]; k++) {
        if (strncmp(id, about[k].id, strlen(about[k].id)) != 0) {
            continue;
        }
        for (uint32_t i = 0; i < c->num_rows; i++) {
            if (c->rows[i].result == SCS_COMPARE_DIFFERENT && strcmp(c->rows[i].field->name, about[k].field) == 0) {
                return &c->rows[i];
            }
        }
    }
    return NULL;
}

static bool succeeded(const struct scs_compare_side *s)
{
    return s->enrolment != NULL && s->enrolment->outcome == SCS_ENROLMENT_SUCCEEDED;
}

/* Findings of `side` alone, or of either side alone for -1; they stand errors first. */
static const struct scs_compare_row *first_by_finding(const struct scs_comparison *c, int side)
{
    for (uint32_t i = 0; i < c->num_findings; i++) {
        const struct scs_compare_finding *f = &c->findings[i];
        bool alone = scs_compare_sets_apart(f) && (side < 0 || f->on[side]);
        const struct scs_compare_row *row = alone ? row_about(c, f->finding->id) : NULL;
        if (row != NULL) {
            return row;
        }
    }
    return NULL;
}

const struct scs_compare_row *scs_compare_first(const struct scs_comparison *c)
{
    bool a = succeeded(&c->sides[0]), b = succeeded(&c->sides[1]);
    const struct scs_compare_row *first = first_by_finding(c, a == b ? -1 : a ? 1 : 0);
    for (uint32_t i = 0; i < c->num_rows && first == NULL; i++) {
        bool cause = c->rows[i].field->weight == SCS_COMPARE_CAUSE;
        first = c->rows[i].result == SCS_COMPARE_DIFFERENT && cause ? &c->rows[i] : NULL;
    }
    for (uint32_t i = 0; i < c->num_rows && first == NULL; i++) {
        bool circumstance = c->rows[i].field->weight == SCS_COMPARE_CIRCUMSTANCE;
        first = c->rows[i].result == SCS_COMPARE_DIFFERENT && circumstance ? &c->rows[i] : NULL;
    }
    return first;
}

/* ---- the sentences -------------------------------------------------------------------------------- */

/* Bytes of `text` up to `most`, without cutting a character. */
static size_t whole_characters(const char *text, size_t most)
{
    size_t len = strlen(text), at = 0;
    while (at < len) {
        size_t n = scs_text_utf8((const uint8_t *)text + at, len - at);
        n = n == 0 ? 1 : n;
        if (at + n > most) {
            break;
        }
        at += n;
    }
    return at;
}

static void cite(struct scs_buf *out, const char *text, size_t from)
{
    size_t len = whole_characters(text + from, MAX_CITED);
    scs_buf_printf(out, "%s%.*s%s", from != 0 ? "... " : "", (int)len, text + from, text[from + len] != '\0' ? " ..." : "");
}

static const char *words_of(const struct scs_compare_value *v)
{
    return v->seen == SCS_SEEN_NONE ? "none" : v->text;
}

/* Long values that begin alike are cited from the word on in which they part; those that read the same are not cited. */
static void cite_row(struct scs_buf *out, const struct scs_compare_row *row)
{
    const char *a = words_of(&row->side[0]), *b = words_of(&row->side[1]);
    size_t same = 0, from = 0;
    while (a[same] != '\0' && a[same] == b[same]) {
        from = a[same] == ' ' ? same + 1 : from;
        same++;
    }
    scs_buf_text(out, row->field->label);
    if (a[same] != b[same]) {
        from = same > MAX_CITED / 2 ? from : 0;
        scs_buf_text(out, " (A: ");
        cite(out, a, from);
        scs_buf_text(out, ", B: ");
        cite(out, b, from);
        scs_buf_byte(out, ')');
    }
    scs_buf_byte(out, '.');
}

static void say_outcomes(const struct scs_comparison *c, struct scs_buf *out)
{
    bool a_first = succeeded(&c->sides[1]) && !succeeded(&c->sides[0]);
    if (strcmp(c->outcomes[0], c->outcomes[1]) == 0) {
        scs_buf_printf(out, "Each of the two %s.", c->outcomes[0]);
    } else {
        int first = a_first ? 0 : 1;
        scs_buf_printf(out, "%c %s; %c %s.", 'A' + first, c->outcomes[first], 'A' + !first, c->outcomes[!first]);
    }
}

static bool ended(const struct scs_compare_side *s)
{
    return s->enrolment != NULL && s->enrolment->outcome != SCS_ENROLMENT_INCOMPLETE;
}

/* What is left when no field differs: what the rules saw in the traffic around one of both. */
static void say_findings(const struct scs_comparison *c, struct scs_buf *out)
{
    for (uint32_t i = 0; i < c->num_findings; i++) {
        const struct scs_compare_finding *f = &c->findings[i];
        if (scs_compare_sets_apart(f)) {
            scs_buf_printf(out, " No field differs that counts, but a finding hangs on %c alone: %s.", f->on[0] ? 'A' : 'B',
                           f->finding->id);
            return;
        }
    }
    scs_buf_printf(out, " %s in nothing that matters.",
                   ended(&c->sides[0]) && ended(&c->sides[1]) ? "They differ" : "As far as both were seen, they differ");
}

/* How many fields differ that could be a reason, and not only a result; what a finding points at is one. */
static uint32_t count_reasons(const struct scs_comparison *c)
{
    uint32_t num = 0;
    for (uint32_t i = 0; i < c->num_rows; i++) {
        bool reason = c->rows[i].field->weight > SCS_COMPARE_EFFECT || &c->rows[i] == c->first;
        num += c->rows[i].result == SCS_COMPARE_DIFFERENT && reason;
    }
    return num;
}

static void say_differences(const struct scs_comparison *c, struct scs_buf *out)
{
    if (c->differences == 0) {
        say_findings(c, out);
        return;
    }
    uint32_t reasons = count_reasons(c);
    if (reasons == 0) {
        scs_buf_text(out, " In what was asked, and how, nothing differs that could be read; only what came of it does");
    } else {
        char number[16] = "one";
        if (reasons != 1) {
            snprintf(number, sizeof number, "%u", reasons);
        }
        scs_buf_printf(out, " They differ in %s thing%s that may matter", number, reasons == 1 ? "" : "s");
    }
    if (c->first == NULL) {
        scs_buf_byte(out, '.');
        return;
    }
    scs_buf_text(out, reasons > 1 ? "; look first at: " : ": ");
    cite_row(out, c->first);
}

/* Without a key half of what could differ stays shut: then say so, unless the cause is plain already. */
static bool requests_are_shut(const struct scs_comparison *c)
{
    for (int s = 0; s < 2; s++) {
        const struct scs_exchange *x = c->sides[s].enrols;
        const struct scs_envelope *e = x != NULL && x->scep_request != NULL ? x->scep_request->envelope : NULL;
        if (e == NULL || e->opened) {
            return false;
        }
    }
    return true;
}

const char *scs_compare_verdict(const struct scs_comparison *c)
{
    struct scs_buf text;
    scs_buf_init(&text, MAX_VERDICT);
    say_outcomes(c, &text);
    say_differences(c, &text);
    bool both_good = succeeded(&c->sides[0]) && succeeded(&c->sides[1]);
    if (!both_good && requests_are_shut(c) && (c->first == NULL || c->first->field->weight < SCS_COMPARE_CAUSE)) {
        scs_buf_text(&text, " What the requests themselves ask for is not readable without a key (-k).");
    }
    const char *kept = scs_arena_strdup(c->arena, scs_buf_cstr(&text));
    scs_buf_cleanup(&text);
    return kept;
}
