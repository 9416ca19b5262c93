// Variables in command lines (Microsoft: "set", "call", "for", "setlocal").
#include "cmd.h"
#include <stdlib.h>

loop *loops;
int delayed;

wchar_t *variable(const wchar_t *name, size_t length)
{
    wchar_t *wanted = copy_of(name, length);
    DWORD size = GetEnvironmentVariableW(wanted, NULL, 0);
    if (size) {
        wchar_t *value = take(size * sizeof *value);
        GetEnvironmentVariableW(wanted, value, size);
        return value;
    }
    if (is_word(name, length, L"errorlevel"))
        return format(L"%d", errorlevel);
    if (is_word(name, length, L"cd")) {
        wchar_t *value = take(32768 * sizeof *value);
        GetCurrentDirectoryW(32768, value);
        return value;
    }
    if (is_word(name, length, L"random"))
        return format(L"%d", rand() & 0x7FFF);
    if (is_word(name, length, L"cmdextversion"))
        return format(L"%d", 2);
    if (is_word(name, length, L"cmdcmdline"))
        return GetCommandLineW();
    return NULL;
}

// "~2,3" or "old=new" after the colon of "%NAME:...%".
static wchar_t *changed(const wchar_t *value, const wchar_t *how, size_t length)
{
    wchar_t *rule = copy_of(how, length);
    int all = (int)wcslen(value);
    if (*rule == '~') {
        wchar_t *rest;
        long start = wcstol(rule + 1, &rest, 10), count = *rest == ',' ? wcstol(rest + 1, NULL, 10) : all;
        start = start < 0 ? max(all + start, 0) : min(start, all);
        long end = count < 0 ? all + count : min((long long)start + count, all);
        return copy_of(value + start, max(end - start, 0));
    }
    wchar_t *new = wcschr(rule, '=');
    if (!new || new == rule)
        return copy_of(value, all);
    *new++ = 0;
    text made = {0};
    add(&made, L"", 0);
    const wchar_t *old = rule;
    if (*rule == '*') {
        old++;
        for (const wchar_t *at = value; *at; at++)
            if (!_wcsnicmp(at, old, wcslen(old))) {
                add_string(&made, new);
                add_string(&made, at + wcslen(old));
                return made.at;
            }
        return copy_of(value, all);
    }
    while (*value) {
        if (!_wcsnicmp(value, old, wcslen(old))) {
            add_string(&made, new);
            value += wcslen(old);
        } else {
            add_unit(&made, *value++);
        }
    }
    return made.at;
}

// What "NAME" or "NAME:rule" between two marks stands for; NULL for nothing.
static wchar_t *named(const wchar_t *at, size_t length)
{
    wchar_t *value = variable(at, length);
    const wchar_t *colon = wmemchr(at, ':', length);
    if (value || !colon || colon == at)
        return value;
    value = variable(at, colon - at);
    return value ? changed(value, colon + 1, length - (colon + 1 - at)) : NULL;
}

// A value by "~dpnx", whose letters begin at `letters`.
static void add_parts(text *to, const wchar_t *value, const wchar_t *letters, size_t count, const wchar_t *path)
{
    wchar_t *plain = without_quotes(value);
    if (!count) {
        add_string(to, plain);
        return;
    }
    wchar_t *full = take(32768 * sizeof *full), *name = NULL;
    if (!GetFullPathNameW(path ? path : plain, 32768, full, &name))
        return;
    if (!name)
        name = full + wcslen(full);
    wchar_t *dot = wcsrchr(name, '.');
    size_t stem = dot ? (size_t)(dot - name) : wcslen(name);
    int every = !!wmemchr(letters, 'f', count);
    if (every || wmemchr(letters, 'd', count))
        add(to, full, 2);
    if (every || wmemchr(letters, 'p', count))
        add(to, full + 2, name - full - 2);
    if (every || wmemchr(letters, 'n', count))
        add(to, name, stem);
    if (every || wmemchr(letters, 'x', count))
        add_string(to, name + stem);
}

static size_t letters_at(const wchar_t *at)
{
    return wcsspn(at, L"fdpnx");
}

wchar_t *expand(const wchar_t *line, const batch *in)
{
    text made = {0};
    add(&made, L"", 0);
    while (*line) {
        if (*line != '%') {
            add_unit(&made, *line++);
            continue;
        }
        if (in) {
            size_t letters = line[1] == '~' ? letters_at(line + 2) : 0;
            const wchar_t *digit = line[1] == '~' ? line + 2 + letters : line + 1;
            if (line[1] == '%') {
                add_unit(&made, '%');
                line += 2;
                continue;
            }
            if (line[1] == '*') {
                add_string(&made, all_arguments_of(in));
                line += 2;
                continue;
            }
            if (*digit >= '0' && *digit <= '9') {
                const wchar_t *value = argument_of(in, *digit - '0');
                const wchar_t *path = *digit == '0' ? path_of(in) : NULL;
                if (line[1] == '~')
                    add_parts(&made, value, line + 2, letters, path);
                else
                    add_string(&made, value);
                line = digit + 1;
                continue;
            }
        }
        const wchar_t *end = wcschr(line + 1, '%');
        wchar_t *value = end ? named(line + 1, end - line - 1) : NULL;
        if (value) {
            add_string(&made, value);
            line = end + 1;
        } else if (in && end) {
            line = end + 1;
        } else {
            // On a command line what is no variable stays; in a batch file a lone sign goes.
            if (!in)
                add_unit(&made, '%');
            line++;
        }
    }
    return made.at;
}

wchar_t *expand_late(const wchar_t *line)
{
    text made = {0};
    add(&made, L"", 0);
    while (*line) {
        if (*line == '%' && loops) {
            size_t letters = 0;
            const wchar_t *at = line + 1;
            if (*at == '~')
                letters = letters_at(++at);
            // The letters themselves may name the variable.
            loop *found = NULL;
            for (size_t used = letters + 1; !found && used-- > 0;)
                for (loop *each = loops; each && !found; each = each->outer)
                    if (at[used] && each->variable == at[used]) {
                        found = each;
                        letters = used;
                    }
            if (found) {
                if (line[1] == '~')
                    add_parts(&made, found->value, at, letters, NULL);
                else
                    add_string(&made, found->value);
                line = at + letters + 1;
                continue;
            }
        }
        if (*line == '!' && delayed) {
            const wchar_t *end = wcschr(line + 1, '!');
            wchar_t *value = end ? named(line + 1, end - line - 1) : NULL;
            if (value)
                add_string(&made, value);
            line = end ? end + 1 : line + 1;
            continue;
        }
        add_unit(&made, *line++);
    }
    return made.at;
}
