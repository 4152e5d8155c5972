/* SPDX-License-Identifier: Apache-2.0 */
/* Community ID, version 1: one name for a flow in every tool. github.com/corelight/community-id-spec. */
#ifndef SCS_REPORT_COMMUNITY_ID_H
#define SCS_REPORT_COMMUNITY_ID_H

#include "scepscope/net.h"

/* "1:" and the base64 of a SHA-1, with the terminator. */
#define SCS_COMMUNITY_ID_TEXT 31

/*
 * scs_community_id writes the ID of the flow between `a` and `b`, the same for both directions, with seed 0.
 * `proto` is the IP protocol: 6 TCP, 17 UDP. False when the addresses are not of one family.
 */
bool scs_community_id(const struct scs_endpoint *a, const struct scs_endpoint *b, uint8_t proto, char out[SCS_COMMUNITY_ID_TEXT]);

#endif
