// Strings and memory.
#include "cmd.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

struct chunk {
    chunk *before;
};

static chunk *newest;

void *take(size_t bytes)
{
    chunk *made = calloc(1, sizeof *made + bytes);
    if (!made)
        ExitProcess(1);
    made->before = newest;
    newest = made;
    return made + 1;
}

chunk *mark(void)
{
    return newest;
}

void release(chunk *to)
{
    while (newest != to) {
        chunk *before = newest->before;
        free(newest);
        newest = before;
    }
}

void add(text *to, const wchar_t *from, size_t length)
{
    if (to->length + length + 1 > to->room) {
        size_t room = 2 * (to->length + length) + 32;
        wchar_t *at = take(room * sizeof *at);
        if (to->length)
            memcpy(at, to->at, to->length * sizeof *at);
        to->at = at;
        to->room = room;
    }
    memcpy(to->at + to->length, from, length * sizeof *from);
    to->length += length;
    to->at[to->length] = 0;
}

void add_string(text *to, const wchar_t *from)
{
    add(to, from, wcslen(from));
}

void add_unit(text *to, wchar_t unit)
{
    add(to, &unit, 1);
}

wchar_t *copy_of(const wchar_t *from, size_t length)
{
    text made = {0};
    add(&made, from, length);
    return made.at;
}

wchar_t *format(const wchar_t *pattern, ...)
{
    text made = {0};
    va_list values;
    va_start(values, pattern);
    for (; *pattern; pattern++) {
        if (*pattern != '%') {
            add_unit(&made, *pattern);
        } else if (*++pattern == 's') {
            add_string(&made, va_arg(values, const wchar_t *));
        } else {
            wchar_t digits[16];
            _itow(va_arg(values, int), digits, 10);
            add_string(&made, digits);
        }
    }
    va_end(values);
    return made.at ? made.at : copy_of(L"", 0);
}

int is_blank(wchar_t unit)
{
    return unit && wcschr(L" \t,;=", unit);
}

const wchar_t *skip_blanks(const wchar_t *at)
{
    while (is_blank(*at))
        at++;
    return at;
}

int is_word(const wchar_t *at, size_t length, const wchar_t *word)
{
    return wcslen(word) == length && !_wcsnicmp(at, word, length);
}

wchar_t *next_word(const wchar_t **at)
{
    const wchar_t *start = skip_blanks(*at), *end = start;
    for (int quoted = 0; *end && (quoted || !is_blank(*end)); end++)
        quoted ^= *end == '"';
    *at = end;
    return end == start ? NULL : copy_of(start, end - start);
}

wchar_t *without_quotes(const wchar_t *word)
{
    text made = {0};
    add(&made, L"", 0);
    for (; *word; word++)
        if (*word != '"')
            add_unit(&made, *word);
    return made.at;
}
