// Doing what a line says: programs, redirections, pipes, conditions.
#include "cmd.h"
#include <stdarg.h>
#include <stdlib.h>

int leaving = STAYS;
int errorlevel;
batch *running;

void say(const streams *io, const wchar_t *what)
{
    write_to(io->stream[1], what);
}

int fail(const streams *io, const wchar_t *pattern, ...)
{
    const wchar_t *arguments[2] = {0};
    va_list values;
    va_start(values, pattern);
    for (const wchar_t *at = wcschr(pattern, '%'); at && arguments[1] == NULL; at = wcschr(at + 1, '%'))
        arguments[arguments[0] != NULL] = va_arg(values, const wchar_t *);
    va_end(values);
    write_to(io->stream[2], format(pattern, arguments[0], arguments[1]));
    write_to(io->stream[2], L"\r\n");
    return errorlevel = 1;
}

int fail_with(const streams *io, DWORD error)
{
    wchar_t sentence[512];
    DWORD length = FormatMessageW(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS, NULL, error, 0, sentence,
                                  ARRAYSIZE(sentence), NULL);
    while (length && sentence[length - 1] <= ' ')
        length--;
    sentence[length] = 0;
    return length ? fail(io, L"%s", sentence) : fail(io, L"Error %s.", format(L"%d", error));
}

int unknown(const streams *io, const wchar_t *what)
{
    return fail(io, L"haft's command interpreter does not have %s.", what);
}

// Programs ------------------------------------------------------------------------------------------------------------

static int is_file(const wchar_t *path)
{
    DWORD attributes = GetFileAttributesW(path);
    return attributes != INVALID_FILE_ATTRIBUTES && !(attributes & FILE_ATTRIBUTE_DIRECTORY);
}

// The file that a path means, with an extension of PATHEXT where it has none.
static wchar_t *with_extension(const wchar_t *path)
{
    const wchar_t *name = path + wcslen(path);
    while (name > path && !wcschr(L"\\/:", name[-1]))
        name--;
    if (!*name)
        return NULL;
    if (wcschr(name, '.') && is_file(path))
        return copy_of(path, wcslen(path));
    const wchar_t *extensions = variable(L"PATHEXT", 7);
    if (!extensions)
        extensions = L".COM;.EXE;.BAT;.CMD";
    while (*extensions) {
        size_t length = wcscspn(extensions, L";");
        text tried = {0};
        add_string(&tried, path);
        add(&tried, extensions, length);
        if (length && is_file(tried.at))
            return tried.at;
        extensions += length + (extensions[length] == ';');
    }
    return NULL;
}

// Looks in the current directory and in PATH.
static wchar_t *find_program(const wchar_t *name)
{
    wchar_t *found = with_extension(name);
    if (found || wcspbrk(name, L"\\/:"))
        return found;
    const wchar_t *folders = variable(L"PATH", 4);
    while (folders && *folders && !found) {
        size_t length = wcscspn(folders, L";");
        text tried = {0};
        add_string(&tried, without_quotes(copy_of(folders, length)));
        if (tried.length && !wcschr(L"\\/", tried.at[tried.length - 1]))
            add_unit(&tried, '\\');
        add_string(&tried, name);
        if (length)
            found = with_extension(tried.at);
        folders += length + (folders[length] == ';');
    }
    return found;
}

// Starts a program whose standard streams are these, and nothing else that is ours alone.
static HANDLE start(const wchar_t *path, const wchar_t *words, const streams *io)
{
    STARTUPINFOW info = {.cb = sizeof info, .dwFlags = STARTF_USESTDHANDLES};
    PROCESS_INFORMATION process;
    DWORD flags[3] = {0};
    for (int i = 0; i < 3; i++) {
        GetHandleInformation(io->stream[i], &flags[i]);
        SetHandleInformation(io->stream[i], HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT);
    }
    info.hStdInput = io->stream[0];
    info.hStdOutput = io->stream[1];
    info.hStdError = io->stream[2];
    BOOL made = CreateProcessW(path, copy_of(words, wcslen(words)), NULL, NULL, TRUE, 0, NULL, NULL, &info, &process);
    DWORD error = GetLastError();
    for (int i = 0; i < 3; i++)
        SetHandleInformation(io->stream[i], HANDLE_FLAG_INHERIT, flags[i] & HANDLE_FLAG_INHERIT);
    SetLastError(error);
    if (!made)
        return NULL;
    CloseHandle(process.hThread);
    return process.hProcess;
}

static int end_of(HANDLE process)
{
    DWORD code = 1;
    WaitForSingleObject(process, INFINITE);
    GetExitCodeProcess(process, &code);
    CloseHandle(process);
    return (int)code;
}

static int is_batch(const wchar_t *path)
{
    const wchar_t *dot = wcsrchr(path, '.');
    return dot && (!_wcsicmp(dot, L".bat") || !_wcsicmp(dot, L".cmd"));
}

int run_program(const wchar_t *words, const streams *io, int called)
{
    const wchar_t *at = words;
    wchar_t *name = next_word(&at);
    if (!name)
        return 0;
    wchar_t *path = find_program(without_quotes(name));
    if (!path) {
        fail(io, L"'%s' is not recognized as an internal or external command,\r\noperable program or batch file.",
             without_quotes(name));
        errorlevel = 9009;
        return 1;
    }
    if (is_batch(path)) {
        int code = run_batch(path, name, at, io);
        // Without "call" a batch file does not come back to the one that ran it.
        if (running && !called && leaving == STAYS)
            leaving = LEAVES_BATCH;
        return code;
    }
    HANDLE process = start(path, words, io);
    if (!process)
        return fail_with(io, GetLastError());
    return errorlevel = end_of(process);
}

// Redirections --------------------------------------------------------------------------------------------------------

static HANDLE opened(const redirection *wanted, const streams *io)
{
    wchar_t *name = without_quotes(expand_late(wanted->target));
    DWORD access = wanted->how == READS ? GENERIC_READ : GENERIC_WRITE;
    DWORD how = wanted->how == READS ? OPEN_EXISTING : wanted->how == WRITES ? CREATE_ALWAYS : OPEN_ALWAYS;
    HANDLE file = CreateFileW(name, access, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL, how,
                              FILE_ATTRIBUTE_NORMAL, NULL);
    if (file == INVALID_HANDLE_VALUE)
        fail_with(io, GetLastError());
    else if (wanted->how == APPENDS)
        SetFilePointer(file, 0, NULL, FILE_END);
    return file;
}

// Does something with the streams that a command asks for.
static int redirected(const node *tree, const streams *io, int (*what)(const node *, const streams *))
{
    streams own = *io;
    HANDLE files[16];
    int count = 0, code = 1, fine = 1;
    for (const redirection *each = tree->redirections; each && fine; each = each->next) {
        if (each->stream > 2 || (each->how == SAME_AS && each->other > 2) || count == ARRAYSIZE(files)) {
            unknown(io, L"streams but 0, 1 and 2");
            fine = 0;
        } else if (each->how == SAME_AS) {
            own.stream[each->stream] = own.stream[each->other];
        } else {
            HANDLE file = opened(each, io);
            fine = file != INVALID_HANDLE_VALUE;
            if (fine)
                own.stream[each->stream] = files[count++] = file;
        }
    }
    if (fine)
        code = what(tree, &own);
    while (count)
        CloseHandle(files[--count]);
    return code;
}

// Pipes ---------------------------------------------------------------------------------------------------------------

// Starts one side of a pipe: a program at once, else another interpreter with what was written.
static HANDLE side(const node *tree, const streams *io)
{
    if (tree->kind == SIMPLE && !tree->redirections) {
        const wchar_t *words = expand_late(tree->words), *at = words;
        if (!find_command(words, &at)) {
            at = words;
            wchar_t *name = next_word(&at), *path = name ? find_program(without_quotes(name)) : NULL;
            if (path && !is_batch(path))
                return start(path, words, io);
        }
    }
    wchar_t *self = take(32768 * sizeof *self);
    GetModuleFileNameW(NULL, self, 32768);
    wchar_t *written = expand_late(copy_of(tree->source, tree->source_length));
    return start(self, format(L"\"%s\" /d /s /c \"%s\"", self, written), io);
}

static int piped(const node *tree, const streams *io)
{
    HANDLE reads, writes;
    if (!CreatePipe(&reads, &writes, NULL, 0))
        return fail_with(io, GetLastError());
    streams first = *io, second = *io;
    first.stream[1] = writes;
    second.stream[0] = reads;
    HANDLE left = side(tree->left, &first);
    DWORD error = GetLastError();
    CloseHandle(writes);
    HANDLE right = left ? side(tree->right, &second) : NULL;
    error = left ? GetLastError() : error;
    CloseHandle(reads);
    if (left)
        end_of(left);
    return right ? errorlevel = end_of(right) : fail_with(io, error);
}

// Everything ----------------------------------------------------------------------------------------------------------

static int simple(const node *tree, const streams *io)
{
    const wchar_t *words = expand_late(tree->words), *arguments;
    words = skip_blanks(words);
    if (!*words)
        return 0;
    if (((*words | 32) >= 'a' && (*words | 32) <= 'z') && words[1] == ':' && !*skip_blanks(words + 2)) {
        wchar_t *drive = copy_of(words, 2);
        return SetCurrentDirectoryW(drive) ? 0 : fail(io, L"The system cannot find the drive specified.");
    }
    command found = find_command(words, &arguments);
    return found ? found(arguments, io) : run_program(words, io, 0);
}

static int group(const node *tree, const streams *io)
{
    return run(tree->left, io);
}

static int is_number(const wchar_t *at, long *value)
{
    wchar_t *end;
    *value = wcstol(at, &end, 0);
    return *at && !*end;
}

static int compares(const node *tree)
{
    const wchar_t *first = expand_late(tree->first), *second = expand_late(tree->second), *operation = tree->operation;
    long a, b;
    int order = tree->any_case ? _wcsicmp(first, second) : wcscmp(first, second);
    if (*operation == '=')
        return !order;
    if (is_number(first, &a) && is_number(second, &b))
        order = (a > b) - (a < b);
    return operation[0] == 'e'   ? !order
           : operation[0] == 'n' ? order
           : operation[0] == 'l' ? (operation[1] == 's' ? order < 0 : order <= 0)
                                 : (operation[1] == 't' ? order > 0 : order >= 0);
}

static int exists(const wchar_t *name)
{
    WIN32_FIND_DATAW found;
    if (!wcspbrk(name, L"*?"))
        return GetFileAttributesW(name) != INVALID_FILE_ATTRIBUTES;
    HANDLE search = FindFirstFileW(name, &found);
    return search != INVALID_HANDLE_VALUE && FindClose(search);
}

static int condition(const node *tree, const streams *io)
{
    int holds;
    switch (tree->condition) {
    case EXISTS:
        holds = exists(without_quotes(expand_late(tree->first)));
        break;
    case DEFINED:
        holds = variable(tree->first, wcslen(tree->first)) != NULL;
        break;
    case ERRORLEVEL:
        holds = errorlevel >= (int)wcstol(expand_late(tree->first), NULL, 10);
        break;
    default:
        holds = compares(tree);
    }
    const node *chosen = !!holds != tree->negated ? tree->left : tree->right;
    return chosen ? run(chosen, io) : 0;
}

struct repeat {
    const node *tree;
    const streams *io;
    int code;
};

static int once(const wchar_t *value, void *with)
{
    struct repeat *each = with;
    chunk *before = mark();
    loop inner = {each->tree->variable, value, loops};
    loops = &inner;
    each->code = run(each->tree->left, each->io);
    loops = inner.outer;
    release(before);
    return leaving == STAYS;
}

static int repeated(const node *tree, const streams *io)
{
    struct repeat each = {tree, io, 0};
    const wchar_t *set = expand_late(tree->set), *word;
    if (!tree->counts) {
        while (leaving == STAYS && (word = next_word(&set))) {
            if (wcspbrk(word, L"*?"))
                for_files(without_quotes(word), once, &each);
            else
                once(word, &each);
        }
        return each.code;
    }
    long numbers[3] = {0};
    for (int i = 0; i < 3; i++)
        if (!(word = next_word(&set)) || !is_number(word, &numbers[i]))
            return fail(io, L"The syntax of the command is incorrect.");
    for (long at = numbers[0]; numbers[1] && (numbers[1] > 0 ? at <= numbers[2] : at >= numbers[2]); at += numbers[1])
        if (!once(format(L"%d", (int)at), &each))
            break;
    return each.code;
}

int run(const node *tree, const streams *io)
{
    if (!tree || leaving != STAYS)
        return 0;
    int code;
    switch (tree->kind) {
    case SIMPLE:
        return redirected(tree, io, simple);
    case GROUP:
        return redirected(tree, io, group);
    case SEQUENCE:
        code = run(tree->left, io);
        return leaving == STAYS ? run(tree->right, io) : code;
    case AND:
        code = run(tree->left, io);
        return code || leaving != STAYS ? code : run(tree->right, io);
    case OR:
        code = run(tree->left, io);
        return !code || leaving != STAYS ? code : run(tree->right, io);
    case PIPE:
        return piped(tree, io);
    case IF:
        return condition(tree, io);
    default:
        return repeated(tree, io);
    }
}

int run_line(const wchar_t *line, const streams *io)
{
    node *tree;
    const wchar_t *wrong = L"The syntax of the command is incorrect.";
    if (parse(expand(line, NULL), &tree, &wrong) != COMPLETE)
        return fail(io, L"%s", wrong);
    return run(tree, io);
}
