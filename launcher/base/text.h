/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Strings: what may be shown, number lists, how far two words are apart. Pure. */
#ifndef MPOLRUN_TEXT_H
#define MPOLRUN_TEXT_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The UTF-8 sequence at @s, at most @len bytes: its length, or 0 if it is none. Overlong ones and
 * surrogates are none.
 */
size_t text_char(const unsigned char *s, size_t len, uint32_t *ret);

/* Into @buf as much of @text as fits, and a null: snprintf(3) of "%s" without its price. */
void text_copy(char *buf, size_t size, const char *text);

/* Replace control characters, and bytes that are not valid UTF-8, by '?', in place. */
void text_make_printable(char *text);

/*
 * Edits (insert, delete, replace, swap neighbours) from @a to @b; words over 63 bytes are SIZE_MAX.
 */
size_t text_distance(const char *a, const char *b);

/* Whether @word is in @list, @length bytes of words between any of @separators. */
bool text_has_word(const char *list, size_t length, const char *word, const char *separators);

/* A decimal number, the whole of @text, no sign, no blanks: 0, -EINVAL or -ERANGE (over @max). */
int text_to_u32(const char *text, uint32_t max, uint32_t *ret);

/*
 * "0-3,8" into a bitmap of @n_words words (bit n of word n / 64), as the kernel writes node lists.
 * Sets bits only; "" sets none. 0, -EINVAL (not a list), -ERANGE (beyond the bitmap), -EEXIST (a
 * number twice); @words is untouched on failure.
 */
int text_to_bitmap(const char *text, __u64 *words, size_t n_words);

/* Whether no bit is set. */
bool bitmap_is_empty(const __u64 *words, size_t n_words);

/*
 * Of text_to_bitmap() the reverse, "" for an empty one; cut short with "..." where @size does not
 * suffice. Returns @buf.
 */
const char *text_from_bitmap(const __u64 *words, size_t n_words, char *buf, size_t size);

#endif
