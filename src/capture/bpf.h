/* SPDX-License-Identifier: Apache-2.0 */
/* Capture filters (-f) on packets of our own reading: libpcap compiles and runs them. */
#ifndef SCS_CAPTURE_BPF_H
#define SCS_CAPTURE_BPF_H

#include "scepscope/packet.h"
#include "scepscope/status.h"

struct scs_bpf;

/* scs_bpf_new copies the expression. NULL with `err` set when it compiles for no common link type. */
struct scs_bpf *scs_bpf_new(const char *expression, struct scs_error *err);
void scs_bpf_free(struct scs_bpf *b); /* NULL is fine */
/*
 * scs_bpf_matches compiles the expression when it meets a link type first. Where that fails, as "ether
 * host" does on raw IP, none of the type's packets match, and *out_why is set, once, to libpcap's reason.
 */
bool scs_bpf_matches(struct scs_bpf *b, const struct scs_packet *p, const char **out_why);

#endif
