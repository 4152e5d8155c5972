/* SPDX-License-Identifier: Apache-2.0 */
#include "evidence/ring.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "capture/marker.h"
#include "evidence/annotate.h"
#include "evidence/choice.h"
#include "evidence/pcapng_write.h"
#include "flow/decode.h"
#include "run/run.h"

/* Bytes of blocks that are put together before they are written; more than that waits for the next round. */
#define MOST_AT_ONCE (16u * 1024u * 1024u)
/* The longest of what surrounds them: secrets. */
#define MAX_GATHERED (MOST_AT_ONCE + 2u * SCS_MAX_SECRETS)
/* One write(2): as much of what waits as fits on a disk that is nearly full should get there. */
#define PIECE                (256u * 1024u)
#define MAX_SECTION_COMMENT  4096u
#define INTERFACE_MOST_BYTES 2048u

struct scs_ring {
    struct scs_ring_options options;
    struct scs_rotation *files;
    struct scs_pcapng_writer writer; /* numbers interfaces for the whole life of the ring */
    struct scs_buf head;             /* of a file: its section, and every interface so far */
    size_t told;                     /* bytes of the head that the file at hand has */
    uint32_t *numbers;               /* of interfaces in the ring, from 1; 0: none yet */
    uint16_t *interfaces;            /* the other way round */
    uint64_t *dropped;               /* of each file of the capture, when the file at hand was begun */
    uint32_t num_dropped;
    bool failing, behind;
};

/* A block that waits to be written. */
struct entry {
    int64_t key; /* its time, but not before that of an earlier packet of its interface */
    size_t off, len;
    struct scs_held *held;
};

/* How far the packets of a connection may be written. */
struct reach {
    scs_frame end; /* the last frame of its exchanges that ended */
    bool over;     /* nothing more comes */
    bool shut;     /* bytes of a message that is not over yet were met */
};

struct look {
    struct scs_ring *r;
    struct scs_run *run;
    const struct scs_model *m;
    struct scs_hold *hold;
    bool over;
    struct scs_choice choice;
    struct scs_annotator *annotator;
    struct reach *reaches; /* by the connection's id */
    uint32_t num_reaches;
    int64_t *latest; /* time of each interface's last packet */
    struct scs_buf lead, blocks, tail;
    struct entry *entries;
    size_t num, room;
    bool more; /* than are put together at once */
};

/* ---- files ------------------------------------------------------------------------------------------- */

static void write_head(struct scs_ring *r)
{
    struct scs_buf comment;
    scs_buf_init(&comment, MAX_SECTION_COMMENT);
    scs_annotate_ring(r->options.redactor, r->options.embed_keys, &comment);
    scs_buf_init(&r->head, MAX_SECTION_COMMENT + (size_t)SCS_MAX_INTERFACES * INTERFACE_MOST_BYTES);
    scs_pcapng_writer_init(&r->writer, NULL, &r->head);
    scs_pcapng_write_section(&r->writer, SCS_EVIDENCE_PROGRAM SCS_VERSION, scs_buf_cstr(&comment));
    scs_buf_cleanup(&comment);
}

struct scs_ring *scs_ring_open(const struct scs_ring_options *o, struct scs_error *err)
{
    if (o->embed_keys && scs_redactor_level(o->redactor) != SCS_REDACT_NONE) {
        scs_error_set(err, "--embed-keys would open what --redact hides; give --redact none with it, or leave it out");
        return NULL;
    }
    struct scs_ring *r = scs_xcalloc(1, sizeof *r);
    r->options = *o;
    r->numbers = scs_xcalloc(SCS_MAX_INTERFACES, sizeof *r->numbers);
    r->interfaces = scs_xcalloc(SCS_MAX_INTERFACES, sizeof *r->interfaces);
    write_head(r);
    struct scs_cursor head = scs_buf_cursor(&r->head);
    r->files = scs_rotation_open(&o->files, &head, err);
    r->told = head.len;
    if (r->files == NULL) {
        scs_ring_close(r);
        return NULL;
    }
    return r;
}

void scs_ring_close(struct scs_ring *r)
{
    if (r != NULL) {
        scs_rotation_close(r->files);
        scs_pcapng_writer_cleanup(&r->writer);
        scs_buf_cleanup(&r->head);
        free(r->numbers);
        free(r->interfaces);
        free(r->dropped);
        free(r);
    }
}

void scs_ring_abandon(struct scs_ring *r)
{
    if (r != NULL) {
        scs_rotation_abandon(r->files);
        r->files = NULL;
        scs_ring_close(r);
    }
}

int scs_ring_descriptor(const struct scs_ring *r)
{
    return scs_rotation_descriptor(r->files);
}

bool scs_ring_behind(const struct scs_ring *r)
{
    return r->behind;
}

void scs_ring_reopen(struct scs_ring *r)
{
    scs_rotation_turn(r->files);
}

static void say(const struct scs_ring *r, const char *sentence)
{
    if (r->options.said != NULL) {
        r->options.said(r->options.said_ctx, sentence);
    }
}

/* A file's counts begin with it: those of several files of the ring add up. */
static void note_dropped(struct scs_ring *r, const struct scs_capture_facts *capture)
{
    r->dropped = scs_xrealloc(r->dropped, capture->num_files + 1u, sizeof *r->dropped);
    for (uint32_t i = 0; i < capture->num_files; i++) {
        r->dropped[i] = capture->files[i].dropped;
    }
    r->num_dropped = capture->num_files;
}

static bool next_file(const struct look *l, struct scs_error *err)
{
    struct scs_ring *r = l->r;
    struct scs_cursor head = scs_buf_cursor(&r->head);
    if (!scs_rotation_next(r->files, &head, err)) {
        return false;
    }
    r->told = head.len;
    note_dropped(r, l->m->capture);
    return true;
}

/* ---- what may be written ------------------------------------------------------------------------------- */

/* Nothing more comes that an exchange could be made of. */
static bool is_over(const struct scs_connection *k)
{
    bool closed = k->half[0].fin_ns != SCS_NO_TIME && k->half[1].fin_ns != SCS_NO_TIME;
    return closed || k->state == SCS_CONN_RESET || k->state == SCS_CONN_REFUSED || k->state == SCS_CONN_BLOCKED;
}

static void find_reaches(struct look *l)
{
    const struct scs_model *m = l->m;
    l->num_reaches = m->num_connections != 0 ? m->connections[m->num_connections - 1]->id + 1 : 0;
    l->reaches = scs_xcalloc(l->num_reaches + 1u, sizeof *l->reaches);
    for (uint32_t i = 0; i < m->num_connections; i++) {
        l->reaches[m->connections[i]->id].over = l->over || is_over(m->connections[i]);
        scs_model_rest(m, i);
    }
    for (uint32_t i = 0; i < m->num_exchanges; i++) {
        const struct scs_exchange *x = m->exchanges[i];
        if (x->connection->id < l->num_reaches) {
            struct reach *reach = &l->reaches[x->connection->id];
            reach->end = x->last_frame > reach->end ? x->last_frame : reach->end;
        }
        scs_model_rest(m, i);
    }
}

static bool is_within_reach(struct look *l, const struct scs_packet *packet, const struct scs_segment *seg)
{
    const struct scs_selected *k = scs_selection_of(l->choice.selection, seg);
    if (k == NULL || k->connection == NULL || seg->proto != SCS_PROTO_TCP) {
        return true;
    }
    struct reach *reach = &l->reaches[k->connection->id];
    reach->shut = !reach->over && (reach->shut || (packet->frame > reach->end && seg->payload_wire_len != 0));
    return !reach->shut;
}

typedef void visitor(struct look *l, struct scs_held *held, const struct scs_segment *seg);

static void visit_all(struct look *l, visitor *visit)
{
    struct scs_segment seg;
    struct scs_decoder *decoder = scs_decoder_new();
    for (struct scs_held *held = scs_hold_first(l->hold); held != NULL; held = scs_hold_next(l->hold, held)) {
        visit(l, held, scs_decoder_segment(decoder, &held->packet, &seg) ? &seg : NULL);
    }
    scs_decoder_free(decoder);
}

static void take(struct look *l, struct scs_held *held, const struct scs_segment *seg)
{
    scs_choice_take(&l->choice, &held->packet, seg, held->done);
}

static void choose(struct look *l)
{
    const struct scs_ring_options *o = &l->r->options;
    scs_choice_init(&l->choice, &(struct scs_choice_options){.model = l->m,
                                                             .scope = l->over ? SCS_EVIDENCE_OF_EXCHANGES : SCS_EVIDENCE_SO_FAR,
                                                             .redactor = o->redactor,
                                                             .secrets = o->embed_keys ? scs_run_secrets(l->run) : NULL});
    do {
        visit_all(l, take);
    } while (scs_choice_again(&l->choice));
    scs_choice_made(&l->choice);
}

/* ---- blocks -------------------------------------------------------------------------------------------- */

static uint32_t interface_number(struct look *l, uint16_t index)
{
    struct scs_ring *r = l->r;
    if (r->numbers[index] == 0) {
        uint8_t digits;
        struct scs_again *again = scs_run_reopen(l->run, NULL); /* what is held: that cannot fail */
        struct scs_interface it = *scs_again_interface(again, index, &digits);
        if (scs_redactor_level(r->options.redactor) == SCS_REDACT_STRICT) {
            it.description = NULL;
        }
        r->writer.gathered = &r->head;
        uint32_t number = scs_pcapng_write_interface(&r->writer, &it, digits);
        scs_again_free(again);
        r->interfaces[number] = index;
        r->numbers[index] = number + 1;
    }
    return r->numbers[index] - 1;
}

static struct entry *add_entry(struct look *l)
{
    if (l->num == l->room) {
        l->room = l->room == 0 ? 256 : l->room * 2;
        l->entries = scs_xrealloc(l->entries, l->room, sizeof *l->entries);
    }
    return &l->entries[l->num++];
}

static void put(struct look *l, struct scs_held *held, const struct scs_segment *seg)
{
    const char *comments[SCS_MAX_FRAME_COMMENTS];
    const struct scs_packet *packet = &held->packet;
    if (!scs_choice_has(&l->choice, l->choice.met++) || !is_within_reach(l, packet, seg) || held->done) {
        return;
    }
    if (l->blocks.len >= MOST_AT_ONCE) {
        l->more = true;
        return;
    }
    struct scs_pcapng_frame frame = {.interface = interface_number(l, packet->interface),
                                     .ts_ns = packet->ts_ns,
                                     .bytes = {.p = scs_choice_bytes(&l->choice, packet, seg), .len = packet->cap_len},
                                     .wire_len = packet->wire_len,
                                     .id = packet->id,
                                     .host_dropped = packet->host_dropped,
                                     .comments = comments};
    frame.num_comments = scs_annotator_frame(l->annotator, packet->frame, comments);
    int64_t *latest = &l->latest[packet->interface];
    *latest = packet->ts_ns > *latest ? packet->ts_ns : *latest;
    struct entry *e = add_entry(l);
    *e = (struct entry){.key = *latest, .off = l->blocks.len, .held = held};
    l->r->writer.gathered = &l->blocks;
    scs_pcapng_write_frame(&l->r->writer, &frame);
    e->len = l->blocks.len - e->off;
}

/* Blocks were put together in the order of the hold. */
static int by_time(const void *x, const void *y)
{
    const struct entry *a = x, *b = y;
    if (a->key != b->key) {
        return a->key < b->key ? -1 : 1;
    }
    return (a->off > b->off) - (a->off < b->off);
}

/* What the capture was until now, and how many packets it lost since this file was begun. */
static void put_statistics(struct look *l)
{
    struct scs_ring *r = l->r;
    const struct scs_capture_facts *capture = l->m->capture;
    bool *told = scs_xcalloc(capture->num_files + 1u, sizeof *told);
    scs_buf_clear(&l->tail);
    r->writer.gathered = &l->tail;
    for (uint32_t i = 0; i < r->writer.num_interfaces; i++) {
        uint16_t file = capture->interfaces[r->interfaces[i]].file;
        const struct scs_capture_file *f = &capture->files[file];
        uint64_t lost = f->dropped - (file < r->num_dropped ? r->dropped[file] : 0);
        scs_pcapng_write_statistics(&r->writer, i, capture->first_ns, capture->last_ns,
                                    f->has_drop_count && !told[file] ? &lost : NULL);
        told[file] = true;
    }
    free(told);
}

static void put_together(struct look *l)
{
    l->more = false;
    l->num = 0;
    l->choice.met = 0;
    scs_buf_clear(&l->blocks);
    scs_buf_clear(&l->lead);
    for (uint32_t i = 0; i < SCS_MAX_INTERFACES; i++) {
        l->latest[i] = INT64_MIN;
    }
    for (uint32_t i = 0; i < l->num_reaches; i++) {
        l->reaches[i].shut = false;
    }
    visit_all(l, put);
    if (l->num > 1) {
        qsort(l->entries, l->num, sizeof *l->entries, by_time);
    }
}

/* ---- writing ------------------------------------------------------------------------------------------- */

/* What stands before the packets: interfaces that the file does not describe yet, and secrets. */
static void put_lead(struct look *l)
{
    struct scs_ring *r = l->r;
    scs_buf_clear(&l->lead);
    scs_buf_add(&l->lead, r->head.p + r->told, r->head.len - r->told);
    if (l->choice.embed.secrets != NULL && l->choice.embed.num != 0) {
        struct scs_cursor keys = scs_embed_text(&l->choice.embed);
        scs_buf_reserve(&l->lead, l->lead.len + keys.len + 64); /* it would leave copies where it grew */
        r->writer.gathered = &l->lead;
        scs_pcapng_write_secrets(&r->writer, &keys);
    }
}

/* A packet that is larger than a file may be has one for itself. */
static bool may_follow(const struct look *l, size_t num, uint64_t len)
{
    return scs_rotation_fits(l->r->files, len + l->tail.len) || (num == 0 && scs_rotation_is_empty(l->r->files));
}

/* Writes entries from `from` on, as many as make a piece and fit the file; 0: none did, or `err` is set. */
static size_t write_piece(struct look *l, size_t from, bool *failed, struct scs_error *err)
{
    struct scs_buf piece;
    size_t num = 0;
    scs_buf_init(&piece, MAX_GATHERED);
    scs_buf_reserve(&piece, l->lead.len + PIECE);
    scs_buf_add(&piece, l->lead.p, l->lead.len);
    while (from + num < l->num && piece.len < PIECE + l->lead.len && may_follow(l, num, piece.len + l->entries[from + num].len)) {
        const struct entry *e = &l->entries[from + num++];
        scs_buf_add(&piece, l->blocks.p + e->off, e->len);
    }
    if (from + num == l->num) {
        scs_buf_add(&piece, l->tail.p, l->tail.len);
    }
    struct scs_cursor bytes = scs_buf_cursor(&piece);
    *failed = num != 0 && !scs_rotation_add(l->r->files, &bytes, err);
    for (size_t i = 0; i < num && !*failed; i++) {
        l->entries[from + i].held->done = true;
    }
    OPENSSL_cleanse(piece.p, piece.len); /* there may be keys in it */
    scs_buf_cleanup(&piece);
    return *failed ? 0 : num;
}

static uint64_t length_of(const struct look *l)
{
    return (uint64_t)l->lead.len + l->blocks.len + l->tail.len;
}

/*
 * A look's packets go to one file, or begin one: what is older than the packets before it in a file would else come before them
 * when all files are read together.
 */
static bool write_all(struct look *l, struct scs_error *err)
{
    bool failed = false;
    put_lead(l);
    put_statistics(l);
    if (scs_rotation_due(l->r->files, length_of(l))) {
        failed = !next_file(l, err);
        put_lead(l);
        put_statistics(l);
    }
    for (size_t at = 0; at < l->num && !failed;) {
        size_t num = write_piece(l, at, &failed, err);
        at += num;
        l->r->told = num != 0 ? l->r->head.len : l->r->told;
        if (num != 0) {
            scs_buf_clear(&l->lead);
        } else if (!failed) {
            struct scs_cursor tail = scs_buf_cursor(&l->tail);
            failed = !scs_rotation_add(l->r->files, &tail, err) || !next_file(l, err);
            put_statistics(l);
        }
    }
    return !failed;
}

static void tell(struct scs_ring *r, bool ok, const struct scs_error *err)
{
    char sentence[sizeof err->text + 128];
    if (!ok && !r->failing) {
        snprintf(sentence, sizeof sentence, "%s; the capture goes on, and evidence is written again when there is room",
                 err->text);
        say(r, sentence);
    } else if (ok && r->failing) {
        snprintf(sentence, sizeof sentence, "evidence is written again, to %s", scs_rotation_path(r->files));
        say(r, sentence);
    }
    r->failing = !ok;
}

static void init_look(struct look *l)
{
    l->annotator = scs_annotator_new(l->m, l->r->options.redactor, l->r->options.lang);
    l->latest = scs_xcalloc(SCS_MAX_INTERFACES, sizeof *l->latest);
    scs_buf_init(&l->lead, MAX_GATHERED);
    scs_buf_init(&l->blocks, MAX_GATHERED);
    scs_buf_init(&l->tail, (size_t)SCS_MAX_INTERFACES * INTERFACE_MOST_BYTES);
    find_reaches(l);
}

static void cleanup_look(struct look *l)
{
    scs_choice_cleanup(&l->choice);
    scs_annotator_free(l->annotator);
    OPENSSL_cleanse(l->lead.p, l->lead.cap);
    scs_buf_cleanup(&l->lead);
    scs_buf_cleanup(&l->blocks);
    scs_buf_cleanup(&l->tail);
    free(l->reaches);
    free(l->latest);
    free(l->entries);
}

void scs_ring_look(struct scs_ring *r, struct scs_run *run, const struct scs_model *m, bool over)
{
    struct scs_error err;
    struct look l = {.r = r, .run = run, .m = m, .hold = scs_run_held(run), .over = over};
    bool ok = true;
    init_look(&l);
    choose(&l);
    do {
        put_together(&l);
        ok = l.num == 0 || write_all(&l, &err);
    } while (ok && l.more);
    if (l.num != 0) {
        tell(r, ok, &err);
    }
    r->behind = !ok;
    cleanup_look(&l);
}
