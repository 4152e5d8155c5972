/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Evidence written while packets come: the connections of every exchange that ended, and what the findings so far speak of, as
 * select.h says, from what the run holds. Each packet is written once, as the files of evidence.h have it: findings as comments
 * on its frames, redacted, TLS secrets before it where they are asked for.
 *
 *   order     One look's packets are in order of time; those of one connection always are. Files of a ring can be read together.
 *   whole     What is in a connection behind its last exchange that ended waits until that is known, too, so that a message is
 *             scrubbed as a whole. Files end with whole blocks, whatever becomes of the process or the disk.
 *   trouble   A disk that is full is said once. The packets wait in memory, and are written when there is room; that is said,
 * too.
 */
#ifndef SCS_EVIDENCE_RING_H
#define SCS_EVIDENCE_RING_H

#include "evidence/rotation.h"
#include "report/redact.h"
#include "scepscope/scepscope.h"

struct scs_ring_options {
    struct scs_rotation_options files;
    struct scs_redactor *redactor; /* of the session: its level holds, and its tokens are those of the session's reports */
    const char *lang;              /* of the findings in the comments */
    bool embed_keys;               /* put the TLS secrets in; only with SCS_REDACT_NONE */
    void (*said)(void *ctx, const char *sentence); /* that writing failed, and that it goes on; NULL */
    void *said_ctx;
};

struct scs_ring;

/* scs_ring_open begins the first file; texts but the path are borrowed. NULL with `err` set. */
struct scs_ring *scs_ring_open(const struct scs_ring_options *o, struct scs_error *err);
/* scs_ring_descriptor: of the file that is open, for whoever is to own it. */
int scs_ring_descriptor(const struct scs_ring *r);
/*
 * scs_ring_look writes what may be written by now. `run` holds packets (scs_run_hold), `m` is what scs_run_look or scs_run_finish
 * gave last; `over`: it was the latter, and nothing is waited for.
 */
void scs_ring_look(struct scs_ring *r, struct scs_run *run, const struct scs_model *m, bool over);
/* scs_ring_behind: the last look could not write everything. It is worth another one even when nothing ended since. */
bool scs_ring_behind(const struct scs_ring *r);
/* scs_ring_reopen, for SIGHUP: what comes next goes to the next file, or to a new one of the name if the file was moved. */
void scs_ring_reopen(struct scs_ring *r);
void scs_ring_close(struct scs_ring *r); /* NULL is fine */
/* scs_ring_abandon closes one that nothing was written to, and leaves no file behind. NULL is fine. */
void scs_ring_abandon(struct scs_ring *r);

#endif
