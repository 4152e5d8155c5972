/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "flow/stream.h"
#include "scepscope/limits.h"

/* One stream whose bytes, gaps ("[n]", "[n cut]") and end ("|") are written down as text. */
struct scene {
    struct scs_stream stream;
    struct scs_stream_sink sink;
    struct scs_buf told;
    struct scs_limits_hit limits;
    uint64_t all_waiting;
    int64_t now_ns;
    scs_frame frame, last_frame;
};

static void tell_data(void *ctx, enum scs_dir dir, const struct scs_chunk *chunk)
{
    struct scene *s = ctx;
    (void)dir;
    scs_buf_add(&s->told, chunk->data, chunk->len);
    s->last_frame = chunk->frame;
}

static void tell_gap(void *ctx, enum scs_dir dir, uint64_t len, bool snaplen, scs_frame frame, int64_t ts_ns)
{
    struct scene *s = ctx;
    (void)dir;
    (void)frame;
    (void)ts_ns;
    scs_buf_printf(&s->told, snaplen ? "[%u cut]" : "[%u]", (unsigned)len);
}

static void tell_end(void *ctx, enum scs_dir dir, int64_t ts_ns)
{
    struct scene *s = ctx;
    (void)dir;
    (void)ts_ns;
    scs_buf_byte(&s->told, '|');
}

static int open_scene(void **state)
{
    static struct scene s;
    s = (struct scene){.sink = {.ctx = &s,
                                .dir = SCS_TO_SERVER,
                                .data = tell_data,
                                .gap = tell_gap,
                                .end = tell_end,
                                .all_waiting = &s.all_waiting,
                                .limits = &s.limits}};
    scs_buf_init(&s.told, 1 << 20);
    *state = &s;
    return 0;
}

static int close_scene(void **state)
{
    struct scene *s = *state;
    scs_stream_cleanup(&s->stream, &s->all_waiting);
    assert_int_equal(s->all_waiting, 0); /* a leak in the count would end all reassembly after a while */
    scs_buf_cleanup(&s->told);
    return 0;
}

static void push_cut(struct scene *s, uint32_t seq, const char *bytes, uint32_t wire_len)
{
    struct scs_packet packet = {.frame = ++s->frame, .ts_ns = s->now_ns};
    struct scs_segment seg = {
        .packet = &packet, .seq = seq, .payload = scs_cursor_of(bytes, strlen(bytes)), .payload_wire_len = wire_len};
    scs_stream_push(&s->stream, &seg, &s->sink);
}

static void push(struct scene *s, uint32_t seq, const char *bytes)
{
    push_cut(s, seq, bytes, (uint32_t)strlen(bytes));
}

static void ack(struct scene *s, uint32_t number)
{
    scs_stream_ack(&s->stream, number, s->now_ns);
    scs_stream_settle(&s->stream, s->now_ns, &s->sink);
}

#define assert_told(s, text) assert_string_equal(scs_buf_cstr(&(s)->told), (text))

/* Catches handing on a retransmission twice. */
static void in_order_and_again(void **state)
{
    struct scene *s = *state;
    scs_stream_start(&s->stream, 1000);
    push(s, 1000, "GET ");
    push(s, 1000, "GET ");
    push(s, 1002, "T /a");
    push(s, 1006, "bc");
    assert_told(s, "GET /abc");
}

/* Catches signed or 64-bit arithmetic on raw sequence numbers. */
static void wraps(void **state)
{
    struct scene *s = *state;
    scs_stream_start(&s->stream, 0xfffffffeu);
    push(s, 0xfffffffeu, "ab");
    push(s, 2, "ef");
    push(s, 0, "cd");
    assert_told(s, "abcdef");
}

/* Catches keeping only the last, or dropping, one of several segments that wait. */
static void out_of_order(void **state)
{
    struct scene *s = *state;
    scs_stream_start(&s->stream, 1);
    push(s, 9, "ij");
    push(s, 5, "ef");
    push(s, 7, "gh");
    push(s, 5, "efgh");
    assert_told(s, "");
    push(s, 1, "abcd");
    assert_told(s, "abcdefghij");
}

/* The stated policy: the first copy of a byte wins, in order and while waiting. */
static void first_copy_wins(void **state)
{
    struct scene *s = *state;
    scs_stream_start(&s->stream, 1);
    push(s, 1, "abcd");
    push(s, 3, "XXef");
    assert_told(s, "abcdef");
    push(s, 9, "ij");
    push(s, 9, "YY");
    push(s, 7, "gh");
    assert_told(s, "abcdefghij");
}

/* Catches blaming the network for what the capture lost: the peer acknowledged it. */
static void acknowledged_hole(void **state)
{
    struct scene *s = *state;
    scs_stream_start(&s->stream, 1);
    push(s, 1, "ab");
    push(s, 6, "fg");
    ack(s, 8);
    assert_told(s, "ab"); /* the missing packet may only be late */
    s->now_ns += 50000000;
    ack(s, 8);
    assert_told(s, "ab[3]fg");
}

/* Catches giving up a hole that nobody acknowledged: the sender will send it again. */
static void unacknowledged_hole(void **state)
{
    struct scene *s = *state;
    scs_stream_start(&s->stream, 1);
    push(s, 1, "ab");
    push(s, 4, "de");
    ack(s, 3);
    s->now_ns += INT64_C(3000000000);
    ack(s, 3);
    assert_told(s, "ab");
    push(s, 3, "c");
    assert_told(s, "abcde");
}

/* Catches a stream that stops at a packet the snap length cut. */
static void cut_by_snap_length(void **state)
{
    struct scene *s = *state;
    scs_stream_start(&s->stream, 1);
    push_cut(s, 1, "abc", 10);
    push(s, 11, "kl");
    assert_told(s, "abc[7 cut]kl");
}

/* Catches ending a direction at its FIN although bytes before it are still to come. */
static void fin_waits_for_bytes(void **state)
{
    struct scene *s = *state;
    scs_stream_start(&s->stream, 1);
    push(s, 1, "ab");
    scs_stream_fin(&s->stream, 5, 0, &s->sink);
    assert_told(s, "ab");
    push(s, 3, "cd");
    assert_told(s, "abcd|");
    push(s, 5, "late");
    assert_told(s, "abcd|");
}

/* Catches counting the FIN as a lost byte. */
static void fin_acknowledged(void **state)
{
    struct scene *s = *state;
    scs_stream_start(&s->stream, 1);
    push(s, 1, "ab");
    scs_stream_fin(&s->stream, 3, 0, &s->sink);
    ack(s, 4);
    s->now_ns += INT64_C(1000000000);
    ack(s, 4);
    scs_stream_flush(&s->stream, s->now_ns, &s->sink);
    assert_told(s, "ab|");
}

/* Catches losing the rest of an exchange when the capture missed its last packets. */
static void flush_gives_up_what_was_acknowledged(void **state)
{
    struct scene *s = *state;
    scs_stream_start(&s->stream, 1);
    push(s, 4, "de");
    scs_stream_ack(&s->stream, 10, 0);
    scs_stream_flush(&s->stream, 0, &s->sink);
    assert_told(s, "[3]de[4]");
}

/* Catches unbounded memory behind a hole that is never filled. */
static void waiting_is_bounded(void **state)
{
    struct scene *s = *state;
    char block[1001];
    memset(block, 'x', 1000);
    block[1000] = '\0';
    scs_stream_start(&s->stream, 1);
    for (uint32_t i = 0; i < 2000; i++) {
        push(s, 2 + i * 1000, block);
        assert_in_range(s->all_waiting, 0, SCS_MAX_OUT_OF_ORDER);
    }
    assert_true(s->limits.out_of_order_dropped > 0);
}

/* Catches an offset that runs below zero when the capture begins inside a segment. */
static void begins_before_the_start(void **state)
{
    struct scene *s = *state;
    scs_stream_start(&s->stream, 100);
    push(s, 97, "xyzabc");
    assert_told(s, "abc");
    push(s, 90, "older");
    assert_told(s, "abc");
}

/* Catches bytes handed on, dropped or told twice while they are held for the other direction's sake. */
static void held(void **state)
{
    struct scene *s = *state;
    scs_stream_start(&s->stream, 1);
    push(s, 1, "ab");
    scs_stream_hold(&s->stream, true, s->now_ns, &s->sink);
    push(s, 3, "cd");
    push(s, 3, "cd");
    scs_stream_fin(&s->stream, 7, s->now_ns, &s->sink);
    push(s, 5, "ef");
    ack(s, 8);
    s->now_ns += 50000000;
    ack(s, 8);
    assert_told(s, "ab");
    scs_stream_hold(&s->stream, false, s->now_ns, &s->sink);
    assert_told(s, "abcdef|");
}

/* Catches held bytes lost when the connection ends, and an end told before them. */
static void held_until_flush(void **state)
{
    struct scene *s = *state;
    scs_stream_start(&s->stream, 1);
    scs_stream_hold(&s->stream, true, s->now_ns, &s->sink);
    push(s, 1, "ab");
    assert_true(scs_stream_waits(&s->stream));
    scs_stream_hold(&s->stream, false, s->now_ns, &s->sink);
    scs_stream_flush(&s->stream, s->now_ns, &s->sink);
    assert_told(s, "ab");
}

/* Catches waiting for ever for bytes that do not come, and for the sequence number of a FIN. */
static void lags(void **state)
{
    struct scene *s = *state;
    scs_stream_start(&s->stream, 1);
    push(s, 1, "ab");
    assert_false(scs_stream_lags(&s->stream, s->now_ns));
    ack(s, 4);
    assert_false(scs_stream_lags(&s->stream, s->now_ns)); /* one number more is a FIN that was not captured */
    ack(s, 6);
    assert_true(scs_stream_lags(&s->stream, s->now_ns));
    s->now_ns += 50000000;
    assert_false(scs_stream_lags(&s->stream, s->now_ns));
    ack(s, 6);
    assert_told(s, "ab[3]");
}

int main(void)
{
#define STREAM_TEST(f) cmocka_unit_test_setup_teardown(f, open_scene, close_scene)
    const struct CMUnitTest tests[] = {
        STREAM_TEST(in_order_and_again),
        STREAM_TEST(wraps),
        STREAM_TEST(out_of_order),
        STREAM_TEST(first_copy_wins),
        STREAM_TEST(acknowledged_hole),
        STREAM_TEST(unacknowledged_hole),
        STREAM_TEST(cut_by_snap_length),
        STREAM_TEST(fin_waits_for_bytes),
        STREAM_TEST(fin_acknowledged),
        STREAM_TEST(flush_gives_up_what_was_acknowledged),
        STREAM_TEST(waiting_is_bounded),
        STREAM_TEST(begins_before_the_start),
        STREAM_TEST(held),
        STREAM_TEST(held_until_flush),
        STREAM_TEST(lags),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
