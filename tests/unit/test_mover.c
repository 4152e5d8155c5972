/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/mover.h"

/* A tree of the sort that facts are: texts, one other, many others, and a struct within. */
struct inner {
    const char *text;
};
struct node {
    int number;
    const char *text;
    struct inner inner;
    struct node *next;
    struct inner *many;
    uint32_t num;
    const uint8_t *bytes;
    uint32_t len;
};

static const struct scs_field inner_fields[] = {SCS_TEXT_AT(struct inner, text)};
static const struct scs_shape inner_shape = SCS_SHAPE(struct inner, inner_fields);
static const struct scs_shape node_shape;
static const struct scs_field node_fields[] = {
    SCS_TEXT_AT(struct node, text),
    SCS_INSIDE_AT(struct node, inner, &inner_shape),
    SCS_ONE_AT(struct node, next, &node_shape),
    SCS_MANY_AT(struct node, many, num, &inner_shape),
    SCS_MANY_AT(struct node, bytes, len, &scs_shape_byte),
};
static const struct scs_shape node_shape = SCS_SHAPE(struct node, node_fields);

struct fixture {
    struct scs_arena *arena;
    struct scs_arena_past *past;
    struct scs_mover *m;
};

static struct fixture turn(struct scs_arena *arena)
{
    struct fixture f = {.arena = arena, .past = scs_arena_turn(arena)};
    f.m = scs_mover_new(arena, f.past);
    return f;
}

static void leave_behind(struct fixture *f)
{
    scs_mover_free(f->m);
    scs_arena_past_free(f->past);
}

static struct node *node(struct scs_arena *a, int number, const char *text)
{
    struct node *n = SCS_ARENA_NEW(a, struct node);
    n->number = number;
    n->text = scs_arena_strdup(a, text);
    return n;
}

/* Catches a copy that is not made, is cut, or still leads back. */
static void test_everything_behind_a_root_comes_along(void **state)
{
    (void)state;
    struct scs_arena *a = scs_arena_new();
    struct node *root = node(a, 1, "one");
    root->inner.text = scs_arena_strdup(a, "within");
    root->next = node(a, 2, "two");
    root->num = 2;
    root->many = SCS_ARENA_ARRAY(a, 2, struct inner);
    root->many[1].text = scs_arena_strdup(a, "second of many");
    root->len = 3;
    root->bytes = scs_arena_dup(a, "\1\0\3", 3);
    struct fixture f = turn(a);
    scs_move_one(f.m, &root, &node_shape);
    scs_mover_settle(f.m);
    leave_behind(&f);
    assert_int_equal(root->number, 1);
    assert_string_equal(root->text, "one");
    assert_string_equal(root->inner.text, "within");
    assert_string_equal(root->next->text, "two");
    assert_null(root->many[0].text);
    assert_string_equal(root->many[1].text, "second of many");
    assert_memory_equal(root->bytes, "\1\0\3", 3);
    scs_arena_free(a);
}

/* Catches a second copy of what two share, and a circle that never ends. */
static void test_what_is_shared_stays_shared(void **state)
{
    (void)state;
    struct scs_arena *a = scs_arena_new();
    struct node *x = node(a, 1, "same"), *y = node(a, 2, NULL);
    y->text = x->text;
    x->next = y;
    y->next = x;
    struct fixture f = turn(a);
    scs_move_one(f.m, &y, &node_shape);
    scs_move_one(f.m, &x, &node_shape);
    size_t used = scs_arena_used(a);
    leave_behind(&f);
    assert_ptr_equal(x->next, y);
    assert_ptr_equal(y->next, x);
    assert_ptr_equal(x->text, y->text);
    assert_int_equal(used, 2 * sizeof(struct node) + 8);
    scs_arena_free(a);
}

/* Catches constants and other owners' memory being copied, or searched. */
static void test_others_memory_is_left_alone(void **state)
{
    (void)state;
    static const char constant[] = "constant";
    struct scs_arena *a = scs_arena_new();
    struct node outside = {.text = (const char *)1}, *root = node(a, 1, NULL);
    root->text = constant;
    root->next = &outside;
    struct fixture f = turn(a);
    scs_move_one(f.m, &root, &node_shape);
    leave_behind(&f);
    assert_ptr_equal(root->text, constant);
    assert_ptr_equal(root->next, &outside);
    scs_arena_free(a);
}

/* Catches an array of nothing that is taken for the thing that lies at the same place. */
static void test_arrays_of_nothing(void **state)
{
    (void)state;
    struct scs_arena *a = scs_arena_new();
    struct node *root = node(a, 1, NULL);
    root->many = SCS_ARENA_ARRAY(a, 0, struct inner);
    root->next = node(a, 2, "two"); /* where `many` points to */
    assert_ptr_equal(root->many, root->next);
    struct fixture f = turn(a);
    scs_move_one(f.m, &root, &node_shape);
    leave_behind(&f);
    assert_non_null(root->many);
    assert_int_equal(root->next->number, 2);
    assert_string_equal(root->next->text, "two");
    scs_arena_free(a);
}

/* Catches a weak pointer that keeps things alive, or is forgotten when they stay; and finding what left. */
static void test_weak_pointers(void **state)
{
    (void)state;
    struct scs_arena *a = scs_arena_new();
    struct node *stays = node(a, 1, NULL), *leaves = node(a, 2, NULL);
    struct node *to_one = stays, *to_other = leaves, *to_none = NULL, outside, *to_outside = &outside;
    const struct node *was = stays, *gone = leaves;
    struct fixture f = turn(a);
    scs_move_weak(f.m, &to_one);
    scs_move_weak(f.m, &to_other);
    scs_move_weak(f.m, &to_none);
    scs_move_weak(f.m, &to_outside);
    scs_move_one(f.m, &stays, &node_shape);
    scs_mover_settle(f.m);
    assert_ptr_equal(to_one, stays);
    assert_null(to_other);
    assert_null(to_none);
    assert_ptr_equal(to_outside, &outside);
    assert_ptr_equal(scs_mover_find(f.m, was), stays);
    assert_null(scs_mover_find(f.m, gone));
    assert_ptr_equal(scs_mover_find(f.m, &outside), &outside);
    leave_behind(&f);
    scs_arena_free(a);
}

/* Catches pieces that are searched in the wrong order, and a table of what was moved that is too small for a piece. */
static void test_many_pieces(void **state)
{
    (void)state;
    struct scs_arena *a = scs_arena_new();
    struct node *first = NULL;
    for (int i = 0; i < 20000; i++) {
        struct node *n = node(a, i, "some text of its own");
        n->next = first;
        first = n;
    }
    struct fixture f = turn(a);
    scs_move_one(f.m, &first, &node_shape);
    leave_behind(&f);
    int expected = 19999;
    for (const struct node *n = first; n != NULL; n = n->next) {
        assert_int_equal(n->number, expected--);
        assert_string_equal(n->text, "some text of its own");
    }
    assert_int_equal(expected, -1);
    scs_arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_everything_behind_a_root_comes_along),
                                       cmocka_unit_test(test_what_is_shared_stays_shared),
                                       cmocka_unit_test(test_others_memory_is_left_alone),
                                       cmocka_unit_test(test_arrays_of_nothing),
                                       cmocka_unit_test(test_weak_pointers),
                                       cmocka_unit_test(test_many_pieces)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
