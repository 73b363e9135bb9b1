/* Counting lines, compiled: Python looks at one byte after the other, this at eight together. */
#define PY_SSIZE_T_CLEAN
#define Py_LIMITED_API 0x030B0000
#include <Python.h>
#include <stdint.h>
#include <string.h>

#define EACH(byte) (0x0101010101010101u * (byte))

static Py_ssize_t newlines(const uint8_t *at, Py_ssize_t size) {
    Py_ssize_t found = 0;
    const uint8_t *end = at + size;
    for (; end - at >= 8; at += 8) {
        uint64_t word;
        memcpy(&word, at, 8);
        word ^= EACH('\n');
        /* The high bit of each byte that is not zero now. */
        word |= (word & EACH(0x7F)) + EACH(0x7F);
        found += (Py_ssize_t)(((~word & EACH(0x80)) >> 7) * EACH(1) >> 56);
    }
    for (; at < end; at++)
        found += *at == '\n';
    return found;
}

static PyObject *count_lines(PyObject *Py_UNUSED(module), PyObject *block) {
    Py_buffer view;
    Py_ssize_t found;
    if (PyObject_GetBuffer(block, &view, PyBUF_SIMPLE) < 0)
        return NULL;
    Py_BEGIN_ALLOW_THREADS
    found = newlines(view.buf, view.len);
    Py_END_ALLOW_THREADS
    PyBuffer_Release(&view);
    return PyLong_FromSsize_t(found);
}

static PyMethodDef functions[] = {{"count_lines", count_lines, METH_O, NULL}, {NULL, NULL, 0, NULL}};
static PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "_lines", "Counting lines, compiled.", 0, functions, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__lines(void) { return PyModuleDef_Init(&definition); }
