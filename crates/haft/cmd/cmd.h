// The command interpreter: what its parts say to one another.
//
// It is an ordinary Windows program: it knows the Win32 API and nothing of haft or Linux. text.c has strings, expand.c
// variables, parse.c the grammar (it calls nothing of the others, and is tested by itself), run.c what is done,
// commands.c and files.c the commands that are no programs, batch.c batch files.
#ifndef CMD_H
#define CMD_H
#include <windows.h>
#include <wchar.h>

// Memory that is given back all at once.
typedef struct chunk chunk;
void *take(size_t bytes);
chunk *mark(void);
void release(chunk *to);

// A string that grows.
typedef struct {
    wchar_t *at;
    size_t length, room;
} text;
void add(text *to, const wchar_t *from, size_t length);
void add_string(text *to, const wchar_t *from);
void add_unit(text *to, wchar_t unit);
wchar_t *copy_of(const wchar_t *from, size_t length);
wchar_t *format(const wchar_t *pattern, ...);

// Whether a unit separates words.
int is_blank(wchar_t unit);
const wchar_t *skip_blanks(const wchar_t *at);
// The first `length` units are this word, in whatever case.
int is_word(const wchar_t *at, size_t length, const wchar_t *word);
// The next word, with its quotes, and the place after it; NULL for none.
wchar_t *next_word(const wchar_t **at);
wchar_t *without_quotes(const wchar_t *word);

// parse.c ------------------------------------------------------------------------------------------------------------

typedef struct redirection {
    int stream;                                  // 0 to 9
    enum { READS, WRITES, APPENDS, SAME_AS } how;
    const wchar_t *target;                       // a file, quotes and all
    int other;                                   // SAME_AS
    struct redirection *next;
} redirection;

typedef struct node node;
struct node {
    enum { SIMPLE, GROUP, SEQUENCE, AND, OR, PIPE, IF, FOR } kind;
    int silent;                                  // "@"
    const wchar_t *words;                        // SIMPLE: name and arguments, carets taken out
    node *left, *right;                          // IF: then and else; GROUP, FOR: what is in it
    redirection *redirections;
    const wchar_t *source;                       // as it was written
    size_t source_length;
    // IF
    int negated, any_case;
    enum { EXISTS, DEFINED, ERRORLEVEL, COMPARES } condition;
    const wchar_t *first, *second, *operation;
    // FOR
    wchar_t variable;
    int counts;                                  // "/l"
    const wchar_t *set;
};

typedef enum { COMPLETE, UNFINISHED, WRONG } parsed;
// Takes a line apart, after its variables are replaced; *tree is NULL for nothing. UNFINISHED wants the next line after
// it. *wrong is the sentence.
parsed parse(const wchar_t *line, node **tree, const wchar_t **wrong);

// expand.c -----------------------------------------------------------------------------------------------------------

typedef struct batch batch;
// Replaces %VAR% and, in a batch file, %1.
wchar_t *expand(const wchar_t *line, const batch *in);
// Replaces variables of "for", and !VAR! where that is asked for: when a command is about to be run.
wchar_t *expand_late(const wchar_t *line);
// A variable's value; NULL for none.
wchar_t *variable(const wchar_t *name, size_t length);
typedef struct loop {
    wchar_t variable;
    const wchar_t *value;
    struct loop *outer;
} loop;
extern loop *loops;
extern int delayed;

// run.c --------------------------------------------------------------------------------------------------------------

typedef struct {
    HANDLE stream[3];
} streams;

// How far what is being done is left: a GOTO its line, BATCH the batch file, ALL everything.
enum { STAYS, TO_LABEL, LEAVES_BATCH, LEAVES_ALL };
extern int leaving;
extern int errorlevel;
extern batch *running;
int run(const node *tree, const streams *io);
// Expands, parses and runs one line.
int run_line(const wchar_t *line, const streams *io);
// A program or batch file with its arguments.
int run_program(const wchar_t *words, const streams *io, int called);
int fail(const streams *io, const wchar_t *pattern, ...);
int fail_with(const streams *io, DWORD error);
void say(const streams *io, const wchar_t *what);
// What haft does not have is said, and fails.
int unknown(const streams *io, const wchar_t *what);

// stream.c -----------------------------------------------------------------------------------------------------------

void write_to(HANDLE to, const wchar_t *what);
wchar_t *decoded(const char *bytes, int length);
// The next line, without its end; zero when there is none.
int read_line(HANDLE from, text *line);

// commands.c, files.c ------------------------------------------------------------------------------------------------

typedef int (*command)(const wchar_t *arguments, const streams *io);
command find_command(const wchar_t *words, const wchar_t **arguments);
int do_type(const wchar_t *arguments, const streams *io);
int do_copy(const wchar_t *arguments, const streams *io);
int do_move(const wchar_t *arguments, const streams *io);
int do_rename(const wchar_t *arguments, const streams *io);
int do_delete(const wchar_t *arguments, const streams *io);
int do_mkdir(const wchar_t *arguments, const streams *io);
int do_rmdir(const wchar_t *arguments, const streams *io);
// Calls `each` with every file that a pattern means; how many there were.
int for_files(const wchar_t *pattern, int (*each)(const wchar_t *path, void *with), void *with);

// arithmetic.c -------------------------------------------------------------------------------------------------------

// "set /a": its value is said where no batch file runs.
int calculate(const wchar_t *what, const streams *io);

// batch.c ------------------------------------------------------------------------------------------------------------

extern int echoes;
int run_batch(const wchar_t *path, const wchar_t *name, const wchar_t *arguments, const streams *io);
int call_label(const wchar_t *label, const wchar_t *arguments, const streams *io);
int go_to(const wchar_t *label, const streams *io);
void shift_arguments(void);
int set_local(const wchar_t *arguments, const streams *io);
int end_local(void);
// %0 to %9 and %*.
const wchar_t *argument_of(const batch *in, unsigned number);
const wchar_t *all_arguments_of(const batch *in);
const wchar_t *path_of(const batch *in);

#endif
