/* SPDX-License-Identifier: Apache-2.0 */
/* Files that follow each other, and what is left of them when writing fails. */
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
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/xalloc.h"
#include "evidence/rotation.h"

#define BEGAN INT64_C(1795342272) /* 2026-11-22 10:11:12 */

static struct {
    char folder[64], path[96];
    int64_t now_s;
} at;

static int make_folder(void **state)
{
    (void)state;
    snprintf(at.folder, sizeof at.folder, "/tmp/test-rotation-XXXXXX");
    at.now_s = BEGAN;
    if (mkdtemp(at.folder) == NULL) {
        return -1;
    }
    snprintf(at.path, sizeof at.path, "%s/e.v1.pcapng", at.folder);
    return 0;
}

/* The names in the folder, in order, with a blank behind each; removes them when told to. */
static void names(char out[512], bool remove_them)
{
    struct dirent **found = NULL;
    int num = scandir(at.folder, &found, NULL, alphasort);
    size_t used = 0;
    out[0] = '\0';
    for (int i = 0; i < num; i++) {
        char path[512];
        if (found[i]->d_name[0] != '.') {
            used += (size_t)snprintf(out + used, 512 - used, "%.64s ", found[i]->d_name);
            snprintf(path, sizeof path, "%s/%.64s", at.folder, found[i]->d_name);
            if (remove_them) {
                unlink(path);
            }
        }
        free(found[i]);
    }
    free(found);
}

static int remove_folder(void **state)
{
    char all[512];
    (void)state;
    names(all, true);
    return rmdir(at.folder);
}

static void check_names(const char *expected)
{
    char all[512];
    names(all, false);
    assert_string_equal(all, expected);
}

static void check_content(const char *path, const char *expected)
{
    char content[256];
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    size_t n = fread(content, 1, sizeof content - 1, f);
    fclose(f);
    content[n] = '\0';
    assert_string_equal(content, expected);
}

static int64_t now_s(void *ctx)
{
    (void)ctx;
    return at.now_s;
}

static struct scs_cursor text(const char *s)
{
    return scs_cursor_of(s, strlen(s));
}

static struct scs_rotation *begin(struct scs_rotation_options o)
{
    struct scs_error err;
    struct scs_cursor head = text("head ");
    o.path = at.path;
    o.now_s = now_s;
    struct scs_rotation *r = scs_rotation_open(&o, &head, &err);
    assert_non_null(r);
    return r;
}

static void next(struct scs_rotation *r)
{
    struct scs_error err;
    struct scs_cursor head = text("head ");
    assert_true(scs_rotation_next(r, &head, &err));
}

static bool add(struct scs_rotation *r, const char *piece)
{
    struct scs_error err;
    struct scs_cursor bytes = text(piece);
    return scs_rotation_add(r, &bytes, &err);
}

/* Catches other names than dumpcap's, a time of the wrong zone, and an extension taken for part of the name. */
static void test_names(void **state)
{
    (void)state;
    struct scs_rotation *r = begin((struct scs_rotation_options){.several = true, .max_bytes = 100});
    assert_true(add(r, "one "));
    at.now_s += 60;
    next(r);
    check_names("e.v1_00001_20261122101112.pcapng e.v1_00002_20261122101212.pcapng ");
    check_content(scs_rotation_path(r), "head ");
    scs_rotation_close(r);
}

/* Catches a size that is exceeded, or a file that is left before it is reached. */
static void test_size(void **state)
{
    (void)state;
    struct scs_rotation *r = begin((struct scs_rotation_options){.several = true, .max_bytes = 15});
    assert_true(scs_rotation_is_empty(r));
    assert_false(scs_rotation_due(r, 1000)); /* larger than any file: it has to go somewhere */
    assert_false(scs_rotation_fits(r, 11));
    assert_true(scs_rotation_fits(r, 10));
    assert_true(add(r, "12345678"));
    assert_false(scs_rotation_is_empty(r));
    assert_false(scs_rotation_due(r, 2));
    assert_true(scs_rotation_due(r, 3));
    scs_rotation_close(r);
}

/* Catches files that are turned while there is nothing in them, or that stay open for ever when the clock was set back. */
static void test_age(void **state)
{
    (void)state;
    struct scs_rotation *r = begin((struct scs_rotation_options){.several = true, .max_s = 60});
    at.now_s = BEGAN + 3600;
    assert_false(scs_rotation_due(r, 5));
    assert_true(add(r, "piece"));
    at.now_s = BEGAN + 59;
    assert_false(scs_rotation_due(r, 5));
    at.now_s = BEGAN + 60;
    assert_true(scs_rotation_due(r, 5));
    at.now_s = BEGAN - 1;
    assert_true(scs_rotation_due(r, 5));
    scs_rotation_close(r);
}

/* Catches a ring that keeps one too many, or removes the newest. */
static void test_oldest_goes(void **state)
{
    (void)state;
    struct scs_rotation *r = begin((struct scs_rotation_options){.several = true, .max_bytes = 10, .max_files = 2});
    for (int i = 0; i < 3; i++) {
        next(r);
    }
    check_names("e.v1_00003_20261122101112.pcapng e.v1_00004_20261122101112.pcapng ");
    scs_rotation_close(r);
    remove_folder(NULL);
    make_folder(NULL);
    r = begin((struct scs_rotation_options){.several = true, .max_bytes = 10, .max_files = 1});
    next(r);
    check_names("e.v1_00002_20261122101112.pcapng ");
    scs_rotation_close(r);
}

/* Catches files that others may read, one that is overwritten without being asked to, and a device that is removed. */
static void test_file(void **state)
{
    (void)state;
    struct scs_error err;
    struct stat st;
    struct scs_cursor head = text("other");
    struct scs_rotation_options o = {.path = at.path, .now_s = now_s};
    struct scs_rotation *r = begin(o);
    assert_int_equal(stat(at.path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_null(scs_rotation_open(&o, &head, &err));
    assert_non_null(strstr(err.text, "exists"));
    check_content(at.path, "head ");
    o.replace = true;
    struct scs_rotation *other = scs_rotation_open(&o, &head, &err);
    assert_non_null(other);
    check_content(at.path, "other");
    assert_true(scs_rotation_due(r, 1)); /* its file is gone */
    scs_rotation_close(other);
    scs_rotation_close(r);
    assert_int_equal(unlink(at.path), 0);
    assert_int_equal(mkfifo(at.path, 0600), 0);
    assert_null(scs_rotation_open(&o, &head, &err));
    assert_non_null(strstr(err.text, "is no file"));
    o.path = "/nonexistent/e.pcapng";
    assert_null(scs_rotation_open(&o, &head, &err));
    assert_non_null(strstr(err.text, "/nonexistent/e.pcapng"));
}

/* Catches a link that is written through. */
static void test_link(void **state)
{
    (void)state;
    struct scs_error err;
    struct scs_cursor head = text("head ");
    char target[128];
    snprintf(target, sizeof target, "%s/target", at.folder);
    FILE *f = fopen(target, "w");
    assert_non_null(f);
    fputs("precious", f);
    fclose(f);
    assert_int_equal(symlink(target, at.path), 0);
    struct scs_rotation_options o = {.path = at.path, .now_s = now_s};
    assert_null(scs_rotation_open(&o, &head, &err));
    o.replace = true;
    struct scs_rotation *r = scs_rotation_open(&o, &head, &err);
    assert_non_null(r);
    scs_rotation_close(r);
    check_content(target, "precious");
    check_content(at.path, "head ");
}

/* Catches a torn end that stays, and writing that does not go on where it was. */
static void test_torn(void **state)
{
    (void)state;
    struct rlimit before, small;
    struct scs_rotation *r = begin((struct scs_rotation_options){.several = false});
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = (struct rlimit){.rlim_cur = 12, .rlim_max = before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    bool added = add(r, "1234 "), torn = add(r, "56789 "), again = add(r, "5678 ");
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_true(added);
    assert_false(torn);
    assert_false(again);
    check_content(at.path, "head 1234 ");
    assert_false(scs_rotation_due(r, 6)); /* there is no other file to go to */
    assert_true(add(r, "56789 "));
    check_content(at.path, "head 1234 56789 ");
    scs_rotation_close(r);
}

/* Catches a ring that stays with a file that may not grow any more, and a new one that is left behind without its head. */
static void test_spoilt_file(void **state)
{
    (void)state;
    struct scs_error err;
    struct scs_cursor head = text("head ");
    struct rlimit before, small;
    struct scs_rotation *r = begin((struct scs_rotation_options){.several = true, .max_bytes = 1000});
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = (struct rlimit){.rlim_cur = 7, .rlim_max = before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    bool torn = add(r, "12345678 "), due = scs_rotation_due(r, 9);
    small.rlim_cur = 3;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    bool begun = scs_rotation_next(r, &head, &err);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_false(torn);
    assert_true(due);
    assert_false(begun);
    check_names("e.v1_00001_20261122101112.pcapng ");
    next(r);
    assert_true(add(r, "12345678 "));
    check_content(scs_rotation_path(r), "head 12345678 ");
    scs_rotation_close(r);
}

/* Catches SIGHUP that parts a file nobody moved, or is not heard by a ring. */
static void test_turn(void **state)
{
    (void)state;
    struct scs_rotation *one = begin((struct scs_rotation_options){.several = false});
    assert_true(add(one, "piece"));
    scs_rotation_turn(one);
    assert_false(scs_rotation_due(one, 5));
    scs_rotation_close(one);
    struct scs_rotation *r = begin((struct scs_rotation_options){.several = true, .max_bytes = 1000});
    scs_rotation_turn(r);
    assert_true(scs_rotation_due(r, 5));
    next(r);
    assert_false(scs_rotation_due(r, 5));
    scs_rotation_close(r);
}

int main(void)
{
#define IN_A_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)
    const struct CMUnitTest tests[] = {
        IN_A_FOLDER(test_names), IN_A_FOLDER(test_size), IN_A_FOLDER(test_age),
        IN_A_FOLDER(test_file),  IN_A_FOLDER(test_link), IN_A_FOLDER(test_oldest_goes),
        IN_A_FOLDER(test_torn),  IN_A_FOLDER(test_turn), IN_A_FOLDER(test_spoilt_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
