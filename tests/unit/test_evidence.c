/* SPDX-License-Identifier: Apache-2.0 */
/* What a run holds of packets that are gone is enough for the evidence. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "capture/reader.h"
#include "every_capture.h"
#include "evidence/evidence.h"
#include "flow/decode.h"
#include "run/run.h"

struct text {
    char *p;
    size_t len;
};

/* The evidence of one capture, from the file or from what was held of it; NULL: it is no capture. */
static struct text evidence_of(const char *path, bool held, enum scs_redaction level, bool keys)
{
    static const uint8_t key[32] = {3};
    struct scs_error err;
    struct text out = {0};
    struct scs_run *run = scs_run_new(&(struct scs_run_options){.again = !held}, &err);
    assert_non_null(run);
    if (held) {
        scs_run_hold(run);
    }
    if (scs_run_files(run, &path, 1, &err)) {
        struct scs_redactor *redactor = scs_redactor_new(level, key);
        struct scs_evidence_options options = {
            .run = run, .model = scs_run_finish(run), .redactor = redactor, .lang = "en", .embed_keys = keys};
        FILE *f = open_memstream(&out.p, &out.len);
        assert_non_null(f);
        bool ok = scs_evidence_write(&options, f, &err);
        fclose(f);
        scs_redactor_free(redactor);
        if (!ok) {
            free(out.p);
            out = (struct text){0};
        }
    }
    scs_run_free(run);
    return out;
}

/* A mere acknowledgement: of connections that nobody follows, or no more, it is not held. */
static bool is_empty(const struct scs_segment *seg)
{
    return seg->proto == SCS_PROTO_TCP && seg->payload_wire_len == 0 &&
           (seg->flags & (SCS_TCP_SYN | SCS_TCP_FIN | SCS_TCP_RST)) == 0;
}

/* Times and bytes of the packets of an evidence file, a line each, without mere acknowledgements. To be freed. */
static struct text packets_in(const struct text *file)
{
    struct text out = {0};
    struct scs_error err;
    struct scs_inventory inventory;
    struct scs_reader reader;
    struct scs_packet packets[SCS_BATCH];
    struct scs_segment seg;
    struct scs_arena *arena = scs_arena_new();
    struct scs_decoder *decoder = scs_decoder_new();
    FILE *f = open_memstream(&out.p, &out.len);
    assert_non_null(f);
    scs_inventory_init(&inventory, arena);
    assert_true(scs_reader_open_memory(&reader, &inventory, (const uint8_t *)file->p, file->len, file->len, &err));
    for (size_t n; (n = reader.read(&reader, packets, SCS_BATCH)) != 0;) {
        for (size_t i = 0; i < n; i++) {
            if (!scs_decoder_segment(decoder, &packets[i], &seg) || !is_empty(&seg)) {
                fprintf(f, "%lld:", (long long)packets[i].ts_ns);
                fwrite(packets[i].data, 1, packets[i].cap_len, f);
            }
        }
    }
    assert_int_equal(reader.num_problems, 0);
    fclose(f);
    scs_decoder_free(decoder);
    scs_reader_cleanup(&reader);
    scs_inventory_cleanup(&inventory);
    scs_arena_free(arena);
    return out;
}

static unsigned different, compared;

/* Only the server's packets, and its first reply shows nothing of SCEP: nobody knew then that the connection was worth following.
 */
static bool begins_unknown(const char *path)
{
    return strstr(path, "/cap-one-way-server.pcap") != NULL;
}

static void check(const char *path)
{
    if (begins_unknown(path)) {
        return;
    }
    struct text saved = evidence_of(path, false, SCS_REDACT_STANDARD, false);
    struct text held = evidence_of(path, true, SCS_REDACT_STANDARD, false);
    assert_int_equal(saved.p == NULL, held.p == NULL);
    if (saved.p != NULL) {
        struct text before = packets_in(&saved), after = packets_in(&held);
        if (before.len != after.len || memcmp(before.p, after.p, before.len) != 0) {
            print_error("%s: %zu bytes of evidence from the file, %zu from what was held\n", path, saved.len, held.len);
            different++;
        }
        compared++;
        free(before.p);
        free(after.p);
    }
    free(saved.p);
    free(held.p);
}

/* Catches packets that are not held, and would have been evidence. */
static void test_held_is_enough(void **state)
{
    (void)state;
    different = compared = 0;
    test_every_capture(0, 1, check);
    assert_int_equal(different, 0);
    assert_true(compared > 200);
}

/* Catches keys in a file that is redacted, and a refusal where they are wanted. */
static void test_keys(void **state)
{
    (void)state;
    const char *path = SCEPSCOPE_SOURCE_DIR "/pcaps/near/tls13-dsb.pcapng";
    struct text with = evidence_of(path, false, SCS_REDACT_NONE, true), without = evidence_of(path, true, SCS_REDACT_NONE, false);
    struct text refused = evidence_of(path, true, SCS_REDACT_SECRETS, true);
    assert_non_null(with.p);
    assert_non_null(without.p);
    assert_true(with.len > without.len);
    assert_null(refused.p);
    free(with.p);
    free(without.p);
}

/* Catches a run whose captures were not kept, and that ends in an empty file instead of a sentence. */
static void test_neither_kept_nor_held(void **state)
{
    (void)state;
    struct scs_error err;
    const char *path = SCEPSCOPE_SOURCE_DIR "/pcaps/http-scepclient-ok.pcap";
    struct scs_run *run = scs_run_new(&(struct scs_run_options){.again = false}, &err);
    assert_non_null(run);
    assert_true(scs_run_files(run, &path, 1, &err));
    assert_null(scs_run_held(run));
    struct scs_again *again = scs_run_reopen(run, &err);
    struct scs_packet packets[SCS_BATCH];
    uint64_t num = 0;
    for (size_t n; again != NULL && (n = scs_again_next(again, packets)) != 0;) {
        num += n;
    }
    assert_true(again == NULL || (num == 19 && scs_again_whole(again))); /* a file is there still */
    scs_again_free(again);
    scs_run_free(run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_held_is_enough),
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_neither_kept_nor_held),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
