// Sums of "set /a": 32-bit numbers, operators as C has them (Microsoft: "set").
#include "cmd.h"
#include <stdlib.h>

// What cmd.exe gives as the error level of each fault.
enum { UNBALANCED = 1073750988, NO_OPERAND, NO_OPERATOR, NO_NUMBER, TOO_LARGE, BY_ZERO };

typedef struct {
    const wchar_t *at;
    int fault;
} sum;

static int all(sum *in);

static int failed(sum *in, int fault)
{
    if (!in->fault)
        in->fault = fault;
    return 0;
}

static wchar_t here(sum *in)
{
    // "=" and "," part words elsewhere, and mean something here.
    while (*in->at == ' ' || *in->at == '\t')
        in->at++;
    return *in->at;
}

static int in_name(wchar_t c)
{
    return c && !wcschr(L" \t()*/%+-&^|<>=,!~\"", c);
}

static wchar_t *name(sum *in)
{
    const wchar_t *first = in->at;
    while (in_name(*in->at))
        in->at++;
    return copy_of(first, in->at - first);
}

static int number(sum *in, const wchar_t *digits)
{
    wchar_t *end;
    unsigned long long value = wcstoull(digits, &end, 0);
    if (*end)
        return failed(in, NO_NUMBER);
    return value > 0x7FFFFFFF && !(digits[0] == '0' && value <= 0xFFFFFFFF) ? failed(in, TOO_LARGE) : (int)value;
}

static int value_of(const wchar_t *name)
{
    wchar_t *value = variable(name, wcslen(name));
    return value ? (int)wcstol(value, NULL, 0) : 0;
}

static int operand(sum *in)
{
    wchar_t c = here(in);
    if (c == '!' || c == '~' || c == '-' || c == '+') {
        in->at++;
        unsigned value = operand(in);
        return c == '!' ? !value : c == '~' ? ~value : c == '-' ? 0 - value : value;
    }
    if (c == '(') {
        in->at++;
        int value = all(in);
        if (here(in) != ')')
            return failed(in, UNBALANCED);
        in->at++;
        return value;
    }
    if (!in_name(c))
        return failed(in, NO_OPERAND);
    wchar_t *word = name(in);
    return c >= '0' && c <= '9' ? number(in, word) : value_of(word);
}

// The operator that is next, as one number; two of a kind are "<<" and ">>". Zero for none.
static wchar_t operator(sum *in)
{
    wchar_t c = here(in);
    if (c == '<' || c == '>')
        return in->at[1] == c ? c : 0;
    return c && wcschr(L"*/%+-&^|", c) ? c : 0;
}

static int binds(wchar_t c)
{
    static const wchar_t *const levels[] = {L"|", L"^", L"&", L"<>", L"+-", L"*/%"};
    for (int level = 0; level < ARRAYSIZE(levels); level++) {
        if (wcschr(levels[level], c))
            return level;
    }
    return -1;
}

static int apply(sum *in, int left, wchar_t c, int right)
{
    if ((c == '/' || c == '%') && !right)
        return failed(in, BY_ZERO);
    switch (c) {
    case '*': return (int)((unsigned)left * (unsigned)right);
    // The one quotient that is too large.
    case '/': return right == -1 ? (int)(0u - (unsigned)left) : left / right;
    case '%': return right == -1 ? 0 : left % right;
    case '+': return (int)((unsigned)left + (unsigned)right);
    case '-': return (int)((unsigned)left - (unsigned)right);
    case '<': return right < 0 || right > 31 ? 0 : (int)((unsigned)left << right);
    case '>': return right < 0 || right > 31 ? (left < 0 ? -1 : 0) : left >> right;
    case '&': return left & right;
    case '^': return left ^ right;
    default: return left | right;
    }
}

static int term(sum *in, int level)
{
    int left = operand(in);
    for (wchar_t c; !in->fault && (c = operator(in)) && binds(c) >= level;) {
        in->at += c == '<' || c == '>' ? 2 : 1;
        left = apply(in, left, c, term(in, binds(c) + 1));
    }
    return left;
}

// NAME = ..., NAME += ...; or a value.
static int assignment(sum *in)
{
    wchar_t c = here(in);
    const wchar_t *start = in->at;
    if (in_name(c) && (c < '0' || c > '9')) {
        wchar_t *to = name(in), change = operator(in);
        const wchar_t *after = in->at + (change == '<' || change == '>' ? 2 : change ? 1 : 0);
        if (*after == '=') {
            in->at = after + 1;
            int value = assignment(in);
            if (change && !in->fault)
                value = apply(in, value_of(to), change, value);
            if (!in->fault)
                SetEnvironmentVariableW(to, format(L"%d", value));
            return value;
        }
        in->at = start;
    }
    return term(in, 0);
}

static int all(sum *in)
{
    int value = assignment(in);
    while (!in->fault && here(in) == ',') {
        in->at++;
        value = assignment(in);
    }
    return value;
}

int calculate(const wchar_t *what, const streams *io)
{
    static const wchar_t *const faults[] = {
        L"Unbalanced parenthesis.", L"Missing operand.", L"Missing operator.",
        L"Invalid number.  Numeric constants are either decimal (17),\nhexadecimal (0x11), or octal (021).",
        L"Invalid number.  Numbers are limited to 32-bits of precision.", L"Divide by zero error.",
    };
    // Quotes only keep the line's own signs from being read.
    wchar_t *plain = copy_of(what, wcslen(what)), *to = plain;
    for (const wchar_t *from = what; *from; from++) {
        if (*from != '"')
            *to++ = *from;
    }
    *to = 0;
    sum in = {plain};
    int value = all(&in);
    if (!in.fault && here(&in))
        failed(&in, *in.at == ')' ? UNBALANCED : NO_OPERATOR);
    if (in.fault) {
        fail(io, L"%s", faults[in.fault - UNBALANCED]);
        return errorlevel = in.fault;
    }
    if (!running)
        say(io, format(L"%d", value));
    return 0;
}
