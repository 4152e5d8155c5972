/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Challenge passwords: the page that gives them out, and what stands in an opened request. A challenge is blamed only
 * when the server refused the request, for its words never say that the challenge was wrong.
 */
#include "diagnose/predicates.h"
#include "diagnose/request.h"
#include "diagnose/rows.h"

#include "base/text.h"

/* How far around a request the traces of how NDES is run are searched. */
#define LOOK_BACK  1024u
#define LOOK_AHEAD 64u
/* One-time passwords live for 60 minutes; a page older than a day says nothing about today's request. */
#define PASSWORD_LIVES (60 * SCS_MINUTE)
#define PAGE_COUNTS    (24 * 60 * SCS_MINUTE)
/* Intune's challenges are longer. */
#define LONG_CHALLENGE 512u

/* ---- the page ------------------------------------------------------------------------------------------------ */

static bool page_says(const struct scs_exchange *x, uint32_t flag, struct scs_verdict *v)
{
    if (!(x->admin & flag) || scs_exchange_status(x) != 200) {
        return false;
    }
    scs_say_answer(v, x);
    return true;
}

static bool cache_full(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    (void)j;
    return page_says(x, SCS_ADMIN_CACHE_FULL, v);
}

static bool no_permission(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    (void)j;
    return page_says(x, SCS_ADMIN_NO_PERMISSION, v);
}

static bool single_password(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    (void)j;
    return page_says(x, SCS_ADMIN_PASSWORD_MANY, v);
}

/* ---- how this server is run ----------------------------------------------------------------------------------- */

struct mode {
    const struct scs_exchange *page;   /* the last page before the request that gave a password */
    const struct scs_exchange *verify; /* a call of the policy module on this server */
    const struct scs_exchange *intune; /* a request with a challenge of Intune's that was served here */
};

static bool is_intune(const struct scs_challenge *c)
{
    return c->present && (c->kind == SCS_CHALLENGE_BLOB || (c->flags & SCS_CHALLENGE_INTUNE_XML));
}

static void note_mode(struct mode *mode, const struct scs_exchange *x, const struct scs_exchange *other)
{
    const struct scs_connection *c = other->connection;
    bool here = scs_addr_equal(&c->server.addr, &x->connection->server.addr);

    if ((other->admin & (SCS_ADMIN_PASSWORD_ONCE | SCS_ADMIN_PASSWORD_MANY)) && here && other->id < x->id) {
        mode->page = other;
    }
    if (other->path_kind == SCS_PATH_CRP && other->operation == SCS_OP_VERIFY_REQUEST &&
        (here || scs_addr_equal(&c->client.addr, &x->connection->server.addr))) {
        mode->verify = other;
    }
    const struct scs_csr *csr = here && scs_exchange_served(other) ? scs_request_csr(other) : NULL;
    if (csr && is_intune(&csr->challenge)) {
        mode->intune = other;
    }
}

static struct mode mode_around(const struct scs_judge *j, const struct scs_exchange *x)
{
    const struct scs_model *m = scs_judge_model(j);
    struct mode mode = {NULL, NULL, NULL};

    for (uint32_t id = x->id > LOOK_BACK ? x->id - LOOK_BACK : 1; id <= m->num_exchanges && id <= x->id + LOOK_AHEAD; id++) {
        note_mode(&mode, x, m->exchanges[id - 1]);
    }
    return mode;
}

/* ---- what was sent ---------------------------------------------------------------------------------------------- */

/* The CSR of a device's first request, when the server refused it for what may be its challenge: nobody accepted that. */
static const struct scs_csr *refused_csr(const struct scs_judge *j, const struct scs_exchange *x)
{
    const struct scs_csr *csr = scs_request_is_first(x) ? scs_request_csr(x) : NULL;

    return csr && scs_request_refused_for(x, 0) && !scs_exchange_verified(j, x) ? csr : NULL;
}

static void say_challenge(struct scs_verdict *v, const struct scs_exchange *x, const struct scs_challenge *c)
{
    scs_say_pki_request(v, x, x->scep_request);
    scs_fact_number(v, "challenge_length", c->length);
    if (c->string_type) {
        scs_fact_text(v, "string_type", "%s", c->string_type);
    }
}

static bool absent(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    const struct scs_csr *csr = refused_csr(j, x);

    if (!csr || csr->challenge.present) {
        return false;
    }
    struct mode mode = mode_around(j, x);
    scs_say_pki_request(v, x, x->scep_request);
    if (!mode.page && !mode.verify) {
        scs_set_confidence(v, SCS_LIKELY); /* no proof that this server wants one */
    }
    return true;
}

/* The policy module also serves challenges that look like passwords (ConfigMgr's), so here one of Intune's must have been served.
 */
static bool wrong_kind(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    const struct scs_csr *csr = refused_csr(j, x);

    if (!csr || !csr->challenge.present || !(csr->challenge.kind == SCS_CHALLENGE_OTP || is_intune(&csr->challenge))) {
        return false;
    }
    struct mode mode = mode_around(j, x);
    bool password_to_intune = csr->challenge.kind == SCS_CHALLENGE_OTP && mode.verify && mode.intune && !mode.page;
    bool intune_to_password = is_intune(&csr->challenge) && mode.page && !mode.verify;
    if (!password_to_intune && !intune_to_password) {
        return false;
    }
    say_challenge(v, x, &csr->challenge);
    scs_fact_text(v, "sent", "%s", password_to_intune ? "a password of the mscep_admin page" : "a challenge of Intune's");
    scs_fact_text(v, "wanted", "%s", password_to_intune ? "Intune's policy module" : "passwords of its mscep_admin page");
    return true;
}

static bool malformed(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    const struct scs_csr *csr = refused_csr(j, x);
    const struct scs_challenge *c = csr && csr->challenge.present ? &csr->challenge : NULL;

    if (!c) {
        return false;
    }
    bool wide = scs_text_equal(c->string_type, "BMPString") || scs_text_equal(c->string_type, "UniversalString");
    bool damaged = c->length > LONG_CHALLENGE && !(c->flags & SCS_CHALLENGE_BASE64) && mode_around(j, x).verify != NULL;
    if (!wide && !damaged && !(c->flags & (SCS_CHALLENGE_NOT_TEXT | SCS_CHALLENGE_EMPTY))) {
        return false;
    }
    say_challenge(v, x, c);
    if (damaged) {
        scs_fact_text(v, "broken", "%s", "base64");
    }
    return true;
}

/* An earlier request, by another key, with the same challenge. */
static const struct scs_exchange *used_before(const struct scs_judge *j, const struct scs_exchange *x, const struct scs_csr *csr)
{
    const struct scs_model *m = scs_judge_model(j);

    for (uint32_t id = x->id - 1, looked = 0; id > 0 && looked < LOOK_BACK; id--, looked++) {
        const struct scs_exchange *y = m->exchanges[id - 1];
        const struct scs_csr *other = scs_request_csr(y);
        if (other && other->challenge.present && scs_text_equal(other->challenge.sha256, csr->challenge.sha256) &&
            other->asked.spki_sha256 && csr->asked.spki_sha256 &&
            !scs_text_equal(other->asked.spki_sha256, csr->asked.spki_sha256) &&
            scs_addr_equal(&y->connection->server.addr, &x->connection->server.addr)) {
            return y;
        }
    }
    return NULL;
}

static bool reused(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    const struct scs_csr *csr = refused_csr(j, x);

    if (!csr || !csr->challenge.present || !csr->challenge.sha256) {
        return false;
    }
    const struct scs_exchange *earlier = used_before(j, x, csr);
    struct mode mode = earlier ? mode_around(j, x) : (struct mode){NULL, NULL, NULL};
    bool once = mode.page && (mode.page->admin & SCS_ADMIN_PASSWORD_ONCE);
    /* The policy module may be given passwords that are good many times; Intune's challenges are good once. */
    if (!once && !(mode.verify && is_intune(&csr->challenge))) {
        return false;
    }
    say_challenge(v, x, &csr->challenge);
    scs_fact_number(v, "earlier_exchange", earlier->id);
    scs_say_exchange(v, earlier);
    scs_say_exchange(v, x);
    return true;
}

/* The password itself is not kept, so that it came from this page is only likely. */
static bool expired(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    const struct scs_csr *csr = refused_csr(j, x);

    if (!csr || !csr->challenge.present || csr->challenge.kind != SCS_CHALLENGE_OTP) {
        return false;
    }
    struct mode mode = mode_around(j, x);
    int64_t age = mode.page ? x->started_ns - mode.page->started_ns : 0;
    if (!mode.page || !(mode.page->admin & SCS_ADMIN_PASSWORD_ONCE) || mode.verify || age <= PASSWORD_LIVES ||
        age > PAGE_COUNTS) {
        return false;
    }
    say_challenge(v, x, &csr->challenge);
    scs_fact_number(v, "age_minutes", age / SCS_MINUTE);
    scs_fact_number(v, "page_exchange", mode.page->id);
    scs_say_exchange(v, mode.page);
    scs_say_exchange(v, x);
    return true;
}

const struct scs_rule scs_rules_challenge[] = {
    SCS_CAUSE("chal-absent", ERROR, MESSAGE, absent),
    SCS_CAUSE("chal-malformed", ERROR, MESSAGE, malformed),
    SCS_CAUSE("chal-kind", ERROR, MESSAGE, wrong_kind),
    SCS_CAUSE("chal-reused", ERROR, MESSAGE, reused),
    SCS_LIKELY_CAUSE("chal-expired", ERROR, NDES, expired),
    SCS_CAUSE("chal-cache-full", ERROR, NDES, cache_full),
    SCS_CAUSE("chal-no-permission", ERROR, NDES, no_permission),
    SCS_NOTE("chal-single-password", WARNING, single_password),
};
const size_t scs_num_rules_challenge = sizeof scs_rules_challenge / sizeof scs_rules_challenge[0];
