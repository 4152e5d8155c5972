/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which packets are evidence. The unit is the TCP connection, whole: a reader of the file must find handshakes, keys and
 * acknowledgements where they were. Chosen are
 *   - the connections of every finding: its exchange, the other exchanges of its enrolment, calls of the policy module;
 *     of a note (info) the first SCS_EVIDENCE_NOTES occurrences, for a healthy enrolment is what a failed one is held
 *     against, but a thousand of them are no evidence;
 *   - the last GetCACaps, GetCACert and challenge page of the server before each of these, which the findings rely on;
 *   - every frame that a finding names, and the TCP connection it belongs to: look-ups, revocation lists, the CA's side;
 *   - of what NDES asked of its CA all that failed, and the first SCS_EVIDENCE_NOTES calls that did not;
 *   - look-ups of the exchanges chosen, ICMP errors about the connections chosen, IP fragments of them.
 * Without any finding every SCEP connection is chosen.
 */
#ifndef SCS_EVIDENCE_SELECT_H
#define SCS_EVIDENCE_SELECT_H

#include "scepscope/packet.h"
#include "scepscope/rule.h"

#define SCS_EVIDENCE_NOTES 16u

struct scs_selection;

enum scs_scope_of_evidence {
    SCS_EVIDENCE_OF_FINDINGS,  /* as above */
    SCS_EVIDENCE_OF_EXCHANGES, /* the connections of all exchanges besides */
    SCS_EVIDENCE_SO_FAR,       /* the same while packets come: nothing is chosen for want of better */
};

/* scs_selection_new chooses from the model, which is borrowed. */
struct scs_selection *scs_selection_new(const struct scs_model *m, enum scs_scope_of_evidence scope);
void scs_selection_free(struct scs_selection *s); /* NULL is fine */

/*
 * One connection of the evidence: of the model, or one that only a frame pointed to (`connection` NULL). Number `id`, from
 * 0, is the same in every pass.
 */
struct scs_selected {
    uint32_t id;
    const struct scs_connection *connection;
    struct scs_endpoint low, high; /* of the pair, in the order of scs_selection_find's own */
    int64_t opened_ns, last_ns;
    bool chosen;
};

/* scs_selection_frame: a finding names this frame. */
bool scs_selection_frame(const struct scs_selection *s, scs_frame frame);
/* scs_selection_find: the chosen connection between these two at this time; NULL. */
const struct scs_selected *scs_selection_find(const struct scs_selection *s, const struct scs_endpoint *a,
                                              const struct scs_endpoint *b, int64_t ts_ns);
/* scs_selection_of: the chosen connection whose segment this is, of TCP or QUIC; NULL. `seg` may be NULL. */
const struct scs_selected *scs_selection_of(const struct scs_selection *s, const struct scs_segment *seg);
/* scs_selection_hosts: some chosen connection runs between these two addresses. */
bool scs_selection_hosts(const struct scs_selection *s, const struct scs_addr *a, const struct scs_addr *b);
/* scs_selection_wants: the segment (TCP, ICMP error, DNS) is evidence. */
bool scs_selection_wants(const struct scs_selection *s, const struct scs_segment *seg);
/*
 * scs_selection_add chooses the TCP connection of a named frame, whole, or the look-up that gave a chosen connection its
 * server's address; false when the segment is neither. To be called in a pass of its own for what is not wanted; what it
 * adds counts once scs_selection_settle was called.
 */
bool scs_selection_add(struct scs_selection *s, const struct scs_segment *seg);
void scs_selection_settle(struct scs_selection *s);
/* scs_selection_all gives every connection it knows, chosen or not. */
const struct scs_selected *scs_selection_all(const struct scs_selection *s, uint32_t *num);

#endif
