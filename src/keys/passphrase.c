/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/passphrase.h"

#include <openssl/crypto.h>
#include <openssl/ui.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "platform/platform.h"

static bool starts(const char *source, const char *prefix, const char **rest)
{
    size_t n = strlen(prefix);
    *rest = source + n;
    return strncmp(source, prefix, n) == 0;
}

bool scs_passphrase_check(const char *source, struct scs_error *err)
{
    const char *rest;
    uint64_t fd;
    bool ok = strcmp(source, "prompt") == 0 ||
              ((starts(source, "file:", &rest) || starts(source, "env:", &rest)) && *rest != '\0') ||
              (starts(source, "fd:", &rest) && scs_text_u64(rest, 65535, &fd));
    return ok || scs_error_set(err, "--key-pass: give prompt, file:PATH, env:NAME or fd:N, never the passphrase itself");
}

/* The first line. */
static bool read_line(struct scs_passphrase_source *p, int fd, struct scs_error *err)
{
    size_t have = 0;
    ptrdiff_t n = 1;
    while (n > 0 && have < sizeof p->text && memchr(p->text, '\n', have) == NULL) {
        n = scs_platform_read(fd, p->text + have, sizeof p->text - have, err);
        have += n > 0 ? (size_t)n : 0;
    }
    const char *end = memchr(p->text, '\n', have);
    p->len = (int)(end != NULL ? (size_t)(end - p->text) : have);
    p->len -= p->len > 0 && p->text[p->len - 1] == '\r';
    return n >= 0;
}

static bool read_file(struct scs_passphrase_source *p, const char *path, struct scs_error *err)
{
    int fd = scs_platform_open(path, err);
    if (fd < 0) {
        return false;
    }
    bool ok = read_line(p, fd, err);
    scs_platform_close(fd);
    return ok;
}

static bool read_variable(struct scs_passphrase_source *p, const char *name, struct scs_error *err)
{
    const char *value = getenv(name);
    size_t len = value == NULL ? 0 : strlen(value);
    if (value == NULL || len > sizeof p->text) {
        return scs_error_set(
            err, value == NULL ? "--key-pass env:%s: there is no such variable" : "--key-pass env:%s: the passphrase is too long",
            name);
    }
    memcpy(p->text, value, len);
    p->len = (int)len;
    return true;
}

static bool read_source(struct scs_passphrase_source *p, struct scs_error *err)
{
    const char *rest;
    uint64_t fd;
    if (starts(p->source, "file:", &rest)) {
        return read_file(p, rest, err);
    }
    if (starts(p->source, "env:", &rest)) {
        return read_variable(p, rest, err);
    }
    return starts(p->source, "fd:", &rest) && scs_text_u64(rest, 65535, &fd) && read_line(p, (int)fd, err);
}

static int prompt(const char *path, char *out, size_t max, struct scs_error *err)
{
    if (!scs_platform_has_console()) {
        scs_error_set(err, "%s is encrypted and there is no terminal to ask for its passphrase; use --key-pass file:PATH", path);
        return -1;
    }
    char *question = UI_construct_prompt(NULL, "passphrase", path);
    int failed = question == NULL || UI_UTIL_read_pw_string(out, (int)max, question, 0) != 0;
    OPENSSL_free(question);
    if (failed) {
        scs_error_set(err, "%s is encrypted and no passphrase was entered", path);
        return -1;
    }
    return (int)strlen(out);
}

int scs_passphrase_get(void *ctx, const char *path, char *out, size_t max, struct scs_error *err)
{
    struct scs_passphrase_source *p = ctx;
    if (strcmp(p->source, "prompt") == 0) {
        return prompt(path, out, max, err);
    }
    if (!p->known) {
        p->known = read_source(p, err);
    }
    if (!p->known || (size_t)p->len > max) {
        return -1;
    }
    memcpy(out, p->text, (size_t)p->len);
    return p->len;
}

void scs_passphrase_cleanse(struct scs_passphrase_source *p)
{
    OPENSSL_cleanse(p->text, sizeof p->text);
    p->known = false;
}
