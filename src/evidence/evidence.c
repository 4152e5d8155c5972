/* SPDX-License-Identifier: Apache-2.0 */
#include "evidence/evidence.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/xalloc.h"
#include "capture/marker.h"
#include "evidence/annotate.h"
#include "evidence/embed.h"
#include "evidence/pcapng_write.h"
#include "evidence/scrub_packet.h"
#include "evidence/select.h"
#include "flow/decode.h"
#include "run/run.h"

#define MAX_SECTION_COMMENT (16u * 1024u)

/* Which packets were chosen, in the order they are read. */
struct marks {
    uint8_t *bits;
    uint64_t num, room;
    uint64_t chosen;
};

static void mark(struct marks *k, bool chosen)
{
    if (k->num == k->room) {
        uint64_t room = k->room == 0 ? 65536 : k->room * 2;
        k->bits = scs_xrealloc(k->bits, (size_t)(room / 8), 1);
        memset(k->bits + k->room / 8, 0, (size_t)((room - k->room) / 8));
        k->room = room;
    }
    k->bits[k->num / 8] |= (uint8_t)(chosen << k->num % 8);
    k->chosen += chosen;
    k->num++;
}

static bool is_marked(const struct marks *k, uint64_t at)
{
    return at < k->num && (k->bits[at / 8] >> at % 8 & 1) != 0;
}

struct evidence {
    const struct scs_evidence_options *o;
    struct scs_selection *selection;
    struct scs_annotator *annotator;
    struct marks marks;
    bool again;                    /* something pointed to a connection or look-up that was not chosen before */
    bool settled;                  /* and that is over */
    struct scs_packet_scrub scrub; /* with disguise NULL nothing is hidden */
    struct scs_images *images;
    struct scs_fragments *fragments;
    struct scs_embed embed; /* with secrets NULL no keys are put in */
    /* while writing */
    uint64_t at;
    uint8_t *altered; /* the packet at hand */
    struct scs_pcapng_writer writer;
    uint32_t *numbers; /* of interfaces in the file, from 1; 0: not written yet */
    uint16_t *files;   /* which file an interface of the evidence is of */
    struct scs_capture *capture;
};

/* ---- reading the captures again ---------------------------------------------------------------------- */

/* Given every packet of the analysis in its order, with what was decoded of it, NULL for nothing. */
typedef void visitor(struct evidence *e, const struct scs_packet *packet, const struct scs_segment *seg);

static bool read_again(struct evidence *e, visitor *visit, struct scs_error *err)
{
    struct scs_packet batch[SCS_BATCH];
    struct scs_segment seg;
    uint64_t left = 0;
    size_t num;
    struct scs_arena *arena = scs_arena_new();
    e->capture = scs_run_reopen(e->o->run, arena, &left, err);
    if (e->capture == NULL) {
        scs_arena_free(arena);
        return false;
    }
    struct scs_decoder *decoder = scs_decoder_new();
    while (left != 0 && (num = scs_capture_next(e->capture, batch, left < SCS_BATCH ? (size_t)left : SCS_BATCH)) != 0) {
        for (size_t i = 0; i < num; i++) {
            visit(e, &batch[i], scs_decoder_segment(decoder, &batch[i], &seg) ? &seg : NULL);
        }
        left -= num;
    }
    scs_decoder_free(decoder);
    scs_capture_free(e->capture);
    e->capture = NULL;
    scs_arena_free(arena);
    return left == 0 || scs_error_set(err, "the captures have changed since they were analysed: packets are missing now");
}

/* ---- choosing ------------------------------------------------------------------------------------------ */

/* A piece of a TCP segment between hosts of which a connection was chosen: only the whole datagram would name its ports. */
static bool is_fragment(const struct scs_selection *s, const struct scs_packet *packet)
{
    struct scs_addr src, dst;
    struct scs_ip ip;
    if (!scs_fragments_read(packet, &ip)) {
        return false;
    }
    scs_ip_addresses(&ip, &src, &dst);
    return scs_selection_hosts(s, &src, &dst);
}

static void choose(struct evidence *e, const struct scs_packet *packet, const struct scs_segment *seg)
{
    bool named = scs_selection_frame(e->selection, packet->frame);
    bool wanted = seg != NULL ? scs_selection_wants(e->selection, seg) : is_fragment(e->selection, packet);
    if (!wanted && !e->settled && seg != NULL) {
        e->again = scs_selection_add(e->selection, seg) || e->again;
    }
    const struct scs_selected *k = scs_selection_of(e->selection, seg);
    if (k != NULL && seg->proto == SCS_PROTO_TCP && e->scrub.disguise != NULL) {
        scs_images_add(e->images, k, seg);
        if (seg->reassembled) {
            scs_fragments_add(e->fragments, k, seg);
        }
    }
    if (wanted && seg != NULL && seg->proto == SCS_PROTO_TCP && e->embed.secrets != NULL) {
        scs_embed_segment(&e->embed, seg);
    }
    mark(&e->marks, named || wanted);
}

static bool choose_all(struct evidence *e, struct scs_error *err)
{
    bool ok = read_again(e, choose, err);
    if (ok && e->again) {
        scs_selection_settle(e->selection);
        e->settled = true;
        free(e->marks.bits);
        e->marks = (struct marks){0};
        scs_images_free(e->images);
        scs_fragments_free(e->fragments);
        e->images = scs_images_new();
        e->fragments = scs_fragments_new();
        ok = read_again(e, choose, err);
    }
    return ok;
}

/* ---- writing ------------------------------------------------------------------------------------------- */

/* Interfaces are described when their first packet comes: those without any are none of this file's business. */
static uint32_t interface_number(struct evidence *e, uint16_t index)
{
    uint8_t digits;
    if (e->numbers[index] == 0) {
        struct scs_interface it = *scs_capture_interface(e->capture, index, &digits);
        if (scs_redactor_level(e->o->redactor) == SCS_REDACT_STRICT) {
            it.description = NULL;
        }
        e->numbers[index] = scs_pcapng_write_interface(&e->writer, &it, digits) + 1;
        e->files[e->numbers[index] - 1] = it.file;
    }
    return e->numbers[index] - 1;
}

static void write_packet(struct evidence *e, const struct scs_packet *packet, const struct scs_segment *seg)
{
    const char *comments[SCS_MAX_FRAME_COMMENTS];
    if (!is_marked(&e->marks, e->at++)) {
        return;
    }
    const uint8_t *bytes = packet->data;
    if (e->scrub.disguise != NULL) {
        scs_packet_scrub(&e->scrub, packet, seg, scs_selection_of(e->selection, seg), e->altered);
        bytes = e->altered;
    }
    struct scs_pcapng_frame frame = {.interface = interface_number(e, packet->interface),
                                     .ts_ns = packet->ts_ns,
                                     .bytes = {.p = bytes, .len = packet->cap_len},
                                     .wire_len = packet->wire_len,
                                     .comments = comments};
    frame.num_comments = scs_annotator_frame(e->annotator, packet->frame, comments);
    scs_pcapng_write_frame(&e->writer, &frame);
}

/* When the whole capture began and ended, and how many packets it lost: of each file with its first interface. */
static void write_statistics(struct evidence *e)
{
    const struct scs_capture_facts *capture = e->o->model->capture;
    bool *told = scs_xcalloc(capture->num_files + 1u, sizeof *told);
    if (e->writer.num_interfaces == 0 && capture->num_interfaces != 0) {
        scs_pcapng_write_interface(&e->writer, &capture->interfaces[0], 9); /* no packet was chosen: still a place to say so */
    }
    for (uint32_t i = 0; i < e->writer.num_interfaces; i++) {
        const struct scs_capture_file *f = &capture->files[e->files[i]];
        bool counted = f->has_drop_count && !told[e->files[i]];
        scs_pcapng_write_statistics(&e->writer, i, capture->first_ns, capture->last_ns, counted ? &f->dropped : NULL);
        told[e->files[i]] = true;
    }
    free(told);
}

static bool write_file(struct evidence *e, FILE *out, struct scs_error *err)
{
    struct scs_buf comment;
    struct scs_annotator_counts counts = {.packets = e->marks.num, .kept = e->marks.chosen};
    struct scs_cursor keys = {0};
    if (e->embed.secrets != NULL) {
        keys = scs_embed_text(&e->embed);
        counts.keys = keys.len != 0;
    }
    scs_buf_init(&comment, MAX_SECTION_COMMENT);
    scs_annotator_section(e->annotator, &counts, &comment);
    scs_pcapng_write_section(&e->writer, out, SCS_EVIDENCE_PROGRAM SCS_VERSION, scs_buf_cstr(&comment));
    scs_buf_cleanup(&comment);
    if (keys.len != 0) {
        scs_pcapng_write_secrets(&e->writer, &keys);
    }
    errno = 0;
    bool ok = read_again(e, write_packet, err);
    if (ok) {
        write_statistics(e);
    }
    scs_pcapng_writer_cleanup(&e->writer);
    if (ok && (fflush(out) != 0 || ferror(out))) {
        return scs_error_set(err, "the evidence could not be written: %s", strerror(errno));
    }
    return ok;
}

bool scs_evidence_write(const struct scs_evidence_options *o, FILE *out, struct scs_error *err)
{
    if (o->embed_keys && scs_redactor_level(o->redactor) != SCS_REDACT_NONE) {
        return scs_error_set(err, "--embed-keys would open what --redact hides; give --redact none with it, or leave it out");
    }
    struct evidence e = {.o = o,
                         .selection = scs_selection_new(o->model),
                         .annotator = scs_annotator_new(o->model, o->redactor, o->lang),
                         .numbers = scs_xcalloc(SCS_MAX_INTERFACES, sizeof *e.numbers),
                         .files = scs_xcalloc(SCS_MAX_INTERFACES, sizeof *e.files)};
    if (scs_redactor_level(o->redactor) != SCS_REDACT_NONE) {
        e.scrub.disguise = scs_disguise_new(o->redactor);
        e.scrub.scrub = scs_scrub_new(o->model, e.scrub.disguise);
        e.altered = scs_xmalloc(SCS_MAX_PACKET);
    }
    if (o->embed_keys) {
        scs_embed_init(&e.embed, scs_run_secrets(o->run));
    }
    e.images = scs_images_new();
    e.fragments = scs_fragments_new();
    bool ok = choose_all(&e, err);
    if (ok && e.scrub.disguise != NULL) {
        scs_images_scrub(e.images, e.scrub.scrub);
        e.scrub.images = e.images;
        e.scrub.fragments = e.fragments;
    }
    ok = ok && write_file(&e, out, err);
    scs_embed_cleanup(&e.embed);
    scs_images_free(e.images);
    scs_fragments_free(e.fragments);
    scs_scrub_free(e.scrub.scrub);
    scs_disguise_free(e.scrub.disguise);
    free(e.altered);
    scs_selection_free(e.selection);
    scs_annotator_free(e.annotator);
    free(e.marks.bits);
    free(e.numbers);
    free(e.files);
    return ok;
}
