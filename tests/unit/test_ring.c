/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence written while packets come tells what the capture tells. */
#include <dirent.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/xalloc.h"
#include "every_capture.h"
#include "evidence/ring.h"
#include "report/finding.h"
#include "run/run.h"

#define MOST_FILES 512u

static struct {
    char folder[64], path[96];
    char said[256];
    unsigned times_said, different;
} at;

static int make_folder(void **state)
{
    (void)state;
    snprintf(at.folder, sizeof at.folder, "/tmp/test-ring-XXXXXX");
    if (mkdtemp(at.folder) == NULL) {
        return -1;
    }
    snprintf(at.path, sizeof at.path, "%s/e.pcapng", at.folder);
    at.times_said = 0;
    return 0;
}

/* The files of the folder, in their order; to be freed one by one. */
static uint32_t list(const char *out[MOST_FILES])
{
    struct dirent **found = NULL;
    int num = scandir(at.folder, &found, NULL, alphasort);
    uint32_t files = 0;
    for (int i = 0; i < num; i++) {
        if (found[i]->d_name[0] != '.' && files < MOST_FILES) {
            struct scs_buf b;
            scs_buf_init(&b, 512);
            scs_buf_printf(&b, "%s/%s", at.folder, found[i]->d_name);
            out[files++] = scs_xstrdup(scs_buf_cstr(&b));
            scs_buf_cleanup(&b);
        }
        free(found[i]);
    }
    free(found);
    return files;
}

static void forget(const char *const *files, uint32_t num, bool remove_them)
{
    for (uint32_t i = 0; i < num; i++) {
        if (remove_them) {
            unlink(files[i]);
        }
        free((void *)(uintptr_t)files[i]);
    }
}

static void empty_folder(void)
{
    const char *files[MOST_FILES];
    forget(files, list(files), true);
}

static int remove_folder(void **state)
{
    (void)state;
    empty_folder();
    return rmdir(at.folder);
}

static int64_t now_s(void *ctx)
{
    (void)ctx;
    return 1795342272; /* 2026-11-22 10:11:12 */
}

static void said(void *ctx, const char *sentence)
{
    (void)ctx;
    snprintf(at.said, sizeof at.said, "%s", sentence);
    at.times_said++;
}

static struct scs_redactor *redactor_at(enum scs_redaction level)
{
    static const uint8_t key[32] = {7};
    return scs_redactor_new(level, key);
}

static struct scs_ring *ring_of(struct scs_redactor *redactor, uint64_t max_bytes)
{
    struct scs_error err;
    struct scs_ring *ring = scs_ring_open(
        &(struct scs_ring_options){.files = {.path = at.path, .several = max_bytes != 0, .max_bytes = max_bytes, .now_s = now_s},
                                   .redactor = redactor,
                                   .lang = "en",
                                   .embed_keys = scs_redactor_level(redactor) == SCS_REDACT_NONE,
                                   .said = said},
        &err);
    assert_non_null(ring);
    return ring;
}

/* Findings in short, one a line. To be freed. Copies that packet ids tell of are not taken over into evidence. */
static char *findings_of(const struct scs_model *m)
{
    struct scs_buf b;
    scs_buf_init(&b, 1u << 20);
    for (uint32_t i = 0; i < m->num_findings; i++) {
        const struct scs_finding *f = m->findings[i];
        if (strcmp(f->id, "cap-dup") != 0) {
            scs_buf_printf(&b, "%s %s %u\n", f->id, scs_severity_name(f->severity), f->count);
        }
    }
    char *text = scs_xstrdup(scs_buf_cstr(&b));
    scs_buf_cleanup(&b);
    return text;
}

static char *read_files(const char *const *paths, uint32_t num)
{
    struct scs_error err;
    struct scs_run *run = scs_run_new(&(struct scs_run_options){.num_paths = 0}, &err);
    assert_non_null(run);
    if (!scs_run_files(run, paths, num, &err)) {
        scs_run_free(run);
        return NULL;
    }
    const struct scs_model *m = scs_run_finish(run);
    char *text = findings_of(m);
    for (uint32_t i = 0; i < m->capture->num_files; i++) {
        assert_int_equal(m->capture->files[i].num_problems, 0);
    }
    scs_run_free(run);
    return text;
}

/* Reads a capture with a ring of that size beside it, and a look after every few batches; NULL: it is no capture. */
static char *capture_with_ring(const char *path, struct scs_redactor *redactor, uint64_t max_bytes)
{
    struct scs_error err;
    struct scs_run *run = scs_run_new(&(struct scs_run_options){.num_paths = 0}, &err);
    assert_non_null(run);
    scs_run_hold(run);
    if (!scs_run_open(run, &path, 1, &err)) {
        scs_run_free(run);
        return NULL;
    }
    struct scs_ring *ring = ring_of(redactor, max_bytes);
    for (uint64_t batches = 1; scs_run_step(run); batches++) {
        if (batches < 16 || batches % 16 == 0) {
            scs_ring_look(ring, run, scs_run_look(run), false);
        }
    }
    const struct scs_model *m = scs_run_finish(run);
    char *text = findings_of(m);
    scs_ring_look(ring, run, m, true);
    assert_false(scs_ring_behind(ring));
    scs_ring_close(ring);
    scs_run_free(run);
    return text;
}

static void check(const char *path)
{
    struct scs_redactor *redactor = redactor_at(SCS_REDACT_NONE);
    const char *files[MOST_FILES];
    char *before = capture_with_ring(path, redactor, 16000);
    if (before != NULL) {
        uint32_t num = list(files);
        char *after = read_files(files, num);
        assert_non_null(after);
        if (strcmp(before, after) != 0) {
            print_error("%s, in %u files:\n%s\nbecame\n%s\n", path, num, before, after);
            at.different++;
        }
        forget(files, num, true);
        free(after);
    }
    free(before);
    scs_redactor_free(redactor);
}

/* Catches packets that are left out, written twice, in the wrong order or to the wrong interface, in whatever capture. */
static void test_tells_the_same(void **state)
{
    (void)state;
    test_every_capture(0, 1, check);
    assert_int_equal(at.different, 0);
}

/* What a ring at this level wrote of a capture, in one buffer. To be freed. */
static struct scs_buf written(const char *capture, enum scs_redaction level)
{
    struct scs_redactor *redactor = redactor_at(level);
    const char *files[MOST_FILES];
    struct scs_buf all;
    free(capture_with_ring(capture, redactor, 0));
    scs_buf_init(&all, 1u << 24);
    uint32_t num = list(files);
    assert_int_equal(num, 1);
    FILE *in = fopen(files[0], "rb");
    assert_non_null(in);
    for (int c; (c = getc(in)) != EOF;) {
        scs_buf_byte(&all, (uint8_t)c);
    }
    fclose(in);
    forget(files, num, true);
    scs_redactor_free(redactor);
    return all;
}

static bool holds(const struct scs_buf *b, const char *text)
{
    struct scs_cursor c = scs_buf_cursor(b);
    return scs_cursor_find(&c, text) != SIZE_MAX;
}

#define CAPTURE SCEPSCOPE_SOURCE_DIR "/pcaps/http-scepclient-ok.pcap"

/* Catches names that show because a message was scrubbed before it was whole, and requests that are blank for the same reason. */
static void test_redacted(void **state)
{
    (void)state;
    struct scs_buf clear = written(CAPTURE, SCS_REDACT_NONE), standard = written(CAPTURE, SCS_REDACT_STANDARD);
    assert_true(holds(&clear, "SCEP SIGNER"));
    assert_false(holds(&standard, "SCEP SIGNER"));
    assert_true(holds(&standard, "GET /scep?operation=GetCACert HTTP/1.1"));
    assert_true(holds(&standard, "SCEP CA")); /* CAs are not hidden */
    assert_true(holds(&standard, "scepscope-redacted: standard"));
    scs_buf_cleanup(&clear);
    scs_buf_cleanup(&standard);
}

/* Catches keys that are put beside what was redacted so that nobody reads it. */
static void test_no_keys_when_redacted(void **state)
{
    (void)state;
    struct scs_error err;
    struct scs_redactor *redactor = redactor_at(SCS_REDACT_STANDARD);
    assert_null(scs_ring_open(
        &(struct scs_ring_options){
            .files = {.path = at.path, .now_s = now_s}, .redactor = redactor, .lang = "en", .embed_keys = true},
        &err));
    assert_non_null(strstr(err.text, "--embed-keys"));
    scs_redactor_free(redactor);
}

/* Catches a ring that leaves an empty file of a capture that never began. */
static void test_abandoned(void **state)
{
    (void)state;
    struct scs_redactor *redactor = redactor_at(SCS_REDACT_NONE);
    const char *files[MOST_FILES];
    scs_ring_abandon(ring_of(redactor, 0));
    assert_int_equal(list(files), 0);
    scs_ring_abandon(NULL);
    scs_redactor_free(redactor);
}

/* Catches a full disk that is told of at every look, a file that ends with half a block, and packets that are lost over it. */
static void test_full(void **state)
{
    (void)state;
    struct scs_error err;
    struct rlimit before, small;
    const char *capture = CAPTURE, *path = at.path;
    struct scs_redactor *redactor = redactor_at(SCS_REDACT_NONE);
    struct scs_run *run = scs_run_new(&(struct scs_run_options){.num_paths = 0}, &err);
    assert_non_null(run);
    scs_run_hold(run);
    assert_true(scs_run_files(run, &capture, 1, &err));
    const struct scs_model *m = scs_run_finish(run);
    char *expected = findings_of(m);
    struct scs_ring *ring = ring_of(redactor, 0);
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = (struct rlimit){.rlim_cur = 6000, .rlim_max = before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    for (int i = 0; i < 3; i++) {
        scs_ring_look(ring, run, m, true);
        assert_true(scs_ring_behind(ring));
        char *meanwhile = read_files(&path, 1);
        assert_non_null(meanwhile);
        free(meanwhile);
    }
    assert_int_equal(at.times_said, 1);
    assert_non_null(strstr(at.said, "the capture goes on"));
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    scs_ring_look(ring, run, m, true);
    assert_false(scs_ring_behind(ring));
    assert_int_equal(at.times_said, 2);
    assert_non_null(strstr(at.said, "written again"));
    scs_ring_close(ring);
    char *after = read_files(&path, 1);
    assert_string_equal(after, expected);
    free(after);
    free(expected);
    scs_run_free(run);
    scs_redactor_free(redactor);
}

int main(void)
{
#define IN_A_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)
    const struct CMUnitTest tests[] = {
        IN_A_FOLDER(test_tells_the_same), IN_A_FOLDER(test_redacted), IN_A_FOLDER(test_no_keys_when_redacted),
        IN_A_FOLDER(test_abandoned),      IN_A_FOLDER(test_full),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
