/* SPDX-License-Identifier: Apache-2.0 */
/* DNS packets in, look-ups that concern SCEP out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <stdio.h>

#include "correlate/lookups.h"
#include "model.h"

#define CLIENT   "10.5.14.7"
#define RESOLVER "10.5.14.1"
#define SERVER   "10.5.1.4:80"
#define NAME     "ndes-contoso.msappproxy.net"

struct scene {
    struct test_model t;
    struct scs_lookups *lookups;
    const struct scs_lookup *const *told;
    uint32_t num;
};

static int setup(void **state)
{
    static struct scene s;
    test_model_init(&s.t);
    s.lookups = scs_lookups_new();
    *state = &s;
    return 0;
}

static int teardown(void **state)
{
    struct scene *s = *state;
    scs_lookups_free(s->lookups);
    test_model_cleanup(&s->t);
    return 0;
}

struct message {
    uint8_t bytes[512];
    size_t len;
};

static void put(struct message *m, const void *data, size_t len)
{
    assert_true(len <= sizeof m->bytes - m->len);
    memcpy(m->bytes + m->len, data, len);
    m->len += len;
}

static void put_question(struct message *m, uint16_t id, uint8_t flags_high, uint8_t flags_low, uint8_t answers, const char *name,
                         uint8_t type)
{
    const uint8_t head[] = {(uint8_t)(id >> 8), (uint8_t)id, flags_high, flags_low, 0, 1, 0, answers, 0, 0, 0, 0};
    const uint8_t tail[] = {0, 0, type, 0, 1};
    put(m, head, sizeof head);
    while (*name != '\0') {
        size_t len = strcspn(name, ".");
        uint8_t n = (uint8_t)len;
        put(m, &n, 1);
        put(m, name, len);
        name += len + (name[len] == '.');
    }
    put(m, tail, sizeof tail);
}

static void deliver(struct scene *s, const char *from, const char *to, const struct message *m, int64_t at_ms)
{
    struct scs_packet packet = {.frame = s->t.next_frame++, .ts_ns = TEST_NS(at_ms)};
    struct scs_segment seg = {.packet = &packet, .proto = SCS_PROTO_UDP, .payload = scs_cursor_of(m->bytes, m->len)};
    assert_true(scs_endpoint_parse(from, &seg.src));
    assert_true(scs_endpoint_parse(to, &seg.dst));
    assert_true(scs_lookups_wants(&seg));
    scs_lookups_segment(s->lookups, &seg);
}

static void ask_as(struct scene *s, const char *client, const char *name, uint16_t id, int64_t at_ms)
{
    struct message m = {0};
    char from[SCS_ENDPOINT_TEXT];
    snprintf(from, sizeof from, "%s:40000", client);
    put_question(&m, id, 1, 0, 0, name, SCS_DNS_A);
    deliver(s, from, RESOLVER ":53", &m, at_ms);
}

static void ask(struct scene *s, const char *name, uint16_t id, int64_t at_ms)
{
    ask_as(s, CLIENT, name, id, at_ms);
}

static void answer_as(struct scene *s, const char *client, const char *name, uint8_t rcode, int64_t at_ms)
{
    static const uint8_t record[] = {0xc0, 0x0c, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 10, 5, 1, 4};
    struct message m = {0};
    char to[SCS_ENDPOINT_TEXT];
    snprintf(to, sizeof to, "%s:40000", client);
    put_question(&m, 7, 0x81, (uint8_t)(0x80 | rcode), rcode == 0, name, SCS_DNS_A);
    if (rcode == 0) {
        put(&m, record, sizeof record);
    }
    deliver(s, RESOLVER ":53", to, &m, at_ms);
}

static void answer(struct scene *s, const char *name, uint8_t rcode, int64_t at_ms)
{
    answer_as(s, CLIENT, name, rcode, at_ms);
}

static void tell(struct scene *s)
{
    s->told = scs_lookups_tell(s->lookups, &s->t.model, s->t.arena, &s->num);
}

/* Catches names of other clients, other addresses and later times. */
static void test_name_of_address(void **state)
{
    struct scene *s = *state;
    struct scs_endpoint client, other, server;
    assert_true(scs_endpoint_parse(CLIENT, &client) && scs_endpoint_parse("10.5.14.8", &other));
    assert_true(scs_endpoint_parse("10.5.1.4", &server));
    ask(s, NAME, 7, 0);
    answer(s, NAME, 0, 10);
    assert_string_equal(scs_lookups_name(s->lookups, &client.addr, &server.addr, TEST_NS(20)), NAME);
    assert_null(scs_lookups_name(s->lookups, &client.addr, &server.addr, TEST_NS(5)));
    assert_null(scs_lookups_name(s->lookups, &other.addr, &server.addr, TEST_NS(20)));
    assert_null(scs_lookups_name(s->lookups, &client.addr, &other.addr, TEST_NS(20)));
}

/* Catches an answer that does not find its question, and a question told twice. */
static void test_question_and_answer(void **state)
{
    struct scene *s = *state;
    ask(s, "NDES-contoso.msAppProxy.net", 7, 0);
    answer(s, NAME, SCS_DNS_NXDOMAIN, 20);
    tell(s);
    assert_int_equal(s->num, 1);
    assert_string_equal(s->told[0]->name, NAME);
    assert_int_equal(s->told[0]->outcome, SCS_LOOKUP_NO_NAME);
    assert_int_equal(s->told[0]->queries, 1);
    assert_int_equal(s->told[0]->query_frames[0], 1);
    assert_int_equal(s->told[0]->answer_frame, 2);
    assert_int_equal(s->told[0]->concern, SCS_LOOKUP_LIKE_SCEP | SCS_LOOKUP_APP_PROXY);
    assert_false(s->told[0]->recovered);
}

/* Catches repeats taken for look-ups of their own, and a packet captured twice for a repeat. */
static void test_repeats(void **state)
{
    struct scene *s = *state;
    ask(s, NAME, 7, 0);
    ask(s, NAME, 7, 1);
    ask(s, NAME, 7, 2000);
    ask(s, NAME, 8, 4000);
    tell(s);
    assert_int_equal(s->num, 1);
    assert_int_equal(s->told[0]->queries, 3);
    assert_int_equal(s->told[0]->outcome, SCS_LOOKUP_UNANSWERED);
    assert_int_equal(s->told[0]->last_ns, TEST_NS(4000));
}

/* Catches a failure that stays one although a repeat was answered, and a later error that undoes a good answer. */
static void test_retry_succeeds(void **state)
{
    struct scene *s = *state;
    ask(s, NAME, 7, 0);
    answer(s, NAME, SCS_DNS_SERVFAIL, 10);
    ask(s, NAME, 8, 1000);
    answer(s, NAME, 0, 1010);
    answer(s, NAME, SCS_DNS_SERVFAIL, 1020);
    tell(s);
    assert_int_equal(s->num, 1);
    assert_int_equal(s->told[0]->outcome, SCS_LOOKUP_ANSWERED);
    assert_int_equal(s->told[0]->num_addrs, 1);
}

/* Catches a host reported as missing whose record, found with the next search suffix, the snap length cut off. */
static void test_suffix_search_cut(void **state)
{
    struct scene *s = *state;
    for (uint8_t records = 0; records < 2; records++) {
        struct message m = {0};
        const char *name = records ? "ndes.corp.contoso.com" : "ndes.contoso.com";
        ask(s, name, records, records * 100);
        put_question(&m, records, 0x81, records ? 0x80 : 0x80 | SCS_DNS_NXDOMAIN, records, name, SCS_DNS_A);
        deliver(s, RESOLVER ":53", CLIENT ":40000", &m, records * 100 + 1);
    }
    tell(s);
    assert_int_equal(s->told[0]->outcome, SCS_LOOKUP_NO_NAME);
    assert_true(s->told[0]->recovered);
}

/* Catches a host that the next search suffix found reported as missing; another client's luck does not help. */
static void test_suffix_search(void **state)
{
    struct scene *s = *state;
    ask(s, "ndes.corp.local", 7, 0);
    answer(s, "ndes.corp.local", SCS_DNS_NXDOMAIN, 10);
    answer(s, "ndes.contoso.com", 0, 20);
    ask_as(s, "10.5.14.8", "ndes.corp.local", 7, 0);
    answer_as(s, "10.5.14.8", "ndes.corp.local", SCS_DNS_NXDOMAIN, 30);
    tell(s);
    assert_int_equal(s->num, 3);
    assert_true(s->told[0]->recovered);
    assert_false(s->told[2]->recovered);
}

/* Catches every look-up of an office in the report, and words inside other words. */
static void test_no_concern(void **state)
{
    struct scene *s = *state;
    static const char *const names[] = {"www.example.com", "landesbank.de", "sceptre.example", "myndes.example"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        ask(s, names[i], 7, 0);
        answer(s, names[i], SCS_DNS_NXDOMAIN, 10);
    }
    tell(s);
    assert_int_equal(s->num, 0);
}

/* Catches a host known only by its requests, with port and in another case; and what the server asks in vain. */
static void test_hosts_of_requests(void **state)
{
    struct scene *s = *state;
    ask(s, "pki.example", 7, 0);
    answer(s, "pki.example", 0, 10);
    struct scs_connection *c = test_connection(&s->t, CLIENT ":50000", SERVER, 20);
    struct scs_exchange *x = test_exchange(&s->t, c, SCS_OP_GET_CA_CAPS, 30);
    test_request(x)->host = "PKI.example:80";
    ask_as(s, "10.5.1.4", "ca1.example", 7, 40);
    answer_as(s, "10.5.1.4", "ca1.example", SCS_DNS_NXDOMAIN, 50);
    ask(s, "ca1.example", 7, 60);
    tell(s);
    assert_int_equal(s->num, 2);
    assert_int_equal(s->told[0]->concern, SCS_LOOKUP_HOST);
    assert_int_equal(s->told[0]->exchange, x->id);
    assert_int_equal(s->told[1]->concern, SCS_LOOKUP_BY_SERVER);
}

/* Catches a table that grows for ever, and one that loses the latest in place of the oldest. */
static void test_bounds(void **state)
{
    struct scene *s = *state;
    char name[64];
    for (unsigned i = 0; i < SCS_MAX_LOOKUPS + 100; i++) {
        snprintf(name, sizeof name, "ndes%u.example", i);
        ask(s, name, 7, i);
        answer(s, name, SCS_DNS_NXDOMAIN, i);
    }
    tell(s);
    assert_int_equal(s->num, SCS_MAX_LOOKUPS_TOLD);
    assert_string_equal(s->told[0]->name, "ndes100.example");
    assert_int_equal(s->told[SCS_MAX_LOOKUPS_TOLD - 1]->id, SCS_MAX_LOOKUPS_TOLD);
}

/* Catches failures crowded out of the report by good answers. */
static void test_failures_first(void **state)
{
    struct scene *s = *state;
    for (unsigned i = 0; i < 2 * SCS_MAX_LOOKUPS_TOLD; i++) {
        ask(s, NAME, 7, (int64_t)i * 10);
        answer(s, NAME, 0, (int64_t)i * 10 + 1);
    }
    ask(s, "scep.example", 7, 100000);
    answer(s, "scep.example", SCS_DNS_NXDOMAIN, 100001);
    tell(s);
    assert_int_equal(s->num, SCS_MAX_LOOKUPS_TOLD);
    assert_string_equal(s->told[s->num - 1]->name, "scep.example");
}

#define LOOKUP_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LOOKUP_TEST(test_name_of_address), LOOKUP_TEST(test_question_and_answer), LOOKUP_TEST(test_repeats),
        LOOKUP_TEST(test_retry_succeeds),  LOOKUP_TEST(test_suffix_search),       LOOKUP_TEST(test_suffix_search_cut),
        LOOKUP_TEST(test_no_concern),      LOOKUP_TEST(test_hosts_of_requests),   LOOKUP_TEST(test_bounds),
        LOOKUP_TEST(test_failures_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
