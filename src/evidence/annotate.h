/* SPDX-License-Identifier: Apache-2.0 */
/* What an evidence file says in words: comments on frames, and about the file as a whole. */
#ifndef SCS_EVIDENCE_ANNOTATE_H
#define SCS_EVIDENCE_ANNOTATE_H

#include "base/buf.h"
#include "report/redact.h"
#include "scepscope/model.h"

/* Findings that one frame is evidence of; more are not told there. */
#define SCS_MAX_FRAME_COMMENTS 16u

struct scs_annotator;

/* scs_annotator_new: everything is borrowed. */
struct scs_annotator *scs_annotator_new(const struct scs_model *m, struct scs_redactor *r, const char *lang);
void scs_annotator_free(struct scs_annotator *a); /* NULL is fine */
/*
 * scs_annotator_frame gives the comments of a frame, one for each finding that names it: "http-414 (error): TITLE
 * [frame 1201 of ndes01.pcapng]". They last until the next call.
 */
uint32_t scs_annotator_frame(struct scs_annotator *a, scs_frame frame, const char *out[SCS_MAX_FRAME_COMMENTS]);

struct scs_annotator_counts {
    uint64_t packets, kept; /* analysed, and written */
    uint64_t gone;          /* of a live capture: might have been written, and had left memory by then */
    bool keys;              /* TLS secrets are in the file */
};

/* scs_annotator_section appends what the section header says: tool, inputs, redaction, what is not in the file. */
void scs_annotator_section(struct scs_annotator *a, const struct scs_annotator_counts *counts, struct scs_buf *out);

/* scs_annotate_ring is the same for files that are written while packets come: what is in them is not known when they are begun.
 */
void scs_annotate_ring(const struct scs_redactor *r, bool keys, struct scs_buf *out);

#endif
