// Commands that are no programs (Microsoft: "Windows commands"), but for those of files.
#include "cmd.h"
#include <stdlib.h>

static int do_cd(const wchar_t *arguments, const streams *io)
{
    wchar_t *here = variable(L"CD", 2);
    arguments = skip_blanks(arguments);
    int drive = !_wcsnicmp(arguments, L"/d", 2) && (!arguments[2] || is_blank(arguments[2]));
    if (drive)
        arguments = skip_blanks(arguments + 2);
    wchar_t *to = without_quotes(arguments);
    for (size_t length = wcslen(to); length && to[length - 1] == ' '; length--)
        to[length - 1] = 0;
    if (!*to) {
        say(io, format(L"%s\r\n", here));
        return 0;
    }
    // Without /d another drive's directory is only remembered.
    if (to[1] == ':' && !drive && (to[0] | 32) != (here[0] | 32)) {
        wchar_t *full = take(32768 * sizeof *full);
        GetFullPathNameW(to, 32768, full, NULL);
        return SetEnvironmentVariableW(format(L"=%s", copy_of(to, 2)), full) ? 0 : fail_with(io, GetLastError());
    }
    return SetCurrentDirectoryW(to) ? 0 : fail(io, L"The system cannot find the path specified.");
}

static int do_echo(const wchar_t *arguments, const streams *io)
{
    const wchar_t *rest = skip_blanks(arguments), *word = rest;
    size_t length = wcscspn(word, L" \t");
    if (!*rest && (!*arguments || is_blank(*arguments))) {
        say(io, echoes ? L"ECHO is on.\r\n" : L"ECHO is off.\r\n");
    } else if (is_blank(*arguments) && !*skip_blanks(word + length) && is_word(word, length, L"on")) {
        echoes = 1;
    } else if (is_blank(*arguments) && !*skip_blanks(word + length) && is_word(word, length, L"off")) {
        echoes = 0;
    } else {
        say(io, format(L"%s\r\n", arguments + 1));
    }
    return 0;
}

static int do_rem(const wchar_t *arguments, const streams *io)
{
    return 0;
}

static int list_variables(const wchar_t *prefix, const streams *io)
{
    int count = 0;
    wchar_t *all = GetEnvironmentStringsW();
    for (const wchar_t *each = all; *each; each += wcslen(each) + 1) {
        if (*each == '=' || _wcsnicmp(each, prefix, wcslen(prefix)))
            continue;
        chunk *before = mark();
        say(io, format(L"%s\r\n", each));
        release(before);
        count++;
    }
    FreeEnvironmentStringsW(all);
    return count || !*prefix ? 0 : fail(io, L"Environment variable %s not defined", prefix);
}

static int do_set(const wchar_t *arguments, const streams *io)
{
    arguments = skip_blanks(arguments);
    int asks = !_wcsnicmp(arguments, L"/p", 2);
    if (!_wcsnicmp(arguments, L"/a", 2))
        return calculate(arguments + 2, io);
    if (asks)
        arguments = skip_blanks(arguments + 2);
    wchar_t *what = copy_of(arguments, wcslen(arguments));
    // Quotes around all of it, of which the last one counts.
    if (*what == '"') {
        wchar_t *last = wcsrchr(++what, '"');
        if (last)
            *last = 0;
    }
    wchar_t *value = wcschr(what, '=');
    if (!value)
        return asks ? fail(io, L"The syntax of the command is incorrect.") : list_variables(what, io);
    *value++ = 0;
    if (!*what)
        return fail(io, L"The syntax of the command is incorrect.");
    if (asks) {
        text line = {0};
        say(io, value);
        if (!read_line(io->stream[0], &line))
            return errorlevel = 1;
        value = line.at;
    }
    if (!SetEnvironmentVariableW(what, *value ? value : NULL) && *value)
        return fail_with(io, GetLastError());
    return 0;
}

static int do_exit(const wchar_t *arguments, const streams *io)
{
    wchar_t *word = next_word(&arguments);
    leaving = LEAVES_ALL;
    if (word && !_wcsicmp(word, L"/b")) {
        if (running)
            leaving = LEAVES_BATCH;
        word = next_word(&arguments);
    }
    if (word)
        errorlevel = (int)wcstol(word, NULL, 10);
    return errorlevel;
}

static int do_call(const wchar_t *arguments, const streams *io)
{
    const wchar_t *line = skip_blanks(arguments), *rest;
    // Its line is read a second time, variables and all.
    line = expand(line, running);
    if (*line == ':') {
        const wchar_t *at = line;
        wchar_t *label = next_word(&at);
        return running ? call_label(label + 1, at, io) : fail(io, L"Invalid attempt to call batch label outside of batch script.");
    }
    command found = find_command(line, &rest);
    return found ? found(rest, io) : run_program(line, io, 1);
}

static int do_goto(const wchar_t *arguments, const streams *io)
{
    wchar_t *label = next_word(&arguments);
    return label ? go_to(label, io) : fail(io, L"No batch label specified to GOTO command.");
}

static int do_shift(const wchar_t *arguments, const streams *io)
{
    if (*skip_blanks(arguments))
        return unknown(io, L"\"shift /n\"");
    shift_arguments();
    return 0;
}

static int do_setlocal(const wchar_t *arguments, const streams *io)
{
    return set_local(arguments, io);
}

static int do_endlocal(const wchar_t *arguments, const streams *io)
{
    return end_local();
}

static struct pushed {
    struct pushed *below;
    wchar_t path[];
} *pushed;

static int do_pushd(const wchar_t *arguments, const streams *io)
{
    wchar_t *here = variable(L"CD", 2), *word = next_word(&arguments);
    if (word && !SetCurrentDirectoryW(without_quotes(word)))
        return fail(io, L"The system cannot find the path specified.");
    size_t size = (wcslen(here) + 1) * sizeof *here;
    struct pushed *made = malloc(sizeof *made + size);
    if (!made)
        return fail_with(io, ERROR_NOT_ENOUGH_MEMORY);
    memcpy(made->path, here, size);
    made->below = pushed;
    pushed = made;
    return 0;
}

static int do_popd(const wchar_t *arguments, const streams *io)
{
    struct pushed *top = pushed;
    if (!top)
        return errorlevel = 1;
    BOOL fine = SetCurrentDirectoryW(top->path);
    pushed = top->below;
    free(top);
    return fine ? 0 : fail(io, L"The system cannot find the path specified.");
}

static int do_title(const wchar_t *arguments, const streams *io)
{
    SetConsoleTitleW(skip_blanks(arguments));
    return 0;
}

static int do_ver(const wchar_t *arguments, const streams *io)
{
    DWORD version = GetVersion();
    say(io, format(L"\r\nMicrosoft Windows [Version %d.%d.%d], as haft has it\r\n", LOBYTE(LOWORD(version)),
                   HIBYTE(LOWORD(version)), HIWORD(version)));
    return 0;
}

static int do_pause(const wchar_t *arguments, const streams *io)
{
    char byte;
    DWORD done;
    say(io, L"Press any key to continue . . . ");
    ReadFile(io->stream[0], &byte, 1, &done, NULL);
    say(io, L"\r\n");
    return 0;
}

static int do_path(const wchar_t *arguments, const streams *io)
{
    arguments = skip_blanks(arguments);
    if (*arguments)
        return SetEnvironmentVariableW(L"PATH", arguments) ? 0 : fail_with(io, GetLastError());
    wchar_t *path = variable(L"PATH", 4);
    say(io, format(L"PATH=%s\r\n", path ? path : L""));
    return 0;
}

static int not_there(const wchar_t *arguments, const streams *io)
{
    return unknown(io, L"this command");
}

command find_command(const wchar_t *words, const wchar_t **arguments)
{
    static const struct {
        const wchar_t *name;
        command run;
    } all[] = {
        {L"call", do_call},         {L"cd", do_cd},         {L"chdir", do_cd},        {L"copy", do_copy},
        {L"del", do_delete},        {L"echo", do_echo},     {L"endlocal", do_endlocal}, {L"erase", do_delete},
        {L"exit", do_exit},         {L"goto", do_goto},     {L"md", do_mkdir},        {L"mkdir", do_mkdir},
        {L"move", do_move},         {L"path", do_path},     {L"pause", do_pause},     {L"popd", do_popd},
        {L"pushd", do_pushd},       {L"rd", do_rmdir},      {L"rem", do_rem},         {L"ren", do_rename},
        {L"rename", do_rename},     {L"rmdir", do_rmdir},   {L"set", do_set},         {L"setlocal", do_setlocal},
        {L"shift", do_shift},       {L"title", do_title},   {L"type", do_type},       {L"ver", do_ver},
        // Commands of Windows that are not here: said so, and not looked for as programs.
        {L"assoc", not_there},      {L"cls", not_there},    {L"color", not_there},    {L"date", not_there},
        {L"dir", not_there},        {L"ftype", not_there},  {L"mklink", not_there},   {L"start", not_there},
        {L"time", not_there},       {L"verify", not_there}, {L"vol", not_there},
    };
    size_t length = 0;
    words = skip_blanks(words);
    while (words[length] && !is_blank(words[length]) && !wcschr(L"/\\.:([+\"<>|&", words[length]))
        length++;
    for (unsigned i = 0; i < ARRAYSIZE(all); i++) {
        if (!is_word(words, length, all[i].name))
            continue;
        // "echo.": the command; "echo.exe": a program.
        if (words[length] == '.') {
            size_t extension = wcscspn(words + length, L" \t,;=");
            if (is_word(words + length, extension, L".exe") || is_word(words + length, extension, L".bat") ||
                is_word(words + length, extension, L".cmd") || is_word(words + length, extension, L".com"))
                return NULL;
        }
        *arguments = words + length;
        return all[i].run;
    }
    return NULL;
}
