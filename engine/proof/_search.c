/* The search for originals, compiled. hashing.py and reference.py say the same in Python, which this is held to.
 *
 * Everything is bounded: a cell is looked at in windows, candidates are taken away after every block, and
 * each offset is checked against the length that belongs to it.
 */
#define PY_SSIZE_T_CLEAN
#define Py_LIMITED_API 0x030B0000
#include <Python.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST = 4000, SHORTEST = 4, SHORTEST_NUMBER = 7, GROUP_WORDS = 4, NUMBER_GROUPS = 6, GAP = 2 };
enum { SHARED_BY = 20, PROBES = 6, MOST_IN_A_CELL = 64, TOGETHER = 32, OVERLAP = 4096, WINDOW = 1 << 20, PADDING = 16, HEAD = 20, SHORT = 128, START = 19, HASH = 8, LONGEST_ADDRESS = 49, SHA_BLOCK = 64 };
enum { SEEN_BITS = 11, SEEN_LONGEST = 53, SEEN_NOTHING = 255, WORTH = 16, WORTH_AT_FIRST = 1 << 11, WORTH_MOST = 1 << 16 };
enum { EMAIL, PHONE, IBAN, CARD, SECRET, HIDDEN, KINDS };
enum { IN_WORD = 1, IN_TOKEN = 2, IN_FIELD = 4, IN_QUOTED = 8, IS_DIGIT = 16, IS_EDGE = 32, IS_GAP = 64, IN_ADDRESS = 128 };

#if defined(__GNUC__)
#define PREFETCH(place) __builtin_prefetch(place)
#else
#define PREFETCH(place) ((void)(place))
#endif

#define NOWHERE SIZE_MAX

static uint8_t kind_of[256], fold_of[256];

static inline int hex_digit(uint8_t sign) {
    return sign >= '0' && sign <= '9' ? sign - '0' : sign >= 'a' && sign <= 'f' ? sign - 'a' + 10 : -1;
}

/* --- hashing and filters ------------------------------------------------------------------------------ */

static inline uint32_t turned(uint32_t word, int by) { return word << by | word >> (32 - by); }

static inline uint32_t number_at(const uint8_t *at) {
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | (uint32_t)at[3];
}

static inline uint32_t word_at(const uint8_t *at) {
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

#define MIX(a, b, c) \
    do { \
        a -= c; a ^= turned(c, 4); c += b; b -= a; b ^= turned(a, 6); a += c; c -= b; c ^= turned(b, 8); b += a; \
        a -= c; a ^= turned(c, 16); c += b; b -= a; b ^= turned(a, 19); a += c; c -= b; c ^= turned(b, 4); b += a; \
    } while (0)

typedef struct {
    uint32_t a, b, c;
} State;

/* What a hash begins with depends on the length and the seed. */
static inline State lookup3_start(size_t length, uint64_t seed) {
    uint32_t a, b, c;
    a = b = c = 0x9E3779B9u + (uint32_t)length + 3923095u;
    if (seed) {
        a += (uint32_t)(seed >> 32);
        b += (uint32_t)seed;
        MIX(a, b, c);
    }
    return (State){a, b, c};
}

/* The bytes behind the value are read, and masked: `PADDING` of them must be readable. */
static inline uint64_t lookup3(const uint8_t *value, size_t length, State start) {
    static const uint32_t mask[5] = {0, 0xFF, 0xFFFF, 0xFFFFFF, 0xFFFFFFFF};
    uint32_t a = start.a, b = start.b, c = start.c;
    size_t left = length;
    for (; left >= 12; left -= 12, value += 12) {
        a += word_at(value);
        b += word_at(value + 4);
        c += word_at(value + 8);
        MIX(a, b, c);
    }
    a += word_at(value) & mask[left < 4 ? left : 4];
    b += word_at(value + 4) & mask[left < 4 ? 0 : left < 8 ? left - 4 : 4];
    c += (word_at(value + 8) & mask[left < 8 ? 0 : left - 8]) << 8;
    c ^= b; c -= turned(b, 14);
    a ^= c; a -= turned(c, 11);
    b ^= a; b -= turned(a, 25);
    c ^= b; c -= turned(b, 16);
    a ^= c; a -= turned(c, 4);
    b ^= a; b -= turned(a, 14);
    c ^= b; c -= turned(b, 24);
    return (uint64_t)b << 32 | c;
}

/* SHA-256 of the seed's eight bytes and then a value's: the first eight of what comes out, as MySQL and MariaDB can
 * be asked for. */
static inline void sha256_block(uint32_t state[8], const uint8_t *block) {
    static const uint32_t roots[64] = {
        0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
        0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
        0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
        0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
        0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
        0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
        0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
        0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};
    uint32_t words[64];
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
    uint32_t e = state[4], f = state[5], g = state[6], h = state[7];
    for (int i = 0; i < 16; i++)
        words[i] = (uint32_t)block[4 * i] << 24 | (uint32_t)block[4 * i + 1] << 16 |
                   (uint32_t)block[4 * i + 2] << 8 | block[4 * i + 3];
    for (int i = 16; i < 64; i++) {
        uint32_t near = words[i - 15], far = words[i - 2];
        words[i] = words[i - 16] + (turned(near, 25) ^ turned(near, 14) ^ near >> 3) + words[i - 7] +
                   (turned(far, 15) ^ turned(far, 13) ^ far >> 10);
    }
    for (int i = 0; i < 64; i++) {
        uint32_t chosen = g ^ (e & (f ^ g)), most = (a & b) | (c & (a | b));
        uint32_t one = h + (turned(e, 26) ^ turned(e, 21) ^ turned(e, 7)) + chosen + roots[i] + words[i];
        uint32_t two = (turned(a, 30) ^ turned(a, 19) ^ turned(a, 10)) + most;
        h = g, g = f, f = e, e = d + one;
        d = c, c = b, b = a, a = one + two;
    }
    state[0] += a, state[1] += b, state[2] += c, state[3] += d;
    state[4] += e, state[5] += f, state[6] += g, state[7] += h;
}

static uint64_t sha256(const uint8_t *value, size_t length, uint64_t seed) {
    uint32_t state[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    uint8_t block[SHA_BLOCK];
    uint64_t bits = ((uint64_t)length + sizeof seed) * 8;
    size_t used = sizeof seed;
    for (size_t i = 0; i < sizeof seed; i++)
        block[i] = (uint8_t)(seed >> (56 - 8 * i));
    while (used + length >= SHA_BLOCK) {
        memcpy(block + used, value, SHA_BLOCK - used);
        value += SHA_BLOCK - used;
        length -= SHA_BLOCK - used;
        used = 0;
        sha256_block(state, block);
    }
    memcpy(block + used, value, length);
    used += length;
    block[used++] = 0x80;
    if (used > SHA_BLOCK - sizeof bits) {
        memset(block + used, 0, SHA_BLOCK - used);
        sha256_block(state, block);
        used = 0;
    }
    memset(block + used, 0, SHA_BLOCK - sizeof bits - used);
    for (size_t i = 0; i < sizeof bits; i++)
        block[SHA_BLOCK - sizeof bits + i] = (uint8_t)(bits >> (56 - 8 * i));
    sha256_block(state, block);
    return (uint64_t)state[0] << 32 | state[1];
}

typedef struct {
    Py_buffer view;
    uint8_t *bits;
    uint64_t mask;
} Filter;

static int filter_open(Filter *filter, PyObject *object, int writable) {
    if (PyObject_GetBuffer(object, &filter->view, writable ? PyBUF_WRITABLE : PyBUF_SIMPLE) < 0)
        return -1;
    uint64_t size = (uint64_t)filter->view.len;
    if (size < 64 || (size & (size - 1))) {
        PyBuffer_Release(&filter->view);
        PyErr_SetString(PyExc_ValueError, "a filter's size is a power of two, 64 at least");
        return -1;
    }
    filter->bits = filter->view.buf;
    filter->mask = size / 64 - 1;
    return 0;
}

static void filter_close(Filter *filter) {
    if (filter->bits)
        PyBuffer_Release(&filter->view);
    filter->bits = NULL;
}

/* All bits of a value lie in one line of 64 bytes, so that a question costs one visit to memory. */
static inline uint8_t *filter_line(const Filter *filter, uint64_t value) {
    return filter->bits + ((value >> 1 & filter->mask) << 6);
}

static inline int filter_holds(const Filter *filter, uint64_t value) {
    const uint8_t *line = filter_line(filter, value);
    uint64_t places = (value >> 1) * 0x9E3779B97F4A7C15u;
    for (int probe = 0; probe < PROBES; probe++, places >>= 9)
        if (!(line[places >> 3 & 63] >> (places & 7) & 1))
            return 0;
    return 1;
}

static inline void filter_mark(Filter *filter, uint64_t value) {
    uint8_t *line = filter_line(filter, value);
    uint64_t places = (value >> 1) * 0x9E3779B97F4A7C15u;
    for (int probe = 0; probe < PROBES; probe++, places >>= 9)
        line[places >> 3 & 63] |= (uint8_t)(1 << (places & 7));
}

/* --- gathering ---------------------------------------------------------------------------------------- */

typedef struct {
    PyObject_HEAD
    Filter bloom, first;
    uint8_t *flags;
    Py_ssize_t columns, column;
    enum { AT_START, AT_ROW, AT_LENGTH, IN_CELL, AT_END } state;
    uint8_t head[START];
    size_t head_used, left;
    uint64_t waiting[TOGETHER];
    int waiting_used;
} Gatherer;

static PyObject *gatherer_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
    static char *names[] = {"flags", "bloom", "first", NULL};
    const char *flags;
    Py_ssize_t columns;
    PyObject *bloom, *first;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "y#OO", names, &flags, &columns, &bloom, &first))
        return NULL;
    allocfunc alloc = (allocfunc)PyType_GetSlot(type, Py_tp_alloc);
    Gatherer *self = (Gatherer *)alloc(type, 0);
    if (self == NULL)
        return NULL;
    self->columns = columns;
    self->flags = malloc((size_t)columns + 1);
    if (self->flags == NULL || filter_open(&self->bloom, bloom, 1) < 0 || filter_open(&self->first, first, 1) < 0) {
        if (!PyErr_Occurred())
            PyErr_NoMemory();
        Py_DECREF(self);
        return NULL;
    }
    memcpy(self->flags, flags, (size_t)columns);
    return (PyObject *)self;
}

static void gatherer_dealloc(Gatherer *self) {
    PyTypeObject *type = Py_TYPE((PyObject *)self);
    filter_close(&self->bloom);
    filter_close(&self->first);
    free(self->flags);
    ((freefunc)PyType_GetSlot(type, Py_tp_free))(self);
    Py_DECREF((PyObject *)type);
}

/* Marks wait for each other, so that the lines they go to come from memory meanwhile. */
static void gatherer_mark(Gatherer *self) {
    for (int i = 0; i < self->waiting_used; i++)
        filter_mark(&self->bloom, self->waiting[i]);
    self->waiting_used = 0;
}

static inline size_t gatherer_hash(Gatherer *self, const uint8_t *at, uint64_t *kept, size_t used) {
    uint64_t value = (uint64_t)number_at(at) << 32 | number_at(at + 4);
    uint8_t flag = self->flags[self->column];
    if (flag == 2) {
        filter_mark(&self->first, value);
        return used;
    }
    PREFETCH(filter_line(&self->bloom, value));
    self->waiting[self->waiting_used++] = value;
    if (self->waiting_used == TOGETHER)
        gatherer_mark(self);
    kept[used] = (value & ~(uint64_t)1) | flag;
    return used + 1;
}

/* What comes next after a cell: another one, or another row. */
static void gatherer_after_cell(Gatherer *self) {
    self->column++;
    self->state = self->column < self->columns ? AT_LENGTH : AT_ROW;
}

/* Take what stands between cells, when all of it is there; returns 0 if it is nothing that may stand there. */
static int gatherer_head(Gatherer *self) {
    static const uint8_t start[START] = "PGCOPY\n\377\r\n";
    uint32_t number;
    switch (self->state) {
    case AT_START:
        self->state = AT_ROW;
        return memcmp(self->head, start, START) == 0;
    case AT_ROW:
        number = (uint32_t)self->head[0] << 8 | self->head[1];
        self->column = 0;
        self->state = number == 0xFFFF ? AT_END : AT_LENGTH;
        return number == 0xFFFF || (number > 0 && number == (uint64_t)self->columns);
    case AT_LENGTH:
        number = number_at(self->head);
        self->left = number == 0xFFFFFFFF ? 0 : number;
        if (self->left)
            self->state = IN_CELL;
        else
            gatherer_after_cell(self);
        return self->left % HASH == 0;
    default:
        return 0;
    }
}

/* Take rows of hashes; returns how many are kept, or SIZE_MAX for what are none. */
static size_t gather(Gatherer *self, const uint8_t *at, const uint8_t *end, uint64_t *kept) {
    static const size_t sizes[] = {START, 2, 4, HASH, 1};
    size_t used = 0;
    while (at < end) {
        size_t wanted = sizes[self->state] - self->head_used, here = (size_t)(end - at);
        if (here < wanted || self->head_used || self->state != IN_CELL) {
            size_t some = here < wanted ? here : wanted;
            memcpy(self->head + self->head_used, at, some);
            self->head_used += some;
            at += some;
            if (some < wanted)
                break;
            self->head_used = 0;
            if (self->state == IN_CELL) {
                used = gatherer_hash(self, self->head, kept, used);
                self->left -= HASH;
            } else if (!gatherer_head(self))
                return SIZE_MAX;
        } else {
            const uint8_t *last = at + (here < self->left ? here : self->left) / HASH * HASH;
            self->left -= (size_t)(last - at);
            for (; at < last; at += HASH)
                used = gatherer_hash(self, at, kept, used);
        }
        if (self->state == IN_CELL && self->left == 0)
            gatherer_after_cell(self);
    }
    gatherer_mark(self);
    return used;
}

static PyObject *gatherer_feed(Gatherer *self, PyObject *args) {
    Py_buffer block;
    if (!PyArg_ParseTuple(args, "y*", &block))
        return NULL;
    /* One hash may have begun in an earlier block. */
    uint64_t *kept = malloc(((size_t)block.len / HASH + 1) * sizeof *kept);
    size_t used = 0;
    if (kept == NULL) {
        PyBuffer_Release(&block);
        return PyErr_NoMemory();
    }
    Py_BEGIN_ALLOW_THREADS
    used = gather(self, block.buf, (const uint8_t *)block.buf + block.len, kept);
    Py_END_ALLOW_THREADS
    PyBuffer_Release(&block);
    PyObject *result = NULL;
    if (used == SIZE_MAX)
        PyErr_SetString(PyExc_ValueError, "no rows of hashes");
    else
        result = PyBytes_FromStringAndSize((const char *)kept, (Py_ssize_t)(used * sizeof *kept));
    free(kept);
    return result;
}

static PyObject *gatherer_finish(Gatherer *self, PyObject *Py_UNUSED(ignored)) {
    if (self->state != AT_END) {
        PyErr_SetString(PyExc_ValueError, "rows without an end");
        return NULL;
    }
    Py_RETURN_NONE;
}

/* --- confirming --------------------------------------------------------------------------------------- */

typedef struct {
    PyObject_HEAD
    uint64_t *order, *slots, *likely;
    uint32_t *counts;
    uint8_t *states; /* 1: identifies by itself, 2: rare in some table */
    Py_ssize_t number;
    uint64_t mask;
} Confirmer;

/* Nearly all of what is asked is no candidate, which one bit says. */
static inline uint64_t bit_of(const Confirmer *self, uint64_t value) { return value >> 1 & (self->mask << 3 | 7); }

static uint64_t slot_of(const Confirmer *self, uint64_t value) {
    uint64_t at = (value >> 1) * 0x9E3779B97F4A7C15u >> 20 & self->mask;
    while (self->slots[at] && self->slots[at] != value)
        at = (at + 1) & self->mask;
    return at;
}

static PyObject *confirmer_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
    static char *names[] = {"candidates", NULL};
    const char *candidates;
    Py_ssize_t size;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "y#", names, &candidates, &size))
        return NULL;
    allocfunc alloc = (allocfunc)PyType_GetSlot(type, Py_tp_alloc);
    Confirmer *self = (Confirmer *)alloc(type, 0);
    if (self == NULL)
        return NULL;
    uint64_t slots = 16;
    self->number = size / (Py_ssize_t)sizeof(uint64_t);
    while (slots < (uint64_t)self->number * 2)
        slots *= 2;
    self->mask = slots - 1;
    self->order = malloc((size_t)size + 8);
    self->slots = calloc(slots, sizeof *self->slots);
    self->counts = calloc(slots, sizeof *self->counts);
    self->states = calloc(slots, 1);
    self->likely = calloc(slots / 8, sizeof *self->likely);
    if (!self->order || !self->slots || !self->counts || !self->states || !self->likely) {
        Py_DECREF(self);
        return PyErr_NoMemory();
    }
    memcpy(self->order, candidates, (size_t)size);
    for (Py_ssize_t i = 0; i < self->number; i++) {
        /* 0 stands for an empty slot; the last bit is free to tell it apart. */
        uint64_t value = (self->order[i] & ~(uint64_t)1) | 1;
        self->slots[slot_of(self, value)] = value;
        self->likely[bit_of(self, value) >> 6] |= (uint64_t)1 << (bit_of(self, value) & 63);
    }
    return (PyObject *)self;
}

static void confirmer_dealloc(Confirmer *self) {
    PyTypeObject *type = Py_TYPE((PyObject *)self);
    free(self->order);
    free(self->slots);
    free(self->counts);
    free(self->states);
    free(self->likely);
    ((freefunc)PyType_GetSlot(type, Py_tp_free))(self);
    Py_DECREF((PyObject *)type);
}

static PyObject *confirmer_feed(Confirmer *self, PyObject *args) {
    Py_buffer kept;
    if (!PyArg_ParseTuple(args, "y*", &kept))
        return NULL;
    Py_BEGIN_ALLOW_THREADS
    const uint8_t *at = kept.buf, *end = at + kept.len;
    for (; end - at >= (ptrdiff_t)sizeof(uint64_t); at += sizeof(uint64_t)) {
        uint64_t value;
        memcpy(&value, at, sizeof value);
        if (!(self->likely[bit_of(self, value) >> 6] >> (bit_of(self, value) & 63) & 1))
            continue;
        uint64_t slot = slot_of(self, value | 1);
        if (self->slots[slot]) {
            if (self->counts[slot] < UINT32_MAX)
                self->counts[slot]++;
            self->states[slot] |= (uint8_t)(value & 1);
        }
    }
    Py_END_ALLOW_THREADS
    PyBuffer_Release(&kept);
    Py_RETURN_NONE;
}

static PyObject *confirmer_settle(Confirmer *self, PyObject *Py_UNUSED(ignored)) {
    for (uint64_t slot = 0; slot <= self->mask; slot++) {
        if (self->counts[slot] && self->counts[slot] < SHARED_BY)
            self->states[slot] |= 2;
        self->counts[slot] = 0;
    }
    Py_RETURN_NONE;
}

static PyObject *confirmer_answer(Confirmer *self, PyObject *Py_UNUSED(ignored)) {
    char *found = malloc((size_t)self->number + 1);
    if (found == NULL)
        return PyErr_NoMemory();
    for (Py_ssize_t i = 0; i < self->number; i++)
        found[i] = self->states[slot_of(self, self->order[i] | 1)] != 0;
    PyObject *result = PyBytes_FromStringAndSize(found, self->number);
    free(found);
    return result;
}

/* --- searching ---------------------------------------------------------------------------------------- */

typedef struct {
    uint64_t hash, column;
} Candidate;

/* A short cell in which nothing was found, and how much was asked about it. It counts as soon as the questions
 * that waited when it was noted are answered. */
typedef struct {
    uint32_t answers, asked;
    uint16_t column;
    uint8_t length, text[SEEN_LONGEST];
} Seen;

typedef struct {
    uint64_t hash, column, cell;
    Seen *noting;
} Question;

typedef struct {
    size_t start, end;
} Piece;

typedef struct {
    PyObject_HEAD
    Filter bloom, first;
    uint64_t seed;
    int sha256;
    State starts[SHORT];
    uint8_t *forms, *shaped;
    uint64_t *counts;
    Py_ssize_t columns, column;
    uint8_t *cell, *other;
    size_t used;
    uint8_t head[HEAD];
    size_t head_used;
    int escaped, hex, nibble, null, begun, no_memory;
    Candidate *found;
    size_t found_used, found_size;
    Question asking[TOGETHER];
    int asking_used;
    uint64_t here[MOST_IN_A_CELL], here_cell;
    int here_used;
    Seen *seen, *noting;
    int32_t *worth; /* of each column: whether its cells come again, negative when they do not */
    uint32_t answers;
    int nothing; /* has been found in this cell so far */
    unsigned long long rows, cells, asked;
} Searcher;

static void add_candidate(Searcher *self, const Question *question) {
    if (question->cell != self->here_cell) {
        self->here_cell = question->cell;
        self->here_used = 0;
    }
    for (int i = 0; i < self->here_used; i++)
        if (self->here[i] == question->hash)
            return;
    if (self->found_used == self->found_size) {
        size_t size = self->found_size ? self->found_size * 2 : 1024;
        Candidate *grown = realloc(self->found, size * sizeof *grown);
        if (grown == NULL) {
            self->no_memory = 1;
            return;
        }
        self->found = grown;
        self->found_size = size;
    }
    self->found[self->found_used++] = (Candidate){question->hash & ~(uint64_t)1, question->column};
    if (self->here_used < MOST_IN_A_CELL)
        self->here[self->here_used++] = question->hash;
}

static void answer(Searcher *self) {
    for (int i = 0; i < self->asking_used; i++) {
        const Question *question = &self->asking[i];
        if (!filter_holds(&self->bloom, question->hash))
            continue;
        add_candidate(self, question);
        if (question->cell == self->cells)
            self->nothing = 0;
        if (question->noting != NULL)
            question->noting->length = SEEN_NOTHING;
    }
    self->asking_used = 0;
    self->answers++;
}

/* Questions wait for each other, so that what they need comes from memory while the next ones are made. */
static inline void ask_hash(Searcher *self, uint64_t hash) {
    PREFETCH(filter_line(&self->bloom, hash));
    self->asked++;
    self->asking[self->asking_used++] = (Question){hash, (uint64_t)self->column, self->cells, self->noting};
    if (self->asking_used == TOGETHER)
        answer(self);
}

static inline uint64_t hash_of(const Searcher *self, const uint8_t *piece, size_t length) {
    if (self->sha256)
        return sha256(piece, length, self->seed);
    return lookup3(piece, length, length < SHORT ? self->starts[length] : lookup3_start(length, self->seed));
}

static inline int possible(const uint8_t *piece, size_t length) {
    return length >= SHORTEST && length <= LONGEST && (length >= SHORTEST_NUMBER || piece[0] > 57);
}

/* Read a number of so many digits, and how many there are; `base` is 10 or 16. */
static size_t read_number(const uint8_t *text, size_t length, size_t most, unsigned base, unsigned *number) {
    size_t used = 0;
    for (*number = 0; used < length && used < most; used++) {
        int digit = hex_digit(text[used]);
        if (digit < 0 || digit >= (int)base)
            break;
        *number = *number * base + (unsigned)digit;
    }
    return used;
}

/* Write the four bytes that a text begins with; returns how much of it that is, 0 if it is none. */
static size_t read_ipv4(const uint8_t *text, size_t length, uint8_t *out) {
    size_t at = 0;
    for (int octet = 0; octet < 4; octet++) {
        unsigned number;
        if (octet && (at >= length || text[at++] != '.'))
            return 0;
        size_t digits = read_number(text + at, length - at, 3, 10, &number);
        if (digits == 0 || number > 255 || (digits > 1 && text[at] == '0'))
            return 0;
        out[octet] = (uint8_t)number;
        at += digits;
    }
    return at;
}

/* Write the sixteen bytes that a text begins with; returns how much of it that is, 0 if it is none. */
static size_t read_ipv6(const uint8_t *text, size_t length, uint8_t *out) {
    uint8_t bytes[16];
    size_t at = 0, used = 0, gap = NOWHERE;
    while (used < 16) {
        unsigned number;
        if (at + 1 < length && text[at] == ':' && text[at + 1] == ':' && gap == NOWHERE) {
            gap = used;
            at += 2;
        } else if (used && gap != used) {
            if (at >= length || text[at] != ':')
                break;
            at++;
        }
        size_t ipv4 = used <= 12 ? read_ipv4(text + at, length - at, bytes + used) : 0;
        if (ipv4) {
            at += ipv4;
            used += 4;
            break;
        }
        size_t digits = read_number(text + at, length - at, 4, 16, &number);
        if (digits == 0) {
            if (gap != used)
                return 0;
            break;
        }
        bytes[used++] = (uint8_t)(number >> 8);
        bytes[used++] = (uint8_t)number;
        at += digits;
    }
    if (gap == NOWHERE ? used != 16 : used > 14)
        return 0;
    size_t before = gap == NOWHERE ? 16 : gap;
    memcpy(out, bytes, before);
    memset(out + before, 0, 16 - used);
    memcpy(out + 16 - (used - before), bytes + before, used - before);
    return at;
}

/* Write an address of a network as PostgreSQL keeps and hashes it; returns its size, 0 if it is none. */
static size_t pack_address(const uint8_t *text, size_t length, uint8_t *out) {
    size_t at = read_ipv4(text, length, out + 2), size = 4;
    if (at == 0) {
        at = read_ipv6(text, length, out + 2);
        size = 16;
    }
    unsigned bits = (unsigned)size * 8;
    if (at && at + 1 < length && text[at] == '/') {
        unsigned most = bits;
        size_t digits = read_number(text + at + 1, length - at - 1, 3, 10, &bits);
        if (digits == 0 || bits > most)
            return 0;
        at += 1 + digits;
    }
    out[0] = size == 4 ? 2 : 3;
    out[1] = (uint8_t)bits;
    return at && at == length ? size + 2 : 0;
}

static void ask_address(Searcher *self, const uint8_t *text, size_t length) {
    uint8_t packed[18 + PADDING] = {0};
    size_t size = length <= LONGEST_ADDRESS ? pack_address(text, length, packed) : 0;
    if (size)
        ask_hash(self, hash_of(self, packed, size));
}

static inline void ask(Searcher *self, const uint8_t *piece, size_t length) {
    if (!possible(piece, length))
        return;
    ask_hash(self, hash_of(self, piece, length));
    if (kind_of[piece[0]] & IS_DIGIT && (piece[1] == '.' || piece[2] == '.' || piece[3] == '.'))
        ask_address(self, piece, length);
}

static inline void ask_value(Searcher *self) {
    ask(self, self->cell, self->used);
    if (memchr(self->cell, ':', self->used < 5 ? self->used : 5) != NULL)
        ask_address(self, self->cell, self->used);
}

/* Ask about the address with colons around one of them, and return where it ends. */
static size_t ask_around(Searcher *self, const uint8_t *text, size_t length, size_t at) {
    size_t start = at, end = at, colons = 0, behind;
    while (start > 0 && kind_of[text[start - 1]] & IN_ADDRESS)
        start--;
    while (end < length && kind_of[text[end]] & IN_ADDRESS)
        colons += text[end++] == ':';
    behind = end;
    while (start < end && text[start] == '.')
        start++;
    while (start < end && text[end - 1] == '.')
        end--;
    if (end - start > 1 && text[end - 1] == ':' && text[end - 2] != ':')
        end--;
    else if (end == behind && end < length && text[end] == '/') {
        size_t bits = end + 1;
        while (bits < length && bits < end + 4 && kind_of[text[bits]] & IS_DIGIT)
            bits++;
        end = bits > end + 1 ? bits : end;
    }
    if (colons > 1)
        ask_address(self, text + start, end - start);
    return behind;
}

static inline Piece without_blanks(const uint8_t *text, size_t start, size_t end) {
    while (start < end && text[start] == ' ')
        start++;
    while (start < end && text[end - 1] == ' ')
        end--;
    return (Piece){start, end};
}

static inline int same(Piece one, Piece other) { return one.start == other.start && one.end == other.end; }

static int is_email(const uint8_t *text, size_t length);
static int is_iban(const uint8_t *text, size_t length);
static int is_card(const uint8_t *digits, size_t length);
static int is_phone(const uint8_t *digits, size_t length);
static int is_secret(const uint8_t *text, size_t length);
static int is_hidden(const uint8_t *content, size_t length);

/* Digits of up to six groups that only blanks and signs part. */
typedef struct {
    Piece group[NUMBER_GROUPS];
    int used;
} Numbers;

static void next_number(Searcher *self, Numbers *numbers, const uint8_t *text, Piece word, unsigned *shapes) {
    uint8_t joined[LONGEST + PADDING];
    int near = numbers->used > 0;
    if (near) {
        size_t gap = numbers->group[numbers->used - 1].end;
        near = word.start - gap <= GAP;
        for (; near && gap < word.start; gap++)
            near = (kind_of[text[gap]] & IS_GAP) != 0;
    }
    if (!near)
        numbers->used = 0;
    if (numbers->used == NUMBER_GROUPS) {
        memmove(numbers->group, numbers->group + 1, sizeof(Piece) * (NUMBER_GROUPS - 1));
        numbers->used--;
    }
    numbers->group[numbers->used++] = word;
    size_t length = 0;
    for (int first = numbers->used - 1; first >= 0; first--) {
        Piece *group = numbers->group + first, *last = numbers->group + numbers->used - 1;
        int plus = group->start > 0 && text[group->start - 1] == '+';
        length += group->end - group->start;
        if (length < SHORTEST_NUMBER || (group == last && shapes == NULL))
            continue;
        if (length > LONGEST)
            return;
        const uint8_t *digits = text + group->start;
        if (group < last) {
            uint8_t *out = joined;
            for (; group <= last; out += group->end - group->start, group++)
                memcpy(out, text + group->start, group->end - group->start);
            digits = joined;
            ask(self, joined, length);
        }
        if (shapes != NULL && plus && is_phone(digits, length))
            *shapes |= 1u << PHONE;
        else if (shapes != NULL && !plus && is_card(digits, length))
            *shapes |= 1u << CARD;
    }
}

/* What of a text is open, and what was asked last of each kind. Runs of a kind lie within one of the next. */
typedef struct {
    size_t token, field, quoted, address;
    Piece last_word, last_token, last_field, last_quoted;
    size_t gates[GROUP_WORDS];
    int gate_age[GROUP_WORDS], gate_count, at_sign;
    Numbers numbers;
    unsigned shapes;
} Runs;

static inline void end_word(Searcher *self, Runs *runs, const uint8_t *text, Piece word, int digits, int shaped) {
    size_t length = word.end - word.start;
    runs->last_word = word;
    int gate = text[word.end] == ' ' && length <= LONGEST, wanted = possible(text + word.start, length);
    uint64_t hash = gate || wanted ? hash_of(self, text + word.start, length) : 0;
    if (wanted)
        ask_hash(self, hash);
    if (runs->gate_count) {
        int kept = 0;
        for (int i = 0; i < runs->gate_count; i++) {
            ask(self, text + runs->gates[i], word.end - runs->gates[i]);
            if (++runs->gate_age[i] < GROUP_WORDS - 1) {
                runs->gates[kept] = runs->gates[i];
                runs->gate_age[kept++] = runs->gate_age[i];
            }
        }
        runs->gate_count = kept;
    }
    if (gate && filter_holds(&self->first, hash)) {
        runs->gates[runs->gate_count] = word.start;
        runs->gate_age[runs->gate_count++] = 0;
    }
    if (digits)
        next_number(self, &runs->numbers, text, word, shaped ? &runs->shapes : NULL);
    else {
        runs->numbers.used = 0;
        if (shaped && length >= 15 && is_iban(text + word.start, length))
            runs->shapes |= 1u << IBAN;
    }
}

static inline void end_token(Searcher *self, Runs *runs, const uint8_t *text, size_t end, int shaped) {
    size_t start = runs->token;
    runs->token = NOWHERE;
    while (start < end && kind_of[text[start]] & IS_EDGE)
        start++;
    while (start < end && kind_of[text[end - 1]] & IS_EDGE)
        end--;
    if (start == end)
        return;
    runs->last_token = (Piece){start, end};
    if (!same(runs->last_token, runs->last_word)) {
        ask(self, text + start, end - start);
        if (shaped && runs->at_sign && is_email(text + start, end - start))
            runs->shapes |= 1u << EMAIL;
    }
}

static inline void end_field(Searcher *self, Runs *runs, const uint8_t *text, size_t end, int shaped) {
    Piece piece = without_blanks(text, runs->field, end);
    runs->field = NOWHERE;
    if (piece.start == piece.end)
        return;
    runs->last_field = piece;
    if (!same(piece, runs->last_token) && !same(piece, runs->last_word))
        ask(self, text + piece.start, piece.end - piece.start);
    if (shaped && piece.end - piece.start >= 20 && is_secret(text + piece.start, piece.end - piece.start))
        runs->shapes |= 1u << SECRET;
}

static inline void end_quoted(Searcher *self, Runs *runs, const uint8_t *text, size_t end) {
    Piece piece = without_blanks(text, runs->quoted, end);
    runs->quoted = NOWHERE;
    if (piece.start == piece.end)
        return;
    runs->last_quoted = piece;
    if (!same(piece, runs->last_field) && !same(piece, runs->last_token) && !same(piece, runs->last_word))
        ask(self, text + piece.start, piece.end - piece.start);
}

/* `text` is folded, and PADDING zeros stand behind it. */
static void look(Searcher *self, const uint8_t *text, size_t length, int shaped) {
    const Piece none = {NOWHERE, NOWHERE};
    Runs runs;
    runs.token = runs.field = runs.quoted = NOWHERE;
    runs.last_word = runs.last_token = runs.last_field = runs.last_quoted = none;
    runs.gate_count = runs.at_sign = runs.numbers.used = 0;
    runs.address = 0;
    runs.shapes = 0;
    for (size_t at = 0; at < length;) {
        uint8_t kind = kind_of[text[at]];
        if (!(kind & IN_TOKEN) && runs.token != NOWHERE)
            end_token(self, &runs, text, at, shaped);
        if (!(kind & IN_FIELD) && runs.field != NOWHERE)
            end_field(self, &runs, text, at, shaped);
        if (!(kind & IN_QUOTED) && runs.quoted != NOWHERE)
            end_quoted(self, &runs, text, at);
        if (kind & IN_QUOTED && runs.quoted == NOWHERE)
            runs.quoted = at;
        if (kind & IN_FIELD && runs.field == NOWHERE)
            runs.field = at;
        if (kind & IN_TOKEN && runs.token == NOWHERE) {
            runs.token = at;
            runs.at_sign = 0;
        }
        if (kind & IN_WORD) {
            size_t start = at;
            uint8_t every = kind;
            while ((kind = kind_of[text[++at]]) & IN_WORD)
                every &= kind;
            end_word(self, &runs, text, (Piece){start, at}, every & IS_DIGIT, shaped);
        } else {
            runs.at_sign |= text[at] == '@';
            if (text[at] == ':' && at >= runs.address)
                runs.address = ask_around(self, text, length, at);
            at++;
        }
    }
    if (runs.token != NOWHERE)
        end_token(self, &runs, text, length, shaped);
    if (runs.field != NOWHERE)
        end_field(self, &runs, text, length, shaped);
    if (runs.quoted != NOWHERE)
        end_quoted(self, &runs, text, length);
    Piece whole = without_blanks(text, 0, length);
    if (whole.start < whole.end && !same(whole, runs.last_quoted) && !same(whole, runs.last_field) &&
        !same(whole, runs.last_token) && !same(whole, runs.last_word))
        ask(self, text + whole.start, whole.end - whole.start);
    if (runs.shapes)
        self->nothing = 0;
    for (int kind = 0; runs.shapes; kind++, runs.shapes >>= 1)
        self->counts[self->column * KINDS + kind] += runs.shapes & 1;
}

/* Fold the capital letters of Latin-1, which UTF-8 writes as C3 80 to C3 9E. */
static void fold_latin(uint8_t *text, size_t length) {
    for (const uint8_t *found = text; (found = memchr(found, 0xC3, length - (size_t)(found - text))) != NULL; found++) {
        size_t next = (size_t)(found - text) + 1;
        if (next < length && text[next] >= 0x80 && text[next] <= 0x9E && text[next] != 0x97)
            text[next] = (uint8_t)(text[next] + 32);
    }
}

static uint8_t escape_of(uint8_t sign) {
    switch (sign) {
    case 'b': return 8;
    case 'f': return 12;
    case 'n': return 10;
    case 'r': return 13;
    case 't': return 9;
    case 'v': return 11;
    default: return sign;
    }
}

/* Write what JSON and arrays mean by a text's backslashes; it is never longer. */
static size_t decode_backslashes(const uint8_t *text, size_t length, uint8_t *out) {
    size_t used = 0;
    for (size_t at = 0; at < length; at++) {
        if (text[at] != '\\' || at + 1 == length) {
            out[used++] = text[at];
            continue;
        }
        at++;
        int code = -1;
        if (text[at] == 'u' && at + 4 < length) {
            code = 0;
            for (int i = 1; i <= 4 && code >= 0; i++) {
                int digit = hex_digit(text[at + (size_t)i]);
                code = digit < 0 ? -1 : code << 4 | digit;
            }
        }
        if (code < 0) {
            out[used++] = escape_of(text[at]);
            continue;
        }
        at += 4;
        if (code >= 0xD800 && code <= 0xDFFF)
            out[used++] = '?';
        else if (code < 0x80)
            out[used++] = (uint8_t)code;
        else if (code < 0x800) {
            out[used++] = (uint8_t)(0xC0 | code >> 6);
            out[used++] = (uint8_t)(0x80 | (code & 0x3F));
        } else {
            out[used++] = (uint8_t)(0xE0 | code >> 12);
            out[used++] = (uint8_t)(0x80 | (code >> 6 & 0x3F));
            out[used++] = (uint8_t)(0x80 | (code & 0x3F));
        }
    }
    return used;
}

/* Write what a URL means by a text's percent signs; 0 if there are none that mean anything. */
static size_t decode_percents(const uint8_t *text, size_t length, uint8_t *out) {
    size_t used = 0;
    int any = 0;
    for (size_t at = 0; at < length; at++) {
        int high = text[at] == '%' && at + 2 < length ? hex_digit(text[at + 1]) : -1;
        int low = high >= 0 ? hex_digit(text[at + 2]) : -1;
        if (low >= 0) {
            out[used++] = (uint8_t)(high << 4 | low);
            at += 2;
            any = 1;
        } else
            out[used++] = text[at];
    }
    return any ? used : 0;
}

static void look_again(Searcher *self, size_t length) {
    for (size_t at = 0; at < length; at++)
        self->other[at] = fold_of[self->other[at]];
    fold_latin(self->other, length);
    memset(self->other + length, 0, PADDING);
    look(self, self->other, length, 0);
}

/* Look at a text without backslashes that is folded but for letters above ASCII. */
static inline void look_at_whole(Searcher *self, int high, int percent) {
    size_t length = self->used;
    if (high)
        fold_latin(self->cell, length);
    memset(self->cell + length, 0, PADDING);
    look(self, self->cell, length, self->shaped[self->column]);
    if (percent && (length = decode_percents(self->cell, length, self->other)))
        look_again(self, length);
}

static void look_at_window(Searcher *self) {
    size_t length = self->used;
    if (self->forms[self->column] == 'v') {
        ask_value(self);
        return;
    }
    look_at_whole(self, 1, 0);
    if (memchr(self->cell, '\\', length) != NULL)
        look_again(self, decode_backslashes(self->cell, length, self->other));
    if (memchr(self->cell, '%', length) != NULL && (length = decode_percents(self->cell, length, self->other)))
        look_again(self, length);
}

static inline void put(Searcher *self, uint8_t byte) {
    if (self->used == WINDOW) {
        look_at_window(self);
        memmove(self->cell, self->cell + WINDOW - OVERLAP, OVERLAP);
        self->used = OVERLAP;
    }
    if (self->head_used < HEAD)
        self->head[self->head_used++] = byte;
    self->cell[self->used++] = fold_of[byte];
}

/* Take one byte of what a cell means; in binary columns, two digits make one. */
static inline void put_meant(Searcher *self, uint8_t byte) {
    if (self->forms[self->column] != 'b') {
        put(self, byte);
        return;
    }
    if (self->hex < 2) { /* `\x` has not been seen yet: -1 it is none, 0 nothing, 1 a backslash */
        if (self->hex == 0 && byte == '\\' && self->used == 0) {
            self->hex = 1;
            return;
        }
        if (self->hex == 1) {
            self->hex = byte == 'x' ? 2 : -1;
            if (self->hex == 2)
                return;
            put(self, '\\');
        } else if (self->hex == 0)
            self->hex = -1;
        put(self, byte);
        return;
    }
    int digit = hex_digit(byte);
    if (self->nibble < 0)
        self->nibble = digit;
    else {
        put(self, (uint8_t)(self->nibble << 4 | (digit & 15)));
        self->nibble = -1;
    }
}

static void begin_cell(Searcher *self) {
    self->used = 0;
    self->head_used = 0;
    self->escaped = self->hex = self->null = self->begun = 0;
    self->nibble = -1;
}

static void end_cell(Searcher *self) {
    if (!self->null) {
        if (self->hex == 1)
            put(self, '\\');
        self->cells++;
        if (self->forms[self->column] == 'b' && self->shaped[self->column] && is_hidden(self->head, self->head_used))
            self->counts[self->column * KINDS + HIDDEN]++;
        look_at_window(self);
    }
    begin_cell(self);
}

static PyObject *searcher_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
    static char *names[] = {"forms", "shaped", "bloom", "first", "seed", "sha256", NULL};
    const char *forms, *shaped;
    Py_ssize_t columns, others;
    PyObject *bloom, *first;
    unsigned long long seed;
    int by_sha256 = 0;
    if (!PyArg_ParseTupleAndKeywords(
            args, kwargs, "y#y#OOK|p", names, &forms, &columns, &shaped, &others, &bloom, &first, &seed, &by_sha256))
        return NULL;
    if (columns != others || columns == 0) {
        PyErr_SetString(PyExc_ValueError, "a form and a mark for each column");
        return NULL;
    }
    allocfunc alloc = (allocfunc)PyType_GetSlot(type, Py_tp_alloc);
    Searcher *self = (Searcher *)alloc(type, 0);
    if (self == NULL)
        return NULL;
    self->columns = columns;
    self->seed = seed;
    self->sha256 = by_sha256;
    self->forms = malloc((size_t)columns);
    self->shaped = malloc((size_t)columns);
    self->counts = calloc((size_t)columns * KINDS, sizeof *self->counts);
    self->cell = malloc(WINDOW + PADDING);
    self->other = malloc(WINDOW + PADDING);
    self->seen = malloc(sizeof *self->seen << SEEN_BITS);
    self->worth = malloc((size_t)columns * sizeof *self->worth);
    if (!self->forms || !self->shaped || !self->counts || !self->cell || !self->other || !self->seen || !self->worth) {
        Py_DECREF(self);
        return PyErr_NoMemory();
    }
    if (filter_open(&self->bloom, bloom, 0) < 0 || filter_open(&self->first, first, 0) < 0) {
        Py_DECREF(self);
        return NULL;
    }
    for (size_t length = 0; length < SHORT; length++)
        self->starts[length] = lookup3_start(length, seed);
    for (size_t slot = 0; slot < (size_t)1 << SEEN_BITS; slot++)
        self->seen[slot].length = SEEN_NOTHING;
    for (Py_ssize_t column = 0; column < columns; column++)
        self->worth[column] = column <= UINT16_MAX ? WORTH_AT_FIRST : -1;
    memcpy(self->forms, forms, (size_t)columns);
    memcpy(self->shaped, shaped, (size_t)columns);
    begin_cell(self);
    return (PyObject *)self;
}

static void searcher_dealloc(Searcher *self) {
    PyTypeObject *type = Py_TYPE((PyObject *)self);
    filter_close(&self->bloom);
    filter_close(&self->first);
    free(self->forms);
    free(self->shaped);
    free(self->counts);
    free(self->cell);
    free(self->other);
    free(self->seen);
    free(self->worth);
    free(self->found);
    ((freefunc)PyType_GetSlot(type, Py_tp_free))(self);
    Py_DECREF((PyObject *)type);
}

/* Eight bytes at a time. */
#define EACH(byte) ((uint64_t)(byte) * 0x0101010101010101u)
#define HIGH EACH(0x80)

#if defined(__GNUC__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define MARKED_BEFORE(marks) ((size_t)__builtin_ctzll(marks) >> 3)
#else
#define MARKED_BEFORE(marks) 0 /* byte by byte from here */
#endif

/* Marks the bytes that are zero; above one that is, others may be marked too. */
static inline uint64_t zeros(uint64_t word) { return (word - EACH(1)) & ~word & HIGH; }

static inline uint64_t separators(uint64_t word) { return zeros(word ^ EACH('\t')) | zeros(word ^ EACH('\n')); }

static inline uint64_t folded(uint64_t word) {
    uint64_t low = word & ~HIGH, capital = (low + EACH(0x80 - 'A')) & ~(low + EACH(0x80 - 'Z' - 1)) & ~word & HIGH;
    return word | capital >> 2;
}

/* Return where the next tab or newline is, or the end. */
static const uint8_t *next_separator(const uint8_t *at, const uint8_t *end) {
    for (uint64_t word, marks; end - at >= 8; at += 8) {
        memcpy(&word, at, 8);
        if ((marks = separators(word)) != 0) {
            at += MARKED_BEFORE(marks);
            break;
        }
    }
    while (at < end && *at != '\t' && *at != '\n')
        at++;
    return at;
}

/* Return where a cell of this content is noted. */
static inline Seen *seen_of(const Searcher *self) {
    uint64_t first = 0, last = 0;
    if (self->used >= 8) {
        memcpy(&first, self->cell, 8);
        memcpy(&last, self->cell + self->used - 8, 8);
    } else
        memcpy(&first, self->cell, self->used);
    uint64_t key = (first ^ (last << 29 | last >> 35)) + ((uint64_t)self->used << 32 | (uint64_t)self->column);
    return self->seen + (key * 0x9E3779B97F4A7C15u >> (64 - SEEN_BITS));
}

/* Look at a folded cell without backslashes, unless the same has just been seen in its column and nothing was
 * found in it: a state, a kind, a branch. */
static inline void look_at_cell(Searcher *self, int high, int percent) {
    Seen *seen = NULL;
    int32_t *worth = &self->worth[self->column];
    size_t length = self->used;
    if (*worth >= 0 && length <= SEEN_LONGEST) {
        seen = seen_of(self);
        if (seen->length == length && seen->column == self->column && seen->answers != self->answers &&
            memcmp(seen->text, self->cell, length) == 0) {
            self->asked += seen->asked;
            *worth += *worth < WORTH_MOST ? WORTH : 0;
            return;
        }
        --*worth;
        memcpy(seen->text, self->cell, length);
        seen->length = SEEN_NOTHING;
    }
    unsigned long long asked = self->asked;
    self->noting = seen;
    self->nothing = 1;
    if (self->forms[self->column] == 'v')
        ask_value(self);
    else
        look_at_whole(self, high, percent);
    self->noting = NULL;
    if (seen != NULL && self->nothing) {
        seen->answers = self->answers;
        seen->asked = (uint32_t)(self->asked - asked);
        seen->column = (uint16_t)self->column;
        seen->length = (uint8_t)length;
    }
}

/* Take a cell that lies in this block from its beginning to the tab or newline behind it, and has no backslash
 * but that of NULL: nearly every cell. Returns where it ends, or NULL if it is not such a one. */
static const uint8_t *whole_cell(Searcher *self, const uint8_t *at, const uint8_t *end) {
    uint8_t *out = self->cell;
    uint64_t high = 0, percent = 0;
    if (end - at > WINDOW)
        end = at + WINDOW;
    if (end - at > 2 && at[0] == '\\' && at[1] == 'N' && (at[2] == '\t' || at[2] == '\n'))
        return at + 2;
    for (uint64_t word, marks; end - at >= 8; at += 8, out += 8) {
        memcpy(&word, at, 8);
        marks = separators(word) | zeros(word ^ EACH('\\'));
        uint64_t lower = folded(word);
        memcpy(out, &lower, 8);
        if (marks) {
            size_t before = MARKED_BEFORE(marks);
            uint64_t kept = ((uint64_t)1 << before * 8) - 1;
            high |= word & HIGH & kept;
            percent |= zeros(word ^ EACH('%')) & kept;
            at += before;
            out += before;
            break;
        }
        high |= word & HIGH;
        percent |= zeros(word ^ EACH('%'));
    }
    for (; at < end && *at != '\t' && *at != '\n'; at++) {
        if (*at == '\\')
            return NULL;
        high |= *at & 0x80;
        percent |= *at == '%';
        *out++ = fold_of[*at];
    }
    if (at == end)
        return NULL;
    self->cells++;
    self->used = (size_t)(out - self->cell);
    look_at_cell(self, high != 0, percent != 0);
    self->used = 0;
    return at;
}

/* Go behind a tab or a newline; returns 0, or -1 for rows of another width. */
static inline int next_column(Searcher *self, uint8_t sign) {
    if (sign == '\t')
        return ++self->column == self->columns ? -1 : 0;
    if (self->column != self->columns - 1)
        return -1;
    self->column = 0;
    self->rows++;
    return 0;
}

/* Take a block of copy text; returns 0, or -1 for rows of another width. */
static int take_rows(Searcher *self, const uint8_t *at, const uint8_t *end) {
    while (at < end) {
        uint8_t form = self->forms[self->column];
        const uint8_t *behind = NULL;
        if (form == '-') {
            behind = next_separator(at, end);
            self->begun = behind == end ? 2 : 0;
            if (behind == end)
                return 0;
        } else if (form != 'b' && !self->begun)
            behind = whole_cell(self, at, end);
        if (behind != NULL) {
            at = behind + 1;
            if (next_column(self, *behind) < 0)
                return -1;
            continue;
        }
        uint8_t sign = *at++;
        if (self->escaped) {
            self->escaped = 0;
            if (sign == 'N' && self->begun == 1)
                self->null = 1;
            else
                put_meant(self, escape_of(sign));
        } else if (sign == '\\') {
            self->escaped = 1;
            if (self->begun == 0)
                self->begun = 1; /* perhaps NULL */
            else
                self->begun = 2;
            continue;
        } else if (sign == '\t' || sign == '\n') {
            end_cell(self);
            if (next_column(self, sign) < 0)
                return -1;
            continue;
        } else if (self->forms[self->column] != 'b' && self->begun == 2) {
            put(self, sign);
            while (at < end && *at != '\\' && *at != '\t' && *at != '\n' && self->used < WINDOW)
                self->cell[self->used++] = fold_of[*at++];
        } else
            put_meant(self, sign);
        self->begun = 2;
    }
    return 0;
}

static PyObject *answered(Searcher *self, int result) {
    answer(self);
    if (self->no_memory)
        return PyErr_NoMemory();
    if (result < 0) {
        PyErr_SetString(PyExc_ValueError, "rows of another width");
        return NULL;
    }
    return PyLong_FromSize_t(self->found_used);
}

static PyObject *searcher_feed(Searcher *self, PyObject *args) {
    Py_buffer block;
    int result;
    if (!PyArg_ParseTuple(args, "y*", &block))
        return NULL;
    Py_BEGIN_ALLOW_THREADS
    result = take_rows(self, block.buf, (const uint8_t *)block.buf + block.len);
    Py_END_ALLOW_THREADS
    PyBuffer_Release(&block);
    return answered(self, result);
}

static PyObject *searcher_text(Searcher *self, PyObject *args) {
    Py_buffer content;
    Py_ssize_t column = 0;
    if (!PyArg_ParseTuple(args, "y*|n", &content, &column))
        return NULL;
    if (column < 0 || column >= self->columns) {
        PyBuffer_Release(&content);
        PyErr_SetString(PyExc_ValueError, "no such column");
        return NULL;
    }
    Py_BEGIN_ALLOW_THREADS
    self->column = column;
    begin_cell(self);
    self->cells++;
    for (Py_ssize_t at = 0; at < content.len; at++)
        put(self, ((const uint8_t *)content.buf)[at]);
    look_at_window(self);
    begin_cell(self);
    self->column = 0;
    Py_END_ALLOW_THREADS
    PyBuffer_Release(&content);
    return answered(self, 0);
}

static PyObject *searcher_finish(Searcher *self, PyObject *Py_UNUSED(ignored)) {
    if (self->column || self->begun || self->escaped || self->used) {
        PyErr_SetString(PyExc_ValueError, "the last row has no end");
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *searcher_take(Searcher *self, PyObject *Py_UNUSED(ignored)) {
    PyObject *found = PyBytes_FromStringAndSize(
        (const char *)self->found, (Py_ssize_t)(self->found_used * sizeof(Candidate)));
    if (found != NULL)
        self->found_used = 0;
    return found;
}

static PyObject *searcher_get_rows(Searcher *self, void *Py_UNUSED(closure)) {
    return PyLong_FromUnsignedLongLong(self->rows);
}

static PyObject *searcher_get_cells(Searcher *self, void *Py_UNUSED(closure)) {
    return PyLong_FromUnsignedLongLong(self->cells);
}

static PyObject *searcher_get_asked(Searcher *self, void *Py_UNUSED(closure)) {
    return PyLong_FromUnsignedLongLong(self->asked);
}

static PyObject *searcher_get_shapes(Searcher *self, void *Py_UNUSED(closure)) {
    PyObject *rows = PyList_New(self->columns);
    for (Py_ssize_t column = 0; rows != NULL && column < self->columns; column++) {
        PyObject *row = PyList_New(KINDS);
        for (Py_ssize_t kind = 0; row != NULL && kind < KINDS; kind++) {
            PyObject *count = PyLong_FromUnsignedLongLong(self->counts[column * KINDS + kind]);
            if (count == NULL || PyList_SetItem(row, kind, count) < 0)
                Py_CLEAR(row);
        }
        if (row == NULL || PyList_SetItem(rows, column, row) < 0)
            Py_CLEAR(rows);
    }
    return rows;
}

/* --- shapes ------------------------------------------------------------------------------------------- */

static int ends_with(const uint8_t *text, size_t length, const char *end) {
    size_t size = strlen(end);
    return length >= size && memcmp(text + length - size, end, size) == 0 &&
           (length == size || text[length - size - 1] == '.');
}

static int is_email(const uint8_t *text, size_t length) {
    static const char *const nobodys[] = {
        "example.com", "example.net", "example.org", "example", "test", "invalid", "localhost"};
    size_t at = 0, label = 0, letters = 0, dots = 0;
    while (at < length && text[at] != '@')
        at++;
    if (at == 0 || at > 64 || at == length)
        return 0;
    const uint8_t *domain = text + at + 1;
    size_t size = length - at - 1;
    for (size_t i = 0; i < size; i++) {
        uint8_t sign = domain[i];
        if (sign == '.') {
            if (label == 0 || label > 63)
                return 0;
            label = letters = 0;
            dots++;
            continue;
        }
        if (!(kind_of[sign] & IN_WORD) && sign != '-')
            return 0;
        label++;
        letters += (sign >= 'a' && sign <= 'z') || sign >= 0x80;
    }
    if (dots == 0 || label < 2 || label > 63 || letters != label)
        return 0;
    for (size_t i = 0; i < sizeof nobodys / sizeof *nobodys; i++)
        if (ends_with(domain, size, nobodys[i]))
            return 0;
    return 1;
}

static int iban_length(const uint8_t *country) {
    static const char table[] =
        "ad24at20be16bg22ch21cy28cz24de22dk18ee20es24fi18fr27gb22gr27hr21hu28ie22is26it27li21lt20lu20lv21mc27"
        "mt31nl18no15pl28pt25ro24se24si19sk24sm27tr26";
    for (const char *at = table; *at; at += 4)
        if (memcmp(at, country, 2) == 0)
            return (at[2] - '0') * 10 + at[3] - '0';
    return 0;
}

static int is_iban(const uint8_t *text, size_t length) {
    if (length < 15 || length > 34 || text[0] < 'a' || text[1] < 'a' || text[0] > 'z' || text[1] > 'z' ||
        !(kind_of[text[2]] & IS_DIGIT) || !(kind_of[text[3]] & IS_DIGIT))
        return 0;
    if ((size_t)iban_length(text) != length || memcmp(text + 4, "0000", 4) == 0 || memcmp(text + 4, "xxxx", 4) == 0)
        return 0;
    unsigned rest = 0;
    for (size_t i = 0; i < length; i++) {
        uint8_t sign = text[(i + 4) % length];
        if (sign >= 0x80)
            return 0;
        rest = kind_of[sign] & IS_DIGIT ? (rest * 10 + sign - '0') % 97 : (rest * 100 + sign - 'a' + 10u) % 97;
    }
    return rest == 1;
}

static int is_card(const uint8_t *digits, size_t length) {
    if (length < 13 || length > 19)
        return 0;
    unsigned four = 0, sum = 0;
    for (int i = 0; i < 4; i++)
        four = four * 10 + digits[i] - '0';
    unsigned three = four / 10, two = four / 100, one = four / 1000;
    int network = (one == 4 && (length == 13 || length == 16 || length == 19)) ||
                  (length == 16 && ((two >= 51 && two <= 55) || (four >= 2220 && four <= 2720) || four == 6011 ||
                                    (three >= 644 && three <= 649) || two == 65 || (four >= 3528 && four <= 3589))) ||
                  (length == 15 && (two == 34 || two == 37)) ||
                  (length == 14 && ((three >= 300 && three <= 305) || two == 36 || two == 38 || two == 39)) ||
                  (two == 62 && length >= 16);
    if (!network)
        return 0;
    int all_same = 1;
    for (size_t i = 0; i < length; i++) {
        unsigned digit = (unsigned)(digits[length - 1 - i] - '0') << (i % 2);
        sum += digit > 9 ? digit - 9 : digit;
        all_same &= digits[i] == digits[0];
    }
    return sum % 10 == 0 && !all_same;
}

static int is_phone(const uint8_t *digits, size_t length) {
    return length >= 8 && length <= 15 && digits[0] != '0' && memcmp(digits, "999", 3) != 0;
}

static int is_secret(const uint8_t *text, size_t length) {
    static const struct {
        const char *start;
        size_t least;
    } secrets[] = {
        {"-----begin", 20}, {"$2a$", 50}, {"$2b$", 50}, {"$2y$", 50}, {"$argon2", 30}, {"$5$", 40}, {"$6$", 60},
        {"akia", 20}, {"ghp_", 36}, {"gho_", 36}, {"ghs_", 36}, {"github_pat_", 40}, {"glpat-", 24},
        {"sk_live_", 24}, {"rk_live_", 24}, {"whsec_", 24}, {"xoxb-", 20}, {"xoxp-", 20}, {"aiza", 39},
        {"ya29.", 30}, {"sk-ant-", 40}, {"sk-proj-", 40}, {"npm_", 36}, {"age-secret-key-1", 60},
    };
    if (length < 20)
        return 0;
    for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++)
        if (length >= secrets[i].least && memcmp(text, secrets[i].start, strlen(secrets[i].start)) == 0)
            return 1;
    return 0;
}

static int is_hidden(const uint8_t *content, size_t length) {
    static const struct {
        const char *start;
        size_t size;
    } magics[] = {
        {"\x1f\x8b", 2}, {"PK\x03\x04", 4}, {"BZh", 3}, {"\xfd" "7zXZ\0", 6}, {"\x28\xb5\x2f\xfd", 4},
        {"7z\xbc\xaf\x27\x1c", 6}, {"%PDF", 4}, {"\x89PNG", 4}, {"\xff\xd8\xff", 3}, {"GIF8", 4}, {"II*\0", 4},
        {"MM\0*", 4}, {"\xd0\xcf\x11\xe0", 4}, {"RIFF", 4}, {"-----BEGIN PGP", 14}, {"age-encryption.org", 18},
        {"Salted__", 8},
    };
    if (length >= 8 && memcmp(content + 4, "ftyp", 4) == 0)
        return 1;
    for (size_t i = 0; i < sizeof magics / sizeof *magics; i++)
        if (length >= magics[i].size && memcmp(content, magics[i].start, magics[i].size) == 0)
            return 1;
    return 0;
}

/* --- the module --------------------------------------------------------------------------------------- */

static PyObject *hash_one(PyObject *Py_UNUSED(module), PyObject *args) {
    Py_buffer value;
    unsigned long long seed;
    if (!PyArg_ParseTuple(args, "y*K", &value, &seed))
        return NULL;
    uint8_t *padded = calloc(1, (size_t)value.len + PADDING);
    if (padded == NULL) {
        PyBuffer_Release(&value);
        return PyErr_NoMemory();
    }
    memcpy(padded, value.buf, (size_t)value.len);
    uint64_t hash = lookup3(padded, (size_t)value.len, lookup3_start((size_t)value.len, seed));
    free(padded);
    PyBuffer_Release(&value);
    return PyLong_FromUnsignedLongLong(hash);
}

static PyMethodDef gatherer_methods[] = {
    {"feed", (PyCFunction)gatherer_feed, METH_VARARGS, NULL},
    {"finish", (PyCFunction)gatherer_finish, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL}};
static PyMethodDef confirmer_methods[] = {
    {"feed", (PyCFunction)confirmer_feed, METH_VARARGS, NULL},
    {"settle", (PyCFunction)confirmer_settle, METH_NOARGS, NULL},
    {"answer", (PyCFunction)confirmer_answer, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL}};
static PyMethodDef searcher_methods[] = {
    {"feed", (PyCFunction)searcher_feed, METH_VARARGS, NULL},
    {"text", (PyCFunction)searcher_text, METH_VARARGS, NULL},
    {"finish", (PyCFunction)searcher_finish, METH_NOARGS, NULL},
    {"take", (PyCFunction)searcher_take, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL}};
static PyGetSetDef searcher_values[] = {
    {"rows", (getter)searcher_get_rows, NULL, NULL, NULL},
    {"cells", (getter)searcher_get_cells, NULL, NULL, NULL},
    {"asked", (getter)searcher_get_asked, NULL, NULL, NULL},
    {"shapes", (getter)searcher_get_shapes, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL}};

static PyType_Slot gatherer_slots[] = {
    {Py_tp_new, gatherer_new}, {Py_tp_dealloc, gatherer_dealloc}, {Py_tp_methods, gatherer_methods}, {0, NULL}};
static PyType_Slot confirmer_slots[] = {
    {Py_tp_new, confirmer_new}, {Py_tp_dealloc, confirmer_dealloc}, {Py_tp_methods, confirmer_methods}, {0, NULL}};
static PyType_Slot searcher_slots[] = {
    {Py_tp_new, searcher_new}, {Py_tp_dealloc, searcher_dealloc}, {Py_tp_methods, searcher_methods},
    {Py_tp_getset, searcher_values}, {0, NULL}};

static PyType_Spec specs[] = {
    {"snapharbor.engine.proof._search.Gatherer", sizeof(Gatherer), 0, Py_TPFLAGS_DEFAULT, gatherer_slots},
    {"snapharbor.engine.proof._search.Confirmer", sizeof(Confirmer), 0, Py_TPFLAGS_DEFAULT, confirmer_slots},
    {"snapharbor.engine.proof._search.Searcher", sizeof(Searcher), 0, Py_TPFLAGS_DEFAULT, searcher_slots},
};

static int module_exec(PyObject *module) {
    for (int byte = 0; byte < 256; byte++) {
        int digit = byte >= '0' && byte <= '9', word = digit || (byte >= 'a' && byte <= 'z') || byte >= 0x80;
        int kind = 0;
        if (byte) {
            kind |= IN_QUOTED * (byte != '"');
            kind |= IN_FIELD * (strchr("\"{}[]()<>,;:|=\n\t", byte) == NULL);
            kind |= IN_TOKEN * (word || strchr("._-+@'$", byte) != NULL);
            kind |= IN_WORD * word;
            kind |= IS_DIGIT * digit;
            kind |= IS_EDGE * (strchr("._-+'$", byte) != NULL);
            kind |= IS_GAP * (strchr(" ()./-+", byte) != NULL);
            kind |= IN_ADDRESS * (strchr("0123456789abcdef:.", byte) != NULL);
        }
        kind_of[byte] = (uint8_t)kind;
        fold_of[byte] = (uint8_t)(byte >= 'A' && byte <= 'Z' ? byte + 32 : byte);
    }
    for (size_t i = 0; i < sizeof specs / sizeof *specs; i++) {
        PyObject *type = PyType_FromSpec(&specs[i]);
        const char *name = strrchr(specs[i].name, '.') + 1;
        if (type == NULL || PyModule_AddObjectRef(module, name, type) < 0) {
            Py_XDECREF(type);
            return -1;
        }
        Py_DECREF(type);
    }
    return 0;
}

static PyObject *mark(PyObject *Py_UNUSED(module), PyObject *args) {
    PyObject *object;
    Py_buffer kept;
    unsigned long long part, parts;
    Filter bloom = {.bits = NULL};
    if (!PyArg_ParseTuple(args, "Oy*KK", &object, &kept, &part, &parts))
        return NULL;
    if (parts == 0)
        PyErr_SetString(PyExc_ValueError, "into no parts");
    if (parts == 0 || filter_open(&bloom, object, 1) < 0) {
        PyBuffer_Release(&kept);
        return NULL;
    }
    Py_BEGIN_ALLOW_THREADS
    const uint8_t *at = kept.buf, *end = at + kept.len;
    for (; end - at >= (ptrdiff_t)sizeof(uint64_t); at += sizeof(uint64_t)) {
        uint64_t value;
        memcpy(&value, at, sizeof value);
        if ((value >> 1) % parts == part)
            filter_mark(&bloom, value);
    }
    Py_END_ALLOW_THREADS
    filter_close(&bloom);
    PyBuffer_Release(&kept);
    Py_RETURN_NONE;
}

static PyMethodDef functions[] = {
    {"lookup3", hash_one, METH_VARARGS, NULL}, {"mark", mark, METH_VARARGS, NULL}, {NULL, NULL, 0, NULL}};
static PyModuleDef_Slot slots[] = {{Py_mod_exec, module_exec}, {0, NULL}};
static PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "_search", "The search for originals, compiled.", 0, functions, slots, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__search(void) { return PyModuleDef_Init(&definition); }
