/* SPDX-License-Identifier: Apache-2.0 */
#include "report/token_map.h"

#include <openssl/crypto.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/text.h"
#include "base/xalloc.h"
#include "report/escape.h"

struct pair {
    uint64_t hash;
    char *token, *value; /* the value as clean text */
};

/* Open addressing; at most half full. */
struct scs_token_map {
    struct scs_hash_key key;
    struct pair *slots;
    size_t num, room;
};

struct scs_token_map *scs_token_map_new(void)
{
    struct scs_token_map *map = scs_xcalloc(1, sizeof *map);
    map->key = scs_hash_key_random();
    map->room = 1024;
    map->slots = scs_xcalloc(map->room, sizeof *map->slots);
    return map;
}

void scs_token_map_free(struct scs_token_map *map)
{
    if (map == NULL) {
        return;
    }
    for (size_t i = 0; i < map->room; i++) {
        if (map->slots[i].value != NULL) {
            OPENSSL_cleanse(map->slots[i].value, strlen(map->slots[i].value));
        }
        free(map->slots[i].token);
        free(map->slots[i].value);
    }
    free(map->slots);
    free(map);
}

/* The place of the pair, or the free one where it belongs. */
static struct pair *find(struct pair *slots, size_t room, uint64_t hash, const char *token, const char *value)
{
    size_t at = (size_t)hash & (room - 1);
    while (slots[at].token != NULL &&
           (slots[at].hash != hash || strcmp(slots[at].token, token) != 0 || strcmp(slots[at].value, value) != 0)) {
        at = (at + 1) & (room - 1);
    }
    return &slots[at];
}

static void grow(struct scs_token_map *map)
{
    size_t room = map->room * 2;
    struct pair *slots = scs_xcalloc(room, sizeof *slots);
    for (size_t i = 0; i < map->room; i++) {
        const struct pair *p = &map->slots[i];
        if (p->token != NULL) {
            *find(slots, room, p->hash, p->token, p->value) = *p;
        }
    }
    free(map->slots);
    map->slots = slots;
    map->room = room;
}

void scs_token_map_add(struct scs_token_map *map, const char *token, const void *value, size_t len)
{
    struct scs_cursor bytes = scs_cursor_of(value, len);
    size_t text_len = scs_text_clean(&bytes, SIZE_MAX, NULL);
    char *text = scs_xmalloc(text_len + 1);
    scs_text_clean(&bytes, SIZE_MAX, text);
    uint64_t hash = scs_hash(&map->key, token, strlen(token)) ^ scs_hash(&map->key, text, text_len);
    struct pair *p = find(map->slots, map->room, hash, token, text);
    if (p->token != NULL) {
        free(text);
        return;
    }
    *p = (struct pair){.hash = hash, .token = scs_xstrdup(token), .value = text};
    if (++map->num * 2 > map->room) {
        grow(map);
    }
}

static int by_token(const void *x, const void *y)
{
    const struct pair *const *a = x, *const *b = y;
    int order = strcmp((*a)->token, (*b)->token);
    return order != 0 ? order : strcmp((*a)->value, (*b)->value);
}

static void write_text(FILE *out, const char *text)
{
    fputc('"', out);
    scs_escape_json(out, text, strlen(text));
    fputc('"', out);
}

void scs_token_map_write(const struct scs_token_map *map, FILE *out)
{
    const struct pair **sorted = scs_xcalloc(map->num + 1, sizeof *sorted);
    size_t num = 0;
    for (size_t i = 0; i < map->room; i++) {
        if (map->slots[i].token != NULL) {
            sorted[num++] = &map->slots[i];
        }
    }
    if (num > 1) {
        qsort(sorted, num, sizeof *sorted, by_token);
    }
    for (size_t i = 0; i < num; i++) {
        fputs("{\"token\":", out);
        write_text(out, sorted[i]->token);
        fputs(",\"value\":", out);
        write_text(out, sorted[i]->value);
        fputs("}\n", out);
    }
    free(sorted);
}
