/* SPDX-License-Identifier: Apache-2.0 */
/* pcapng time stamps (draft-ietf-opsawg-pcapng 4.2, if_tsresol and if_tsoffset) as nanoseconds since the epoch. */
#ifndef SCS_CAPTURE_STAMP_H
#define SCS_CAPTURE_STAMP_H

#include <stdint.h>

/* scs_stamp_convert takes a count of units of any resolution; what lies beyond 64 bits of nanoseconds becomes the limit. */
int64_t scs_stamp_convert(uint64_t units, uint8_t resolution, int64_t offset_s);
/* scs_stamp_scale returns the nanoseconds of one unit, or 0 when a unit is no whole number of them, or of more than 32 bits. */
uint32_t scs_stamp_scale(uint8_t resolution);

#endif
