/* A crowd of clients in one process, for measuring: what bench/crowd.py does, with less work of its own.
 *
 *     crowd PORT CLIENTS WARM_UP SECONDS LINES_FILE [NAME]
 *
 * Each client gives a name and then says one line after another, each as soon as the last one is
 * answered. Prints one line: exchanges, seconds, milliseconds within which 50 and 99 percent of the
 * replies came, failures. Linux; built by bench/throughput.py where there is a C compiler.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { TEXT = 8192, EVENTS = 512, AT_ONCE = 64, PATIENCE = 120 };

struct client {
    int fd;
    int number;
    int stage; /* 0: waits for 220, 1: waits for 230, 2: talks, 3: gone */
    size_t said;
    size_t held;
    double asked;
    char text[TEXT];
};

static char **lines;
static size_t line_count;

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void fail(const char *what)
{
    perror(what);
    exit(2);
}

static void read_lines(const char *path)
{
    FILE *file = fopen(path, "r");
    char line[TEXT];
    size_t room = 0;
    if (!file)
        fail(path);
    while (fgets(line, sizeof line, file)) {
        if (line_count == room) {
            room = room ? room * 2 : 1024;
            lines = realloc(lines, room * sizeof *lines);
            if (!lines)
                fail("memory");
        }
        lines[line_count] = strdup(line);
        if (!lines[line_count++])
            fail("memory");
    }
    fclose(file);
    if (!line_count) {
        fprintf(stderr, "%s: no lines\n", path);
        exit(2);
    }
}

static void say(struct client *one, const char *text)
{
    size_t size = strlen(text);
    if (send(one->fd, text, size, MSG_NOSIGNAL) != (ssize_t)size)
        one->stage = 3;
}

static void say_next(struct client *one)
{
    one->asked = now();
    say(one, lines[one->said++ % line_count]);
}

/* Return whether a whole reply has come: a line whose fourth character is a space. */
static int reply_complete(struct client *one)
{
    char *last;
    if (!one->held || one->text[one->held - 1] != '\n')
        return 0;
    one->text[one->held - 1] = 0;
    last = strrchr(one->text, '\n');
    last = last ? last + 1 : one->text;
    one->text[one->held - 1] = '\n';
    if (last[0] && last[1] && last[2] && last[3] == ' ')
        return 1;
    if (one->held > TEXT / 2) { /* rows of a long reply: only the beginning of the last line counts */
        one->held = 0;
    }
    return 0;
}

static int receive(struct client *one)
{
    ssize_t size = recv(one->fd, one->text + one->held, TEXT - 1 - one->held, 0);
    if (size <= 0) {
        if (size < 0 && (errno == EAGAIN || errno == EINTR))
            return 0;
        one->stage = 3;
        return 0;
    }
    one->held += (size_t)size;
    if (!reply_complete(one))
        return 0;
    one->held = 0;
    return 1;
}

static void connect_client(struct client *one, int port, int epoll)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = one};
    int yes = 1;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    one->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (one->fd < 0)
        fail("socket");
    setsockopt(one->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    if (connect(one->fd, (struct sockaddr *)&address, sizeof address) < 0)
        fail("connect");
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, one->fd, &event) < 0)
        fail("epoll_ctl");
}

static int compare(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

int main(int argc, char **argv)
{
    struct epoll_event events[EVENTS];
    struct client *all;
    double *waits, warm_up, seconds, began, from, until, time;
    size_t counted = 0, room = 1 << 22;
    int port, size, epoll, next = 0, open = 0, welcomed = 0, failures = 0;
    if (argc != 6 && argc != 7) {
        fprintf(stderr, "usage: crowd PORT CLIENTS WARM_UP SECONDS LINES_FILE [NAME]\n");
        return 2;
    }
    port = atoi(argv[1]);
    size = atoi(argv[2]);
    warm_up = atof(argv[3]);
    seconds = atof(argv[4]);
    read_lines(argv[5]);
    all = calloc((size_t)size, sizeof *all);
    waits = malloc(room * sizeof *waits);
    epoll = epoll_create1(0);
    if (!all || !waits || epoll < 0)
        fail("start");
    began = now();
    while (welcomed + failures < size && now() - began < PATIENCE) {
        while (next < size && open < AT_ONCE) {
            all[next].number = next;
            all[next].said = (size_t)next * 37;
            connect_client(&all[next], port, epoll);
            next++;
            open++;
        }
        for (int n = epoll_wait(epoll, events, EVENTS, 1000), i = 0; i < n; i++) {
            struct client *one = events[i].data.ptr;
            if (one->stage >= 2 || !receive(one)) {
                if (one->stage == 3) {
                    epoll_ctl(epoll, EPOLL_CTL_DEL, one->fd, NULL);
                    failures++;
                    open--;
                }
                continue;
            }
            if (one->stage == 0) {
                char name[64];
                snprintf(name, sizeof name, "%.32s %d\n", argc > 6 ? argv[6] : "crowd", one->number);
                say(one, name);
                one->stage = one->stage == 3 ? 3 : 1;
            } else {
                one->stage = 2;
                welcomed++;
                open--;
            }
        }
    }
    began = now();
    from = began + warm_up;
    until = from + seconds;
    for (int i = 0; i < size; i++)
        if (all[i].stage == 2)
            say_next(&all[i]);
    while ((time = now()) < until) {
        for (int n = epoll_wait(epoll, events, EVENTS, 100), i = 0; i < n; i++) {
            struct client *one = events[i].data.ptr;
            int whole = receive(one);
            if (one->stage == 3) {
                epoll_ctl(epoll, EPOLL_CTL_DEL, one->fd, NULL);
                failures++;
                continue;
            }
            if (!whole)
                continue;
            time = now();
            if (time > from && counted < room)
                waits[counted++] = time - one->asked;
            say_next(one);
        }
    }
    qsort(waits, counted, sizeof *waits, compare);
    printf("%zu %.3f %.3f %.3f %d\n", counted, now() - from,
           counted ? waits[counted / 2] * 1e3 : 0.0,
           counted ? waits[(size_t)((double)counted * 0.99)] * 1e3 : 0.0, failures);
    return 0;
}
