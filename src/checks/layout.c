#include "checks/families.h"

#include "base/path.h"
#include "target/init_own.h"

#include <stdio.h>
#include <string.h>

/* Keys of the letters and digits are where a US keyboard has them. */
static bool is_us(const char *keymap)
{
	return !*keymap || str_starts(keymap, "us") || str_starts(keymap, "en");
}

/* vconsole.conf(5), keyboard(5), Gentoo's conf.d. */
void detect_keymap(struct check_context *c)
{
	static const struct {
		char file[24], key[12];
	} files[] = {{"/etc/vconsole.conf", "KEYMAP"},
		     {"/etc/default/keyboard", "XKBLAYOUT"},
		     {"/etc/conf.d/keymaps", "keymap"}};
	struct cause cause = {"keymap", SEVERITY_NOTE, BLOCKS_NOBODY, NULL};
	char text[8192], value[64], action[160];

	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		ssize_t n = path_read(c->t->fd, files[i].file, text, sizeof text);

		if (n <= 0 || init_conf_get(text, (size_t)n, files[i].key, value, sizeof value) ||
		    is_us(value))
			continue;
		snprintf(action, sizeof action,
			 "if the password is refused at one prompt only, type it there as on a US "
			 "keyboard, or first: loadkeys %s",
			 value);
		cause.action = action;
		check_found(c, &cause, "%s: %s=%s: some prompts may have another keyboard",
			    files[i].file, files[i].key, value);
	}
}

void detect_declarative(struct check_context *c)
{
	static const struct cause cause = {
	    "declarative-users", SEVERITY_NOTE, BLOCKS_NOBODY,
	    "set users.users.NAME.hashedPassword in /etc/nixos/configuration.nix (mkpasswd prints "
	    "one), then: nixos-enter --root /mnt -- nixos-rebuild boot"};

	if (path_exists(c->t->fd, "/etc/NIXOS") && path_exists(c->t->fd, "/nix/store"))
		check_found(c, &cause,
			    "/etc/NIXOS: this system may write passwd and shadow anew at boot from "
			    "its configuration");
}

void detect_ostree(struct check_context *c)
{
	static const struct cause cause = {
	    "ostree-root", SEVERITY_NOTE, BLOCKS_NOBODY,
	    "what is broken below /usr: boot the older entry of the menu, then rpm-ostree rollback "
	    "(or ostree admin status)"};

	if (target_ostree(c->t))
		check_found(c, &cause,
			    "/ostree: the system below /usr is an image; only /etc and /var are "
			    "repaired, labels are left alone");
}
