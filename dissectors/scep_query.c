/* SPDX-License-Identifier: Apache-2.0 */
/*
 * message= of a GET: base64 (RFC 4648), percent-encoded (RFC 8894 4.1), in every variant seen in the
 * field. Decoding and counting step through the same `struct decoder`, so that they agree.
 */
#include "dissectors/scep.h"
#include "dissectors/scep_parts.h"

/* The letters and digits of base64: their values, plus one. Most of a message is runs of them. */
static const uint8_t plain[256] = {
    ['A'] = 1,  ['B'] = 2,  ['C'] = 3,  ['D'] = 4,  ['E'] = 5,  ['F'] = 6,  ['G'] = 7,  ['H'] = 8,  ['I'] = 9,
    ['J'] = 10, ['K'] = 11, ['L'] = 12, ['M'] = 13, ['N'] = 14, ['O'] = 15, ['P'] = 16, ['Q'] = 17, ['R'] = 18,
    ['S'] = 19, ['T'] = 20, ['U'] = 21, ['V'] = 22, ['W'] = 23, ['X'] = 24, ['Y'] = 25, ['Z'] = 26, ['a'] = 27,
    ['b'] = 28, ['c'] = 29, ['d'] = 30, ['e'] = 31, ['f'] = 32, ['g'] = 33, ['h'] = 34, ['i'] = 35, ['j'] = 36,
    ['k'] = 37, ['l'] = 38, ['m'] = 39, ['n'] = 40, ['o'] = 41, ['p'] = 42, ['q'] = 43, ['r'] = 44, ['s'] = 45,
    ['t'] = 46, ['u'] = 47, ['v'] = 48, ['w'] = 49, ['x'] = 50, ['y'] = 51, ['z'] = 52, ['0'] = 53, ['1'] = 54,
    ['2'] = 55, ['3'] = 56, ['4'] = 57, ['5'] = 58, ['6'] = 59, ['7'] = 60, ['8'] = 61, ['9'] = 62,
};

static int hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool scs_scep_hex_pair(struct scs_cursor *c, uint8_t *out)
{
    uint8_t high, low;
    if (!scs_cursor_peek(c, 0, &high) || !scs_cursor_peek(c, 1, &low) || hex_digit(high) < 0 || hex_digit(low) < 0 ||
        !scs_cursor_skip(c, 2)) {
        return false;
    }
    *out = (uint8_t)(hex_digit(high) << 4 | hex_digit(low));
    return true;
}

struct decoder {
    struct scs_cursor in;
    uint32_t flags;      /* enum scs_b64_flag */
    uint32_t num_values; /* characters of the alphabet so far, 6 bits each */
    uint32_t spaces;     /* read, and not yet known to stand for plus signs */
    bool padded;
    bool stopped; /* at something foreign, or at a cut escape */
};

/* The bytes made of the values, in blocks. */
struct sink {
    struct scs_buf *out;
    uint32_t bits;
    unsigned num_bits;
    uint8_t block[512];
    size_t len;
    bool full;
};

static void flush(struct sink *s)
{
    s->full = !scs_buf_add(s->out, s->block, s->len) || s->full;
    s->len = 0;
}

static void put(struct sink *s, uint8_t value)
{
    s->bits = s->bits << 6 | value;
    s->num_bits += 6;
    if (s->num_bits >= 8) {
        s->num_bits -= 8;
        s->block[s->len++] = (uint8_t)(s->bits >> s->num_bits);
        if (s->len == sizeof s->block) {
            flush(s);
        }
    }
}

/* Letters and digits, four at a time once they begin on an octet: requests from phones hold 11 KB of them. */
static void put_run(struct sink *s, const struct scs_cursor *run)
{
    size_t i = 0;
    while (i < run->len) {
        if (s->num_bits != 0 || run->len - i < 4 || sizeof s->block - s->len < 4) {
            put(s, (uint8_t)(plain[run->p[i++]] - 1));
            continue;
        }
        uint32_t group = 0;
        for (size_t end = i + 4; i < end; i++) {
            group = group << 6 | (plain[run->p[i]] - 1u);
        }
        s->block[s->len++] = (uint8_t)(group >> 16);
        s->block[s->len++] = (uint8_t)(group >> 8);
        s->block[s->len++] = (uint8_t)group;
    }
}

/* Cuts off the letters and digits up to the next character that needs thought; false when there are none. */
static bool take_run(struct decoder *d, struct scs_cursor *run)
{
    size_t n = 0;
    if (d->padded || d->spaces != 0) {
        return false;
    }
    while (n < d->in.len && plain[d->in.p[n]] != 0) {
        n++;
    }
    if (n == 0 || !scs_cursor_take(&d->in, n, run)) {
        return false;
    }
    d->num_values += (uint32_t)n;
    return true;
}

static bool stop(struct decoder *d, uint32_t why)
{
    d->flags |= why;
    d->stopped = true;
    return false;
}

/* One character, unescaped: "%2B", and "%252B" where a proxy escaped it again. `raw`: it stood as itself. */
static bool read_char(struct decoder *d, uint8_t *out, bool *raw)
{
    struct scs_cursor c = d->in;
    unsigned levels = 0;
    if (!scs_cursor_u8(&c, out)) {
        return false;
    }
    for (; *out == '%'; levels++) {
        if (!scs_scep_hex_pair(&c, out)) {
            return stop(d, c.len < 2 ? SCS_B64_TRUNCATED : SCS_B64_INVALID);
        }
    }
    *raw = levels == 0;
    d->flags |= levels > 1 ? SCS_B64_DOUBLE : 0u;
    d->in = c;
    return true;
}

/* The value of a character of any base64 alphabet. */
static bool value_of(struct decoder *d, uint8_t c, bool raw, uint8_t *out)
{
    if (plain[c] != 0) {
        *out = plain[c] - 1;
        return true;
    }
    switch (c) {
    case '+':
        d->flags |= raw ? SCS_B64_RAW_PLUS : 0u;
        *out = 62;
        return true;
    case '/':
        d->flags |= raw ? SCS_B64_RAW_SLASH : 0u;
        *out = 63;
        return true;
    case '-':
    case '_':
        d->flags |= SCS_B64_URL_ALPHABET;
        *out = c == '-' ? 62 : 63;
        return true;
    default:
        return false;
    }
}

/* True for what may stand between and after the characters of the alphabet. */
static bool pass_over(struct decoder *d, uint8_t c, bool raw)
{
    switch (c) {
    case '=':
        d->padded = true;
        d->flags |= raw ? SCS_B64_RAW_EQUALS : 0u;
        return true;
    case '\r':
    case '\n':
    case '\t':
        d->flags |= SCS_B64_NEWLINES;
        return true;
    case ' ':
        d->spaces += d->padded ? 0u : 1u;
        return true;
    default:
        return false;
    }
}

/* "..." or its one-character form marks where a log was cut: nobody sends it. */
static bool at_ellipsis(const struct scs_cursor *c)
{
    return scs_cursor_starts(c, "...") || scs_cursor_starts(c, "\xe2\x80\xa6") || scs_cursor_starts_nocase(c, "%e2%80%a6");
}

/* A space was a plus sign that somebody decoded as forms are decoded. */
static bool give_space(struct decoder *d, uint8_t *out)
{
    d->spaces--;
    d->num_values++;
    d->flags |= SCS_B64_SPACE;
    *out = 62;
    return true;
}

/* The next value; false at the end and where decoding stops. */
static bool next_value(struct decoder *d, uint8_t *out)
{
    while (!scs_cursor_done(&d->in)) {
        struct scs_cursor before = d->in;
        uint8_t c;
        bool raw;
        if (!read_char(d, &c, &raw)) {
            return false;
        }
        if (value_of(d, c, raw, out)) {
            if (d->padded) {
                return stop(d, SCS_B64_INVALID);
            }
            if (d->spaces != 0) {
                d->in = before; /* first the spaces in front of it */
                return give_space(d, out);
            }
            d->num_values++;
            return true;
        }
        if (!pass_over(d, c, raw)) {
            d->in = before;
            return stop(d, at_ellipsis(&before) ? SCS_B64_ELLIPSIS : SCS_B64_INVALID);
        }
    }
    /* Spaces at the end count only where the last group of four wants them. */
    return d->spaces != 0 && !d->padded && d->num_values % 4 != 0 && give_space(d, out);
}

static void judge_end(struct decoder *d)
{
    if (d->stopped || d->padded) {
        return;
    }
    if (d->num_values % 4 == 1) {
        d->flags |= SCS_B64_TRUNCATED;
    } else if (d->num_values % 4 != 0) {
        d->flags |= SCS_B64_NO_PADDING;
    }
}

enum scs_status scs_scep_decode_query(const struct scs_cursor *message, struct scs_buf *out, uint32_t *flags)
{
    struct decoder d = {.in = *message};
    struct sink sink = {.out = out};
    struct scs_cursor run;
    uint8_t value;
    for (;;) {
        if (take_run(&d, &run)) {
            put_run(&sink, &run);
        } else if (!sink.full && next_value(&d, &value)) {
            put(&sink, value);
        } else {
            break;
        }
    }
    flush(&sink);
    judge_end(&d);
    *flags = d.flags;
    if (sink.full) {
        return SCS_LIMIT;
    }
    if ((d.flags & (SCS_B64_INVALID | SCS_B64_ELLIPSIS)) != 0) {
        return SCS_MALFORMED;
    }
    return (d.flags & SCS_B64_TRUNCATED) != 0 ? SCS_MORE : SCS_OK;
}

uint32_t scs_scep_decoded_before(const struct scs_cursor *message, uint32_t raw_off)
{
    if (raw_off <= message->off) {
        return 0;
    }
    struct decoder d = {.in = scs_cursor_first(message, raw_off - message->off)};
    struct scs_cursor run;
    uint8_t value;
    while (take_run(&d, &run) || next_value(&d, &value)) {
    }
    return (uint32_t)((uint64_t)d.num_values * 6 / 8);
}
