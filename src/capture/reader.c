/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/reader.h"

#include <openssl/crypto.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "capture/pcapng.h"
#include "capture/peek.h"

/* Bytes of a file that are looked at to say what it is, when it is no capture. */
#define FOREIGN_BYTES 1024u
/* The shortest headers of a file. */
#define LEAST_PCAP   24u
#define LEAST_PCAPNG 28u

/* ---- what all files of a run share -------------------------------------------------------------- */

void scs_inventory_init(struct scs_inventory *v, struct scs_arena *arena)
{
    *v = (struct scs_inventory){.arena = arena, .begun_ns = SCS_NO_TIME, .ended_ns = SCS_NO_TIME};
    scs_buf_init(&v->secrets, SCS_MAX_SECRETS);
}

void scs_inventory_cleanup(struct scs_inventory *v)
{
    free(v->interfaces);
    free(v->digits);
    if (v->secrets.p != NULL) {
        OPENSSL_cleanse(v->secrets.p, v->secrets.len);
    }
    scs_buf_cleanup(&v->secrets);
    *v = (struct scs_inventory){0};
}

bool scs_inventory_add(struct scs_inventory *v, const struct scs_interface *interface, uint8_t digits, uint16_t *out_index)
{
    if (v->num_interfaces == SCS_MAX_INTERFACES) {
        return false;
    }
    /* Doubled whenever the number reaches a power of two. */
    if ((v->num_interfaces & (v->num_interfaces - 1)) == 0) {
        size_t room = v->num_interfaces == 0 ? 1 : 2 * (size_t)v->num_interfaces;
        v->interfaces = scs_xrealloc(v->interfaces, room, sizeof *interface);
        v->digits = scs_xrealloc(v->digits, room, sizeof *v->digits);
    }
    *out_index = (uint16_t)v->num_interfaces;
    v->digits[v->num_interfaces] = digits;
    v->interfaces[v->num_interfaces++] = *interface;
    return true;
}

/* ---- problems ----------------------------------------------------------------------------------- */

void scs_reader_problem(struct scs_reader *r, const char *fmt, ...)
{
    char text[320];
    va_list args;
    if (r->num_problems == SCS_MAX_PROBLEMS) {
        r->unsaid_problems++;
        return;
    }
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    r->problems[r->num_problems++] = scs_arena_strdup(r->inventory->arena, text);
}

/* "after packet 812"; returns `out`. */
static const char *place(const struct scs_reader *r, char out[48])
{
    if (r->frames == 0) {
        return "before the first packet";
    }
    snprintf(out, 48, "after packet %llu", (unsigned long long)r->frames);
    return out;
}

void scs_reader_end(struct scs_reader *r, bool partial)
{
    const struct scs_source *s = &r->source;
    r->ended = true;
    /* Whoever stopped the program knows that what it was reading is not whole. */
    if (s->interrupted || (!partial && s->trouble == NULL)) {
        return;
    }
    r->damaged = true;
    char where[48];
    scs_reader_problem(r, "cut short %s, at byte %llu%s%s%s", place(r, where),
                       (unsigned long long)(scs_source_offset(s) + s->rest.len),
                       s->compression != SCS_COMPRESSION_NONE ? " of the uncompressed capture" : "",
                       s->trouble != NULL ? ": " : "", s->trouble != NULL ? s->trouble : "");
}

void scs_reader_resume(struct scs_reader *r, uint64_t at, const char *why, bool may_be_cut,
                       bool (*plausible)(struct scs_reader *r))
{
    bool found = false;
    for (uint32_t tried = 0; !found && tried < SCS_MAX_RESYNC && scs_source_skip(&r->source, 1); tried++) {
        found = plausible(r);
    }
    if (!found && (may_be_cut || r->source.interrupted)) {
        scs_reader_end(r, true);
        return;
    }
    r->damaged = true;
    char where[48];
    if (found) {
        scs_reader_problem(r, "damaged at byte %llu, %s: %s; %llu bytes skipped", (unsigned long long)at, place(r, where), why,
                           (unsigned long long)(scs_source_offset(&r->source) - at));
    } else {
        scs_reader_problem(r, "damaged at byte %llu, %s: %s; nothing readable follows", (unsigned long long)at, place(r, where),
                           why);
        scs_reader_end(r, false);
    }
}

/* ---- opening ------------------------------------------------------------------------------------ */

static const char *with_compression(const char *format, enum scs_compression compression)
{
    bool ng = format[4] != '\0';
    switch (compression) {
    case SCS_COMPRESSION_GZIP:
        return ng ? "pcapng.gz" : "pcap.gz";
    case SCS_COMPRESSION_ZSTD:
        return ng ? "pcapng.zst" : "pcap.zst";
    default:
        return format;
    }
}

static bool refuse(struct scs_reader *r, const char *name, enum scs_status status, struct scs_error *err)
{
    struct scs_source *s = &r->source;
    const char *inside = s->compression != SCS_COMPRESSION_NONE ? ", decompressed," : "";
    if (status == SCS_LIMIT) {
        return scs_error_set(err, "%s: more than %u interfaces in all files; analyse fewer files at a time", name,
                             SCS_MAX_INTERFACES);
    }
    if (status == SCS_MORE) {
        return scs_error_set(err, "%s is cut inside its file header, no packet can be read; copy or capture it again", name);
    }
    while (s->rest.len < FOREIGN_BYTES && (s->path != NULL ? scs_source_look(s) : scs_source_fill(s))) {
    }
    if (s->rest.len == 0) {
        return scs_error_set(err, "%s%s is empty: nothing was captured, or the file was not copied whole%s%s", name, inside,
                             s->trouble != NULL ? "; " : "", s->trouble != NULL ? s->trouble : "");
    }
    return scs_error_set(err, "%s%s is no packet capture (pcap or pcapng): it %s", name, inside,
                         scs_foreign_name(&s->rest, name));
}

static bool begin(struct scs_reader *r, const char *name, struct scs_error *err)
{
    enum scs_status st = scs_pcap_open(r);
    if (st == SCS_MALFORMED) {
        st = scs_pcapng_open(r);
    }
    if (st != SCS_OK) {
        return refuse(r, name, st, err);
    }
    r->format = with_compression(r->format, r->source.compression);
    return true;
}

/* ---- files that grow ------------------------------------------------------------------------------ */

static bool has_header(const struct scs_reader *r)
{
    const struct scs_cursor *rest = &r->source.rest;
    return rest->len >= (scs_peek_u32(rest, 0, true) == SCS_PCAPNG_SECTION ? LEAST_PCAPNG : LEAST_PCAP);
}

static bool has_nothing(const struct scs_reader *r)
{
    (void)r;
    return false;
}

/* What stands in the place of a capture is passed over, until another file does. */
static size_t pass_over(struct scs_reader *r, struct scs_packet *out, size_t max)
{
    (void)out;
    (void)max;
    while (scs_source_skip(&r->source, r->source.rest.len + 1)) {
    }
    r->ended = true;
    return 0;
}

static size_t begin_late(struct scs_reader *r, struct scs_packet *out, size_t max)
{
    struct scs_error why;
    if (!scs_source_need(&r->source, LEAST_PCAP)) {
        scs_reader_end(r, r->source.rest.len != 0);
        return 0;
    }
    if (begin(r, r->source.path, &why)) {
        return r->read(r, out, max);
    }
    if (r->source.interrupted) {
        r->ended = true;
        return 0;
    }
    r->damaged = true;
    scs_reader_problem(r, "%s", why.text);
    r->read = pass_over;
    r->has_next = has_nothing;
    return pass_over(r, out, max);
}

static void begin_when_there(struct scs_reader *r)
{
    r->ended = false;
    r->read = begin_late;
    r->has_next = has_header;
}

static bool is_idle(struct scs_reader *r)
{
    const struct scs_source *s = &r->source;
    while (!r->has_next(r) && !s->ended) {
        if (r->read == pass_over) {
            (void)!scs_source_skip(&r->source, s->rest.len);
        }
        if (!scs_source_look(&r->source) && !s->ended) {
            return true;
        }
    }
    return false;
}

size_t scs_reader_next(struct scs_reader *r, struct scs_packet *out, size_t max, bool *idle)
{
    for (;;) {
        if (idle != NULL && (*idle = is_idle(r))) {
            return 0;
        }
        size_t n = r->read(r, out, max);
        if (n != 0 || !r->source.turned_over || !scs_source_turn(&r->source)) {
            return n;
        }
        begin_when_there(r);
    }
}

bool scs_reader_open(struct scs_reader *r, struct scs_inventory *v, uint16_t file, const char *path,
                     struct scs_source_options *options, struct scs_error *err)
{
    *r = (struct scs_reader){.inventory = v, .file = file, .last_ns = SCS_NO_TIME};
    if (!scs_source_open(&r->source, path, options, err)) {
        return false;
    }
    if (r->source.path != NULL && !has_header(r)) {
        begin_when_there(r);
        return true;
    }
    return begin(r, strcmp(path, "-") == 0 ? "standard input" : path, err);
}

bool scs_reader_open_memory(struct scs_reader *r, struct scs_inventory *v, const uint8_t *data, size_t len, size_t cut,
                            struct scs_error *err)
{
    *r = (struct scs_reader){.inventory = v, .last_ns = SCS_NO_TIME};
    scs_source_open_memory(&r->source, data, len, cut);
    return begin(r, "memory", err);
}

void scs_reader_finish(struct scs_reader *r)
{
    struct scs_source *s = &r->source;
    uint8_t digest[32];
    if (r->finished) {
        return;
    }
    r->finished = true;
    if (scs_source_hash(s, digest)) {
        r->sha256 = scs_arena_hex(r->inventory->arena, digest, sizeof digest);
    }
    scs_source_close(s);
}

void scs_reader_cleanup(struct scs_reader *r)
{
    scs_source_close(&r->source);
    scs_pcapng_cleanup(&r->pcapng);
}
