// cmd [/d] [/q] [/s] [/v:on] [/c LINE | /k LINE]: the command interpreter (Microsoft: "cmd").
#include "cmd.h"

// The command line without the program's own name.
static const wchar_t *after_name(const wchar_t *line)
{
    for (int quoted = 0; *line && (quoted || !is_blank(*line)); line++)
        quoted ^= *line == '"';
    return skip_blanks(line);
}

// Takes the quotes off around a whole line, unless they belong to a program's name (as "cmd" documents).
static const wchar_t *unwrapped(const wchar_t *line, int always)
{
    const wchar_t *last = wcsrchr(line, '"');
    if (*line != '"' || last == line)
        return line;
    int quotes = 0;
    for (const wchar_t *at = line; *at; at++)
        quotes += *at == '"';
    wchar_t *inside = copy_of(line + 1, last - line - 1);
    if (!always && quotes == 2 && !wcspbrk(line, L"&<>()@^|") && wcspbrk(inside, L" \t")) {
        DWORD attributes = GetFileAttributesW(inside);
        if (attributes != INVALID_FILE_ATTRIBUTES && !(attributes & FILE_ATTRIBUTE_DIRECTORY))
            return line;
    }
    return format(L"%s%s", inside, last + 1);
}

static void read_lines(const streams *io)
{
    DWORD mode;
    int asks = GetConsoleMode(io->stream[0], &mode);
    while (leaving != LEAVES_ALL) {
        chunk *before = mark();
        text line = {0};
        if (asks && echoes)
            say(io, format(L"\r\n%s>", variable(L"CD", 2)));
        if (!read_line(io->stream[0], &line))
            break;
        if (line.at && *skip_blanks(line.at) != ':')
            run_line(line.at, io);
        if (leaving != LEAVES_ALL)
            leaving = STAYS;
        release(before);
    }
}

int main(void)
{
    streams io = {{GetStdHandle(STD_INPUT_HANDLE), GetStdHandle(STD_OUTPUT_HANDLE), GetStdHandle(STD_ERROR_HANDLE)}};
    const wchar_t *at = after_name(GetCommandLineW());
    int whole = 0;
    while (*at == '/') {
        wchar_t option = at[1] | 32;
        if (option == 'c' || option == 'k') {
            int code = run_line(unwrapped(skip_blanks(at + 2), whole), &io);
            if (option == 'c' || leaving == LEAVES_ALL)
                ExitProcess(code);
            leaving = STAYS;
            break;
        }
        size_t length = 2 + wcscspn(at + 2, L" \t/");
        if (option == 's')
            whole = 1;
        else if (option == 'q')
            echoes = 0;
        else if (option == 'v')
            delayed = is_word(at, length, L"/v:on") || length == 2;
        else if (option != 'd' && !is_word(at, length, L"/e:on")) {
            unknown(&io, format(L"the option \"%s\"", copy_of(at, length)));
            ExitProcess(1);
        }
        at = skip_blanks(at + length);
    }
    read_lines(&io);
    ExitProcess(errorlevel);
}
