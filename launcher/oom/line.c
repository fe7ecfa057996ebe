/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "line.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"

#define FACILITY(priority) ((priority) >> 3) /* of syslog(3); the kernel's is 0 */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Up to 18 digits at *@s; false, and *@s as it was, where there is none or there are more. */
static bool take_number(const char **s, int64_t *ret)
{
	const char *at = *s;
	int64_t n = 0;

	while (is_digit(*at) && at - *s < 18)
		n = n * 10 + (*at++ - '0');
	if (at == *s || is_digit(*at))
		return false;
	*s = at;
	*ret = n;
	return true;
}

/* @shape at *@s: 9 is a digit, A a letter, _ a blank or a digit, all others themselves. */
static bool take_shape(const char **s, const char *shape)
{
	const char *at = *s;

	for (; *shape; shape++, at++) {
		bool fits = *at == *shape;

		if (*shape == '9')
			fits = is_digit(*at);
		else if (*shape == '_')
			fits = is_digit(*at) || *at == ' ';
		else if (*shape == 'A')
			fits = (*at >= 'A' && *at <= 'Z') || (*at >= 'a' && *at <= 'z');
		if (!fits)
			return false;
	}
	*s = at;
	return true;
}

static void keep_time(struct oom_line *line, const char *from, const char *to)
{
	snprintf(line->time, sizeof(line->time), "%.*s", (int)(to - from), from);
}

/* "4,482,29681193,-,caller=T1;" */
static bool take_record(const char **s, struct oom_line *line)
{
	const char *at = *s;
	int64_t priority, sequence, usec;

	if (!take_number(&at, &priority) || *at++ != ',' || !take_number(&at, &sequence) ||
	    *at++ != ',' || !take_number(&at, &usec) || *at++ != ',' ||
	    (*at != '-' && *at != 'c' && *at != '+'))
		return false;
	at += strcspn(at, ";");
	if (*at != ';')
		return false;
	line->record = true;
	line->foreign = FACILITY(priority) != 0;
	line->usec = usec;
	snprintf(line->time, sizeof(line->time), "%lld.%06lld", (long long)(usec / 1000000),
		 (long long)(usec % 1000000));
	*s = at + 1;
	return true;
}

/* "<4>" */
static void take_priority(const char **s, struct oom_line *line)
{
	const char *at = *s;
	int64_t priority;

	if (*at++ != '<' || !take_number(&at, &priority) || *at++ != '>')
		return;
	line->foreign = FACILITY(priority) != 0;
	*s = at;
}

/* "kern  :warn  : ", of dmesg -x. */
static void take_words(const char **s, struct oom_line *line)
{
	static const char *const facilities[] = {
		"kern",   "user",   "mail",   "daemon",   "auth",   "syslog", "lpr",
		"news",   "uucp",   "cron",   "authpriv", "ftp",    "local0", "local1",
		"local2", "local3", "local4", "local5",   "local6", "local7"};
	const char *at = *s;
	size_t length = strcspn(at, " :"), level, i;

	for (i = 0; i < ELEMENTSOF(facilities); i++)
		if (strlen(facilities[i]) == length && memcmp(facilities[i], at, length) == 0)
			break;
	if (i == ELEMENTSOF(facilities))
		return;
	at += length;
	at += strspn(at, " ");
	if (*at++ != ':')
		return;
	level = strspn(at, "abcdefghijklmnopqrstuvwxyz");
	at += level;
	at += strspn(at, " ");
	if (!level || at[0] != ':' || at[1] != ' ')
		return;
	line->foreign = i != 0;
	*s = at + 2;
}

/* "[   18.830165] ", with a caller ("[  T207]") or a difference ("<    0.000013>") perhaps. */
static bool take_uptime(const char **s, struct oom_line *line)
{
	const char *at = *s, *from;
	int64_t seconds, micros;

	if (*at++ != '[')
		return false;
	at += strspn(at, " ");
	from = at;
	if (!take_number(&at, &seconds) || *at++ != '.' || !take_number(&at, &micros) ||
	    at - from > 24)
		return false;
	keep_time(line, from, at);
	line->usec = seconds < INT64_MAX / 1000000 - 1 && micros < 1000000
			     ? seconds * 1000000 + micros
			     : -1;
	if (at[0] == ' ' && at[1] == '<') {
		at += strcspn(at, ">]");
		if (*at == '>')
			at++;
	}
	if (*at++ != ']')
		return false;
	if (*at == '[') {
		const char *end = at + 1;

		end += strspn(end, " ");
		if (*end == 'T' || *end == 'C') {
			end++;
			end += strspn(end, "0123456789");
			if (*end == ']')
				at = end + 1;
		}
	}
	if (*at == ' ')
		at++;
	*s = at;
	return true;
}

/* "host kernel: ", or "host other[12]: ", which is foreign. */
static bool take_sender(const char **s, struct oom_line *line)
{
	const char *at = *s;
	size_t host = strcspn(at, " "), tag;

	if (!host || at[host] != ' ')
		return false;
	at += host + 1;
	tag = strcspn(at, " :");
	if (at[tag] != ':')
		return false;
	line->foreign = tag != strlen("kernel") || memcmp(at, "kernel", tag) != 0;
	at += tag + 1;
	if (*at == ' ')
		at++;
	*s = at;
	return true;
}

/* A day and a time, as written by @shape, with a fraction and a zone perhaps. */
static bool take_date(const char **s, const char *shape, struct oom_line *line)
{
	const char *at = *s, *zone;

	if (!take_shape(&at, shape))
		return false;
	if ((*at == '.' || *at == ',') && is_digit(at[1]))
		at += 1 + strspn(at + 1, "0123456789");
	zone = at;
	if (take_shape(&zone, "Z") || take_shape(&zone, "+99:99") || take_shape(&zone, "-99:99") ||
	    take_shape(&zone, "+9999") || take_shape(&zone, "-9999"))
		at = zone;
	keep_time(line, *s, at);
	*s = at;
	return true;
}

/* What syslogd(8) and journalctl(1) put before a line; dmesg's iso has no sender and a comma. */
static bool take_syslog(const char **s, struct oom_line *line)
{
	static const char *const shapes[] = {"AAA _9 99:99:99", "9999-99-99T99:99:99",
					     "9999-99-99 99:99:99"};
	const char *at = *s;
	size_t i;

	if (take_shape(&at, "AAA 9999"))
		at -= strlen("9999"); /* behind the weekday of short-full */
	for (i = 0; i < ELEMENTSOF(shapes); i++)
		if (take_date(&at, shapes[i], line))
			break;
	if (i == ELEMENTSOF(shapes)) {
		at = *s;
		if (!take_date(&at, "9999999999", line)) /* short-unix */
			return false;
	}
	if (i == 1 && strchr(line->time, ',')) {
		if (*at++ != ' ')
			return false;
		*s = at;
		return true;
	}
	if (i == 2 && (take_shape(&at, " AAA ") || take_shape(&at, " AAAA ")))
		at--; /* the zone of short-full */
	if (*at++ != ' ' || !take_sender(&at, line)) {
		line->time[0] = '\0';
		return false;
	}
	*s = at;
	return true;
}

/* "[Sun Nov 22 02:10:53 2026] ", of dmesg -T. */
static bool take_ctime(const char **s, struct oom_line *line)
{
	const char *at = *s;

	if (*at++ != '[' || !take_date(&at, "AAA AAA _9 99:99:99 9999", line) || at[0] != ']' ||
	    at[1] != ' ') {
		line->time[0] = '\0';
		return false;
	}
	*s = at + 2;
	return true;
}

/* "host kernel: ", which journalctl -o short-monotonic has behind the time since the boot. */
static void take_kernel(const char **s)
{
	struct oom_line line = {.usec = -1};
	const char *at = *s;

	if (take_sender(&at, &line) && !line.foreign)
		*s = at;
}

/* The kernel's own time, which syslogd(8) leaves behind its own. */
static void skip_uptime(const char **s)
{
	struct oom_line line = {.usec = -1};

	(void)take_uptime(s, &line);
}

void oom_line_split(const char *line, struct oom_line *ret)
{
	const char *at = line;

	memset(ret, 0, sizeof(*ret));
	ret->usec = -1;
	if (!take_record(&at, ret)) {
		take_priority(&at, ret);
		if (at == line)
			take_words(&at, ret);
		if (take_uptime(&at, ret))
			take_kernel(&at);
		else if (!take_ctime(&at, ret) && take_syslog(&at, ret))
			skip_uptime(&at);
	}
	ret->prefix = (size_t)(at - line);
	ret->text = at;
}
