/* SPDX-License-Identifier: Apache-2.0 */
#include "evidence/annotate.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "capture/marker.h"
#include "report/finding.h"
#include "scepscope/scepscope.h"

struct named {
    scs_frame frame;
    uint32_t finding;
};

struct scs_annotator {
    const struct scs_model *m;
    struct scs_redactor *redactor;
    const char *lang;
    struct named *named; /* by frame, then by finding */
    size_t num;
    struct scs_buf texts[SCS_MAX_FRAME_COMMENTS];
};

#define MAX_COMMENT_TEXT 2048u

static int by_frame(const void *x, const void *y)
{
    const struct named *a = x, *b = y;
    if (a->frame != b->frame) {
        return a->frame < b->frame ? -1 : 1;
    }
    return (a->finding > b->finding) - (a->finding < b->finding);
}

struct scs_annotator *scs_annotator_new(const struct scs_model *m, struct scs_redactor *r, const char *lang)
{
    struct scs_annotator *a = scs_xcalloc(1, sizeof *a);
    size_t num = 0;
    for (uint32_t i = 0; i < m->num_findings; i++) {
        num += m->findings[i]->num_frames;
    }
    *a = (struct scs_annotator){.m = m, .redactor = r, .lang = lang, .named = scs_xcalloc(num + 1, sizeof *a->named)};
    for (uint32_t i = 0; i < m->num_findings; i++) {
        for (uint32_t k = 0; k < m->findings[i]->num_frames; k++) {
            a->named[a->num++] = (struct named){.frame = m->findings[i]->frames[k], .finding = i};
        }
    }
    if (a->num > 1) {
        qsort(a->named, a->num, sizeof *a->named, by_frame);
    }
    for (size_t i = 0; i < SCS_MAX_FRAME_COMMENTS; i++) {
        scs_buf_init(&a->texts[i], MAX_COMMENT_TEXT);
    }
    return a;
}

void scs_annotator_free(struct scs_annotator *a)
{
    if (a != NULL) {
        for (size_t i = 0; i < SCS_MAX_FRAME_COMMENTS; i++) {
            scs_buf_cleanup(&a->texts[i]);
        }
        free(a->named);
        free(a);
    }
}

/* The file's own name says enough; its folder may name a person. */
static const char *file_name(const struct scs_annotator *a, unsigned file)
{
    const char *path = file < a->m->capture->num_files ? a->m->capture->files[file].path : "?";
    const char *slash = strrchr(path, '/');
    if (strcmp(path, "-") == 0) {
        return "standard input";
    }
    return scs_redact_payload(a->redactor, slash != NULL && slash[1] != '\0' ? slash + 1 : path);
}

uint32_t scs_annotator_frame(struct scs_annotator *a, scs_frame frame, const char *out[SCS_MAX_FRAME_COMMENTS])
{
    size_t low = 0, high = a->num;
    uint32_t num = 0;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (a->named[middle].frame < frame) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    for (; low < a->num && a->named[low].frame == frame && num < SCS_MAX_FRAME_COMMENTS; low++) {
        const struct scs_finding *f = a->m->findings[a->named[low].finding];
        const struct scs_finding_text *text = scs_text_find(a->lang, f->id);
        struct scs_buf *b = &a->texts[num];
        scs_buf_clear(b);
        scs_buf_printf(b, "%s (%s): %s [frame %llu of %s]", f->id, scs_severity_name(f->severity),
                       text != NULL ? text->title : "", (unsigned long long)SCS_FRAME_NUMBER(frame),
                       file_name(a, SCS_FRAME_FILE(frame)));
        out[num++] = scs_buf_cstr(b);
    }
    scs_redactor_forget(a->redactor);
    return num;
}

/* What was altered, so that nobody takes an altered byte for evidence. */
static const char *alterations(enum scs_redaction level)
{
    switch (level) {
    case SCS_REDACT_NONE:
        return "Nothing was altered: passwords and names are as they were captured.\n";
    case SCS_REDACT_SECRETS:
        return "Altered: challenges, passwords, cookies and credentials are overwritten; names and addresses are as captured.\n";
    case SCS_REDACT_STANDARD:
        return "Altered: secrets, names of people and devices, public addresses and MAC addresses are overwritten with tokens of "
               "the same length, and what could not be read. Signatures over altered bytes do not verify.\n";
    default:
        return "Altered: secrets, names, hosts, addresses and contents are overwritten with tokens of the same length. "
               "Signatures and digests do not verify.\n";
    }
}

static void tell_alterations(enum scs_redaction level, bool keys, struct scs_buf *out)
{
    scs_buf_printf(out, "%s%s\n%s", SCS_EVIDENCE_REDACTED, scs_redaction_name(level), alterations(level));
    if (keys) {
        scs_buf_text(out, "The TLS secrets of these connections are in the file: whoever has it can read them.\n");
    }
}

void scs_annotate_ring(const struct scs_redactor *r, bool keys, struct scs_buf *out)
{
    scs_buf_printf(
        out,
        "Evidence written by scepscope %s while it captured: the TCP connections of SCEP exchanges that ended, and what "
        "its findings speak of; what it found later stands in its report only.\n",
        SCS_VERSION);
    tell_alterations(scs_redactor_level(r), keys, out);
}

void scs_annotator_section(struct scs_annotator *a, const struct scs_annotator_counts *counts, struct scs_buf *out)
{
    const struct scs_capture_facts *capture = a->m->capture;
    scs_buf_printf(out,
                   "Evidence written by scepscope %s: the TCP connections of the exchanges that its findings speak of, whole, "
                   "and the frames that they name.\n",
                   SCS_VERSION);
    tell_alterations(scs_redactor_level(a->redactor), counts->keys, out);
    scs_buf_printf(out, "%llu of %llu packets; the others were left out.\n", (unsigned long long)counts->kept,
                   (unsigned long long)counts->packets);
    if (counts->gone != 0) {
        scs_buf_printf(out, "Evidence was held in memory while capturing: %llu older packets had to leave it before.\n",
                       (unsigned long long)counts->gone);
    }
    for (uint32_t i = 0; i < capture->num_files; i++) {
        const struct scs_capture_file *f = &capture->files[i];
        scs_buf_printf(out, "From %s: %s, %llu packets%s\n", file_name(a, i), f->format, (unsigned long long)f->packets,
                       f->complete ? "" : ", damaged or cut short");
    }
    scs_redactor_forget(a->redactor);
}
