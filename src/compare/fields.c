/* SPDX-License-Identifier: Apache-2.0 */
#include "compare/fields.h"

#include <inttypes.h>
#include <string.h>

#include "base/buf.h"
#include "report/layout.h"

static scs_compare_fields *const groups[SCS_COMPARE_GROUPS] = {
    [SCS_COMPARE_WHO] = scs_fields_who,         [SCS_COMPARE_TRANSPORT] = scs_fields_transport,
    [SCS_COMPARE_TLS] = scs_fields_tls,         [SCS_COMPARE_MESSAGE] = scs_fields_message,
    [SCS_COMPARE_REQUEST] = scs_fields_request, [SCS_COMPARE_ANSWERS] = scs_fields_answers,
    [SCS_COMPARE_TIMING] = scs_fields_timing,
};

const struct scs_compare_field *scs_fields_of(enum scs_compare_group group, size_t *num)
{
    return groups[group](num);
}

enum scs_compare_group scs_field_group(const struct scs_compare_field *field)
{
    for (unsigned g = 0; g < SCS_COMPARE_GROUPS; g++) {
        size_t num;
        const struct scs_compare_field *all = groups[g](&num);
        for (size_t i = 0; i < num; i++) {
            if (&all[i] == field) {
                return (enum scs_compare_group)g;
            }
        }
    }
    return SCS_COMPARE_GROUPS;
}

/* ---- what counts as a difference ------------------------------------------------------------------ */

/*
 * Requests of one kind differ by the names in them, at most a few hundred bytes; another template or signer's chain makes
 * more, and by GET everything counts four thirds.
 */
#define BYTES_THAT_COUNT 512
#define BYTES_FACTOR     1.25

/*
 * The same server answers the same question in milliseconds or in more than a second, as its caches and the CA have it;
 * what people and timeouts notice begins higher, and lies beyond the ordinary scatter of three times.
 */
#define TIME_THAT_COUNTS INT64_C(2000000000)
#define TIME_FACTOR      3

/* A lost segment or two is any network's daily business. */
#define LOSSES_THAT_COUNT 3

/* Query strings longer than these are refused where the defaults stand: IIS maxQueryString, IIS maxUrl, nginx's header
 * buffer, HTTP.sys MaxFieldLength. */
static const int64_t query_limits[] = {2048, 4096, 8192, 16384};

static bool far_apart(int64_t a, int64_t b, int64_t least, double factor)
{
    int64_t small = a < b ? a : b, large = a < b ? b : a;
    return large - small >= least && (double)large >= factor * (double)small;
}

static bool limit_between(int64_t a, int64_t b)
{
    for (size_t i = 0; i < sizeof query_limits / sizeof query_limits[0]; i++) {
        if ((a > query_limits[i]) != (b > query_limits[i])) {
            return true;
        }
    }
    return false;
}

static bool differ(enum scs_compare_measure measure, const struct scs_compare_value *a, const struct scs_compare_value *b)
{
    switch (measure) {
    case SCS_MEASURE_BYTES:
        return far_apart(a->number, b->number, BYTES_THAT_COUNT, BYTES_FACTOR);
    case SCS_MEASURE_QUERY:
        return limit_between(a->number, b->number) || far_apart(a->number, b->number, BYTES_THAT_COUNT, BYTES_FACTOR);
    case SCS_MEASURE_DURATION:
        return far_apart(a->number, b->number, TIME_THAT_COUNTS, TIME_FACTOR);
    case SCS_MEASURE_LOSSES:
        return far_apart(a->number, b->number, LOSSES_THAT_COUNT, 2);
    case SCS_MEASURE_COUNT:
        return a->number != b->number;
    case SCS_MEASURE_TEXT:
        break;
    }
    return strcmp(a->key != NULL ? a->key : a->text, b->key != NULL ? b->key : b->text) != 0;
}

enum scs_compare_result scs_fields_compare(enum scs_compare_measure measure, const struct scs_compare_value *a,
                                           const struct scs_compare_value *b)
{
    if (a->seen != SCS_SEEN_VALUE && b->seen != SCS_SEEN_VALUE) {
        return SCS_COMPARE_NOTHING;
    }
    if (a->seen == SCS_SEEN_UNKNOWN || b->seen == SCS_SEEN_UNKNOWN) {
        return SCS_COMPARE_ONE_SIDED;
    }
    if (a->seen != b->seen) {
        return SCS_COMPARE_DIFFERENT;
    }
    return differ(measure, a, b) ? SCS_COMPARE_DIFFERENT : SCS_COMPARE_SAME;
}

/* ---- values --------------------------------------------------------------------------------------- */

struct scs_compare_value scs_value_none(void)
{
    return (struct scs_compare_value){.seen = SCS_SEEN_NONE};
}

struct scs_compare_value scs_value_text(const struct scs_compare_reader *r, const char *text)
{
    if (text == NULL || *text == '\0') {
        return scs_value_none();
    }
    return (struct scs_compare_value){.seen = SCS_SEEN_VALUE, .text = scs_arena_strdup(r->arena, text)};
}

struct scs_compare_value scs_value_unknown(const struct scs_compare_reader *r, const char *why)
{
    return (struct scs_compare_value){.seen = SCS_SEEN_UNKNOWN, .text = scs_arena_strdup(r->arena, why)};
}

struct scs_compare_value scs_value_bool(bool yes)
{
    return yes ? (struct scs_compare_value){.seen = SCS_SEEN_VALUE, .text = "yes"} : scs_value_none();
}

struct scs_compare_value scs_value_count(const struct scs_compare_reader *r, uint64_t n)
{
    char text[SCS_NUMBER_TEXT];
    return (struct scs_compare_value){.seen = SCS_SEEN_VALUE,
                                      .text = scs_arena_strdup(r->arena, scs_number_text(n, text)),
                                      .number = n > INT64_MAX ? INT64_MAX : (int64_t)n};
}

struct scs_compare_value scs_value_bytes(const struct scs_compare_reader *r, uint64_t n)
{
    struct scs_compare_value v = scs_value_count(r, n);
    v.text = scs_arena_printf(r->arena, "%s bytes", v.text);
    return v;
}

struct scs_compare_value scs_value_duration(const struct scs_compare_reader *r, int64_t ns)
{
    char text[SCS_NUMBER_TEXT];
    if (ns == SCS_NO_TIME || ns < 0) {
        return scs_value_unknown(r, "not seen");
    }
    return (struct scs_compare_value){
        .seen = SCS_SEEN_VALUE, .text = scs_arena_strdup(r->arena, scs_duration_text(ns, text)), .number = ns};
}

/* Finishes a value that was put together; what did not fit is shown as left out. */
static struct scs_compare_value joined(const struct scs_compare_reader *r, struct scs_buf *b)
{
    struct scs_compare_value v = scs_value_text(r, scs_buf_cstr(b));
    if (b->overflowed) {
        v.text = scs_arena_printf(r->arena, "%s ...", scs_buf_cstr(b));
    }
    scs_buf_cleanup(b);
    return v;
}

static struct scs_compare_value list(const struct scs_compare_reader *r, const char *between, const char *const *texts,
                                     uint32_t num)
{
    struct scs_buf b;
    scs_buf_init(&b, SCS_MAX_VALUE_TEXT);
    for (uint32_t i = 0; i < num; i++) {
        scs_buf_printf(&b, "%s%s", i == 0 ? "" : between, texts[i]);
    }
    return joined(r, &b);
}

struct scs_compare_value scs_value_list(const struct scs_compare_reader *r, const char *const *names, uint32_t num)
{
    return list(r, ", ", names, num);
}

struct scs_compare_value scs_value_items(const struct scs_compare_reader *r, const char *const *texts, uint32_t num)
{
    return list(r, "; ", texts, num);
}

struct scs_compare_value scs_value_flags(const struct scs_compare_reader *r, uint32_t flags, const struct scs_flag_word *words)
{
    struct scs_buf b;
    scs_buf_init(&b, SCS_MAX_VALUE_TEXT);
    for (; words->word != NULL; words++) {
        if ((flags & words->flag) != 0) {
            scs_buf_printf(&b, "%s%s", b.len == 0 ? "" : ", ", words->word);
        }
    }
    return joined(r, &b);
}

/* ---- what several fields ask ----------------------------------------------------------------------- */

bool scs_unseen_part(const struct scs_http_message *m)
{
    return (m->flags &
            (SCS_HTTP_CAPTURE_GAP | SCS_HTTP_SNAPLEN | SCS_HTTP_CAPTURE_END | SCS_HTTP_MIDWAY | SCS_HTTP_BODY_LIMIT)) != 0;
}

const struct scs_pki_message *scs_side_message(const struct scs_compare_side *s, const char **why)
{
    const struct scs_exchange *x = s->enrols;
    if (x == NULL) {
        *why = "no PKIOperation was seen";
    } else if (x->request == NULL) {
        *why = "the request is not in the capture";
    } else if (x->scep_request == NULL || (x->scep_request->flags & SCS_MSG_IS_CMS) == 0) {
        *why = scs_unseen_part(&x->request->m) ? "the capture does not hold the whole request" : "the message is no CMS";
    } else {
        return x->scep_request;
    }
    return NULL;
}
