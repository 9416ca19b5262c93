// Commands of files (Microsoft: "type", "copy", "move", "ren", "del", "mkdir", "rmdir").
#include "cmd.h"

// Options before and among the names: the letters of those that are there; zero in `*fine` for one that is not known.
static unsigned options(const wchar_t **arguments, const wchar_t *known, int *fine)
{
    unsigned found = 0;
    for (;;) {
        const wchar_t *at = skip_blanks(*arguments);
        if (*at != '/')
            return found;
        wchar_t letter = at[1] | 32;
        if (!letter || !wcschr(known, letter) || (at[2] && !is_blank(at[2]) && at[2] != '/'))
            *fine = 0;
        if (!*fine)
            return found;
        found |= 1u << (letter - 'a');
        *arguments = at + 2;
    }
}

static int has(unsigned found, char letter)
{
    return found >> (letter - 'a') & 1;
}

int for_files(const wchar_t *pattern, int (*each)(const wchar_t *, void *), void *with)
{
    WIN32_FIND_DATAW found;
    const wchar_t *name = pattern + wcslen(pattern);
    while (name > pattern && !wcschr(L"\\/:", name[-1]))
        name--;
    HANDLE search = FindFirstFileW(pattern, &found);
    int count = 0, more = search != INVALID_HANDLE_VALUE;
    for (; more; more = FindNextFileW(search, &found)) {
        if (found.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY)
            continue;
        chunk *before = mark();
        text path = {0};
        add(&path, pattern, name - pattern);
        add_string(&path, found.cFileName);
        count++;
        int goes_on = each(path.at, with);
        release(before);
        if (!goes_on)
            break;
    }
    if (search != INVALID_HANDLE_VALUE)
        FindClose(search);
    return count;
}

struct work {
    const streams *io;
    const wchar_t *to;
    int code, count, titled;
    unsigned flags;
};

static int is_folder(const wchar_t *path)
{
    DWORD attributes = GetFileAttributesW(path);
    return attributes != INVALID_FILE_ATTRIBUTES && attributes & FILE_ATTRIBUTE_DIRECTORY;
}

static int type_one(const wchar_t *path, void *with)
{
    struct work *work = with;
    char block[8192];
    DWORD got, done;
    HANDLE file = CreateFileW(path, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
                              OPEN_EXISTING, 0, NULL);
    if (file == INVALID_HANDLE_VALUE) {
        work->code = fail_with(work->io, GetLastError());
        return 1;
    }
    if (work->titled)
        say(work->io, format(L"\r\n%s\r\n\r\n\r\n", path));
    while (ReadFile(file, block, sizeof block, &got, NULL) && got)
        for (DWORD at = 0; at < got; at += done)
            if (!WriteFile(work->io->stream[1], block + at, got - at, &done, NULL) || !done) {
                CloseHandle(file);
                work->code = errorlevel = 1;
                return 0;
            }
    CloseHandle(file);
    return 1;
}

int do_type(const wchar_t *arguments, const streams *io)
{
    const wchar_t *rest = arguments;
    wchar_t *word = next_word(&rest);
    if (!word)
        return fail(io, L"The syntax of the command is incorrect.");
    struct work work = {io, .titled = wcspbrk(word, L"*?") || *skip_blanks(rest)};
    while ((word = next_word(&arguments)))
        if (!for_files(without_quotes(word), type_one, &work))
            work.code = fail(io, L"The system cannot find the file specified.");
    return work.code;
}

// The file that a copy of `path` is: in the folder, or by the name, that `to` says.
static wchar_t *place_for(const wchar_t *path, const wchar_t *to)
{
    const wchar_t *name = path + wcslen(path);
    while (name > path && !wcschr(L"\\/:", name[-1]))
        name--;
    if (!is_folder(to))
        return copy_of(to, wcslen(to));
    return format(wcschr(L"\\/", to[wcslen(to) - 1]) ? L"%s%s" : L"%s\\%s", to, name);
}

static int copy_one(const wchar_t *path, void *with)
{
    struct work *work = with;
    if (CopyFileW(path, place_for(path, work->to), FALSE))
        work->count++;
    else
        work->code = fail_with(work->io, GetLastError());
    return !work->code;
}

static int move_one(const wchar_t *path, void *with)
{
    struct work *work = with;
    if (MoveFileExW(path, place_for(path, work->to), MOVEFILE_REPLACE_EXISTING | MOVEFILE_COPY_ALLOWED))
        work->count++;
    else
        work->code = fail_with(work->io, GetLastError());
    return !work->code;
}

// "from [to]", with options anywhere.
static int from_and_to(const wchar_t *arguments, const wchar_t *known, wchar_t *words[2], const streams *io)
{
    int fine = 1, count = 0;
    for (wchar_t *word;;) {
        options(&arguments, known, &fine);
        if (!fine)
            return !unknown(io, format(L"the option \"%s\" of this command", next_word(&arguments)));
        if (!(word = next_word(&arguments)))
            break;
        if (count == 2 || wcschr(word, '+'))
            return !unknown(io, L"a command of several files in one");
        words[count++] = without_quotes(word);
    }
    if (!count)
        return !fail(io, L"The syntax of the command is incorrect.");
    if (count == 1)
        words[1] = copy_of(L".", 1);
    return 1;
}

int do_copy(const wchar_t *arguments, const streams *io)
{
    wchar_t *words[2];
    if (!from_and_to(arguments, L"ybv", words, io))
        return 1;
    struct work work = {io, words[1]};
    wchar_t *from = is_folder(words[0]) ? format(L"%s\\*", words[0]) : words[0];
    if (!for_files(from, copy_one, &work))
        work.code = fail(io, L"The system cannot find the file specified.");
    say(io, format(L"        %d file(s) copied.\r\n", work.count));
    return work.code;
}

int do_move(const wchar_t *arguments, const streams *io)
{
    wchar_t *words[2];
    if (!from_and_to(arguments, L"y", words, io))
        return 1;
    struct work work = {io, words[1]};
    if (is_folder(words[0]))
        return move_one(words[0], &work) ? 0 : work.code;
    if (!for_files(words[0], move_one, &work))
        return fail(io, L"The system cannot find the file specified.");
    say(io, format(L"        %d file(s) moved.\r\n", work.count));
    return work.code;
}

int do_rename(const wchar_t *arguments, const streams *io)
{
    wchar_t *words[2];
    if (!from_and_to(arguments, L"", words, io))
        return 1;
    if (wcspbrk(words[0], L"*?") || wcspbrk(words[1], L"*?"))
        return unknown(io, L"patterns in \"ren\"");
    if (wcspbrk(words[1], L"\\/:"))
        return fail(io, L"The syntax of the command is incorrect.");
    const wchar_t *name = words[0] + wcslen(words[0]);
    while (name > words[0] && !wcschr(L"\\/:", name[-1]))
        name--;
    wchar_t *to = format(L"%s%s", copy_of(words[0], name - words[0]), words[1]);
    return MoveFileW(words[0], to) ? 0 : fail_with(io, GetLastError());
}

static int delete_one(const wchar_t *path, void *with)
{
    struct work *work = with;
    if (has(work->flags, 'f'))
        SetFileAttributesW(path, FILE_ATTRIBUTE_NORMAL);
    if (!DeleteFileW(path))
        work->code = fail(work->io, L"%s\r\nAccess is denied.", path);
    return 1;
}

int do_delete(const wchar_t *arguments, const streams *io)
{
    int fine = 1, count = 0;
    struct work work = {io};
    for (wchar_t *word;; count++) {
        work.flags |= options(&arguments, L"fqa", &fine);
        if (!fine)
            return unknown(io, format(L"the option \"%s\" of \"del\"", next_word(&arguments)));
        if (!(word = next_word(&arguments)))
            break;
        word = without_quotes(word);
        if (is_folder(word))
            word = format(L"%s\\*", word);
        // What is not there is said, and is no failure, as Windows has it.
        if (!for_files(word, delete_one, &work) && !wcspbrk(word, L"*?"))
            write_to(io->stream[2], format(L"Could Not Find %s\r\n", word));
    }
    return count ? work.code : fail(io, L"The syntax of the command is incorrect.");
}

static int make_folder(wchar_t *path)
{
    if (CreateDirectoryW(path, NULL))
        return 1;
    if (GetLastError() != ERROR_PATH_NOT_FOUND)
        return 0;
    for (wchar_t *at = path + 1; *at; at++) {
        if (!wcschr(L"\\/", *at))
            continue;
        wchar_t separator = *at;
        *at = 0;
        BOOL made = CreateDirectoryW(path, NULL) || GetLastError() == ERROR_ALREADY_EXISTS || is_folder(path);
        *at = separator;
        if (!made)
            return 0;
    }
    return CreateDirectoryW(path, NULL);
}

int do_mkdir(const wchar_t *arguments, const streams *io)
{
    int code = 0, count = 0;
    for (wchar_t *word; (word = next_word(&arguments)); count++) {
        word = without_quotes(word);
        if (make_folder(word))
            continue;
        code = GetLastError() == ERROR_ALREADY_EXISTS
                   ? fail(io, L"A subdirectory or file %s already exists.", word)
                   : fail_with(io, GetLastError());
    }
    return count ? code : fail(io, L"The syntax of the command is incorrect.");
}

static int remove_all(const wchar_t *folder)
{
    WIN32_FIND_DATAW found;
    int fine = 1;
    HANDLE search = FindFirstFileW(format(L"%s\\*", folder), &found);
    for (BOOL more = search != INVALID_HANDLE_VALUE; more && fine; more = FindNextFileW(search, &found)) {
        if (!wcscmp(found.cFileName, L".") || !wcscmp(found.cFileName, L".."))
            continue;
        chunk *before = mark();
        wchar_t *path = format(L"%s\\%s", folder, found.cFileName);
        // What a link leads to is somebody else's.
        if (!(found.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY))
            fine = DeleteFileW(path);
        else if (found.dwFileAttributes & FILE_ATTRIBUTE_REPARSE_POINT)
            fine = RemoveDirectoryW(path);
        else
            fine = remove_all(path);
        release(before);
    }
    DWORD error = GetLastError();
    if (search != INVALID_HANDLE_VALUE)
        FindClose(search);
    SetLastError(error);
    return fine && RemoveDirectoryW(folder);
}

int do_rmdir(const wchar_t *arguments, const streams *io)
{
    unsigned flags = 0;
    int fine = 1, code = 0, count = 0;
    for (wchar_t *word;; count++) {
        flags |= options(&arguments, L"sq", &fine);
        if (!fine)
            return unknown(io, format(L"the option \"%s\" of \"rmdir\"", next_word(&arguments)));
        if (!(word = next_word(&arguments)))
            break;
        word = without_quotes(word);
        if (!is_folder(word) && GetFileAttributesW(word) != INVALID_FILE_ATTRIBUTES)
            code = fail(io, L"The directory name is invalid.");
        else if (!(has(flags, 's') && is_folder(word) ? remove_all(word) : RemoveDirectoryW(word)))
            code = fail_with(io, GetLastError());
    }
    return count ? code : fail(io, L"The syntax of the command is incorrect.");
}
