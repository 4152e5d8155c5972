/* SPDX-License-Identifier: Apache-2.0 */
/* What stands before the IP header: Ethernet, tags, PPPoE, Linux cooked, loopback families, Wi-Fi. */
#ifndef SCS_DISSECTORS_LINK_H
#define SCS_DISSECTORS_LINK_H

#include "scepscope/cursor.h"

enum scs_ethertype { SCS_ETHERTYPE_NONE = 0, SCS_ETHERTYPE_IPV4 = 0x0800, SCS_ETHERTYPE_IPV6 = 0x86dd };

/*
 * scs_link_strip moves `c` from the first byte of a frame to what the frame carries and says in
 * `out_ethertype` what that is; SCS_ETHERTYPE_NONE where no ethertype names it. SCS_MORE: the frame ends
 * inside its link header. SCS_UNSUPPORTED: a link type this program does not read. SCS_LIMIT: more
 * nested tags than SCS_MAX_NESTED_HEADERS. Unless SCS_OK, `c` is of no use.
 */
enum scs_status scs_link_strip(uint16_t link_type, struct scs_cursor *c, uint16_t *out_ethertype);

#endif
