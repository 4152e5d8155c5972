/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which packets are written, and with which bytes. Every packet is taken in its order, once more when that was not enough, and
 * only then the first is written: what lies across packets has to be scrubbed as a whole, and keys stand before what they open.
 */
#ifndef SCS_EVIDENCE_CHOICE_H
#define SCS_EVIDENCE_CHOICE_H

#include "evidence/embed.h"
#include "evidence/scrub_packet.h"
#include "evidence/select.h"
#include "report/redact.h"

struct scs_choice_options {
    const struct scs_model *model;
    enum scs_scope_of_evidence scope;
    struct scs_redactor *redactor;     /* of this model: its level, key and map */
    const struct scs_secrets *secrets; /* NULL: no keys are put in */
};

struct scs_choice {
    struct scs_selection *selection;
    struct scs_embed embed; /* the keys of what was chosen; without secrets it stays empty */
    uint64_t taken, chosen;
    uint64_t met; /* for whoever asks of one packet after the other: how many */
    /* private: */
    struct scs_packet_scrub scrub; /* with disguise NULL nothing is hidden */
    struct scs_images *images;
    struct scs_fragments *fragments;
    uint8_t *bits; /* a bit for each packet taken */
    uint64_t room;
    uint8_t *seen; /* of each connection, by its id: enum in choice.c */
    uint32_t num_seen;
    bool again, settled;
    uint8_t *altered;
};

/* scs_choice_init borrows everything. */
void scs_choice_init(struct scs_choice *c, const struct scs_choice_options *o);
void scs_choice_cleanup(struct scs_choice *c); /* zeroed is fine */
/*
 * scs_choice_take looks at the next packet, and at what was decoded of it; `seg` NULL: nothing. `before`: it was written before,
 * and its keys with it.
 */
void scs_choice_take(struct scs_choice *c, const struct scs_packet *packet, const struct scs_segment *seg, bool before);
/* scs_choice_again, after the last packet: true when all have to be taken once more, from the first one on. */
bool scs_choice_again(struct scs_choice *c);
/* scs_choice_made ends the choosing; what follows is asked only after it. */
void scs_choice_made(struct scs_choice *c);
/* scs_choice_has: the packet that was taken as number `at`, from 0, is to be written. */
bool scs_choice_has(const struct scs_choice *c, uint64_t at);
/* scs_choice_bytes gives the bytes of a chosen packet as they are shown, cap_len of them; valid until the next call. */
const uint8_t *scs_choice_bytes(struct scs_choice *c, const struct scs_packet *packet, const struct scs_segment *seg);

#endif
