/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "report/community_id.h"

/* The vectors of the specification's baseline for seed 0 (baseline_deflt.json). */
static const struct {
    const char *from, *to;
    uint8_t proto;
    const char *id;
} vectors[] = {
    {"128.232.110.120:34855", "66.35.250.204:80", 6, "1:LQU9qZlK+B5F3KDmev6m5PMibrg="},
    {"192.168.1.52:54585", "8.8.8.8:53", 17, "1:d/FP5EW3wiY1vCndhwleRRKHowQ="},
    {"192.168.170.8:7", "192.168.170.56:7", 132, "1:MP2EtRCAUIZvTw6MxJHLV7N7JDs="},
    {"[2001:470:e5bf:dead:4957:2174:e82c:4887]:63943", "[2607:f8b0:400c:c03::1a]:25", 6, "1:/qFaeAR+gFe1KYjMzVDsMv+wgU4="},
};

/* An ID that depends on who speaks first, or on the byte order of ports and addresses. */
static void test_published_vectors(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        struct scs_endpoint from, to;
        char id[SCS_COMMUNITY_ID_TEXT];
        assert_true(scs_endpoint_parse(vectors[i].from, &from) && scs_endpoint_parse(vectors[i].to, &to));
        assert_true(scs_community_id(&from, &to, vectors[i].proto, id));
        assert_string_equal(id, vectors[i].id);
        assert_true(scs_community_id(&to, &from, vectors[i].proto, id));
        assert_string_equal(id, vectors[i].id);
    }
}

/* Ports not compared where both ends have one address: loopback would have two IDs. */
static void test_one_address_two_ports(void **state)
{
    struct scs_endpoint low, high;
    char one[SCS_COMMUNITY_ID_TEXT], other[SCS_COMMUNITY_ID_TEXT];
    (void)state;
    assert_true(scs_endpoint_parse("127.0.0.1:80", &low) && scs_endpoint_parse("127.0.0.1:50000", &high));
    assert_true(scs_community_id(&low, &high, 6, one) && scs_community_id(&high, &low, 6, other));
    assert_string_equal(one, other);
}

/* An ID made of addresses that do not belong together, or of none. */
static void test_no_flow(void **state)
{
    struct scs_endpoint four, six, none = {0};
    char id[SCS_COMMUNITY_ID_TEXT];
    (void)state;
    assert_true(scs_endpoint_parse("10.0.0.1:80", &four) && scs_endpoint_parse("[2001:db8::1]:80", &six));
    assert_false(scs_community_id(&four, &six, 6, id));
    assert_false(scs_community_id(&none, &none, 6, id));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_published_vectors),
        cmocka_unit_test(test_one_address_two_ports),
        cmocka_unit_test(test_no_flow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
