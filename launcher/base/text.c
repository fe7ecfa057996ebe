/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "text.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

size_t text_char(const unsigned char *s, size_t len, uint32_t *ret)
{
	size_t n, i;
	uint32_t c;

	if (s[0] < 0x80) {
		*ret = s[0];
		return 1;
	}
	if (s[0] >= 0xc2 && s[0] <= 0xdf) {
		n = 2;
		c = s[0] & 0x1f;
	} else if (s[0] >= 0xe0 && s[0] <= 0xef) {
		n = 3;
		c = s[0] & 0x0f;
	} else if (s[0] >= 0xf0 && s[0] <= 0xf4) {
		n = 4;
		c = s[0] & 0x07;
	} else {
		return 0;
	}
	if (n > len)
		return 0;
	for (i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3f);
	}
	if ((n == 3 && (c < 0x800 || (c >= 0xd800 && c <= 0xdfff))) ||
	    (n == 4 && (c < 0x10000 || c > 0x10ffff)))
		return 0;
	*ret = c;
	return n;
}

/* No controls, no line and paragraph separators, and nothing that turns the text's direction. */
static bool is_printable(uint32_t c)
{
	return c >= 0x20 && !(c >= 0x7f && c < 0xa0) && !(c >= 0x2028 && c <= 0x202e) &&
	       !(c >= 0x2066 && c <= 0x2069);
}

void text_copy(char *buf, size_t size, const char *text)
{
	size_t length = strnlen(text, size - 1);

	memcpy(buf, text, length);
	buf[length] = '\0';
}

void text_make_printable(char *text)
{
	unsigned char *s = (unsigned char *)text;
	uint32_t c;

	while (*s) {
		/* The NUL at the end is part of no sequence. */
		size_t n = text_char(s, SIZE_MAX, &c);

		if (!n || !is_printable(c)) {
			*s = '?';
			n = 1;
		}
		s += n;
	}
}

#define DISTANCE_MAX 63

size_t text_distance(const char *a, const char *b)
{
	size_t la = strlen(a), lb = strlen(b), i, j;
	size_t row[3][DISTANCE_MAX + 1];
	size_t *before = row[0], *last = row[1], *here = row[2], *turn;

	if (la > DISTANCE_MAX || lb > DISTANCE_MAX)
		return SIZE_MAX;
	for (j = 0; j <= lb; j++) {
		last[j] = j;
		before[j] = 0;
	}
	for (i = 1; i <= la; i++) {
		here[0] = i;
		for (j = 1; j <= lb; j++) {
			size_t best = last[j - 1] + (a[i - 1] != b[j - 1]);

			if (last[j] + 1 < best)
				best = last[j] + 1;
			if (here[j - 1] + 1 < best)
				best = here[j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    before[j - 2] + 1 < best)
				best = before[j - 2] + 1;
			here[j] = best;
		}
		turn = before;
		before = last;
		last = here;
		here = turn;
	}
	return last[lb];
}

bool text_has_word(const char *list, size_t length, const char *word, const char *separators)
{
	size_t word_length = strlen(word), at = 0;

	while (at < length) {
		size_t n = strcspn(list + at, separators);

		if (n > length - at)
			n = length - at;
		if (n == word_length && memcmp(list + at, word, n) == 0)
			return true;
		at += n + 1;
	}
	return false;
}

/* Digits at *@s up to anything else; -ERANGE keeps a long number from wrapping round. */
static int take_number(const char **s, uint32_t max, uint32_t *ret)
{
	uint64_t n = 0;

	if (**s < '0' || **s > '9')
		return -EINVAL;
	for (; **s >= '0' && **s <= '9'; (*s)++) {
		n = n * 10 + (uint64_t)(**s - '0');
		if (n > max)
			return -ERANGE;
	}
	*ret = (uint32_t)n;
	return 0;
}

int text_to_u32(const char *text, uint32_t max, uint32_t *ret)
{
	uint32_t n;
	int r = take_number(&text, max, &n);

	if (r < 0)
		return r;
	if (*text)
		return -EINVAL;
	*ret = n;
	return 0;
}

#define BITMAP_WORDS_MAX 64

int text_to_bitmap(const char *text, __u64 *words, size_t n_words)
{
	__u64 found[BITMAP_WORDS_MAX] = {0};
	uint32_t last = (uint32_t)(n_words * 64 - 1);
	size_t i;

	if (n_words > BITMAP_WORDS_MAX)
		return -ERANGE;
	while (*text) {
		uint32_t from, to, n;
		int r = take_number(&text, last, &from);

		if (r < 0)
			return r;
		to = from;
		if (*text == '-') {
			text++;
			r = take_number(&text, last, &to);
			if (r < 0)
				return r;
		}
		if (to < from)
			return -EINVAL;
		for (n = from; n <= to; n++) {
			if (found[n / 64] >> (n % 64) & 1)
				return -EEXIST;
			found[n / 64] |= 1ULL << (n % 64);
		}
		if (*text == ',' && text[1])
			text++;
		else if (*text)
			return -EINVAL;
	}
	for (i = 0; i < n_words; i++)
		words[i] |= found[i];
	return 0;
}

bool bitmap_is_empty(const __u64 *words, size_t n_words)
{
	size_t i;

	for (i = 0; i < n_words; i++)
		if (words[i])
			return false;
	return true;
}

const char *text_from_bitmap(const __u64 *words, size_t n_words, char *buf, size_t size)
{
	size_t length = 0, n = 0, end = n_words * 64;
	char part[32];

	if (size)
		buf[0] = '\0';
	while (n < end) {
		size_t from = n, room = size - length;
		int need;

		if (!(words[n / 64] >> (n % 64) & 1)) {
			n++;
			continue;
		}
		while (n < end && (words[n / 64] >> (n % 64) & 1))
			n++;
		if (n - from == 1)
			need = snprintf(part, sizeof(part), "%s%zu", length ? "," : "", from);
		else
			need = snprintf(part, sizeof(part), "%s%zu-%zu", length ? "," : "", from,
					n - 1);
		if ((size_t)need + 4 > room) {
			if (room > 3)
				memcpy(buf + length, "...", 4);
			return buf;
		}
		memcpy(buf + length, part, (size_t)need + 1);
		length += (size_t)need;
	}
	return buf;
}
