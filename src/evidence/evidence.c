/* SPDX-License-Identifier: Apache-2.0 */
#include "evidence/evidence.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/xalloc.h"
#include "capture/marker.h"
#include "evidence/annotate.h"
#include "evidence/choice.h"
#include "evidence/pcapng_write.h"
#include "flow/decode.h"
#include "run/run.h"

#define MAX_SECTION_COMMENT (16u * 1024u)

struct evidence {
    const struct scs_evidence_options *o;
    struct scs_choice choice;
    struct scs_annotator *annotator;
    /* while writing */
    struct scs_again *packets;
    uint64_t at;
    struct scs_pcapng_writer writer;
    uint32_t *numbers; /* of interfaces in the file, from 1; 0: not written yet */
    uint16_t *files;   /* which file an interface of the evidence is of */
};

/* ---- reading the packets again ----------------------------------------------------------------------- */

/* Given every packet of the analysis in its order, with what was decoded of it, NULL for nothing. */
typedef void visitor(struct evidence *e, const struct scs_packet *packet, const struct scs_segment *seg);

static bool read_again(struct evidence *e, visitor *visit, struct scs_error *err)
{
    struct scs_packet batch[SCS_BATCH];
    struct scs_segment seg;
    size_t num;
    e->packets = scs_run_reopen(e->o->run, err);
    if (e->packets == NULL) {
        return false;
    }
    struct scs_decoder *decoder = scs_decoder_new();
    while ((num = scs_again_next(e->packets, batch)) != 0) {
        for (size_t i = 0; i < num; i++) {
            visit(e, &batch[i], scs_decoder_segment(decoder, &batch[i], &seg) ? &seg : NULL);
        }
    }
    bool whole = scs_again_whole(e->packets);
    scs_decoder_free(decoder);
    scs_again_free(e->packets);
    e->packets = NULL;
    return whole || scs_error_set(err, "the captures have changed since they were analysed: packets are missing now");
}

static void take(struct evidence *e, const struct scs_packet *packet, const struct scs_segment *seg)
{
    scs_choice_take(&e->choice, packet, seg, false);
}

static bool choose(struct evidence *e, struct scs_error *err)
{
    bool ok = read_again(e, take, err);
    while (ok && scs_choice_again(&e->choice)) {
        ok = read_again(e, take, err);
    }
    return ok;
}

/* ---- writing ------------------------------------------------------------------------------------------- */

/* Interfaces are described when their first packet comes: those without any are none of this file's business. */
static uint32_t interface_number(struct evidence *e, uint16_t index)
{
    uint8_t digits;
    if (e->numbers[index] == 0) {
        struct scs_interface it = *scs_again_interface(e->packets, index, &digits);
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
    if (!scs_choice_has(&e->choice, e->at++)) {
        return;
    }
    struct scs_pcapng_frame frame = {.interface = interface_number(e, packet->interface),
                                     .ts_ns = packet->ts_ns,
                                     .bytes = {.p = scs_choice_bytes(&e->choice, packet, seg), .len = packet->cap_len},
                                     .wire_len = packet->wire_len,
                                     .id = packet->id,
                                     .host_dropped = packet->host_dropped,
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
    struct scs_annotator_counts counts = {.packets = e->choice.taken, .kept = e->choice.chosen};
    struct scs_cursor keys = {0};
    const struct scs_hold *hold = scs_run_held(e->o->run);
    if (e->choice.embed.secrets != NULL) {
        keys = scs_embed_text(&e->choice.embed);
        counts.keys = keys.len != 0;
    }
    if (hold != NULL) {
        counts.packets = e->o->model->capture->packets;
        counts.gone = scs_hold_count(hold).left;
    }
    scs_buf_init(&comment, MAX_SECTION_COMMENT);
    scs_annotator_section(e->annotator, &counts, &comment);
    scs_pcapng_writer_init(&e->writer, out, NULL);
    scs_pcapng_write_section(&e->writer, SCS_EVIDENCE_PROGRAM SCS_VERSION, scs_buf_cstr(&comment));
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
                         .annotator = scs_annotator_new(o->model, o->redactor, o->lang),
                         .numbers = scs_xcalloc(SCS_MAX_INTERFACES, sizeof *e.numbers),
                         .files = scs_xcalloc(SCS_MAX_INTERFACES, sizeof *e.files)};
    scs_choice_init(&e.choice, &(struct scs_choice_options){.model = o->model,
                                                            .scope = SCS_EVIDENCE_OF_FINDINGS,
                                                            .redactor = o->redactor,
                                                            .secrets = o->embed_keys ? scs_run_secrets(o->run) : NULL});
    bool ok = choose(&e, err);
    if (ok) {
        scs_choice_made(&e.choice);
        ok = write_file(&e, out, err);
    }
    scs_choice_cleanup(&e.choice);
    scs_annotator_free(e.annotator);
    free(e.numbers);
    free(e.files);
    return ok;
}
