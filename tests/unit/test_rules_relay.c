/* SPDX-License-Identifier: Apache-2.0 */
/* Rules about what proxies do to what passes through them, and about log-in portals. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "scep_model.h"

/* Would catch: a cache with the current certificates, or one that says MISS, called stale. */
static void caches(void **state)
{
    struct test_model *t = *state;
    test_ca_certs(t, test_answered(t, SCS_OP_GET_CA_CERT, 200));
    struct scs_exchange *kept = test_answered(t, SCS_OP_GET_CA_CERT, 200);
    struct scs_ca_certs *old = test_ca_certs(t, kept);
    test_reply_of(kept)->cache = "Age: 3600";
    test_judge(t);
    QUIET(t, "proxy-cache");
    old->body_sha256 = "another body";
    ((const struct scs_cert_facts **)(uintptr_t)old->certificates)[1] =
        test_cert(t, "CN=Contoso-MSCEP-RA", "99", SCS_ROLE_RA_ENCRYPTION);
    test_judge(t);
    SEVERITY(t, "proxy-cache", SCS_SEV_ERROR);
    FACT(t, "proxy-cache", "kept_serial", "99");
    test_reply_of(kept)->cache = "X-Cache: MISS from edge";
    test_judge(t);
    QUIET(t, "proxy-cache");
}

/* A message by GET from one client to one server, in the same second as the others. */
static struct scs_exchange *leg(struct test_model *t, const char *client, const char *server, int64_t at_ms, int64_t answered_ms)
{
    struct scs_exchange *x = test_exchange(t, test_connection(t, client, server, at_ms), SCS_OP_PKI_OPERATION, at_ms + 1);
    test_reply(t, x, 200, answered_ms);
    test_scep_request(t, x, 19, "T1")->transport = SCS_TRANSPORT_QUERY;
    test_by_get(x, 4000);
    return x;
}

/* Would catch: two clients of one server, or legs of equal length, taken for a proxy that cuts. */
static void legs(void **state)
{
    struct test_model *t = *state;
    leg(t, CLIENT, "10.5.9.9:80", 0, 500);
    struct scs_exchange *inner = leg(t, "10.5.9.9:40000", SERVER, 20, 100);
    test_judge(t);
    QUIET(t, "proxy-truncate");
    QUIET(t, "proxy-reencode");
    test_by_get(inner, 2048);
    test_message(inner)->flags &= ~(uint32_t)SCS_MSG_COMPLETE;
    test_message(inner)->length = 1500;
    test_judge(t);
    FACT(t, "proxy-truncate", "server", SERVER);
    QUIET(t, "scep-truncated-get");
    test_message(inner)->announced = 9999; /* another message */
    test_judge(t);
    QUIET(t, "proxy-truncate");
}

/* Would catch: damage the client did itself blamed on the proxy. */
static void encodes_anew(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *outer = leg(t, CLIENT, "10.5.9.9:80", 0, 500), *inner = leg(t, "10.5.9.9:40000", SERVER, 20, 100);
    test_message(inner)->b64 = SCS_B64_SPACE;
    test_judge(t);
    SEVERITY(t, "proxy-reencode", SCS_SEV_ERROR);
    test_message(outer)->b64 = SCS_B64_SPACE;
    test_judge(t);
    QUIET(t, "proxy-reencode");
}

/* Would catch: any silence called the long-URL defect of a proxy nobody has seen. */
static void long_urls(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *caps = test_answered(t, SCS_OP_GET_CA_CAPS, 200);
    test_caps(t, caps, SCS_CAP_AES | SCS_CAP_SHA256);
    test_server(t, SERVER)->ops[SCS_OP_GET_CA_CAPS].ok = 1;
    struct scs_exchange *x = test_asked(t, SCS_OP_PKI_OPERATION);
    test_scep_request(t, x, 19, "T1")->transport = SCS_TRANSPORT_QUERY;
    test_by_get(x, 8000);
    test_judge(t);
    QUIET(t, "proxy-wap-longuri");
    test_reply_of(caps)->m.via = "Via: 1.1 wap";
    test_judge(t);
    CONFIDENCE(t, "proxy-wap-longuri", SCS_LIKELY);
    test_by_get(x, 4000);
    test_judge(t);
    QUIET(t, "proxy-wap-longuri");
}

/* Would catch: a plain redirect to https called a portal. */
static void portals(void **state)
{
    struct test_model *t = *state;
    struct scs_exchange *x = test_answered(t, SCS_OP_GET_CA_CAPS, 302);
    test_reply_of(x)->server = "gateway";
    test_reply_of(x)->location = "https://ndes.contoso.com/certsrv/mscep/mscep.dll";
    test_judge(t);
    QUIET(t, "proxy-captive");
    test_reply_of(x)->location = "http://10.0.0.1/captiveportal/login?url=x";
    test_judge(t);
    SEVERITY(t, "proxy-captive", SCS_SEV_WARNING);
    test_reply_of(x)->location = "https://captive.wlan.example/login?url=x";
    test_judge(t);
    SAID(t, "proxy-captive");
    QUIET(t, "http-30x");
}

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(caches), TEST(legs), TEST(encodes_anew), TEST(long_urls), TEST(portals)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
