/* SPDX-License-Identifier: Apache-2.0 */
#include "compare/steps.h"

#include <string.h>

#include "base/text.h"

/* "200 FAILURE badRequest", and the like. */
#define MAX_RESULT 160u

struct list {
    struct scs_compare_step *all; /* SCS_COMPARE_STEPS */
    uint32_t num, left_out;
};

/* ---- one step ------------------------------------------------------------------------------------- */

const char *scs_step_operation(const struct scs_exchange *x)
{
    const char *type = x->scep_request != NULL ? scs_message_type_name(x->scep_request->message_type) : NULL;
    return type != NULL ? type : scs_operation_name(x->operation);
}

static void add_word(struct scs_buf *out, const char *word)
{
    if (word != NULL) {
        scs_buf_printf(out, "%s%s", out->len != 0 ? " " : "", word);
    }
}

void scs_step_result(const struct scs_exchange *x, struct scs_redactor *redactor, struct scs_buf *out)
{
    const struct scs_pki_message *m = x->scep_reply;
    if (x->reply == NULL && x->outcome == SCS_OUTCOME_INCOMPLETE) {
        scs_buf_text(out, "reply not captured");
        return;
    }
    if (x->reply == NULL) {
        scs_buf_text(out, "no reply");
        if (x->why_unanswered != NULL) {
            scs_buf_printf(out, ": %s", scs_redact_text(redactor, x->why_unanswered));
        }
        return;
    }
    scs_buf_printf(out, "%u", x->reply->status);
    if (m != NULL && m->pki_status >= 0) {
        add_word(out, scs_pki_status_name(m->pki_status));
        add_word(out, m->fail_info >= 0 ? scs_fail_info_name(m->fail_info) : NULL);
    }
    if (x->ca_certs != NULL && x->ca_certs->num_certificates != 0) {
        scs_buf_printf(out, ", %u certificate%s", x->ca_certs->num_certificates, x->ca_certs->num_certificates == 1 ? "" : "s");
    }
    if (x->outcome == SCS_OUTCOME_TRUNCATED) {
        scs_buf_text(out, ", cut");
    }
}

/* A step that repeats the one before only counts. */
static void add_step(struct list *list, const struct scs_compare_step *step)
{
    struct scs_compare_step *last = list->num != 0 ? &list->all[list->num - 1] : NULL;
    if (last != NULL && strcmp(last->operation, step->operation) == 0 && strcmp(last->result, step->result) == 0) {
        last->times++;
    } else if (list->num < SCS_COMPARE_STEPS) {
        list->all[list->num++] = *step;
    } else {
        list->left_out++;
    }
}

static void add_exchanges(struct list *list, const struct scs_compare_side *side, struct scs_redactor *redactor,
                          struct scs_arena *arena)
{
    struct scs_side_walk walk = {.side = side};
    struct scs_buf result;
    scs_buf_init(&result, MAX_RESULT);
    for (const struct scs_exchange *x; (x = scs_side_next(&walk)) != NULL;) {
        scs_buf_clear(&result);
        scs_step_result(x, redactor, &result);
        struct scs_compare_step step = {.operation = scs_step_operation(x),
                                        .result = scs_buf_cstr(&result),
                                        .unknown = x->outcome == SCS_OUTCOME_INCOMPLETE,
                                        .times = 1,
                                        .exchange = x->id,
                                        .started_ns = x->started_ns,
                                        .wait_ns = x->wait_ns};
        uint32_t before = list->num;
        add_step(list, &step);
        if (list->num != before) {
            list->all[before].result = scs_arena_strdup(arena, step.result);
        }
        scs_redactor_forget(redactor);
    }
    scs_buf_cleanup(&result);
}

/* A client that never got as far as a request. */
static void add_connections(struct list *list, const struct scs_compare_side *side)
{
    for (uint32_t i = 0; i < side->num_connections; i++) {
        const struct scs_connection *c = side->connections[i];
        bool met = c->state != SCS_CONN_BLOCKED && c->state != SCS_CONN_REFUSED;
        bool done = c->tls != NULL && (c->tls->flags & SCS_TLS_HANDSHAKE_DONE) != 0;
        add_step(list, &(struct scs_compare_step){.operation = "connection",
                                                  .result = !met             ? scs_connection_state_name(c->state)
                                                            : c->tls == NULL ? "made"
                                                            : done           ? "made, TLS handshake completed"
                                                                             : "made, TLS handshake not completed",
                                                  .times = 1,
                                                  .started_ns = c->opened_ns,
                                                  .wait_ns = SCS_NO_TIME});
    }
}

/* ---- both sides ----------------------------------------------------------------------------------- */

/* The longest common run of operations, by the textbook's table: longest[i][k] is that of a[i..] and b[k..]. */
struct table {
    uint8_t longest[SCS_COMPARE_STEPS + 1][SCS_COMPARE_STEPS + 1];
};

static bool same_operation(const struct scs_compare_step *a, const struct scs_compare_step *b)
{
    return strcmp(a->operation, b->operation) == 0;
}

static void fill(struct table *t, const struct list *a, const struct list *b)
{
    for (uint32_t i = a->num; i-- > 0;) {
        for (uint32_t k = b->num; k-- > 0;) {
            uint8_t down = t->longest[i + 1][k], right = t->longest[i][k + 1];
            t->longest[i][k] = same_operation(&a->all[i], &b->all[k]) ? (uint8_t)(t->longest[i + 1][k + 1] + 1)
                               : down > right                         ? down
                                                                      : right;
        }
    }
}

/* How often a client connects where nothing can be read depends on how long it was watched. */
static bool same_times(const struct scs_compare_step *a, const struct scs_compare_step *b)
{
    return a->times == b->times || (a->exchange == 0 && b->exchange == 0);
}

static struct scs_compare_pair pair_of(const struct scs_compare_step *a, const struct scs_compare_step *b)
{
    bool same = a != NULL && b != NULL && same_times(a, b) && strcmp(a->result, b->result) == 0;
    bool unknown = a != NULL && b != NULL && (a->unknown || b->unknown);
    return (struct scs_compare_pair){.side = {a, b}, .same = same, .unknown = unknown};
}

static void lay_out(struct scs_compare_steps *out, const struct list *a, const struct list *b, struct scs_arena *arena)
{
    struct table *t = SCS_ARENA_NEW(arena, struct table);
    struct scs_compare_pair *pairs = SCS_ARENA_ARRAY(arena, (size_t)a->num + b->num, struct scs_compare_pair);
    uint32_t i = 0, k = 0, num = 0;
    fill(t, a, b);
    while (i < a->num || k < b->num) {
        bool both = i < a->num && k < b->num;
        if (both && same_operation(&a->all[i], &b->all[k])) {
            pairs[num] = pair_of(&a->all[i], &b->all[k]);
            out->differ = out->differ || !same_times(&a->all[i], &b->all[k]);
            i++;
            k++;
        } else if (k == b->num || (both && t->longest[i + 1][k] >= t->longest[i][k + 1])) {
            pairs[num] = pair_of(&a->all[i++], NULL);
            out->differ = true;
        } else {
            pairs[num] = pair_of(NULL, &b->all[k++]);
            out->differ = true;
        }
        num++;
    }
    out->pairs = pairs;
    out->num_pairs = num;
}

void scs_steps_compare(struct scs_compare_steps *out, const struct scs_compare_side sides[2], struct scs_redactor *redactor,
                       struct scs_arena *arena)
{
    struct list lists[2];
    *out = (struct scs_compare_steps){0};
    for (int s = 0; s < 2; s++) {
        lists[s] = (struct list){.all = SCS_ARENA_ARRAY(arena, SCS_COMPARE_STEPS, struct scs_compare_step)};
        add_exchanges(&lists[s], &sides[s], redactor, arena);
        if (lists[s].num == 0) {
            add_connections(&lists[s], &sides[s]);
        }
        out->left_out[s] = lists[s].left_out;
    }
    lay_out(out, &lists[0], &lists[1], arena);
    out->differ = out->differ || lists[0].left_out != lists[1].left_out;
}
