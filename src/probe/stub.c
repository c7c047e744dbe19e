/* What the probe is linked against: gives it its one NEEDED entry, and is nowhere at run time. */
char *crypt(const char *key, const char *setting);

char *crypt(const char *key, const char *setting)
{
	return (void)key, (void)setting, (char *)0;
}
