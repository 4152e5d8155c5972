/* SPDX-License-Identifier: Apache-2.0 */
#include "bundle/bundle.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/xalloc.h"
#include "bundle/manifest.h"
#include "bundle/zip.h"
#include "platform/platform.h"

#define CHUNK 65536u

static const struct {
    const char *format, *name;
} reports[] = {{"html", "report.html"}, {"markdown", "report.md"}, {"json", "report.json"}};

#define NUM_REPORTS (sizeof reports / sizeof reports[0])

struct bundling {
    const struct scs_bundle_options *o;
    struct scs_zip *zip;
    struct scs_bundle_member members[NUM_REPORTS + 1];
    uint32_t num_members;
    struct scs_error *err;
};

/* Size and digest of what was written to a temporary file. */
static bool measure(FILE *file, struct scs_bundle_member *member)
{
    unsigned char *chunk = scs_xmalloc(CHUNK), digest[EVP_MAX_MD_SIZE];
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    bool ok = md != NULL && EVP_DigestInit_ex(md, EVP_sha256(), NULL) == 1;
    rewind(file);
    for (size_t n; ok && (n = fread(chunk, 1, CHUNK, file)) != 0;) {
        ok = EVP_DigestUpdate(md, chunk, n) == 1;
        member->bytes += n;
    }
    ok = ok && !ferror(file) && EVP_DigestFinal_ex(md, digest, NULL) == 1;
    if (ok) {
        scs_text_hex(digest, SCS_SHA256_LEN, member->sha256);
    }
    EVP_MD_CTX_free(md);
    free(chunk);
    return ok;
}

static bool cannot_write(struct bundling *b, const char *name)
{
    return scs_error_set(b->err, "%s of the bundle could not be written: %s", name, strerror(errno));
}

/* Puts what stands in the temporary file into the archive. */
static bool put(struct bundling *b, const char *name, FILE *file)
{
    struct scs_bundle_member *member = &b->members[b->num_members++];
    *member = (struct scs_bundle_member){.name = name};
    errno = 0;
    return (fflush(file) == 0 && measure(file, member) && scs_zip_add(b->zip, name, file)) || cannot_write(b, name);
}

static bool put_report(struct bundling *b, const struct scs_reporter *reporter, const char *name)
{
    FILE *file = scs_platform_scratch_file(b->err);
    if (file == NULL) {
        return false;
    }
    errno = 0;
    bool ok = (reporter->write(b->o->report, file) || cannot_write(b, name)) && put(b, name, file);
    fclose(file);
    return ok;
}

static bool put_evidence(struct bundling *b)
{
    FILE *file = scs_platform_scratch_file(b->err);
    if (file == NULL) {
        return false;
    }
    bool ok = scs_evidence_write(b->o->evidence, file, b->err) && put(b, "evidence.pcapng", file);
    fclose(file);
    return ok;
}

/* Last, because it names the others; it does not name itself. */
static bool put_manifest(struct bundling *b)
{
    FILE *file = scs_platform_scratch_file(b->err);
    if (file == NULL) {
        return false;
    }
    errno = 0;
    bool ok = (scs_manifest_write(b->o, b->members, b->num_members, file) && scs_zip_add(b->zip, "manifest.json", file)) ||
              cannot_write(b, "manifest.json");
    fclose(file);
    return ok;
}

bool scs_bundle_write(const struct scs_bundle_options *o, FILE *out, struct scs_error *err)
{
    struct bundling b = {.o = o, .err = err, .zip = scs_zip_open(out, o->report->model->capture->last_ns)};
    bool ok = true;
    for (size_t i = 0; ok && i < NUM_REPORTS; i++) {
        ok = put_report(&b, scs_reporter_by_name(reports[i].format), reports[i].name);
    }
    ok = ok && put_evidence(&b) && put_manifest(&b);
    errno = 0;
    bool closed = scs_zip_close(b.zip);
    return ok && (closed || cannot_write(&b, "the directory"));
}
