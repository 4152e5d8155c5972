/* SPDX-License-Identifier: Apache-2.0 */
#include "correlate/revocations.h"

#include "base/shapes.h"
#include "base/text.h"

#include "dissectors/crl.h"
#include "dissectors/ocsp.h"

void scs_revocations_init(struct scs_revocations *r, struct scs_arena *keep)
{
    *r = (struct scs_revocations){.keep = keep, .all = SCS_ARENA_ARRAY(keep, SCS_MAX_REVOCATIONS, const struct scs_revocation *)};
}

static const struct scs_crl_facts *read_crl(struct scs_arena *keep, const struct scs_http_pair *pair)
{
    struct scs_crl_facts *crl = SCS_ARENA_NEW(keep, struct scs_crl_facts);
    enum scs_status st =
        pair->reply == NULL || pair->reply->status != 200 ? SCS_MALFORMED : scs_crl_read(&pair->reply_body, keep, crl);
    return st == SCS_MALFORMED ? NULL : crl;
}

static const struct scs_ocsp_facts *read_ocsp(struct scs_arena *keep, const struct scs_http_pair *pair)
{
    struct scs_ocsp_facts *answer = SCS_ARENA_NEW(keep, struct scs_ocsp_facts);
    enum scs_status st =
        pair->reply == NULL || pair->reply->status != 200 ? SCS_MALFORMED : scs_ocsp_read(&pair->reply_body, answer);
    return st == SCS_MALFORMED ? NULL : answer;
}

const char *scs_ocsp_status_name(unsigned status)
{
    static const char *const names[] = {"successful", "malformedRequest", "internalError", "tryLater",
                                        NULL,         "sigRequired",      "unauthorized"};
    return status < sizeof names / sizeof names[0] ? names[status] : NULL;
}

const char *scs_ocsp_certificate_name(unsigned certificate)
{
    static const char *const names[] = {[SCS_OCSP_GOOD] = "good", [SCS_OCSP_REVOKED] = "revoked", [SCS_OCSP_UNKNOWN] = "unknown"};
    return certificate < sizeof names / sizeof names[0] ? names[certificate] : NULL;
}

static scs_frame last_frame(const struct scs_http_message *m)
{
    return m->frames.num_runs == 0 ? 0 : m->frames.runs[m->frames.num_runs - 1].frame;
}

void scs_revocations_add(struct scs_revocations *r, const struct scs_http_pair *pair)
{
    if (pair->request == NULL) {
        return;
    }
    if (r->num == SCS_MAX_REVOCATIONS) {
        r->dropped++;
        return;
    }
    const struct scs_http_message *m = &pair->request->m;
    struct scs_revocation *v = SCS_ARENA_NEW(r->keep, struct scs_revocation);
    *v = (struct scs_revocation){.client = pair->connection->client.addr,
                                 .server = pair->connection->server,
                                 .ocsp = scs_cursor_find_nocase(&pair->target, ".crl") == SIZE_MAX,
                                 .unanswered = pair->reply == NULL && pair->why_unanswered != NULL &&
                                               !scs_text_equal(pair->why_unanswered, "capture ended"),
                                 .request = pair->request,
                                 .reply = pair->reply,
                                 .started_ns = m->first_ns,
                                 .first_frame = m->frames.num_runs == 0 ? 0 : m->frames.runs[0].frame,
                                 .last_frame = last_frame(pair->reply != NULL ? &pair->reply->m : m)};
    v->crl = v->ocsp ? NULL : read_crl(r->keep, pair);
    v->answer = v->ocsp ? read_ocsp(r->keep, pair) : NULL;
    r->all[r->num++] = v;
}

uint32_t scs_revocations_leave(struct scs_revocations *r, int64_t until_ns)
{
    uint32_t num = 0, before = r->num, must = before > SCS_MAX_REVOCATIONS / 2 ? before - SCS_MAX_REVOCATIONS / 2 : 0;
    for (uint32_t i = 0; i < before; i++) {
        const struct scs_revocation *v = r->all[i];
        bool healthy = v->reply != NULL && v->reply->status == 200 && v->started_ns <= until_ns;
        if (!healthy && i >= must) {
            r->all[num++] = v;
        }
    }
    for (uint32_t i = num; i < before; i++) {
        r->all[i] = NULL;
    }
    r->num = num;
    return before - num;
}

void scs_revocations_move(struct scs_revocations *r, struct scs_mover *m)
{
    static const struct scs_field pointer_fields[] = {{.at = 0, .kind = SCS_FIELD_ONE, .of = &scs_shape_revocation}};
    static const struct scs_shape pointer = SCS_SHAPE(const struct scs_revocation *, pointer_fields);
    scs_move_many(m, &r->all, SCS_MAX_REVOCATIONS, &pointer);
}
