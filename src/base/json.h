/* json: read a text of JSON (RFC 8259) that may be hostile. Pure; nothing is copied but the strings that are asked for.
 *
 * Life cycle: json_check the whole text once; then walk it from the value it gave. The text must stay, unchanged.
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>

#define JSON_DEPTH 16 /* arrays and objects within each other */

struct json { /* a value of a checked text: its bytes */
	const char *p, *end;
};

/* Is all of the text one value, UTF-8 and nothing else? 0/-1. */
int json_check(const char *text, size_t len, struct json *value);
/* What is wrong with one that is not, and in which line (from 1). */
struct json_fault {
	unsigned line;
	const char *what;
};
struct json_fault json_fault(const char *text, size_t len);

/* An object's member of this name: the last, where there are several. False: none, or no object. */
bool json_member(struct json object, const char *name, struct json *value);
/* The next element of an array, *at 0 for the first. False: no more, or no array. */
bool json_element(struct json array, size_t *at, struct json *value);
/* A string, decoded and terminated; cut to what dst holds, whole characters. A NUL in it is U+FFFD. False: no string; dst is "". */
bool json_text(struct json value, char *dst, size_t cap);
/* A whole number that fits. False: another value; *n is 0. */
bool json_number(struct json value, long *n);
bool json_true(struct json value);

#endif
