/* SPDX-License-Identifier: Apache-2.0 */
/* Remote procedure calls of one connection: what was bound, what answered, and what did not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "correlate/rpc_stream.h"
#include "hex.h"

#define MS(n)          ((int64_t)(n)*1000000)
#define CERT_REQUEST   "706e9ed9 88fc d011 b498 00a0c90312f3 00000000"
#define NDR            "045d888a eb1c c911 9fe8 08002b104860 02000000"
#define SIZES          "d016 d016 00000000"
#define BIND           "05000b03 10000000 4800 0000 02000000" SIZES "01000000 0100 01 00" CERT_REQUEST NDR
#define ACK(result)    "05000c03 10000000 3800 0000 02000000" SIZES "0000 0000 01000000" result NDR
#define NAK            "05000d03 10000000 1500 0000 02000000 0800 01 0500"
#define REQUEST(call)  "05000003 10000000 2000 0000" call "08000000 0100 0300 0000000000000000"
#define FIRST(call)    "05000001 10000000 2000 0000" call "10000000 0100 0300 0000000000000000"
#define LAST(call)     "05000002 10000000 2000 0000" call "08000000 0100 0300 0000000000000000"
#define RESPONSE(call) "05000203 10000000 2000 0000" call "08000000 0100 00 00 0000000000000000"
#define FAULT(call)    "05000303 10000000 2000 0000" call "20000000 0100 00 00 05000000 00000000"

struct scene {
    struct scs_arena *keep;
    struct scs_ca_calls calls;
    struct scs_rpc_stream *stream;
    scs_frame frame;
    const struct scs_ca_call *const *told;
    uint32_t num;
};

static void open_stream(struct scene *s, bool whole)
{
    struct scs_connection c = {0};
    assert_true(scs_endpoint_parse("10.5.1.4:54790", &c.client) && scs_endpoint_parse("10.5.14.22:49670", &c.server));
    s->stream = scs_rpc_stream_new(&s->calls, &c, whole);
}

static int setup(void **state)
{
    static struct scene s;
    s = (struct scene){.keep = scs_arena_new()};
    scs_ca_calls_init(&s.calls, s.keep);
    open_stream(&s, true);
    *state = &s;
    return 0;
}

static int teardown(void **state)
{
    struct scene *s = *state;
    scs_rpc_stream_free(s->stream);
    scs_ca_calls_cleanup(&s->calls);
    scs_arena_free(s->keep);
    return 0;
}

static void deliver(struct scene *s, enum scs_dir dir, const char *hex, int64_t at_ms)
{
    size_t len;
    uint8_t *bytes = test_hex(hex, &len);
    struct scs_chunk chunk = {.data = bytes, .len = len, .frame = ++s->frame, .ts_ns = MS(at_ms)};
    scs_rpc_stream_data(s->stream, dir, &chunk);
    free(bytes);
}

static void ask(struct scene *s, const char *hex, int64_t at_ms)
{
    deliver(s, SCS_TO_SERVER, hex, at_ms);
}

static void answer(struct scene *s, const char *hex, int64_t at_ms)
{
    deliver(s, SCS_TO_CLIENT, hex, at_ms);
}

static const struct scs_ca_call *only(struct scene *s)
{
    scs_rpc_stream_free(s->stream);
    s->stream = NULL;
    s->told = scs_ca_calls_tell(&s->calls, &s->num);
    assert_int_equal(s->num, 1);
    return s->told[0];
}

/* Catches a call without its interface, and waiting counted from the first fragment of a long request. */
static void test_answered(void **state)
{
    struct scene *s = *state;
    ask(s, BIND, 0);
    answer(s, ACK("0000 0000"), 1);
    ask(s, FIRST("03000000"), 10);
    ask(s, LAST("03000000"), 20);
    answer(s, RESPONSE("03000000"), 120);
    const struct scs_ca_call *call = only(s);
    assert_int_equal(call->outcome, SCS_CA_ANSWERED);
    assert_int_equal(call->interface, SCS_RPC_CERT_REQUEST);
    assert_int_equal(call->operation, 3);
    assert_int_equal(call->started_ns, MS(10));
    assert_int_equal(call->wait_ns, MS(100));
    assert_int_equal(call->first_frame, 3);
    assert_int_equal(call->last_frame, 5);
    assert_int_equal(call->server.port, 49670);
}

/* Catches a fault told as an answer, or without its code. */
static void test_fault(void **state)
{
    struct scene *s = *state;
    ask(s, BIND, 0);
    answer(s, ACK("0000 0000"), 1);
    ask(s, REQUEST("03000000"), 10);
    answer(s, FAULT("03000000"), 11);
    assert_int_equal(only(s)->outcome, SCS_CA_FAULT);
    assert_int_equal(s->told[0]->status, 5);
}

/* Catches refused binds left out, one that is taken back, and a syntax among several taken for the bind. */
static void test_refused(void **state)
{
    struct scene *s = *state;
    ask(s, BIND, 0);
    answer(s, NAK, 1);
    ask(s, BIND, 2);
    answer(s, ACK("0000 0000"), 3);
    const struct scs_ca_call *call = only(s);
    assert_int_equal(call->outcome, SCS_CA_BIND_REFUSED);
    assert_int_equal(call->status, 8);
    assert_int_equal(call->interface, SCS_RPC_CERT_REQUEST);
    assert_true(call->recovered);
}

static void test_rejected(void **state)
{
    struct scene *s = *state;
    ask(s, BIND, 0);
    answer(s, ACK("0200 0100"), 1);
    const struct scs_ca_call *call = only(s);
    assert_int_equal(call->outcome, SCS_CA_BIND_REFUSED);
    assert_int_equal(call->status, 1);
    assert_false(call->recovered);
}

/* Catches answers given to the wrong call when several are under way. */
static void test_several(void **state)
{
    struct scene *s = *state;
    ask(s, REQUEST("03000000") REQUEST("04000000"), 10);
    answer(s, FAULT("04000000"), 20);
    answer(s, RESPONSE("03000000"), 40);
    scs_rpc_stream_free(s->stream);
    s->stream = NULL;
    s->told = scs_ca_calls_tell(&s->calls, &s->num);
    assert_int_equal(s->num, 2);
    assert_int_equal(s->told[0]->wait_ns + s->told[1]->wait_ns, MS(40));
    assert_int_equal(s->told[0]->interface, SCS_RPC_UNKNOWN);
}

/* Catches silence told as an answer, and silence that may be the capture's own not marked. */
static void test_unanswered(void **state)
{
    struct scene *s = *state;
    ask(s, REQUEST("03000000"), 10);
    assert_int_equal(only(s)->outcome, SCS_CA_UNANSWERED);
    assert_false(s->told[0]->uncertain);
    open_stream(s, true);
    ask(s, REQUEST("04000000"), 20);
    scs_rpc_stream_gap(s->stream, SCS_TO_CLIENT);
    scs_rpc_stream_free(s->stream);
    s->stream = NULL;
    s->told = scs_ca_calls_tell(&s->calls, &s->num);
    assert_true(s->told[1]->uncertain);
}

/* Catches a connection that was open before the capture left unread. */
static void test_midway(void **state)
{
    struct scene *s = *state;
    scs_rpc_stream_free(s->stream);
    open_stream(s, false);
    answer(s, "0011223344", 1);
    ask(s, REQUEST("07000000"), 10);
    answer(s, RESPONSE("07000000"), 15);
    assert_int_equal(only(s)->wait_ns, MS(5));
    assert_int_equal(s->told[0]->interface, SCS_RPC_UNKNOWN);
}

#define STREAM_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {STREAM_TEST(test_answered), STREAM_TEST(test_fault),   STREAM_TEST(test_refused),
                                       STREAM_TEST(test_rejected), STREAM_TEST(test_several), STREAM_TEST(test_unanswered),
                                       STREAM_TEST(test_midway)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
