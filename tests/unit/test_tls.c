/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dissectors/tls.h"
#include "hex.h"
#include "scepscope/limits.h"
#include "scepscope/tls_facts.h"

#define RANDOM32 "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define RETRY32  "cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c"

/* A ClientHello's body: GREASE among suites, versions and protocols; SNI "ndes"; "h2" first; TLS 1.3 and 1.2. */
#define CLIENT_HELLO                                                                                                             \
    "0303" RANDOM32 "00 0006 0a0a 1301 c02f 0100 0030"                                                                           \
    "1a1a 0000"                                                                                                                  \
    "0000 0009 0007 00 0004 6e646573"                                                                                            \
    "0010 0008 0006 02 2a2a 02 6832"                                                                                             \
    "0017 0000"                                                                                                                  \
    "002b 0007 06 3a3a 0304 0303"                                                                                                \
    "0029 0000"

static enum scs_status client_hello(const char *hex, size_t keep, struct scs_tls_hello *out)
{
    size_t len;
    uint8_t *bytes = test_hex(hex, &len);
    struct scs_cursor c = scs_cursor_of(bytes, keep < len ? keep : len);
    enum scs_status st = scs_tls_client_hello(&c, out);
    char *kept[] = {out->sni.len != 0 ? strndup((const char *)out->sni.p, out->sni.len) : NULL};
    if (kept[0] != NULL) {
        assert_string_equal(kept[0], "ndes");
        free(kept[0]);
    }
    assert_true(out->alpn.len == 0 || (out->alpn.len == 2 && memcmp(out->alpn.p, "h2", 2) == 0));
    free(bytes);
    return st;
}

/* Catches extensions that are missed, GREASE taken for a version or protocol, and a legacy version taken for the real one. */
static void reads_client_hello(void **state)
{
    struct scs_tls_hello h;
    (void)state;
    assert_int_equal(client_hello(CLIENT_HELLO, SIZE_MAX, &h), SCS_OK);
    assert_int_equal(h.max_version, 0x0304);
    assert_int_equal(h.min_version, 0x0303);
    assert_int_equal(h.suites.len, 6);
    assert_int_equal(h.sni.len, 4);
    assert_true(h.extended_master_secret && h.psk && !h.early_data && !h.retry);
    assert_int_equal(h.random[31], 0x1f);
}

/* Catches reads past the end of a cut hello, and a cut one that counts as whole. */
static void cut_client_hello(void **state)
{
    size_t len;
    struct scs_tls_hello h;
    (void)state;
    free(test_hex(CLIENT_HELLO, &len));
    for (size_t keep = 0; keep < len; keep++) {
        enum scs_status st = client_hello(CLIENT_HELLO, keep, &h);
        /* Before TLS 1.3 the extensions may be absent altogether. */
        assert_int_equal(st, keep == 45 ? SCS_OK : SCS_MORE);
    }
    assert_int_equal(client_hello("0203" RANDOM32 "00 0002 c02f 0100", SIZE_MAX, &h), SCS_MALFORMED);
}

static enum scs_status server_hello(const char *hex, struct scs_tls_hello *out)
{
    size_t len;
    uint8_t *bytes = test_hex(hex, &len);
    struct scs_cursor c = scs_cursor_of(bytes, len);
    enum scs_status st = scs_tls_server_hello(&c, out);
    free(bytes);
    return st;
}

/* Catches a HelloRetryRequest taken for a ServerHello, and the legacy version of TLS 1.3 taken for the negotiated one. */
static void reads_server_hello(void **state)
{
    struct scs_tls_hello h;
    (void)state;
    assert_int_equal(server_hello("0303" RANDOM32 "00 1302 00 0006 002b 0002 0304", &h), SCS_OK);
    assert_int_equal(h.version, 0x0304);
    assert_int_equal(h.cipher, 0x1302);
    assert_false(h.retry);
    assert_int_equal(server_hello("0303" RETRY32 "00 1301 00 0006 002b 0002 0304", &h), SCS_OK);
    assert_true(h.retry);
    assert_int_equal(server_hello("0302" RANDOM32 "00 002f 00", &h), SCS_OK);
    assert_int_equal(h.version, 0x0302);
    assert_int_equal(server_hello("0303" RANDOM32 "00 c0", &h), SCS_MORE);
}

/* Catches the challenge of an SSL 2.0 hello at the wrong end of the random. */
static void reads_ssl2_hello(void **state)
{
    size_t len;
    struct scs_tls_hello h;
    (void)state;
    uint8_t *bytes = test_hex("01 0301 0003 0000 0010 00002f a0a1a2a3a4a5a6a7a8a9aaabacadaeaf", &len);
    struct scs_cursor c = scs_cursor_of(bytes, len);
    assert_int_equal(scs_tls_ssl2_hello(&c, &h), SCS_OK);
    assert_int_equal(h.max_version, 0x0301);
    assert_true(h.ssl2 && h.random[15] == 0 && h.random[16] == 0xa0 && h.random[31] == 0xaf);
    c = scs_cursor_of(bytes, len - 1);
    assert_int_equal(scs_tls_ssl2_hello(&c, &h), SCS_MORE);
    free(bytes);
}

/* Catches the two forms of the Certificate message being mixed up, and an empty list read as a certificate. */
static void reads_certificates(void **state)
{
    static const uint8_t tls12[] = {0, 0, 9, 0, 0, 2, 0x30, 0, 0, 0, 1, 0x31}, empty13[] = {0, 0, 0, 0};
    static const uint8_t tls13[] = {1, 7, 0, 0, 7, 0, 0, 2, 0x30, 0, 0, 0};
    struct scs_cursor body = scs_cursor_of(tls12, sizeof tls12), list, der;
    (void)state;
    assert_int_equal(scs_tls_certificate_list(&body, false, &list), SCS_OK);
    assert_true(scs_tls_certificate(&list, false, &der) && der.len == 2);
    assert_true(scs_tls_certificate(&list, false, &der) && der.len == 1);
    assert_false(scs_tls_certificate(&list, false, &der));
    body = scs_cursor_of(tls13, sizeof tls13);
    assert_int_equal(scs_tls_certificate_list(&body, true, &list), SCS_OK);
    assert_true(scs_tls_certificate(&list, true, &der) && der.len == 2);
    body = scs_cursor_of(empty13, sizeof empty13);
    assert_int_equal(scs_tls_certificate_list(&body, true, &list), SCS_OK);
    assert_int_equal(list.len, 0);
    body = scs_cursor_of(tls12, 5);
    assert_int_equal(scs_tls_certificate_list(&body, false, &list), SCS_MORE);
}

/* Catches encrypted alerts that are read as if they were in clear. */
static void reads_alerts(void **state)
{
    static const uint8_t fatal[] = {2, 40}, odd[] = {3, 40}, longer[] = {2, 40, 0};
    struct scs_cursor c = scs_cursor_of(fatal, 2);
    bool is_fatal;
    uint8_t description;
    (void)state;
    assert_int_equal(scs_tls_read_alert(&c, &is_fatal, &description), SCS_OK);
    assert_true(is_fatal && description == 40);
    c = scs_cursor_of(odd, 2);
    assert_int_equal(scs_tls_read_alert(&c, &is_fatal, &description), SCS_MALFORMED);
    c = scs_cursor_of(longer, 3);
    assert_int_equal(scs_tls_read_alert(&c, &is_fatal, &description), SCS_MALFORMED);
    c = scs_cursor_of(fatal, 1);
    assert_int_equal(scs_tls_read_alert(&c, &is_fatal, &description), SCS_MORE);
}

/* ---- records --------------------------------------------------------------------------------------- */

struct told {
    unsigned records, lost_exactly, lost_some, stops;
    enum scs_tls_stop why;
    size_t bytes;
    uint8_t last_type;
};

static bool wants(void *ctx, const struct scs_tls_head *head)
{
    (void)ctx;
    return head->type != SCS_TLS_REC_APPLICATION;
}

static void record(void *ctx, const struct scs_tls_head *head, const struct scs_cursor *fragment)
{
    struct told *t = ctx;
    t->records++;
    t->bytes += fragment->len;
    t->last_type = head->type;
}

static void lost(void *ctx, unsigned num, uint64_t bytes)
{
    struct told *t = ctx;
    t->lost_exactly += num == 1;
    t->lost_some += num == 0 && bytes != 0;
}

static void stop(void *ctx, enum scs_tls_stop why, const struct scs_cursor *bytes)
{
    struct told *t = ctx;
    t->stops++;
    t->why = why;
    assert_true(bytes->len != 0);
}

static const struct scs_tls_record_events events = {.wants = wants, .record = record, .lost = lost, .stop = stop};

static void feed(struct scs_tls_records *r, const char *hex)
{
    size_t len;
    uint8_t *bytes = test_hex(hex, &len);
    struct scs_cursor c = scs_cursor_of(bytes, len);
    scs_tls_records_feed(r, &c);
    free(bytes);
}

/* Catches records that are merged, or read across a hole. */
static void holes(void **state)
{
    struct told t = {0};
    struct scs_tls_records r;
    (void)state;
    scs_tls_records_init(&r, false, &events, &t);
    feed(&r, "1603030004 01020304 1703030006 0102");
    assert_int_equal(t.records, 1);
    scs_tls_records_gap(&r, 2); /* inside one record */
    feed(&r, "0506 1603030001");
    assert_int_equal(t.lost_exactly, 1);
    scs_tls_records_gap(&r, 100); /* over its end */
    feed(&r, "ffff 170302 17 1703030002 aabb 1603030000");
    assert_int_equal(t.lost_some, 1);
    assert_int_equal(t.records, 3);
    assert_int_equal(t.bytes, 4);
    scs_tls_records_cleanup(&r);
}

/* Catches text or oversized records being read on as TLS. */
static void stops(void **state)
{
    struct told t = {0};
    struct scs_tls_records r;
    (void)state;
    scs_tls_records_init(&r, false, &events, &t);
    feed(&r, "485454502f312e31");
    assert_true(t.stops == 1 && t.why == SCS_TLS_STOP_FOREIGN);
    feed(&r, "1603030001 00");
    assert_int_equal(t.records, 0);
    scs_tls_records_cleanup(&r);
    scs_tls_records_init(&r, false, &events, &t);
    feed(&r, "160303ffff 00");
    assert_true(t.stops == 2 && t.why == SCS_TLS_STOP_OVERFLOW);
    scs_tls_records_cleanup(&r);
}

/* Catches a hello in SSL 2.0 form that is taken for garbage, or garbage later on that is taken for one. */
static void ssl2_record(void **state)
{
    struct told t = {0};
    struct scs_tls_records r;
    (void)state;
    scs_tls_records_init(&r, false, &events, &t);
    feed(&r, "801c 01 0301 0003 0000 0010 00002f a0a1a2a3a4a5a6a7a8a9aaabacadaeaf");
    assert_true(t.records == 1 && t.last_type == SCS_TLS_REC_SSL2 && t.bytes == 28);
    feed(&r, "801c010301");
    assert_int_equal(t.stops, 1);
    scs_tls_records_cleanup(&r);
}

static void count_message(void *ctx, const struct scs_tls_message *m)
{
    unsigned *seen = ctx;
    seen[0]++;
    seen[1] += (unsigned)m->body.len;
    seen[2] += m->whole;
}

/* Catches messages over several records, several in one, and one too long to hold that swallows its successors. */
static void messages(void **state)
{
    static uint8_t big[SCS_MAX_TLS_MESSAGE + 100];
    static const uint8_t two[] = {14, 0, 0, 0, 20, 0, 0, 2, 1, 2, 11, 0};
    unsigned seen[3] = {0};
    struct scs_tls_messages m;
    struct scs_cursor c = scs_cursor_of(two, sizeof two);
    (void)state;
    scs_tls_messages_init(&m);
    scs_tls_messages_feed(&m, &c, count_message, seen);
    assert_int_equal(seen[0], 2);
    c = scs_cursor_of("\0\1x", 3);
    scs_tls_messages_feed(&m, &c, count_message, seen);
    assert_int_equal(seen[0], 3);
    assert_int_equal(seen[1], 3);
    big[0] = 13;
    big[1] = (uint8_t)((sizeof big - 4) >> 16);
    big[2] = (uint8_t)((sizeof big - 4) >> 8);
    big[3] = (uint8_t)(sizeof big - 4);
    for (size_t at = 0; at < sizeof big; at += 1000) {
        size_t n = sizeof big - at < 1000 ? sizeof big - at : 1000;
        c = scs_cursor_of(&big[at], n);
        scs_tls_messages_feed(&m, &c, count_message, seen);
    }
    assert_int_equal(seen[0], 4);
    assert_int_equal(seen[2], 3);
    c = scs_cursor_of(two, 4);
    scs_tls_messages_feed(&m, &c, count_message, seen);
    assert_int_equal(seen[0], 5);
    scs_tls_messages_cleanup(&m);
}

/* Catches numbers under the wrong name. */
static void names(void **state)
{
    (void)state;
    assert_string_equal(scs_tls_alert_name(48), "unknown_ca");
    assert_string_equal(scs_tls_alert_name(116), "certificate_required");
    assert_null(scs_tls_alert_name(255));
    assert_string_equal(scs_tls_version_name(0x0304), "TLSv1.3");
    assert_null(scs_tls_version_name(0));
    assert_true(scs_tls_is_grease(0x8a8a) && !scs_tls_is_grease(0x8a9a) && !scs_tls_is_grease(0xc02f));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_client_hello),
        cmocka_unit_test(cut_client_hello),
        cmocka_unit_test(reads_server_hello),
        cmocka_unit_test(reads_ssl2_hello),
        cmocka_unit_test(reads_certificates),
        cmocka_unit_test(reads_alerts),
        cmocka_unit_test(holes),
        cmocka_unit_test(stops),
        cmocka_unit_test(ssl2_record),
        cmocka_unit_test(messages),
        cmocka_unit_test(names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
