/* SPDX-License-Identifier: Apache-2.0 */
#include "report/frames.h"

#include <inttypes.h>

uint32_t scs_frames_of_one_file(const scs_frame *frames, uint32_t num)
{
    uint32_t n = 0;
    while (n < num && SCS_FRAME_FILE(frames[n]) == SCS_FRAME_FILE(frames[0])) {
        n++;
    }
    return n;
}

/* Three or more frames in a row stand as first and last with `dash` between. */
static void list(const scs_frame *frames, uint32_t num, const char *comma, const char *dash, struct scs_buf *out)
{
    for (uint32_t i = 0; i < num;) {
        uint32_t run = 1;
        while (i + run < num && frames[i + run] == frames[i] + run) {
            run++;
        }
        scs_buf_printf(out, "%s%" PRIu64, i == 0 ? "" : comma, SCS_FRAME_NUMBER(frames[i]));
        if (run >= 3) {
            scs_buf_printf(out, "%s%" PRIu64, dash, SCS_FRAME_NUMBER(frames[i + run - 1]));
            i += run;
        } else {
            i++;
        }
    }
}

void scs_frames_filter(const scs_frame *frames, uint32_t num, struct scs_buf *out)
{
    scs_buf_text(out, "frame.number in {");
    list(frames, num, ",", "..", out);
    scs_buf_text(out, "}");
}

void scs_frames_text(const scs_frame *frames, uint32_t num, struct scs_buf *out)
{
    scs_buf_text(out, num == 1 ? "frame " : "frames ");
    list(frames, num, ", ", "-", out);
}
