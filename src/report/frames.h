/* SPDX-License-Identifier: Apache-2.0 */
/* Frame numbers as Wireshark wants them. */
#ifndef SCS_REPORT_FRAMES_H
#define SCS_REPORT_FRAMES_H

#include "base/buf.h"
#include "scepscope/span.h"

/* Room for the filter of SCS_MAX_FINDING_FRAMES frames. */
#define SCS_FRAMES_TEXT 2048u

/* scs_frames_of_one_file returns how many of the ascending frames, from the first, are of the same file. */
uint32_t scs_frames_of_one_file(const scs_frame *frames, uint32_t num);
/* scs_frames_filter appends "frame.number in {6,8,1201..1210}". The frames are of one file, ascending. */
void scs_frames_filter(const scs_frame *frames, uint32_t num, struct scs_buf *out);
/* scs_frames_text appends "frame 6" or "frames 6, 8, 1201-1210". */
void scs_frames_text(const scs_frame *frames, uint32_t num, struct scs_buf *out);

#endif
