#include "CCurl.h"

#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

// What is used of libcurl's interface; its numbers have not changed since version 7.32.
enum {
  opt_write_data = 10001,
  opt_url = 10002,
  opt_error_buffer = 10010,
  opt_http_header = 10023,
  opt_header_data = 10029,
  opt_no_progress = 43,
  opt_no_body = 44,
  opt_progress_data = 10057,
  opt_connect_timeout = 78,
  opt_buffer_size = 98,
  opt_no_signal = 99,
  opt_protocols = 181,
  opt_write_function = 20011,
  opt_header_function = 20079,
  opt_progress_function = 20219,
  info_redirect_url = 0x100000 + 31,
  protocols_http_and_https = 3,
  global_default = 3,
  error_size = 256,
};

static struct {
  void *(*easy_init)(void);
  int (*easy_setopt)(void *, int, ...);
  int (*easy_perform)(void *);
  int (*easy_getinfo)(void *, int, ...);
  void (*easy_cleanup)(void *);
  const char *(*easy_strerror)(int);
  void *(*list_append)(void *, const char *);
  void (*list_free)(void *);
  int (*global_init)(long);
  bool is_loaded;
} curl;

static bool find(void *library, const char *name, void *function) {
  void *symbol = dlsym(library, name);
  memcpy(function, &symbol, sizeof symbol);
  return symbol != NULL;
}

static void load(void) {
  static const char *const names[] = {
      "libcurl.so.4", "libcurl-gnutls.so.4", "libcurl.4.dylib", "/usr/lib/libcurl.4.dylib"};
  void *library = NULL;
  for (size_t i = 0; i < sizeof names / sizeof *names && !library; i++)
    library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
  if (!library) return;
  curl.is_loaded = find(library, "curl_easy_init", &curl.easy_init) &&
                   find(library, "curl_easy_setopt", &curl.easy_setopt) &&
                   find(library, "curl_easy_perform", &curl.easy_perform) &&
                   find(library, "curl_easy_getinfo", &curl.easy_getinfo) &&
                   find(library, "curl_easy_cleanup", &curl.easy_cleanup) &&
                   find(library, "curl_easy_strerror", &curl.easy_strerror) &&
                   find(library, "curl_slist_append", &curl.list_append) &&
                   find(library, "curl_slist_free_all", &curl.list_free) &&
                   find(library, "curl_global_init", &curl.global_init) &&
                   curl.global_init(global_default) == 0;
}

static size_t take_header(char *bytes, size_t size, size_t count, void *request) {
  const cc_request *r = request;
  return r->header(r->context, bytes, size * count) ? size * count : 0;
}

static size_t take_body(char *bytes, size_t size, size_t count, void *request) {
  const cc_request *r = request;
  // Nothing to take is no reason to stop.
  if (size * count == 0) return 0;
  return r->body(r->context, bytes, size * count) ? size * count : 0;
}

static int watch(void *request, int64_t a, int64_t b, int64_t c, int64_t d) {
  (void)a, (void)b, (void)c, (void)d;
  const cc_request *r = request;
  return r->goes_on(r->context) ? 0 : 1;
}

static cc_ending meaning(int code) {
  switch (code) {
    case 0: return cc_whole;
    case 5: case 6: return cc_unknown_host;
    case 7: return cc_no_connection;
    // Of TLS: handshake, certificates, ciphers, engines.
    case 35: case 51: case 53: case 54: case 58: case 59: case 60: case 66: case 77: case 80:
    case 82: case 83: case 90: case 91: case 98: return cc_distrust;
    // Part of the body, an HTTP/2 frame, no response, sending, receiving, an HTTP/2 stream.
    case 16: case 18: case 52: case 55: case 56: case 92: return cc_cut;
    case 28: return cc_late;
    case 23: case 42: return cc_stopped;
    default: return cc_other;
  }
}

// Performs with SIGPIPE held back: TLS libraries write to sockets that the other end has closed.
static int perform(void *handle) {
  sigset_t pipe_signal, before, pending;
  sigemptyset(&pipe_signal);
  sigaddset(&pipe_signal, SIGPIPE);
  sigpending(&pending);
  bool was_pending = sigismember(&pending, SIGPIPE) == 1;
  pthread_sigmask(SIG_BLOCK, &pipe_signal, &before);
  int code = curl.easy_perform(handle);
  sigpending(&pending);
  if (!was_pending && sigismember(&pending, SIGPIPE) == 1) {
    int number;
    sigwait(&pipe_signal, &number);
  }
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return code;
}

cc_outcome cc_transfer(const cc_request *request) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  cc_outcome outcome = {.ending = cc_no_library};
  pthread_once(&once, load);
  if (!curl.is_loaded) return outcome;
  outcome.ending = cc_other;
  void *handle = curl.easy_init();
  if (!handle) return outcome;
  void *list = NULL;
  for (const char *const *line = request->headers; line && *line; line++) {
    void *longer = curl.list_append(list, *line);
    if (longer) list = longer;
  }
  char words[error_size] = "";
  curl.easy_setopt(handle, opt_error_buffer, words);
  curl.easy_setopt(handle, opt_url, request->url);
  curl.easy_setopt(handle, opt_protocols, (long)protocols_http_and_https);
  curl.easy_setopt(handle, opt_http_header, list);
  curl.easy_setopt(handle, opt_no_body, request->is_head ? 1L : 0L);
  curl.easy_setopt(handle, opt_no_signal, 1L);
  curl.easy_setopt(handle, opt_buffer_size, 256L << 10);
  curl.easy_setopt(handle, opt_connect_timeout, request->connect_seconds);
  curl.easy_setopt(handle, opt_header_function, take_header);
  curl.easy_setopt(handle, opt_header_data, request);
  curl.easy_setopt(handle, opt_write_function, take_body);
  curl.easy_setopt(handle, opt_write_data, request);
  curl.easy_setopt(handle, opt_no_progress, 0L);
  curl.easy_setopt(handle, opt_progress_function, watch);
  curl.easy_setopt(handle, opt_progress_data, request);
  outcome.code = perform(handle);
  outcome.ending = meaning(outcome.code);
  if (outcome.code != 0) {
    const char *said = words[0] ? words : curl.easy_strerror(outcome.code);
    strncpy(outcome.words, said, sizeof outcome.words - 1);
  }
  char *location = NULL;
  if (curl.easy_getinfo(handle, info_redirect_url, &location) == 0 && location)
    outcome.location = strdup(location);
  curl.easy_cleanup(handle);
  curl.list_free(list);
  return outcome;
}
