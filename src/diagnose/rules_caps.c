/* SPDX-License-Identifier: Apache-2.0 */
/* Which abilities the server offers: GetCACaps. RFC 8894 3.5.2. */
#include "diagnose/predicates.h"
#include "diagnose/rows.h"

#include "base/buf.h"
#include "base/text.h"

/* The base64 of a message below this fits every URL limit there is. */
#define SMALL_QUERY     1500u
#define CAPS_ANY_SHA    (SCS_CAP_SHA1 | SCS_CAP_SHA256 | SCS_CAP_SHA512 | SCS_CAP_STANDARD)
#define CAPS_SHA2       (SCS_CAP_SHA256 | SCS_CAP_SHA512 | SCS_CAP_STANDARD)
#define CAPS_AES        (SCS_CAP_AES | SCS_CAP_STANDARD)
#define CAPS_POST       (SCS_CAP_POST | SCS_CAP_STANDARD)
#define MAX_LISTED_TEXT 200

/* The capabilities of an answer that is a list of them. */
static const struct scs_caps *list_of(const struct scs_exchange *x)
{
    if (x->operation != SCS_OP_GET_CA_CAPS || scs_exchange_status(x) != 200 || !x->caps || scs_message_unseen(&x->reply->m)) {
        return NULL;
    }
    return x->caps->html || x->caps->empty || !x->caps->text ? NULL : x->caps;
}

static void say_caps(struct scs_verdict *v, const struct scs_exchange *x)
{
    struct scs_buf text;

    scs_say_answer(v, x);
    scs_buf_init(&text, MAX_LISTED_TEXT);
    for (uint32_t i = 0; i < x->caps->num_lines; i++) {
        scs_buf_printf(&text, "%s%s", i ? ", " : "", x->caps->lines[i]);
    }
    scs_fact_text(v, "capabilities", "%s", scs_buf_cstr(&text));
    scs_buf_cleanup(&text);
}

static bool caps_empty(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    if (x->operation != SCS_OP_GET_CA_CAPS || scs_exchange_status(x) != 200 || !scs_message_whole(&x->reply->m) ||
        x->reply->m.body_len != 0 || (x->reply->m.flags & SCS_HTTP_NO_MESSAGE_BODY) || scs_exchange_may_have_enrolled(j, x)) {
        return false;
    }
    scs_say_answer(v, x);
    return true;
}

static bool caps_error(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    bool hung_up = x->outcome == SCS_OUTCOME_UNANSWERED && scs_text_starts_nocase(x->why_unanswered, "server");

    if (!scs_exchange_caps_alone(j, x) || !(scs_exchange_status(x) >= 400 || hung_up)) {
        return false;
    }
    scs_say_answer(v, x);
    return true;
}

static bool caps_html(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    (void)j;
    if (x->operation != SCS_OP_GET_CA_CAPS || scs_exchange_status(x) != 200 || !x->caps || !x->caps->html) {
        return false;
    }
    scs_say_answer(v, x);
    return true;
}

static bool lacks(const struct scs_exchange *x, uint32_t all_of, struct scs_verdict *v)
{
    const struct scs_caps *caps = list_of(x);

    if (!caps || (caps->known & all_of)) {
        return false;
    }
    say_caps(v, x);
    return true;
}

static bool no_sha(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    (void)j;
    if (!lacks(x, CAPS_ANY_SHA, v)) {
        return false;
    }
    if (x->platform == SCS_PLATFORM_APPLE) {
        scs_set_severity(v, SCS_SEV_ERROR); /* iOS 10 and later stop: MCSCEPErrorDomain 22006 */
    }
    return true;
}

static bool no_sha2(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    (void)j;
    return list_of(x) && (x->caps->known & SCS_CAP_SHA1) && lacks(x, CAPS_SHA2, v);
}

static bool no_aes(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    (void)j;
    return list_of(x) && (x->caps->known & SCS_CAP_DES3) && lacks(x, CAPS_AES, v);
}

static bool no_cipher(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    (void)j;
    return lacks(x, CAPS_AES | SCS_CAP_DES3, v);
}

/* This client posts all the same, or its messages are small enough for any URL. */
static bool needs_no_long_url(const struct scs_judge *j, const struct scs_exchange *x)
{
    for (const struct scs_exchange *next = scs_client_next(j, x); next && next->started_ns - x->started_ns < 10 * SCS_MINUTE;
         next = scs_client_next(j, next)) {
        if (next->operation == SCS_OP_PKI_OPERATION && next->request) {
            return scs_exchange_is_post(next) || next->request->query_len < SMALL_QUERY;
        }
    }
    return false;
}

static bool no_post(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    return lacks(x, CAPS_POST, v) && !needs_no_long_url(j, x);
}

static bool no_renewal(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    (void)j;
    return lacks(x, SCS_CAP_RENEWAL, v);
}

static bool lists(const struct scs_caps *caps, const char *line)
{
    for (uint32_t i = 0; i < caps->num_lines; i++) {
        if (scs_text_equal_nocase(caps->lines[i], line)) {
            return true;
        }
    }
    return false;
}

static bool all_listed(const struct scs_caps *these, const struct scs_caps *in)
{
    for (uint32_t i = 0; i < these->num_lines; i++) {
        if (!lists(in, these->lines[i])) {
            return false;
        }
    }
    return true;
}

/* Order and line ends do not count. */
static bool caps_differ(const struct scs_judge *j, const struct scs_exchange *x, struct scs_verdict *v)
{
    const struct scs_caps *now = list_of(x);
    const struct scs_exchange *earlier = now ? scs_judge_caps_before(j, &x->connection->server, x->started_ns) : NULL;

    if (!earlier || earlier == x || earlier->caps == x->caps || !list_of(earlier) ||
        (all_listed(now, earlier->caps) && all_listed(earlier->caps, now))) {
        return false;
    }
    say_caps(v, x);
    scs_fact_number(v, "earlier_exchange", earlier->id);
    scs_say_exchange(v, earlier);
    scs_say_exchange(v, x);
    return true;
}

const struct scs_rule scs_rules_caps[] = {
    SCS_LIKELY_CAUSE("caps-html", ERROR, IIS, caps_html), SCS_CAUSE("caps-error", WARNING, IIS, caps_error),
    SCS_NOTE("caps-empty", WARNING, caps_empty),          SCS_NOTE("caps-no-sha", WARNING, no_sha),
    SCS_NOTE("caps-no-sha2", WARNING, no_sha2),           SCS_NOTE("caps-no-3des-aes", ERROR, no_cipher),
    SCS_LIKELY_NOTE("caps-no-aes", INFO, no_aes),         SCS_NOTE("caps-no-post", WARNING, no_post),
    SCS_NOTE("caps-no-renewal", INFO, no_renewal),        SCS_LIKELY_NOTE("caps-differs", WARNING, caps_differ),
};
const size_t scs_num_rules_caps = sizeof scs_rules_caps / sizeof scs_rules_caps[0];
