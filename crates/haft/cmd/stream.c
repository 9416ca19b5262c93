// Reading and writing the standard streams.
#include "cmd.h"

void write_to(HANDLE to, const wchar_t *what)
{
    DWORD mode, done;
    int length = (int)wcslen(what);
    if (GetConsoleMode(to, &mode)) {
        WriteConsoleW(to, what, length, &done, NULL);
        return;
    }
    int size = WideCharToMultiByte(CP_ACP, 0, what, length, NULL, 0, NULL, NULL);
    chunk *before = mark();
    char *bytes = take(size);
    WideCharToMultiByte(CP_ACP, 0, what, length, bytes, size, NULL, NULL);
    for (int at = 0; at < size && WriteFile(to, bytes + at, size - at, &done, NULL) && done; at += done)
        ;
    release(before);
}

wchar_t *decoded(const char *bytes, int length)
{
    int units = MultiByteToWideChar(CP_ACP, 0, bytes, length, NULL, 0);
    wchar_t *made = take((units + 1) * sizeof *made);
    MultiByteToWideChar(CP_ACP, 0, bytes, length, made, units);
    return made;
}

int read_line(HANDLE from, text *line)
{
    char bytes[8192];
    int length = 0, ended = 0;
    DWORD done;
    // One at a time: what follows the line is for the programs that it starts.
    while (!ended && length < (int)sizeof bytes && ReadFile(from, bytes + length, 1, &done, NULL) && done)
        ended = bytes[length++] == '\n';
    if (!length)
        return 0;
    while (length && (bytes[length - 1] == '\n' || bytes[length - 1] == '\r'))
        length--;
    add_string(line, decoded(bytes, length));
    return 1;
}
