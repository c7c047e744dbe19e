/* passwd(5), group(5), login.defs(5): "name|value|field digit" on the first line, then the text. */
#include "fuzz.h"

#include "target/accounts_text.h"

#include <errno.h>
#include <unistd.h>

static bool is_plain(const char *s)
{
	return !strpbrk(s, ":\n");
}

/* What the line says of a field, told without the code under test. */
static bool field_is(const char *line, size_t len, unsigned n, const char *want)
{
	struct fuzz_part in = {line, len}, part = fuzz_part(&in, ':');

	for (; n; n--)
		part = fuzz_part(&in, ':');
	return part.len == strlen(want) && !memcmp(part.p, want, part.len);
}

static void edit(struct fuzz_part text, const struct account_edit *e)
{
	size_t start, end, after;
	struct fuzz_part now;
	int fd = fuzz_fd(text);
	struct splice s;
	struct lines l;

	lines_start(&l, fd);
	if (accounts_find_field(&l, e, &s) == 0) {
		now = fuzz_spliced(fd, &s);
		CLAIM(!accounts_line(text.p, text.len, e->name, &start, &end));
		CLAIM(l.at == (off_t)start && l.len == end - start);
		CLAIM(is_plain(e->value) == false ||
		      fuzz_lines_stay(text, now, fuzz_line_of(text.p, start)));
		CLAIM(!memcmp(now.p, text.p, start)); /* also where the value is no field at all */
		CLAIM(!memcmp(now.p + now.len - (text.len - end), text.p + end, text.len - end));
		if (is_plain(e->value) && e->field) {
			CLAIM(!accounts_line(now.p, now.len, e->name, &start, &after));
			CLAIM(field_is(now.p + start, after - start, e->field, e->value));
			CLAIM(accounts_fields(now.p + start, after - start) ==
			      accounts_fields(text.p + start, end - start));
		}
		free((char *)now.p);
	} else {
		CLAIM(errno == (l.cut ? EMSGSIZE : ERANGE) || errno == ENOENT);
		CLAIM(errno != ENOENT || accounts_line(text.p, text.len, e->name, &start, &end));
	}
	lines_close(&l);
	close(fd);
}

static void parse(struct fuzz_part text)
{
	struct account a;

	while (text.len) {
		struct fuzz_part line = fuzz_part(&text, '\n');
		char number[24];

		if (accounts_parse_passwd(line.p, line.len, &a))
			continue;
		CLAIM(*a.name && !strchr("+-#", *a.name) && is_plain(a.name));
		CLAIM(field_is(line.p, line.len, 0, a.name));
		CLAIM(field_is(line.p, line.len, 5, a.home));
		CLAIM(field_is(line.p, line.len, 6, a.shell));
		snprintf(number, sizeof number, "%u", a.uid);
		CLAIM(field_is(line.p, line.len, 2, number) || memchr(line.p, '0', line.len));
		accounts_parse_shadow(line.p, line.len, &a);
		accounts_login_shell(a.shell);
	}
}

/* Nobody is an administrator who is not named, nor by a group that is not there. */
static void admin(struct fuzz_part text, const char *name)
{
	struct accounts_admins groups = {0};
	struct fuzz_part rest = text;
	size_t start, end;

	while (rest.len) {
		struct fuzz_part line = fuzz_part(&rest, '\n');

		accounts_admin_group(line.p, line.len, &groups);
	}
	if (!accounts_is_admin(&groups, name, (gid_t)-2))
		return;
	CLAIM(!accounts_line(text.p, text.len, "wheel", &start, &end) ||
	      !accounts_line(text.p, text.len, "sudo", &start, &end) ||
	      !accounts_line(text.p, text.len, "admin", &start, &end));
	CLAIM(!*name || memmem(text.p, text.len, name, strlen(name)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_part in = {(const char *)data, size}, head = fuzz_part(&in, '\n');
	char name[32], value[64], field[4], def[32];
	char *copy = fuzz_copy(in);

	in.p = copy;
	fuzz_word(&head, '|', name, sizeof name);
	fuzz_word(&head, '|', value, sizeof value);
	fuzz_word(&head, '|', field, sizeof field);
	edit(in, &(struct account_edit){name, (unsigned)(*field - '0') % 9, value});
	parse(in);
	admin(in, name);
	if (accounts_def(in.p, in.len, name, def, sizeof def) == 0)
		CLAIM(*def && memmem(in.p, in.len, def, strlen(def)));
	accounts_pam_method(in.p, in.len);
	free(copy);
	return 0;
}
