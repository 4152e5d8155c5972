/* SPDX-License-Identifier: Apache-2.0 */
/* DNS-*: each rule where it holds and where something like it does not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "diagnose/rules.h"
#include "model.h"

#define CLIENT "10.5.14.7"
#define SERVER "10.5.1.4"
#define NAME   "ndes.contoso.com"
#define APP    "ndes-contoso.msappproxy.net"

static const struct scs_finding *find(struct test_model *t, const char *id)
{
    test_diagnose(t, scs_rules_dns, scs_num_rules_dns);
    return test_finding(t, id);
}

static struct scs_addr addr(const char *text)
{
    struct scs_endpoint e;
    assert_true(scs_endpoint_parse(text, &e));
    return e.addr;
}

/* A look-up of an IPv4 address, asked once at `at_ms` and answered 10 ms later unless SCS_LOOKUP_UNANSWERED. */
static struct scs_lookup *look_up(struct test_model *t, const char *client, const char *name, enum scs_lookup_outcome outcome,
                                  unsigned concern, int64_t at_ms)
{
    static const uint8_t rcodes[] = {[SCS_LOOKUP_NO_NAME] = SCS_DNS_NXDOMAIN, [SCS_LOOKUP_FAILED] = SCS_DNS_SERVFAIL};
    struct scs_lookup *l = SCS_ARENA_NEW(t->arena, struct scs_lookup);
    assert_true(t->model.num_lookups < TEST_MODEL_FEW);
    t->lookups[t->model.num_lookups++] = l;
    l->id = t->model.num_lookups;
    l->name = name;
    l->type = SCS_DNS_A;
    l->outcome = (uint8_t)outcome;
    l->concern = (uint8_t)concern;
    l->client = addr(client);
    l->resolver = addr("10.5.14.1");
    l->queries = 1;
    l->query_frames[0] = t->next_frame++;
    l->first_ns = l->last_ns = TEST_NS(at_ms);
    l->answered_ns = SCS_NO_TIME;
    if (outcome != SCS_LOOKUP_UNANSWERED) {
        l->rcode = outcome < sizeof rcodes ? rcodes[outcome] : 0;
        l->answered_ns = TEST_NS(at_ms + 10);
        l->answer_frame = t->next_frame++;
    }
    return l;
}

static struct scs_exchange *enrol(struct test_model *t, enum scs_operation operation, int64_t at_ms)
{
    return test_exchange(t, test_connection(t, CLIENT ":50000", SERVER ":80", at_ms), operation, at_ms + 10);
}

/* Catches a missing name told without its evidence, and told as surely when only its look says SCEP. */
static void test_nxdomain(void **state)
{
    struct test_model *t = *state;
    struct scs_lookup *l = look_up(t, CLIENT, APP, SCS_LOOKUP_NO_NAME, SCS_LOOKUP_HOST, 0);
    const struct scs_finding *f = find(t, "dns-nxdomain");
    assert_int_equal(f->severity, SCS_SEV_ERROR);
    assert_int_equal(f->confidence, SCS_CERTAIN);
    assert_int_equal(f->num_frames, 2);
    assert_string_equal(test_fact(t, f, "host"), APP);
    l->concern = SCS_LOOKUP_LIKE_SCEP | SCS_LOOKUP_APP_PROXY;
    assert_int_equal(find(t, "dns-nxdomain")->confidence, SCS_LIKELY);
    l->concern = SCS_LOOKUP_LIKE_SCEP;
    assert_int_equal(find(t, "dns-nxdomain")->confidence, SCS_POSSIBLE);
}

/* Catches alarms where the host was found after all, or only IPv6 is missing, or the name exists without an address. */
static void test_nxdomain_quiet(void **state)
{
    struct test_model *t = *state;
    struct scs_lookup *l = look_up(t, CLIENT, NAME, SCS_LOOKUP_NO_NAME, SCS_LOOKUP_HOST, 0);
    l->recovered = true;
    assert_null(find(t, "dns-nxdomain"));
    l->recovered = false;
    l->type = SCS_DNS_AAAA;
    assert_null(find(t, "dns-nxdomain"));
    l->type = SCS_DNS_A;
    l->outcome = SCS_LOOKUP_EMPTY;
    assert_null(find(t, "dns-nxdomain"));
    l->outcome = SCS_LOOKUP_NO_NAME;
    l->exchange = 1;
    enrol(t, SCS_OP_GET_CA_CAPS, 20);
    assert_null(find(t, "dns-nxdomain"));
}

/* Catches a name that only looks like SCEP, asked by a client that enrols under another. */
static void test_other_name_of_an_enrolling_client(void **state)
{
    struct test_model *t = *state;
    struct scs_lookup *l = look_up(t, CLIENT, "ndes2.contoso.com", SCS_LOOKUP_NO_NAME, SCS_LOOKUP_LIKE_SCEP, 0);
    test_enrolment(t, SCS_ENROLMENT_SUCCEEDED, enrol(t, SCS_OP_GET_CA_CAPS, 20), NULL);
    assert_null(find(t, "dns-nxdomain"));
    l->client = addr("10.5.14.8");
    assert_non_null(find(t, "dns-nxdomain"));
}

/* Catches the tries with search suffixes counted as further missing names; several clients are one finding. */
static void test_one_finding_for_a_name(void **state)
{
    struct test_model *t = *state;
    look_up(t, CLIENT, NAME, SCS_LOOKUP_NO_NAME, SCS_LOOKUP_LIKE_SCEP, 0);
    look_up(t, CLIENT, NAME ".corp.local", SCS_LOOKUP_NO_NAME, SCS_LOOKUP_LIKE_SCEP, 20);
    look_up(t, "10.5.14.8", NAME, SCS_LOOKUP_NO_NAME, SCS_LOOKUP_LIKE_SCEP, 40);
    assert_int_equal(find(t, "dns-nxdomain")->count, 2);
    assert_int_equal(t->model.num_findings, 1);
}

/* Catches a wrong URL claimed without application proxy in the capture, or of the application's own name. */
static void test_wrong_url(void **state)
{
    struct test_model *t = *state;
    struct scs_lookup *l = look_up(t, CLIENT, NAME, SCS_LOOKUP_NO_NAME, SCS_LOOKUP_LIKE_SCEP, 0);
    assert_null(find(t, "dns-appproxy-wrong-url"));
    look_up(t, "10.5.14.8", APP, SCS_LOOKUP_ANSWERED, SCS_LOOKUP_LIKE_SCEP | SCS_LOOKUP_APP_PROXY, 10);
    const struct scs_finding *f = find(t, "dns-appproxy-wrong-url");
    assert_true(test_is_consequence(f, "dns-nxdomain"));
    assert_string_equal(test_fact(t, f, "published_host"), APP);
    l->num_aliases = 1;
    l->aliases = (const char *const[]){"old.msappproxy.net"};
    assert_null(find(t, "dns-appproxy-wrong-url"));
    assert_string_equal(test_fact(t, find(t, "dns-nxdomain"), "alias_host"), "old.msappproxy.net");
}

/* Catches resolver errors mixed up with missing names, and told although a retry worked. */
static void test_servfail(void **state)
{
    struct test_model *t = *state;
    struct scs_lookup *l = look_up(t, CLIENT, NAME, SCS_LOOKUP_FAILED, SCS_LOOKUP_HOST, 0);
    assert_string_equal(test_fact(t, find(t, "dns-servfail"), "rcode"), "SERVFAIL");
    assert_null(find(t, "dns-nxdomain"));
    l->recovered = true;
    assert_null(find(t, "dns-servfail"));
}

/* Catches silence concluded from one question, from a capture that ended at once, or from one without answers at all. */
static void test_timeout(void **state)
{
    struct test_model *t = *state;
    struct scs_lookup *l = look_up(t, CLIENT, NAME, SCS_LOOKUP_UNANSWERED, SCS_LOOKUP_HOST, 0);
    assert_null(find(t, "dns-timeout"));
    l->queries = 2;
    l->last_ns = TEST_NS(2000);
    assert_non_null(find(t, "dns-timeout"));
    t->capture.last_ns = TEST_NS(2000);
    assert_null(find(t, "dns-timeout"));
    l->queries = 3;
    l->last_ns = t->capture.last_ns = TEST_NS(4000);
    assert_string_equal(test_fact(t, find(t, "dns-timeout"), "waited_s"), "4");
    struct scs_connection *c = test_connection(t, CLIENT ":50000", SERVER ":80", 0);
    c->flags |= SCS_CONN_ONE_WAY;
    assert_null(find(t, "dns-timeout"));
}

/* Catches farms, aliases and several records taken for another address. */
static void test_mismatch(void **state)
{
    struct test_model *t = *state;
    struct scs_lookup *l = look_up(t, CLIENT, NAME, SCS_LOOKUP_ANSWERED, SCS_LOOKUP_HOST, 0);
    struct scs_addr answers[] = {addr("10.5.1.9"), addr(SERVER)};
    l->addrs = answers;
    l->num_addrs = 1;
    assert_null(find(t, "dns-mismatch"));
    l->exchange = enrol(t, SCS_OP_GET_CA_CAPS, 20)->id;
    const struct scs_finding *f = find(t, "dns-mismatch");
    assert_string_equal(test_fact(t, f, "address"), "10.5.1.9");
    assert_string_equal(test_fact(t, f, "server"), SERVER ":80");
    l->num_addrs = 2;
    assert_null(find(t, "dns-mismatch"));
    l->num_addrs = 1;
    l->num_aliases = 1;
    l->aliases = (const char *const[]){"edge.example"};
    assert_null(find(t, "dns-mismatch"));
}

/* Catches whatever a server asks in vain taken for its CA: only while a request waits, or by what the name says. */
static void test_ca_fail(void **state)
{
    struct test_model *t = *state;
    struct scs_lookup *l = look_up(t, SERVER, "issuing.contoso.com", SCS_LOOKUP_NO_NAME, SCS_LOOKUP_BY_SERVER, 500);
    assert_null(find(t, "dns-ca-fail"));
    l->name = "_ldap._tcp.dc._msdcs.contoso.com";
    l->type = SCS_DNS_SRV;
    assert_int_equal(find(t, "dns-ca-fail")->severity, SCS_SEV_ERROR);
    l->name = "ca1.contoso.com";
    l->type = SCS_DNS_A;
    assert_int_equal(find(t, "dns-ca-fail")->severity, SCS_SEV_WARNING);
    l->name = "issuing.contoso.com";
    struct scs_exchange *x = enrol(t, SCS_OP_PKI_OPERATION, 0);
    assert_null(find(t, "dns-ca-fail"));
    test_reply(t, x, 200, 1000);
    x->outcome = SCS_OUTCOME_FAILED;
    const struct scs_finding *f = find(t, "dns-ca-fail");
    assert_int_equal(f->exchange, x->id);
    test_diagnose(t, NULL, 0); /* what the request suffered hangs under it */
    assert_true(test_finding(t, "dns-ca-fail")->num_consequences != 0);
    x->outcome = SCS_OUTCOME_OK;
    assert_null(find(t, "dns-ca-fail"));
    x->outcome = SCS_OUTCOME_FAILED;
    l->concern |= SCS_LOOKUP_BACK_GROUND;
    assert_null(find(t, "dns-ca-fail"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_nxdomain),
        TEST(test_nxdomain_quiet),
        TEST(test_other_name_of_an_enrolling_client),
        TEST(test_one_finding_for_a_name),
        TEST(test_wrong_url),
        TEST(test_servfail),
        TEST(test_timeout),
        TEST(test_mismatch),
        TEST(test_ca_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
