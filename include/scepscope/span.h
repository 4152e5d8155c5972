/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where bytes came from. A span names bytes of one message; the message's frame map turns it into
 * frame numbers, through decoding and reassembly.
 */
#ifndef SCEPSCOPE_SPAN_H
#define SCEPSCOPE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A frame: the file's index in the upper 16 bits, the number in that file (from 1, as Wireshark counts) below. 0: none. */
typedef uint64_t scs_frame;
#define SCS_FRAME(file, number) (((scs_frame)(file) << 48) | (scs_frame)(number))
#define SCS_FRAME_FILE(frame)   ((unsigned)((frame) >> 48))
#define SCS_FRAME_NUMBER(frame) ((frame)&UINT64_C(0xffffffffffff))

/* What a span's offset counts. */
enum scs_layer {
    SCS_LAYER_RAW, /* bytes of the HTTP message as it stood in the TCP stream, from its first byte */
    SCS_LAYER_BODY /* bytes of the message inside: after unchunking, decompression, percent and base64 decoding */
};

struct scs_span {
    uint32_t off;
    uint32_t len : 31;
    uint32_t layer : 1; /* enum scs_layer */
};

/* One frame's share of a message: where its first byte lies in either layer. Sorted by raw_off. */
struct scs_frame_run {
    uint32_t raw_off;
    uint32_t body_off; /* UINT32_MAX: the frame carries nothing of the body */
    scs_frame frame;
};

struct scs_frame_map {
    const struct scs_frame_run *runs; /* in the exchange's arena */
    uint32_t num_runs;
};

/*
 * scs_span_frames writes the frames that `span` touches to `out` (at most `max`, ascending, each once)
 * and returns how many it wrote. A span outside the map gives the map's last frame.
 */
size_t scs_span_frames(const struct scs_frame_map *map, struct scs_span span, scs_frame *out, size_t max);

#endif
