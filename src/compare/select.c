/* SPDX-License-Identifier: Apache-2.0 */
/* From the user's word to an enrolment. What does not fit is answered with what there is. */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "compare/side.h"

/* Enrolments or clients that a complaint lists. */
#define MOST_LISTED 5u
/* Digits that are no number of an enrolment may begin a decimal transaction ID; fewer are a slip. */
#define LEAST_PREFIX 4u

struct search {
    const struct scs_model *m;
    const char *word;
    struct scs_redactor *redactor;
    struct scs_arena *arena;
    struct scs_error *err;
};

/* ---- complaints ----------------------------------------------------------------------------------- */

static void describe(const struct search *s, const struct scs_enrolment *e, struct scs_buf *out)
{
    scs_buf_printf(out, "%u (%s, %s)", e->id, scs_redact_addr(s->redactor, &e->client), scs_enrolment_outcome_name(e->outcome));
}

typedef bool fits(const struct search *s, const struct scs_enrolment *e, const char *selector);

static bool is_any(const struct search *s, const struct scs_enrolment *e, const char *selector)
{
    (void)s;
    (void)e;
    (void)selector;
    return true;
}

/* "the capture has enrolments 1 (10.5.14.7, succeeded) and 2 (10.5.14.22, failed)": those that fit. */
static void list_enrolments(const struct search *s, fits *fit, const char *selector, struct scs_buf *out)
{
    uint32_t num = 0, at = 0;
    for (uint32_t i = 0; i < s->m->num_enrolments; i++) {
        num += fit(s, s->m->enrolments[i], selector);
    }
    for (uint32_t i = 0; i < s->m->num_enrolments && at < num && at < MOST_LISTED; i++) {
        if (fit(s, s->m->enrolments[i], selector)) {
            scs_buf_text(out, at == 0 ? "" : at + 1 == num ? " and " : ", ");
            describe(s, s->m->enrolments[i], out);
            at++;
        }
    }
    if (num > at) {
        scs_buf_printf(out, " and %u more", num - at);
    }
}

static bool complain(const struct search *s, const char *what, fits *fit, const char *selector)
{
    struct scs_buf text;
    scs_buf_init(&text, sizeof s->err->text);
    scs_buf_text(&text, what);
    if (s->m->num_enrolments == 0) {
        scs_buf_text(&text, "; the capture has no enrolment at all");
    } else {
        scs_buf_text(&text, fit == is_any ? "; the capture has enrolments " : ": ");
        list_enrolments(s, fit, selector, &text);
    }
    scs_error_set(s->err, "--compare %.80s: %s", s->word, scs_buf_cstr(&text));
    scs_buf_cleanup(&text);
    return false;
}

static bool take(const struct search *s, const struct scs_enrolment *e, struct scs_compare_side *out)
{
    scs_side_of_enrolment(out, s->m, e, s->arena);
    return true;
}

/* ---- a client's address --------------------------------------------------------------------------- */

static bool has_outcome(const struct scs_enrolment *e)
{
    return !e->probe && e->outcome != SCS_ENROLMENT_INCOMPLETE;
}

/*
 * The last that came to an end, as it shows the state the device is in now; one that the capture cuts off says less
 * than one before it.
 */
static bool select_client(const struct search *s, const struct scs_addr *client, struct scs_compare_side *out)
{
    const struct scs_enrolment *last = NULL, *ended = NULL;
    uint32_t num = 0;
    for (uint32_t i = 0; i < s->m->num_enrolments; i++) {
        const struct scs_enrolment *e = s->m->enrolments[i];
        if (scs_addr_equal(&e->client, client)) {
            num++;
            last = e;
            ended = has_outcome(e) ? e : ended;
        }
        scs_model_rest(s->m, i);
    }
    if (last == NULL) {
        return scs_side_of_client(out, s->m, client, s->arena) ||
               complain(s, "no enrolment or connection of this client was seen", is_any, NULL);
    }
    take(s, ended != NULL ? ended : last, out);
    if (num > 1) {
        out->chosen = scs_arena_printf(s->arena,
                                       ended != NULL ? "the last of its %u enrolments that has an outcome"
                                                     : "the last of its %u enrolments; none has an outcome",
                                       num);
    }
    return true;
}

/* ---- a transaction ID ----------------------------------------------------------------------------- */

static bool is_transaction(const struct search *s, const struct scs_enrolment *e, const char *selector)
{
    (void)s;
    return e->transaction_id != NULL && strcmp(e->transaction_id, selector) == 0;
}

static bool begins_transaction(const struct search *s, const struct scs_enrolment *e, const char *selector)
{
    (void)s;
    return e->transaction_id != NULL && strncmp(e->transaction_id, selector, strlen(selector)) == 0;
}

static bool select_transaction(const struct search *s, const char *selector, struct scs_compare_side *out)
{
    static fits *const ways[] = {is_transaction, begins_transaction};
    for (size_t w = 0; w < sizeof ways / sizeof ways[0]; w++) {
        const struct scs_enrolment *found = NULL;
        uint32_t num = 0;
        for (uint32_t i = 0; i < s->m->num_enrolments; i++) {
            bool fit = ways[w](s, s->m->enrolments[i], selector);
            num += fit;
            found = fit ? s->m->enrolments[i] : found;
            scs_model_rest(s->m, i);
        }
        if (num == 1) {
            return take(s, found, out);
        }
        if (num > 1) {
            return complain(s, "this transaction ID is of several enrolments", ways[w], selector);
        }
    }
    return complain(s, "no number of an enrolment, no client's address and no transaction ID fits", is_any, NULL);
}

/* ---- no selector ---------------------------------------------------------------------------------- */

static bool is_device(const struct search *s, const struct scs_enrolment *e, const char *selector)
{
    (void)s;
    (void)selector;
    return !e->probe;
}

/* The one client of a capture in which no enrolment could be read. */
static bool select_only_client(const struct search *s, struct scs_compare_side *out)
{
    for (uint32_t i = 1; i < s->m->num_connections; i++) {
        if (!scs_addr_equal(&s->m->connections[i]->client.addr, &s->m->connections[0]->client.addr)) {
            return scs_error_set(s->err,
                                 "--compare %.80s: no enrolment could be read, and there are several clients; add "
                                 "#ADDRESS, as #%s",
                                 s->word, scs_redact_addr(s->redactor, &s->m->connections[0]->client.addr));
        }
        scs_model_rest(s->m, i);
    }
    return (s->m->num_connections != 0 && scs_side_of_client(out, s->m, &s->m->connections[0]->client.addr, s->arena)) ||
           complain(s, "there is nothing to compare", is_any, NULL);
}

static bool select_only(const struct search *s, struct scs_compare_side *out)
{
    const struct scs_enrolment *found = NULL;
    uint32_t num = 0;
    for (uint32_t i = 0; i < s->m->num_enrolments; i++) {
        num += !s->m->enrolments[i]->probe;
        found = found == NULL || found->probe ? s->m->enrolments[i] : found;
        scs_model_rest(s->m, i);
    }
    if (found == NULL) {
        return select_only_client(s, out);
    }
    if (num > 1) {
        return complain(s, "say which enrolment, by #NUMBER after the file", is_device, NULL);
    }
    return take(s, found, out);
}

bool scs_side_select(struct scs_compare_side *out, const struct scs_model *m, const char *word, const char *selector,
                     struct scs_redactor *redactor, struct scs_arena *arena, struct scs_error *err)
{
    struct search s = {.m = m, .word = word, .redactor = redactor, .arena = arena, .err = err};
    struct scs_endpoint client;
    uint64_t id;
    if (selector == NULL) {
        return select_only(&s, out);
    }
    if (scs_text_u64(selector, UINT32_MAX, &id)) {
        const struct scs_enrolment *e = scs_model_enrolment(m, (uint32_t)id);
        if (e != NULL) {
            return take(&s, e, out);
        }
        if (strlen(selector) < LEAST_PREFIX) {
            return complain(&s, "there is no enrolment of this number", is_any, NULL);
        }
    }
    if (scs_endpoint_parse(selector, &client) && client.port == 0) {
        return select_client(&s, &client.addr, out);
    }
    return select_transaction(&s, selector, out);
}
