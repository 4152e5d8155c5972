/* SPDX-License-Identifier: Apache-2.0 */
/* How an evidence file says what it is: the writer writes these words into the section header, the reader knows them. */
#ifndef SCS_CAPTURE_MARKER_H
#define SCS_CAPTURE_MARKER_H

/* shb_userappl begins with it; a version follows. */
#define SCS_EVIDENCE_PROGRAM "scepscope "
/* A line of the section's comment; the level follows: none, secrets, standard, strict. */
#define SCS_EVIDENCE_REDACTED "scepscope-redacted: "

/* In a redacted file, what stands where something was taken away; a body that begins with so many was taken away whole. */
#define SCS_EVIDENCE_BLANK     'x'
#define SCS_EVIDENCE_BLANK_RUN 16u

#endif
