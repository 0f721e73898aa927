/* Strings, environment and error texts for the small C library (see system.c). */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void *memcpy(void *to, const void *from, size_t count)
{
    void *result = to;
    __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(count) : : "memory");
    return result;
}

void *mempcpy(void *to, const void *from, size_t count)
{
    return (char *)memcpy(to, from, count) + count;
}

void *memset(void *to, int byte, size_t count)
{
    void *result = to;
    __asm__ volatile("rep stosb" : "+D"(to), "+c"(count) : "a"(byte) : "memory");
    return result;
}

int memcmp(const void *one, const void *other, size_t count)
{
    const unsigned char *first = one, *second = other;
    for (size_t i = 0; i < count; i++) {
        if (first[i] != second[i]) return first[i] - second[i];
    }
    return 0;
}

size_t strlen(const char *string)
{
    const char *end = string;
    while (*end != '\0') end++;
    return (size_t)(end - string);
}

char *stpcpy(char *to, const char *from)
{
    size_t length = strlen(from);
    memcpy(to, from, length + 1);
    return to + length;
}

char *strcpy(char *to, const char *from)
{
    stpcpy(to, from);
    return to;
}

char *strchrnul(const char *string, int byte)
{
    while (*string != '\0' && *string != (char)byte) string++;
    return (char *)string;
}

char *strchr(const char *string, int byte)
{
    char *found = strchrnul(string, byte);
    return *found == (char)byte ? found : NULL;
}

char *strrchr(const char *string, int byte)
{
    const char *found = NULL;
    for (; *string != '\0'; string++) {
        if (*string == (char)byte) found = string;
    }
    return (char *)found;
}

int strcmp(const char *one, const char *other)
{
    while (*one != '\0' && *one == *other) one++, other++;
    return (unsigned char)*one - (unsigned char)*other;
}

int strncmp(const char *one, const char *other, size_t count)
{
    while (count > 0 && *one != '\0' && *one == *other) one++, other++, count--;
    return count == 0 ? 0 : (unsigned char)*one - (unsigned char)*other;
}

char *getenv(const char *name)
{
    size_t length = strlen(name);
    for (char **entry = environ; *entry != NULL; entry++) {
        if (strncmp(*entry, name, length) == 0 && (*entry)[length] == '=') return *entry + length + 1;
    }
    return NULL;
}

unsigned long strtoul(const char *digits, char **end, int base)
{
    unsigned long value = 0;
    for (; *digits >= '0' && *digits <= '9'; digits++) value = value * (unsigned long)base + (unsigned long)(*digits - '0');
    if (end != NULL) *end = (char *)digits;
    return value;
}

const char *strerrordesc_np(int number)
{
    switch (number) {
    case EPERM: return "Operation not permitted";
    case ENOENT: return "No such file or directory";
    case EIO: return "Input/output error";
    case E2BIG: return "Argument list too long";
    case ENOEXEC: return "Exec format error";
    case ENOMEM: return "Cannot allocate memory";
    case EACCES: return "Permission denied";
    case ENOTDIR: return "Not a directory";
    case EISDIR: return "Is a directory";
    case ETXTBSY: return "Text file busy";
    case ENAMETOOLONG: return "File name too long";
    case ELOOP: return "Too many levels of symbolic links";
    default: return "Cannot be run";
    }
}
