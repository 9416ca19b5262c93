// Batch files (Microsoft: "call", "goto", "shift", "setlocal", "echo").
#include "cmd.h"
#include <stdlib.h>

int echoes = 1;

struct batch {
    const wchar_t *path, *name;
    const wchar_t *lines, *at;                   // all of it, and where it is read on
    wchar_t **arguments;
    unsigned count, shifted;
    const wchar_t *all;
    struct local *locals;
    batch *outer;
};

// What "setlocal" keeps for "endlocal".
struct local {
    wchar_t *variables;
    wchar_t *directory;
    int delayed;
    struct local *outer;
};

const wchar_t *argument_of(const batch *in, unsigned number)
{
    number += in->shifted;
    return number == 0 ? in->name : number <= in->count ? in->arguments[number - 1] : L"";
}

const wchar_t *all_arguments_of(const batch *in)
{
    return in->all;
}

const wchar_t *path_of(const batch *in)
{
    return in->path;
}

void shift_arguments(void)
{
    if (running)
        running->shifted++;
}

int set_local(const wchar_t *arguments, const streams *io)
{
    int late = delayed;
    for (wchar_t *word; (word = next_word(&arguments));) {
        if (!_wcsicmp(word, L"enabledelayedexpansion"))
            late = 1;
        else if (!_wcsicmp(word, L"disabledelayedexpansion"))
            late = 0;
        else if (_wcsicmp(word, L"enableextensions"))
            return unknown(io, format(L"\"setlocal %s\"", word));
    }
    // Outside of a batch file it does nothing.
    if (!running)
        return 0;
    struct local *made = calloc(1, sizeof *made);
    if (!made)
        return fail_with(io, ERROR_NOT_ENOUGH_MEMORY);
    // A copy of the system's, which is freed when it is needed no more.
    made->variables = GetEnvironmentStringsW();
    made->directory = _wcsdup(variable(L"CD", 2));
    made->delayed = delayed;
    made->outer = running->locals;
    running->locals = made;
    delayed = late;
    return 0;
}

int end_local(void)
{
    struct local *local = running ? running->locals : NULL;
    if (!local)
        return 0;
    running->locals = local->outer;
    delayed = local->delayed;
    wchar_t *now = GetEnvironmentStringsW();
    for (wchar_t *each = now, *next; *each; each = next) {
        next = each + wcslen(each) + 1;
        wchar_t *value = wcschr(each + 1, '=');
        if (value) {
            *value = 0;
            SetEnvironmentVariableW(each, NULL);
        }
    }
    FreeEnvironmentStringsW(now);
    for (wchar_t *each = local->variables, *next; *each; each = next) {
        next = each + wcslen(each) + 1;
        wchar_t *value = wcschr(each + 1, '=');
        if (value) {
            *value = 0;
            SetEnvironmentVariableW(each, value + 1);
        }
    }
    if (local->directory)
        SetCurrentDirectoryW(local->directory);
    FreeEnvironmentStringsW(local->variables);
    free(local->directory);
    free(local);
    return 0;
}

// The place behind the line of a label; NULL for none.
static const wchar_t *find_label(const batch *in, const wchar_t *label)
{
    size_t length = wcscspn(label, L" \t:");
    for (const wchar_t *line = in->lines; *line;) {
        const wchar_t *next = line + wcscspn(line, L"\n");
        next += *next == '\n';
        line = skip_blanks(line);
        if (*line == ':') {
            line = skip_blanks(line + 1);
            if (is_word(line, wcscspn(line, L" \t\n:"), copy_of(label, length)))
                return next;
        }
        line = next;
    }
    return NULL;
}

int go_to(const wchar_t *label, const streams *io)
{
    if (!running)
        return 0;
    if (!_wcsicmp(label, L":eof")) {
        leaving = LEAVES_BATCH;
        return errorlevel;
    }
    const wchar_t *to = find_label(running, *label == ':' ? label + 1 : label);
    if (!to) {
        fail(io, L"The system cannot find the batch label specified - %s", label);
        leaving = LEAVES_BATCH;
        return 1;
    }
    running->at = to;
    leaving = TO_LABEL;
    return 0;
}

// The next line, replaced and with those after it that belong to it; NULL at the end.
static wchar_t *next_line(batch *in)
{
    const wchar_t *line = in->at;
    if (!*line)
        return NULL;
    size_t length = wcscspn(line, L"\n");
    in->at = line + length + (line[length] == '\n');
    return copy_of(line, length);
}

static int run_lines(batch *in, const streams *io)
{
    int code = 0;
    wchar_t *line;
    chunk *before = mark();
    while (leaving == STAYS && (line = next_line(in))) {
        const wchar_t *wrong = L"The syntax of the command is incorrect.";
        node *tree = NULL;
        const wchar_t *start = skip_blanks(line);
        if (*start == ':' || !*start)
            continue;
        wchar_t *whole = expand(line, in);
        parsed result;
        while ((result = parse(whole, &tree, &wrong)) == UNFINISHED && (line = next_line(in)))
            whole = format(L"%s\n%s", whole, expand(line, in));
        if (result != COMPLETE) {
            fail(io, L"%s", wrong);
            leaving = LEAVES_BATCH;
            code = 1;
            break;
        }
        if (echoes && *start != '@')
            say(io, format(L"\r\n%s>%s \r\n", variable(L"CD", 2), whole));
        code = run(tree, io);
        if (leaving == TO_LABEL)
            leaving = STAYS;
        release(before);
    }
    if (leaving == LEAVES_BATCH)
        leaving = STAYS;
    return code;
}

static int run_with(batch *made, const wchar_t *arguments, const streams *io)
{
    wchar_t *words[256];
    made->all = skip_blanks(arguments);
    while (made->count < ARRAYSIZE(words) && (words[made->count] = next_word(&arguments)))
        made->count++;
    made->arguments = words;
    made->outer = running;
    running = made;
    run_lines(made, io);
    while (made->locals)
        end_local();
    running = made->outer;
    return errorlevel;
}

int call_label(const wchar_t *label, const wchar_t *arguments, const streams *io)
{
    batch made = *running;
    made.at = find_label(running, label);
    if (!made.at)
        return fail(io, L"The system cannot find the batch label specified - %s", label);
    made.name = format(L":%s", label);
    made.count = made.shifted = 0;
    made.locals = NULL;
    return run_with(&made, arguments, io);
}

int run_batch(const wchar_t *path, const wchar_t *name, const wchar_t *arguments, const streams *io)
{
    HANDLE file = CreateFileW(path, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
                              OPEN_EXISTING, 0, NULL);
    DWORD size = file == INVALID_HANDLE_VALUE ? 0 : GetFileSize(file, NULL), got = 0;
    if (file == INVALID_HANDLE_VALUE || size > 64 << 20)
        return fail_with(io, file == INVALID_HANDLE_VALUE ? GetLastError() : ERROR_FILE_TOO_LARGE);
    char *bytes = take(size + 1);
    BOOL fine = ReadFile(file, bytes, size, &got, NULL);
    CloseHandle(file);
    if (!fine)
        return fail_with(io, GetLastError());
    wchar_t *lines = decoded(bytes, (int)got), *to = lines;
    for (wchar_t *from = lines; *from; from++)
        if (*from != '\r' && *from != 0xFEFF)
            *to++ = *from;
    *to = 0;
    batch made = {.path = path, .name = name, .lines = lines, .at = lines};
    return run_with(&made, arguments, io);
}
