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
    const struct pair **by_value; /* sorted; made when it is asked for, valid while num stays num_sorted */
    size_t num_sorted;
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
    free(map->by_value);
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
    map->num_sorted = SIZE_MAX;
    *p = (struct pair){.hash = hash, .token = scs_xstrdup(token), .value = text};
    if (++map->num * 2 > map->room) {
        grow(map);
    }
}

/* Shorter values stand in every sentence. */
#define LEAST_VALUE 4u

static int by_value(const void *x, const void *y)
{
    const struct pair *const *a = x, *const *b = y;
    return strcmp((*a)->value, (*b)->value);
}

static void sort_values(struct scs_token_map *map)
{
    if (map->num_sorted == map->num && map->by_value != NULL) {
        return;
    }
    free(map->by_value);
    map->by_value = scs_xcalloc(map->num + 1, sizeof *map->by_value);
    map->num_sorted = 0;
    for (size_t i = 0; i < map->room; i++) {
        if (map->slots[i].token != NULL) {
            map->by_value[map->num_sorted++] = &map->slots[i];
        }
    }
    if (map->num_sorted > 1) {
        qsort(map->by_value, map->num_sorted, sizeof *map->by_value, by_value);
    }
}

const char *scs_token_map_begins(struct scs_token_map *map, const char *text, size_t *len)
{
    const char *found = NULL;
    size_t low = 0, high;
    sort_values(map);
    *len = 0;
    for (high = map->num_sorted; low < high;) {
        size_t middle = low + (high - low) / 2;
        if (strncmp(map->by_value[middle]->value, text, LEAST_VALUE) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    for (; low < map->num_sorted && strncmp(map->by_value[low]->value, text, LEAST_VALUE) == 0; low++) {
        size_t n = strlen(map->by_value[low]->value);
        if (n >= LEAST_VALUE && n > *len && strncmp(text, map->by_value[low]->value, n) == 0) {
            found = map->by_value[low]->token;
            *len = n;
        }
    }
    return found;
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
