// The grammar of command lines (Microsoft: "cmd", "if", "for", "Using command redirection operators").
#include "cmd.h"

typedef struct {
    const wchar_t *at;
    const wchar_t *wrong;
    int unfinished;
    int depth;                                   // how many parentheses are open
} parser;

static node *sequence(parser *p, int whole_line);

static node *make(parser *p, int kind)
{
    node *made = take(sizeof *made);
    made->kind = kind;
    made->source = p->at;
    return made;
}

static node *end(parser *p, node *made)
{
    made->source_length = p->at - made->source;
    return made;
}

static void blanks(parser *p)
{
    p->at = skip_blanks(p->at);
}

static void blanks_and_lines(parser *p)
{
    while (*p->at == '\n' || is_blank(*p->at))
        p->at++;
}

static int ends_command(parser *p, wchar_t unit)
{
    return !unit || unit == '\n' || unit == '&' || unit == '|' || (unit == ')' && p->depth);
}

// Takes what a caret protects; what follows a line that ends with one belongs to it.
static void escaped(parser *p, text *to)
{
    p->at++;
    if (!*p->at) {
        p->unfinished = 1;
    } else if (*p->at == '\n') {
        p->at++;
    } else {
        add_unit(to, *p->at++);
    }
}

// A word with its quotes, up to a blank, an operator or (for what is compared) "==".
static const wchar_t *word(parser *p, int compared)
{
    text made = {0};
    add(&made, L"", 0);
    if (!compared)
        blanks(p);
    for (int quoted = 0; *p->at && *p->at != '\n'; ) {
        if (!quoted) {
            if (*p->at == '^') {
                escaped(p, &made);
                continue;
            }
            if (is_blank(*p->at) || ends_command(p, *p->at) || wcschr(L"<>", *p->at))
                break;
        }
        quoted ^= *p->at == '"';
        add_unit(&made, *p->at++);
    }
    return made.at;
}

// "<", ">", ">>" and their streams and files.
static void redirects(parser *p, node *to, int stream)
{
    redirection *made = take(sizeof *made), **last = &to->redirections;
    int input = *p->at++ == '<';
    made->stream = stream >= 0 ? stream : !input;
    made->how = input ? READS : WRITES;
    if (!input && *p->at == '>') {
        made->how = APPENDS;
        p->at++;
    }
    if (*p->at == '&' && p->at[1] >= '0' && p->at[1] <= '9') {
        made->how = SAME_AS;
        made->other = p->at[1] - '0';
        p->at += 2;
    } else {
        made->target = word(p, 0);
        if (!*made->target)
            p->wrong = L"The syntax of the command is incorrect.";
    }
    while (*last)
        last = &(*last)->next;
    *last = made;
}

static int is_stream(const wchar_t *at)
{
    return *at >= '0' && *at <= '9' && (at[1] == '<' || at[1] == '>');
}

static void redirections_here(parser *p, node *to)
{
    for (;;) {
        const wchar_t *at = skip_blanks(p->at);
        if (is_stream(at)) {
            p->at = at + 1;
            redirects(p, to, *at - '0');
        } else if (*at == '<' || *at == '>') {
            p->at = at;
            redirects(p, to, -1);
        } else {
            return;
        }
    }
}

static size_t name_length(const wchar_t *at)
{
    size_t length = 0;
    while (at[length] && !is_blank(at[length]) && !wcschr(L"\n&|()<>\"/", at[length]))
        length++;
    return length;
}

static int takes_word(parser *p, const wchar_t *expected)
{
    const wchar_t *at = skip_blanks(p->at);
    size_t length = wcslen(expected);
    if (_wcsnicmp(at, expected, length) || (at[length] && !is_blank(at[length]) && !wcschr(L"\n(\"", at[length])))
        return 0;
    p->at = at + length;
    return 1;
}

static node *group(parser *p)
{
    node *made = make(p, GROUP);
    p->at++;
    p->depth++;
    made->left = sequence(p, 0);
    p->depth--;
    if (*p->at == ')')
        p->at++;
    else if (!*p->at)
        p->unfinished = 1;
    else if (!p->wrong)
        p->wrong = L"The syntax of the command is incorrect.";
    redirections_here(p, made);
    return end(p, made);
}

// What follows "if ..." or "do": a group, or all the rest of the line.
static node *body(parser *p)
{
    blanks(p);
    if (*p->at == '(')
        return group(p);
    node *made = sequence(p, 1);
    if (!made && !p->wrong && !p->unfinished)
        p->wrong = L"The syntax of the command is incorrect.";
    return made;
}

static node *conditional(parser *p, node *made)
{
    static const wchar_t *operations[] = {L"equ", L"neq", L"lss", L"leq", L"gtr", L"geq"};
    made->kind = IF;
    for (;;) {
        if (takes_word(p, L"/i"))
            made->any_case = 1;
        else if (takes_word(p, L"not"))
            made->negated = !made->negated;
        else
            break;
    }
    if (takes_word(p, L"exist")) {
        made->condition = EXISTS;
        made->first = word(p, 0);
    } else if (takes_word(p, L"defined")) {
        made->condition = DEFINED;
        made->first = word(p, 0);
    } else if (takes_word(p, L"errorlevel")) {
        made->condition = ERRORLEVEL;
        made->first = word(p, 0);
    } else {
        made->condition = COMPARES;
        blanks(p);
        made->first = word(p, 1);
        const wchar_t *at = p->at;
        while (*at == ' ' || *at == '\t')
            at++;
        if (at[0] == '=' && at[1] == '=') {
            made->operation = L"==";
            p->at = at + 2;
        }
        for (unsigned i = 0; !made->operation && i < ARRAYSIZE(operations); i++)
            if (takes_word(p, operations[i]))
                made->operation = operations[i];
        if (!made->operation && !p->wrong)
            p->wrong = L"The syntax of the command is incorrect.";
        blanks(p);
        made->second = word(p, 1);
    }
    made->left = body(p);
    if (made->left && made->left->kind == GROUP && takes_word(p, L"else"))
        made->right = body(p);
    return end(p, made);
}

static node *repeated(parser *p, node *made)
{
    made->kind = FOR;
    blanks(p);
    if (takes_word(p, L"/l")) {
        made->counts = 1;
    } else if (*p->at == '/') {
        p->wrong = L"haft's command interpreter has no \"for\" but \"for %x in (...)\" and \"for /l\".";
        return made;
    }
    blanks(p);
    if (*p->at == '%' && p->at[1]) {
        made->variable = p->at[1];
        p->at += 2;
    }
    if (!made->variable || !takes_word(p, L"in") || *(p->at = skip_blanks(p->at)) != '(') {
        p->wrong = L"The syntax of the command is incorrect.";
        return made;
    }
    text set = {0};
    add(&set, L"", 0);
    for (p->at++; *p->at && *p->at != ')'; p->at++)
        add_unit(&set, *p->at == '\n' ? ' ' : *p->at);
    made->set = set.at;
    if (!*p->at)
        p->unfinished = 1;
    else
        p->at++;
    if (!takes_word(p, L"do") && !p->unfinished)
        p->wrong = L"The syntax of the command is incorrect.";
    if (!p->wrong && !p->unfinished)
        made->left = body(p);
    return end(p, made);
}

static node *simple(parser *p)
{
    node *made = make(p, SIMPLE);
    text words = {0};
    for (blanks(p); *p->at == '@'; blanks(p)) {
        made->silent = 1;
        p->at++;
    }
    redirections_here(p, made);
    blanks(p);
    if (*p->at == '(') {
        node *inside = group(p);
        inside->silent = made->silent;
        return inside;
    }
    size_t length = name_length(p->at);
    int remark = is_word(p->at, length, L"rem");
    if (is_word(p->at, length, L"if") || is_word(p->at, length, L"for")) {
        p->at += length;
        return length == 2 ? conditional(p, made) : repeated(p, made);
    }
    for (int quoted = 0; *p->at && *p->at != '\n';) {
        if (!quoted && !remark) {
            if (ends_command(p, *p->at))
                break;
            if (*p->at == '^') {
                escaped(p, &words);
                continue;
            }
            if (is_stream(p->at) && words.length && is_blank(words.at[words.length - 1])) {
                p->at++;
                redirects(p, made, p->at[-1] - '0');
                continue;
            }
            if (*p->at == '<' || *p->at == '>') {
                redirects(p, made, -1);
                continue;
            }
        }
        quoted ^= *p->at == '"';
        add_unit(&words, *p->at++);
    }
    if (!words.length && !made->redirections)
        return NULL;
    made->words = words.at ? words.at : L"";
    return end(p, made);
}

static node *joined(parser *p, int kind, node *left, node *right)
{
    if (!right && !p->wrong) {
        p->wrong = *p->at ? format(L"%s was unexpected at this time.", copy_of(p->at, 1))
                          : L"The syntax of the command is incorrect.";
        return left;
    }
    node *made = take(sizeof *made);
    made->kind = kind;
    made->left = left;
    made->right = right;
    made->source = left->source;
    made->source_length = p->at - left->source;
    return made;
}

static node *pipeline(parser *p)
{
    node *left = simple(p);
    for (blanks(p); left && *p->at == '|' && p->at[1] != '|'; blanks(p)) {
        p->at++;
        left = joined(p, PIPE, left, simple(p));
    }
    return left;
}

static node *conjunction(parser *p)
{
    node *left = pipeline(p);
    while (left && p->at[0] == '&' && p->at[1] == '&') {
        p->at += 2;
        left = joined(p, AND, left, pipeline(p));
    }
    return left;
}

static node *alternative(parser *p)
{
    node *left = conjunction(p);
    while (left && p->at[0] == '|' && p->at[1] == '|') {
        p->at += 2;
        left = joined(p, OR, left, conjunction(p));
    }
    return left;
}

static node *sequence(parser *p, int whole_line)
{
    if (!whole_line)
        blanks_and_lines(p);
    node *left = alternative(p);
    while (left && !p->wrong) {
        if (*p->at == '&' && p->at[1] != '&')
            p->at++;
        else if (*p->at == '\n' && !whole_line)
            blanks_and_lines(p);
        else
            break;
        node *right = alternative(p);
        if (!right)
            break;
        left = joined(p, SEQUENCE, left, right);
    }
    if (p->depth && !whole_line)
        blanks_and_lines(p);
    return left;
}

parsed parse(const wchar_t *line, node **tree, const wchar_t **wrong)
{
    parser p = {.at = line};
    *tree = sequence(&p, 0);
    if (p.wrong || (!p.unfinished && *p.at)) {
        *wrong = p.wrong ? p.wrong : format(L"%s was unexpected at this time.", copy_of(p.at, 1));
        return WRONG;
    }
    return p.unfinished ? UNFINISHED : COMPLETE;
}
